//! The passages and the judged queries on a plane: where each query lay before teaching and where it lies after.
//!
//! Distances on the plane are approximate: what the two axes leave out is told, and which passages are near is
//! decided in all dimensions. Nothing is drawn here.

use super::passage_index::PassageIndex;
use super::{Engine, EngineError, Tower};
use crate::data::Collection;
use crate::retrieve::{Hit, Projection, Scatter};
use std::sync::Arc;

/// Passages whose vectors are counted in one piece.
const PASSAGES_PER_PIECE: usize = 256;
/// Queries whose neighbours are sought in one piece.
const QUERIES_PER_PIECE: usize = 16;
/// Nearest passages that are compared before and after.
pub const NEIGHBORS: usize = 10;
/// More points could not be told apart on a screen.
pub const MOST_PASSAGES: usize = 20_000;

/// A judged query on the plane.
#[derive(Debug, Clone, PartialEq)]
pub struct MappedQuery {
    /// Its id.
    pub query_id: String,
    /// Where it lies by the base model.
    pub before: [f32; 2],
    /// Where it lies as it was taught.
    pub after: [f32; 2],
    /// How many of its [`NEIGHBORS`] nearest passages are nearest after teaching, too.
    pub kept: usize,
}

/// Passages and judged queries on a plane.
#[derive(Debug, Clone, PartialEq)]
pub struct MappedCollection {
    /// The share of the passages' variance along each axis, 0 to 1.
    pub shares: [f64; 2],
    /// Passages by corpus position, and where they lie by the base model; not all if there are too many.
    pub passages: Vec<(usize, [f32; 2])>,
    /// Every judged query, by id.
    pub queries: Vec<MappedQuery>,
    /// Neighbours that were compared: [`NEIGHBORS`], or all passages if there are fewer.
    pub neighbors: usize,
}

/// Maps the open collection: axes from the passages by the base model, then the queries of both towers on them.
pub struct MappingJob {
    collection: Arc<Collection>,
    indexes: [PassageIndex; 2],
    /// The judged queries' vectors before and after, `[judged, width]`.
    vectors: [Arc<[f32]>; 2],
    query_ids: Vec<String>,
    scatter: Scatter,
    counted: usize,
    projection: Option<Projection>,
    queries: Vec<MappedQuery>,
}

impl Engine {
    /// Begins to map the passages and the judged queries.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] unless both towers were measured.
    pub fn mapping(&self) -> Result<MappingJob, EngineError> {
        let collection = Arc::clone(self.collection()?);
        let indexes = [self.index_of(Tower::Baseline)?.clone(), self.index_of(Tower::Tuned)?.clone()];
        let vectors = |tower| Ok::<_, EngineError>(Arc::clone(&self.measured(tower)?.vectors));
        Ok(MappingJob {
            vectors: [vectors(Tower::Baseline)?, vectors(Tower::Tuned)?],
            query_ids: collection.judged_queries().map(|query| query.id.clone()).collect(),
            scatter: Scatter::new(indexes[0].index().width()),
            collection,
            indexes,
            counted: 0,
            projection: None,
            queries: Vec::new(),
        })
    }
}

impl MappingJob {
    /// Does one piece of the work; returns whether there is more.
    ///
    /// # Errors
    /// Those of searching.
    pub async fn advance(&mut self) -> Result<bool, EngineError> {
        match self.projection.take() {
            None if self.counted < self.passages() => self.count()?,
            None => self.projection = Some(self.scatter.projection()),
            Some(projection) => {
                let placed = self.place(&projection).await;
                self.projection = Some(projection);
                placed?;
            }
        }
        Ok(!self.is_done())
    }

    /// What came of it.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if the job is not finished.
    pub fn finish(self) -> Result<MappedCollection, EngineError> {
        let (true, Some(projection)) = (self.is_done(), &self.projection) else {
            return Err(EngineError::NotReady("the queries are not all mapped"));
        };
        let every = self.passages().div_ceil(MOST_PASSAGES).max(1);
        let index = self.indexes[0].index();
        let mut passages = Vec::new();
        for position in (0..self.passages()).step_by(every) {
            let Some(vector) = index.vector(position) else { continue };
            passages.push((position, projection.place(&vector)?));
        }
        let neighbors = NEIGHBORS.min(self.passages());
        Ok(MappedCollection { shares: projection.shares(), passages, queries: self.queries, neighbors })
    }

    fn passages(&self) -> usize {
        self.collection.corpus.len()
    }

    fn is_done(&self) -> bool {
        self.projection.is_some() && self.queries.len() == self.query_ids.len()
    }

    fn count(&mut self) -> Result<(), EngineError> {
        let end = (self.counted + PASSAGES_PER_PIECE).min(self.passages());
        for position in self.counted..end {
            if let Some(vector) = self.indexes[0].index().vector(position) {
                self.scatter.add(&vector)?;
            }
        }
        self.counted = end;
        Ok(())
    }

    async fn place(&mut self, projection: &Projection) -> Result<(), EngineError> {
        let width = self.indexes[0].index().width();
        let from = self.queries.len();
        let to = (from + QUERIES_PER_PIECE).min(self.query_ids.len());
        let part = |vectors: &Arc<[f32]>| vectors.get(from * width..to * width).unwrap_or_default().to_vec();
        let [before, after] = self.vectors.each_ref().map(part);
        let near = [
            self.indexes[0].top_k(&before, NEIGHBORS).await?,
            self.indexes[1].top_k(&after, NEIGHBORS).await?,
        ];
        let vectors = before.chunks_exact(width).zip(after.chunks_exact(width));
        let ids = self.query_ids.iter().skip(from);
        for ((id, (before, after)), (old, new)) in ids.zip(vectors).zip(near[0].iter().zip(&near[1])) {
            self.queries.push(MappedQuery {
                query_id: id.clone(),
                before: projection.place(before)?,
                after: projection.place(after)?,
                kept: in_both(old, new),
            });
        }
        Ok(())
    }
}

/// How many passages two rankings share.
fn in_both(before: &[Hit], after: &[Hit]) -> usize {
    before.iter().filter(|hit| after.iter().any(|other| other.position == hit.position)).count()
}
