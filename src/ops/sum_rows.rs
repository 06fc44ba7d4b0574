//! Sums over the rows of a matrix: gradients of biases, and the last step of every gradient formed in slices.
//!
//! Kernels: `shaders/sum_rows.wgsl`, `shaders/sum_slices.wgsl`. Reference loops: [`oracle`], below. The order of
//! addition is fixed, so the same operands give the same bits on the same adapter.

use crate::gpu::{Gpu, GpuError, GpuTensor, Kernel, KernelInfo, folded};
use crate::{kernel, uniform};

const SLICES: Kernel<SlicesParams> = kernel!("sum_slices", "flat_grid");
const ROWS: Kernel<RowsParams> = kernel!("sum_rows");

/// The kernels of this op.
pub const KERNELS: &[KernelInfo] = &[SLICES.info(), ROWS.info()];

uniform! {
    /// Mirrors `struct Params` in `sum_slices`; `tests/shader_contracts.rs` compares the two.
    pub struct SlicesParams {
        /// Slices to add up.
        pub slices: u32,
        /// Values in a slice.
        pub values: u32,
        /// Factor of the sum.
        pub factor: f32,
    }
}

uniform! {
    /// Mirrors `struct Params` in `sum_rows`; `tests/shader_contracts.rs` compares the two.
    pub struct RowsParams {
        /// Rows of the matrix.
        pub rows: u32,
        /// Columns of the matrix.
        pub columns: u32,
        /// Rows in a slice.
        pub slice_rows: u32,
    }
}

/// What a sum is added to.
#[derive(Clone, Copy)]
pub struct Sum<'a> {
    /// The gradient.
    pub into: &'a GpuTensor,
    /// Factor of the sum.
    pub factor: f32,
}

/// Cuts `rows` into slices for workgroups to share: returns their number and their rows.
pub(super) fn slices(rows: u32) -> (u32, u32) {
    const MIN_ROWS: u32 = 64;
    const MAX_SLICES: u32 = 8;
    let slice_rows = rows.div_ceil(MAX_SLICES).max(MIN_ROWS);
    (rows.div_ceil(slice_rows), slice_rows)
}

/// Adds the slices of `partial` `[slices, values]` to `sum`, in their order. Records one dispatch.
///
/// # Errors
/// [`GpuError::Rank`], [`GpuError::Shape`] or [`GpuError::Element`] if an operand does not fit.
pub(super) fn sum_slices(gpu: &Gpu, partial: &GpuTensor, sum: Sum) -> Result<(), GpuError> {
    const OP: &str = "sum_slices";
    let [slices, values] = partial.expect_matrix(OP, "partial")?;
    let shape = sum.into.shape().to_vec();
    if shape.iter().product::<u32>() != values {
        return Err(GpuError::Shape { op: OP, tensor: "gradient", expected: vec![values], found: shape });
    }
    let params = SlicesParams { slices, values, factor: sum.factor };
    gpu.dispatch(&SLICES, &params, &[partial, sum.into], folded(values.div_ceil(SLICES.constant("LANES"))));
    Ok(())
}

/// Adds the sum of the rows of `x` `[rows, columns]` to `sum` `[columns]`.
///
/// Records two dispatches; nothing is read back.
///
/// # Errors
/// [`GpuError::Rank`], [`GpuError::Shape`] or [`GpuError::Element`] if an operand does not fit.
pub fn sum_rows(gpu: &Gpu, x: &GpuTensor, sum: Sum) -> Result<(), GpuError> {
    const OP: &str = "sum_rows";
    let [rows, columns] = x.expect_matrix(OP, "x")?;
    sum.into.expect_shape(OP, "gradient", &[columns])?;
    let (slices, slice_rows) = slices(rows);
    let partial = gpu.alloc(&[slices, columns]);
    let grid = [columns.div_ceil(ROWS.constant("LANES")), slices, 1];
    gpu.dispatch(&ROWS, &RowsParams { rows, columns, slice_rows }, &[x, &partial], grid);
    sum_slices(gpu, &partial, sum)
}

/// The same mathematics in plain loops, `f64` inside: the definition the kernels are held to.
pub mod oracle {
    /// `x` is `[rows, columns]` row-major; returns `[columns]`.
    pub fn sum_rows(x: &[f32], columns: usize) -> Vec<f32> {
        let mut sums = vec![0.0; columns];
        for row in x.chunks_exact(columns) {
            sums.iter_mut().zip(row).for_each(|(sum, &x)| *sum += f64::from(x));
        }
        sums.into_iter().map(|sum| sum as f32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::slices;

    #[test]
    fn slices_cover_every_row_once() {
        for rows in [0, 1, 63, 64, 65, 1024, 1025, 4096, 100_000] {
            let (count, slice_rows) = slices(rows);
            assert!(count <= 8 && count * slice_rows >= rows, "{rows}");
            assert!(rows == 0 || (count - 1) * slice_rows < rows, "the last slice of {rows} is empty");
        }
    }
}
