//! A weight with a low-rank update: W + (alpha / r) B A, so that a taught layer runs like any other.
//!
//! Kernel: `shaders/lora_merge.wgsl`. Reference loops: [`oracle`], below.

use super::expect_fours;
use crate::gpu::{Gpu, GpuError, GpuTensor, Kernel, KernelInfo};
use crate::{kernel, uniform};

const MERGE: Kernel<Params> = kernel!("lora_merge");

/// The kernels of this op.
pub const KERNELS: &[KernelInfo] = &[MERGE.info()];

uniform! {
    /// Mirrors `struct Params` in the shader; `tests/shader_contracts.rs` compares the two.
    pub struct Params {
        /// Columns of the weight.
        pub columns: u32,
        /// Rank of the update.
        pub rank: u32,
        /// First row of the weight that the update reaches.
        pub first_row: u32,
        /// Factor of the update.
        pub factor: f32,
    }
}

/// Writes `weight + factor · b a` into the rows of `merged` from `first_row` on; the others stay as they are.
///
/// `weight` and `merged` are `[≥ first_row + rows, columns]`, `a` `[rank, columns]`, `b` `[rows, rank]`; columns
/// are a multiple of 4. Records one dispatch; nothing is read back.
///
/// # Errors
/// [`GpuError::Rank`], [`GpuError::Shape`] or [`GpuError::Element`] if an operand does not fit,
/// [`GpuError::Unsupported`] for other columns.
pub fn lora_merge(
    gpu: &Gpu,
    weight: &GpuTensor,
    [a, b]: [&GpuTensor; 2],
    factor: f32,
    first_row: u32,
    merged: &GpuTensor,
) -> Result<(), GpuError> {
    const OP: &str = "lora_merge";
    let [all_rows, columns] = weight.expect_matrix(OP, "weight")?;
    merged.expect_shape(OP, "merged", &[all_rows, columns])?;
    let [rank, _] = a.expect_matrix(OP, "a")?;
    a.expect_shape(OP, "a", &[rank, columns])?;
    let [rows, _] = b.expect_matrix(OP, "b")?;
    b.expect_shape(OP, "b", &[rows, rank])?;
    expect_fours(OP, "columns", columns)?;
    if first_row + rows > all_rows {
        let (expected, found) = (vec![first_row + rows, columns], vec![all_rows, columns]);
        return Err(GpuError::Shape { op: OP, tensor: "weight", expected, found });
    }
    let grid = [(columns / 4).div_ceil(MERGE.constant("LANES")), rows, 1];
    gpu.dispatch(&MERGE, &Params { columns, rank, first_row, factor }, &[weight, a, b, merged], grid);
    Ok(())
}

/// The same mathematics in plain loops, `f64` inside: the definition the kernel is held to.
pub mod oracle {
    /// `weight + factor · b a` for `weight` `[rows, columns]`, `a` `[rank, columns]`, `b` `[rows, rank]`.
    pub fn lora_merge(weight: &[f32], a: &[f32], b: &[f32], rank: usize, factor: f64) -> Vec<f32> {
        let columns = a.len() / rank;
        let mut merged = Vec::with_capacity(weight.len());
        for (weight, b) in weight.chunks_exact(columns).zip(b.chunks_exact(rank)) {
            let update = |c: usize| -> f64 {
                b.iter().zip(a.chunks_exact(columns)).map(|(&b, a)| f64::from(b) * f64::from(a[c])).sum()
            };
            merged
                .extend(weight.iter().enumerate().map(|(c, &w)| (f64::from(w) + factor * update(c)) as f32));
        }
        merged
    }
}
