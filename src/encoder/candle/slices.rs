//! Contiguous f32 values of candle's tensors and storages, for ops written in plain loops.

use candle_core::{CpuStorage, Error, Layout, Result, Shape, Storage, Tensor};
use std::ops::{Deref, Range};

/// The values of an operand of a custom op.
pub(super) fn values<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let (start, end) = layout.contiguous_offsets().ok_or_else(not_contiguous)?;
    match storage {
        CpuStorage::F32(data) => Ok(&data[start..end]),
        _ => Err(Error::Msg("this op takes f32 operands".to_owned()).bt()),
    }
}

/// Looks at the values of a tensor where they are; for backward passes, where only tensors are at hand.
pub(super) fn view(tensor: &Tensor) -> Result<impl Deref<Target = [f32]>> {
    let (storage, layout) = tensor.storage_and_layout();
    let (start, end) = layout.contiguous_offsets().ok_or_else(not_contiguous)?;
    match &*storage {
        Storage::Cpu(CpuStorage::F32(_)) => Ok(View { storage, range: start..end }),
        _ => Err(Error::Msg("this op takes f32 values on the CPU".to_owned()).bt()),
    }
}

/// A storage that is locked for reading, and where a tensor lies in it.
struct View<G> {
    storage: G,
    range: Range<usize>,
}

impl<G: Deref<Target = Storage>> Deref for View<G> {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match &*self.storage {
            Storage::Cpu(CpuStorage::F32(data)) => &data[self.range.clone()],
            // `view` makes no others.
            _ => &[],
        }
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
