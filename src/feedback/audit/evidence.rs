//! A measure taken list by list, whether it differs from 0 on the whole, and where it is strongest.
//!
//! Knows nothing of what is measured.

use super::finding::{Case, Figure, Place, Severity};
use super::say::{counted, fixed, p_value};
use crate::eval::randomization_test;

/// Fewer lists prove nothing in either direction.
const LEAST_LISTS: usize = 20;
const LEVEL: f64 = 0.05;
/// Means that are worth a warning, and that are serious, once p < 0.05.
const WARNING: f64 = 0.1;
const SERIOUS: f64 = 0.3;
/// Size from which a single list is shown as an example.
const STRONG: f64 = 0.5;

/// One number a list, -1 to 1, by the list's line; lists where it cannot be formed have none.
pub(super) struct Evidence {
    by_line: Vec<(u64, f64)>,
    mean: f64,
    p: f64,
}

impl Evidence {
    /// Tests the mean against 0 by flipping signs list by list (Fisher's test, as `eval` has it).
    ///
    /// If nothing but chance orders a list, it and its reverse are equally likely, so the sign is a coin's.
    pub(super) fn new(by_line: Vec<(u64, f64)>, seed: u64) -> Self {
        let values: Vec<f64> = by_line.iter().map(|(_, value)| *value).collect();
        let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
        Self { by_line, mean, p: randomization_test(&values, seed).value }
    }

    pub(super) fn lists(&self) -> usize {
        self.by_line.len()
    }

    pub(super) fn mean(&self) -> f64 {
        self.mean
    }

    /// Whether there are lists enough to say anything.
    pub(super) fn is_enough(&self) -> bool {
        self.lists() >= LEAST_LISTS
    }

    /// The rule for a bias: from a mean of 0.3 serious, from 0.1 a warning, if p < 0.05 over 20 lists or
    /// more.
    pub(super) fn severity(&self) -> Severity {
        match self.mean.abs() {
            _ if !self.is_enough() || self.p >= LEVEL => Severity::Note,
            mean if mean >= SERIOUS => Severity::Serious,
            mean if mean >= WARNING => Severity::Warning,
            _ => Severity::Note,
        }
    }

    /// The mean as a figure; none of no list.
    pub(super) fn figure(&self, name: &'static str) -> Option<Figure> {
        let figure = Figure { p: Some(self.p), ..Figure::new(name, self.mean, self.lists()) };
        (self.lists() > 0).then_some(figure)
    }

    /// The mean with its n and p, such as `0.31 (228 lists, p < 0.001)`.
    pub(super) fn words(&self) -> String {
        let lists = counted(self.lists(), "list", "lists");
        if self.lists() == 0 {
            return format!("not known ({lists})");
        }
        format!("{} ({lists}, {})", fixed(self.mean), p_value(self.p))
    }

    /// The lists that show it most, in the direction of the mean, the strongest first.
    pub(super) fn strongest(&self, what: &str) -> Vec<Case> {
        let along = |value: f64| value * self.mean.signum();
        let mut strong: Vec<_> = self.by_line.iter().filter(|(_, value)| along(*value) >= STRONG).collect();
        strong.sort_by(|a, b| along(b.1).total_cmp(&along(a.1)).then(a.0.cmp(&b.0)));
        let case = |&&(line, value): &&(u64, f64)| Case {
            place: Place::preferences(line),
            detail: format!("{what} {}", fixed(value)),
        };
        strong.iter().map(case).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(values: &[f64]) -> Evidence {
        Evidence::new((1..).zip(values.iter().copied()).collect(), 0)
    }

    #[test]
    fn severity_needs_size_p_and_lists() {
        assert_eq!(evidence(&[0.5; 20]).severity(), Severity::Serious);
        assert_eq!(evidence(&[-0.5; 20]).severity(), Severity::Serious);
        assert_eq!(evidence(&[0.2; 20]).severity(), Severity::Warning);
        assert_eq!(evidence(&[0.05; 20]).severity(), Severity::Note);
        assert_eq!(evidence(&[0.5; 19]).severity(), Severity::Note);
        let mut mixed = vec![0.9; 12];
        mixed.extend([-0.6; 12]);
        assert_eq!(evidence(&mixed).severity(), Severity::Note, "p is {}", evidence(&mixed).p);
    }

    #[test]
    fn the_strongest_lists_come_first() {
        let cases = evidence(&[-0.5, 0.9, -0.7, -0.4, -0.7]).strongest("tau-b");
        let said: Vec<_> = cases.iter().map(|case| (case.place.line, case.detail.as_str())).collect();
        assert_eq!(said, [(3, "tau-b -0.70"), (5, "tau-b -0.70"), (1, "tau-b -0.50")]);
    }

    #[test]
    fn words_carry_their_n() {
        assert_eq!(evidence(&[1.0; 5]).words(), "1.00 (5 lists, p = 0.062)");
        assert_eq!(evidence(&[]).words(), "not known (0 lists)");
        assert_eq!(evidence(&[]).figure("tau"), None);
    }
}
