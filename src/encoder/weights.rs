//! The model's tensors on the host, by their Hugging Face names.
//!
//! Both backends read from here; an adapter is merged here. Nothing in this module computes.

use super::{BertConfig, EncoderError, shown};
use safetensors::{Dtype, SafeTensors};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Values of a tensor that its fingerprint looks at, at most.
const SAMPLED_VALUES: usize = 1 << 12;

/// A dense f32 tensor, row-major. Cloning shares the data.
#[derive(Debug, Clone, PartialEq)]
pub struct HostTensor {
    /// Dimensions, outermost first.
    pub shape: Vec<usize>,
    /// Row-major values.
    pub data: Arc<[f32]>,
}

/// The tensors of a checkpoint, by name without the `bert.` prefix: those of the encoder, and BERT's pooler where the
/// file has one. Cloning shares the data.
#[derive(Debug, Clone)]
pub struct Weights {
    tensors: BTreeMap<String, HostTensor>,
}

impl Weights {
    /// Reads a `model.safetensors`, f32, f16 or bf16, and checks every tensor that the encoder needs.
    ///
    /// # Errors
    /// [`EncoderError::Safetensors`] if the file cannot be read or holds a value that is not finite,
    /// [`EncoderError::MissingTensor`] or [`EncoderError::TensorShape`] if it does not hold the encoder that `config` describes.
    pub fn from_safetensors(bytes: &[u8], config: &BertConfig) -> Result<Self, EncoderError> {
        let file = SafeTensors::deserialize(bytes).map_err(|e| EncoderError::Safetensors(shown(&e)))?;
        let mut tensors = BTreeMap::new();
        for (name, shape) in Self::expected_tensors(config) {
            let tensor = read_tensor(&file, &name, shape)?;
            let tensor = tensor.ok_or_else(|| EncoderError::MissingTensor(name.clone()))?;
            tensors.insert(name, tensor);
        }
        for (name, shape) in pooler_tensors(config) {
            if let Some(tensor) = read_tensor(&file, &name, shape)? {
                tensors.insert(name, tensor);
            }
        }
        Ok(Self { tensors })
    }

    /// Names every tensor that `config` asks for, with its shape, in the order of the forward pass.
    pub fn expected_tensors(config: &BertConfig) -> Vec<(String, Vec<usize>)> {
        let hidden = config.hidden_size;
        let inner = config.intermediate_size;
        let mut expected = vec![
            ("embeddings.word_embeddings.weight".to_owned(), vec![config.vocab_size, hidden]),
            (
                "embeddings.position_embeddings.weight".to_owned(),
                vec![config.max_position_embeddings, hidden],
            ),
            ("embeddings.token_type_embeddings.weight".to_owned(), vec![config.type_vocab_size, hidden]),
            ("embeddings.LayerNorm.weight".to_owned(), vec![hidden]),
            ("embeddings.LayerNorm.bias".to_owned(), vec![hidden]),
        ];
        for layer in 0..config.num_hidden_layers {
            let linear = [
                ("attention.self.query", hidden, hidden),
                ("attention.self.key", hidden, hidden),
                ("attention.self.value", hidden, hidden),
                ("attention.output.dense", hidden, hidden),
                ("intermediate.dense", inner, hidden),
                ("output.dense", hidden, inner),
            ];
            for (name, rows, columns) in linear {
                expected.push((format!("encoder.layer.{layer}.{name}.weight"), vec![rows, columns]));
                expected.push((format!("encoder.layer.{layer}.{name}.bias"), vec![rows]));
            }
            for norm in ["attention.output.LayerNorm", "output.LayerNorm"] {
                expected.push((format!("encoder.layer.{layer}.{norm}.weight"), vec![hidden]));
                expected.push((format!("encoder.layer.{layer}.{norm}.bias"), vec![hidden]));
            }
        }
        expected
    }

