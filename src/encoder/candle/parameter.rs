//! A tensor that is trained on the CPU: its value, its gradient, and AdamW's moments.
//!
//! candle's tape carries the gradients of activations only; an op adds those of its weights to a [`Gradient`] when the
//! tape comes by.

use super::math;
use crate::encoder::HostTensor;
use crate::ops::adamw::Params;
use crate::spread::{Work, spread};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Values that one core takes at a time.
const PIECE: usize = 16_384;

/// Squares that are added up in f32.
const SQUARES: usize = 1024;

/// A sum of gradients since the last step.
pub(super) struct Gradient(Mutex<Vec<f32>>);

impl Gradient {
    /// The sum, to add to.
    pub(super) fn sum(&self) -> MutexGuard<'_, Vec<f32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A trained tensor.
pub(super) struct Parameter {
    pub(super) value: HostTensor,
    pub(super) gradient: Arc<Gradient>,
    /// Running means of the gradient and of its square.
    pub(super) moments: [Vec<f32>; 2],
}

impl Parameter {
    /// Begins with a tensor; its data is shared until the first step.
    pub(super) fn new(value: HostTensor) -> Self {
        let zeros = || vec![0.0; value.data.len()];
        Self { gradient: Arc::new(Gradient(Mutex::new(zeros()))), moments: [zeros(), zeros()], value }
    }

    /// Sum of the squares of the gradient.
    pub(super) fn gradient_squares(&self) -> f64 {
        let gradient = self.gradient.sum();
        let mut squares = vec![0.0; gradient.len().div_ceil(PIECE)];
        spread(gradient.chunks(PIECE).zip(&mut squares), &Squares);
        squares.iter().sum()
    }

    /// Takes an AdamW step along `factor` times the gradient, and sets that to zero.
    pub(super) fn step(&mut self, factor: f32, params: &Params) {
        let gradient = &mut *self.gradient.sum();
        let [m, v] = &mut self.moments;
        let moments = m.chunks_mut(PIECE).zip(v.chunks_mut(PIECE));
        let values = Arc::make_mut(&mut self.value.data).chunks_mut(PIECE);
        spread(values.zip(gradient.chunks_mut(PIECE)).zip(moments), &AdamW { factor, params });
    }
}

/// The sum of a piece's squares.
struct Squares;

impl Work<(&[f32], &mut f64)> for Squares {
    #[inline(always)]
    fn run(&self, (piece, sum): (&[f32], &mut f64)) {
        for squares in piece.chunks(SQUARES) {
            *sum += f64::from(math::sum(squares, |g| g * g));
        }
    }
}

/// AdamW as `shaders/adamw.wgsl` has it.
struct AdamW<'a> {
    factor: f32,
    params: &'a Params,
}

type Piece<'a> = ((&'a mut [f32], &'a mut [f32]), (&'a mut [f32], &'a mut [f32]));

impl Work<Piece<'_>> for AdamW<'_> {
    #[inline(always)]
    fn run(&self, ((values, gradient), (m, v)): Piece) {
        let Params { beta_1, beta_2, rest_1, rest_2, .. } = *self.params;
        let Params { correction_1, correction_2, eps, learning_rate, weight_decay, .. } = *self.params;
        for (((x, g), m), v) in values.iter_mut().zip(gradient).zip(m).zip(v) {
            let scaled = self.factor * *g;
            *g = 0.0;
            *m = beta_1 * *m + rest_1 * scaled;
            *v = beta_2 * *v + rest_2 * scaled * scaled;
            let update = (*m / correction_1) / ((*v / correction_2).sqrt() + eps);
            *x = *x - learning_rate * weight_decay * *x - learning_rate * update;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::adamw::oracle;

    #[test]
    fn steps_follow_the_oracle() {
        let start = [0.5_f32, -1.0, 0.0, 3.0];
        let mut parameter = Parameter::new(HostTensor { shape: vec![4], data: start.into() });
        let (mut x, mut m, mut v) = (start.map(f64::from), [0.0; 4], [0.0; 4]);
        for step in 1..=5 {
            let gradient = [0.1 * step as f32, -2.0, 0.0, 1e-6];
            parameter.gradient.sum().copy_from_slice(&gradient);
            parameter.step(0.5, &Params::of_step(4, step, 1e-2, 0.1));
            oracle::adamw([&mut x, &mut m, &mut v], &gradient.map(|g| 0.5 * g), step as i32, 1e-2, 0.1);
        }
        for (found, expected) in parameter.value.data.iter().zip(x) {
            assert!((f64::from(*found) - expected).abs() < 1e-6, "{found} is not {expected}");
        }
        assert!(parameter.gradient.sum().iter().all(|&g| g == 0.0));
    }
}
