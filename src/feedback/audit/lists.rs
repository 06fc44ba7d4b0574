//! The candidates of a query as columns of numbers: gains, and what may have moved them.
//!
//! Measures nothing.

use super::evidence::Evidence;
use super::input::Audit;
use crate::data::{FeedbackQuery, TextRef};

/// One judged list.
pub(super) struct List {
    line: u64,
    /// Gains, 0 to 3.
    pub(super) gains: Vec<f64>,
    /// Higher is earlier in the list.
    pub(super) earliness: Vec<f64>,
    /// s by the base model; none if one is missing.
    pub(super) similarities: Option<Vec<f64>>,
    /// Tokens of the passages; none if one is missing.
    pub(super) lengths: Option<Vec<f64>>,
}

impl List {
    fn new(audit: &Audit<'_>, query: &FeedbackQuery) -> Self {
        let candidates = &query.preferences;
        let similarity = |passage| audit.similarity(&query.query, &TextRef::Passage(passage));
        let tokens = |passage| audit.passage_tokens(passage).map(|tokens| tokens as f64);
        Self {
            line: query.line,
            gains: candidates.iter().map(|candidate| candidate.gain.into()).collect(),
            earliness: (0..candidates.len()).map(|i| -(i as f64)).collect(),
            similarities: candidates.iter().map(|candidate| similarity(candidate.passage)).collect(),
            lengths: candidates.iter().map(|candidate| tokens(candidate.passage)).collect(),
        }
    }
}

/// The lists of the feedback whose gains differ: the others say nothing of an order.
pub(super) fn lists(audit: &Audit<'_>) -> Vec<List> {
    let all = audit.lists().map(|query| List::new(audit, query));
    all.filter(|list| list.gains.iter().any(|gain| Some(gain) != list.gains.first())).collect()
}

/// Takes a measure of every list that allows it.
pub(super) fn evidence(
    audit: &Audit<'_>,
    lists: &[List],
    measure: impl Fn(&List) -> Option<f64>,
) -> Evidence {
    let by_line = lists.iter().filter_map(|list| Some((list.line, measure(list)?))).collect();
    Evidence::new(by_line, audit.input.settings.seed)
}
