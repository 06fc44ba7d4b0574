//! LayerNorm, backward: with respect to its input, its scale and its shift.
//!
//! Kernels: `shaders/layer_norm_grad_*.wgsl`. Reference loops: [`oracle`], below.

use super::layer_norm::{Norm, Params};
use super::sum_rows::{RowsParams, Sum, slices, sum_slices};
use crate::gpu::{Gpu, GpuError, GpuTensor, Kernel, KernelInfo, folded};
use crate::kernel;

const INPUT: Kernel<Params> = kernel!("layer_norm_grad_input", "lane_sum", "flat_grid");
const SCALE: Kernel<RowsParams> = kernel!("layer_norm_grad_scale");

/// The kernels of this op.
pub const KERNELS: &[KernelInfo] = &[INPUT.info(), SCALE.info()];

/// The gradient of the input, and what the gradients of scale and shift are formed from.
pub struct InputGrad {
    /// Gradient with respect to the input, `[rows, hidden]`.
    pub x_grad: GpuTensor,
    /// Mean and reciprocal standard deviation of every row, `[rows, 2]`.
    stats: GpuTensor,
}

/// Forms the gradient with respect to the input from `x` and `dy`, both `[rows, hidden]`.
///
/// Records one dispatch; nothing is read back.
///
/// # Errors
/// [`GpuError::Rank`], [`GpuError::Shape`] or [`GpuError::Element`] if an operand does not fit.
pub fn input(gpu: &Gpu, x: &GpuTensor, norm: &Norm, dy: &GpuTensor) -> Result<InputGrad, GpuError> {
    const OP: &str = "layer_norm_grad::input";
    let [rows, hidden] = x.expect_matrix(OP, "x")?;
    norm.gamma.expect_shape(OP, "gamma", &[hidden])?;
    dy.expect_shape(OP, "dy", &[rows, hidden])?;

    let (x_grad, stats) = (gpu.alloc(&[rows, hidden]), gpu.alloc(&[rows, 2]));
    let params = Params { rows, hidden, eps: norm.eps };
    gpu.dispatch(&INPUT, &params, &[x, &norm.gamma, dy, &x_grad, &stats], folded(rows));
    Ok(InputGrad { x_grad, stats })
}

/// Adds the gradients of scale and shift, each `[hidden]`, to the two sums.
///
/// `grad` is what [`input`] gave for the same `x` and `dy`. Records three dispatches; nothing is read back.
///
/// # Errors
/// [`GpuError::Rank`], [`GpuError::Shape`] or [`GpuError::Element`] if an operand does not fit.
pub fn scale(
    gpu: &Gpu,
    x: &GpuTensor,
    grad: &InputGrad,
    dy: &GpuTensor,
    [gamma, beta]: [Sum; 2],
) -> Result<(), GpuError> {
    const OP: &str = "layer_norm_grad::scale";
    let [rows, columns] = x.expect_matrix(OP, "x")?;
    dy.expect_shape(OP, "dy", &[rows, columns])?;
    grad.stats.expect_shape(OP, "stats", &[rows, 2])?;

    let (slices, slice_rows) = slices(rows);
    let [partial_gamma, partial_beta] = [(); 2].map(|()| gpu.alloc(&[slices, columns]));
    let grid = [columns.div_ceil(SCALE.constant("LANES")), slices, 1];
    let bindings = [x, &grad.stats, dy, &partial_gamma, &partial_beta];
    gpu.dispatch(&SCALE, &RowsParams { rows, columns, slice_rows }, &bindings, grid);
    sum_slices(gpu, &partial_gamma, gamma)?;
    sum_slices(gpu, &partial_beta, beta)
}

/// The same mathematics in plain loops, `f64` inside: the definition the kernels are held to.
pub mod oracle {
    /// `x`, `dy` are `[rows, hidden]` row-major; `gamma` is `[hidden]`; returns `[rows, hidden]`.
    pub fn grad_input(x: &[f32], gamma: &[f32], dy: &[f32], eps: f64) -> Vec<f32> {
        let hidden = gamma.len();
        let n = hidden as f64;
        let mut dx = Vec::with_capacity(x.len());
        for (x, dy) in x.chunks_exact(hidden).zip(dy.chunks_exact(hidden)) {
            let (x_hat, rstd) = normalized(x, eps);
            let g: Vec<f64> =
                dy.iter().zip(gamma).map(|(&dy, &gamma)| f64::from(dy) * f64::from(gamma)).collect();
            let mean_g = g.iter().sum::<f64>() / n;
            let mean_g_x_hat = g.iter().zip(&x_hat).map(|(g, x_hat)| g * x_hat).sum::<f64>() / n;
            dx.extend(
                g.iter().zip(&x_hat).map(|(g, x_hat)| (rstd * (g - mean_g - x_hat * mean_g_x_hat)) as f32),
            );
        }
        dx
    }

    /// Gradients of scale and shift, each `[hidden]`; `x`, `dy` are `[rows, hidden]` row-major.
    pub fn grad_scale(x: &[f32], dy: &[f32], hidden: usize, eps: f64) -> [Vec<f32>; 2] {
        let (mut gamma, mut beta) = (vec![0.0; hidden], vec![0.0; hidden]);
        for (x, dy) in x.chunks_exact(hidden).zip(dy.chunks_exact(hidden)) {
            let (x_hat, _) = normalized(x, eps);
            for i in 0..hidden {
                gamma[i] += f64::from(dy[i]) * x_hat[i];
                beta[i] += f64::from(dy[i]);
            }
        }
        [gamma, beta].map(|sums| sums.into_iter().map(|sum| sum as f32).collect())
    }

    /// A row without its mean and with unit variance, and the reciprocal standard deviation.
    fn normalized(x: &[f32], eps: f64) -> (Vec<f64>, f64) {
        let n = x.len() as f64;
        let mean = x.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
        let var = x.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n;
        let rstd = (var + eps).sqrt().recip();
        (x.iter().map(|&v| (f64::from(v) - mean) * rstd).collect(), rstd)
    }
}
