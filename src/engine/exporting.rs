//! The taught model as a sentence-transformers folder or zip, read back before anyone gets it.
//!
//! Three pieces: the taught vectors of eight sentences, the files, and the same vectors by an encoder that was read
//! from those files.

use super::backend::LastingEncoder;
use super::{Engine, EngineError, Model, self_test};
use crate::encoder::{CandleEncoder, Encoder};
use crate::export::{Card, MODEL_FOLDER, ModelFolder, WrittenModel, sentence_transformers_folder};
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
    tuned: LastingEncoder,
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
        let base = self.model.recipe();
        let card = Card { base, towers: tuned.towers, lesson: tuned.lesson.clone(), comparison };
        let weights = tuned.learned.merged_into(&self.model.weights)?;
        let tokenizer = self.model.tokenizer.to_json()?;
        let folder = sentence_transformers_folder(&weights, &self.model.config, &tokenizer, &card)?;
        let (model, tuned) = (Arc::clone(&self.model), tuned.encoder.renewed()?);
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
            Phase::Begun(folder) => Phase::Embedded(folder, self.embedded().await?),
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

    /// The eight sentences by the taught model.
    async fn embedded(&mut self) -> Result<Vec<f32>, EngineError> {
        loop {
            match self_test::embed(self.tuned.encoder(), &self.model).await {
                Ok(vectors) => return Ok(vectors),
                Err(error) => self.tuned.replace(error).await?,
            }
        }
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
    let model = Model::from_folder(MODEL_FOLDER, &written.folder_files()?)?;
    let encoder = Encoder::Candle(CandleEncoder::new(&model.config, &model.weights)?);
    let cosine = self_test::smallest_cosine(&self_test::embed(&encoder, &model).await?, taught);
    if cosine >= EXPORT_COSINE { Ok(cosine) } else { Err(EngineError::ExportCheck { cosine }) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;
    use crate::encoder::{BertConfig, HostTensor, Learned, LoraAdapter, LoraConfig, Targets, Weights};
    use crate::engine::backend::{Backend, State};
    use crate::engine::{BackendChoice, BackendReport};
    use crate::text::{Prefixes, Tokenizer};
    use crate::train::Towers;
    use pollster::block_on;

    const TOKENIZER: &str = r###"{"version":"1.0","truncation":null,"padding":null,"added_tokens":[],
        "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,
            "strip_accents":null,"lowercase":true},
        "pre_tokenizer":{"type":"BertPreTokenizer"},
        "post_processor":{"type":"BertProcessing","sep":["[SEP]",3],"cls":["[CLS]",2]},
        "decoder":null,
        "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##",
            "max_input_chars_per_word":100,
            "vocab":{"[PAD]":0,"[UNK]":1,"[CLS]":2,"[SEP]":3,"[MASK]":4,"a":5,"?":6,"!":7,"t":8,"won":9}}}"###;

    fn model() -> Model {
        let json = br#"{"vocab_size":10,"hidden_size":8,"num_hidden_layers":2,"num_attention_heads":2,
            "intermediate_size":12,"max_position_embeddings":40,"layer_norm_eps":1e-12,"hidden_act":"gelu",
            "model_type":"bert"}"#;
        let config = BertConfig::from_json(json).unwrap();
        let tensors = Weights::expected_tensors(&config).into_iter().enumerate().map(|(i, (name, shape))| {
            let value = |k: usize| ((k * 37 + i * 11) % 19) as f32 / 19.0 - 0.5;
            let is_scale = name.ends_with("LayerNorm.weight");
            let data = (0..shape.iter().product()).map(|k| if is_scale { 1.0 } else { value(k) }).collect();
            (name, HostTensor { shape, data })
        });
        let weights = Weights::from_tensors(tensors.collect());
        let tokenizer = Tokenizer::new(TOKENIZER.as_bytes(), 24, Prefixes::default()).unwrap();
        Model::new("tiny", config, true, weights, tokenizer)
    }

    fn taught_engine() -> Engine {
        let model = Arc::new(model());
        let lora = LoraConfig { rank: 2, alpha: 4.0, targets: Targets::AllLinear };
        let mut adapter = LoraAdapter::initial(lora, &model.config, 3).unwrap();
        for pair in adapter.pairs.values_mut() {
            pair.b.data = pair.b.data.iter().enumerate().map(|(i, _)| 0.1 * (i % 5) as f32).collect();
        }
        let baseline = Encoder::Candle(CandleEncoder::new(&model.config, &model.weights).unwrap());
        let state = State { baseline, report: BackendReport::default(), tilings: None, halvings: 0 };
        let mut engine = Engine::on(Backend::new(&model, BackendChoice::Cpu, state));
        engine.load_learned(Learned::Adapter(adapter), Towers::Query).unwrap();
        engine
    }

    fn run(mut job: ExportingJob) -> Result<ExportedModel, EngineError> {
        block_on(async {
            while job.advance().await? {}
            job.finish()
        })
    }

    #[test]
    fn a_written_model_embeds_as_the_taught_one() {
        for form in [ExportForm::Files, ExportForm::Zip] {
            let exported = run(taught_engine().exporting(form).unwrap()).unwrap();
            assert!(exported.cosine >= EXPORT_COSINE);
            assert_eq!(matches!(exported.written, WrittenModel::Zip(_)), form == ExportForm::Zip);
        }
    }

    #[test]
    fn other_weights_than_the_taught_ones_are_not_handed_out() {
        let engine = taught_engine();
        let mut job = engine.exporting(ExportForm::Zip).unwrap();
        let base = model().recipe();
        let card = Card { base, towers: Towers::Query, lesson: None, comparison: None };
        let Model { config, weights, .. } = model();
        let base = sentence_transformers_folder(&weights, &config, TOKENIZER.as_bytes(), &card).unwrap();
        job.phase = Phase::Begun(base);
        assert!(matches!(block_on(job.advance()), Ok(true)));
        assert!(matches!(block_on(job.advance()), Ok(true)) && job.is_written());
        let refusal = block_on(job.advance()).unwrap_err();
        assert!(
            matches!(refusal, EngineError::ExportCheck { cosine } if cosine < EXPORT_COSINE),
            "{refusal}"
        );
        assert!(block_on(job.advance()).is_err());
        assert!(job.finish().is_err());
    }

    #[test]
    fn without_a_lesson_there_is_nothing_to_write() {
        let mut engine = taught_engine();
        assert!(matches!(engine.exporting(ExportForm::Zip).unwrap().finish(), Err(EngineError::NotReady(_))));
        engine.tuned = None;
        assert!(matches!(engine.exporting(ExportForm::Zip), Err(EngineError::NotReady(_))));
    }
}
