//! Feedback turned into lessons: which query, which texts, what should win; and the vectors of those texts.
//!
//! Passages do not move in query-side teaching, so every text's vector is computed once, before the first step.

use super::{TrainError, TrainSettings};
use crate::data::{Corpus, Feedback, FeedbackQuery, Objective, TextRef, folded};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Row of a text in the table of vectors.
pub(super) type VectorRow = usize;

/// A query with the LLM's gains for the retriever's candidates.
#[derive(Debug, Clone, PartialEq)]
pub struct PreferenceLesson {
    /// The query's text.
    pub query: String,
    /// Vector row and gain, 0 to 3, of every candidate.
    pub candidates: Vec<(VectorRow, u8)>,
}

impl PreferenceLesson {
    /// The candidate that the LLM found most useful; the first one listed among equals.
    pub(super) fn best(&self) -> Option<VectorRow> {
        let best = self.candidates.iter().rev().max_by_key(|(_, gain)| *gain)?;
        Some(best.0)
    }

    fn useful(&self) -> HashSet<VectorRow> {
        self.candidates.iter().filter(|(_, gain)| *gain > 0).map(|(row, _)| *row).collect()
    }
}

/// A query with a text that should win and texts that should lose.
#[derive(Debug, Clone, PartialEq)]
pub struct GuidanceLesson {
    /// What it teaches.
    pub objective: Objective,
    /// The query's text.
    pub query: String,
    /// The feedback query that it was written for; lessons of one source never oppose each other.
    pub source: usize,
    /// The text that should win.
    pub positive: VectorRow,
    /// Texts that should lose.
    pub negatives: Vec<VectorRow>,
}

/// The texts behind the vector rows, in their order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LessonTexts {
    rows: Vec<TextRef>,
    by_passage: HashMap<usize, VectorRow>,
    by_text: HashMap<String, VectorRow>,
}

impl LessonTexts {
    fn row(&mut self, text: &TextRef) -> VectorRow {
        let next = self.rows.len();
        let row = match text {
            TextRef::Passage(position) => *self.by_passage.entry(*position).or_insert(next),
            TextRef::Text(text) => *self.by_text.entry(text.clone()).or_insert(next),
        };
        if row == next {
            self.rows.push(text.clone());
        }
        row
    }

    /// Texts that are not passages of the corpus and need a vector of their own, in the order of first use.
    pub fn written(&self) -> Vec<&str> {
        self.rows
            .iter()
            .filter_map(|row| match row {
                TextRef::Text(text) => Some(text.as_str()),
                TextRef::Passage(_) => None,
            })
            .collect()
    }
}

/// The lessons before their texts have vectors.
#[derive(Debug, Clone)]
pub struct LessonPlan {
    /// Lists with at least one useful candidate.
    pub preferences: Vec<PreferenceLesson>,
    /// Guidance of the objectives in use.
    pub guidance: Vec<GuidanceLesson>,
    /// Lists kept for validation; no lesson comes from their queries.
    pub validation: Vec<PreferenceLesson>,
    /// The texts that lessons and validation refer to.
    pub texts: LessonTexts,
    /// Passages with a gain above 0, by source.
    useful: Vec<HashSet<VectorRow>>,
}

impl LessonPlan {
    /// Sorts the feedback into lessons and a validation split, by the settings' seed.
    ///
    /// # Errors
    /// [`TrainError::NothingToTeach`] if no lesson remains.
    pub fn new(feedback: &Feedback, settings: &TrainSettings) -> Result<Self, TrainError> {
        let mut plan = Self {
            preferences: Vec::new(),
            guidance: Vec::new(),
            validation: Vec::new(),
            texts: LessonTexts::default(),
            useful: Vec::new(),
        };
        let held_out = validation_split(feedback, settings);
        for (source, query) in feedback.queries.iter().enumerate() {
            let preference = plan.texts.preference_lesson(query);
            plan.useful.push(preference.as_ref().map(PreferenceLesson::useful).unwrap_or_default());
            if held_out.contains(&folded(&query.query)) {
                plan.validation.extend(preference);
            } else {
                plan.preferences.extend(preference);
                plan.texts.guidance_lessons(query, source, settings, &mut plan.guidance);
            }
        }
        plan.guidance.retain(|lesson| !held_out.contains(&folded(&lesson.query)));
        if plan.preferences.is_empty() && plan.guidance.is_empty() {
            return Err(TrainError::NothingToTeach);
        }
        Ok(plan)
    }

    /// Number of guidance lessons: relevance, comprehensiveness, purity.
    pub fn guidance_counts(&self) -> [usize; 3] {
        Objective::ALL.map(|objective| self.guidance.iter().filter(|g| g.objective == objective).count())
    }

