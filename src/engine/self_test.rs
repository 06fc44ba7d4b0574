//! Eight fixed sentences: a backend is trusted only after it has reproduced their vectors.
//!
//! `self_test.f32` holds what sentence-transformers gave for these texts, `[8, 384]`, little-endian; a test
//! compares it with the recording in `tests/fixtures`.

use super::{EngineError, Model};
use crate::encoder::{CandleEncoder, Encoder};
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

/// Embeds the sentences and returns the smallest cosine with the vectors that they should have: the stored ones of the
/// model that ships, those of the CPU for another model on the GPU. For another model on the CPU there is none.
///
/// # Errors
/// [`EngineError::SelfTest`] if it is under [`SELF_TEST_COSINE`], or the backend's own errors.
pub(super) async fn check(encoder: &Encoder, model: &Model) -> Result<Option<f64>, EngineError> {
    let Some(expected) = expected(encoder, model).await? else { return Ok(None) };
    let cosine = smallest_cosine(&embed(encoder, model).await?, &expected);
    if cosine >= SELF_TEST_COSINE { Ok(Some(cosine)) } else { Err(EngineError::SelfTest { cosine }) }
}

async fn expected(encoder: &Encoder, model: &Model) -> Result<Option<Vec<f32>>, EngineError> {
    if model.is_shipped() {
        return Ok(Some(STORED.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b)).collect()));
    }
    match encoder {
        Encoder::Candle(_) => Ok(None),
        Encoder::Gpu(_) => {
            let cpu = Encoder::Candle(CandleEncoder::new(&model.config, &model.weights)?);
            embed(&cpu, model).await.map(Some)
        }
    }
}

/// The vectors of the sentences, `[8, hidden]`.
pub(super) async fn embed(encoder: &Encoder, model: &Model) -> Result<Vec<f32>, EngineError> {
    let tokens: Result<Vec<_>, _> = SELF_TEST_TEXTS.iter().map(|text| model.tokenizer.encode(text)).collect();
    Ok(encoder.embed(&PackedTokens::new(tokens?)).await?)
}

/// The smallest cosine of two sets of the sentences' vectors; NaN if their sizes differ or a value is none.
pub(super) fn smallest_cosine(found: &[f32], expected: &[f32]) -> f64 {
    let width = expected.len() / SELF_TEST_TEXTS.len();
    if found.len() != expected.len() || width == 0 {
        return f64::NAN;
    }
    let cosines = found.chunks_exact(width).zip(expected.chunks_exact(width)).map(|(a, b)| cosine(a, b));
    cosines.fold(f64::INFINITY, |smallest, cosine| {
        // A NaN must neither pass for a large cosine nor be forgotten.
        if smallest.is_nan() || cosine >= smallest { smallest } else { cosine }
    })
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_cosine_counts_and_no_number_is_none() {
        let right: Vec<f32> = SELF_TEST_TEXTS.iter().flat_map(|_| [0.6, 0.8]).collect();
        assert!((smallest_cosine(&right, &right) - 1.0).abs() < 1e-12);
        let with = |place: usize, value: f32| {
            let mut other = right.clone();
            other[place] = value;
            smallest_cosine(&other, &right)
        };
        // [0, 0.8] against [0.6, 0.8].
        assert!((with(6, 0.0) - 0.8).abs() < 1e-6);
        for place in 0..right.len() {
            assert!(with(place, f32::NAN).is_nan());
        }
        assert!(smallest_cosine(&right[2..], &right).is_nan() && smallest_cosine(&[], &[]).is_nan());
    }
}
