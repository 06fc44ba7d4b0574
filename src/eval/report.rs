//! One comparison of before and after: the numbers that must stand beside a mean, and a verdict.
//!
//! Words for the page are not made here.

use super::EvalError;
use super::bootstrap::bootstrap_intervals;
use super::significance::{Outcomes, PValue, detectable_change, mean, outcomes, randomization_test};
use super::t_test::{TTest, paired_t_test};

/// Level below which a p-value supports a verdict.
const SIGNIFICANCE_LEVEL: f64 = 0.05;

/// What the change amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The mean rose, p < 0.05.
    Better,
    /// The mean fell, p < 0.05.
    Worse,
    /// p >= 0.05: these queries do not tell before and after apart.
    NoClearDifference,
}

/// Before against after on the same queries, in one measure.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Queries compared.
    pub queries: usize,
    /// Mean before.
    pub before: f64,
    /// Mean after.
    pub after: f64,
    /// Mean of after - before.
    pub mean_change: f64,
    /// `mean_change` over the mean before; `None` if that is 0.
    pub relative_change: Option<f64>,
    /// Queries won, tied and lost.
    pub outcomes: Outcomes,
    /// Paired randomisation test, two-sided.
    pub p: PValue,
    /// Paired t test, or why there is none.
    pub t_test: Result<TTest, EvalError>,
    /// 95 % percentile bootstrap interval of `mean_change`, lower end first.
    pub interval: [f64; 2],
    /// 95 % BCa bootstrap interval of `mean_change` from the same resamples, lower end first.
    pub bca_interval: [f64; 2],
    /// Smallest change that this many queries can show; `None` for a single query.
    pub detectable_change: Option<f64>,
    /// Seed of the draws.
    pub seed: u64,
    /// What it amounts to.
    pub verdict: Verdict,
}

/// Compares one measure before and after; `before[i]` and `after[i]` belong to the same query.
///
/// # Errors
/// [`EvalError::Unpaired`], [`EvalError::Empty`] or [`EvalError::NotFinite`].
pub fn compare(before: &[f64], after: &[f64], seed: u64) -> Result<Comparison, EvalError> {
    if before.len() != after.len() {
        return Err(EvalError::Unpaired { before: before.len(), after: after.len() });
    }
    let differences: Vec<f64> = before.iter().zip(after).map(|(before, after)| after - before).collect();
    if let Some(index) = differences.iter().position(|d| !d.is_finite()) {
        return Err(EvalError::NotFinite { index });
    }
    let intervals = bootstrap_intervals(&differences, seed).ok_or(EvalError::Empty)?;
    let [before, after, mean_change] = [before, after, &differences].map(mean);
    let p = randomization_test(&differences, seed);
    Ok(Comparison {
        queries: differences.len(),
        before,
        after,
        mean_change,
        relative_change: (before != 0.0).then(|| mean_change / before),
        outcomes: outcomes(&differences),
        p,
        t_test: paired_t_test(&differences),
        interval: intervals.percentile,
        bca_interval: intervals.bca,
        detectable_change: detectable_change(&differences),
        seed,
        verdict: verdict(mean_change, p.value),
    })
}

/// Draws the verdict from the sign of the mean change and a p-value.
pub(super) fn verdict(mean_change: f64, p: f64) -> Verdict {
    match p < SIGNIFICANCE_LEVEL {
        true if mean_change > 0.0 => Verdict::Better,
        true if mean_change < 0.0 => Verdict::Worse,
        _ => Verdict::NoClearDifference,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::super::significance::tests::{AFTER, BEFORE};
    use super::*;

    #[test]
    fn the_golden_comparison() {
        let seen = compare(&BEFORE, &AFTER, 0).unwrap();
        assert_eq!(seen.queries, 8);
        assert!((seen.mean_change - 0.06875).abs() < 1e-15);
        assert!((seen.before - 0.5).abs() < 1e-15 && (seen.after - 0.56875).abs() < 1e-15);
        assert!((seen.relative_change.unwrap() - 0.1375).abs() < 1e-12);
        assert_eq!(seen.p, PValue { value: 0.15625, exact: true });
        assert!((seen.t_test.unwrap().p - 0.10178621499687145).abs() < 1e-12);
        assert!((seen.interval[1] - 0.1375).abs() < 1e-9 && (seen.bca_interval[1] - 0.13125).abs() < 0.0063);
        assert_ne!(seen.interval, seen.bca_interval);
        assert_eq!(seen.verdict, Verdict::NoClearDifference);
        assert_eq!(seen.outcomes, Outcomes { won: 5, tied: 2, lost: 1 });
    }

    #[test]
    fn verdicts_follow_the_sign_once_p_is_small() {
        let (low, high) = (vec![0.2; 30], vec![0.3; 30]);
        assert_eq!(compare(&low, &high, 1).unwrap().verdict, Verdict::Better);
        assert_eq!(compare(&high, &low, 1).unwrap().verdict, Verdict::Worse);
        assert_eq!(compare(&low, &low, 1).unwrap().verdict, Verdict::NoClearDifference);
        assert!(matches!(compare(&low, &high, 1).unwrap().t_test, Err(EvalError::NoSpread { .. })));
        // Five wins in a row are p = 2/32: not enough.
        assert_eq!(compare(&[0.0; 5], &[0.1; 5], 1).unwrap().verdict, Verdict::NoClearDifference);
        assert_eq!(compare(&[0.0; 5], &[0.1; 5], 1).unwrap().relative_change, None);
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        assert_eq!(compare(&[], &[], 0), Err(EvalError::Empty));
        assert_eq!(compare(&[0.1], &[], 0), Err(EvalError::Unpaired { before: 1, after: 0 }));
        assert_eq!(compare(&[0.1, 0.2], &[0.1, f64::NAN], 0), Err(EvalError::NotFinite { index: 1 }));
    }
}
