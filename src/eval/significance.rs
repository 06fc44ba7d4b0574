//! Paired tests of a change over the same queries: randomisation test, bootstrap interval, win counts.
//!
//! Everything takes the differences after - before, one a query, and a seed where it draws. It says nothing
//! about other collections: the queries are the only thing resampled.

use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Most queries for which all sign patterns are counted.
pub const EXACT_LIMIT: usize = 20;
/// Sign patterns drawn above [`EXACT_LIMIT`].
pub const RANDOMIZATION_DRAWS: u32 = 100_000;
/// Resamples of the bootstrap.
pub const BOOTSTRAP_DRAWS: usize = 10_000;
/// Largest absolute difference that still counts as a tie.
pub const TIE: f64 = 1e-9;

/// Slack when a permuted mean is compared with the observed one, so that rounding loses no tie.
const TOLERANCE: f64 = 1e-12;
/// Differences whose sign patterns share one table.
const GROUP: usize = 8;

/// Two-sided p of the paired randomisation test, above 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PValue {
    /// The p itself; never 0.
    pub value: f64,
    /// Whether all sign patterns were counted rather than drawn.
    pub exact: bool,
}

/// Queries by the sign of their difference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Better after.
    pub won: usize,
    /// Equal within [`TIE`].
    pub tied: usize,
    /// Worse after.
    pub lost: usize,
}

/// Tests whether the mean difference could be chance: Fisher's sign-flip test.
///
/// Smucker, Allan & Carterette, CIKM 2007. Up to [`EXACT_LIMIT`] differences all patterns are counted; above,
/// [`RANDOMIZATION_DRAWS`] are drawn from `seed` and p = (1 + hits) / (1 + draws). No difference gives p = 1.
pub fn randomization_test(differences: &[f64], seed: u64) -> PValue {
    let n = differences.len();
    let observed = differences.iter().sum::<f64>().abs();
    let bound = observed - TOLERANCE * n as f64;
    if n <= EXACT_LIMIT {
        let hits = exact_hits(differences, bound) as f64;
        PValue { value: hits / 2f64.powi(n as i32), exact: true }
    } else {
        let hits = drawn_hits(differences, bound, seed);
        PValue { value: f64::from(1 + hits) / f64::from(1 + RANDOMIZATION_DRAWS), exact: false }
    }
}

/// Counts the sign patterns whose absolute sum reaches `bound`, as pairs of half patterns.
fn exact_hits(differences: &[f64], bound: f64) -> usize {
    let (left, right) = differences.split_at(differences.len() / 2);
    let right_sums = signed_sums(right);
    let hits_with = |a: f64| right_sums.iter().filter(|&b| (a + b).abs() >= bound).count();
    signed_sums(left).into_iter().map(hits_with).sum()
}

/// Draws sign patterns, 64 signs from one random word, and counts the sums that reach `bound`.
fn drawn_hits(differences: &[f64], bound: f64, seed: u64) -> u32 {
    let tables: Vec<[f64; 1 << GROUP]> = differences.chunks(GROUP).map(sign_table).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut hits = 0;
    for _ in 0..RANDOMIZATION_DRAWS {
        let mut sum = 0.0;
        for tables in tables.chunks(64 / GROUP) {
            let signs = rng.next_u64().to_le_bytes();
            sum += tables.iter().zip(signs).map(|(table, byte)| table[usize::from(byte)]).sum::<f64>();
        }
        hits += u32::from(sum.abs() >= bound);
    }
    hits
}

/// Sums of up to eight differences under every pattern of signs, by the pattern's bits.
fn sign_table(group: &[f64]) -> [f64; 1 << GROUP] {
    let mut padded = [0.0; GROUP];
    for (slot, value) in padded.iter_mut().zip(group) {
        *slot = *value;
    }
    let mut table = [0.0; 1 << GROUP];
    for (slot, sum) in table.iter_mut().zip(signed_sums(&padded)) {
        *slot = sum;
    }
    table
}

/// Sums under all 2^n patterns of signs.
fn signed_sums(values: &[f64]) -> Vec<f64> {
    values.iter().fold(vec![0.0], |sums, value| {
        let minus = sums.iter().map(|sum| sum - value);
        sums.iter().map(|sum| sum + value).chain(minus).collect()
    })
}

/// Estimates the 95 % interval of the mean difference: percentile bootstrap over queries.
///
/// Efron & Tibshirani 1993, chapter 13; [`BOOTSTRAP_DRAWS`] resamples from `seed`, quantiles interpolated
/// between neighbours. `None` without differences.
pub fn bootstrap_interval(differences: &[f64], seed: u64) -> Option<[f64; 2]> {
    let n = u32::try_from(differences.len()).ok().filter(|&n| n > 0)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // The index is drawn as u32, so that wasm and native draw the same.
    let mut draw = || differences.get(rng.random_range(0..n) as usize).copied().unwrap_or(0.0);
    let mut means: Vec<f64> =
        (0..BOOTSTRAP_DRAWS).map(|_| (0..n).map(|_| draw()).sum::<f64>() / f64::from(n)).collect();
    means.sort_unstable_by(f64::total_cmp);
    Some([quantile(&means, 0.025)?, quantile(&means, 0.975)?])
}

