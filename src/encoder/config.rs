//! The shape of a BERT encoder, read from `config.json`.
//!
//! What a folder's other files say of the model is read in `folder.rs`.

use super::{EncoderError, shown};
use crate::ops::pool_normalize::Pooling;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// What decides the forward pass: fields of a Hugging Face BERT `config.json`, and the pooling.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct BertConfig {
    /// Rows of the token table.
    pub vocab_size: usize,
    /// Width of a token's state.
    pub hidden_size: usize,
    /// Encoder layers.
    pub num_hidden_layers: usize,
    /// Attention heads; `hidden_size` is a multiple of it.
    pub num_attention_heads: usize,
    /// Width of the feed-forward layer.
    pub intermediate_size: usize,
    /// Rows of the position table.
    pub max_position_embeddings: usize,
    /// Rows of the token type table; the first one is used.
    #[serde(default = "two")]
    pub type_vocab_size: usize,
    /// Epsilon inside every LayerNorm.
    pub layer_norm_eps: f64,
    /// Activation of the feed-forward layer; only `gelu` (by erf) is supported.
    pub hidden_act: String,
    /// Architecture; only `bert` is supported.
    pub model_type: String,
    /// How the last layer becomes an embedding; another file says it, so the mean until then.
    #[serde(skip)]
    pub pooling: Pooling,
}

/// What BERT's `type_vocab_size` is where the file does not say.
fn two() -> usize {
    2
}

/// What a `config.json` may say that makes it another encoder than this one.
#[derive(Deserialize)]
struct Kind {
    model_type: Option<String>,
    hidden_act: Option<String>,
    position_embedding_type: Option<String>,
    is_decoder: Option<bool>,
    quantization_config: Option<IgnoredAny>,
}

impl Kind {
    fn check(&self) -> Result<(), EncoderError> {
        let words = [
            ("model_type", &self.model_type, "bert"),
            ("hidden_act", &self.hidden_act, "gelu"),
            ("position_embedding_type", &self.position_embedding_type, "absolute"),
        ];
        for (key, found, wanted) in words {
            if let Some(found) = found.as_deref().filter(|found| *found != wanted) {
                return Err(unsupported(format!("{key} is '{}', not '{wanted}'", shown(&found))));
            }
        }
        if self.is_decoder == Some(true) {
            return Err(unsupported("is_decoder is set; an encoder reads a text as a whole".to_owned()));
        }
        match self.quantization_config {
            Some(IgnoredAny) => {
                Err(unsupported("quantization_config is set; f32, f16 and bf16 are read".into()))
            }
            None => Ok(()),
        }
    }
}

fn unsupported(reason: String) -> EncoderError {
    EncoderError::Unsupported { file: "config.json".to_owned(), reason }
}

/// Largest size that any known BERT comes near; a file that claims more would only exhaust the memory.
const MAX_SIZE: usize = 1 << 20;
const MAX_LAYERS: usize = 256;

impl BertConfig {
    /// Reads a `config.json`.
    ///
    /// # Errors
    /// [`EncoderError::Unsupported`] if it is that of another encoder than BERT with GELU, [`EncoderError::Config`] if it
    /// lacks a field or has impossible sizes.
    pub fn from_json(json: &[u8]) -> Result<Self, EncoderError> {
        let bad = |e: serde_json::Error| EncoderError::Config(shown(&e));
        // Another architecture has other fields: what it is comes before what it lacks.
        serde_json::from_slice::<Kind>(json).map_err(bad)?.check()?;
        let config: Self = serde_json::from_slice(json).map_err(bad)?;
        config.check_sizes()?;
        if !config.hidden_size.is_multiple_of(config.num_attention_heads) {
            return Err(EncoderError::Config(format!(
                "hidden_size {} is not a multiple of num_attention_heads {}",
                config.hidden_size, config.num_attention_heads
            )));
        }
        Ok(config)
    }

    fn check_sizes(&self) -> Result<(), EncoderError> {
        let sizes = [
            ("vocab_size", self.vocab_size, MAX_SIZE),
            ("hidden_size", self.hidden_size, MAX_SIZE),
            ("num_hidden_layers", self.num_hidden_layers, MAX_LAYERS),
            ("num_attention_heads", self.num_attention_heads, MAX_SIZE),
            ("intermediate_size", self.intermediate_size, MAX_SIZE),
            ("max_position_embeddings", self.max_position_embeddings, MAX_SIZE),
            ("type_vocab_size", self.type_vocab_size, MAX_SIZE),
        ];
        match sizes.iter().find(|(_, size, most)| !(1..=*most).contains(size)) {
            Some((key, size, most)) => {
                Err(EncoderError::Config(format!("{key} is {size}, not between 1 and {most}")))
            }
            None if !(self.layer_norm_eps.is_finite() && self.layer_norm_eps >= 0.0) => {
                Err(EncoderError::Config(format!("layer_norm_eps is {}, not 0 or more", self.layer_norm_eps)))
            }
            None => Ok(()),
        }
    }

    /// Width of one attention head.
    pub fn head_dim(&self) -> usize {
        self.hidden_size / self.num_attention_heads
    }
}
