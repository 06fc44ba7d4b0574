//! The feedback's queries as samples: how well a tower orders the candidates that the LLM has judged.
//!
//! A sample whose figure lies under a threshold is poor (arXiv 2411.03957); choosing the threshold and teaching are
//! others' work.

use super::{Engine, EngineError, Tower};
use crate::data::{Collection, FeedbackQuery};
use crate::eval;
use crate::retrieve::{Index, dot};

/// How a tower orders one sample's candidates.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleFigure {
    /// Id of the query.
    pub query_id: String,
    /// Its text.
    pub query: String,
    /// pref-NDCG@10 of its closed list, 0 to 1.
    pub pref_ndcg: f64,
    /// The expected value under a random order.
    pub chance: f64,
}

/// The samples with a useful candidate, in the order of the feedback; those without have no figure.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleFigures {
    /// At least one.
    pub samples: Vec<SampleFigure>,
    /// Samples whose candidates are all useless: these teach nothing by preference.
    pub without_useful: usize,
}

impl SampleFigures {
    /// Orders the lists by `rows`, the embeddings of [`texts`]; none without a figure.
    pub(super) fn new<'a>(
        collection: &Collection,
        index: &Index,
        rows: impl Iterator<Item = &'a [f32]>,
    ) -> Option<Self> {
        let figure = |(query, row)| figure(collection, index, query, row);
        let samples: Vec<SampleFigure> =
            useful(collection).into_iter().zip(rows).filter_map(figure).collect();
        let feedback = collection.feedback.as_ref()?;
        let without_useful = feedback.latest().iter().filter(|query| query.lacks_useful_candidate()).count();
        (!samples.is_empty()).then_some(Self { samples, without_useful })
    }

    /// Mean pref-NDCG@10.
    pub fn mean(&self) -> f64 {
        self.samples.iter().map(|sample| sample.pref_ndcg).sum::<f64>() / self.samples.len() as f64
    }

    /// Its expected value under a random order.
    pub fn chance(&self) -> f64 {
        self.samples.iter().map(|sample| sample.chance).sum::<f64>() / self.samples.len() as f64
    }

    /// The samples under a threshold.
    pub fn poor(&self, below: f64) -> impl Iterator<Item = &SampleFigure> {
        self.samples.iter().filter(move |sample| sample.pref_ndcg < below)
    }
}

impl Engine {
    /// The queries whose closed lists have a figure, in the order of the feedback: what
    /// [`Self::sample_figures`] wants the embeddings of.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if no collection is open.
    pub fn sample_texts(&self) -> Result<Vec<String>, EngineError> {
        Ok(texts(self.collection()?))
    }

    /// How a tower orders the samples' candidates, by its embeddings of [`Self::sample_texts`].
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if the tower's passages have no vectors, [`EngineError::NoFeedback`] without a list that
    /// has a useful candidate.
    pub fn sample_figures(&self, tower: Tower, vectors: &[f32]) -> Result<SampleFigures, EngineError> {
        let index = self.index_of(tower)?.index();
        let figures = SampleFigures::new(self.collection()?, index, vectors.chunks_exact(index.width()));
        figures.ok_or(EngineError::NoFeedback)
    }
}

/// The queries whose closed lists have a figure, in the order of the feedback.
pub(super) fn texts(collection: &Collection) -> Vec<String> {
    useful(collection).into_iter().map(|query| query.query.clone()).collect()
}

fn useful(collection: &Collection) -> Vec<&FeedbackQuery> {
    let mut queries = collection.feedback.as_ref().map(|feedback| feedback.latest()).unwrap_or_default();
    queries.retain(|query| !query.preferences.is_empty() && !query.lacks_useful_candidate());
    queries
}

fn figure(
    collection: &Collection,
    index: &Index,
    query: &FeedbackQuery,
    vector: &[f32],
) -> Option<SampleFigure> {
    let score = |passage: usize| index.vector(passage).map(|v| dot(&v, vector));
    let mut scored: Vec<(&str, f32)> = Vec::with_capacity(query.preferences.len());
    for preference in &query.preferences {
        let passage = collection.corpus.passages().get(preference.passage)?;
        scored.push((&passage.id, score(preference.passage)?));
    }
    let gains: Vec<u8> = query.preferences.iter().map(|preference| preference.gain).collect();
    Some(SampleFigure {
        query_id: query.query_id.clone(),
        query: query.query.clone(),
        pref_ndcg: eval::list_ndcg(&scored, &gains)?,
        chance: eval::pref_ndcg_chance(&gains)?,
    })
}
