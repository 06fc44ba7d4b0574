//! The linear layers that read one input: weights and biases, with or without LoRA pairs beside them.
//!
//! The way back forms the gradients that are wanted and no others: none of a frozen weight.

use super::matmul::{Matrix, MatrixMut, WeightMatrix, add_outer, add_product};
use super::parameter::Gradient;
use std::ops::Range;
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

impl Linear {
    /// dW = gᵀ x and the sum of the rows of g.
    fn add_gradients(&self, x: Matrix, g: Matrix) {
        let Some(gradients) = &self.gradients else { return };
        let [mut weight, mut bias] = gradients.each_ref().map(|gradient| gradient.sum());
        add_outer(&mut weight, g, x);
        for row in g.each_row() {
            bias.iter_mut().zip(row).for_each(|(sum, g)| *sum += g);
        }
    }
}

/// Linear layers of one input and their pairs.
pub(super) struct Projections<'a> {
    pub(super) layers: &'a [Linear],
    pub(super) lora: &'a [Option<Lora>],
}

impl<'a> Projections<'a> {
    /// y = x Wᵀ + bias of each layer, side by side, plus the update of its pair if there is one; `x` is `[tokens, in]`.
    pub(super) fn forward(&self, x: &[f32]) -> Vec<f32> {
        let (tokens, width) = (x.len() / self.inputs(), self.outputs());
        let x = Matrix::new(x, tokens, self.inputs());
        let mut y = self.biases(tokens);
        for (layer, lora, columns) in self.parts() {
            layer.weight.add_times_transposed(x, MatrixMut::columns_of(&mut y, width, columns.clone()));
            if let Some(lora) = lora {
                Update::new(&layer.weight, lora, x).add_to(MatrixMut::columns_of(&mut y, width, columns));
            }
        }
        y
    }

    /// From the gradient of y: adds to those of what is trained, and to that of x if it is wanted.
    pub(super) fn backward(&self, x: &[f32], g: &[f32], mut dx: Option<&mut [f32]>) {
        let (tokens, inputs) = (x.len() / self.inputs(), self.inputs());
        let x = Matrix::new(x, tokens, inputs);
        for (layer, lora, columns) in self.parts() {
            let g = Matrix::columns_of(g, self.outputs(), columns);
            if let Some(dx) = &mut dx {
                layer.weight.add_times(g, MatrixMut::new(dx, tokens, inputs));
            }
            layer.add_gradients(x, g);
            if let Some(lora) = lora {
                Update::new(&layer.weight, lora, x).backward(g, dx.as_deref_mut());
            }
        }
    }

    fn inputs(&self) -> usize {
        self.layers.first().map_or(0, |layer| layer.weight.inputs())
    }

    /// Width of the output.
    fn outputs(&self) -> usize {
        self.layers.iter().map(|layer| layer.weight.outputs()).sum()
    }

    /// Each layer, its pair, and its columns in the output.
    fn parts(&self) -> impl Iterator<Item = (&'a Linear, Option<&'a Lora>, Range<usize>)> {
        let mut end = 0;
        self.layers.iter().zip(self.lora).map(move |(layer, lora)| {
            let start = end;
            end += layer.weight.outputs();
            (layer, lora.as_ref(), start..end)
        })
    }

    /// The biases, once for each token.
    fn biases(&self, tokens: usize) -> Vec<f32> {
        let mut y = Vec::with_capacity(tokens * self.outputs());
        for _ in 0..tokens {
            self.layers.iter().for_each(|layer| y.extend_from_slice(&layer.bias));
        }
        y
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
    fn new(weight: &WeightMatrix, lora: &'a Lora, x: Matrix<'a>) -> Self {
        let (inputs, outputs) = (weight.inputs(), weight.outputs());
        let rank = lora.a.len() / inputs;
        Self { x, a: Matrix::new(&lora.a, rank, inputs), b: Matrix::new(&lora.b, outputs, rank), lora }
    }

    /// u = x Aᵀ, `[tokens, r]`.
    fn project_down(&self) -> Vec<f32> {
        let (tokens, rank) = (self.x.rows(), self.a.rows());
        let mut u = vec![0.0; tokens * rank];
        add_product(MatrixMut::new(&mut u, tokens, rank), 1.0, self.x, self.a.transposed());
        u
    }

    fn add_to(&self, y: MatrixMut) {
        let u = self.project_down();
        let u = Matrix::new(&u, self.x.rows(), self.a.rows());
        add_product(y, self.lora.scale, u, self.b.transposed());
    }

    /// With u = x Aᵀ and t = s g B: dB = s gᵀ u, dA = tᵀ x, dx += t A.
    fn backward(&self, g: Matrix, dx: Option<&mut [f32]>) {
        let (tokens, rank, inputs) = (self.x.rows(), self.a.rows(), self.x.columns());
        let mut t = vec![0.0; tokens * rank];
        add_product(MatrixMut::new(&mut t, tokens, rank), self.lora.scale, g, self.b);
        let t = Matrix::new(&t, tokens, rank);
        if let Some(gradients) = &self.lora.gradients {
            let [mut da, mut db] = gradients.each_ref().map(|gradient| gradient.sum());
            let u = self.project_down();
            let db = MatrixMut::new(&mut db, self.b.rows(), rank);
            add_product(db, self.lora.scale, g.transposed(), Matrix::new(&u, tokens, rank));
            add_product(MatrixMut::new(&mut da, rank, inputs), 1.0, t.transposed(), self.x);
        }
        if let Some(dx) = dx {
            add_product(MatrixMut::new(dx, tokens, inputs), 1.0, t, self.a);
        }
    }
}
