//! Self-attention over packed sequences, without padding and without a mask.
//!
//! Kernel: `shaders/attention.wgsl`, heads of width 32 only. Reference loops: [`oracle`], below.

use crate::gpu::{Gpu, GpuError, GpuTensor, Kernel, KernelInfo};
use crate::{kernel, uniform};

const FORWARD: Kernel<Params> = kernel!("attention", "attention_tile");
/// Width of a head; the kernel keeps a head in registers and supports no other.
pub const HEAD_DIM: u32 = FORWARD.constant("HEAD_DIM");
/// Query rows per workgroup.
const QUERIES: u32 = FORWARD.constant("QUERIES");

/// The kernels of this op.
pub const KERNELS: &[KernelInfo] = &[FORWARD.info()];

uniform! {
    /// Mirrors `struct Params` in the shader; `tests/shader_contracts.rs` compares the two.
    pub struct Params {
        /// Attention heads.
        pub heads: u32,
    }
}

/// Which rows attend to which: one entry per tile of queries of one sequence.
#[derive(Clone)]
pub struct Work {
    /// (first query, end of queries, first key, end of keys), `[tiles, 4]`.
    tiles: GpuTensor,
    rows: u32,
}

impl Work {
    /// Cuts the sequences into tiles of queries and uploads the list.
    ///
    /// `cu_seqlens` is `[sequences + 1]`: where each sequence starts, and the total at the end.
    pub fn new(gpu: &Gpu, cu_seqlens: &[u32]) -> Self {
        let mut tiles = Vec::new();
        for sequence in cu_seqlens.windows(2) {
            let (start, end) = (sequence[0], sequence[1]);
            for query in (start..end).step_by(QUERIES as usize) {
                tiles.extend([query, end.min(query + QUERIES), start, end]);
            }
        }
        let count = (tiles.len() / 4) as u32;
        let rows = cu_seqlens.last().copied().unwrap_or(0);
        Self { tiles: gpu.upload_u32(&[count, 4], &tiles), rows }
    }

    /// The list itself, `[tiles, 4]`.
    pub(super) fn tiles(&self) -> &GpuTensor {
        &self.tiles
    }

    /// Number of tiles.
    pub(super) fn tile_count(&self) -> u32 {
        self.tiles.shape()[0]
    }

    /// Rows that attend.
    pub(super) fn rows(&self) -> u32 {
        self.rows
    }
}

/// Attends within each sequence; `qkv` is `[rows, 3 · heads · 32]`, returns `[rows, heads · 32]`.
///
/// A row holds the queries of all heads, then the keys, then the values. Records one dispatch.
///
/// # Errors
/// [`GpuError::Rank`], [`GpuError::Shape`] or [`GpuError::Element`] if `qkv` does not fit `work` and `heads`.
pub fn attention(gpu: &Gpu, qkv: &GpuTensor, work: &Work, heads: u32) -> Result<GpuTensor, GpuError> {
    const OP: &str = "attention";
    let hidden = heads * HEAD_DIM;
    qkv.expect_shape(OP, "qkv", &[work.rows, 3 * hidden])?;
    let [tiles, _] = work.tiles.expect_indices(OP, "work")?;

    let out = gpu.alloc(&[work.rows, hidden]);
    gpu.dispatch(&FORWARD, &Params { heads }, &[qkv, &work.tiles, &out], [tiles, heads, 1]);
    Ok(out)
}

/// The same mathematics in plain loops, `f64` inside: the definition the kernel is held to.
pub mod oracle {
    use crate::ops::oracle::softmax;

    /// `qkv` is `[rows, 3, heads, head_dim]` row-major; returns `[rows, heads, head_dim]`.
    pub fn attention(qkv: &[f32], cu_seqlens: &[u32], heads: usize, head_dim: usize) -> Vec<f32> {
        let hidden = heads * head_dim;
        let part = |row: usize, part: usize, head: usize| {
            qkv[(row * 3 + part) * hidden + head * head_dim..][..head_dim].iter().map(|&v| f64::from(v))
        };
        let mut out = Vec::with_capacity(qkv.len() / 3);
        for sequence in cu_seqlens.windows(2) {
            let keys = sequence[0] as usize..sequence[1] as usize;
            for (query, head) in keys.clone().flat_map(|query| (0..heads).map(move |head| (query, head))) {
                let logit = |key: usize| {
                    part(query, 0, head).zip(part(key, 1, head)).map(|(q, k)| q * k).sum::<f64>()
                };
                let weights = softmax(
                    &keys.clone().map(|key| logit(key) / (head_dim as f64).sqrt()).collect::<Vec<f64>>(),
                );
                let mut mixed = vec![0.0; head_dim];
                for (key, weight) in keys.clone().zip(weights) {
                    mixed.iter_mut().zip(part(key, 2, head)).for_each(|(sum, v)| *sum += weight * v);
                }
                out.extend(mixed.into_iter().map(|v| v as f32));
            }
        }
        out
    }
}