    /// Builds weights from tensors that are already on the host; used by tests and by merging.
    pub fn from_tensors(tensors: BTreeMap<String, HostTensor>) -> Self {
        Self { tensors }
    }

    /// The tensors by name.
    pub fn into_tensors(self) -> BTreeMap<String, HostTensor> {
        self.tensors
    }

    /// All tensors with their names, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &HostTensor)> {
        self.tensors.iter()
    }

    /// What these weights are known by: SHA-256 of every tensor's name, shape and a sample of its values, which any
    /// teaching changes.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for (name, tensor) in &self.tensors {
            hash.update(name);
            for dim in &tensor.shape {
                hash.update((*dim as u64).to_le_bytes());
            }
            for value in tensor.data.iter().step_by(tensor.data.len().div_ceil(SAMPLED_VALUES).max(1)) {
                hash.update(value.to_le_bytes());
            }
        }
        hash.finalize().into()
    }

    /// Names of all tensors.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.tensors.keys()
    }

    /// Finds a tensor by name.
    ///
    /// # Errors
    /// [`EncoderError::MissingTensor`] if there is none.
    pub fn tensor(&self, name: &str) -> Result<&HostTensor, EncoderError> {
        self.tensors.get(name).ok_or_else(|| EncoderError::MissingTensor(name.to_owned()))
    }

    /// Returns the same weights with some tensors replaced; the others stay shared.
    ///
    /// # Errors
    /// [`EncoderError::MissingTensor`] if a replacement has no counterpart.
    pub fn with_replaced(&self, replaced: BTreeMap<String, HostTensor>) -> Result<Self, EncoderError> {
        let mut tensors = self.tensors.clone();
        for (name, tensor) in replaced {
            let slot = tensors.get_mut(&name).ok_or(EncoderError::MissingTensor(name))?;
            *slot = tensor;
        }
        Ok(Self { tensors })
    }
}

/// What the encoder does not read but other readers of a `BertModel` expect: it is kept so that it can be written again.
fn pooler_tensors(config: &BertConfig) -> [(String, Vec<usize>); 2] {
    let hidden = config.hidden_size;
    [("pooler.dense.weight".to_owned(), vec![hidden, hidden]), ("pooler.dense.bias".to_owned(), vec![hidden])]
}

/// The tensor of this name, with or without the prefix `bert.`; none if the file has neither.
fn read_tensor(
    file: &SafeTensors,
    name: &str,
    shape: Vec<usize>,
) -> Result<Option<HostTensor>, EncoderError> {
    let view = file.tensor(name).or_else(|_| file.tensor(&format!("bert.{name}")));
    let Ok(view) = view else { return Ok(None) };
    if view.shape() != shape {
        let (name, found) = (name.to_owned(), view.shape().to_vec());
        return Err(EncoderError::TensorShape { name, expected: shape, found });
    }
    let data = to_f32(name, view.dtype(), view.data())?;
    if data.iter().any(|x| !x.is_finite()) {
        return Err(EncoderError::Safetensors(format!("tensor '{name}' holds a value that is not finite")));
    }
    Ok(Some(HostTensor { shape, data }))
}

/// Decodes little-endian f32, f16 or bf16 bytes; safetensors does not promise alignment.
pub(crate) fn to_f32(name: &str, dtype: Dtype, bytes: &[u8]) -> Result<Arc<[f32]>, EncoderError> {
    match dtype {
        Dtype::F32 => {
            Ok(bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
        }
        Dtype::F16 => {
            Ok(bytes.chunks_exact(2).map(|b| half::f16::from_le_bytes([b[0], b[1]]).to_f32()).collect())
        }
        Dtype::BF16 => {
            Ok(bytes.chunks_exact(2).map(|b| half::bf16::from_le_bytes([b[0], b[1]]).to_f32()).collect())
        }
        other => Err(EncoderError::Safetensors(format!(
            "tensor '{name}' has type {other:?}; f32, f16 and bf16 are read"
        ))),
    }
}
