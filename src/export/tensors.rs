//! Named f32 tensors as a safetensors file, with one text in its metadata, and back.

use super::ExportError;
use crate::encoder::HostTensor;
use safetensors::tensor::{Dtype, SafeTensors, View};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// Tensors by name.
type NamedTensors = BTreeMap<String, HostTensor>;

/// Writes tensors with metadata, each made into bytes only while it is written.
///
/// # Errors
/// [`ExportError::BadFile`] of `file` if a tensor's shape does not fit its data.
pub(crate) fn write_tensors(
    tensors: &NamedTensors,
    metadata: &[(&str, &str)],
    file: &'static str,
) -> Result<Vec<u8>, ExportError> {
    let metadata: HashMap<String, String> =
        metadata.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
    let views = tensors.iter().map(|(name, tensor)| (name, F32(tensor)));
    safetensors::serialize(views, Some(metadata)).map_err(|e| bad(file, e.to_string()))
}

/// Reads what [`write_tensors`] wrote: the tensors, and the metadata.
///
/// # Errors
/// [`ExportError::BadFile`] of `file` if it is not such a file.
pub(crate) fn read_tensors(
    bytes: &[u8],
    file: &'static str,
) -> Result<(NamedTensors, HashMap<String, String>), ExportError> {
    let found = SafeTensors::deserialize(bytes).map_err(|e| bad(file, e.to_string()))?;
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| bad(file, e.to_string()))?;
    let tensor = |(name, view): (String, safetensors::tensor::TensorView)| {
        if view.dtype() != Dtype::F32 {
            return Err(bad(file, format!("tensor '{name}' has type {:?}; F32 is read", view.dtype())));
        }
        let data = view.data().as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
        Ok((name, HostTensor { shape: view.shape().to_vec(), data }))
    };
    let tensors = found.tensors().into_iter().map(tensor).collect::<Result<_, _>>()?;
    Ok((tensors, header.metadata().clone().unwrap_or_default()))
}

struct F32<'a>(&'a HostTensor);

impl View for F32<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.0.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.0.data.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>().into()
    }

    fn data_len(&self) -> usize {
        4 * self.0.data.len()
    }
}

fn bad(file: &'static str, reason: String) -> ExportError {
    ExportError::BadFile { file, reason }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn tensors_and_metadata_come_back_and_other_files_do_not() {
        let tensor = HostTensor { shape: vec![2, 1], data: [0.5, -0.0].into() };
        let tensors = BTreeMap::from([("a/b".to_owned(), tensor)]);
        let bytes = write_tensors(&tensors, &[("key", "{\"x\":1}")], "it").unwrap();
        let (found, metadata) = read_tensors(&bytes, "it").unwrap();
        assert_eq!(found, tensors);
        assert_eq!(metadata["key"], "{\"x\":1}");
        assert!(read_tensors(&bytes[..bytes.len() - 1], "it").is_err());
        assert!(read_tensors(b"", "it").unwrap_err().to_string().starts_with("it: "));
        let wrong = HostTensor { shape: vec![3], data: [0.5].into() };
        assert!(write_tensors(&BTreeMap::from([("a".to_owned(), wrong)]), &[], "it").is_err());
    }
}
