//! A teaching between two steps as bytes, so that it can go on after a reload as if nothing had been between.
//!
//! The lessons are not in it: they are made again of the same collection, and a digest tells whether they are the same.

use super::steps::Progress;
use crate::encoder::{HostTensor, Learned, Snapshot};
use crate::engine::EngineError;
use crate::export::{ExportError, read_tensors, write_tensors};
use crate::train::{LessonPlan, Lessons, TrainError, TrainSettings, TrainerState};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

const FILE: &str = "checkpoint.safetensors";
/// Key of the metadata.
const HEADER: &str = "figret_checkpoint";

/// What a teaching needs to go on.
pub(super) struct Checkpoint {
    pub(super) header: Header,
    pub(super) student: Snapshot,
    /// The state that the validation split likes best so far.
    pub(super) best: Option<Learned>,
}

/// Everything but tensors.
#[derive(Serialize, Deserialize)]
pub(super) struct Header {
    /// Of settings and lessons.
    pub(super) digest: String,
    pub(super) trainer: TrainerState,
    pub(super) progress: Progress,
    student_steps: u32,
}

/// What a checkpoint must have been taken of to be of use to a teaching.
pub(super) fn digest(settings: &TrainSettings, lessons: &Lessons) -> String {
    let mut hash = Sha256::new();
    let LessonPlan { samples, preferences, guidance, validation, retention, .. } = &lessons.plan;
    hash.update(format!(
        "{settings:?} {samples:?} {preferences:?} {guidance:?} {validation:?} {retention:?}"
    ));
    for value in lessons.vectors() {
        hash.update(value.to_le_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Checkpoint {
    pub(super) fn new(
        digest: String,
        trainer: TrainerState,
        progress: Progress,
        student: Snapshot,
        best: Option<Learned>,
    ) -> Self {
        let header = Header { digest, trainer, progress, student_steps: student.steps };
        Self { header, student, best }
    }

    /// Writes it as one safetensors file; the header stands in its metadata.
    pub(super) fn write(&self) -> Result<Vec<u8>, EngineError> {
        let header = serde_json::to_string(&self.header).map_err(|e| bad(e.to_string()))?;
        let mut tensors = BTreeMap::new();
        let mut put = |part: &str, learned: &Learned| {
            tensors.extend(learned.tensors().into_iter().map(|(name, t)| (format!("{part}/{name}"), t)));
        };
        put("value", &self.student.values);
        for (part, moment) in ["mean", "square"].iter().zip(self.student.moments.iter().flatten()) {
            put(part, moment);
        }
        if let Some(best) = &self.best {
            put("best", best);
        }
        Ok(write_tensors(&tensors, &[(HEADER, &header)], FILE)?)
    }

    /// Reads what [`Self::write`] wrote; `like` has the kind and the names of what is taught.
    pub(super) fn read(bytes: &[u8], like: &Learned) -> Result<Self, EngineError> {
        let (tensors, metadata) = read_tensors(bytes, FILE)?;
        let header = metadata.get(HEADER).ok_or_else(|| bad("it is no checkpoint".to_owned()))?;
        let header: Header = serde_json::from_str(header).map_err(|e| bad(e.to_string()))?;
        let part = |part: &str| -> Result<Option<Learned>, EngineError> {
            let named = like.tensors().into_keys().map(|name| {
                let tensor = tensors.get(&format!("{part}/{name}"))?;
                Some((name, tensor.clone()))
            });
            let found: Option<BTreeMap<String, HostTensor>> = named.collect();
            Ok(found.map(|found| like.with_tensors(found)).transpose()?)
        };
        let values = part("value")?.ok_or(TrainError::Checkpoint("it holds other weights"))?;
        let moments = part("mean")?.zip(part("square")?).map(|(mean, square)| [mean, square]);
        let student = Snapshot { steps: header.student_steps, values, moments };
        Ok(Self { header, student, best: part("best")? })
    }
}

fn bad(reason: String) -> ExportError {
    ExportError::BadFile { file: FILE, reason }
}
