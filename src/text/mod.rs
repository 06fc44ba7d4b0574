//! Strings to token ids, and token sequences to packed batches.
//!
//! Knows nothing of the encoder beyond its token limit and its prefixes; does no IO.

mod pack;
mod prefixes;
mod tokenizer;

pub use pack::{PackedTokens, batches_by_tokens};
pub use prefixes::{Prefixes, Role};
pub use tokenizer::{MAX_TOKENS, TextError, Tokenizer};
