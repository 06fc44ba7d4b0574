//! LayerNorm (Ba et al. 2016, arXiv 1607.06450) with a backward pass.
//!
//! `candle_nn::ops::layer_norm` has none and says nothing, so it cannot be used for teaching.

use super::math;
use super::parameter::Gradient;
use crate::spread::{Work, spread};
use std::sync::Arc;

/// Rows that one core takes at a time.
const ROWS: usize = 32;

/// Scale and shift of a LayerNorm, `[hidden]` each.
pub(super) struct LayerNorm {
    pub(super) gamma: Arc<[f32]>,
    pub(super) beta: Arc<[f32]>,
    pub(super) eps: f32,
    /// Where the gradients of scale and shift go, if they are trained.
    pub(super) gradients: Option<[Arc<Gradient>; 2]>,
}

impl LayerNorm {
    /// Returns `x`, `[rows, hidden]`, with every row normalised.
    pub(super) fn normalize(&self, x: &[f32]) -> Vec<f32> {
        let mut y = x.to_vec();
        spread(y.chunks_mut(ROWS * self.gamma.len()), &Normalize(self));
        y
    }

    /// Returns the gradient of the input `x` from that of the output, both `[rows, hidden]`; adds to the gradients of
    /// scale and shift if they are trained.
    pub(super) fn backward(&self, x: &[f32], dy: &[f32]) -> Vec<f32> {
        let piece = ROWS * self.gamma.len();
        let mut dx = vec![0.0; x.len()];
        let pieces = x.chunks(piece).zip(dy.chunks(piece)).zip(dx.chunks_mut(piece));
        spread(pieces, &Backward(self));
        if let Some(gradients) = &self.gradients {
            let [mut gamma, mut beta] = gradients.each_ref().map(|gradient| gradient.sum());
            self.add_gradients(x, dy, [&mut gamma, &mut beta]);
        }
        dx
    }

    /// dγ = Σ dy x̂ and dβ = Σ dy over the rows.
    fn add_gradients(&self, x: &[f32], dy: &[f32], [dgamma, dbeta]: [&mut [f32]; 2]) {
        let hidden = self.gamma.len();
        for (x, dy) in x.chunks_exact(hidden).zip(dy.chunks_exact(hidden)) {
            let (mean, rstd) = statistics(x, self.eps);
            for (((dgamma, dbeta), x), dy) in dgamma.iter_mut().zip(&mut *dbeta).zip(x).zip(dy) {
                *dgamma += dy * (x - mean) * rstd;
                *dbeta += dy;
            }
        }
    }

    #[inline(always)]
    fn normalize_row(&self, row: &mut [f32]) {
        let (mean, rstd) = statistics(row, self.eps);
        for ((x, gamma), beta) in row.iter_mut().zip(&*self.gamma).zip(&*self.beta) {
            *x = (*x - mean) * rstd * gamma + beta;
        }
    }

    /// dx of one row from dy: r (g - mean(g) - x̂ mean(g x̂)) with g = dy γ (Ba et al. 2016, section 3).
    #[inline(always)]
    fn backward_row(&self, sum: &[f32], dy: &[f32], dx: &mut [f32]) {
        let (mean, rstd) = statistics(sum, self.eps);
        let n = sum.len() as f32;
        for ((g, dy), gamma) in dx.iter_mut().zip(dy).zip(&*self.gamma) {
            *g = dy * gamma;
        }
        let mean_g = math::sum(dx, |g| g) / n;
        let mean_g_x_hat = math::sum_pairs(dx, sum, |g, x| g * (x - mean)) * rstd / n;
        for (dx, x) in dx.iter_mut().zip(sum) {
            *dx = rstd * (*dx - mean_g - (x - mean) * rstd * mean_g_x_hat);
        }
    }
}

struct Normalize<'a>(&'a LayerNorm);

impl Work<&mut [f32]> for Normalize<'_> {
    #[inline(always)]
    fn run(&self, rows: &mut [f32]) {
        for row in rows.chunks_exact_mut(self.0.gamma.len()) {
            self.0.normalize_row(row);
        }
    }
}

struct Backward<'a>(&'a LayerNorm);

impl Work<((&[f32], &[f32]), &mut [f32])> for Backward<'_> {
    #[inline(always)]
    fn run(&self, ((sum, dy), dx): ((&[f32], &[f32]), &mut [f32])) {
        let hidden = self.0.gamma.len();
        let rows = sum.chunks_exact(hidden).zip(dy.chunks_exact(hidden)).zip(dx.chunks_exact_mut(hidden));
        for ((sum, dy), dx) in rows {
            self.0.backward_row(sum, dy, dx);
        }
    }
}

/// Mean and reciprocal standard deviation of a row.
#[inline(always)]
fn statistics(row: &[f32], eps: f32) -> (f32, f32) {
    let n = row.len() as f32;
    let mean = math::sum(row, |x| x) / n;
    let variance = math::sum(row, |x| (x - mean) * (x - mean)) / n;
    (mean, (variance + eps).sqrt().recip())
}
