//! Exact search on the GPU: it proposes, and the CPU's dot products decide.
//!
//! A GPU adds in an order of its own, so its scores differ from the CPU's in the last digits, and with them might the
//! order of near ties. So it is asked for more passages than are wanted, the CPU scores those again, and the result
//! stands if by the bound on rounding no other passage can belong to it. Else the CPU searches. Hits are therefore
//! those of [`Index::top_k`], to the last bit.

use super::EngineError;
use crate::gpu::{Download, Gpu, GpuError, GpuTensor};
use crate::ops::scores::scores;
use crate::ops::top_k::{MAX_K, top_k};
use crate::retrieve::{Hit, Index, RetrieveError};
use std::sync::Arc;

/// Vectors that are bound at once: what every WebGPU device takes, so that shards are the same everywhere.
const SHARD_BYTES: usize = 128 << 20;
/// Queries whose scores are in memory at once.
const QUERIES: usize = 16;
/// Fewest passages proposed beyond those wanted.
const MARGIN: usize = 16;

/// An index with its vectors on the GPU, f16, in shards.
pub struct GpuIndex {
    gpu: Gpu,
    index: Arc<Index>,
    shards: Vec<Shard>,
}

/// Neighbouring rows, as many as are bound at once.
struct Shard {
    first_row: usize,
    rows: usize,
    /// Pairs of halves, `[rows, width / 2]`.
    vectors: GpuTensor,
}

/// What a shard proposes, on its way to the host: `[queries, kept]` each.
struct Proposing<'a> {
    shard: &'a Shard,
    kept: usize,
    scores: Download,
    rows: Download,
}

/// What all shards propose for a query.
#[derive(Clone)]
struct Proposals {
    rows: Vec<usize>,
    /// The GPU's score that no row beats which was not proposed.
    bar: f32,
}

impl GpuIndex {
    /// Copies the vectors to the GPU.
    pub fn new(gpu: &Gpu, index: &Arc<Index>) -> Self {
        Self::in_shards(gpu, index, SHARD_BYTES / (2 * index.width()))
    }

    /// Copies the vectors to the GPU in shards of at most `shard_rows` rows.
    pub fn in_shards(gpu: &Gpu, index: &Arc<Index>, shard_rows: usize) -> Self {
        let width = index.width();
        let shard = |(i, halves): (usize, &[u16])| {
            let rows = halves.len() / width;
            let vectors = gpu.upload_halves(&[rows as u32, (width / 2) as u32], halves);
            Shard { first_row: i * shard_rows.max(1), rows, vectors }
        };
        let shards = index.halves().chunks(shard_rows.max(1) * width).enumerate().map(shard).collect();
        Self { gpu: gpu.clone(), index: Arc::clone(index), shards }
    }

    /// Counts the shards.
    pub fn shards(&self) -> usize {
        self.shards.len()
    }

    /// Finds the `k` nearest passages of each query, best first; `queries` is `[queries, width]`.
    ///
    /// A `k` beyond what the kernel sorts is left to the CPU.
    ///
    /// # Errors
    /// [`EngineError::Retrieve`] for a bad query; [`EngineError::Encoder`] for whatever befalls the GPU, or a width that
    /// the kernel does not take.
    pub async fn top_k(&self, queries: &[f32], k: usize) -> Result<Vec<Vec<Hit>>, EngineError> {
        let width = self.index.width();
        if !queries.len().is_multiple_of(width) {
            let found = queries.len() % width;
            return Err(RetrieveError::QueryWidth { expected: width, found }.into());
        }
        if k == 0 || k + MARGIN > MAX_K as usize {
            let hits = queries.chunks_exact(width).map(|query| self.index.top_k(query, k));
            return Ok(hits.collect::<Result<_, _>>()?);
        }
        let mut found = Vec::with_capacity(queries.len() / width);
        for queries in queries.chunks(QUERIES * width) {
            let proposals = self.propose(queries, k).await?;
            for (query, proposals) in queries.chunks_exact(width).zip(&proposals) {
                found.push(self.settle(query, proposals, k)?);
            }
        }
        Ok(found)
    }

    /// Asks every shard for its best rows; all are at work before the first is waited for.
    async fn propose(&self, queries: &[f32], k: usize) -> Result<Vec<Proposals>, GpuError> {
        let width = self.index.width();
        let count = queries.len() / width;
        let queries = self.gpu.upload(&[count as u32, width as u32], queries);
        let kept = (2 * k + MARGIN).min(MAX_K as usize);
        let begin = |shard| begin(&self.gpu, shard, &queries, kept);
        let under_way = self.shards.iter().map(begin).collect::<Result<Vec<_>, _>>()?;
        let mut proposals = vec![Proposals { rows: Vec::new(), bar: f32::NEG_INFINITY }; count];
        for proposing in under_way {
            proposing.read_into(&mut proposals).await?;
        }
        Ok(proposals)
    }

    /// Scores what was proposed again, and makes sure that nothing is missing.
    fn settle(&self, query: &[f32], proposals: &Proposals, k: usize) -> Result<Vec<Hit>, RetrieveError> {
        let hits = self.index.top_k_of(query, &proposals.rows, k)?;
        let rounding = self.index.rounding(query);
        let is_sure = hits.last().is_some_and(|last| last.score - rounding > proposals.bar);
        if is_sure { Ok(hits) } else { self.index.top_k(query, k) }
    }
}

fn begin<'a>(
    gpu: &Gpu,
    shard: &'a Shard,
    queries: &GpuTensor,
    kept: usize,
) -> Result<Proposing<'a>, GpuError> {
    let kept = kept.min(shard.rows);
    let best = top_k(gpu, &scores(gpu, queries, &shard.vectors)?, kept as u32)?;
    let (scores, rows) = (gpu.start_download(&best.scores), gpu.start_download(&best.rows));
    Ok(Proposing { shard, kept, scores, rows })
}

impl Proposing<'_> {
    async fn read_into(self, proposals: &mut [Proposals]) -> Result<(), GpuError> {
        let (scores, rows) = (self.scores.read().await?, self.rows.read_u32().await?);
        let of_queries = scores.chunks_exact(self.kept).zip(rows.chunks_exact(self.kept));
        for (proposals, (scores, rows)) in proposals.iter_mut().zip(of_queries) {
            proposals.rows.extend(rows.iter().map(|&row| self.shard.first_row + row as usize));
            if let Some(&last) = scores.last().filter(|_| self.kept < self.shard.rows) {
                proposals.bar = proposals.bar.max(last);
            }
        }
        Ok(())
    }
}
