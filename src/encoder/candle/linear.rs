//! The linear layer as one candle op: weight and bias, with or without a LoRA pair beside them.
//!
//! candle's own matmul would also form the gradient of a frozen weight; this op forms only those that are wanted.

use super::matmul::{Matrix, WeightMatrix, add_outer, add_product};
use super::parameter::Gradient;
use super::slices::{matrix, output, values};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use std::sync::Arc;

/// A linear layer.
pub(super) struct Linear {
    pub(super) weight: WeightMatrix,
    pub(super) bias: Arc<[f32]>,
    /// Where the gradients of weight and bias go, if they are trained.
    pub(super) gradients: Option<[Arc<Gradient>; 2]>,
}

/// A LoRA pair: A `[r, in]`, B `[out, r]`, and the factor alpha / r.
#[derive(Clone)]
pub(super) struct Lora {
    pub(super) a: Arc<[f32]>,
    pub(super) b: Arc<[f32]>,
    pub(super) scale: f32,
    /// Where the gradients of A and B go, if they are trained.
    pub(super) gradients: Option<[Arc<Gradient>; 2]>,
}

/// y = x Wᵀ + bias, plus the pair's update if there is one; `x` is `[tokens, in]`.
///
/// The gradient of `x` is formed if `is_deep`: unless nothing that is trained lies before it.
pub(super) fn linear(x: &Tensor, layer: &Arc<Linear>, lora: Option<&Lora>, is_deep: bool) -> Result<Tensor> {
    x.apply_op1(Projection { layer: Arc::clone(layer), lora: lora.cloned(), is_deep })
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

    /// dW = gᵀ x and the sum of the rows of g.
    fn add_gradients(&self, x: &[f32], g: &[f32], gradients: &[Arc<Gradient>; 2]) {
        let [mut weight, mut bias] = gradients.each_ref().map(|gradient| gradient.sum());
        add_outer(&mut weight, g, x, [self.weight.outputs(), self.weight.inputs()]);
        for row in g.chunks_exact(self.bias.len()) {
            bias.iter_mut().zip(row).for_each(|(sum, g)| *sum += g);
        }
    }
}

struct Projection {
    layer: Arc<Linear>,
    lora: Option<Lora>,
    is_deep: bool,
}

impl CustomOp1 for Projection {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn cpu_fwd(&self, x: &CpuStorage, x_layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = values(x, x_layout)?;
        let mut y = self.layer.forward(x);
        if let Some(lora) = &self.lora {
            Update::new(&self.layer.weight, lora, x).add_to(&mut y);
        }
        output(y, self.layer.weight.outputs())
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, g: &Tensor) -> Result<Option<Tensor>> {
        let g = matrix(g)?;
        let mut dx = if self.is_deep { Some(self.layer.x_grad(&g)) } else { None };
        if self.layer.gradients.is_some() || self.lora.is_some() {
            let x = matrix(x)?;
            if let Some(gradients) = &self.layer.gradients {
                self.layer.add_gradients(&x, &g, gradients);
            }
            if let Some(lora) = &self.lora {
                Update::new(&self.layer.weight, lora, &x).backward(&g, dx.as_deref_mut());
            }
        }
        dx.map(|dx| Tensor::from_vec(dx, x.shape(), x.device())).transpose()
    }
}

/// A pair's update of one product, s B A x.
struct Update<'a> {
    x: Matrix<'a>,
    a: Matrix<'a>,
    b: Matrix<'a>,
    lora: &'a Lora,
}

impl<'a> Update<'a> {
    fn new(weight: &WeightMatrix, lora: &'a Lora, x: &'a [f32]) -> Self {
        let (inputs, outputs) = (weight.inputs(), weight.outputs());
        let rank = lora.a.len() / inputs;
        Self {
            x: Matrix::new(x, x.len() / inputs, inputs),
            a: Matrix::new(&lora.a, rank, inputs),
            b: Matrix::new(&lora.b, outputs, rank),
            lora,
        }
    }

    /// u = x Aᵀ, `[tokens, r]`.
    fn project_down(&self) -> Vec<f32> {
        let mut u = vec![0.0; self.x.rows() * self.a.rows()];
        add_product(&mut u, 1.0, self.x, self.a.transposed());
        u
    }

    fn add_to(&self, y: &mut [f32]) {
        let u = self.project_down();
        let u = Matrix::new(&u, self.x.rows(), self.a.rows());
        add_product(y, self.lora.scale, u, self.b.transposed());
    }

    /// With u = x Aᵀ and t = s g B: dB = s gᵀ u, dA = tᵀ x, dx += t A.
    fn backward(&self, g: &[f32], dx: Option<&mut [f32]>) {
        let (tokens, rank) = (self.x.rows(), self.a.rows());
        let g = Matrix::new(g, tokens, self.b.rows());
        let mut t = vec![0.0; tokens * rank];
        add_product(&mut t, self.lora.scale, g, self.b);
        let t = Matrix::new(&t, tokens, rank);
        if let Some(gradients) = &self.lora.gradients {
            let [mut da, mut db] = gradients.each_ref().map(|gradient| gradient.sum());
            let u = self.project_down();
            add_product(&mut db, self.lora.scale, g.transposed(), Matrix::new(&u, tokens, rank));
            add_product(&mut da, 1.0, t.transposed(), self.x);
        }
        if let Some(dx) = dx {
            add_product(dx, 1.0, t, self.a);
        }
    }
}
