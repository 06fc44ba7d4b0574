//! The shape of a BERT encoder, read from `config.json`.

use super::{EncoderError, shown};
use serde::Deserialize;

/// The fields of a Hugging Face BERT `config.json` that decide the shape of the forward pass.
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
    /// Epsilon inside every LayerNorm.
    pub layer_norm_eps: f64,
    /// Activation of the feed-forward layer; only `gelu` (by erf) is supported.
    pub hidden_act: String,
    /// Architecture; only `bert` is supported.
    pub model_type: String,
}

/// Largest size that any known BERT comes near; a file that claims more would only exhaust the memory.
const MAX_SIZE: usize = 1 << 20;
const MAX_LAYERS: usize = 256;

impl BertConfig {
    /// Reads a `config.json`.
    ///
    /// # Errors
    /// [`EncoderError::Config`] if the JSON is not that of a BERT encoder with GELU, or of impossible sizes.
    pub fn from_json(json: &[u8]) -> Result<Self, EncoderError> {
        let config: Self = serde_json::from_slice(json).map_err(|e| EncoderError::Config(shown(&e)))?;
        for (key, found, wanted) in
            [("model_type", &config.model_type, "bert"), ("hidden_act", &config.hidden_act, "gelu")]
        {
            if found != wanted {
                return Err(EncoderError::Config(format!("{key} is '{}', not '{wanted}'", shown(found))));
            }
        }
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
