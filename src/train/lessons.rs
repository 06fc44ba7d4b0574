//! Feedback turned into lessons: which query, which texts, what should win; and the vectors of those texts.
//!
//! Passages do not move in query-side teaching, so every text's vector is computed once, before the first step.

use super::{TrainError, TrainSettings};
use crate::data::{Corpus, Feedback, FeedbackQuery, Guidance, Objective, TextRef, folded};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Queries kept for validation at most: every look embeds all of them, and more would say little more.
const MOST_VALIDATION_QUERIES: usize = 500;

/// Row of a text in the table of vectors.
pub type VectorRow = usize;

/// Place of a feedback query among those of different text.
pub type SampleId = usize;

/// A query with the LLM's gains for the retriever's candidates.
#[derive(Debug, Clone, PartialEq)]
pub struct PreferenceLesson {
    /// The query's text.
    pub query: String,
    /// The feedback query that it is about.
    pub sample: SampleId,
    /// The round from which on it holds, from 1.
    pub round: usize,
    /// Vector row and gain, 0 to 3, of every candidate judged up to that round.
    pub candidates: Vec<(VectorRow, u8)>,
}

impl PreferenceLesson {
    /// The candidate that the LLM found most useful, with its gain; the first one listed among equals.
    pub(super) fn best(&self) -> Option<(VectorRow, u8)> {
        self.candidates.iter().rev().max_by_key(|(_, gain)| *gain).copied()
    }
}

/// A query with a text that should win and texts that should lose.
#[derive(Debug, Clone, PartialEq)]
pub struct GuidanceLesson {
    /// What it teaches.
    pub objective: Objective,
    /// The query's text.
    pub query: String,
    /// The feedback query that it was written for; lessons of one sample never oppose each other.
    pub sample: SampleId,
    /// The round from which on it is there, from 1.
    pub round: usize,
    /// The text that should win.
    pub positive: VectorRow,
    /// Texts that should lose.
    pub negatives: Vec<VectorRow>,
}

/// A feedback query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Its id in the feedback.
    pub query_id: String,
    /// Its text.
    pub query: String,
    /// Whether it is kept for validation.
    pub is_validation: bool,
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
#[derive(Debug, Clone, Default)]
pub struct LessonPlan {
    /// The feedback queries, each text once.
    pub samples: Vec<Sample>,
    /// Lists with at least one useful candidate; of one sample, the later round replaces the earlier.
    pub preferences: Vec<PreferenceLesson>,
    /// Guidance of the objectives in use.
    pub guidance: Vec<GuidanceLesson>,
    /// Lists kept for validation; no lesson comes from their queries.
    pub validation: Vec<PreferenceLesson>,
    /// Passages whose embedding the retention term holds in place, in the order in which steps look at them.
    pub retention: Vec<VectorRow>,
    /// The texts that lessons and validation refer to.
    pub texts: LessonTexts,
    /// What was judged of every sample.
    judged: Vec<Judged>,
}

/// The last gain of every candidate of a sample.
#[derive(Debug, Clone, Default)]
struct Judged {
    /// In the order in which they were judged first.
    gains: Vec<(VectorRow, u8)>,
    places: HashMap<VectorRow, usize>,
}

impl Judged {
    fn set(&mut self, row: VectorRow, gain: u8) {
        let place = *self.places.entry(row).or_insert(self.gains.len());
        match self.gains.get_mut(place) {
            Some((_, known)) => *known = gain,
            None => self.gains.push((row, gain)),
        }
    }

    fn gain(&self, row: VectorRow) -> Option<u8> {
        Some(self.gains.get(*self.places.get(&row)?)?.1)
    }
}

impl LessonPlan {
    /// Sorts the feedback into lessons and a validation split, by the settings' seed.
    ///
    /// `passages` is the size of the corpus.
    ///
    /// # Errors
    /// [`TrainError::NothingToTeach`] if no lesson remains.
    pub fn new(feedback: &Feedback, passages: usize, settings: &TrainSettings) -> Result<Self, TrainError> {
        let mut plan = Self::default();
        let held_out = validation_split(feedback, settings);
        let mut places = HashMap::new();
        let mut lines: Vec<&FeedbackQuery> = feedback.queries.iter().collect();
        lines.sort_by_key(|line| line.round());
        for line in lines {
            let text = folded(&line.query);
            let is_validation = held_out.contains(&text);
            // What was said first of a sample is there from the first round on.
            let next = (plan.samples.len(), line.round());
            let (sample, first_round) = *places.entry(text).or_insert(next);
            if sample == plan.samples.len() {
                let (query_id, query) = (line.query_id.clone(), line.query.clone());
                plan.samples.push(Sample { query_id, query, is_validation });
                plan.judged.push(Judged::default());
            }
            plan.add(line, sample, line.round() - first_round + 1, settings);
        }
        plan.guidance.retain(|lesson| !held_out.contains(&folded(&lesson.query)));
        if plan.preferences.is_empty() && plan.guidance.is_empty() {
            return Err(TrainError::NothingToTeach);
        }
        plan.retain(passages, settings);
        Ok(plan)
    }

    /// Validation lists hold all that was ever judged; lessons of rounds that are not taught are left out.
    fn add(&mut self, line: &FeedbackQuery, sample: SampleId, round: usize, settings: &TrainSettings) {
        let preference = self.preference_lesson(line, sample, round);
        if self.samples[sample].is_validation {
            self.validation.retain(|earlier| preference.is_none() || earlier.sample != sample);
            self.validation.extend(preference);
        } else if round <= settings.rounds {
            self.preferences.extend(preference);
            self.guidance.extend(self.texts.guidance_lessons(line, sample, round, settings));
        }
    }

