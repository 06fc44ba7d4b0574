//! The normal and Student's t distribution, and the incomplete beta function behind the latter.
//!
//! Written for p-values and intervals: f64 throughout, no tables. It does not know what is tested.

/// Most terms of the continued fraction; about the root of `a` + `b` of them are needed.
const MAX_TERMS: u32 = 10_000;
/// Change of the fraction at which it has settled.
const SETTLED: f64 = 1e-15;
/// Share of a sum at which a term no longer changes it.
const NEGLIGIBLE: f64 = 1e-17;
/// Stands for a zero denominator in a continued fraction.
const TINY: f64 = 1e-300;
/// Halvings of a bracket; more than the bits of an f64.
const HALVINGS: u32 = 100;
/// Beyond this many standard deviations the normal distribution is 0 or 1 in f64.
const NORMAL_END: f64 = 9.0;

/// Computes the standard normal distribution function, 0 to 1.
///
/// Marsaglia 2004, "Evaluating the Normal Distribution": 1/2 + density * (x + x^3/3 + x^5/15 + ...). The
/// error is absolute, about 1e-16.
pub(super) fn normal_cdf(x: f64) -> f64 {
    if x.abs() > NORMAL_END {
        return if x > 0.0 { 1.0 } else { 0.0 };
    }
    let (mut sum, mut term, mut divisor) = (x, x, 1.0);
    while term.abs() > NEGLIGIBLE * sum.abs() {
        divisor += 2.0;
        term *= x * x / divisor;
        sum += term;
    }
    // Rounding may step over either end by a bit, and callers take this for a probability.
    (0.5 + sum * (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt()).clamp(0.0, 1.0)
}

/// Finds the standard normal quantile of `p`, within plus and minus [`NORMAL_END`].
pub(super) fn normal_quantile(p: f64) -> f64 {
    bisect([-NORMAL_END, NORMAL_END], |x| normal_cdf(x) < p)
}

/// Computes the two-sided p of a t value: I_{nu/(nu + t^2)}(nu/2, 1/2), above 0 to 1.
///
/// Abramowitz & Stegun 1964, 26.7.1 and 26.5.27. Where p is too small for f64, the smallest positive number
/// stands for it.
pub(super) fn t_two_sided(t: f64, degrees_of_freedom: f64) -> f64 {
    let x = degrees_of_freedom / (degrees_of_freedom + t * t);
    incomplete_beta(degrees_of_freedom / 2.0, 0.5, x).max(f64::MIN_POSITIVE)
}

/// Finds the t that leaves `tail` above it, 0 < `tail` < 0.5.
pub(super) fn t_quantile_above(tail: f64, degrees_of_freedom: f64) -> f64 {
    // One degree of freedom has the longest tail, cot(pi * tail); no t lies beyond it.
    let end = 1.0 / (std::f64::consts::PI * tail).tan();
    bisect([0.0, end], |t| t_two_sided(t, degrees_of_freedom) > 2.0 * tail)
}

/// Halves a bracket until it is one number; `is_below` tells whether a point lies below the one sought.
fn bisect([mut low, mut high]: [f64; 2], is_below: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..HALVINGS {
        let middle = low.midpoint(high);
        if is_below(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// Computes the regularised incomplete beta function I_x(a, b), 0 to 1; `a`, `b` > 0.
///
/// Abramowitz & Stegun 1964, 26.5.8 (the continued fraction), evaluated by Lentz's method; 26.5.2 turns the
/// slow side of the fraction into the fast one.
pub(super) fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    let front = (a * x.ln() + b * (-x).ln_1p() - ln_beta(a, b)).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(a, b, x) / a
    } else {
        1.0 - front * beta_fraction(b, a, 1.0 - x) / b
    }
}

/// The continued fraction of [`incomplete_beta`] by Lentz's method as Thompson & Barnett 1986 modified it.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    let nonzero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / nonzero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for m in (1..MAX_TERMS).map(f64::from) {
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for numerator in [even, odd] {
            d = 1.0 / nonzero(1.0 + numerator * d);
            c = nonzero(1.0 + numerator / c);
            change = c * d;
            fraction *= change;
        }
        if (change - 1.0).abs() < SETTLED {
            break;
        }
    }
    fraction
}

fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

