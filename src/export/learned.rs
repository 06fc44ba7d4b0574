//! What was taught as files, whatever its kind, and back: PEFT's for an adapter, `model.safetensors` for weights.

use super::peft::{self, ADAPTER_CONFIG, TOWERS_KEY, read_towers};
use super::{ExportError, ExportedFile};
use crate::encoder::{BertConfig, HostTensor, Learned, Weights};
use crate::train::Towers;
use safetensors::tensor::{Dtype, View};
use std::borrow::Cow;
use std::collections::HashMap;

/// Name of a model's weights file.
pub const MODEL_WEIGHTS: &str = "model.safetensors";

/// Writes an adapter as PEFT does, or all of the model's weights with those that were taught in their place.
///
/// # Errors
/// [`ExportError::BadFile`] if a tensor's shape does not fit its data.
pub fn write_learned(
    learned: &Learned,
    towers: Towers,
    base: &Weights,
) -> Result<Vec<ExportedFile>, ExportError> {
    match learned {
        Learned::Adapter(adapter) => peft::write_adapter(adapter, towers),
        Learned::Weights(_) => {
            let weights = learned.merged_into(base).map_err(|e| bad_weights(e.to_string()))?;
            let bytes = write_weights(&weights, towers)?;
            Ok(vec![ExportedFile { name: MODEL_WEIGHTS.to_owned(), bytes }])
        }
    }
}

/// Reads an adapter or weights from files by name; folders before the name are ignored.
///
/// # Errors
/// [`ExportError`] if a file is missing or does not fit this encoder.
pub fn read_learned(files: &[ExportedFile], bert: &BertConfig) -> Result<(Learned, Towers), ExportError> {
    let of_name = |name: &str| files.iter().find(|file| file.name.rsplit('/').next() == Some(name));
    match (of_name(ADAPTER_CONFIG), of_name(MODEL_WEIGHTS)) {
        (None, Some(file)) => {
            let weights = Weights::from_safetensors(&file.bytes, bert);
            let tensors = weights.map_err(|e| bad_weights(e.to_string()))?.into_tensors();
            if let Some((name, _)) =
                tensors.iter().find(|(_, tensor)| tensor.data.iter().any(|x| !x.is_finite()))
            {
                return Err(bad_weights(format!("tensor '{name}' holds a value that is not finite")));
            }
            let towers = read_towers(&file.bytes, MODEL_WEIGHTS)?;
            Ok((Learned::Weights(tensors), towers))
        }
        _ => {
            let (adapter, towers) = peft::read_adapter(files, bert)?;
            Ok((Learned::Adapter(adapter), towers))
        }
    }
}

/// All tensors by their Hugging Face names, f32.
fn write_weights(weights: &Weights, towers: Towers) -> Result<Vec<u8>, ExportError> {
    let mut tensors = Vec::new();
    for name in weights.names() {
        let tensor = weights.tensor(name).map_err(|e| bad_weights(e.to_string()))?;
        tensors.push((name, F32(tensor)));
    }
    let metadata = [("format", "pt"), (TOWERS_KEY, towers.name())];
    let metadata: HashMap<_, _> = metadata.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    safetensors::serialize(tensors, Some(metadata)).map_err(|e| bad_weights(e.to_string()))
}

/// A tensor whose bytes are made while it is written.
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

fn bad_weights(reason: String) -> ExportError {
    ExportError::BadFile { file: MODEL_WEIGHTS, reason }
}
