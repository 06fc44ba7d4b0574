//! One query against all passages, before and after teaching.

use super::{Engine, EngineError};
use crate::eval;
use crate::retrieve::{Hit, Index};
use std::collections::BTreeMap;

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
        let index = self.index()?;
        let collection = self.collection()?;
        let grades = query_id.and_then(|id| collection.qrels.for_query(id));
        let before = full_ranking(index, before)?;
        let after = after.map(|query| full_ranking(index, query)).transpose()?;
        let grade = |hit: &Hit| {
            let passage = collection.corpus.passages().get(hit.position)?;
            grades?.get(&passage.id).copied()
        };
        let ndcg = |hits: &[Hit]| Some(eval::ndcg_at(&self.ids(hits), grades?, 10));
        let column = |hits: &[Hit], other: Option<&[Hit]>| {
            let other = other.map(ranks);
            let ranked = hits.iter().take(depth).enumerate().map(|(i, hit)| Ranked {
                rank: i + 1,
                other_rank: other.as_ref().and_then(|ranks| ranks.get(&hit.position).copied()),
                position: hit.position,
                score: hit.score,
                grade: grade(hit),
            });
            ranked.collect()
        };
        Ok(Found {
            relevant: grades.map(|grades| grades.values().filter(|grade| **grade > 0).count()),
            ndcg_at_10: ndcg(&before).map(|figure| (figure, after.as_deref().and_then(ndcg))),
            before: column(&before, after.as_deref()),
            after: after.as_deref().map(|after| column(after, Some(&before))),
        })
    }

    fn ids(&self, hits: &[Hit]) -> Vec<&str> {
        let passages = self.shelf.as_ref().map(|shelf| shelf.collection.corpus.passages()).unwrap_or_default();
        hits.iter().filter_map(|hit| passages.get(hit.position)).map(|passage| passage.id.as_str()).collect()
    }
}

fn full_ranking(index: &Index, query: &[f32]) -> Result<Vec<Hit>, EngineError> {
    Ok(index.top_k(query, index.len())?)
}

fn ranks(hits: &[Hit]) -> BTreeMap<usize, usize> {
    hits.iter().enumerate().map(|(i, hit)| (hit.position, i + 1)).collect()
}