    /// Whether the LLM found a text useful for a source's query.
    pub(super) fn is_useful(&self, source: usize, row: VectorRow) -> bool {
        self.useful.get(source).is_some_and(|useful| useful.contains(&row))
    }

    /// Joins the lessons with their vectors.
    ///
    /// `passage` gives the vector of a corpus position; `written` the vectors of [`LessonTexts::written`], in
    /// that order, `[texts, width]`.
    ///
    /// # Errors
    /// [`TrainError::MissingVector`] if a vector is missing.
    pub fn with_vectors<'a>(
        self,
        width: usize,
        passage: impl Fn(usize) -> Option<&'a [f32]>,
        written: &[f32],
    ) -> Result<Lessons, TrainError> {
        let mut written = written.chunks_exact(width);
        let mut vectors = Vec::with_capacity(self.texts.rows.len() * width);
        for row in &self.texts.rows {
            let vector = match row {
                TextRef::Passage(position) => passage(*position),
                TextRef::Text(_) => written.next(),
            };
            vectors.extend_from_slice(vector.ok_or(TrainError::MissingVector)?);
        }
        Ok(Lessons { plan: self, width, vectors })
    }
}

impl LessonTexts {
    fn preference_lesson(&mut self, query: &FeedbackQuery) -> Option<PreferenceLesson> {
        if query.preferences.iter().all(|preference| preference.gain == 0) {
            return None;
        }
        let candidates = query.preferences.iter();
        let candidates = candidates.map(|p| (self.row(&TextRef::Passage(p.passage)), p.gain)).collect();
        Some(PreferenceLesson { query: query.query.clone(), candidates })
    }

    fn guidance_lessons(
        &mut self,
        query: &FeedbackQuery,
        source: usize,
        settings: &TrainSettings,
        lessons: &mut Vec<GuidanceLesson>,
    ) {
        for guidance in &query.guidance {
            let used = Objective::ALL.iter().zip(settings.objectives);
            if used.into_iter().any(|(&objective, used)| used && objective == guidance.objective) {
                lessons.push(GuidanceLesson {
                    objective: guidance.objective,
                    query: guidance.query.clone(),
                    source,
                    positive: self.row(&guidance.positive),
                    negatives: guidance.negatives.iter().map(|text| self.row(text)).collect(),
                });
            }
        }
    }
}

/// The texts, folded, of the queries kept for validation: a seeded draw among those with a useful candidate.
fn validation_split(feedback: &Feedback, settings: &TrainSettings) -> HashSet<String> {
    let useful = feedback.queries.iter().filter(|query| !query.lacks_useful_candidate());
    let texts: BTreeSet<String> =
        useful.filter(|query| !query.preferences.is_empty()).map(|query| folded(&query.query)).collect();
    let mut texts: Vec<String> = texts.into_iter().collect();
    texts.shuffle(&mut ChaCha8Rng::seed_from_u64(settings.seed ^ 0x5eed_5b11));
    let count = (texts.len() as f64 * settings.validation_share).round() as usize;
    texts.into_iter().take(count).collect()
}

/// Lessons whose texts have vectors: all that a trainer needs besides a student.
#[derive(Debug, Clone)]
pub struct Lessons {
    /// The lessons.
    pub plan: LessonPlan,
    width: usize,
    vectors: Vec<f32>,
}

impl Lessons {
    /// Width of every vector.
    pub fn width(&self) -> usize {
        self.width
    }

    /// All vectors, `[rows, width]`.
    pub(super) fn vectors(&self) -> &[f32] {
        &self.vectors
    }

    /// The vector of a row.
    pub(super) fn vector(&self, row: VectorRow) -> &[f32] {
        &self.vectors[row * self.width..(row + 1) * self.width]
    }

    /// The words of a row.
    pub(super) fn text(&self, row: VectorRow, corpus: &Corpus) -> String {
        match self.plan.texts.rows.get(row) {
            Some(TextRef::Text(text)) => text.clone(),
            Some(TextRef::Passage(position)) => {
                corpus.passages().get(*position).map(|p| p.embedding_text()).unwrap_or_default()
            }
            None => String::new(),
        }
    }

    /// Every distinct query of the lessons and of the validation lists.
    pub fn queries(&self) -> BTreeSet<&str> {
        let preferences = self.plan.preferences.iter().chain(&self.plan.validation);
        let guidance = self.plan.guidance.iter().map(|lesson| lesson.query.as_str());
        preferences.map(|lesson| lesson.query.as_str()).chain(guidance).collect()
    }
}
