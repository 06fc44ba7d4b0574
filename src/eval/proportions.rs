//! Shares of yes and no: Wilson's interval and the exact McNemar test.
//!
//! Assumes independent trials; several examples of one query are not quite that, and intervals are then
//! somewhat too narrow.

use super::distributions::{incomplete_beta, normal_quantile};

/// A share with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// Trials that said yes.
    pub count: usize,
    /// Trials; at least 1.
    pub trials: usize,
    /// `count` over `trials`, 0 to 1.
    pub share: f64,
    /// 95 % interval of the share by [`wilson_interval`], lower end first.
    pub interval: [f64; 2],
}

impl Share {
    /// Computes a share; `None` without trials or with more yes than trials.
    pub fn new(count: usize, trials: usize) -> Option<Self> {
        let interval = wilson_interval(count, trials)?;
        Some(Self { count, trials, share: count as f64 / trials as f64, interval })
    }
}

/// Estimates the 95 % interval of a share, within 0 to 1.
///
/// Wilson 1927, JASA 22, without continuity correction: (p + z^2/2n +- z sqrt(p(1 - p)/n + z^2/4n^2)) /
/// (1 + z^2/n). Unlike p +- 1.96 s it holds near 0 and 1 and for few trials. `None` without trials or with
/// more yes than trials.
pub fn wilson_interval(count: usize, trials: usize) -> Option<[f64; 2]> {
    if trials == 0 || count > trials {
        return None;
    }
    let (n, z) = (trials as f64, normal_quantile(0.975));
    let share = count as f64 / n;
    let square = z * z / n;
    let middle = share + square / 2.0;
    let reach = (square * (share * (1.0 - share) + square / 4.0)).sqrt();
    let end = |value: f64| (value / (1.0 + square)).clamp(0.0, 1.0);
    Some([end(middle - reach), end(middle + reach)])
}

/// Tests whether as many examples changed to yes as to no; two-sided p, above 0 to 1.
///
/// McNemar 1947, Psychometrika 12, in its exact form: under the null hypothesis the `gained` of all changes
/// are a binomial count with probability 1/2; p is twice the smaller tail, at most 1. Without a change p = 1.
pub fn mcnemar_exact(gained: usize, lost: usize) -> f64 {
    let fewer = gained.min(lost) as f64;
    // P(X <= fewer) of gained + lost throws is an incomplete beta function (Abramowitz & Stegun 26.5.24).
    let tail = incomplete_beta(gained.max(lost) as f64, fewer + 1.0, 0.5);
    if gained == lost { 1.0 } else { (2.0 * tail).clamp(f64::MIN_POSITIVE, 1.0) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn wilson_intervals_as_newcombe_prints_them() {
        // Newcombe 1998, Statistics in Medicine 17, table I, method 3.
        for (count, trials, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let [found_low, found_high] = wilson_interval(count, trials).unwrap();
            assert!(
                (found_low - low).abs() < 5e-5 && (found_high - high).abs() < 5e-5,
                "{count} of {trials}"
            );
        }
    }

    #[test]
    fn wilson_intervals_are_mirrored() {
        let ([low, high], [other_low, other_high]) =
            (wilson_interval(3, 17).unwrap(), wilson_interval(14, 17).unwrap());
        assert!((low + other_high - 1.0).abs() < 1e-12 && (high + other_low - 1.0).abs() < 1e-12);
        assert!((wilson_interval(5, 5).unwrap()[1] - 1.0).abs() < 1e-12);
    }

    #[test]
    fn shares_need_trials() {
        assert_eq!(Share::new(0, 0), None);
        assert_eq!(Share::new(3, 2), None);
        let half = Share::new(2, 4).unwrap();
        assert_eq!((half.share, half.count, half.trials), (0.5, 2, 4));
        assert!(half.interval[0] < 0.5 && half.interval[1] > 0.5);
    }

    #[test]
    fn mcnemar_worked_by_hand() {
        assert_eq!(mcnemar_exact(0, 0), 1.0);
        assert_eq!(mcnemar_exact(4, 4), 1.0);
        // 2 * (1 + 6) / 64 and 2 / 64.
        assert!((mcnemar_exact(1, 5) - 0.21875).abs() < 1e-14);
        assert!((mcnemar_exact(6, 0) - 0.03125).abs() < 1e-14);
        assert_eq!(mcnemar_exact(1, 0), 1.0);
        assert!(mcnemar_exact(0, 5000) > 0.0);
    }

    #[test]
    fn mcnemar_is_the_binomial_sum() {
        for changes in 1..50 {
            let mut pattern_count = 1.0;
            let mut tail = 0.0;
            for fewer in 0..(changes + 1) / 2 {
                tail += pattern_count / f64::from(changes).exp2();
                pattern_count *= f64::from(changes - fewer) / f64::from(fewer + 1);
                let found = mcnemar_exact(fewer as usize, (changes - fewer) as usize);
                assert!((found - (2.0 * tail).min(1.0)).abs() < 1e-12, "{fewer} of {changes}");
            }
        }
    }
}
