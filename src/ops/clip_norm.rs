//! The norm of a gradient over many tensors, and the factor that clips it.
//!
//! Kernels: `shaders/sum_squares.wgsl`, then `shaders/clip_norm.wgsl`. Reference loops: [`oracle`], below. Nothing
//! is read back: AdamW takes the factor from the GPU, and a factor of 0 makes it leave the weights alone.

use crate::gpu::{Gpu, GpuError, GpuTensor, Kernel, KernelInfo, folded};
use crate::{kernel, uniform};

const SQUARES: Kernel<SquaresParams> = kernel!("sum_squares", "lane_sum", "flat_grid");
const CLIP: Kernel<ClipParams> = kernel!("clip_norm", "lane_sum");

/// The kernels of this op.
pub const KERNELS: &[KernelInfo] = &[SQUARES.info(), CLIP.info()];

uniform! {
    /// Mirrors `struct Params` in `sum_squares`; `tests/shader_contracts.rs` compares the two.
    pub struct SquaresParams {
        /// Values of the tensor.
        pub values: u32,
        /// Place of the tensor's first piece.
        pub first: u32,
    }
}

uniform! {
    /// Mirrors `struct Params` in `clip_norm`; `tests/shader_contracts.rs` compares the two.
    pub struct ClipParams {
        /// Pieces to add up.
        pub pieces: u32,
        /// Number of the step, from 1.
        pub step: f32,
        /// Largest norm that is not scaled down.
        pub limit: f32,
    }
}

/// Sums up the squares of `gradients`, compares with `limit`, and writes `state`.
///
/// `state` `[4]` holds the norm, the factor, the step, and the first step whose norm was not finite, 0 while there
/// is none; it must begin as zeros. A loss that is not finite makes the norm so. Records one dispatch for each tensor and one more.
///
/// # Errors
/// [`GpuError::Shape`] or [`GpuError::Element`] if an operand does not fit.
pub fn clip_norm(
    gpu: &Gpu,
    gradients: &[&GpuTensor],
    (step, limit): (u32, f32),
    state: &GpuTensor,
) -> Result<(), GpuError> {
    const OP: &str = "clip_norm";
    state.expect_shape(OP, "state", &[4])?;
    let values = |tensor: &GpuTensor| tensor.shape().iter().product::<u32>();
    let piece_count = |tensor: &GpuTensor| values(tensor).div_ceil(SQUARES.constant("PIECE"));
    let pieces = gradients.iter().map(|tensor| piece_count(tensor)).sum();
    let partial = gpu.alloc(&[pieces]);
    let mut first = 0;
    for gradient in gradients {
        let params = SquaresParams { values: values(gradient), first };
        gpu.dispatch(&SQUARES, &params, &[gradient, &partial], folded(piece_count(gradient)));
        first += piece_count(gradient);
    }
    let params = ClipParams { pieces, step: step as f32, limit };
    gpu.dispatch(&CLIP, &params, &[&partial, state], [1, 1, 1]);
    Ok(())
}

/// The same mathematics in plain loops, `f64` inside: the definition the kernels are held to.
pub mod oracle {
    /// The norm over all values of all tensors.
    pub fn norm(gradients: &[Vec<f32>]) -> f64 {
        gradients.iter().flatten().map(|&g| f64::from(g) * f64::from(g)).sum::<f64>().sqrt()
    }
}
