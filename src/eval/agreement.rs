//! How far two orders or two judges agree: Kendall's tau-b, partial rank correlation, quadratic weighted
//! kappa.
//!
//! Takes numbers and returns a coefficient. It tests none of them ([`super::randomization_test`] does) and
//! calls none good or bad.

use std::cmp::Ordering;

/// Least share of the variance of ranks that a control must leave, or a partial correlation is of rounding
/// alone.
const LEAST_LEFT: f64 = 0.1;

/// Computes Kendall's tau-b of paired values, -1 to 1: 1 is the same order, -1 the reverse.
///
/// Kendall, "The treatment of ties in ranking problems", Biometrika 33, 1945: concordant less discordant
/// pairs over sqrt((pairs untied in x) * (pairs untied in y)). `None` if a side is tied throughout, holds a
/// NaN, or is of another length. Counts every pair, so it is meant for lists, not for thousands of values.
pub fn kendall_tau_b(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.len() != y.len() {
        return None;
    }
    let (mut balance, mut untied_x, mut untied_y) = (0.0, 0.0, 0.0);
    for (i, (x_i, y_i)) in x.iter().zip(y).enumerate() {
        for (x_j, y_j) in x.iter().zip(y).skip(i + 1) {
            let (x_sign, y_sign) = (sign(x_i.partial_cmp(x_j)?), sign(y_i.partial_cmp(y_j)?));
            balance += x_sign * y_sign;
            untied_x += x_sign.abs();
            untied_y += y_sign.abs();
        }
    }
    let untied = f64::sqrt(untied_x * untied_y);
    (untied > 0.0).then(|| balance / untied)
}

fn sign(ordering: Ordering) -> f64 {
    match ordering {
        Ordering::Less => -1.0,
        Ordering::Equal => 0.0,
        Ordering::Greater => 1.0,
    }
}

/// Computes the rank correlation of `x` and `y` with `control` held constant, -1 to 1.
///
/// Partial Spearman correlation by residuals: all three become mid-ranks, the ranks of `x` and `y` are
/// regressed on those of `control`, and the residuals are correlated (Conover & Iman, "Rank transformations
/// as a bridge between parametric and nonparametric statistics", The American Statistician 35, 1981). `None`
/// if the lengths differ, a value is NaN, or `control` leaves less than a tenth of either side's variance:
/// the two are then the same order, and nothing can tell them apart.
pub fn partial_rank_correlation(x: &[f64], y: &[f64], control: &[f64]) -> Option<f64> {
    if x.len() != y.len() || x.len() != control.len() {
        return None;
    }
    let control = centered_ranks(control)?;
    let x = residuals(&centered_ranks(x)?, &control)?;
    let y = residuals(&centered_ranks(y)?, &control)?;
    Some(dot(&x, &y) / (dot(&x, &x) * dot(&y, &y)).sqrt())
}

/// Mid-ranks less their mean; `None` if a value is NaN.
fn centered_ranks(values: &[f64]) -> Option<Vec<f64>> {
    let rank = |value: &f64| {
        values
            .iter()
            .map(|other| value.partial_cmp(other).map(sign))
            .sum::<Option<f64>>()
            .map(|sum| sum / 2.0)
    };
    values.iter().map(rank).collect()
}

