//! The taught model as a folder that `SentenceTransformer(...)` loads, in memory or as a zip.
//!
//! Takes whole weights: whether an adapter was merged into them or every weight was taught makes no difference here.
//! Layout: that of sentence-transformers 2.0 and later.

use super::archive::{Archive, stored};
use super::card::Card;
use super::checkpoint::{checkpoint_bytes, write_checkpoint};
use super::{ExportError, ExportedFile, model_files};
use crate::encoder::{BertConfig, Weights};

/// Name of the folder, in the zip and in the card's example.
pub const MODEL_FOLDER: &str = "figret-model";

const CONFIG: &str = "config.json";
const TOKENIZER: &str = "tokenizer.json";
const WEIGHTS: &str = "model.safetensors";

/// Everything that the folder will hold. The weights are those that were given, not a copy.
#[derive(Debug)]
pub struct ModelFolder {
    weights: Weights,
    files: Vec<ExportedFile>,
}

/// Puts together a sentence-transformers folder: the weights in f32, the tokenizer, mean pooling, L2 normalization and
/// the model card.
///
/// # Errors
/// [`ExportError::BadFile`] if the tokenizer is not one of BERT.
pub fn sentence_transformers_folder(
    weights: &Weights,
    config: &BertConfig,
    tokenizer_json: &[u8],
    card: &Card,
) -> Result<ModelFolder, ExportError> {
    let mut files = vec![
        file(CONFIG, model_files::config(config)),
        file(TOKENIZER, tokenizer_json.to_vec()),
        file("modules.json", model_files::modules()),
        file("1_Pooling/config.json", model_files::pooling(config)),
        file("sentence_bert_config.json", model_files::limits()),
        file("config_sentence_transformers.json", model_files::similarity()),
        file("README.md", card.markdown().into_bytes()),
    ];
    files.extend(model_files::tokenizer(tokenizer_json)?);
    Ok(ModelFolder { weights: weights.clone(), files })
}

impl ModelFolder {
    /// Writes the files.
    ///
    /// # Errors
    /// [`ExportError::Write`] if a tensor's shape does not fit its data.
    pub fn into_files(self) -> Result<WrittenModel, ExportError> {
        let Self { weights, mut files } = self;
        let mut bytes = Vec::with_capacity(checkpoint_bytes(&weights)?);
        write_checkpoint(&weights, &mut bytes)?;
        files.push(file(WEIGHTS, bytes));
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(WrittenModel::Files(files))
    }

    /// Writes a zip of the folder [`MODEL_FOLDER`]; the weights go straight into it.
    ///
    /// # Errors
    /// [`ExportError::Write`] if a tensor's shape does not fit its data.
    pub fn into_zip(self) -> Result<WrittenModel, ExportError> {
        let Self { weights, files } = self;
        let bytes = files.iter().map(|file| file.bytes.len()).sum::<usize>() + checkpoint_bytes(&weights)?;
        let mut archive = Archive::begin(MODEL_FOLDER, files.len() + 1, bytes);
        for file in &files {
            archive.add(file)?;
        }
        write_checkpoint(&weights, archive.file(WEIGHTS)?)?;
        Ok(WrittenModel::Zip(archive.finish()?))
    }
}

/// A model as it leaves the engine.
#[derive(Debug)]
pub enum WrittenModel {
    /// The folder's files.
    Files(Vec<ExportedFile>),
    /// A zip of the folder.
    Zip(Vec<u8>),
}

impl WrittenModel {
    /// `config.json`, `tokenizer.json` and `model.safetensors` as they were written.
    ///
    /// # Errors
    /// [`ExportError::Write`] if one is not there.
    pub fn encoder_files(&self) -> Result<[&[u8]; 3], ExportError> {
        Ok([self.content(CONFIG)?, self.content(TOKENIZER)?, self.content(WEIGHTS)?])
    }

    fn content(&self, name: &str) -> Result<&[u8], ExportError> {
        match self {
            Self::Files(files) => {
                let file = files.iter().find(|file| file.name == name);
                let content = file.map(|file| file.bytes.as_slice());
                content.ok_or_else(|| ExportError::Write(format!("{name} was not written")))
            }
            Self::Zip(zip) => stored(zip, MODEL_FOLDER, name),
        }
    }
}

fn file(name: &str, bytes: Vec<u8>) -> ExportedFile {
    ExportedFile { name: name.to_owned(), bytes }
}
