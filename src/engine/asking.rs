//! What to ask the LLM next: gains of what the retriever finds, and guidance where it orders badly.
//!
//! Who asks, and how the answers come back, is the caller's business; `feedback` writes and reads the words.

use super::samples::SampleFigures;
use super::{Engine, EngineError, Tower};
use crate::data::{FeedbackQuery, Preference, Query};
use crate::feedback::{AskList, AskSettings, Asking, Prompts};
use crate::retrieve::dot;
use std::collections::{HashMap, HashSet};

impl Engine {
    /// The feedback's queries whose gains a new round asks for: those ordered worse than `below`, and those without a
    /// useful candidate.
    ///
    /// # Errors
    /// [`EngineError::NoFeedback`] without feedback.
    pub fn queries_to_ask(&self, figures: &SampleFigures, below: f64) -> Result<Vec<Query>, EngineError> {
        let feedback = self.collection()?.feedback.as_ref().ok_or(EngineError::NoFeedback)?;
        let poor: HashSet<&str> = figures.poor(below).map(|sample| sample.query_id.as_str()).collect();
        let is_asked =
            |line: &&FeedbackQuery| line.lacks_useful_candidate() || poor.contains(line.query_id.as_str());
        let query = |line: &FeedbackQuery| Query { id: line.query_id.clone(), text: line.query.clone() };
        Ok(feedback.latest().into_iter().filter(is_asked).map(query).collect())
    }

    /// Asks for the gains of what a tower finds first for each query.
    ///
    /// `vectors` are the queries' embeddings by that tower, `[queries, hidden]`.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if the tower's passages have no vectors, [`EngineError::Retrieve`] if a vector is bad.
    pub fn ask_preferences(
        &self,
        tower: Tower,
        queries: &[Query],
        vectors: &[f32],
        candidates: usize,
        prompts: &Prompts,
        settings: AskSettings,
    ) -> Result<AskList, EngineError> {
        let (index, collection) = (self.index_of(tower)?.index(), self.collection()?);
        let judged = collection.judged_texts();
        let mut asking = Asking::new(&collection.corpus, prompts, &judged, settings);
        for (query, vector) in queries.iter().zip(vectors.chunks_exact(index.width())) {
            let hits = index.top_k(vector, candidates)?;
            asking.preference(query, &hits.iter().map(|hit| hit.position).collect::<Vec<_>>());
        }
        Ok(asking.finish())
    }

    /// Asks for guidance on the samples that a tower orders worse than `below`.
    ///
    /// `vectors` are the embeddings of [`Self::sample_texts`] by that tower, and `figures` are made from them.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if the tower's passages have no vectors, [`EngineError::NoFeedback`] without feedback.
    pub fn ask_guidance(
        &self,
        tower: Tower,
        vectors: &[f32],
        figures: &SampleFigures,
        below: f64,
        prompts: &Prompts,
        settings: AskSettings,
    ) -> Result<AskList, EngineError> {
        let (index, collection) = (self.index_of(tower)?.index(), self.collection()?);
        let feedback = collection.feedback.as_ref().ok_or(EngineError::NoFeedback)?;
        let judged = collection.judged_texts();
        let mut asking = Asking::new(&collection.corpus, prompts, &judged, settings);
        let poor: HashSet<&str> = figures.poor(below).map(|sample| sample.query_id.as_str()).collect();
        let texts = self.sample_texts()?;
        let vectors: HashMap<&str, &[f32]> =
            texts.iter().map(String::as_str).zip(vectors.chunks_exact(index.width())).collect();
        for line in feedback.latest() {
            if line.lacks_useful_candidate() {
                asking.guidance(line);
            } else if let (true, Some(query)) =
                (poor.contains(line.query_id.as_str()), vectors.get(line.query.as_str()))
            {
                let score = |preference: &Preference| {
                    index.vector(preference.passage).map_or(0.0, |v| dot(&v, query))
                };
                asking.guidance(&reordered(line, score));
            }
        }
        Ok(asking.finish())
    }
}

/// The line with its candidates in the retriever's order.
fn reordered(line: &FeedbackQuery, score: impl Fn(&Preference) -> f32) -> FeedbackQuery {
    let mut line = line.clone();
    line.preferences.sort_by(|a, b| score(b).total_cmp(&score(a)));
    line
}
