//! A BERT encoder: token ids to unit vectors, on the CPU (candle) or the GPU (our own WGSL).
//!
//! Both backends read the same [`Weights`] and stand behind [`Encoder`]. Tokenizing, storing and ranking
//! happen elsewhere.

pub mod candle;
mod config;
mod folder;
mod gpu_backward;
mod gpu_forward;
mod gpu_lora;
mod gpu_student;
mod gpu_weights;
mod learned;
mod lora;
mod weights;

pub use candle::{CandleEncoder, CandleStudent};
pub use config::BertConfig;
pub use folder::{Folder, FolderFiles, wanted_files};
pub use gpu_forward::GpuEncoder;
pub use gpu_student::GpuStudent;
pub use learned::{Learned, Scope, Snapshot};
pub use lora::{LoraAdapter, LoraConfig, LoraPair, Targets};
pub use weights::{HostTensor, Weights};

pub use crate::ops::pool_normalize::Pooling;

use crate::gpu::{Download, GpuError};
use crate::text::PackedTokens;
use std::rc::Rc;

/// Why an encoder could not be built or run.
#[derive(Debug, thiserror::Error)]
pub enum EncoderError {
    /// `config.json` describes something else than this encoder.
    #[error("config.json: {0}")]
    Config(String),
    /// A folder holds something else than a BERT encoder as this one runs it.
    #[error("{file}: {reason}")]
    Unsupported {
        /// The file that says so.
        file: String,
        /// What it is, and what is supported.
        reason: String,
    },
    /// A file of the folder is broken.
    #[error("{file}: {reason}")]
    BadFile {
        /// The file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// A folder lacks a file.
    #[error("the model's folder has no {0}")]
    MissingFile(String),
    /// The weights file cannot be read.
    #[error("model.safetensors: {0}")]
    Safetensors(String),
    /// The weights lack a tensor.
    #[error("model.safetensors has no tensor '{0}'")]
    MissingTensor(String),
    /// A tensor has another shape than the configuration says.
    #[error("model.safetensors: tensor '{name}' has shape {found:?}, config.json asks for {expected:?}")]
    TensorShape {
        /// Tensor name.
        name: String,
        /// Shape by the configuration.
        expected: Vec<usize>,
        /// Shape in the file.
        found: Vec<usize>,
    },
    /// A token id or a position lies outside of the tables.
    #[error("{what} {value} is outside of the table of {limit} rows")]
    OutOfTable {
        /// `token id` or `position`.
        what: &'static str,
        /// The offending value.
        value: usize,
        /// Rows of the table.
        limit: usize,
    },
    /// An adapter does not fit the encoder.
    #[error("adapter: {0}")]
    Adapter(String),
    /// A step was asked for in the wrong order or its gradient is not finite.
    #[error("teaching: {0}")]
    Teaching(String),
    /// candle refused an operation.
    #[error("candle: {0}")]
    Candle(#[from] candle::CandleError),
    /// The GPU refused or lost an operation.
    #[error(transparent)]
    Gpu(#[from] GpuError),
}

impl EncoderError {
    /// Says what a person can do about it, in a sentence; empty where it is none of their files.
    pub fn remedy(&self) -> String {
        match self {
            Self::Config(_) | Self::Safetensors(_) | Self::MissingTensor(_) | Self::TensorShape { .. } => {
                "Take all files from one download of the model.".into()
            }
            Self::BadFile { .. } => "Take all files from one download of the model.".into(),
            Self::Unsupported { .. } => {
                "Choose a BERT model with mean or CLS pooling, such as all-MiniLM-L12-v2, bge-small-en-v1.5 or \
                 e5-small-v2."
                    .into()
            }
            Self::MissingFile(name) => missing_file_remedy(name),
            Self::Adapter(_) => "Choose an adapter made for this model.".into(),
            _ => String::new(),
        }
    }
}

fn missing_file_remedy(name: &str) -> String {
    if name.ends_with("model.safetensors") {
        return "If it has a pytorch_model.bin or an ONNX file alone, convert it in Python: \
                SentenceTransformer(\"FOLDER\").save_pretrained(\"NEW_FOLDER\") writes model.safetensors."
            .into();
    }
    if name.ends_with("modules.json") {
        return "Without it nothing says how the tokens become one vector: take the whole folder of a \
                sentence-transformers model, 1_Pooling/config.json among it."
            .into();
    }
    "Take all files from one download of the model.".into()
}

/// Longest piece of a file that a message repeats, in characters.
const SHOWN_CHARS: usize = 200;

/// Words that may come from a file, short and on one line.
fn shown(words: &dyn std::fmt::Display) -> String {
    let words = words.to_string();
    words.chars().take(SHOWN_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The vectors of a batch, or their download.
pub enum Embedding {
    /// The CPU has them.
    Done(Vec<f32>),
    /// The GPU is at work.
    UnderWay(Download),
}

impl Embedding {
    /// Waits for the vectors, `[sequences, hidden]`, row-major.
    ///
    /// # Errors
    /// Any [`GpuError`] of the work that led to them.
    pub async fn read(self) -> Result<Vec<f32>, EncoderError> {
        match self {
            Self::Done(vectors) => Ok(vectors),
            Self::UnderWay(download) => Ok(download.read().await?),
        }
    }
}

/// One of the two backends, base weights or base weights with an adapter.
#[derive(Clone)]
pub enum Encoder {
    /// CPU.
    Candle(CandleEncoder),
    /// wgpu and our own kernels.
    Gpu(Rc<GpuEncoder>),
}

impl Encoder {
    /// Embeds packed texts: the last layer pooled and L2-normalised; `[sequences, hidden]`, row-major.
    ///
    /// # Errors
    /// Those of the backend.
    pub async fn embed(&self, batch: &PackedTokens) -> Result<Vec<f32>, EncoderError> {
        self.begin(batch)?.read().await
    }

    /// Begins to embed packed texts; the GPU computes while the host does something else.
    ///
    /// # Errors
    /// Those of the backend.
    pub fn begin(&self, batch: &PackedTokens) -> Result<Embedding, EncoderError> {
        match self {
            Self::Candle(encoder) => Ok(Embedding::Done(encoder.embed(batch)?)),
            Self::Gpu(encoder) => {
                Ok(Embedding::UnderWay(encoder.gpu().start_download(&encoder.forward(batch)?)))
            }
        }
    }

    /// Returns the same encoder with what was learned in it; unchanged tensors are shared.
    ///
    /// `base` are the weights that `self` was built from.
    ///
    /// # Errors
    /// Those of [`Learned::check`].
    pub fn with_learned(&self, base: &Weights, learned: &Learned) -> Result<Self, EncoderError> {
        match self {
            Self::Candle(encoder) => Ok(Self::Candle(encoder.with_learned(base, learned)?)),
            Self::Gpu(encoder) => Ok(Self::Gpu(Rc::new(encoder.with_learned(base, learned)?))),
        }
    }
}
