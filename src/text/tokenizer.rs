//! WordPiece by the `tokenizers` crate, as sentence-transformers runs it for this model.

use tokenizers::{TruncationParams, utils::truncation::TruncationDirection};

/// Tokens of a text that the encoder reads, `[CLS]` and `[SEP]` included; the rest is cut off.
pub const MAX_TOKENS: usize = 256;

/// Why a text could not be turned into tokens.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// `tokenizer.json` is not a tokenizer.
    #[error("tokenizer.json cannot be read: {0}")]
    Load(String),
    /// The tokenizer refused a text.
    #[error("a text cannot be tokenized: {0}")]
    Encode(String),
}

/// Turns texts into token ids.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
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
        Ok(Self { inner })
    }

    /// Counts the tokens of `text`, from `[CLS]` to `[SEP]`, nothing cut off.
    ///
    /// # Errors
    /// [`TextError::Encode`] if the tokenizer refuses the text.
    pub fn count(&self, text: &str) -> Result<usize, TextError> {
        const SPECIAL: usize = 2;
        let encoding = self.inner.encode_fast(text, true).map_err(|e| TextError::Encode(e.to_string()))?;
        let beyond =
            encoding.get_overflowing().iter().map(|piece| piece.get_ids().len().saturating_sub(SPECIAL));
        Ok(encoding.get_ids().len() + beyond.sum::<usize>())
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
