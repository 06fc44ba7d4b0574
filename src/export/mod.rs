//! What leaves the engine: the adapter as PEFT files, and vectors as safetensors.
//!
//! Bytes in, bytes out; nothing here touches a disk or a page.

mod kept_vectors;
mod peft;
mod vectors;

pub use kept_vectors::KeptVectors;
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

/// Why a file cannot be written or read back.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A file that belongs to the set is missing.
    #[error("{0} is missing. Choose both files of the adapter, or a zip of them.")]
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
