//! What was taught as files, whatever its kind, and back: PEFT's for an adapter, a model's weights for whole weights.

use super::peft::{self, ADAPTER_CONFIG, read_towers};
use super::weights_file::{WeightsHeader, weights_bytes, write_weights};
use super::{ExportError, ExportedFile, Recipe};
use crate::encoder::{BertConfig, Learned, Weights};
use crate::train::Towers;

/// Name of a model's weights file.
pub(super) const MODEL_WEIGHTS: &str = "model.safetensors";

/// Writes an adapter of the model `recipe` as PEFT does, or the weights' file of the whole model with what was taught
/// in it; `base` are that model's weights.
///
/// # Errors
/// [`ExportError::BadFile`] or [`ExportError::Write`] if a tensor's shape does not fit its data.
pub fn write_learned(
    learned: &Learned,
    towers: Towers,
    base: &Weights,
    recipe: &Recipe,
) -> Result<Vec<ExportedFile>, ExportError> {
    if let Learned::Adapter(adapter) = learned {
        return peft::write_adapter(adapter, towers, recipe);
    }
    let weights = learned.merged_into(base).map_err(|e| bad_weights(e.to_string()))?;
    let maker = recipe.maker();
    let header = WeightsHeader { towers, maker: maker.as_ref() };
    let mut bytes = Vec::with_capacity(weights_bytes(&weights, header)?);
    write_weights(&weights, header, &mut bytes)?;
    Ok(vec![ExportedFile { name: MODEL_WEIGHTS.to_owned(), bytes }])
}

/// Reads an adapter or weights from files by name; folders before the name are ignored.
///
/// # Errors
/// [`ExportError`] if a file is missing, does not fit this encoder, or says that it was made for another model than
/// `recipe`.
pub fn read_learned(
    files: &[ExportedFile],
    bert: &BertConfig,
    recipe: &Recipe,
) -> Result<(Learned, Towers), ExportError> {
    let of_name = |name: &str| files.iter().find(|file| file.name.rsplit('/').next() == Some(name));
    match (of_name(ADAPTER_CONFIG), of_name(MODEL_WEIGHTS)) {
        (None, Some(file)) => {
            let weights = Weights::from_safetensors(&file.bytes, bert);
            let tensors = weights.map_err(|e| bad_weights(e.to_string()))?.into_tensors();
            let towers = read_towers(&file.bytes, MODEL_WEIGHTS)?;
            recipe.check_made_for(&file.bytes, MODEL_WEIGHTS)?;
            Ok((Learned::Weights(tensors), towers))
        }
        _ => {
            let (adapter, towers) = peft::read_adapter(files, bert)?;
            peft::check_base(files, recipe)?;
            Ok((Learned::Adapter(adapter), towers))
        }
    }
}

fn bad_weights(reason: String) -> ExportError {
    ExportError::BadFile { file: MODEL_WEIGHTS, reason }
}
