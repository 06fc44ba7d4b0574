//! Strings to token ids, and token sequences to packed batches.
//!
//! Knows nothing of the encoder beyond its token limit; does no IO.

mod pack;
mod tokenizer;

pub use pack::{PackedTokens, batches_by_tokens};
pub use tokenizer::{MAX_TOKENS, TextError, Tokenizer};
