//! Mean over the tokens of each sequence, or its first one alone, then L2 normalisation: a text's embedding.
//!
//! Kernels: `shaders/pool_normalize.wgsl`, `shaders/pool_normalize_grad.wgsl`. Reference loops: [`oracle`], below. There is no padding, so
//! there is no mask.

use crate::gpu::{Gpu, GpuError, GpuTensor, Kernel, KernelInfo, folded};
use crate::{kernel, uniform};
use std::ops::Range;

const FORWARD: Kernel<Params> = kernel!("pool_normalize", "lane_sum", "flat_grid");
const GRAD: Kernel<Params> = kernel!("pool_normalize_grad", "lane_sum", "flat_grid");

/// The kernels of this op.
pub const KERNELS: &[KernelInfo] = &[FORWARD.info(), GRAD.info()];

uniform! {
    /// Mirrors `struct Params` in the shader; `tests/shader_contracts.rs` compares the two.
    pub struct Params {
        /// Sequences to pool.
        pub sequences: u32,
        /// Width of a row.
        pub hidden: u32,
        /// Rows of a sequence that count, from its first on.
        pub most_rows: u32,
    }
}

/// Which tokens' states become a text's embedding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pooling {
    /// The mean of all.
    #[default]
    Mean,
    /// That of the first token, `[CLS]`.
    Cls,
}

impl Pooling {
    /// Returns its name in `1_Pooling/config.json` and in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Cls => "cls",
        }
    }

    /// Returns its name in a sentence.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Cls => "CLS",
        }
    }

    /// The most rows of a sequence that count, from its first on.
    pub fn most_rows(self) -> u32 {
        match self {
            Self::Mean => u32::MAX,
            Self::Cls => 1,
        }
    }

    /// The rows that count of a sequence's.
    pub fn rows(self, sequence: &Range<usize>) -> Range<usize> {
        sequence.start..sequence.start + sequence.len().min(self.most_rows() as usize)
    }
}

/// Pools `x` `[rows, hidden]` by `cu_seqlens` `[sequences + 1]`; returns `[sequences, hidden]`.
///
/// Rows of the result have length 1, or are zero for a sequence without tokens. Records one dispatch.
///
/// # Errors
/// [`GpuError::Rank`] or [`GpuError::Element`] if an operand is of the wrong kind,
/// [`GpuError::Unsupported`] if `cu_seqlens` is empty.
pub fn pool_normalize(
    gpu: &Gpu,
    x: &GpuTensor,
    cu_seqlens: &GpuTensor,
    pooling: Pooling,
) -> Result<GpuTensor, GpuError> {
    const OP: &str = "pool_normalize";
    let [_, hidden] = x.expect_matrix(OP, "x")?;
    let [bounds] = cu_seqlens.expect_indices(OP, "cu_seqlens")?;
    let Some(sequences) = bounds.checked_sub(1) else {
        let supported = "it holds at least the total";
        return Err(GpuError::Unsupported { op: OP, what: "length of cu_seqlens", value: bounds, supported });
    };

    let y = gpu.alloc(&[sequences, hidden]);
    let params = Params { sequences, hidden, most_rows: pooling.most_rows() };
    gpu.dispatch(&FORWARD, &params, &[x, cu_seqlens, &y], folded(sequences));
    Ok(y)
}

/// Forms the gradient of `x` `[rows, hidden]` from that of the pooled rows, `dy` `[sequences, hidden]`.
///
/// `y` is what [`pool_normalize`] gave for the same `x`, `cu_seqlens` and `pooling`. Records one dispatch.
///
/// # Errors
/// [`GpuError::Rank`], [`GpuError::Shape`] or [`GpuError::Element`] if an operand does not fit.
pub fn pool_normalize_grad(
    gpu: &Gpu,
    x: &GpuTensor,
    cu_seqlens: &GpuTensor,
    [y, dy]: [&GpuTensor; 2],
    pooling: Pooling,
) -> Result<GpuTensor, GpuError> {
    const OP: &str = "pool_normalize_grad";
    let [rows, hidden] = x.expect_matrix(OP, "x")?;
    let [bounds] = cu_seqlens.expect_indices(OP, "cu_seqlens")?;
    let sequences = bounds.saturating_sub(1);
    y.expect_shape(OP, "y", &[sequences, hidden])?;
    dy.expect_shape(OP, "dy", &[sequences, hidden])?;

    let dx = gpu.alloc(&[rows, hidden]);
    let bindings = [x, cu_seqlens, y, dy, &dx];
    let params = Params { sequences, hidden, most_rows: pooling.most_rows() };
    gpu.dispatch(&GRAD, &params, &bindings, folded(sequences));
    Ok(dx)
}

/// The same mathematics in plain loops, `f64` inside: the definition the kernels are held to.
pub mod oracle {
    use super::Pooling;

    /// `x` is `[rows, hidden]`, `dy` `[sequences, hidden]`, row-major; returns `[rows, hidden]`.
    pub fn pool_normalize_grad(
        x: &[f32],
        cu_seqlens: &[u32],
        dy: &[f32],
        hidden: usize,
        pooling: Pooling,
    ) -> Vec<f32> {
        let mut dx = Vec::with_capacity(x.len());
        for (sequence, dy) in cu_seqlens.windows(2).zip(dy.chunks_exact(hidden)) {
            let sequence = sequence[0] as usize..sequence[1] as usize;
            let pooled = pooling.rows(&sequence);
            let count = pooled.len().max(1) as f64;
            let column = |i: usize| pooled.clone().map(|row| f64::from(x[row * hidden + i])).sum::<f64>();
            let mean: Vec<f64> = (0..hidden).map(|i| column(i) / count).collect();
            let norm = mean.iter().map(|v| v * v).sum::<f64>().sqrt().max(1e-12);
            let along: f64 = mean.iter().zip(dy).map(|(m, &dy)| m / norm * f64::from(dy)).sum();
            for row in sequence {
                let share = if pooled.contains(&row) { 1.0 / count } else { 0.0 };
                let row =
                    mean.iter().zip(dy).map(|(m, &dy)| (f64::from(dy) - m / norm * along) / norm * share);
                dx.extend(row.map(|value| value as f32));
            }
        }
        dx
    }

    /// `x` is `[rows, hidden]` row-major; returns `[sequences, hidden]`.
    pub fn pool_normalize(x: &[f32], cu_seqlens: &[u32], hidden: usize, pooling: Pooling) -> Vec<f32> {
        let mut y = Vec::new();
        for sequence in cu_seqlens.windows(2) {
            let pooled = pooling.rows(&(sequence[0] as usize..sequence[1] as usize));
            let mut mean = vec![0.0; hidden];
            for row in x[pooled.start * hidden..pooled.end * hidden].chunks_exact(hidden) {
                mean.iter_mut().zip(row).for_each(|(sum, &v)| *sum += f64::from(v));
            }
            mean.iter_mut().for_each(|sum| *sum /= pooled.len().max(1) as f64);
            let norm = mean.iter().map(|v| v * v).sum::<f64>().sqrt().max(1e-12);
            y.extend(mean.iter().map(|v| (v / norm) as f32));
        }
        y
    }
}
