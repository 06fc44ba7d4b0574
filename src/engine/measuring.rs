//! A tower's figures on the judged queries, and how it orders what the LLM has scored.

use super::embedding::EmbeddingJob;
use super::passage_index::PassageIndex;
use super::samples::{self, SampleFigures};
use super::{Engine, EngineError, RUN_DEPTH, Tower};
use crate::data::Collection;
use crate::eval::{self, Evaluation, Measures};
use crate::retrieve::Hit;
use crate::text::Role;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Queries ranked in one piece.
const QUERIES_PER_PIECE: usize = 16;

/// What a tower reaches.
#[derive(Debug, Clone)]
pub struct Measured {
    /// On the judged queries, by query and on average.
    pub evaluation: Evaluation,
    /// On the feedback's closed lists; none without a useful candidate in any.
    pub samples: Option<SampleFigures>,
    /// The judged queries' embeddings, `[judged, hidden]`, by which other measures are computed later.
    pub(super) vectors: Arc<[f32]>,
}

/// Measures one tower: embeds the judged queries, then ranks them; then the feedback queries.
pub struct MeasuringJob {
    tower: Tower,
    collection: Arc<Collection>,
    index: PassageIndex,
    /// Judged queries by id, in the order of the embedding job.
    query_ids: Vec<String>,
    embedding: EmbeddingJob,
    /// Query vectors once they are all there, `[judged + feedback, hidden]`.
    vectors: Option<Vec<f32>>,
    per_query: BTreeMap<String, Measures>,
}

impl Engine {
    /// Begins to measure a tower; the feedback's figures come with the baseline only.
    ///
    /// # Errors
    /// [`EngineError::NoJudgements`], or [`EngineError::NotReady`] if the tower's passages have no vectors.
    pub fn measuring(&self, tower: Tower) -> Result<MeasuringJob, EngineError> {
        let collection = Arc::clone(self.collection()?);
        let index = self.index_of(tower)?.clone();
        let (query_ids, mut texts): (Vec<_>, Vec<_>) =
            collection.judged_queries().map(|query| (query.id.clone(), query.text.clone())).unzip();
        if query_ids.is_empty() {
            return Err(EngineError::NoJudgements);
        }
        if tower == Tower::Baseline {
            texts.extend(samples::texts(&collection));
        }
        let embedding = self.embedding(texts, Role::Query, tower)?;
        Ok(MeasuringJob::new(tower, collection, index, query_ids, embedding))
    }

    /// Takes the figures of a finished job.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if the job is not finished.
    pub fn finish_measuring(&mut self, job: MeasuringJob) -> Result<(), EngineError> {
        let tower = job.tower;
        let measured = job.into_measured()?;
        let slot = match tower {
            Tower::Baseline => self.shelf.as_mut().map(|shelf| &mut shelf.measured),
            Tower::Tuned => self.tuned.as_mut().map(|tuned| &mut tuned.measured),
        };
        *slot.ok_or(EngineError::NotReady("what was measured is no longer there"))? = Some(measured);
        Ok(())
    }

    /// The figures of a tower.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if it was not measured yet.
    pub fn measured(&self, tower: Tower) -> Result<&Measured, EngineError> {
        let measured = match tower {
            Tower::Baseline => self.shelf()?.measured.as_ref(),
            Tower::Tuned => self.tuned.as_ref().and_then(|tuned| tuned.measured.as_ref()),
        };
        measured.ok_or(EngineError::NotReady("the queries were not measured yet"))
    }
}

impl MeasuringJob {
    /// `embedding` is of the judged queries in the order of `query_ids`, and of the feedback's after them.
    pub(super) fn new(
        tower: Tower,
        collection: Arc<Collection>,
        index: PassageIndex,
        query_ids: Vec<String>,
        embedding: EmbeddingJob,
    ) -> Self {
        Self { tower, collection, index, query_ids, embedding, vectors: None, per_query: BTreeMap::new() }
    }

    /// Does one piece of the work; returns whether there is more.
    ///
    /// # Errors
    /// Those of embedding and ranking.
    pub async fn advance(&mut self) -> Result<bool, EngineError> {
        match &self.vectors {
            None if self.embedding.advance().await? => {}
            None => self.vectors = Some(self.embedding.take_vectors()),
            Some(vectors) => {
                let piece = self.query_ids.iter().skip(self.per_query.len()).take(QUERIES_PER_PIECE);
                let width = self.index.index().width();
                let from = self.per_query.len() * width;
                let vectors = &vectors[from..from + piece.len() * width];
                for (id, hits) in piece.zip(self.index.top_k(vectors, RUN_DEPTH).await?) {
                    self.per_query.insert(id.clone(), measure(&self.collection, id, &hits)?);
                }
            }
        }
        Ok(!self.is_done())
    }

    /// Queries embedded.
    pub fn done(&self) -> usize {
        self.embedding.done()
    }

    /// Queries to embed.
    pub fn total(&self) -> usize {
        self.embedding.total()
    }

    fn is_done(&self) -> bool {
        self.vectors.is_some() && self.per_query.len() == self.query_ids.len()
    }

    pub(super) fn into_measured(self) -> Result<Measured, EngineError> {
        let (true, Some(vectors)) = (self.is_done(), &self.vectors) else {
            return Err(EngineError::NotReady("the queries are not all ranked"));
        };
        let index = self.index.index();
        let width = index.width();
        let (judged, feedback) =
            vectors.split_at_checked(self.query_ids.len() * width).unwrap_or((vectors, &[]));
        let samples = SampleFigures::new(&self.collection, index, feedback.chunks_exact(width));
        let grades = |id: &String| self.collection.qrels.for_query(id);
        let without_relevant = self
            .query_ids
            .iter()
            .filter_map(grades)
            .filter(|grades| grades.values().all(|g| *g <= 0))
            .count();
        let evaluation = Evaluation::new(self.per_query, without_relevant, 0);
        Ok(Measured { evaluation, samples, vectors: judged.into() })
    }
}

/// The measures of one query's ranking.
fn measure(collection: &Collection, query_id: &str, hits: &[Hit]) -> Result<Measures, EngineError> {
    let passages = collection.corpus.passages();
    let ids: Vec<&str> =
        hits.iter().filter_map(|hit| passages.get(hit.position)).map(|p| p.id.as_str()).collect();
    let grades = collection.qrels.for_query(query_id).ok_or(EngineError::NoJudgements)?;
    Ok(eval::measure(&ids, grades))
}
