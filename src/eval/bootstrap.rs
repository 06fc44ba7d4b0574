//! 95 % intervals of a mean difference by resampling the queries.
//!
//! Takes the differences after - before, one a query, and a seed. Assumes that the queries are a random
//! sample of those that matter; it says nothing about other collections or other seeds of the teaching.

use super::distributions::{normal_cdf, normal_quantile};
use super::significance::{TOLERANCE, mean};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Resamples of the bootstrap.
pub const BOOTSTRAP_DRAWS: usize = 10_000;
/// Probabilities at the two ends.
const ENDS: [f64; 2] = [0.025, 0.975];

/// Two 95 % intervals of a mean difference from the same resamples, lower end first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BootstrapIntervals {
    /// The percentile interval.
    pub percentile: [f64; 2],
    /// The interval that is bias-corrected and accelerated (BCa): second-order correct for skewed
    /// differences.
    pub bca: [f64; 2],
}

/// Estimates the 95 % interval of the mean difference: percentile bootstrap over queries.
///
/// Efron & Tibshirani 1993, chapter 13; [`BOOTSTRAP_DRAWS`] resamples from `seed`, quantiles interpolated
/// between neighbours. `None` without differences.
pub fn bootstrap_interval(differences: &[f64], seed: u64) -> Option<[f64; 2]> {
    between(&resampled_means(differences, seed)?, ENDS)
}

/// Estimates the percentile and the BCa interval of the mean difference.
///
/// BCa: Efron 1987, JASA 82, with z0 from the resampled means below the observed one, half of the equal ones
/// among them, because per-query differences often coincide; acceleration from the jackknife. `None` without
/// differences.
pub fn bootstrap_intervals(differences: &[f64], seed: u64) -> Option<BootstrapIntervals> {
    let means = resampled_means(differences, seed)?;
    let z0 = bias_correction(&means, mean(differences));
    let acceleration = acceleration(differences);
    let corrected = ENDS.map(|end| corrected(end, z0, acceleration));
    Some(BootstrapIntervals { percentile: between(&means, ENDS)?, bca: between(&means, corrected)? })
}

/// Where BCa looks for the end that the percentile interval looks for at `end`.
fn corrected(end: f64, z0: f64, acceleration: f64) -> f64 {
    let shifted = z0 + normal_quantile(end);
    // |acceleration| is under 1/6 for a mean, so the denominator stays above 0 for any likely z0.
    normal_cdf(z0 + shifted / (1.0 - acceleration * shifted))
}

/// Means of the resamples, ascending.
fn resampled_means(differences: &[f64], seed: u64) -> Option<Vec<f64>> {
    let n = u32::try_from(differences.len()).ok().filter(|&n| n > 0)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // The index is drawn as u32, so that wasm and native draw the same.
    let mut draw = || differences.get(rng.random_range(0..n) as usize).copied().unwrap_or(0.0);
    let mut means: Vec<f64> =
        (0..BOOTSTRAP_DRAWS).map(|_| (0..n).map(|_| draw()).sum::<f64>() / f64::from(n)).collect();
    means.sort_unstable_by(f64::total_cmp);
    Some(means)
}

/// z0: the normal quantile of the share of resampled means below the observed one.
fn bias_correction(sorted_means: &[f64], observed: f64) -> f64 {
    // Equal within rounding: a resample sums in another order.
    let below = sorted_means.partition_point(|&mean| mean < observed - TOLERANCE);
    let at_most = sorted_means.partition_point(|&mean| mean <= observed + TOLERANCE);
    normal_quantile((below + at_most) as f64 / (2 * sorted_means.len()) as f64)
}

/// The jackknife's acceleration. For a mean, leaving out d_j moves it by (mean - d_j) / (n - 1), and the
/// factor cancels.
fn acceleration(differences: &[f64]) -> f64 {
    let mean = mean(differences);
    let moment = |power: i32| differences.iter().map(|d| (d - mean).powi(power)).sum::<f64>();
    let squares = moment(2);
    if squares > 0.0 { moment(3) / (6.0 * squares.powf(1.5)) } else { 0.0 }
}

fn between(sorted: &[f64], [low, high]: [f64; 2]) -> Option<[f64; 2]> {
    Some([quantile(sorted, low)?, quantile(sorted, high)?])
}

