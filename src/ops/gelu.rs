//! GELU as an op of its own, for training: the forward pass there keeps the argument too.
//!
//! Kernel: `shaders/gelu.wgsl`. Reference: [`super::linear::oracle::gelu`]; the derivative is applied by
//! [`super::linear_grad`].

use crate::gpu::{Gpu, GpuError, GpuTensor, Kernel, KernelInfo, folded};
use crate::{kernel, uniform};

const FORWARD: Kernel<Params> = kernel!("gelu", "gelu", "flat_grid");
const LANES: u32 = FORWARD.constant("LANES");

/// The kernels of this op.
pub const KERNELS: &[KernelInfo] = &[FORWARD.info()];

uniform! {
    /// Mirrors `struct Params` in the shader; `tests/shader_contracts.rs` compares the two.
    pub struct Params {
        /// Number of values over four.
        pub vectors: u32,
    }
}

/// Applies GELU to every value of `x` `[rows, columns]`; `columns` must be a multiple of 4.
///
/// Records one dispatch; nothing is read back.
///
/// # Errors
/// [`GpuError::Rank`] or [`GpuError::Element`] if `x` is no matrix of floats, [`GpuError::Unsupported`] for other
/// columns.
pub fn gelu(gpu: &Gpu, x: &GpuTensor) -> Result<GpuTensor, GpuError> {
    const OP: &str = "gelu";
    let [rows, columns] = x.expect_matrix(OP, "x")?;
    super::expect_fours(OP, "columns", columns)?;
    let y = gpu.alloc(&[rows, columns]);
    let vectors = rows * columns / 4;
    gpu.dispatch(&FORWARD, &Params { vectors }, &[x, &y], folded(vectors.div_ceil(LANES)));
    Ok(y)
}