/// Logarithm of the gamma function, `z` > 0: Stirling's series (Abramowitz & Stegun 1964, 6.1.41) above 15.
fn ln_gamma(z: f64) -> f64 {
    const START: f64 = 15.0;
    let (mut z, mut below) = (z, 1.0);
    while z < START {
        below *= z;
        z += 1.0;
    }
    let inverse = 1.0 / z;
    let square = inverse * inverse;
    let series = [1.0 / 1188.0, -1.0 / 1680.0, 1.0 / 1260.0, -1.0 / 360.0, 1.0 / 12.0];
    let tail = series.iter().fold(0.0, |sum, coefficient| sum * square + coefficient) * inverse;
    (z - 0.5) * z.ln() - z + 0.5 * std::f64::consts::TAU.ln() + tail - below.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64, relative: f64) {
        assert!((a - b).abs() <= relative * b.abs(), "{a} against {b}");
    }

    #[test]
    fn gamma_of_whole_and_half_numbers() {
        for (z, gamma) in
            [(1.0, 1.0), (2.0, 1.0), (5.0, 24.0), (11.0, 3_628_800.0), (20.0, 121_645_100_408_832_000.0)]
        {
            assert!((ln_gamma(z) - f64::ln(gamma)).abs() < 1e-13 * f64::ln(gamma).max(1.0), "{z}");
        }
        close(ln_gamma(0.5), std::f64::consts::PI.sqrt().ln(), 1e-13);
        close(ln_gamma(2.5), (0.75 * std::f64::consts::PI.sqrt()).ln(), 1e-13);
    }

    #[test]
    fn incomplete_beta_where_it_has_a_closed_form() {
        for x in [0.01, 0.3, 0.5, 0.77, 0.999] {
            close(incomplete_beta(1.0, 1.0, x), x, 1e-13);
            close(incomplete_beta(3.0, 1.0, x), x.powi(3), 1e-13);
            close(incomplete_beta(1.0, 4.0, x), 1.0 - (1.0 - x).powi(4), 1e-13);
            // The arcsine law.
            close(incomplete_beta(0.5, 0.5, x), 2.0 / std::f64::consts::PI * x.sqrt().asin(), 1e-13);
        }
        assert_eq!([0.0, 1.0].map(|x| incomplete_beta(2.0, 3.0, x)), [0.0, 1.0]);
    }

    #[test]
    fn a_binomial_sum_is_an_incomplete_beta() {
        // P(X >= 3) of 5 throws at 0.3: 10 * 0.027 * 0.49 + 5 * 0.0081 * 0.7 + 0.00243.
        close(incomplete_beta(3.0, 3.0, 0.3), 0.163_08, 1e-13);
        // Far out: one of 2^300.
        close(incomplete_beta(300.0, 1.0, 0.5), 2f64.powi(-300), 1e-11);
    }

    #[test]
    fn p_of_t_at_the_published_critical_values() {
        // Fisher & Yates 1963, table III.
        for (nu, five_percent, one_percent) in [
            (1.0, 12.706, 63.657),
            (2.0, 4.303, 9.925),
            (5.0, 2.571, 4.032),
            (10.0, 2.228, 3.169),
            (30.0, 2.042, 2.750),
            (120.0, 1.980, 2.617),
        ] {
            assert!((t_two_sided(five_percent, nu) - 0.05).abs() < 1e-4, "nu {nu}");
            assert!((t_two_sided(one_percent, nu) - 0.01).abs() < 2e-5, "nu {nu}");
            assert!((t_quantile_above(0.025, nu) - five_percent).abs() < 5.1e-4, "nu {nu}");
            assert!((t_quantile_above(0.005, nu) - one_percent).abs() < 5.1e-4, "nu {nu}");
        }
    }

    #[test]
    fn p_of_t_where_it_has_a_closed_form() {
        for t in [0.0, 0.1, 1.0, 3.0, 50.0] {
            close(t_two_sided(t, 1.0), 1.0 - 2.0 / std::f64::consts::PI * f64::atan(t), 1e-12);
            close(t_two_sided(t, 2.0), 1.0 - t / f64::sqrt(2.0 + t * t), 1e-11);
            assert_eq!(t_two_sided(t, 7.0), t_two_sided(-t, 7.0));
        }
        assert!(t_two_sided(1e9, 500.0) > 0.0);
    }

    #[test]
    fn normal_values_of_the_tables() {
        // Abramowitz & Stegun 1964, table 26.1.
        for (x, p) in [
            (0.0, 0.5),
            (1.0, 0.841_344_746_068_543),
            (2.0, 0.977_249_868_051_821),
            (-1.0, 0.158_655_253_931_457),
        ] {
            assert!((normal_cdf(x) - p).abs() < 1e-14, "{x}");
        }
        assert!((normal_quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-12);
        assert!((normal_quantile(0.8) - 0.841_621_233_572_914).abs() < 1e-12);
        assert!((normal_quantile(0.001) + 3.090_232_306_167_813).abs() < 1e-11);
        assert_eq!([f64::INFINITY, f64::NEG_INFINITY].map(normal_cdf), [1.0, 0.0]);
        assert!(normal_cdf(f64::NAN).is_nan());
    }

    #[test]
    fn many_degrees_of_freedom_are_nearly_normal() {
        close(t_two_sided(1.959_963_984_540_054, 1e6), 0.05, 1e-4);
        close(t_quantile_above(0.2, 1e6), 0.841_621_233_572_914, 1e-5);
    }
}
