//! Vectors in f16, two bytes a value, and their dot products with an f32 query.
//!
//! A half is widened by moving its bits, which every SIMD instruction set can do; wasm has no instruction for
//! it. That leaves a power of two, which the query makes up for. Does not know rows or ids.

use super::RetrieveError;
use half::f16;

/// Partial sums of a dot product; independent, so that the compiler can keep them in vector registers.
const LANES: usize = 8;
/// What is missing of a value whose bits were moved: the exponent of a half is biased by 15, that of a float by 127.
const BIAS: f32 = f32::from_bits((127 + 112) << 23);
/// Times the bias a query's value must stay finite.
const QUERY_LIMIT: f32 = 65_536.0;

/// A number of a vector in memory.
pub(super) trait Stored: Copy {
    /// Makes a float of it, up to a factor that all values share.
    fn widen(self) -> f32;
}

impl Stored for f32 {
    #[inline(always)]
    fn widen(self) -> f32 {
        self
    }
}

impl Stored for f16 {
    /// The value over [`BIAS`]: right for all that [`round`] gives.
    #[inline(always)]
    fn widen(self) -> f32 {
        const SIGN_EXPONENT_MANTISSA: u32 = 0x8fff_e000;
        f32::from_bits(((i32::from(self.to_bits() as i16)) << 13) as u32 & SIGN_EXPONENT_MANTISSA)
    }
}

/// Rounds a value to f16; none if that is not finite.
///
/// What is below the normal numbers of f16, 0.00006, becomes 0: processors are slow on it, and a GPU may read
/// it as 0.
pub(super) fn round(value: f32) -> Option<f16> {
    let half = f16::from_f32(value);
    match half.is_normal() {
        true => Some(half),
        false => half.is_finite().then_some(f16::ZERO),
    }
}

/// A query vector, times what [`Stored::widen`] leaves out.
pub(super) struct Query(Vec<f32>);

impl Query {
    /// Takes a query vector for vectors `width` wide.
    ///
    /// # Errors
    /// [`RetrieveError::QueryWidth`] or [`RetrieveError::QueryValue`].
    pub(super) fn new(vector: &[f32], width: usize) -> Result<Self, RetrieveError> {
        if vector.len() != width {
            return Err(RetrieveError::QueryWidth { expected: width, found: vector.len() });
        }
        if !vector.iter().all(|value| value.abs() < QUERY_LIMIT) {
            return Err(RetrieveError::QueryValue);
        }
        Ok(Self(vector.iter().map(|value| value * BIAS).collect()))
    }

    /// Returns the dot product with a vector: to the last bit what [`dot`] gives of the same values.
    #[inline(always)]
    pub(super) fn dot(&self, vector: &[f16]) -> f32 {
        lanes_dot(vector, &self.0)
    }
}

/// Returns the dot product, formed in one fixed order of additions, the same natively and in wasm.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    lanes_dot(a, b)
}

#[inline(always)]
fn lanes_dot<T: Stored>(a: &[T], b: &[f32]) -> f32 {
    let (a_lanes, a_rest) = a.as_chunks::<LANES>();
    let (b_lanes, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (a, b) in a_lanes.iter().zip(b_lanes) {
        for lane in 0..LANES {
            sums[lane] += a[lane].widen() * b[lane];
        }
    }
    let mut rest = 0.0;
    for (a, b) in a_rest.iter().zip(b_rest) {
        rest += a.widen() * b;
    }
    let [s0, s1, s2, s3, s4, s5, s6, s7] = sums;
    ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7)) + rest
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn every_half_that_rounding_gives_is_widened_exactly() {
        let mut seen = 0;
        for bits in 0..=u16::MAX {
            let half = f16::from_bits(bits);
            match round(half.to_f32()) {
                None => assert!(!half.is_finite(), "{half}"),
                Some(rounded) if half.is_normal() => {
                    assert_eq!(rounded.widen() * BIAS, half.to_f32());
                    seen += 1;
                }
                Some(rounded) => assert_eq!((rounded.widen(), half.to_f32().abs() < 6.2e-5), (0.0, true)),
            }
        }
        assert_eq!(seen, 2 * 30 * 1024);
        assert_eq!(round(65_520.0), None);
        assert_eq!(round(f32::NAN), None);
    }

    #[test]
    fn dot_agrees_with_f64_at_awkward_widths_and_in_both_storages() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for width in [1, 7, 8, 9, 384, 1000] {
            let mut values = || (0..width).map(|_| rng.random_range(-1.0..1.0)).collect::<Vec<f32>>();
            let (a, b) = (values(), values());
            let halves: Vec<f16> = a.iter().map(|&value| round(value).unwrap()).collect();
            let a: Vec<f32> = halves.iter().map(|half| half.to_f32()).collect();
            let exact: f64 = a.iter().zip(&b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
            assert!((f64::from(dot(&a, &b)) - exact).abs() < 1e-6 * width as f64, "width {width}");
            assert_eq!(Query::new(&b, width).unwrap().dot(&halves), dot(&a, &b), "width {width}");
        }
    }

    #[test]
    fn a_query_that_does_not_fit_is_refused() {
        assert!(matches!(Query::new(&[1.0], 2), Err(RetrieveError::QueryWidth { expected: 2, found: 1 })));
        for value in [f32::NAN, f32::INFINITY, -65_536.0] {
            assert!(matches!(Query::new(&[value], 1), Err(RetrieveError::QueryValue)), "{value}");
        }
        let largest = Query::new(&[65_535.0], 1).unwrap();
        assert_eq!(largest.dot(&[f16::MAX]), 65_535.0 * 65_504.0);
    }
}
