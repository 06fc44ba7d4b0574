//! What several test files share: a GPU or a stated reason for none, noise, and comparisons.

#![allow(dead_code, unreachable_pub, unused_imports, reason = "every test file uses its own part of this")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

pub mod fixtures;
pub mod model;
pub mod plain_bert;

pub use model::{model, model_bytes};

use figret::gpu::{Gpu, GpuOptions};

/// Opens a GPU, software ones included.
///
/// Without an adapter says so and returns `None`; with `REQUIRE_GPU=1` that is a failure.
pub fn gpu_or_skip() -> Option<Gpu> {
    match pollster::block_on(Gpu::open(GpuOptions { allow_software: true })) {
        Ok(gpu) => Some(gpu),
        Err(error) => {
            let is_required = std::env::var("REQUIRE_GPU").is_ok_and(|value| value == "1");
            assert!(!is_required, "REQUIRE_GPU=1, but {error}");
            eprintln!("NOT RUN: {error}");
            None
        }
    }
}

/// Returns `n` values in [-1, 1) that depend only on `name` and their place.
pub fn noise(name: &str, n: usize) -> Vec<f32> {
    // FNV-1a of the name seeds SplitMix64.
    let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let value = |i: u64| {
        let mut z = seed.wrapping_add(i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (1..=n as u64).map(value).collect()
}

/// Asserts that the worst difference is at most `relative_to_max` of the largest expected value.
///
/// Prints the worst difference; refuses a bound so slack that it would hide a mistake.
pub fn assert_close(actual: &[f32], expected: &[f32], relative_to_max: f32, label: &str) {
    assert!(relative_to_max <= 1e-2, "{label}: a bound of {relative_to_max} proves nothing");
    assert_eq!(actual.len(), expected.len(), "{label}: lengths differ");
    let largest = expected.iter().fold(f32::MIN_POSITIVE, |largest, value| largest.max(value.abs()));
    let (mut worst, mut worst_at) = (0.0, 0);
    for (i, (actual, expected)) in actual.iter().zip(expected).enumerate() {
        let difference = (actual - expected).abs() / largest;
        if difference > worst || difference.is_nan() {
            (worst, worst_at) = (difference, i);
        }
    }
    println!("{label}: worst difference {worst:.2e} of max {largest:.3e}, at {worst_at}");
    assert!(
        worst <= relative_to_max,
        "{label}: {} instead of {} at {worst_at}, {worst:.2e} of the largest value",
        actual[worst_at],
        expected[worst_at],
    );
}

/// Cosine of two vectors, summed in `f64`.
pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// Floats as they are stored, for tests of equality that tells every difference.
pub fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}
