//! Linear layer, backward: the gradients of `y = x Wᵀ` with respect to `x` and to `W`.
//!
//! Kernels: `shaders/linear_grad_*.wgsl`, each in the variants of [`super::tiling`].
//! Reference loops: [`oracle`], below. The bias's gradient is [`super::sum_rows`].

use super::expect_fours;
use super::sum_rows::{Sum, slices, sum_slices};
use super::tiling::{Product, Variant, Variants, pick};
use crate::gpu::{Gpu, GpuError, GpuTensor, Kernel, KernelInfo};
use crate::{kernel, uniform};

const INPUT_DIRECT: Kernel<InputParams> = kernel!("linear_grad_input_direct", "gelu", "linear_grad_epilogue");
const INPUT_SMALL: Kernel<InputParams> =
    kernel!("linear_grad_input_tiled", "tile_32", "gelu", "linear_grad_epilogue")
        .labelled("linear_grad_input_tiled_32");
const INPUT_TILED: Kernel<InputParams> =
    kernel!("linear_grad_input_tiled", "tile_64", "gelu", "linear_grad_epilogue");
const INPUT_WIDE: Kernel<InputParams> = kernel!("linear_grad_input_wide", "gelu", "linear_grad_epilogue");
const INPUT: Variants<InputParams> = Variants::new([&INPUT_DIRECT, &INPUT_SMALL, &INPUT_TILED, &INPUT_WIDE]);

const WEIGHT_DIRECT: Kernel<WeightParams> = kernel!("linear_grad_weight_direct");
const WEIGHT_SMALL: Kernel<WeightParams> =
    kernel!("linear_grad_weight_tiled", "tile_32").labelled("linear_grad_weight_tiled_32");
const WEIGHT_TILED: Kernel<WeightParams> = kernel!("linear_grad_weight_tiled", "tile_64");
const WEIGHT_WIDE: Kernel<WeightParams> = kernel!("linear_grad_weight_wide");
const WEIGHT: Variants<WeightParams> =
    Variants::new([&WEIGHT_DIRECT, &WEIGHT_SMALL, &WEIGHT_TILED, &WEIGHT_WIDE]);

/// The kernels of this op.
pub const KERNELS: &[KernelInfo] = &[
    INPUT_DIRECT.info(),
    INPUT_SMALL.info(),
    INPUT_TILED.info(),
    INPUT_WIDE.info(),
    WEIGHT_DIRECT.info(),
    WEIGHT_SMALL.info(),
    WEIGHT_TILED.info(),
    WEIGHT_WIDE.info(),
];

uniform! {
    /// Mirrors `struct Params` in `linear_grad_input_*`; `tests/shader_contracts.rs` compares them.
    pub struct InputParams {
        /// Rows of `g` and `dx`.
        pub rows: u32,
        /// Columns of `g`, rows of the weight.
        pub columns: u32,
        /// Columns of the weight and of `dx`.
        pub depth: u32,
        /// Columns of the matrix that `g` is a part of.
        pub g_stride: u32,
        /// Column of that matrix at which `g` begins.
        pub g_offset: u32,
        /// What the other operand is: 0 unused, 1 added, 2 the argument of GELU.
        pub other: u32,
        /// Factor of the product.
        pub factor: f32,
    }
}

uniform! {
    /// Mirrors `struct Params` in `linear_grad_weight_*`; `tests/shader_contracts.rs` compares them.
    pub struct WeightParams {
        /// Rows of `g` and `x`.
        pub rows: u32,
        /// Columns of `g`, rows of the gradient.
        pub columns: u32,
        /// Columns of `x` and of the gradient.
        pub depth: u32,
        /// Columns of the matrix that `g` is a part of.
        pub g_stride: u32,
        /// Column of that matrix at which `g` begins.
        pub g_offset: u32,
        /// Rows in a slice.
        pub slice_rows: u32,
    }
}

/// Some columns of a gradient `[rows, stride]`: all of them, or those of one projection of a fused one.
#[derive(Clone, Copy)]
pub struct Columns<'a> {
    matrix: &'a GpuTensor,
    offset: u32,
    count: Option<u32>,
}

impl<'a> Columns<'a> {
    /// Takes the whole matrix.
    pub fn all(matrix: &'a GpuTensor) -> Self {
        Self { matrix, offset: 0, count: None }
    }

