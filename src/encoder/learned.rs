//! What teaching changes in the encoder: an adapter beside the weights, or weights themselves.
//!
//! How it is changed is the students' work; files are `export`'s.

use super::{BertConfig, EncoderError, HostTensor, LoraAdapter, LoraConfig, Weights};
use std::collections::BTreeMap;

/// What of the encoder is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scope {
    /// A low-rank adapter; the weights stay.
    Adapter(LoraConfig),
    /// Every weight of the encoder layers; the embedding tables and their LayerNorm stay.
    Layers,
    /// Every weight.
    All,
}

impl Scope {
    /// Returns its name on the command line and on the page.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Adapter(_) => "adapter",
            Self::Layers => "layers",
            Self::All => "all",
        }
    }

    /// Whether the tensor of that name is trained itself.
    fn trains(&self, name: &str) -> bool {
        match self {
            Self::Adapter(_) => false,
            Self::Layers => name.starts_with("encoder.layer."),
            Self::All => name.starts_with("encoder.layer.") || name.starts_with("embeddings."),
        }
    }
}

/// An adapter or weights, before, while or after they are taught.
#[derive(Debug, Clone, PartialEq)]
pub enum Learned {
    /// An adapter beside the base model's weights.
    Adapter(LoraAdapter),
    /// Weights in place of the base model's, by their names there.
    Weights(BTreeMap<String, HostTensor>),
}

impl Learned {
    /// Returns what a teaching of `scope` starts from: it embeds as `base` does.
    ///
    /// # Errors
    /// [`EncoderError::Adapter`] if the rank is not 1 to 64.
    pub fn initial(
        scope: Scope,
        base: &Weights,
        config: &BertConfig,
        seed: u64,
    ) -> Result<Self, EncoderError> {
        if let Scope::Adapter(lora) = scope {
            return Ok(Self::Adapter(LoraAdapter::initial(lora, config, seed)?));
        }
        let names = base.names().filter(|name| scope.trains(name));
        let tensors = names.map(|name| Ok((name.clone(), base.tensor(name)?.clone())));
        Ok(Self::Weights(tensors.collect::<Result<_, EncoderError>>()?))
    }

    /// Checks that it fits the encoder that `base` and `config` describe.
    ///
    /// # Errors
    /// [`EncoderError::Adapter`], [`EncoderError::MissingTensor`] or [`EncoderError::TensorShape`] naming the first
    /// tensor that does not.
    pub fn check(&self, base: &Weights, config: &BertConfig) -> Result<(), EncoderError> {
        let tensors = match self {
            Self::Adapter(adapter) => return adapter.check(config),
            Self::Weights(tensors) => tensors,
        };
        for (name, tensor) in tensors {
            let expected = &base.tensor(name)?.shape;
            if *expected != tensor.shape {
                let (name, expected, found) = (name.clone(), expected.clone(), tensor.shape.clone());
                return Err(EncoderError::TensorShape { name, expected, found });
            }
        }
        Ok(())
    }

    /// Number of trained values.
    pub fn parameters(&self) -> usize {
        match self {
            Self::Adapter(adapter) => adapter.parameters(),
            Self::Weights(tensors) => tensors.values().map(|tensor| tensor.data.len()).sum(),
        }
    }

    /// Every trained tensor by name: those of the weights, or PEFT's of an adapter.
    pub fn tensors(&self) -> BTreeMap<String, HostTensor> {
        match self {
            Self::Adapter(adapter) => adapter.tensors(),
            Self::Weights(tensors) => tensors.clone(),
        }
    }

    /// Returns the same with other values of [`Self::tensors`].
    ///
    /// # Errors
    /// [`EncoderError::Adapter`] if a tensor of an adapter is missing.
    pub fn with_tensors(&self, tensors: BTreeMap<String, HostTensor>) -> Result<Self, EncoderError> {
        Ok(match self {
            Self::Adapter(adapter) => Self::Adapter(LoraAdapter::from_tensors(adapter.config, &tensors)?),
            Self::Weights(_) => Self::Weights(tensors),
        })
    }

    /// Returns `base` with what was learned in it.
    ///
    /// # Errors
    /// [`EncoderError::MissingTensor`] if `base` lacks a tensor.
    pub fn merged_into(&self, base: &Weights) -> Result<Weights, EncoderError> {
        match self {
            Self::Adapter(adapter) => base.with_replaced(adapter.merged_into(base)?),
            Self::Weights(tensors) => base.with_replaced(tensors.clone()),
        }
    }
}

/// A student between two steps: enough to go on as if nothing had been between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Steps taken.
    pub steps: u32,
    /// The trained values.
    pub values: Learned,
    /// AdamW's running means of the gradient and of its square; none before the first step.
    pub moments: Option<[Learned; 2]>,
}

impl Snapshot {
    /// Returns the state before the first step.
    pub fn fresh(values: Learned) -> Self {
        Self { steps: 0, values, moments: None }
    }
}
