//! One query against all passages, before and after teaching.

use super::passage_index::PassageIndex;
use super::{Engine, EngineError, Tower};
use crate::data::Collection;
use crate::eval::{self, Grades};
use crate::retrieve::Hit;
use std::sync::Arc;

const NDCG_DEPTH: usize = 10;

/// A passage in one ranking, with its place in the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// Rank, from 1.
    pub rank: usize,
    /// Rank in the other ranking, if there is one.
    pub other_rank: Option<usize>,
    /// Position in the corpus.
    pub position: usize,
    /// Cosine.
    pub score: f32,
    /// Grade for this query, if it was judged.
    pub grade: Option<i32>,
}

/// The rankings of one query.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// By the base model.
    pub before: Vec<Ranked>,
    /// After teaching, if something was taught.
    pub after: Option<Vec<Ranked>>,
    /// Relevant passages, if the query is judged.
    pub relevant: Option<usize>,
    /// nDCG@10 of both, if the query is judged.
    pub ndcg_at_10: Option<(f64, Option<f64>)>,
}

/// A search that owns what it needs, so that the engine is free while a GPU is at work.
pub struct Search {
    collection: Arc<Collection>,
    before: Side,
    after: Option<Side>,
    query_id: Option<String>,
    depth: usize,
}

/// A query as one tower embeds it, and the passages that it meets.
struct Side {
    index: PassageIndex,
    query: Vec<f32>,
}

impl Engine {
    /// Prepares to rank the passages for a query's vectors; `query_id` brings in its judgements.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if the passages have no vectors.
    pub fn searching(
        &self,
        before: Vec<f32>,
        after: Option<Vec<f32>>,
        query_id: Option<&str>,
        depth: usize,
    ) -> Result<Search, EngineError> {
        let side = |query, tower| Ok::<_, EngineError>(Side { index: self.index_of(tower)?.clone(), query });
        Ok(Search {
            collection: Arc::clone(self.collection()?),
            before: side(before, Tower::Baseline)?,
            after: after.map(|query| side(query, Tower::Tuned)).transpose()?,
            query_id: query_id.map(str::to_owned),
            depth,
        })
    }
}

impl Search {
    /// The collection whose passages are ranked.
    pub fn collection(&self) -> &Collection {
        &self.collection
    }

    /// Searches.
    ///
    /// # Errors
    /// [`EngineError::Retrieve`] if a vector is bad, [`EngineError::Encoder`] for whatever befalls the GPU.
    pub async fn run(&self) -> Result<Found, EngineError> {
        let depth = self.depth.max(NDCG_DEPTH);
        let before = self.before.top_k(depth).await?;
        let after = match &self.after {
            Some(after) => Some(after.top_k(depth).await?),
            None => None,
        };
        let grades = self.grades();
        let ndcg = |hits: &Vec<Hit>| Some(eval::ndcg_at(&self.ids(hits), grades?, NDCG_DEPTH));
        Ok(Found {
            relevant: grades.map(|grades| grades.values().filter(|grade| **grade > 0).count()),
            ndcg_at_10: ndcg(&before).map(|figure| (figure, after.as_ref().and_then(ndcg))),
            before: self.column(&before, self.after.as_ref())?,
            after: after.map(|hits| self.column(&hits, Some(&self.before))).transpose()?,
        })
    }

    /// What is shown of one ranking, with the places in the other one.
    fn column(&self, hits: &[Hit], other: Option<&Side>) -> Result<Vec<Ranked>, EngineError> {
        let hits = &hits[..hits.len().min(self.depth)];
        let positions: Vec<usize> = hits.iter().map(|hit| hit.position).collect();
        let other_ranks = match other {
            Some(other) => other.index.index().ranks(&other.query, &positions)?,
            None => vec![None; positions.len()],
        };
        let ranked = (1..).zip(hits).zip(other_ranks).map(|((rank, hit), other_rank)| Ranked {
            rank,
            other_rank,
            position: hit.position,
            score: hit.score,
            grade: self.grade(hit.position),
        });
        Ok(ranked.collect())
    }

    fn grades(&self) -> Option<&Grades> {
        self.collection.qrels.for_query(self.query_id.as_deref()?)
    }

    fn grade(&self, position: usize) -> Option<i32> {
        let passage = self.collection.corpus.passages().get(position)?;
        self.grades()?.get(&passage.id).copied()
    }

    fn ids(&self, hits: &[Hit]) -> Vec<&str> {
        let passages = self.collection.corpus.passages();
        hits.iter().filter_map(|hit| passages.get(hit.position)).map(|passage| passage.id.as_str()).collect()
    }
}

impl Side {
    async fn top_k(&self, k: usize) -> Result<Vec<Hit>, EngineError> {
        Ok(self.index.top_k(&self.query, k).await?.pop().unwrap_or_default())
    }
}
