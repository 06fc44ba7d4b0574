//! Weights, or the pairs of an adapter, as a safetensors file: f32, streamed, so that no second copy of them is held.
//!
//! Does not choose what is written: every tensor is.

use super::peft::TOWERS_KEY;
use super::{ExportError, Maker};
use crate::encoder::{HostTensor, Weights};
use crate::train::Towers;
use safetensors::tensor::{Dtype, Metadata, TensorInfo};
use serde_json::json;
use std::io::Write;

/// The header's length comes first and is a multiple of it.
const WORD: usize = 8;

/// What the file's metadata says of the weights.
#[derive(Debug, Clone, Copy)]
pub(super) struct WeightsHeader<'a> {
    /// The texts that they embed.
    pub(super) towers: Towers,
    /// The model that they were taught from; none for the one that ships.
    pub(super) maker: Option<&'a Maker>,
}

/// Bytes that [`write_weights`] writes.
///
/// # Errors
/// [`ExportError::Write`] if a tensor's shape does not fit its data.
pub(super) fn weights_bytes(weights: &Weights, of: WeightsHeader) -> Result<usize, ExportError> {
    let data: usize = weights.iter().map(|(_, tensor)| size_of_val(&*tensor.data)).sum();
    Ok(WORD + header(weights, of)?.len() + data)
}

/// Writes the tensors in the order of their names.
///
/// # Errors
/// [`ExportError::Write`] if a tensor's shape does not fit its data, or `to` takes no more.
pub(super) fn write_weights(
    weights: &Weights,
    of: WeightsHeader,
    to: &mut impl Write,
) -> Result<(), ExportError> {
    let header = header(weights, of)?;
    to.write_all(&(header.len() as u64).to_le_bytes())?;
    to.write_all(&header)?;
    for (_, tensor) in weights.iter() {
        write_values(tensor, to)?;
    }
    Ok(())
}

fn header(weights: &Weights, of: WeightsHeader) -> Result<Vec<u8>, ExportError> {
    let mut end = 0;
    let info = |(name, tensor): (&String, &HostTensor)| {
        let start = end;
        end += size_of_val(&*tensor.data);
        let info = TensorInfo { dtype: Dtype::F32, shape: tensor.shape.clone(), data_offsets: (start, end) };
        (name.clone(), info)
    };
    let tensors = weights.iter().map(info).collect();
    let metadata = Metadata::new(None, tensors).map_err(|e| ExportError::Write(e.to_string()))?;
    let written = |e: serde_json::Error| ExportError::Write(e.to_string());
    let mut header = serde_json::to_value(&metadata).map_err(written)?;
    // Transformers refuses a file that does not say which framework's layout it has. Written by hand, because a hash map
    // has no order, and the same weights are to be the same file.
    header["__metadata__"] = json!({ "format": "pt", TOWERS_KEY: of.towers.name() });
    for (key, value) in of.maker.iter().flat_map(|maker| maker.metadata()) {
        header["__metadata__"][key] = json!(value);
    }
    let mut header = serde_json::to_vec(&header).map_err(written)?;
    header.resize(header.len().next_multiple_of(WORD), b' ');
    Ok(header)
}

/// safetensors are little-endian, and so is every machine that this engine runs on.
#[cfg(target_endian = "little")]
fn write_values(tensor: &HostTensor, to: &mut impl Write) -> Result<(), ExportError> {
    Ok(to.write_all(bytemuck::cast_slice(&tensor.data))?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::super::peft::read_towers;
    use super::*;
    use safetensors::SafeTensors;
    use std::collections::BTreeMap;

    const BOTH: WeightsHeader = WeightsHeader { towers: Towers::Both, maker: None };

    fn tensor(shape: &[usize], data: &[f32]) -> HostTensor {
        HostTensor { shape: shape.to_vec(), data: data.into() }
    }

    #[test]
    fn the_reader_of_the_format_finds_every_value() {
        let (a, b) = (tensor(&[2, 1], &[1.5, -0.0]), tensor(&[3], &[f32::MIN_POSITIVE, 3.0, -7.25]));
        let weights = Weights::from_tensors(BTreeMap::from([("b".to_owned(), b), ("a.x".to_owned(), a)]));
        let mut bytes = Vec::new();
        write_weights(&weights, BOTH, &mut bytes).unwrap();
        assert_eq!(bytes.len(), weights_bytes(&weights, BOTH).unwrap());

        let file = SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(file.len(), 2);
        for (name, tensor) in weights.iter() {
            let view = file.tensor(name).unwrap();
            assert_eq!((view.dtype(), view.shape()), (Dtype::F32, tensor.shape.as_slice()));
            assert_eq!(view.data(), bytemuck::cast_slice::<f32, u8>(&tensor.data));
        }
        let (header_size, header) = SafeTensors::read_metadata(&bytes).unwrap();
        assert_eq!(header_size % WORD, 0);
        assert_eq!(header.metadata().as_ref().unwrap()["format"], "pt");
        assert_eq!(read_towers(&bytes, "it").unwrap(), Towers::Both);
    }

    #[test]
    fn a_shape_that_does_not_fit_its_data_is_refused() {
        let weights = Weights::from_tensors(BTreeMap::from([("a".to_owned(), tensor(&[3], &[1.0, 2.0]))]));
        assert!(matches!(write_weights(&weights, BOTH, &mut Vec::new()), Err(ExportError::Write(_))));
    }
}
