//! What the feedback claims, as "for this query, this text is better than that one", so that claims can be
//! compared.
//!
//! Texts are the same if they are but for case and blanks, whether a passage or written.

use super::finding::Place;
use super::input::{Audit, Example};
use crate::data::{FeedbackQuery, TextRef, folded};
use std::collections::HashMap;

/// A text or a query, by number.
pub(super) type Number = usize;

/// One claim and where it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) query: Number,
    pub(super) better: Number,
    pub(super) worse: Number,
    pub(super) place: Place,
}

/// Numbers for texts, one for all that are the same.
#[derive(Default)]
pub(super) struct Numbers {
    by_text: HashMap<String, Number>,
    by_passage: HashMap<usize, Number>,
}

impl Numbers {
    pub(super) fn of(&mut self, text: &str) -> Number {
        let next = self.by_text.len();
        *self.by_text.entry(folded(text)).or_insert(next)
    }

    pub(super) fn of_ref(&mut self, audit: &Audit<'_>, text: &TextRef) -> Number {
        match text {
            TextRef::Text(text) => self.of(text),
            TextRef::Passage(position) => match self.by_passage.get(position) {
                Some(number) => *number,
                None => {
                    let number = self.of(&audit.text(text));
                    self.by_passage.insert(*position, number);
                    number
                }
            },
        }
    }

    /// The better text over each worse one.
    pub(super) fn of_example(&mut self, audit: &Audit<'_>, example: Example<'_>) -> Vec<Claim> {
        let query = self.of(&example.guidance.query);
        let better = self.of_ref(audit, &example.guidance.positive);
        let claim = |text| Claim { query, better, worse: self.of_ref(audit, text), place: example.place };
        example.guidance.negatives.iter().map(claim).collect()
    }

    /// Each candidate over each of lower gain; none of a passage over a copy of itself.
    pub(super) fn of_list(&mut self, audit: &Audit<'_>, query: &FeedbackQuery) -> Vec<Claim> {
        let number = self.of(&query.query);
        let place = Place::preferences(query.line);
        let candidates = query.preferences.iter();
        let candidates: Vec<(Number, u8)> =
            candidates.map(|p| (self.of_ref(audit, &TextRef::Passage(p.passage)), p.gain)).collect();
        let mut claims = Vec::new();
        for &(better, gain) in &candidates {
            let lower = candidates.iter().filter(|(worse, other)| *other < gain && *worse != better);
            claims.extend(lower.map(|&(worse, _)| Claim { query: number, better, worse, place }));
        }
        claims
    }
}
