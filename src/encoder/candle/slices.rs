//! Contiguous f32 values of candle's tensors and storages, for ops written in plain loops.

use candle_core::{CpuStorage, Error, Layout, Result, Shape, Storage, Tensor};

/// The values of an operand of a custom op.
pub(super) fn values<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let (start, end) = layout.contiguous_offsets().ok_or_else(not_contiguous)?;
    match storage {
        CpuStorage::F32(data) => Ok(&data[start..end]),
        _ => Err(Error::Msg("this op takes f32 operands".to_owned()).bt()),
    }
}

/// The values of a tensor, copied; for backward passes, where only tensors are at hand.
pub(super) fn matrix(tensor: &Tensor) -> Result<Vec<f32>> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => Ok(values(storage, layout)?.to_vec()),
        _ => Err(Error::Msg("this op runs on the CPU".to_owned()).bt()),
    }
}

/// A custom op's result, `[values / columns, columns]`.
pub(super) fn output(values: Vec<f32>, columns: usize) -> Result<(CpuStorage, Shape)> {
    let shape = Shape::from((values.len() / columns, columns));
    Ok((CpuStorage::F32(values), shape))
}

fn not_contiguous() -> Error {
    Error::Msg("this op takes contiguous operands".to_owned()).bt()
}