/// Quantile of sorted values, linear between neighbours.
fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let place = q * sorted.len().checked_sub(1)? as f64;
    let below = sorted.get(place.floor() as usize)?;
    let above = sorted.get(place.ceil() as usize)?;
    Some(below + (above - below) * place.fract())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::super::significance::tests::differences;
    use super::*;

    /// Mostly small changes and a few large gains, as a retriever's queries show them.
    const SKEWED: [f64; 20] = [
        0.0, 0.0, 0.0, 0.0, 0.0, 0.01, 0.02, -0.01, 0.03, 0.8, 0.4, -0.05, 0.0, 0.12, 0.0, 0.02, -0.3, 0.05,
        0.07, 1.0,
    ];

    fn near([low, high]: [f64; 2], [expected_low, expected_high]: [f64; 2], slack: f64) {
        let off = (low - expected_low).abs().max((high - expected_high).abs());
        assert!(off <= slack, "{low} {high} against {expected_low} {expected_high}");
    }

    #[test]
    fn percentile_interval_is_the_golden_one() {
        let [low, high] = bootstrap_interval(&differences(), 0).unwrap();
        assert!(low.abs() < 1e-9 && (high - 0.1375).abs() < 1e-9, "{low} {high}");
        // Resampled means lie on a lattice of 1/160 here: another seed moves an end by one place at most.
        for seed in 1..5 {
            let [low, high] = bootstrap_interval(&differences(), seed).unwrap();
            assert!(low.abs() < 0.0063 && (high - 0.1375).abs() < 0.0063, "seed {seed}: {low} {high}");
        }
    }

    #[test]
    fn interval_edges() {
        assert_eq!(bootstrap_interval(&[], 0), None);
        assert_eq!(bootstrap_interval(&[0.25], 0), Some([0.25, 0.25]));
        assert_eq!(quantile(&[1.0, 2.0], 0.5), Some(1.5));
    }

    /// Ten times the golden differences over 8: their means are exact in f64, and so are the ties.
    fn eighths() -> [f64; 8] {
        [2.0, 0.0, 1.0, -2.0, 4.0, 2.0, 0.0, 4.0].map(|value| value / 8.0)
    }

    #[test]
    fn bca_interval_is_the_golden_one() {
        // scipy.stats.bootstrap, method BCa, 200,000 resamples. Means lie on a lattice of 1/64.
        for seed in 0..5 {
            let found = bootstrap_intervals(&eighths(), seed).unwrap();
            near(found.bca, [0.0, 0.328_125], 1.0 / 64.0);
            assert_eq!(found.percentile, bootstrap_interval(&eighths(), seed).unwrap());
            // scipy gives [-0.00625, 0.13125] here, one step off below: rounding splits its ties.
            let golden = bootstrap_intervals(&differences(), seed).unwrap();
            near(golden.bca, [0.0, 0.13125], 0.0063);
        }
    }

    #[test]
    fn bca_ends_of_the_exact_distribution() {
        // All 8^8 resamples of the golden differences, by convolution.
        let (z0, acceleration) = (-0.007_029_343_740_182_593, acceleration(&differences()));
        assert!((acceleration + 0.007_176_611_198_948_978).abs() < 1e-14);
        assert!((corrected(0.025, z0, acceleration) - 0.022_632_310_34).abs() < 1e-9);
        assert!((corrected(0.975, z0, acceleration) - 0.972_502_287_41).abs() < 1e-9);
        assert!((corrected(0.025, 0.0, 0.0) - 0.025).abs() < 1e-12);
        let found = bias_correction(&resampled_means(&eighths(), 0).unwrap(), mean(&eighths()));
        assert!((found - z0).abs() < 0.04, "{found}");
    }

    #[test]
    fn bca_follows_the_skew() {
        // scipy.stats.bootstrap, 1,000,000 resamples; the slack is the noise of 10,000.
        let found = bootstrap_intervals(&SKEWED, 3).unwrap();
        near(found.percentile, [-0.003, 0.2485], 0.008);
        near(found.bca, [0.0135, 0.292], 0.012);
        let mirrored = bootstrap_intervals(&SKEWED.map(|d| -d), 3).unwrap();
        near(mirrored.bca, [-found.bca[1], -found.bca[0]], 1e-9);
        assert!((acceleration(&SKEWED) - 0.074_863_340_937_008_57).abs() < 1e-15);
    }

    #[test]
    fn equal_means_count_half_on_either_side() {
        assert!(bias_correction(&[1.0, 2.0, 2.0, 3.0], 2.0).abs() < 1e-12);
        // A quarter and half of a quarter below.
        let z0 = bias_correction(&[1.0, 2.0, 3.0, 3.0], 2.0);
        assert!((z0 - normal_quantile(0.375)).abs() < 1e-12);
    }

    #[test]
    fn intervals_without_spread_are_the_value_itself() {
        let found = bootstrap_intervals(&[0.25; 9], 0).unwrap();
        assert_eq!((found.percentile, found.bca), ([0.25; 2], [0.25; 2]));
        assert_eq!(bootstrap_intervals(&[], 0), None);
    }
}
