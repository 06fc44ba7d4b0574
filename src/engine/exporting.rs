//! The taught model as a sentence-transformers folder or zip, read back before anyone gets it.
//!
//! Three pieces: the taught vectors of eight sentences, the files, and the same vectors by an encoder that was read
//! from those files.

use super::{Engine, EngineError, Model, self_test};
use crate::encoder::{CandleEncoder, Encoder};
use crate::export::{Card, ModelFolder, WrittenModel, sentence_transformers_folder};
use std::sync::Arc;

/// Smallest cosine with the taught model's vectors at which an exported model is handed out.
pub const EXPORT_COSINE: f64 = 0.999_999;

/// A folder's files, or a zip of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportForm {
    /// Files by name.
    Files,
    /// One zip.
    Zip,
}

/// A model that has passed the check.
#[derive(Debug)]
pub struct ExportedModel {
    /// Its files.
    pub written: WrittenModel,
    /// Smallest cosine of the eight sentences, read back against taught.
    pub cosine: f64,
}

/// Writes the taught model and checks what was written.
pub struct ExportingJob {
    model: Arc<Model>,
    tuned: Encoder,
    form: ExportForm,
    phase: Phase,
}

enum Phase {
    Begun(ModelFolder),
    Embedded(ModelFolder, Vec<f32>),
    Written(WrittenModel, Vec<f32>),
    Checked(ExportedModel),
    Failed,
}

impl Engine {
    /// Begins to write what was taught or loaded as a whole model.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if nothing was taught, or those of merging.
    pub fn exporting(&self, form: ExportForm) -> Result<ExportingJob, EngineError> {
        let tuned = self.tuned.as_ref().ok_or(EngineError::NotReady("nothing was taught yet"))?;
        let comparison = self.compare().ok().map(|(comparison, ..)| comparison);
        let card = Card { towers: tuned.towers, lesson: tuned.lesson.clone(), comparison };
        let weights = self.model.weights.with_replaced(tuned.adapter.merged_into(&self.model.weights)?)?;
        let tokenizer = self.model.tokenizer.to_json()?;
        let folder = sentence_transformers_folder(&weights, &self.model.config, &tokenizer, &card)?;
        let (model, tuned) = (Arc::clone(&self.model), tuned.encoder.clone());
        Ok(ExportingJob { model, tuned, form, phase: Phase::Begun(folder) })
    }
}

impl ExportingJob {
    /// Does one piece of the work; returns whether there is more.
    ///
    /// # Errors
    /// [`EngineError::ExportCheck`] if the files do not hold the taught model, or those of writing and reading; the
    /// job cannot go on then.
    pub async fn advance(&mut self) -> Result<bool, EngineError> {
        self.phase = match std::mem::replace(&mut self.phase, Phase::Failed) {
            Phase::Begun(folder) => {
                Phase::Embedded(folder, self_test::embed(&self.tuned, &self.model).await?)
            }
            Phase::Embedded(folder, taught) => Phase::Written(write(folder, self.form)?, taught),
            Phase::Written(written, taught) => {
                let cosine = check(&written, &taught).await?;
                Phase::Checked(ExportedModel { written, cosine })
            }
            Phase::Checked(exported) => Phase::Checked(exported),
            Phase::Failed => return Err(EngineError::NotReady("the model could not be written")),
        };
        Ok(!matches!(self.phase, Phase::Checked(_)))
    }

    /// Whether the files are written, so that reading them back comes next.
    pub fn is_written(&self) -> bool {
        matches!(self.phase, Phase::Written(..) | Phase::Checked(_))
    }

    /// The model.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] unless it has been written and has passed the check.
    pub fn finish(self) -> Result<ExportedModel, EngineError> {
        match self.phase {
            Phase::Checked(exported) => Ok(exported),
            _ => Err(EngineError::NotReady("the model is not written yet")),
        }
    }
}

fn write(folder: ModelFolder, form: ExportForm) -> Result<WrittenModel, EngineError> {
    Ok(match form {
        ExportForm::Files => folder.into_files()?,
        ExportForm::Zip => folder.into_zip()?,
    })
}

/// Embeds the eight sentences by the files alone, on the CPU.
async fn check(written: &WrittenModel, taught: &[f32]) -> Result<f64, EngineError> {
    let [config, tokenizer, weights] = written.encoder_files()?;
    let model = Model::read(config, tokenizer, weights)?;
    let encoder = Encoder::Candle(CandleEncoder::new(&model.config, &model.weights)?);
    let cosine = self_test::smallest_cosine(&self_test::embed(&encoder, &model).await?, taught);
    if cosine >= EXPORT_COSINE { Ok(cosine) } else { Err(EngineError::ExportCheck { cosine }) }
}
