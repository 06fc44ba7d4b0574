//! The paired randomisation test of a change over the same queries, win counts, and what n queries can show.
//!
//! Everything takes the differences after - before, one a query, and a seed where it draws. It says nothing
//! about other collections: the queries are the only thing whose signs are drawn.

use super::distributions::t_quantile_above;
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Most queries for which all sign patterns are counted.
pub const EXACT_LIMIT: usize = 20;
/// Sign patterns drawn above [`EXACT_LIMIT`].
pub const RANDOMIZATION_DRAWS: u32 = 100_000;
/// Largest absolute difference that still counts as a tie.
pub const TIE: f64 = 1e-9;

/// Slack when a drawn mean is compared with the observed one, so that rounding loses no tie.
pub(super) const TOLERANCE: f64 = 1e-12;
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
    // Differences of measures are 1 at most; of larger ones the slack keeps its share.
    let size = differences.iter().map(|d| d.abs()).sum::<f64>().max(n as f64);
    let bound = observed - TOLERANCE * size;
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

/// Counts won, tied and lost queries; an absolute difference of at most [`TIE`] is a tie.
pub fn outcomes(differences: &[f64]) -> Outcomes {
    let won = differences.iter().filter(|&&d| d > TIE).count();
    let lost = differences.iter().filter(|&&d| d < -TIE).count();
    Outcomes { won, tied: differences.len() - won - lost, lost }
}

/// Computes the mean; NaN for no values.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Computes the standard deviation with n - 1; `None` for fewer than two values.
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = mean(values);
    let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// Estimates the smallest mean change that this many queries can show: 80 % power, two-sided 5 % level.
///
/// (t_0.975 + t_0.80) s / sqrt(n) with n - 1 degrees of freedom and s the observed standard deviation of the
/// differences: the approximation for a paired t test; 2.8 s / sqrt(n) for many queries (Cohen 1988, chapter
/// 2). `None` for fewer than two differences.
pub fn detectable_change(differences: &[f64]) -> Option<f64> {
    let s = standard_deviation(differences)?;
    let n = differences.len() as f64;
    Some((t_quantile_above(0.025, n - 1.0) + t_quantile_above(0.2, n - 1.0)) * s / n.sqrt())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
pub(super) mod tests {
    use super::*;
    use rand::Rng;

    pub(crate) const BEFORE: [f64; 8] = [0.5, 0.2, 0.9, 0.4, 0.7, 0.0, 1.0, 0.3];
    pub(crate) const AFTER: [f64; 8] = [0.6, 0.2, 0.95, 0.3, 0.9, 0.1, 1.0, 0.5];

    pub(crate) fn differences() -> Vec<f64> {
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
    fn drawn_p_is_the_exact_one_within_its_noise() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        for seed in 0..20 {
            let differences: Vec<f64> = (0..EXACT_LIMIT).map(|_| rng.random_range(-0.4..0.6)).collect();
            let exact = randomization_test(&differences, seed).value;
            // A zero changes no sum but takes the test over the limit.
            let drawn = randomization_test(&[&differences[..], &[0.0]].concat(), seed).value;
            let noise = (exact * (1.0 - exact) / f64::from(RANDOMIZATION_DRAWS)).sqrt();
            assert!((drawn - exact).abs() < 5.0 * noise + 1e-5, "seed {seed}: {drawn} against {exact}");
        }
    }

    #[test]
    fn exact_p_counts_every_pattern_as_plain_enumeration_does() {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        for n in 1..=11 {
            // Tenths: many patterns tie with the observed sum.
            let tenths: Vec<i32> = (0..n).map(|_| rng.random_range(-3..6)).collect();
            let observed = tenths.iter().sum::<i32>().abs();
            let sum = |pattern: u32| -> i32 {
                tenths.iter().enumerate().map(|(i, d)| if pattern >> i & 1 == 1 { -d } else { *d }).sum()
            };
            let hits = (0..1u32 << n).filter(|&pattern| sum(pattern).abs() >= observed).count();
            let differences: Vec<f64> = tenths.iter().map(|&d| f64::from(d) / 10.0).collect();
            let p = randomization_test(&differences, 0);
            assert_eq!(p.value, hits as f64 / f64::from(1u32 << n), "{tenths:?}");
        }
    }

    #[test]
    fn exact_p_of_large_differences_is_not_zero_by_rounding() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        for _ in 0..50 {
            let large: Vec<f64> = (0..15).map(|_| rng.random_range(1e8..1e9)).collect();
            assert_eq!(randomization_test(&large, 0).value, 2.0 / 32_768.0);
        }
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
    fn deviation_is_the_golden_one() {
        let s = standard_deviation(&differences()).unwrap();
        assert!((s - 0.10329396331413983).abs() < 1e-15);
        assert_eq!(standard_deviation(&[0.1]), None);
    }

    #[test]
    fn detectable_change_takes_both_quantiles_of_t() {
        // Of the t tables, 7 degrees of freedom: 2.3646 and 0.8960.
        let s = standard_deviation(&differences()).unwrap();
        let expected = (2.364_624 + 0.896_030) * s / 8f64.sqrt();
        assert!((detectable_change(&differences()).unwrap() - expected).abs() < 1e-6);
        assert_eq!(detectable_change(&[0.1]), None);
    }

    #[test]
    fn detectable_change_of_many_queries_is_the_rule_of_thumb() {
        let many: Vec<f64> = (0..10_000).map(|i| f64::from(i % 2)).collect();
        assert!((detectable_change(&many).unwrap() - 2.8 * 0.5 / 100.0).abs() < 1e-4);
    }

    #[test]
    fn ties_have_a_tolerance() {
        let counted = outcomes(&[0.1, 1e-9, -1e-9, 0.0, -2e-9]);
        assert_eq!(counted, Outcomes { won: 1, tied: 3, lost: 1 });
        assert_eq!(outcomes(&differences()), Outcomes { won: 5, tied: 2, lost: 1 });
    }
}
