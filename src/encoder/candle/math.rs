//! exp, erf and sums that the compiler turns into SIMD; libm's are scalar calls, and a plain sum has one order.

/// Adding this to a small float leaves the nearest integer in the lowest bits.
const ROUNDER: f32 = 12_582_912.0;

/// e^x for x ≤ 0 to 2e-7 relative; smaller than e^-87 is 0.
///
/// Range reduction to 2^n · e^r with |r| ≤ ln 2 / 2 and a polynomial (Cephes `expf` coefficients).
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    // A NaN passes through `clamp`, and so shows in the loss.
    let clamped = x.clamp(-87.0, 0.0);
    let rounded = clamped * std::f32::consts::LOG2_E + ROUNDER;
    let n = rounded - ROUNDER;
    let r = clamped - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let p = 1.987_569_1e-4_f32;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let value = (p * r * r + r) + 1.0;
    // 2^n: the exponent bits are n + 127, and n sits in the lowest bits of `rounded`.
    let scale = f32::from_bits(rounded.to_bits().wrapping_add(127) << 23);
    if x < -87.0 { 0.0 } else { value * scale }
}

/// Φ(x), the normal distribution function, and φ(x), its density; GELU and its derivative need both.
///
/// By erf of Abramowitz and Stegun 7.1.26, absolute error at most 1.5e-7.
#[inline(always)]
pub(super) fn normal(x: f32) -> (f32, f32) {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let poly = ((((1.061_405_4 * t - 1.453_152) * t + 1.421_413_7) * t - 0.284_496_74) * t + 0.254_829_6) * t;
    let gauss = exp(-z * z);
    let tail = 0.5 * poly * gauss;
    let distribution = if x < 0.0 { tail } else { 1.0 - tail };
    (distribution, gauss * 0.398_942_3)
}

/// Sums formed side by side.
const LANES: usize = 16;

/// The largest value of a row; a NaN may be passed over here, and then shows in what is computed with it.
#[inline(always)]
pub(super) fn largest(row: &[f32]) -> f32 {
    // Not `f32::max`, which is no single instruction.
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane = larger(*lane, x);
        }
    }
    lanes.iter().chain(rest).fold(f32::NEG_INFINITY, |a, &b| larger(a, b))
}

/// Σ f(x) over a row.
#[inline(always)]
pub(super) fn sum(row: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane += f(x);
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().map(|&x| f(x)).sum::<f32>()
}

/// Σ f(x, y) over two rows of one length.
#[inline(always)]
pub(super) fn sum_pairs(xs: &[f32], ys: &[f32], f: impl Fn(f32, f32) -> f32) -> f32 {
    let ((x_chunks, x_rest), (y_chunks, y_rest)) = (xs.as_chunks::<LANES>(), ys.as_chunks::<LANES>());
    let mut lanes = [0.0; LANES];
    for (xs, ys) in x_chunks.iter().zip(y_chunks) {
        for (lane, (&x, &y)) in lanes.iter_mut().zip(xs.iter().zip(ys)) {
            *lane += f(x, y);
        }
    }
    lanes.iter().sum::<f32>() + x_rest.iter().zip(y_rest).map(|(&x, &y)| f(x, y)).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_take_every_value_once() {
        for n in [0, 1, 15, 16, 17, 40] {
            let xs: Vec<f32> = (0..n).map(|i| i as f32).collect();
            let expected = (0..n).map(|i| (i * i) as f32).sum::<f32>();
            assert_eq!(sum(&xs, |x| x * x), expected, "{n}");
            assert_eq!(sum_pairs(&xs, &xs, |x, y| x * y), expected, "{n}");
            for top in 0..n {
                let row: Vec<f32> = xs.iter().map(|x| -(x - top as f32).abs()).collect();
                assert_eq!(largest(&row), 0.0, "{top} of {n}");
            }
        }
    }

    #[test]
    fn exp_follows_f64() {
        for i in 0..=8_700 {
            let x = -(i as f32) / 100.0;
            let expected = f64::from(x).exp();
            let relative = (f64::from(exp(x)) - expected).abs() / expected;
            assert!(relative < 2e-7, "exp({x}) is off by {relative:e}");
        }
        assert_eq!(exp(-200.0), 0.0);
        assert_eq!(exp(0.0), 1.0);
    }

    #[test]
    fn normal_at_known_points() {
        // Φ(1) and φ(1) to ten digits.
        for (x, expected) in [(0.0, 0.5), (1.0, 0.841_344_7), (-1.0, 0.158_655_26), (-6.0, 0.0)] {
            assert!((normal(x).0 - expected).abs() < 3e-7, "Φ({x})");
        }
        assert!((normal(1.0).1 - 0.241_970_72).abs() < 1e-7);
    }
}
