//! What leaves the engine: the adapter as PEFT files, and vectors as safetensors.
//!
//! Bytes in, bytes out; nothing here touches a disk or a page.

mod peft;
mod vectors;

pub use peft::{ADAPTER_CONFIG, ADAPTER_WEIGHTS, BASE_MODEL, read_adapter, write_adapter};
pub use vectors::{TextVectors, read_vectors, write_vectors};

/// A file by name and content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedFile {
    /// Name without a folder.
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
}

impl ExportError {
    fn bad_file(file: &'static str, reason: &str) -> Self {
        let shown = reason.chars().take(REASON_CHARS).map(|c| if c.is_control() { ' ' } else { c });
        Self::BadFile { file, reason: shown.collect() }
    }

    /// Says what a person can do about it, in a sentence.
    pub fn remedy(&self) -> String {
        match self {
            Self::BadFile { file, .. } if *file == vectors::FILE => {
                "Make the vectors again with `figret index`, or do without them.".into()
            }
            Self::MissingFile(_) => "Choose both files of the adapter, or a zip of them.".into(),
            Self::BadFile { .. } => {
                "Choose the files of a LoRA adapter for all-MiniLM-L6-v2, as PEFT saves them.".into()
            }
        }
    }
}
