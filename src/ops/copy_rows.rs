//! Rows of one matrix copied into another: batches put together, and taken apart again.
//!
//! Kernel: `shaders/copy_rows.wgsl`. Reference loops: [`oracle`], below.

use crate::gpu::{Gpu, GpuError, GpuTensor, Kernel, KernelInfo, folded};
use crate::{kernel, uniform};
use std::ops::Range;

const COPY: Kernel<Params> = kernel!("copy_rows", "flat_grid");

/// The kernels of this op.
pub const KERNELS: &[KernelInfo] = &[COPY.info()];

uniform! {
    /// Mirrors `struct Params` in the shader; `tests/shader_contracts.rs` compares the two.
    pub struct Params {
        /// First row that is read.
        pub x_start: u32,
        /// First row that is written.
        pub y_start: u32,
        /// Rows.
        pub count: u32,
        /// Width of a row.
        pub columns: u32,
    }
}

/// Copies the rows `from` of `x` `[x_rows, columns]` into `y` `[y_rows, columns]` from its row `to` on.
///
/// Records one dispatch; nothing is read back.
///
/// # Errors
/// [`GpuError::Rank`], [`GpuError::Shape`] or [`GpuError::Element`] if the rows are not there.
pub fn copy_rows(gpu: &Gpu, x: &GpuTensor, from: Range<u32>, y: &GpuTensor, to: u32) -> Result<(), GpuError> {
    const OP: &str = "copy_rows";
    let ([x_rows, columns], [y_rows, _]) = (x.expect_matrix(OP, "x")?, y.expect_matrix(OP, "y")?);
    let count = from.len() as u32;
    x.expect_shape(OP, "x", &[x_rows.max(from.end), columns])?;
    y.expect_shape(OP, "y", &[y_rows.max(to + count), columns])?;
    let params = Params { x_start: from.start, y_start: to, count, columns };
    gpu.dispatch(&COPY, &params, &[x, y], folded((count * columns).div_ceil(COPY.constant("LANES"))));
    Ok(())
}

/// The same in plain loops: the definition the kernel is held to.
pub mod oracle {
    use std::ops::Range;

    /// `x` and `y` are row-major with `columns` each; see [`super::copy_rows`].
    pub fn copy_rows(x: &[f32], from: Range<usize>, y: &mut [f32], to: usize, columns: usize) {
        let count = from.len();
        y[to * columns..(to + count) * columns].copy_from_slice(&x[from.start * columns..from.end * columns]);
    }
}
