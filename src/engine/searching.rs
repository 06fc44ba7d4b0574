//! One query against all passages, before and after teaching.

use super::{Engine, EngineError, Tower};
use crate::eval;
use crate::retrieve::{Hit, Index};

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

impl Engine {
    /// Ranks the passages for a query's vectors; `query_id` brings in its judgements.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if the passages have no vectors, [`EngineError::Retrieve`] if a vector is bad.
    pub fn rank(
        &self,
        before: &[f32],
        after: Option<&[f32]>,
        query_id: Option<&str>,
        depth: usize,
    ) -> Result<Found, EngineError> {
        let collection = self.collection()?;
        let grades = query_id.and_then(|id| collection.qrels.for_query(id));
        let before = Ranking::new(self.index_of(Tower::Baseline)?, before, depth)?;
        let after = match after {
            Some(after) => Some(Ranking::new(self.index_of(Tower::Tuned)?, after, depth)?),
            None => None,
        };
        let column = |ranking: &Ranking, other: Option<&Ranking>| {
            let ranked = ranking.hits.iter().take(depth).enumerate().map(|(i, hit)| Ranked {
                rank: i + 1,
                other_rank: other.map(|other| other.rank_of(hit.position)),
                position: hit.position,
                score: hit.score,
                grade: grades
                    .zip(collection.corpus.passages().get(hit.position))
                    .and_then(|(grades, passage)| grades.get(&passage.id).copied()),
            });
            ranked.collect()
        };
        let ndcg = |ranking: &Ranking| Some(eval::ndcg_at(&self.ids(&ranking.hits), grades?, NDCG_DEPTH));
        Ok(Found {
            relevant: grades.map(|grades| grades.values().filter(|grade| **grade > 0).count()),
            ndcg_at_10: ndcg(&before).map(|figure| (figure, after.as_ref().and_then(ndcg))),
            before: column(&before, after.as_ref()),
            after: after.as_ref().map(|after| column(after, Some(&before))),
        })
    }

    fn ids(&self, hits: &[Hit]) -> Vec<&str> {
        let passages =
            self.shelf.as_ref().map(|shelf| shelf.collection.corpus.passages()).unwrap_or_default();
        hits.iter().filter_map(|hit| passages.get(hit.position)).map(|passage| passage.id.as_str()).collect()
    }
}

/// The top of a ranking, and all scores, by which any passage's rank can be counted.
pub(super) struct Ranking<'a> {
    index: &'a Index,
    hits: Vec<Hit>,
    scores: Vec<f32>,
}

impl<'a> Ranking<'a> {
    pub(super) fn new(index: &'a Index, query: &[f32], depth: usize) -> Result<Self, EngineError> {
        let hits = index.top_k(query, depth.max(NDCG_DEPTH))?;
        Ok(Self { index, hits, scores: index.scores(query)? })
    }

    /// Rank of a passage, from 1: one more than those that beat it, by the index's own tie rule.
    pub(super) fn rank_of(&self, position: usize) -> usize {
        let index = self.index;
        let own = (self.scores.get(position).copied().unwrap_or(f32::NEG_INFINITY), index.row(position));
        let beats =
            |(other, &score): (usize, &f32)| score > own.0 || (score == own.0 && index.row(other) < own.1);
        1 + self.scores.iter().enumerate().filter(|&scored| beats(scored)).count()
    }
}
