//! The k best passages of each query, best first, equal scores by the smaller row.
//!
//! Kernel: `shaders/top_k.wgsl`, which sorts tiles; here the winners of the tiles meet again until one
//! tile is left. Reference loops: [`oracle`], below.

use crate::gpu::{Gpu, GpuError, GpuTensor, Kernel, KernelInfo};
use crate::{kernel, uniform};

const FORWARD: Kernel<Params> = kernel!("top_k");
const TILE: u32 = FORWARD.constant("TILE");
/// Most results per query: each round must leave at most half of the candidates.
pub const MAX_K: u32 = TILE / 2;

/// The kernels of this op.
pub const KERNELS: &[KernelInfo] = &[FORWARD.info()];

uniform! {
    /// Mirrors `struct Params` in the shader; `tests/shader_contracts.rs` compares the two.
    pub struct Params {
        /// Candidates per query.
        pub candidates: u32,
        /// Winners per tile.
        pub k: u32,
        /// 1 if the candidates' rows are given, 0 if a candidate's index is its row.
        pub rows_given: u32,
    }
}

/// The best passages of each query, best first.
pub struct TopK {
    /// Scores, `[queries, k]`.
    pub scores: GpuTensor,
    /// Rows of the passages, `[queries, k]`, indices.
    pub rows: GpuTensor,
}

/// Finds the `k` best columns of each row of `scores` `[queries, passages]`, which must be finite.
///
/// Returns fewer than `k` per query if there are fewer passages. Records a dispatch for every factor
/// of about 2048 / k in the number of passages.
///
/// # Errors
/// [`GpuError::Rank`] or [`GpuError::Element`] if `scores` is no matrix of floats,
/// [`GpuError::Unsupported`] if `k` exceeds [`MAX_K`].
pub fn top_k(gpu: &Gpu, scores: &GpuTensor, k: u32) -> Result<TopK, GpuError> {
    const OP: &str = "top_k";
    let [queries, passages] = scores.expect_matrix(OP, "scores")?;
    if k > MAX_K {
        let supported = "at most half a tile of 2,048 is supported";
        return Err(GpuError::Unsupported { op: OP, what: "k", value: k, supported });
    }
    let k = k.min(passages);
    if k == 0 {
        return Ok(TopK { scores: gpu.alloc(&[queries, 0]), rows: gpu.alloc_u32(&[queries, 0]) });
    }
    let mut best = round(gpu, queries, k, scores, None)?;
    loop {
        let [_, candidates] = best.scores.expect_matrix(OP, "candidates")?;
        if candidates == k {
            return Ok(best);
        }
        best = round(gpu, queries, k, &best.scores, Some(&best.rows))?;
    }
}

/// Sorts every tile of candidates and keeps its `k` best: `[queries, tiles · k]`.
fn round(
    gpu: &Gpu,
    queries: u32,
    k: u32,
    scores: &GpuTensor,
    rows: Option<&GpuTensor>,
) -> Result<TopK, GpuError> {
    let [_, candidates] = scores.expect_matrix("top_k", "candidates")?;
    let tiles = candidates.div_ceil(TILE);
    let best = TopK { scores: gpu.alloc(&[queries, tiles * k]), rows: gpu.alloc_u32(&[queries, tiles * k]) };
    let params = Params { candidates, k, rows_given: rows.is_some().into() };
    // A binding cannot stay empty: without rows the scores are bound in their place and not read.
    let bindings = [scores, rows.unwrap_or(scores), &best.scores, &best.rows];
    gpu.dispatch(&FORWARD, &params, &bindings, [tiles, queries, 1]);
    Ok(best)
}

/// The same in plain loops: the definition the kernel is held to.
pub mod oracle {
    /// `scores` is `[queries, passages]` row-major; returns (score, row) of the k best of each query.
    pub fn top_k(scores: &[f32], passages: usize, k: usize) -> Vec<Vec<(f32, u32)>> {
        let best = |scores: &[f32]| {
            let mut ranked: Vec<(f32, u32)> = scores.iter().copied().zip(0..).collect();
            ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            ranked.truncate(k);
            ranked
        };
        scores.chunks_exact(passages).map(best).collect()
    }
}
