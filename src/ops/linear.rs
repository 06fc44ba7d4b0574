//! Linear layer `y = f(x Wᵀ + bias) + residual`, with everything after the product fused into it.
//!
//! Kernels: `shaders/linear_tiled.wgsl` with tiles of two sizes and `shaders/linear_wide.wgsl` for real GPUs,
//! `shaders/linear_direct.wgsl` for adapters that compute on the CPU. Reference loops: [`oracle`], below.

use super::tiling::{Product, Variant, Variants, pick};
use crate::gpu::{Gpu, GpuError, GpuTensor, Kernel, KernelInfo};
use crate::{kernel, uniform};

const DIRECT: Kernel<Params> = kernel!("linear_direct", "gelu", "linear_epilogue");
const SMALL: Kernel<Params> =
    kernel!("linear_tiled", "tile_32", "gelu", "linear_epilogue").labelled("linear_tiled_32");
const TILED: Kernel<Params> = kernel!("linear_tiled", "tile_64", "gelu", "linear_epilogue");
const WIDE: Kernel<Params> = kernel!("linear_wide", "gelu", "linear_epilogue");
const VARIANTS: Variants<Params> = Variants::new([&DIRECT, &SMALL, &TILED, &WIDE]);

/// The kernels of this op.
pub const KERNELS: &[KernelInfo] = &[DIRECT.info(), SMALL.info(), TILED.info(), WIDE.info()];

uniform! {
    /// Mirrors `struct Params` in the shaders; `tests/shader_contracts.rs` compares them.
    pub struct Params {
        /// Rows of `x` and `y`.
        pub rows: u32,
        /// Rows of the weight, columns of `y`.
        pub columns: u32,
        /// Columns of `x` and of the weight.
        pub depth: u32,
        /// 1 to add the bias.
        pub add_bias: u32,
        /// 1 to apply GELU.
        pub apply_gelu: u32,
        /// 1 to add the residual.
        pub add_residual: u32,
    }
}

/// What happens to the product before it is stored.
#[derive(Clone, Copy)]
pub enum Epilogue<'a> {
    /// Nothing.
    None,
    /// `+ bias`, `[columns]`.
    Bias(&'a GpuTensor),
    /// `gelu(· + bias)`, by erf.
    BiasGelu(&'a GpuTensor),
    /// `+ bias + residual`, `[rows, columns]`.
    BiasResidual(&'a GpuTensor, &'a GpuTensor),
}

impl<'a> Epilogue<'a> {
    fn bias(self) -> Option<&'a GpuTensor> {
        match self {
            Self::None => None,
            Self::Bias(bias) | Self::BiasGelu(bias) | Self::BiasResidual(bias, _) => Some(bias),
        }
    }

    fn residual(self) -> Option<&'a GpuTensor> {
        match self {
            Self::BiasResidual(_, residual) => Some(residual),
            _ => None,
        }
    }
}

/// Multiplies `x` `[rows, depth]` with the transpose of `weight` `[columns, depth]`; `[rows, columns]`.
///
/// Records one dispatch; nothing is read back. `depth` must be a multiple of 4.
///
/// # Errors
/// [`GpuError::Rank`], [`GpuError::Shape`] or [`GpuError::Element`] if an operand does not fit,
/// [`GpuError::Unsupported`] for another depth.
pub fn linear(
    gpu: &Gpu,
    x: &GpuTensor,
    weight: &GpuTensor,
    epilogue: Epilogue,
) -> Result<GpuTensor, GpuError> {
    let Params { rows, columns, depth, .. } = check(x, weight, epilogue)?;
    linear_by(gpu, pick(gpu, Product::Forward, [rows, columns, depth]), x, weight, epilogue)
}

/// [`linear`] by a given kernel.
///
/// # Errors
/// Those of [`linear`].
pub fn linear_by(
    gpu: &Gpu,
    variant: Variant,
    x: &GpuTensor,
    weight: &GpuTensor,
    epilogue: Epilogue,
) -> Result<GpuTensor, GpuError> {
    let params = check(x, weight, epilogue)?;
    let y = gpu.alloc(&[params.rows, params.columns]);
    // A binding cannot stay empty: what the epilogue lacks is bound to the weight and not read.
    let bias = epilogue.bias().unwrap_or(weight);
    let residual = epilogue.residual().unwrap_or(weight);
    let (kernel, tile) = VARIANTS.get(variant);
    let grid = [params.columns.div_ceil(tile), params.rows.div_ceil(tile), 1];
    gpu.dispatch(kernel, &params, &[x, weight, bias, residual, &y], grid);
    Ok(y)
}

