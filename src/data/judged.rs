//! Keeping what is taught apart from what is measured: judged queries are known by their texts.
//!
//! Knows nothing of files; `assemble` calls it when all parts are there, and its tests stand there.

use super::{Collection, Feedback, FeedbackQuery, Query};
use std::collections::HashSet;

impl Collection {
    /// The judged queries, in the order of their ids.
    pub fn judged_queries(&self) -> impl Iterator<Item = &Query> {
        self.qrels.query_ids().filter_map(|id| self.queries.get(id))
    }

    /// The texts of the judged queries, [`folded`].
    pub fn judged_texts(&self) -> HashSet<String> {
        self.judged_queries().map(|query| folded(&query.text)).collect()
    }

    /// Returns every line of feedback, those on judged queries among them, in the order of their lines.
    pub fn all_feedback(&self) -> Vec<FeedbackQuery> {
        let taught = self.feedback.iter().flat_map(|feedback| &feedback.queries);
        let mut lines: Vec<_> = taught.chain(&self.judged_feedback.queries).cloned().collect();
        lines.sort_by_key(|line| (line.round(), line.line));
        lines
    }

    /// Returns the collection with other feedback, and how much of that is on judged queries and is not taught.
    pub fn with_feedback(&self, feedback: Feedback) -> (Self, usize) {
        let mut collection =
            Self { feedback: Some(feedback), judged_feedback: Feedback::default(), ..self.clone() };
        let also_judged = take_out_judged(&mut collection);
        (collection, also_judged)
    }
}

/// Takes feedback and guidance on judged queries out of a collection, so that teaching never sees what it is
/// measured on; returns how many lines and examples that were.
///
/// Queries are the same if their texts are, but for case and blanks; ids of two files mean nothing together.
pub(super) fn take_out_judged(collection: &mut Collection) -> usize {
    let judged = collection.judged_texts();
    let Some(feedback) = &mut collection.feedback else {
        return 0;
    };
    let is_judged = |query: &mut FeedbackQuery| judged.contains(&folded(&query.query));
    collection.judged_feedback.queries = feedback.queries.extract_if(.., is_judged).collect();
    let mut taken_out = collection.judged_feedback.queries.len();
    for query in &mut feedback.queries {
        let before = query.guidance.len();
        query.guidance.retain(|guidance| !judged.contains(&folded(&guidance.query)));
        taken_out += before - query.guidance.len();
    }
    feedback.queries.retain(|query| !query.preferences.is_empty() || !query.guidance.is_empty());
    taken_out
}

/// A query's text without what makes no difference: case and blanks.
pub fn folded(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}
