//! The linear layer as one candle op: frozen weight and bias, with or without a LoRA pair.
//!
//! candle's own matmul would also form the gradient of the frozen weight; this op does not.

use super::matmul::{FrozenMatrix, Matrix, add_product};
use super::slices::{matrix, output, values};
use candle_core::{CpuStorage, CustomOp1, CustomOp3, Layout, Result, Shape, Tensor};
use std::sync::Arc;

/// A frozen linear layer, shared by all encoders of the same base weights.
pub(super) struct Linear {
    pub(super) weight: FrozenMatrix,
    pub(super) bias: Arc<[f32]>,
}

/// A LoRA pair as candle tensors: A `[r, in]`, B `[out, r]`, and the factor alpha / r.
#[derive(Clone)]
pub(super) struct Lora {
    pub(super) a: Tensor,
    pub(super) b: Tensor,
    pub(super) scale: f32,
}

/// y = x Wᵀ + bias, plus the pair's update if there is one; `x` is `[tokens, in]`.
pub(super) fn linear(x: &Tensor, layer: &Arc<Linear>, lora: Option<&Lora>) -> Result<Tensor> {
    match lora {
        None => x.apply_op1(Frozen(Arc::clone(layer))),
        Some(lora) => {
            let op = Adapted { layer: Arc::clone(layer), scale: lora.scale, x_is_tracked: x.track_op() };
            x.apply_op3(&lora.a, &lora.b, op)
        }
    }
}

impl Linear {
    fn forward(&self, x: &[f32]) -> Vec<f32> {
        let tokens = x.len() / self.weight.inputs();
        let mut y = Vec::with_capacity(tokens * self.bias.len());
        (0..tokens).for_each(|_| y.extend_from_slice(&self.bias));
        self.weight.add_times_transposed(x, &mut y);
        y
    }

    fn x_grad(&self, g: &[f32]) -> Vec<f32> {
        let mut gx = vec![0.0; g.len() / self.weight.outputs() * self.weight.inputs()];
        self.weight.add_times(g, &mut gx);
        gx
    }
}

struct Frozen(Arc<Linear>);

impl CustomOp1 for Frozen {
    fn name(&self) -> &'static str {
        "frozen-linear"
    }

    fn cpu_fwd(&self, x: &CpuStorage, x_layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let y = self.0.forward(values(x, x_layout)?);
        output(y, self.0.weight.outputs())
    }

    fn bwd(&self, _x: &Tensor, _y: &Tensor, g: &Tensor) -> Result<Option<Tensor>> {
        let gx = self.0.x_grad(&matrix(g)?);
        Ok(Some(Tensor::from_vec(gx, (g.dim(0)?, self.0.weight.inputs()), g.device())?))
    }
}

struct Adapted {
    layer: Arc<Linear>,
    scale: f32,
    x_is_tracked: bool,
}

impl CustomOp3 for Adapted {
    fn name(&self) -> &'static str {
        "lora-linear"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        a: &CpuStorage,
        a_layout: &Layout,
        b: &CpuStorage,
        b_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, a, b) = (values(x, x_layout)?, values(a, a_layout)?, values(b, b_layout)?);
        let sizes = Sizes::new(&self.layer.weight, x, a);
        let mut y = self.layer.forward(x);
        let u = sizes.project_down(x, a);
        add_product(&mut y, self.scale, sizes.tall(&u, sizes.rank), sizes.b(b).transposed());
        output(y, sizes.outputs)
    }

    fn bwd(
        &self,
        x: &Tensor,
        a: &Tensor,
        b: &Tensor,
        _y: &Tensor,
        g: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (x_values, a_values, b_values, g_values) = (matrix(x)?, matrix(a)?, matrix(b)?, matrix(g)?);
        let sizes = Sizes::new(&self.layer.weight, &x_values, &a_values);
        let g_matrix = sizes.tall(&g_values, sizes.outputs);

        // With u = x Aᵀ and t = s g B: dB = s gᵀ u, dA = tᵀ x, dx = g W + t A.
        let u = sizes.project_down(&x_values, &a_values);
        let mut t = vec![0.0; sizes.tokens * sizes.rank];
        add_product(&mut t, self.scale, g_matrix, sizes.b(&b_values));
        let mut db = vec![0.0; b_values.len()];
        add_product(&mut db, self.scale, g_matrix.transposed(), sizes.tall(&u, sizes.rank));
        let t = sizes.tall(&t, sizes.rank);
        let mut da = vec![0.0; a_values.len()];
        add_product(&mut da, 1.0, t.transposed(), sizes.tall(&x_values, sizes.inputs));

        let dx = if self.x_is_tracked {
            let mut dx = self.layer.x_grad(&g_values);
            add_product(&mut dx, 1.0, t, sizes.a(&a_values));
            Some(Tensor::from_vec(dx, x.shape(), x.device())?)
        } else {
            None
        };
        let da = Tensor::from_vec(da, a.shape(), a.device())?;
        let db = Tensor::from_vec(db, b.shape(), b.device())?;
        Ok((dx, Some(da), Some(db)))
    }
}

/// The dimensions of one adapted product.
struct Sizes {
    tokens: usize,
    inputs: usize,
    outputs: usize,
    rank: usize,
}

impl Sizes {
    fn new(weight: &FrozenMatrix, x: &[f32], a: &[f32]) -> Self {
        let inputs = weight.inputs();
        Self { tokens: x.len() / inputs, inputs, outputs: weight.outputs(), rank: a.len() / inputs }
    }

    fn tall<'a>(&self, data: &'a [f32], columns: usize) -> Matrix<'a> {
        Matrix::new(data, self.tokens, columns)
    }

    fn a<'a>(&self, a: &'a [f32]) -> Matrix<'a> {
        Matrix::new(a, self.rank, self.inputs)
    }

    fn b<'a>(&self, b: &'a [f32]) -> Matrix<'a> {
        Matrix::new(b, self.outputs, self.rank)
    }

    /// u = x Aᵀ, `[tokens, r]`.
    fn project_down(&self, x: &[f32], a: &[f32]) -> Vec<f32> {
        let mut u = vec![0.0; self.tokens * self.rank];
        add_product(&mut u, 1.0, self.tall(x, self.inputs), self.a(a).transposed());
        u
    }
}
