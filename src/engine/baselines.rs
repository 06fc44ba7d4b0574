//! One query by any of the systems: the baselines as further columns beside before and after.
//!
//! Cuts what the evaluation ranks, so that a column shows the very ranking that was measured.

use super::systems::AskedQuery;
use super::{Engine, EngineError, Ranked, System, Tower};
use crate::retrieve::Hit;
use std::sync::Arc;

impl Engine {
    /// Ranks the passages for a query by each of the systems, `depth` of them; `query_id` brings in its judgements.
    ///
    /// `before` and `after` are the query's vectors by the towers that the systems need. A passage's `other_rank` is
    /// its rank by the base model; none without `before`.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if a system lacks its vectors, [`EngineError::Retrieve`] if a vector is bad.
    pub fn rank_by(
        &mut self,
        systems: &[System],
        text: &str,
        [before, after]: [Option<&[f32]>; 2],
        query_id: Option<&str>,
        depth: usize,
    ) -> Result<Vec<Vec<Ranked>>, EngineError> {
        let rankers = self.rankers(systems)?;
        let collection = Arc::clone(self.collection()?);
        let grades = query_id.and_then(|id| collection.qrels.for_query(id));
        let base = match before {
            Some(before) => Some((self.index_of(Tower::Baseline)?.index(), before)),
            None => None,
        };
        let column = |hits: Vec<Hit>| -> Result<Vec<Ranked>, EngineError> {
            let hits = &hits[..hits.len().min(depth)];
            let positions: Vec<usize> = hits.iter().map(|hit| hit.position).collect();
            let base_ranks = match base {
                Some((index, before)) => index.ranks(before, &positions)?,
                None => vec![None; positions.len()],
            };
            let ranked = (1..).zip(hits).zip(base_ranks).map(|((rank, hit), other_rank)| Ranked {
                rank,
                other_rank,
                position: hit.position,
                score: hit.score,
                grade: grades
                    .zip(collection.corpus.passages().get(hit.position))
                    .and_then(|(grades, passage)| grades.get(&passage.id).copied()),
            });
            Ok(ranked.collect())
        };
        rankers.rank(systems, AskedQuery { text, before, after })?.into_iter().map(column).collect()
    }
}
