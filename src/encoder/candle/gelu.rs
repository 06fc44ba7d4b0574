//! GELU by erf, as one candle op.

use super::math::normal;
use super::slices::{matrix, output, values};
use super::spread::spread;
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
        spread(pieces, |(y, x)| y.iter_mut().zip(x).for_each(|(y, &x)| *y = x * normal(x).0));
        output(y, layout.shape().dims2()?.1)
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let (mut dx, x_values) = (matrix(dy)?, matrix(x)?);
        spread(dx.chunks_mut(PIECE).zip(x_values.chunks(PIECE)), |(dx, x)| {
            for (dx, &x) in dx.iter_mut().zip(x) {
                let (distribution, density) = normal(x);
                *dx *= distribution + x * density;
            }
        });
        Ok(Some(Tensor::from_vec(dx, x.shape(), x.device())?))
    }
}
