//! LayerNorm over the hidden axis.
//!
//! Kernel: `shaders/layer_norm.wgsl`. Reference loops: [`oracle`], below.

use crate::gpu::{Gpu, GpuError, GpuTensor, Kernel, KernelInfo, folded};
use crate::{kernel, uniform};

const FORWARD: Kernel<Params> = kernel!("layer_norm", "lane_sum", "flat_grid");

/// The kernels of this op.
pub const KERNELS: &[KernelInfo] = &[FORWARD.info()];

uniform! {
    /// Mirrors `struct Params` in the shader; `tests/shader_contracts.rs` compares the two.
    pub struct Params {
        /// Rows of `x`.
        pub rows: u32,
        /// Width of a row.
        pub hidden: u32,
        /// Added to the variance.
        pub eps: f32,
    }
}

/// Scale, shift and epsilon of one LayerNorm.
#[derive(Clone)]
pub struct Norm {
    /// Scale, `[hidden]`.
    pub gamma: GpuTensor,
    /// Shift, `[hidden]`.
    pub beta: GpuTensor,
    /// Added to the variance.
    pub eps: f32,
}

/// Normalises each row of `x` `[rows, hidden]`, then scales and shifts it; returns `[rows, hidden]`.
///
/// Records one dispatch; nothing is read back.
///
/// # Errors
/// [`GpuError::Rank`], [`GpuError::Shape`] or [`GpuError::Element`] if an operand does not fit `x`.
pub fn layer_norm(gpu: &Gpu, x: &GpuTensor, norm: &Norm) -> Result<GpuTensor, GpuError> {
    const OP: &str = "layer_norm";
    let [rows, hidden] = x.expect_matrix(OP, "x")?;
    norm.gamma.expect_shape(OP, "gamma", &[hidden])?;
    norm.beta.expect_shape(OP, "beta", &[hidden])?;

    let y = gpu.alloc(&[rows, hidden]);
    let params = Params { rows, hidden, eps: norm.eps };
    gpu.dispatch(&FORWARD, &params, &[x, &norm.gamma, &norm.beta, &y], folded(rows));
    Ok(y)
}

/// The same mathematics in plain loops, `f64` inside: the definition the kernel is held to.
pub mod oracle {
    /// `x` is `[rows, hidden]` row-major; `gamma`, `beta` are `[hidden]`; returns `[rows, hidden]`.
    pub fn layer_norm(x: &[f32], gamma: &[f32], beta: &[f32], eps: f64) -> Vec<f32> {
        let hidden = gamma.len();
        let mut y = Vec::with_capacity(x.len());
        for x in x.chunks_exact(hidden) {
            let n = hidden as f64;
            let mean = x.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
            let var = x.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n;
            let rstd = (var + eps).sqrt().recip();
            let scaled =
                |i: usize| (f64::from(x[i]) - mean) * rstd * f64::from(gamma[i]) + f64::from(beta[i]);
            y.extend((0..hidden).map(|i| scaled(i) as f32));
        }
        y
    }
}
