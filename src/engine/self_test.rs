//! Eight fixed sentences with stored vectors: a backend is trusted only after it has reproduced them.
//!
//! `self_test.f32` holds what sentence-transformers gave for these texts, `[8, 384]`, little-endian; a test
//! compares it with the recording in `tests/fixtures`.

use super::{EngineError, Model};
use crate::encoder::Encoder;
use crate::text::PackedTokens;

/// Smallest cosine with the stored vectors at which a backend is trusted.
pub const SELF_TEST_COSINE: f64 = 0.9999;

/// The sentences: short ones, and the odd ones among the recorded texts.
pub const SELF_TEST_TEXTS: [&str; 8] = [
    "a",
    "?!",
    "naïve café Ångström",
    "東京は日本の首都です",
    "Привет, мир",
    "1,234.56 °C ± 0.5 % → ok",
    "UPPER lower MiXeD",
    "don't can't won't",
];

static STORED: &[u8] = include_bytes!("self_test.f32");

/// Embeds the sentences and returns the smallest cosine.
///
/// # Errors
/// [`EngineError::SelfTest`] if it is under [`SELF_TEST_COSINE`], or the backend's own errors.
pub(super) async fn check(encoder: &Encoder, model: &Model) -> Result<f64, EngineError> {
    let tokens: Result<Vec<_>, _> = SELF_TEST_TEXTS.iter().map(|text| model.tokenizer.encode(text)).collect();
    let found = encoder.embed(&PackedTokens::new(tokens?)).await?;
    let stored: Vec<f32> = STORED.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b)).collect();
    let width = stored.len() / SELF_TEST_TEXTS.len();
    let cosines = found.chunks_exact(width).zip(stored.chunks_exact(width)).map(|(a, b)| cosine(a, b));
    let smallest = cosines.fold(f64::INFINITY, |smallest, cosine| {
        // A NaN must not pass for a large cosine.
        if cosine >= smallest { smallest } else { cosine }
    });
    if found.len() == stored.len() && smallest >= SELF_TEST_COSINE {
        Ok(smallest)
    } else {
        Err(EngineError::SelfTest { cosine: smallest })
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}
