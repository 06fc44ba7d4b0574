//! What leaves the engine: what was taught as PEFT files or whole weights, the taught model as a sentence-transformers
//! folder or a zip of it, vectors as safetensors, rankings and judgements as TREC files, and every query's figures as CSV.
//!
//! Bytes in, bytes out; nothing here touches a disk or a page.

mod archive;
mod card;
mod kept_vectors;
mod learned;
mod model_files;
mod peft;
mod per_query;
mod recipe;
mod sentence_transformers;
mod tensors;
mod trec;
mod vectors;
mod weights_file;

pub use card::{Card, Lesson};
pub use kept_vectors::KeptVectors;
pub use learned::{read_learned, write_learned};
pub use peft::{ADAPTER_CONFIG, ADAPTER_WEIGHTS, read_adapter, write_adapter};
pub use per_query::write_per_query;
pub use recipe::{BASE_MODEL, Maker, Recipe};
pub use sentence_transformers::{MODEL_FOLDER, ModelFolder, WrittenModel, sentence_transformers_folder};
pub(crate) use tensors::{read_tensors, write_tensors};
pub use trec::{write_qrels, write_run};
pub use vectors::{KEY_BYTES as TEXT_KEY_BYTES, TextVectors, key as text_key, read_vectors, write_vectors};

/// A file by name and content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedFile {
    /// Name, with `/` after each folder on the way to it.
    pub name: String,
    /// Content.
    pub bytes: Vec<u8>,
}

/// Longest reason in a message, in characters: a reason may repeat what stands in the file.
const REASON_CHARS: usize = 200;

/// Why a file cannot be written or read back.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A file that belongs to the set is missing.
    #[error("{0} is missing")]
    MissingFile(&'static str),
    /// A file is not what its name says.
    #[error("{file}: {reason}")]
    BadFile {
        /// File name.
        file: &'static str,
        /// What is wrong, and the remedy where there is one.
        reason: String,
    },
    /// The model's files cannot be written, or not be found again.
    #[error("the model cannot be written: {0}")]
    Write(String),
}

impl From<std::io::Error> for ExportError {
    fn from(error: std::io::Error) -> Self {
        Self::Write(error.to_string())
    }
}

impl ExportError {
    fn bad_file(file: &'static str, reason: &str) -> Self {
        Self::BadFile { file, reason: Self::shown(reason) }
    }

    /// Words that may come from a file, short and on one line.
    fn shown(words: &str) -> String {
        words.chars().take(REASON_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect()
    }

    /// Says what a person can do about it, in a sentence.
    pub fn remedy(&self) -> String {
        match self {
            Self::BadFile { file, .. } if *file == vectors::FILE => {
                "Make the vectors again with `figret index`, or do without them.".into()
            }
            Self::MissingFile(_) => {
                "Choose both files of the adapter, the model.safetensors of taught weights, or a zip of them."
                    .into()
            }
            Self::BadFile { file, .. } if *file == learned::MODEL_WEIGHTS => {
                "Choose the model.safetensors of a model taught from this one.".into()
            }
            Self::BadFile { .. } => {
                "Choose the files of a LoRA adapter for this model, as PEFT saves them.".into()
            }
            Self::Write(_) => "Take the adapter instead; it is not touched by this.".into(),
        }
    }
}