fn check(x: &GpuTensor, weight: &GpuTensor, epilogue: Epilogue) -> Result<Params, GpuError> {
    const OP: &str = "linear";
    let [rows, depth] = x.expect_matrix(OP, "x")?;
    let [columns, _] = weight.expect_matrix(OP, "weight")?;
    weight.expect_shape(OP, "weight", &[columns, depth])?;
    if let Some(bias) = epilogue.bias() {
        bias.expect_shape(OP, "bias", &[columns])?;
    }
    if let Some(residual) = epilogue.residual() {
        residual.expect_shape(OP, "residual", &[rows, columns])?;
    }
    super::expect_fours(OP, "depth", depth)?;
    Ok(Params {
        rows,
        columns,
        depth,
        add_bias: epilogue.bias().is_some().into(),
        apply_gelu: matches!(epilogue, Epilogue::BiasGelu(_)).into(),
        add_residual: epilogue.residual().is_some().into(),
    })
}

/// The same mathematics in plain loops, `f64` inside: the definition the kernels are held to.
pub mod oracle {
    /// `x` is `[rows, depth]`, `weight` `[columns, depth]`, row-major; returns `[rows, columns]`.
    pub fn linear(x: &[f32], weight: &[f32], depth: usize) -> Vec<f32> {
        let dot =
            |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
        x.chunks_exact(depth)
            .flat_map(|x| weight.chunks_exact(depth).map(move |weight| dot(x, weight) as f32))
            .collect()
    }

    /// Adds `bias` `[columns]` to every row of `y`.
    pub fn add_bias(y: &mut [f32], bias: &[f32]) {
        for row in y.chunks_exact_mut(bias.len()) {
            row.iter_mut().zip(bias).for_each(|(y, bias)| *y += bias);
        }
    }

    /// `gelu(x) = x/2 · (1 + erf(x/√2))`, Hendrycks & Gimpel 2016.
    pub fn gelu(x: f32) -> f32 {
        let x = f64::from(x);
        (0.5 * x * (1.0 + erf(x / std::f64::consts::SQRT_2))) as f32
    }

    /// The error function to within rounding, by Abramowitz & Stegun 7.1.6, whose terms are all positive:
    /// `erf(z) = 2/√π · exp(−z²) · Σ 2ⁿ z²ⁿ⁺¹ / (1·3·…·(2n+1))`.
    pub fn erf(z: f64) -> f64 {
        if z.abs() > 6.0 {
            return z.signum();
        }
        let (mut term, mut sum, mut odd) = (z, 0.0, 1.0);
        while sum + term != sum {
            sum += term;
            odd += 2.0;
            term *= 2.0 * z * z / odd;
        }
        std::f64::consts::FRAC_2_SQRT_PI * (-z * z).exp() * sum
    }

    #[cfg(test)]
    mod tests {
        use super::{erf, gelu};

        #[test]
        fn erf_has_the_tabulated_values() {
            // Abramowitz & Stegun, table 7.1.
            for (z, expected) in
                [(0.0, 0.0), (0.5, 0.520_499_877_8), (1.0, 0.842_700_792_9), (2.0, 0.995_322_265_0)]
            {
                assert!((erf(z) - expected).abs() < 1e-10, "erf({z}) = {}", erf(z));
                assert!((erf(-z) + expected).abs() < 1e-10, "erf(-{z}) = {}", erf(-z));
            }
            assert_eq!(erf(7.0), 1.0);
        }

        #[test]
        fn gelu_is_odd_about_half_its_argument() {
            for x in [0.1_f32, 1.0, 3.0, 10.0] {
                assert!((gelu(x) - gelu(-x).abs() - x + 2.0 * gelu(-x).abs()).abs() < 1e-6, "{x}");
            }
        }
    }
}
