//! What the audit is given, and what it asks of the base model.
//!
//! Embeds nothing: [`texts_to_embed`] says which vectors the caller should have at hand.

use super::finding::Place;
use crate::data::{Corpus, Feedback, FeedbackQuery, Guidance, Objective, Qrels, Queries, TextRef};
use std::collections::{BTreeSet, HashMap};

/// What only the base model knows. Every answer may be missing; what needs it is then not counted.
pub trait BaseModel {
    /// Returns s(query, text), the cosine by the base model, -1 to 1.
    fn similarity(&self, query: &str, text: &TextRef) -> Option<f32>;
    /// Returns the cosine of two texts by the base model, -1 to 1.
    fn likeness(&self, first: &TextRef, second: &TextRef) -> Option<f32>;
    /// Counts the tokens of a text, special ones included and nothing cut off.
    fn tokens(&self, text: &str) -> Option<usize>;
}

/// Stands for a model that is not there: only what needs none is looked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoModel;

impl BaseModel for NoModel {
    fn similarity(&self, _: &str, _: &TextRef) -> Option<f32> {
        None
    }

    fn likeness(&self, _: &TextRef, _: &TextRef) -> Option<f32> {
        None
    }

    fn tokens(&self, _: &str) -> Option<usize> {
        None
    }
}

/// Judgements and the queries they are about.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// The judged queries' texts.
    pub queries: &'a Queries,
    /// Their judgements.
    pub qrels: &'a Qrels,
}

/// Values that belong to the model and to the teaching.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AuditSettings {
    /// Margin of cosines from which a guidance example teaches nothing. Three times the temperature of the
    /// losses is a good choice: the better text then has 95 % of the softmax against one worse text.
    pub taught_margin: f64,
    /// Tokens that the model reads, special ones included.
    pub token_limit: usize,
    /// Seed of the tests' draws.
    pub seed: u64,
}

/// What is audited, and what it is held against.
#[derive(Clone, Copy)]
pub struct AuditInput<'a> {
    /// The feedback, as its reader returned it: before queries that are judged were taken out.
    pub feedback: &'a Feedback,
    /// The corpus it is about.
    pub corpus: &'a Corpus,
    /// The base model.
    pub model: &'a dyn BaseModel,
    /// Judgements, for agreement alone; nothing that can be left out follows from them.
    pub judged: Option<Judged<'a>>,
    /// Feedback of an earlier round on the same corpus.
    pub earlier: Option<&'a Feedback>,
    /// Values of the model and the teaching.
    pub settings: AuditSettings,
}

/// Lists the texts whose vectors the audit will ask for, beside the passages': queries and what the LLM
/// wrote.
pub fn texts_to_embed(feedback: &Feedback) -> [BTreeSet<&str>; 2] {
    let [mut queries, mut texts] = [BTreeSet::new(), BTreeSet::new()];
    for query in &feedback.queries {
        queries.insert(query.query.as_str());
        for example in &query.guidance {
            queries.insert(example.query.as_str());
            let written = example.negatives.iter().chain([&example.positive]);
            texts.extend(written.filter_map(|text| match text {
                TextRef::Text(text) => Some(text.as_str()),
                TextRef::Passage(_) => None,
            }));
        }
    }
    [queries, texts]
}

/// A guidance example and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Example<'a> {
    pub(super) place: Place,
    pub(super) source: &'a FeedbackQuery,
    pub(super) guidance: &'a Guidance,
}

/// The input with what several checks need of it.
pub(super) struct Audit<'a> {
    pub(super) input: AuditInput<'a>,
    /// Tokens of the passages that are candidates: the same passage is on many lists.
    passage_tokens: HashMap<usize, usize>,
}

impl<'a> Audit<'a> {
    pub(super) fn new(input: AuditInput<'a>) -> Self {
        let mut audit = Self { input, passage_tokens: HashMap::new() };
        let preferences = input.feedback.queries.iter().flat_map(|query| &query.preferences);
        for passage in preferences.map(|preference| preference.passage).collect::<BTreeSet<_>>() {
            let tokens = input.model.tokens(&audit.text(&TextRef::Passage(passage)));
            audit.passage_tokens.extend(tokens.map(|tokens| (passage, tokens)));
        }
        audit
    }

    pub(super) fn queries(&self) -> std::slice::Iter<'a, FeedbackQuery> {
        self.input.feedback.queries.iter()
    }

    /// Queries with candidates.
    pub(super) fn lists(&self) -> impl Iterator<Item = &'a FeedbackQuery> {
        self.queries().filter(|query| !query.preferences.is_empty())
    }

    pub(super) fn examples(&self) -> impl Iterator<Item = Example<'a>> {
        self.queries().flat_map(|source| {
            source.guidance.iter().enumerate().map(move |(index, guidance)| Example {
                place: Place::guidance(source.line, index),
                source,
                guidance,
            })
        })
    }

    pub(super) fn of_objective(&self, objective: Objective) -> impl Iterator<Item = Example<'a>> {
        self.examples().filter(move |example| example.guidance.objective == objective)
    }

    /// What the encoder reads of a text, before it is cut.
    pub(super) fn text(&self, text: &TextRef) -> String {
        match text {
            TextRef::Passage(position) => {
                self.input.corpus.passages().get(*position).map(|p| p.embedding_text()).unwrap_or_default()
            }
            TextRef::Text(text) => text.clone(),
        }
    }

    pub(super) fn passage_id(&self, position: usize) -> &'a str {
        self.input.corpus.passages().get(position).map_or("?", |passage| passage.id.as_str())
    }

    pub(super) fn passage_tokens(&self, position: usize) -> Option<usize> {
        self.passage_tokens.get(&position).copied()
    }

    pub(super) fn similarity(&self, query: &str, text: &TextRef) -> Option<f64> {
        self.input.model.similarity(query, text).map(f64::from).filter(|s| s.is_finite())
    }

    pub(super) fn likeness(&self, first: &TextRef, second: &TextRef) -> Option<f64> {
        self.input.model.likeness(first, second).map(f64::from).filter(|s| s.is_finite())
    }
}
