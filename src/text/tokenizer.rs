//! WordPiece by the `tokenizers` crate, as sentence-transformers runs it for this model.

use std::sync::OnceLock;
use tokenizers::{TruncationParams, utils::truncation::TruncationDirection};

/// Tokens of a text that the encoder reads, `[CLS]` and `[SEP]` included; the rest is cut off.
pub const MAX_TOKENS: usize = 256;

/// Why a text could not be turned into tokens.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// `tokenizer.json` is not a tokenizer.
    #[error("tokenizer.json cannot be read: {0}")]
    Load(String),
    /// The tokenizer cannot be written.
    #[error("the tokenizer cannot be written: {0}")]
    Save(String),
    /// The tokenizer refused a text.
    #[error("a text cannot be tokenized: {0}")]
    Encode(String),
}

/// Turns texts into token ids.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    /// The same without a limit, made when it is asked for first.
    whole: OnceLock<tokenizers::Tokenizer>,
}

impl Tokenizer {
    /// Reads a `tokenizer.json`, with truncation at [`MAX_TOKENS`] and without the padding that it asks for.
    ///
    /// # Errors
    /// [`TextError::Load`] if the file is not a tokenizer.
    pub fn from_json(json: &[u8]) -> Result<Self, TextError> {
        let mut inner =
            tokenizers::Tokenizer::from_bytes(json).map_err(|e| TextError::Load(e.to_string()))?;
        let truncation = TruncationParams {
            max_length: MAX_TOKENS,
            direction: TruncationDirection::Right,
            ..TruncationParams::default()
        };
        inner.with_truncation(Some(truncation)).map_err(|e| TextError::Load(e.to_string()))?;
        inner.with_padding(None);
        Ok(Self { inner, whole: OnceLock::new() })
    }

    /// Writes it as a `tokenizer.json`: what was read, with truncation at [`MAX_TOKENS`] and without padding.
    ///
    /// # Errors
    /// [`TextError::Save`] if a part of it has no JSON.
    pub fn to_json(&self) -> Result<Vec<u8>, TextError> {
        self.inner.to_string(false).map(String::into_bytes).map_err(|e| TextError::Save(e.to_string()))
    }

    /// Counts the tokens of `text`, from `[CLS]` to `[SEP]`, nothing cut off.
    ///
    /// # Errors
    /// [`TextError::Encode`] if the tokenizer refuses the text.
    pub fn count(&self, text: &str) -> Result<usize, TextError> {
        let whole = self.whole.get_or_init(|| {
            let mut whole = self.inner.clone();
            // Taking a limit away cannot be refused.
            let _infallible = whole.with_truncation(None);
            whole
        });
        let encoding = whole.encode_fast(text, true).map_err(|e| TextError::Encode(e.to_string()))?;
        Ok(encoding.get_ids().len())
    }

    /// Returns the token ids of `text`, from `[CLS]` to `[SEP]`, 2 to [`MAX_TOKENS`] of them.
    ///
    /// # Errors
    /// [`TextError::Encode`] if the tokenizer refuses the text.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, TextError> {
        let encoding = self.inner.encode_fast(text, true).map_err(|e| TextError::Encode(e.to_string()))?;
        Ok(encoding.get_ids().to_vec())
    }
}
