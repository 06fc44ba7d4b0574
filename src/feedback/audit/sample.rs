//! A small feedback that tests put together line by line, with a model made of functions.
//!
//! Holds no findings: each check's tests say what they expect.

use super::finding::Outcome;
use super::input::{Audit, AuditInput, AuditSettings, BaseModel, Judged};
use crate::data::{
    Corpus, Feedback, FeedbackQuery, Guidance, Objective, Passage, Preference, Qrels, Queries, Query, TextRef,
};

/// A model that answers with plain functions; it knows nothing until told.
#[derive(Clone, Copy)]
pub(super) struct Functions {
    pub(super) similarity: fn(&str, &TextRef) -> Option<f32>,
    pub(super) likeness: fn(&TextRef, &TextRef) -> Option<f32>,
    pub(super) tokens: fn(&str) -> Option<usize>,
}

impl BaseModel for Functions {
    fn similarity(&self, query: &str, text: &TextRef) -> Option<f32> {
        (self.similarity)(query, text)
    }

    fn likeness(&self, first: &TextRef, second: &TextRef) -> Option<f32> {
        (self.likeness)(first, second)
    }

    fn tokens(&self, text: &str) -> Option<usize> {
        (self.tokens)(text)
    }
}

/// Feedback on a corpus of passages `p0`, `p1`, ... where passage n has n + 1 words of its own.
pub(super) struct Sample {
    pub(super) feedback: Feedback,
    pub(super) earlier: Option<Feedback>,
    pub(super) model: Functions,
    corpus: Corpus,
    queries: Queries,
    qrels: Qrels,
}

impl Sample {
    pub(super) fn new() -> Self {
        let texts: Vec<String> = (0..10)
            .map(|n| (0..=n).map(|word| format!("word{n}{word}")).collect::<Vec<_>>().join(" "))
            .collect();
        Self::with_passages(&texts.iter().map(String::as_str).collect::<Vec<_>>())
    }

    pub(super) fn with_passages(texts: &[&str]) -> Self {
        let passage = |(n, text): (usize, &&str)| Passage {
            id: format!("p{n}"),
            title: String::new(),
            text: (*text).into(),
        };
        Self {
            feedback: Feedback::default(),
            earlier: None,
            model: Functions { similarity: |_, _| None, likeness: |_, _| None, tokens: |_| None },
            corpus: Corpus::new(texts.iter().enumerate().map(passage).collect()).unwrap(),
            queries: Queries::default(),
            qrels: Qrels::default(),
        }
    }

    /// Adds a line: a query without candidates or guidance.
    pub(super) fn line(&mut self, query: &str) -> &mut FeedbackQuery {
        let line = self.feedback.queries.len() as u64 + 1;
        self.feedback.queries.push(FeedbackQuery {
            line,
            query_id: format!("q{line}"),
            query: query.into(),
            preferences: vec![],
            guidance: vec![],
            other: serde_json::Map::new(),
        });
        self.feedback.queries.last_mut().unwrap()
    }

    /// Adds a line with the first passages of the corpus as candidates, for a query of its own.
    pub(super) fn list(&mut self, gains: &[u8]) {
        let candidates: Vec<_> = gains.iter().copied().enumerate().collect();
        self.judged(&candidates);
    }

    /// Adds a line with candidates, for a query of its own.
    pub(super) fn judged(&mut self, candidates: &[(usize, u8)]) {
        let query = format!("query {}", self.feedback.queries.len() + 1);
        self.judged_query(&query, candidates);
    }

    /// Adds a line with candidates.
    pub(super) fn judged_query(&mut self, query: &str, candidates: &[(usize, u8)]) {
        let candidates = candidates.iter();
        self.line(query).preferences =
            candidates.map(|&(passage, gain)| Preference { passage, gain }).collect();
    }

    /// Adds an example to the last line, for the line's own query.
    pub(super) fn guide(&mut self, objective: Objective, positive: TextRef, negatives: &[TextRef]) {
        let line = self.feedback.queries.last_mut().unwrap();
        let query = line.query.clone();
        line.guidance.push(Guidance { objective, query, positive, negatives: negatives.to_vec() });
    }

    /// Adds a judged query with grades by position of the passage.
    pub(super) fn judge(&mut self, query: &str, grades: &[(usize, i32)]) {
        let mut queries: Vec<Query> = self.queries.iter().cloned().collect();
        let id = format!("t{}", queries.len());
        grades.iter().for_each(|(passage, grade)| {
            self.qrels.insert(&id, &format!("p{passage}"), *grade);
        });
        queries.push(Query { id, text: query.into() });
        self.queries = Queries::new(queries).unwrap();
    }

    pub(super) fn input(&self) -> AuditInput<'_> {
        let judged = Judged { queries: &self.queries, qrels: &self.qrels };
        AuditInput {
            feedback: &self.feedback,
            corpus: &self.corpus,
            model: &self.model,
            judged: (!self.qrels.is_empty()).then_some(judged),
            earlier: self.earlier.as_ref(),
            settings: AuditSettings { taught_margin: 0.15, token_limit: 8, seed: 0 },
        }
    }

    pub(super) fn audit<T>(&self, check: impl Fn(&Audit<'_>) -> T) -> T {
        check(&Audit::new(self.input()))
    }
}

/// Refers to a written text.
pub(super) fn text(text: &str) -> TextRef {
    TextRef::Text(text.into())
}

/// The cases of a finding, as `place: detail`.
pub(super) fn said(checked: Outcome) -> Vec<String> {
    match checked {
        Outcome::Found(finding) => {
            finding.cases.iter().map(|case| format!("{}: {}", case.place, case.detail)).collect()
        }
        other => unreachable!("{other:?}"),
    }
}
