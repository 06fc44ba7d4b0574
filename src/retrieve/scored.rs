//! Rows with scores, and the best of them in the one order that every ranking of this room has.
//!
//! Knows no ids: rows lie in descending id order, so the smaller row wins a tie.

use std::cmp::Ordering;

/// A row of the corpus with its score, which is not NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scored {
    pub(super) row: usize,
    pub(super) score: f32,
}

impl Scored {
    /// Orders the better one first: score descending, equal scores by row. +0 and -0 tie, as they do in trec_eval.
    fn compare(&self, other: &Self) -> Ordering {
        other.score.partial_cmp(&self.score).unwrap_or(Ordering::Equal).then(self.row.cmp(&other.row))
    }

    /// Tells whether this row stands before the other one.
    pub(super) fn beats(&self, other: &Self) -> bool {
        self.compare(other).is_lt()
    }
}

/// Keeps the `k` best, best first.
pub(super) fn keep_best(scored: &mut Vec<Scored>, k: usize) {
    if 0 < k && k < scored.len() {
        scored.select_nth_unstable_by(k - 1, Scored::compare);
    }
    scored.truncate(k);
    scored.sort_unstable_by(Scored::compare);
}
