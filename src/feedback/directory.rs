//! Which query an answer is about, and whether it speaks of the passages that were shown.
//!
//! Says nothing about what the answer is worth.

use super::ask_id::query_keys;
use super::lessons::{positions, problem};
use super::{Answer, Ask, Known};
use crate::data::{Corpus, Feedback, FeedbackQuery, Problem, Query, clip};
use std::collections::HashMap;

/// The queries that an answer may be about.
pub(super) struct Directory {
    pub(super) queries: Vec<Query>,
    /// Positions in `queries` by what a `custom_id` may call them; two files may use one id for two queries.
    by_key: HashMap<String, Vec<usize>>,
}

/// Where an answer belongs.
pub(super) struct Place {
    pub(super) query: usize,
    /// Corpus positions of the ids that it speaks of.
    pub(super) positions: Vec<usize>,
}

impl Directory {
    pub(super) fn new(known: &Known<'_>, existing: &Feedback) -> Self {
        let of_line = |line: &FeedbackQuery| Query { id: line.query_id.clone(), text: line.query.clone() };
        let asked = known.asks.iter().map(|ask| ask.query.clone());
        let lines = existing.queries.iter().map(of_line);
        let mut directory = Self { queries: Vec::new(), by_key: HashMap::new() };
        known.queries.iter().cloned().chain(lines).chain(asked).for_each(|query| directory.add(query));
        directory
    }

    fn add(&mut self, query: Query) {
        let position = self.queries.len();
        for key in query_keys(&query.id) {
            self.by_key.entry(key).or_default().push(position);
        }
        self.queries.push(query);
    }

    pub(super) fn place(
        &self,
        answer: &Answer,
        corpus: &Corpus,
        ask: Option<&Ask>,
    ) -> Result<Place, Problem> {
        let key = answer.id.query_key();
        let candidates = self.by_key.get(key).ok_or_else(|| {
            let remedy = "Give the queries that were asked about.";
            Problem::new(format!("query '{}' is not known", clip(key)), remedy)
        })?;
        let positions = positions(&answer.content, corpus)?;
        let ids = answer.content.passage_ids();
        let is_meant =
            |&&i: &&usize| self.queries.get(i).is_some_and(|query| answer.id.has_shown(&query.text, &ids));
        match candidates.iter().find(is_meant) {
            Some(&query) => Ok(Place { query, positions }),
            None => Err(problem(other_than_shown(&ids, ask))),
        }
    }
}

/// Says how an answer's ids differ from those shown.
fn other_than_shown(ids: &[&str], ask: Option<&Ask>) -> String {
    let Some(ask) = ask else {
        return "the doc_ids are not those that were shown, or the query's text has changed since".to_owned();
    };
    let shown = || ask.passages.iter().map(|passage| passage.id.as_str());
    if let Some(missing) = shown().find(|shown| !ids.contains(shown)) {
        return format!("doc_id '{}' was shown and is missing", clip(missing));
    }
    match ids.iter().find(|&&id| shown().all(|shown| shown != id)) {
        Some(added) => format!("doc_id '{}' was not shown", clip(added)),
        None => "the doc_ids have changed places".to_owned(),
    }
}
