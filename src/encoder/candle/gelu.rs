//! GELU by erf (Hendrycks and Gimpel 2016, arXiv 1606.08415).

use super::math::normal;
use crate::spread::{Work, spread};

/// Values that one core takes at a time.
const PIECE: usize = 1 << 14;

/// Returns x Φ(x) for every value.
pub(super) fn gelu(x: &[f32]) -> Vec<f32> {
    let mut y = vec![0.0; x.len()];
    spread(y.chunks_mut(PIECE).zip(x.chunks(PIECE)), &Forward);
    y
}

/// Makes the gradient of `x` of that of the output.
pub(super) fn gelu_backward(x: &[f32], dy: &mut [f32]) {
    spread(dy.chunks_mut(PIECE).zip(x.chunks(PIECE)), &Backward);
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