/// What a straight line through `control` leaves of `values`, both centered.
fn residuals(values: &[f64], control: &[f64]) -> Option<Vec<f64>> {
    let spread = dot(control, control);
    let slope = if spread > 0.0 { dot(values, control) / spread } else { 0.0 };
    let left: Vec<f64> = values.iter().zip(control).map(|(value, control)| value - slope * control).collect();
    let whole = dot(values, values);
    (whole > 0.0 && dot(&left, &left) >= LEAST_LEFT * whole).then_some(left)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Computes weighted kappa with quadratic weights of two judges' grades, at most 1; 0 is chance.
///
/// Cohen, "Weighted kappa", Psychological Bulletin 70, 1968: 1 less the mean squared difference over the one
/// that the judges' own distributions would give by chance. With two grades it is Cohen's kappa of 1960.
/// `None` without pairs, or if both judges gave one and the same grade throughout.
pub fn quadratic_kappa(pairs: &[(u8, u8)]) -> Option<f64> {
    let n = pairs.len() as f64;
    let mean = |value: &dyn Fn(&(u8, u8)) -> f64| pairs.iter().map(value).sum::<f64>() / n;
    let [first, second] = [mean(&|pair| pair.0.into()), mean(&|pair| pair.1.into())];
    let observed = mean(&|&(a, b)| (f64::from(a) - f64::from(b)).powi(2));
    let [first_spread, second_spread] = [
        mean(&|pair| (f64::from(pair.0) - first).powi(2)),
        mean(&|pair| (f64::from(pair.1) - second).powi(2)),
    ];
    let by_chance = first_spread + second_spread + (first - second).powi(2);
    (by_chance > 0.0).then(|| 1.0 - observed / by_chance)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} against {b}");
    }

    #[test]
    fn tau_b_of_a_tied_sample_as_scipy_prints_it() {
        // The example of scipy.stats.kendalltau: balance -4, 8 pairs untied in x, 9 in y.
        let tau = kendall_tau_b(&[12.0, 2.0, 1.0, 12.0, 2.0], &[1.0, 4.0, 7.0, 1.0, 0.0]).unwrap();
        close(tau, -0.47140452079103173);
        close(kendall_tau_b(&[1.0, 2.0, 3.0], &[5.0, 6.0, 9.0]).unwrap(), 1.0);
        close(kendall_tau_b(&[1.0, 2.0, 3.0], &[9.0, 6.0, 5.0]).unwrap(), -1.0);
    }

    #[test]
    fn tau_b_needs_two_values_on_each_side() {
        assert_eq!(kendall_tau_b(&[1.0, 1.0], &[1.0, 2.0]), None);
        assert_eq!(kendall_tau_b(&[1.0], &[1.0]), None);
        assert_eq!(kendall_tau_b(&[1.0, 2.0, 3.0], &[1.0, 2.0]), None);
        assert_eq!(kendall_tau_b(&[1.0, f64::NAN], &[1.0, 2.0]), None);
    }

    #[test]
    fn partial_correlation_is_that_of_the_textbook_formula() {
        let (x, y, z) = ([1.0, 2.0, 3.0, 4.0, 5.0], [2.0, 1.0, 4.0, 3.0, 5.0], [3.0, 1.0, 2.0, 5.0, 4.0]);
        // Spearman by 1 - 6 Σd² / (n (n² - 1)): Σd² is 4, 8 and 10.
        let [xy, xz, yz] = [0.8, 0.6, 0.5];
        let expected = (xy - xz * yz) / f64::sqrt((1.0 - xz * xz) * (1.0 - yz * yz));
        close(partial_rank_correlation(&x, &y, &z).unwrap(), expected);
    }

    #[test]
    fn a_control_that_is_the_same_order_leaves_nothing() {
        let x = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(partial_rank_correlation(&x, &[2.0, 1.0, 4.0, 3.0], &[10.0, 20.0, 30.0, 40.0]), None);
        assert_eq!(partial_rank_correlation(&[7.0; 4], &x, &[2.0, 1.0, 4.0, 3.0]), None);
        assert_eq!(partial_rank_correlation(&x, &x, &[1.0]), None);
        // A constant control takes nothing away: what remains is Spearman's correlation.
        close(partial_rank_correlation(&x, &[2.0, 1.0, 4.0, 3.0], &[1.0; 4]).unwrap(), 0.6);
    }

    #[test]
    fn kappa_worked_by_hand() {
        // Mean squared difference 1/2; by chance 1.25 + 1.25.
        close(quadratic_kappa(&[(0, 0), (1, 1), (2, 3), (3, 2)]).unwrap(), 0.8);
        // Cohen 1960: agreement 3/4, by chance 1/2.
        close(quadratic_kappa(&[(0, 0), (1, 1), (0, 0), (1, 0)]).unwrap(), 0.5);
        close(quadratic_kappa(&[(0, 3), (3, 0)]).unwrap(), -1.0);
        // One judge is constant: nothing better than chance.
        close(quadratic_kappa(&[(1, 0), (1, 2)]).unwrap(), 0.0);
        assert_eq!(quadratic_kappa(&[(2, 2), (2, 2)]), None);
        assert_eq!(quadratic_kappa(&[]), None);
    }
}
