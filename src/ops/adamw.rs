//! AdamW, one tensor at a time.
//!
//! Kernel: `shaders/adamw.wgsl`. Reference loops: [`oracle`], below.

use crate::gpu::{Gpu, GpuError, GpuTensor, Kernel, KernelInfo, folded};
use crate::{kernel, uniform};

const STEP: Kernel<Params> = kernel!("adamw", "flat_grid");

/// The kernels of this op.
pub const KERNELS: &[KernelInfo] = &[STEP.info()];

/// Decay of the mean of the gradients, PyTorch's default.
pub const BETA_1: f64 = 0.9;
/// Decay of the mean of their squares, PyTorch's default.
pub const BETA_2: f64 = 0.999;
/// Added to the denominator, PyTorch's default.
pub const EPS: f64 = 1e-8;

uniform! {
    /// Mirrors `struct Params` in the shader; `tests/shader_contracts.rs` compares the two.
    pub struct Params {
        /// Values of the tensor.
        pub values: u32,
        /// Learning rate of the step.
        pub learning_rate: f32,
        /// Decay of the first moment.
        pub beta_1: f32,
        /// Decay of the second moment.
        pub beta_2: f32,
        /// 1 − β₁; in f32 the difference would be off by a hundred-thousandth.
        pub rest_1: f32,
        /// 1 − β₂.
        pub rest_2: f32,
        /// 1 − β₁ᵗ.
        pub correction_1: f32,
        /// 1 − β₂ᵗ.
        pub correction_2: f32,
        /// Added to the denominator.
        pub eps: f32,
        /// Decoupled weight decay.
        pub weight_decay: f32,
    }
}

impl Params {
    /// The constants of step `step`, from 1, for a tensor of `values` values.
    pub fn of_step(values: u32, step: u32, learning_rate: f64, weight_decay: f64) -> Self {
        let correction = |beta: f64| (1.0 - beta.powf(step.into())) as f32;
        Self {
            values,
            learning_rate: learning_rate as f32,
            beta_1: BETA_1 as f32,
            beta_2: BETA_2 as f32,
            rest_1: (1.0 - BETA_1) as f32,
            rest_2: (1.0 - BETA_2) as f32,
            correction_1: correction(BETA_1),
            correction_2: correction(BETA_2),
            eps: EPS as f32,
            weight_decay: weight_decay as f32,
        }
    }
}

/// Steps `x` along `gradient` and sets that to zero; `moments` are the running means, zeros before the first step.
///
/// All have the shape of `x`; `state` `[4]` comes from [`super::clip_norm`]. Records one dispatch.
///
/// # Errors
/// [`GpuError::Shape`] or [`GpuError::Element`] if an operand does not fit.
pub fn adamw(
    gpu: &Gpu,
    params: &Params,
    gradient: &GpuTensor,
    state: &GpuTensor,
    x: &GpuTensor,
    moments: [&GpuTensor; 2],
) -> Result<(), GpuError> {
    const OP: &str = "adamw";
    gradient.expect_shape(OP, "gradient", x.shape())?;
    state.expect_shape(OP, "state", &[4])?;
    let [m, v] = moments;
    m.expect_shape(OP, "m", x.shape())?;
    v.expect_shape(OP, "v", x.shape())?;
    let grid = folded(params.values.div_ceil(STEP.constant("LANES")));
    gpu.dispatch(&STEP, params, &[state, gradient, x, m, v], grid);
    Ok(())
}

/// The same mathematics in plain loops, `f64` inside: the definition the kernel is held to.
pub mod oracle {
    use super::{BETA_1, BETA_2, EPS};

    /// One step on `x` with moments `m` and `v`; `step` counts from 1.
    pub fn adamw(
        [x, m, v]: [&mut [f64]; 3],
        gradient: &[f32],
        step: i32,
        learning_rate: f64,
        weight_decay: f64,
    ) {
        for (i, &g) in gradient.iter().enumerate() {
            let g = f64::from(g);
            m[i] = BETA_1 * m[i] + (1.0 - BETA_1) * g;
            v[i] = BETA_2 * v[i] + (1.0 - BETA_2) * g * g;
            let mean = m[i] / (1.0 - BETA_1.powi(step));
            let square = v[i] / (1.0 - BETA_2.powi(step));
            x[i] = x[i] * (1.0 - learning_rate * weight_decay) - learning_rate * mean / (square.sqrt() + EPS);
        }
    }
}
