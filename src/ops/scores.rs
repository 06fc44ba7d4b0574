//! Scores of queries against passages: dot products of their embeddings, the passages in f16.
//!
//! Kernel: `shaders/scores.wgsl`. Reference loops: [`oracle`], below. For unit vectors a score is a cosine, in
//! [-1, 1], higher is better.

use crate::gpu::{Gpu, GpuError, GpuTensor, Kernel, KernelInfo};
use crate::{kernel, uniform};

const FORWARD: Kernel<Params> = kernel!("scores");
const LANES: u32 = FORWARD.constant("LANES");

/// The kernels of this op.
pub const KERNELS: &[KernelInfo] = &[FORWARD.info()];

uniform! {
    /// Mirrors `struct Params` in the shader; `tests/shader_contracts.rs` compares the two.
    pub struct Params {
        /// Passages.
        pub rows: u32,
        /// Values of a vector.
        pub width: u32,
    }
}

/// Scores `queries` `[queries, width]` against `passages`, pairs of halves `[rows, width / 2]`; `[queries, rows]`.
///
/// Records one dispatch; nothing is read back. `width` must be a multiple of 8.
///
/// # Errors
/// [`GpuError::Rank`], [`GpuError::Shape`] or [`GpuError::Element`] if an operand does not fit,
/// [`GpuError::Unsupported`] for another width.
pub fn scores(gpu: &Gpu, queries: &GpuTensor, passages: &GpuTensor) -> Result<GpuTensor, GpuError> {
    const OP: &str = "scores";
    let [count, width] = queries.expect_matrix(OP, "queries")?;
    let [rows, pairs] = passages.expect_indices(OP, "passages")?;
    if !width.is_multiple_of(8) {
        let supported = "the kernel reads eight halves at once and needs a multiple of 8";
        return Err(GpuError::Unsupported { op: OP, what: "width", value: width, supported });
    }
    if pairs != width / 2 {
        let (expected, found) = (vec![rows, width / 2], vec![rows, pairs]);
        return Err(GpuError::Shape { op: OP, tensor: "passages", expected, found });
    }
    let scores = gpu.alloc(&[count, rows]);
    let grid = [rows.div_ceil(LANES), count, 1];
    gpu.dispatch(&FORWARD, &Params { rows, width }, &[queries, passages, &scores], grid);
    Ok(scores)
}

/// The same mathematics in plain loops, `f64` inside: the definition the kernel is held to.
pub mod oracle {
    use half::f16;

    /// `queries` is `[queries, width]`, `passages` the bits of halves `[rows, width]`; returns `[queries, rows]`.
    pub fn scores(queries: &[f32], passages: &[u16], width: usize) -> Vec<f32> {
        let score = |query: &[f32], passage: &[u16]| {
            let products =
                query.iter().zip(passage).map(|(&q, &p)| f64::from(q) * f16::from_bits(p).to_f64());
            products.sum::<f64>() as f32
        };
        let of_query = |query| passages.chunks_exact(width).map(move |passage| score(query, passage));
        queries.chunks_exact(width).flat_map(of_query).collect()
    }
}
