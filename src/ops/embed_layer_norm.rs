//! BERT's embedding: token, position and type 0 summed, then LayerNorm.
//!
//! Kernel: `shaders/embed_layer_norm.wgsl`. Reference loops: [`oracle`], below. Ids and positions must
//! lie inside their tables; the caller, who has them on the host, checks that.

use super::layer_norm::Norm;
pub use super::layer_norm::Params;
use crate::gpu::{Gpu, GpuError, GpuTensor, Kernel, KernelInfo, folded};
use crate::kernel;

const FORWARD: Kernel<Params> = kernel!("embed_layer_norm", "lane_sum", "flat_grid");

/// The kernels of this op.
pub const KERNELS: &[KernelInfo] = &[FORWARD.info()];

/// The tables that an embedding is summed from.
#[derive(Clone)]
pub struct Tables {
    /// One row per token of the vocabulary, `[vocab, hidden]`.
    pub words: GpuTensor,
    /// One row per position, `[max_positions, hidden]`.
    pub positions: GpuTensor,
    /// One row per segment type, `[2, hidden]`; the first is used.
    pub types: GpuTensor,
}

/// Embeds `tokens` `[rows, 2]`, pairs of (id, position), and normalises; returns `[rows, hidden]`.
///
/// Records one dispatch; nothing is read back.
///
/// # Errors
/// [`GpuError::Rank`], [`GpuError::Shape`] or [`GpuError::Element`] if an operand does not fit.
pub fn embed_layer_norm(
    gpu: &Gpu,
    tokens: &GpuTensor,
    tables: &Tables,
    norm: &Norm,
) -> Result<GpuTensor, GpuError> {
    const OP: &str = "embed_layer_norm";
    let [rows, pair] = tokens.expect_indices(OP, "tokens")?;
    if pair != 2 {
        let (expected, found) = (vec![rows, 2], vec![rows, pair]);
        return Err(GpuError::Shape { op: OP, tensor: "tokens", expected, found });
    }
    let [_, hidden] = tables.words.expect_matrix(OP, "words")?;
    let [max_positions, _] = tables.positions.expect_matrix(OP, "positions")?;
    tables.positions.expect_shape(OP, "positions", &[max_positions, hidden])?;
    tables.types.expect_shape(OP, "types", &[2, hidden])?;
    norm.gamma.expect_shape(OP, "gamma", &[hidden])?;
    norm.beta.expect_shape(OP, "beta", &[hidden])?;

    let y = gpu.alloc(&[rows, hidden]);
    let params = Params { rows, hidden, eps: norm.eps };
    let bindings = [tokens, &tables.words, &tables.positions, &tables.types, &norm.gamma, &norm.beta, &y];
    gpu.dispatch(&FORWARD, &params, &bindings, folded(rows));
    Ok(y)
}

/// The same mathematics in plain loops: the definition the kernel is held to.
pub mod oracle {
    use crate::ops::{embed_grad, layer_norm};

    /// `tokens` are (id, position) pairs; the tables are row-major, `gamma`, `beta` `[hidden]`.
    pub fn embed_layer_norm(
        tokens: &[[u32; 2]],
        [words, positions, types]: [&[f32]; 3],
        [gamma, beta]: [&[f32]; 2],
        eps: f64,
    ) -> Vec<f32> {
        let sums = embed_grad::oracle::sum(tokens, [words, positions, types], gamma.len());
        layer_norm::oracle::layer_norm(&sums, gamma, beta, eps)
    }
}
