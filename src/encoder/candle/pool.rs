//! Mean over a sequence's tokens, or its first one alone, then L2 normalisation, as one candle op.

use super::slices::{output, values, view};
use crate::ops::pool_normalize::Pooling;
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use std::ops::Range;
use std::sync::Arc;

/// Below this norm a vector is divided by it instead of by its norm, as PyTorch's `normalize` does.
const SMALLEST_NORM: f32 = 1e-12;

/// Unit vectors `[sequences, hidden]` from token states `[tokens, hidden]`.
pub(super) fn pool_normalize(
    x: &Tensor,
    sequences: &Arc<[Range<usize>]>,
    pooling: Pooling,
) -> Result<Tensor> {
    x.apply_op1(PoolNormalize { sequences: Arc::clone(sequences), hidden: x.dim(1)?, pooling })
}

struct PoolNormalize {
    sequences: Arc<[Range<usize>]>,
    hidden: usize,
    pooling: Pooling,
}

impl PoolNormalize {
    /// The mean of the rows `pooled`.
    fn mean(&self, x: &[f32], pooled: &Range<usize>) -> Vec<f32> {
        let mut mean = vec![0.0; self.hidden];
        let rows = &x[pooled.start * self.hidden..pooled.end * self.hidden];
        for row in rows.chunks_exact(self.hidden) {
            mean.iter_mut().zip(row).for_each(|(mean, x)| *mean += x);
        }
        let factor = 1.0 / pooled.len().max(1) as f32;
        mean.iter_mut().for_each(|mean| *mean *= factor);
        mean
    }
}

impl CustomOp1 for PoolNormalize {
    fn name(&self) -> &'static str {
        "pool-normalize"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = values(x, layout)?;
        let mut y = Vec::with_capacity(self.sequences.len() * self.hidden);
        for sequence in self.sequences.iter() {
            let mean = self.mean(x, &self.pooling.rows(sequence));
            let norm = norm(&mean);
            y.extend(mean.iter().map(|mean| mean / norm));
        }
        output(y, self.hidden)
    }

    /// dmean = (dy - y (y · dy)) / norm, spread evenly over the tokens that were pooled.
    fn bwd(&self, x: &Tensor, y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let (x_values, y_values, dy_values) = (view(x)?, view(y)?, view(dy)?);
        let mut dx = Vec::with_capacity(x_values.len());
        let rows = y_values.chunks_exact(self.hidden).zip(dy_values.chunks_exact(self.hidden));
        for (sequence, (y, dy)) in self.sequences.iter().zip(rows) {
            let pooled = self.pooling.rows(sequence);
            let factor = 1.0 / (norm(&self.mean(&x_values, &pooled)) * pooled.len().max(1) as f32);
            let along: f32 = y.iter().zip(dy).map(|(y, dy)| y * dy).sum();
            let row: Vec<f32> = y.iter().zip(dy).map(|(y, dy)| (dy - y * along) * factor).collect();
            pooled.clone().for_each(|_| dx.extend_from_slice(&row));
            dx.resize(sequence.end * self.hidden, 0.0);
        }
        Ok(Some(Tensor::from_vec(dx, x.shape(), x.device())?))
    }
}

fn norm(x: &[f32]) -> f32 {
    x.iter().map(|x| x * x).sum::<f32>().sqrt().max(SMALLEST_NORM)
}
