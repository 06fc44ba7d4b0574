//! How a file of another tool was understood, for a person to see before teaching from it.

use super::super::error::clip;
use super::super::{Corpus, Feedback, FeedbackQuery, Guidance, Parsed, TextRef};
use super::tally::Tally;
use super::{Detection, ImportFormat};

/// Queries that the preview shows.
const SHOWN: usize = 5;

/// What an import made of a file: format, first queries, counts, and what found no place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportReport {
    /// File name as given.
    pub file: String,
    /// The format as which it was read.
    pub format: ImportFormat,
    /// Why this format, a clause.
    pub reason: String,
    /// Other formats that would fit.
    pub others: Vec<ImportFormat>,
    /// The first queries as they are understood.
    pub first: Vec<PreviewLine>,
    /// Feedback queries.
    pub queries: usize,
    /// Candidates whose gain comes from a score of the file.
    pub scored: usize,
    /// Candidates whose gain comes from being called positive or negative.
    pub sided: usize,
    /// Guidance examples.
    pub guidance: usize,
    /// Lines left out; their reasons stand in the refusals.
    pub left_out: usize,
    /// What the reading decided, a clause each.
    pub choices: Vec<String>,
    /// What of the lines that are used found no place, a clause each.
    pub unmapped: Vec<String>,
}

/// A query as it is understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewLine {
    /// Its first line in the file, from 1.
    pub line: u64,
    /// Its text, clipped.
    pub query: String,
    /// Passage id and gain, 0 to 3, of each candidate.
    pub candidates: Vec<(String, u8)>,
    /// Its guidance.
    pub guidance: Vec<PreviewGuidance>,
}

/// A guidance example as it is understood: passages by id, other texts in quotes and clipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewGuidance {
    /// The better text.
    pub positive: String,
    /// The worse texts.
    pub negatives: Vec<String>,
}

impl ImportReport {
    pub(super) fn new(
        file: &str,
        detection: Detection,
        parsed: &Parsed<Feedback>,
        tally: &Tally,
        corpus: &Corpus,
    ) -> Self {
        let queries = &parsed.value.queries;
        Self {
            file: file.to_owned(),
            format: detection.format,
            reason: detection.reason,
            others: detection.others,
            first: queries.iter().take(SHOWN).map(|query| preview(query, corpus)).collect(),
            queries: queries.len(),
            scored: tally.scored,
            sided: tally.sided,
            guidance: parsed.value.guidance_counts().iter().sum(),
            left_out: parsed.refused.len(),
            choices: tally.choices(),
            unmapped: tally.unmapped(),
        }
    }
}

fn preview(query: &FeedbackQuery, corpus: &Corpus) -> PreviewLine {
    let candidates = query.preferences.iter().map(|p| (id_at(p.passage, corpus), p.gain));
    let guidance = query.guidance.iter().map(|Guidance { positive, negatives, .. }| PreviewGuidance {
        positive: words(positive, corpus),
        negatives: negatives.iter().map(|negative| words(negative, corpus)).collect(),
    });
    PreviewLine {
        line: query.line,
        query: clip(&query.query),
        candidates: candidates.collect(),
        guidance: guidance.collect(),
    }
}

fn words(text: &TextRef, corpus: &Corpus) -> String {
    match text {
        TextRef::Passage(position) => id_at(*position, corpus),
        TextRef::Text(text) => format!("\"{}\"", clip(text)),
    }
}

fn id_at(position: usize, corpus: &Corpus) -> String {
    corpus.passages().get(position).map(|passage| passage.id.clone()).unwrap_or_default()
}