/// Quantile of sorted values, linear between neighbours.
fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let place = q * sorted.len().checked_sub(1)? as f64;
    let below = sorted.get(place.floor() as usize)?;
    let above = sorted.get(place.ceil() as usize)?;
    Some(below + (above - below) * place.fract())
}

/// Counts won, tied and lost queries; an absolute difference of at most [`TIE`] is a tie.
pub fn outcomes(differences: &[f64]) -> Outcomes {
    let won = differences.iter().filter(|&&d| d > TIE).count();
    let lost = differences.iter().filter(|&&d| d < -TIE).count();
    Outcomes { won, tied: differences.len() - won - lost, lost }
}

/// Computes the standard deviation with n - 1; `None` for fewer than two values.
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    Some((values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt())
}

/// Estimates the smallest mean change that this many queries can show, 2.8 s / sqrt(n).
///
/// 2.8 = 1.96 + 0.84: 80 % power at the two-sided 5 % level. `None` for fewer than two differences.
pub fn detectable_change(differences: &[f64]) -> Option<f64> {
    Some(2.8 * standard_deviation(differences)? / (differences.len() as f64).sqrt())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
pub(super) mod tests {
    use super::*;

    pub(crate) const BEFORE: [f64; 8] = [0.5, 0.2, 0.9, 0.4, 0.7, 0.0, 1.0, 0.3];
    pub(crate) const AFTER: [f64; 8] = [0.6, 0.2, 0.95, 0.3, 0.9, 0.1, 1.0, 0.5];

    fn differences() -> Vec<f64> {
        BEFORE.iter().zip(AFTER).map(|(before, after)| after - before).collect()
    }

    #[test]
    fn exact_p_is_the_golden_one() {
        // 40 of 256 patterns, counted by scipy and by hand-written enumeration.
        assert_eq!(randomization_test(&differences(), 0), PValue { value: 0.15625, exact: true });
    }

    #[test]
    fn exact_p_of_small_cases_worked_by_hand() {
        assert_eq!(randomization_test(&[], 0).value, 1.0);
        assert_eq!(randomization_test(&[0.3], 0).value, 1.0);
        assert_eq!(randomization_test(&[0.0; 7], 0).value, 1.0);
        // Only +++++ and ----- reach the observed sum.
        assert_eq!(randomization_test(&[0.1; 5], 0).value, 2.0 / 32.0);
        assert_eq!(randomization_test(&[0.1; 20], 0), PValue { value: 2.0 / 1_048_576.0, exact: true });
    }

    #[test]
    fn drawn_p_is_near_the_exact_one_and_repeats() {
        // Zeros take part in the pattern without changing the sum: the exact p stays 0.15625.
        let mut padded = differences();
        padded.resize(150, 0.0);
        let p = randomization_test(&padded, 7);
        assert!(!p.exact);
        assert!((p.value - 0.15625).abs() < 0.005, "{}", p.value);
        assert_eq!(p, randomization_test(&padded, 7));
        assert_ne!(p, randomization_test(&padded, 8));
    }

    #[test]
    fn drawn_p_is_never_zero() {
        assert_eq!(randomization_test(&[0.1; 200], 0).value, 1.0 / 100_001.0);
        assert_eq!(randomization_test(&[0.0; 21], 0).value, 1.0);
    }

    #[test]
    fn a_table_holds_every_pattern_evenly() {
        // Three values in a table of eight: each of the 8 patterns stands there 32 times.
        let table = sign_table(&[1.0, 2.0, 4.0]);
        assert_eq!(table.iter().sum::<f64>(), 0.0);
        assert_eq!(table.iter().filter(|&&sum| sum == 7.0).count(), 32);
        assert_eq!(signed_sums(&[1.0, 2.0]), [3.0, 1.0, -1.0, -3.0]);
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

    #[test]
    fn deviation_and_detectable_change_are_the_golden_ones() {
        let s = standard_deviation(&differences()).unwrap();
        assert!((s - 0.10329396331413983).abs() < 1e-15);
        assert!((detectable_change(&differences()).unwrap() - 2.8 * s / 8f64.sqrt()).abs() < 1e-15);
        assert_eq!(detectable_change(&[0.1]), None);
    }

    #[test]
    fn ties_have_a_tolerance() {
        let counted = outcomes(&[0.1, 1e-9, -1e-9, 0.0, -2e-9]);
        assert_eq!(counted, Outcomes { won: 1, tied: 3, lost: 1 });
        assert_eq!(outcomes(&differences()), Outcomes { won: 5, tied: 2, lost: 1 });
    }
}
