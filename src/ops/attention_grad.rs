//! Self-attention over packed sequences, backward: queries, keys and values.
//!
//! Kernels: `shaders/attention_grad_query.wgsl`, then `shaders/attention_grad_key.wgsl`. Reference loops:
//! [`oracle`], below. Nothing of the forward pass but its input is needed: the probabilities are formed again.

use super::attention::{HEAD_DIM, Params, Work};
use crate::gpu::{Gpu, GpuError, GpuTensor, Kernel, KernelInfo};
use crate::kernel;

const QUERY: Kernel<Params> = kernel!("attention_grad_query", "attention_tile", "attention_grad");
const KEY: Kernel<Params> = kernel!("attention_grad_key", "attention_tile", "attention_grad");

/// The kernels of this op.
pub const KERNELS: &[KernelInfo] = &[QUERY.info(), KEY.info()];

/// Forms the gradient of `qkv` `[rows, 3 · heads · 32]` from that of the output, `dout` `[rows, heads · 32]`.
///
/// Records two dispatches; nothing is read back.
///
/// # Errors
/// [`GpuError::Rank`], [`GpuError::Shape`] or [`GpuError::Element`] if an operand does not fit `work` and `heads`.
pub fn attention_grad(
    gpu: &Gpu,
    qkv: &GpuTensor,
    work: &Work,
    heads: u32,
    dout: &GpuTensor,
) -> Result<GpuTensor, GpuError> {
    const OP: &str = "attention_grad";
    let (rows, hidden) = (work.rows(), heads * HEAD_DIM);
    qkv.expect_shape(OP, "qkv", &[rows, 3 * hidden])?;
    dout.expect_shape(OP, "dout", &[rows, hidden])?;

    let (dqkv, stats) = (gpu.alloc(&[rows, 3 * hidden]), gpu.alloc(&[rows, heads, 2]));
    let bindings = [qkv, work.tiles(), dout, &stats, &dqkv];
    let grid = [work.tile_count(), heads, 1];
    gpu.dispatch(&QUERY, &Params { heads }, &bindings, grid);
    gpu.dispatch(&KEY, &Params { heads }, &bindings, grid);
    Ok(dqkv)
}

/// The same mathematics in plain loops, `f64` inside: the definition the kernels are held to.
pub mod oracle {
    use crate::ops::oracle::{dot, softmax};

    /// `qkv` is `[rows, 3, heads, head_dim]`, `dout` `[rows, heads, head_dim]`, row-major; returns that of `qkv`.
    pub fn attention_grad(
        qkv: &[f32],
        dout: &[f32],
        cu_seqlens: &[u32],
        heads: usize,
        head_dim: usize,
    ) -> Vec<f32> {
        let hidden = heads * head_dim;
        let scale = (head_dim as f64).sqrt().recip();
        let place = |row: usize, part: usize, head: usize| (row * 3 + part) * hidden + head * head_dim;
        let part = |row, part, head| &qkv[place(row, part, head)..][..head_dim];
        let mut grad = vec![0.0; qkv.len()];
        let mut add = |at: usize, factor: f64, values: &[f32]| {
            grad[at..at + head_dim]
                .iter_mut()
                .zip(values)
                .for_each(|(sum, &v)| *sum += factor * f64::from(v));
        };
        for sequence in cu_seqlens.windows(2) {
            let rows = sequence[0] as usize..sequence[1] as usize;
            for (query, head) in rows.clone().flat_map(|query| (0..heads).map(move |head| (query, head))) {
                let dout = &dout[query * hidden + head * head_dim..][..head_dim];
                let logits = rows.clone().map(|key| dot(part(query, 0, head), part(key, 1, head)) * scale);
                let p = softmax(&logits.collect::<Vec<f64>>());
                let dp: Vec<f64> = rows.clone().map(|key| dot(dout, part(key, 2, head))).collect();
                let mean: f64 = p.iter().zip(&dp).map(|(p, dp)| p * dp).sum();
                for ((key, p), dp) in rows.clone().zip(&p).zip(&dp) {
                    let ds = p * (dp - mean) * scale;
                    add(place(query, 0, head), ds, part(key, 1, head));
                    add(place(key, 1, head), ds, part(query, 0, head));
                    add(place(key, 2, head), *p, dout);
                }
            }
        }
        grad.into_iter().map(|value| value as f32).collect()
    }
}
