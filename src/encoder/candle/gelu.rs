//! GELU by erf, as one candle op.

use super::math::normal;
use super::slices::{matrix, output, values};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

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
        let y = values(x, layout)?.iter().map(|&x| x * normal(x).0).collect();
        output(y, layout.shape().dims2()?.1)
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let derivative = |x: f32| {
            let (distribution, density) = normal(x);
            distribution + x * density
        };
        let dx: Vec<f32> = matrix(x)?.iter().zip(&matrix(dy)?).map(|(&x, dy)| dy * derivative(x)).collect();
        Ok(Some(Tensor::from_vec(dx, x.shape(), x.device())?))
    }
}
