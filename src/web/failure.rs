//! Errors of the engine as failures that a person can do something about.

use super::protocol::{BadLine, Failure};
use crate::data::Refusal;
use crate::encoder::EncoderError;
use crate::engine::EngineError;
use crate::export::ExportError;
use crate::gpu::GpuError;
use crate::train::TrainError;

/// Bad lines that travel to the page; there may be more.
const SHOWN_BAD_LINES: usize = 200;

/// Why a request ends without a reply.
pub(super) enum Stop {
    /// It failed.
    Failed(Box<Failure>),
    /// It was given up.
    Cancelled,
}

/// A failure with a code, what happened and what to do.
pub(super) fn failure(code: &str, message: String, hint: &str) -> Stop {
    Stop::Failed(Box::new(Failure {
        code: code.to_owned(),
        message,
        hint: hint.to_owned(),
        bad_lines: Vec::new(),
        bad_line_count: 0,
        usable_count: 0,
    }))
}

/// The failure that asks whether to leave lines out.
pub(super) fn bad_lines(refused: &[Refusal], usable: usize) -> Stop {
    Stop::Failed(Box::new(Failure {
        code: "bad_lines".to_owned(),
        message: format!("{} lines cannot be used", refused.len()),
        hint: "Leave them out, or mend the file and open it again.".to_owned(),
        bad_lines: shown(refused),
        bad_line_count: refused.len() as u32,
        usable_count: usable as u32,
    }))
}

/// The first refusals, for the page.
pub(super) fn shown(refused: &[Refusal]) -> Vec<BadLine> {
    let line = |refusal: &Refusal| BadLine {
        file: refusal.file.clone(),
        line: refusal.line.try_into().unwrap_or(u32::MAX),
        reason: refusal.reason.clone(),
        remedy: refusal.remedy.clone(),
    };
    refused.iter().take(SHOWN_BAD_LINES).map(line).collect()
}

impl From<EngineError> for Stop {
    fn from(error: EngineError) -> Self {
        let (code, hint) = code_and_hint(&error);
        failure(code, sentence(&error.to_string()), &hint)
    }
}

fn code_and_hint(error: &EngineError) -> (&'static str, String) {
    match error {
        EngineError::OtherVectors { .. } => {
            ("not_ready", "They are embedded again by this model.".to_owned())
        }
        EngineError::NotReady(_) => ("not_ready", "Wait until that is done, and try again.".to_owned()),
        EngineError::SelfTest { .. } => {
            ("self_test", "Open the page with ?backend=cpu to compute on the CPU.".to_owned())
        }
        EngineError::NoFeedback => ("no_feedback", "Add a feedback.jsonl to the collection.".to_owned()),
        EngineError::NoJudgements => {
            ("no_judgements", "Add queries and a qrels file to measure on.".to_owned())
        }
        EngineError::Data(error) => ("bad_file", error.remedy()),
        EngineError::ExportCheck { .. } | EngineError::Export(ExportError::Write(_)) => {
            ("export", "Take the adapter instead; it is not touched by this.".to_owned())
        }
        EngineError::Export(error) => ("adapter", error.remedy()),
        EngineError::Train(TrainError::LossNotFinite { .. }) => (
            "training",
            "Lower the learning rate and teach again; what was taught before is still there.".to_owned(),
        ),
        EngineError::Train(TrainError::NothingPoor { .. }) => {
            ("training", "Raise the threshold under which a sample is poor, or teach all samples.".to_owned())
        }
        EngineError::Train(_) => ("training", "Change the settings and teach again.".to_owned()),
        EngineError::Encoder(error) => encoder_code_and_hint(error),
        EngineError::Text(error) => ("model", error.remedy()),
        EngineError::Retrieve(_) | EngineError::Eval(_) => ("engine", String::new()),
    }
}

fn encoder_code_and_hint(error: &EncoderError) -> (&'static str, String) {
    let hint = "Reload the page; ?backend=cpu computes on the CPU.".to_owned();
    match error {
        EncoderError::Gpu(GpuError::NoAdapter(_) | GpuError::SoftwareAdapter(_) | GpuError::NoDevice(_)) => {
            ("no_adapter", hint)
        }
        EncoderError::Gpu(_) => ("gpu", hint),
        EncoderError::Adapter(_) => ("adapter", error.remedy()),
        EncoderError::Config(_)
        | EncoderError::Unsupported { .. }
        | EncoderError::BadFile { .. }
        | EncoderError::MissingFile(_)
        | EncoderError::Safetensors(_)
        | EncoderError::MissingTensor(_)
        | EncoderError::TensorShape { .. } => ("model", error.remedy()),
        EncoderError::Teaching(_) => ("training", "Lower the learning rate and teach again.".to_owned()),
        _ => ("engine", error.remedy()),
    }
}

/// An error's words as a sentence; a file's name at its beginning stays as it is.
fn sentence(words: &str) -> String {
    if words.split_once(": ").is_some_and(|(file, _)| file.contains('.') && !file.contains(' ')) {
        return format!("{}.", words.trim_end_matches('.'));
    }
    let mut letters = words.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}
