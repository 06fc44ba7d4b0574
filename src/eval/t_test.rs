//! The paired t test of a mean change.
//!
//! Assumes that the mean of the differences is roughly normal, which many queries make likely and few with
//! skewed differences do not; the randomisation test, which assumes less, is the one that verdicts rest on.

use super::EvalError;
use super::distributions::{t_quantile_above, t_two_sided};
use super::significance::{TIE, TOLERANCE, mean, standard_deviation};

/// A paired t test, two-sided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TTest {
    /// Mean difference over its standard error; 0 if every difference is 0.
    pub t: f64,
    /// Queries less one.
    pub degrees_of_freedom: usize,
    /// p, above 0 to 1.
    pub p: f64,
    /// 95 % interval of the mean difference, lower end first.
    pub interval: [f64; 2],
}

/// Tests whether the mean of the differences after - before could be 0: Student 1908.
///
/// t = mean / (s / sqrt(n)) with s over n - 1; p = I_{nu/(nu + t^2)}(nu/2, 1/2), nu = n - 1; interval
/// mean +- t_0.975 s / sqrt(n). If every difference is 0, p = 1.
///
/// # Errors
/// [`EvalError::TooFew`] under two differences, [`EvalError::NoSpread`] if all are the same but not 0.
pub fn paired_t_test(differences: &[f64]) -> Result<TTest, EvalError> {
    let n = differences.len();
    let s = standard_deviation(differences).ok_or(EvalError::TooFew { queries: n })?;
    let (mean, degrees_of_freedom) = (mean(differences), n - 1);
    if s <= TOLERANCE {
        let difference = mean;
        let none = TTest { t: 0.0, degrees_of_freedom, p: 1.0, interval: [0.0; 2] };
        return if mean.abs() <= TIE { Ok(none) } else { Err(EvalError::NoSpread { difference }) };
    }
    let (error, nu) = (s / (n as f64).sqrt(), degrees_of_freedom as f64);
    let reach = t_quantile_above(0.025, nu) * error;
    let t = mean / error;
    Ok(TTest { t, degrees_of_freedom, p: t_two_sided(t, nu), interval: [mean - reach, mean + reach] })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::super::significance::tests::differences;
    use super::*;

    #[test]
    fn the_golden_test() {
        let found = paired_t_test(&differences()).unwrap();
        assert!((found.t - 1.8825336794844605).abs() < 1e-12);
        assert!((found.p - 0.10178621499687145).abs() < 1e-12);
        assert_eq!(found.degrees_of_freedom, 7);
        let [low, high] = found.interval;
        assert!(((high - low) / 2.0 - 0.08635591440867275).abs() < 1e-12);
        assert!((low.midpoint(high) - 0.06875).abs() < 1e-15);
    }

    #[test]
    fn the_sleep_of_students_ten_patients() {
        // Student 1908, hours of sleep gained; R's t.test on its data set `sleep` prints these digits.
        let hours = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4];
        let found = paired_t_test(&hours).unwrap();
        assert!((found.t - 4.0621).abs() < 5e-5 && (found.p - 0.002833).abs() < 5e-7);
        assert!((found.interval[0] - 0.7001142).abs() < 5e-8 && (found.interval[1] - 2.4598858).abs() < 5e-8);
    }

    #[test]
    fn differences_without_spread() {
        assert_eq!(paired_t_test(&[0.0; 4]).unwrap().p, 1.0);
        let rise = [0.3 - 0.2; 30];
        assert!(matches!(paired_t_test(&rise), Err(EvalError::NoSpread { difference }) if difference > 0.09));
    }

    #[test]
    fn too_few_differences_are_refused() {
        assert_eq!(paired_t_test(&[]), Err(EvalError::TooFew { queries: 0 }));
        assert_eq!(paired_t_test(&[0.1]), Err(EvalError::TooFew { queries: 1 }));
    }
}