    /// The list as it stands with this line's judgements; none if no candidate is useful.
    fn preference_lesson(
        &mut self,
        line: &FeedbackQuery,
        sample: SampleId,
        round: usize,
    ) -> Option<PreferenceLesson> {
        let judged = &mut self.judged[sample];
        for preference in &line.preferences {
            let row = self.texts.row(&TextRef::Passage(preference.passage));
            judged.set(row, preference.gain);
        }
        if line.preferences.is_empty() || judged.gains.iter().all(|(_, gain)| *gain == 0) {
            return None;
        }
        let (query, candidates) = (line.query.clone(), judged.gains.clone());
        Some(PreferenceLesson { query, sample, round, candidates })
    }

    /// Draws the passages that the retention term looks at; none if it is off.
    fn retain(&mut self, passages: usize, settings: &TrainSettings) {
        if settings.retention_weight == 0.0 {
            return;
        }
        let mut positions: Vec<usize> = (0..passages).collect();
        positions.shuffle(&mut ChaCha8Rng::seed_from_u64(settings.seed ^ 0x5eed_0e7a));
        positions.truncate(settings.steps * settings.retention_passages);
        self.retention =
            positions.into_iter().map(|position| self.texts.row(&TextRef::Passage(position))).collect();
    }

    /// Number of guidance lessons: relevance, comprehensiveness, purity.
    pub fn guidance_counts(&self) -> [usize; 3] {
        Objective::ALL.map(|objective| self.guidance.iter().filter(|g| g.objective == objective).count())
    }

    /// The preference lesson of every sample in a round: the last list that is there by then.
    pub fn lists_of_round(&self, round: usize) -> BTreeMap<SampleId, usize> {
        let lists = self.preferences.iter().enumerate().filter(|(_, lesson)| lesson.round <= round);
        lists.map(|(i, lesson)| (lesson.sample, i)).collect()
    }

    /// Whether the LLM found a text useful for a sample's query, in any round.
    pub(super) fn is_useful(&self, sample: SampleId, row: VectorRow) -> bool {
        self.judged.get(sample).and_then(|judged| judged.gain(row)).is_some_and(|gain| gain > 0)
    }

    /// Joins the lessons with their vectors.
    ///
    /// `passage` gives the vector of a corpus position; `written` the vectors of [`LessonTexts::written`], in
    /// that order, `[texts, width]`.
    ///
    /// # Errors
    /// [`TrainError::MissingVector`] if a vector is missing.
    pub fn with_vectors(
        self,
        width: usize,
        passage: impl Fn(usize) -> Option<Vec<f32>>,
        written: &[f32],
    ) -> Result<Lessons, TrainError> {
        let mut written = written.chunks_exact(width);
        let mut vectors = Vec::with_capacity(self.texts.rows.len() * width);
        for row in &self.texts.rows {
            let vector = match row {
                TextRef::Passage(position) => passage(*position),
                TextRef::Text(_) => written.next().map(<[f32]>::to_vec),
            };
            vectors.extend(vector.ok_or(TrainError::MissingVector)?);
        }
        Ok(Lessons { plan: self, width, vectors })
    }
}

impl LessonTexts {
    fn guidance_lessons(
        &mut self,
        line: &FeedbackQuery,
        sample: SampleId,
        round: usize,
        settings: &TrainSettings,
    ) -> Vec<GuidanceLesson> {
        let is_used = |objective: Objective| {
            Objective::ALL.iter().zip(settings.objectives).any(|(&o, used)| used && o == objective)
        };
        let lesson = |guidance: &Guidance| GuidanceLesson {
            objective: guidance.objective,
            query: guidance.query.clone(),
            sample,
            round,
            positive: self.row(&guidance.positive),
            negatives: guidance.negatives.iter().map(|text| self.row(text)).collect(),
        };
        line.guidance.iter().filter(|guidance| is_used(guidance.objective)).map(lesson).collect()
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
    texts.into_iter().take(count.min(MOST_VALIDATION_QUERIES)).collect()
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

    /// Number of texts with a vector.
    pub(super) fn rows(&self) -> usize {
        self.vectors.len() / self.width
    }

    /// The texts that lessons and validation lists compare, and those that are to stay.
    pub(super) fn taught_rows(&self) -> BTreeSet<VectorRow> {
        let plan = &self.plan;
        let lists = plan.preferences.iter().chain(&plan.validation).flat_map(|list| &list.candidates);
        let guidance = plan.guidance.iter().flat_map(|g| g.negatives.iter().chain([&g.positive]));
        let rows = lists.map(|(row, _)| row).chain(guidance).chain(&plan.retention);
        rows.copied().collect()
    }

    /// All vectors, `[rows, width]`.
    pub fn vectors(&self) -> &[f32] {
        &self.vectors
    }

    /// The vector of a row.
    pub(super) fn vector(&self, row: VectorRow) -> &[f32] {
        &self.vectors[row * self.width..(row + 1) * self.width]
    }

    /// The passage of a row; none for what the LLM wrote.
    pub fn passage(&self, row: VectorRow) -> Option<usize> {
        match self.plan.texts.rows.get(row)? {
            TextRef::Passage(position) => Some(*position),
            TextRef::Text(_) => None,
        }
    }

    /// The words of a row.
    pub fn text(&self, row: VectorRow, corpus: &Corpus) -> String {
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
