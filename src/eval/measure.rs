//! Measures by the field's names, `ndcg@10`, `recall@100`, `P@10`, `map` and so on.
//!
//! Names and parses them; the formulas are functions of their own.

use super::EvalError;
use super::measures::{
    Grades, average_precision, judged_at, ndcg_at, ndcg_exp_at, precision_at, recall_at, reciprocal_rank,
    success_at,
};
use std::fmt;
use std::str::FromStr;

/// A measure of one ranking, 0 to 1, higher is better; the number is the depth k, at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// `ndcg@k`, linear gain: [`ndcg_at`].
    Ndcg(usize),
    /// `ndcg_exp@k`, exponential gain: [`ndcg_exp_at`].
    NdcgExp(usize),
    /// `recall@k`: [`recall_at`].
    Recall(usize),
    /// `P@k`: [`precision_at`].
    Precision(usize),
    /// `map`: [`average_precision`].
    Map,
    /// `mrr`, without a depth: [`reciprocal_rank`].
    Mrr,
    /// `mrr@k`: [`reciprocal_rank`] of the first k passages.
    MrrAt(usize),
    /// `success@k`: [`success_at`].
    Success(usize),
    /// `judged@k`, which tells how much was judged and not how good it is: [`judged_at`].
    Judged(usize),
}

impl Measure {
    /// Every name, for messages.
    pub const NAMES: &str =
        "ndcg@k, ndcg_exp@k, recall@k, P@k, map, mrr, mrr@k, success@k and judged@k with k from 1";

    /// Computes the measure of a ranking, passage ids best first, each once.
    pub fn value<S: AsRef<str>>(self, ranked: &[S], grades: &Grades) -> f64 {
        match self {
            Self::Ndcg(k) => ndcg_at(ranked, grades, k),
            Self::NdcgExp(k) => ndcg_exp_at(ranked, grades, k),
            Self::Recall(k) => recall_at(ranked, grades, k),
            Self::Precision(k) => precision_at(ranked, grades, k),
            Self::Map => average_precision(ranked, grades),
            Self::Mrr => reciprocal_rank(ranked, grades),
            Self::MrrAt(k) => reciprocal_rank(ranked.get(..k).unwrap_or(ranked), grades),
            Self::Success(k) => success_at(ranked, grades, k),
            Self::Judged(k) => judged_at(ranked, grades, k),
        }
    }

    /// Tells whether more of it is better, so that a change can be tested; more of `judged@k` is not.
    pub fn is_tested(self) -> bool {
        !matches!(self, Self::Judged(_))
    }

    fn of(name: &str, depth: Option<usize>) -> Option<Self> {
        Some(match (name, depth) {
            ("ndcg", Some(k)) => Self::Ndcg(k),
            ("ndcg_exp", Some(k)) => Self::NdcgExp(k),
            ("recall", Some(k)) => Self::Recall(k),
            ("p", Some(k)) => Self::Precision(k),
            ("map", None) => Self::Map,
            ("mrr", None) => Self::Mrr,
            ("mrr", Some(k)) => Self::MrrAt(k),
            ("success", Some(k)) => Self::Success(k),
            ("judged", Some(k)) => Self::Judged(k),
            _ => return None,
        })
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ndcg(k) => write!(f, "ndcg@{k}"),
            Self::NdcgExp(k) => write!(f, "ndcg_exp@{k}"),
            Self::Recall(k) => write!(f, "recall@{k}"),
            Self::Precision(k) => write!(f, "P@{k}"),
            Self::Map => write!(f, "map"),
            Self::Mrr => write!(f, "mrr"),
            Self::MrrAt(k) => write!(f, "mrr@{k}"),
            Self::Success(k) => write!(f, "success@{k}"),
            Self::Judged(k) => write!(f, "judged@{k}"),
        }
    }
}

impl FromStr for Measure {
    type Err = EvalError;

    /// Parses a name in any case.
    ///
    /// # Errors
    /// [`EvalError::UnknownMeasure`].
    fn from_str(text: &str) -> Result<Self, EvalError> {
        let lower = text.trim().to_lowercase();
        let measure = match lower.split_once('@') {
            Some((name, depth)) => {
                let depth = depth.parse().ok().filter(|&depth| depth > 0);
                depth.and_then(|depth| Self::of(name, Some(depth)))
            }
            None => Self::of(&lower, None),
        };
        measure.ok_or_else(|| EvalError::UnknownMeasure { name: text.to_owned() })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::super::measures::tests::{close, golden};
    use super::*;

    const ALL: [&str; 9] =
        ["ndcg@10", "ndcg_exp@10", "recall@100", "P@10", "map", "mrr", "mrr@10", "success@1", "judged@10"];

    #[test]
    fn names_come_back_as_they_were() {
        for name in ALL {
            assert_eq!(name.parse::<Measure>().unwrap().to_string(), name);
            assert_eq!(name.to_uppercase().parse::<Measure>().unwrap().to_string(), name);
        }
        assert_eq!("ndcg@3".parse(), Ok(Measure::Ndcg(3)));
    }

    #[test]
    fn other_names_are_refused() {
        for name in ["", "ndcg", "map@10", "ndcg@0", "ndcg@", "ndcg@ten", "ndcg@-1", "p@5@5", "precision@5"] {
            assert_eq!(name.parse::<Measure>(), Err(EvalError::UnknownMeasure { name: name.into() }));
        }
        let said = "dcg@1".parse::<Measure>().unwrap_err().to_string();
        assert!(said.starts_with("'dcg@1' is not a measure; measures are ndcg@k, "), "{said}");
    }

    #[test]
    fn values_are_those_of_the_formulas() {
        let (qrels, rankings) = golden();
        let value = |name: &str| name.parse::<Measure>().unwrap().value(&rankings["q1"], &qrels["q1"]);
        close(value("ndcg@3"), 0.4796249331362629);
        close(value("ndcg@10"), 0.6433224083306327);
        close(value("ndcg_exp@10"), (3.0 / 3f64.log2() + 1.0 / 5f64.log2()) / (3.0 + 1.0 / 3f64.log2()));
        let names = ["recall@2", "P@4", "map", "mrr", "mrr@1", "mrr@2", "success@1", "success@2", "judged@3"];
        let expected = [0.5, 0.5, 0.5, 0.5, 0.0, 0.5, 0.0, 1.0, 2.0 / 3.0];
        assert_eq!(names.map(value), expected);
    }
}