    /// Takes `count` columns from `offset` on; both multiples of 4.
    pub fn part(matrix: &'a GpuTensor, offset: u32, count: u32) -> Self {
        Self { matrix, offset, count: Some(count) }
    }

    /// Returns `[rows, columns, stride]`.
    fn dims(&self, op: &'static str) -> Result<[u32; 3], GpuError> {
        let [rows, stride] = self.matrix.expect_matrix(op, "g")?;
        let columns = self.count.unwrap_or(stride);
        for value in [columns, stride, self.offset] {
            expect_fours(op, "columns of g", value)?;
        }
        if self.offset + columns > stride {
            let (expected, found) = (vec![rows, self.offset + columns], vec![rows, stride]);
            return Err(GpuError::Shape { op, tensor: "g", expected, found });
        }
        Ok([rows, columns, stride])
    }
}

/// What happens to the product before it is stored.
#[derive(Clone, Copy)]
pub enum InputEpilogue<'a> {
    /// Nothing.
    None,
    /// Another part of the same gradient is added, `[rows, depth]`.
    Add(&'a GpuTensor),
    /// The product is multiplied with GELU's derivative at this argument, `[rows, depth]`.
    GeluAt(&'a GpuTensor),
}

impl<'a> InputEpilogue<'a> {
    fn parts(self) -> (u32, Option<&'a GpuTensor>) {
        match self {
            Self::None => (0, None),
            Self::Add(tensor) => (1, Some(tensor)),
            Self::GeluAt(tensor) => (2, Some(tensor)),
        }
    }
}

/// Multiplies `factor · g` `[rows, columns]` with `weight` `[columns, depth]`; `[rows, depth]`.
///
/// Records one dispatch; nothing is read back. Columns and depth must be multiples of 4.
///
/// # Errors
/// [`GpuError::Rank`], [`GpuError::Shape`] or [`GpuError::Element`] if an operand does not fit,
/// [`GpuError::Unsupported`] for other sizes.
pub fn input(
    gpu: &Gpu,
    g: Columns,
    weight: &GpuTensor,
    factor: f32,
    epilogue: InputEpilogue,
) -> Result<GpuTensor, GpuError> {
    let [rows, columns, _] = g.dims("linear_grad::input")?;
    let [_, depth] = weight.expect_matrix("linear_grad::input", "weight")?;
    let variant = pick(gpu, Product::InputGrad, [rows, columns, depth]);
    input_by(gpu, variant, g, weight, factor, epilogue)
}

/// [`input`] by a given kernel.
///
/// # Errors
/// Those of [`input`].
pub fn input_by(
    gpu: &Gpu,
    variant: Variant,
    g: Columns,
    weight: &GpuTensor,
    factor: f32,
    epilogue: InputEpilogue,
) -> Result<GpuTensor, GpuError> {
    const OP: &str = "linear_grad::input";
    let [rows, columns, g_stride] = g.dims(OP)?;
    let [_, depth] = weight.expect_matrix(OP, "weight")?;
    weight.expect_shape(OP, "weight", &[columns, depth])?;
    expect_fours(OP, "depth", depth)?;
    let (mode, other) = epilogue.parts();
    if let Some(other) = other {
        other.expect_shape(OP, "other", &[rows, depth])?;
    }
    let dx = gpu.alloc(&[rows, depth]);
    let params = InputParams { rows, columns, depth, g_stride, g_offset: g.offset, other: mode, factor };
    let (kernel, tile) = INPUT.get(variant);
    let grid = [depth.div_ceil(tile), rows.div_ceil(tile), 1];
    // A binding cannot stay empty: without another operand the weight is bound again and not read.
    gpu.dispatch(kernel, &params, &[g.matrix, weight, other.unwrap_or(weight), &dx], grid);
    Ok(dx)
}

/// Adds `factor · gᵀ x` `[columns, depth]` to `sum`.
///
/// `g` is `[rows, columns]`, `x` `[rows, depth]`. Records two dispatches; nothing is read back. Columns and depth
/// must be multiples of 4.
///
/// # Errors
/// Those of [`input`].
pub fn weight(gpu: &Gpu, g: Columns, x: &GpuTensor, sum: Sum) -> Result<(), GpuError> {
    let [rows, columns, _] = g.dims("linear_grad::weight")?;
    let [_, depth] = x.expect_matrix("linear_grad::weight", "x")?;
    weight_by(gpu, pick(gpu, Product::WeightGrad, [rows, columns, depth]), g, x, sum)
}

/// [`weight`] by a given kernel.
///
/// # Errors
/// Those of [`weight`].
pub fn weight_by(gpu: &Gpu, variant: Variant, g: Columns, x: &GpuTensor, sum: Sum) -> Result<(), GpuError> {
    const OP: &str = "linear_grad::weight";
    let [rows, columns, g_stride] = g.dims(OP)?;
    let [_, depth] = x.expect_matrix(OP, "x")?;
    x.expect_shape(OP, "x", &[rows, depth])?;
    expect_fours(OP, "depth", depth)?;
    sum.into.expect_shape(OP, "gradient", &[columns, depth])?;

    let (slices, slice_rows) = slices(rows);
    let partial = gpu.alloc(&[slices, columns * depth]);
    let params = WeightParams { rows, columns, depth, g_stride, g_offset: g.offset, slice_rows };
    let (kernel, tile) = WEIGHT.get(variant);
    let grid = [depth.div_ceil(tile), columns.div_ceil(tile), slices];
    gpu.dispatch(kernel, &params, &[g.matrix, x, &partial], grid);
    sum_slices(gpu, &partial, sum)
}

/// The same mathematics in plain loops, `f64` inside: the definition the kernels are held to.
pub mod oracle {
    use crate::ops::linear::oracle::erf;

    /// g W for `g` `[rows, columns]` and `weight` `[columns, depth]`, row-major; returns `[rows, depth]`.
    pub fn input(g: &[f32], weight: &[f32], columns: usize) -> Vec<f32> {
        let depth = weight.len() / columns;
        let mut dx = Vec::with_capacity(g.len() / columns * depth);
        for g in g.chunks_exact(columns) {
            let mut row = vec![0.0; depth];
            for (&g, weight) in g.iter().zip(weight.chunks_exact(depth)) {
                row.iter_mut().zip(weight).for_each(|(dx, &w)| *dx += f64::from(g) * f64::from(w));
            }
            dx.extend(row.into_iter().map(|value| value as f32));
        }
        dx
    }

    /// gᵀ x for `g` `[rows, columns]` and `x` `[rows, depth]`, row-major; returns `[columns, depth]`.
    pub fn weight(g: &[f32], x: &[f32], columns: usize) -> Vec<f32> {
        let depth = x.len() * columns / g.len();
        let mut dw = vec![0.0; columns * depth];
        for (g, x) in g.chunks_exact(columns).zip(x.chunks_exact(depth)) {
            for (&g, row) in g.iter().zip(dw.chunks_exact_mut(depth)) {
                row.iter_mut().zip(x).for_each(|(dw, &x)| *dw += f64::from(g) * f64::from(x));
            }
        }
        dw.into_iter().map(|value| value as f32).collect()
    }

    /// `gelu'(x) = Φ(x) + x φ(x)`.
    pub fn gelu_derivative(x: f32) -> f32 {
        let x = f64::from(x);
        let distribution = 0.5 * (1.0 + erf(x / std::f64::consts::SQRT_2));
        let density = (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
        (distribution + x * density) as f32
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::ops::linear::oracle::gelu;

        #[test]
        fn products_by_hand() {
            // g = [[1, 2]], W = [[1, 2, 3], [4, 5, 6]], x = [[1, 0, 2]].
            assert_eq!(input(&[1.0, 2.0], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2), [9.0, 12.0, 15.0]);
            assert_eq!(weight(&[1.0, 2.0], &[1.0, 0.0, 2.0], 2), [1.0, 0.0, 2.0, 2.0, 0.0, 4.0]);
        }

        #[test]
        fn the_derivative_of_gelu_is_its_difference_quotient() {
            for x in [-3.0_f32, -0.7, 0.0, 0.4, 2.5] {
                let h = 1e-2;
                let quotient = (gelu(x + h) - gelu(x - h)) / (2.0 * h);
                assert!((gelu_derivative(x) - quotient).abs() < 1e-4, "{x}");
            }
        }
    }
}
