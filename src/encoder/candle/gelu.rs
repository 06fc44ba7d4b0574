//! GELU by erf, as one candle op.

use super::math::normal;
use super::slices::{output, values, view};
use crate::spread::{Work, spread};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

/// Values that one core takes at a time.
const PIECE: usize = 1 << 14;

/// x Φ(x) for every value of `x`, `[tokens, inner]` (Hendrycks and Gimpel 2016, arXiv 1606.08415).
pub(super) fn gelu(x: &Tensor) -> Result<Tensor> {
    x.apply_op1(Gelu)
}

struct Gelu;

impl CustomOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = values(x, layout)?;
        let mut y = vec![0.0; x.len()];
        let pieces = y.chunks_mut(PIECE).zip(x.chunks(PIECE));
        spread(pieces, &Forward);
        output(y, layout.shape().dims2()?.1)
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let mut dx = view(dy)?.to_vec();
        spread(dx.chunks_mut(PIECE).zip(view(x)?.chunks(PIECE)), &Backward);
        Ok(Some(Tensor::from_vec(dx, x.shape(), x.device())?))
    }
}

/// y = x Φ(x).
struct Forward;

impl Work<(&mut [f32], &[f32])> for Forward {
    #[inline(always)]
    fn run(&self, (y, x): (&mut [f32], &[f32])) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = x * normal(x).0;
        }
    }
}

/// dx = dy (Φ(x) + x φ(x)), in the place of dy.
struct Backward;

impl Work<(&mut [f32], &[f32])> for Backward {
    #[inline(always)]
    fn run(&self, (dx, x): (&mut [f32], &[f32])) {
        for (dx, &x) in dx.iter_mut().zip(x) {
            let (distribution, density) = normal(x);
            *dx *= distribution + x * density;
        }
    }
}
