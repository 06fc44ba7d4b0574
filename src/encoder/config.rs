//! The shape of a BERT encoder, read from `config.json`.

use super::EncoderError;
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

impl BertConfig {
    /// Reads a `config.json`.
    ///
    /// # Errors
    /// [`EncoderError::Config`] if the JSON is not that of a BERT encoder with GELU.
    pub fn from_json(json: &[u8]) -> Result<Self, EncoderError> {
        let config: Self = serde_json::from_slice(json).map_err(|e| EncoderError::Config(e.to_string()))?;
        if config.model_type != "bert" {
            return Err(EncoderError::Config(format!("model_type is '{}', not 'bert'", config.model_type)));
        }
        if config.hidden_act != "gelu" {
            return Err(EncoderError::Config(format!("hidden_act is '{}', not 'gelu'", config.hidden_act)));
        }
        if config.num_attention_heads == 0 || !config.hidden_size.is_multiple_of(config.num_attention_heads) {
            return Err(EncoderError::Config(format!(
                "hidden_size {} is not a multiple of num_attention_heads {}",
                config.hidden_size, config.num_attention_heads
            )));
        }
        Ok(config)
    }

    /// Width of one attention head.
    pub fn head_dim(&self) -> usize {
        self.hidden_size / self.num_attention_heads
    }
}
