//! The encoder on the CPU: candle keeps the tape, our own ops do the work on packed rows.
//!
//! The same forward pass serves embedding and teaching. This folder and tests are the only places that name
//! candle.

mod attention;
mod embedding;
mod gelu;
mod layer;
mod layer_norm;
mod linear;
mod math;
mod matmul;
#[cfg(any(test, target_arch = "wasm32"))]
mod packed;
mod parameter;
mod pool;
mod slices;
mod student;

pub use candle_core::Error as CandleError;
pub use student::{AdamWSettings, CandleStudent};

use super::lora::{Targets, tensor_names};
use super::{BertConfig, EncoderError, Learned, LoraAdapter, Weights};
use crate::text::PackedTokens;
use candle_core::{Device, Tensor};
use embedding::Embedding;
use layer::{Layer, LayerLora, encoder_layer};
use layer_norm::LayerNorm;
use linear::{Linear, Lora};
use matmul::WeightMatrix;
use parameter::Gradient;
use pool::pool_normalize;
use std::ops::Range;
use std::sync::Arc;

/// BERT on the CPU, f32; cloning shares the weights.
#[derive(Clone)]
pub struct CandleEncoder {
    base: Arc<Base>,
    lora: Arc<[LayerLora]>,
}

/// Everything but the pairs.
struct Base {
    config: BertConfig,
    embedding: Embedding,
    layers: Vec<Layer>,
}

impl CandleEncoder {
    /// Builds the encoder from the weights; packs them for the matrix kernels.
    ///
    /// # Errors
    /// [`EncoderError::MissingTensor`] if a tensor is missing.
    pub fn new(config: &BertConfig, weights: &Weights) -> Result<Self, EncoderError> {
        Self::training(config, weights, &|_| None)
    }

    /// The same, with a place for the gradient of each tensor that is trained.
    fn training(
        config: &BertConfig,
        weights: &Weights,
        gradient: &dyn Fn(&str) -> Option<Arc<Gradient>>,
    ) -> Result<Self, EncoderError> {
        let base = Loader { config, weights, gradient }.base()?;
        let lora = vec![LayerLora::default(); config.num_hidden_layers].into();
        Ok(Self { base: Arc::new(base), lora })
    }

    /// Returns the same encoder with what was learned in it; `weights` are those that `self` was made from.
    ///
    /// # Errors
    /// Those of [`Learned::check`].
    pub fn with_learned(&self, weights: &Weights, learned: &Learned) -> Result<Self, EncoderError> {
        learned.check(weights, &self.base.config)?;
        match learned {
            Learned::Adapter(adapter) => Ok(self.with_pairs(adapter, &|_| None)),
            Learned::Weights(_) => Self::new(&self.base.config, &learned.merged_into(weights)?),
        }
    }

    /// The same encoder with an adapter's pairs, and a place for the gradient of each half that is trained.
    fn with_pairs(&self, adapter: &LoraAdapter, gradient: &dyn Fn(&str) -> Option<Arc<Gradient>>) -> Self {
        let pair = |module: &str| -> Option<Lora> {
            let pair = adapter.pairs.get(module)?;
            let [a, b] = tensor_names(module).map(|name| gradient(&name));
            Some(Lora {
                a: Arc::clone(&pair.a.data),
                b: Arc::clone(&pair.b.data),
                scale: adapter.config.scale(),
                gradients: a.zip(b).map(|(a, b)| [a, b]),
            })
        };
        let mut lora = vec![LayerLora::default(); self.base.layers.len()];
        for (layer, slots) in lora.iter_mut().enumerate() {
            for (slot, projection) in slots.iter_mut().zip(Targets::AllLinear.projections()) {
                *slot = pair(&format!("encoder.layer.{layer}.{projection}"));
            }
        }
        Self { base: Arc::clone(&self.base), lora: lora.into() }
    }

    /// Shape of the model.
    pub fn config(&self) -> &BertConfig {
        &self.base.config
    }

    /// Embeds packed texts; `[sequences, hidden]`, row-major.
    ///
    /// # Errors
    /// [`EncoderError::OutOfTable`] if a token id or a sequence exceeds the tables.
    pub fn embed(&self, batch: &PackedTokens) -> Result<Vec<f32>, EncoderError> {
        let rows = self.base.embedding.rows(batch)?;
        let rows = Tensor::from_vec(rows, (batch.tokens(), self.base.config.hidden_size), &Device::Cpu)?;
        Ok(slices::view(&self.forward(batch, &rows)?)?.to_vec())
    }

    /// From the tokens' embeddings to those of the texts; candle's tape is kept if `rows` is a variable.
    fn forward(&self, batch: &PackedTokens, rows: &Tensor) -> Result<Tensor, EncoderError> {
        let sequences: Arc<[Range<usize>]> = batch.ranges().collect();
        let mut x = rows.clone();
        for layer in 0..self.base.layers.len() {
            x = encoder_layer(&x, self, layer, &sequences)?;
        }
        Ok(pool_normalize(&x, &sequences, self.base.config.pooling)?)
    }
}

/// Finds the parts of an encoder in its weights.
struct Loader<'a> {
    config: &'a BertConfig,
    weights: &'a Weights,
    gradient: &'a dyn Fn(&str) -> Option<Arc<Gradient>>,
}

impl Loader<'_> {
    fn base(&self) -> Result<Base, EncoderError> {
        let tables =
            ["word", "position", "token_type"].map(|kind| format!("embeddings.{kind}_embeddings.weight"));
        let [words, positions, token_type] = tables.each_ref().map(|name| self.values(name));
        let [a, b, c] = tables.each_ref().map(|name| (self.gradient)(name));
        let embedding = Embedding {
            words: words?,
            positions: positions?,
            token_type: token_type?,
            norm: self.layer_norm("embeddings.LayerNorm")?,
            gradients: a.zip(b).zip(c).map(|((a, b), c)| [a, b, c]),
        };
        let layers = (0..self.config.num_hidden_layers).map(|i| self.layer(i)).collect::<Result<_, _>>()?;
        Ok(Base { config: self.config.clone(), embedding, layers })
    }

    fn layer(&self, i: usize) -> Result<Layer, EncoderError> {
        let prefix = format!("encoder.layer.{i}");
        let projections = Targets::AllLinear.projections().iter();
        let linear = projections.map(|name| self.linear(&format!("{prefix}.{name}")));
        let linear = linear.collect::<Result<Vec<_>, EncoderError>>()?;
        Ok(Layer {
            linear: linear.try_into().map_err(|_| EncoderError::Config("six projections".into()))?,
            attention_norm: self.layer_norm(&format!("{prefix}.attention.output.LayerNorm"))?,
            output_norm: self.layer_norm(&format!("{prefix}.output.LayerNorm"))?,
        })
    }

    fn linear(&self, module: &str) -> Result<Linear, EncoderError> {
        let name = format!("{module}.weight");
        let weight = self.weights.tensor(&name)?;
        let [outputs, inputs] = weight.shape[..] else {
            return Err(EncoderError::TensorShape {
                name,
                expected: vec![0, 0],
                found: weight.shape.clone(),
            });
        };
        Ok(Linear {
            weight: WeightMatrix::new(outputs, inputs, Arc::clone(&weight.data)),
            bias: self.values(&format!("{module}.bias"))?,
            gradients: self.gradients(module),
        })
    }

    fn layer_norm(&self, module: &str) -> Result<LayerNorm, EncoderError> {
        Ok(LayerNorm {
            gamma: self.values(&format!("{module}.weight"))?,
            beta: self.values(&format!("{module}.bias"))?,
            eps: self.config.layer_norm_eps as f32,
            gradients: self.gradients(module),
        })
    }

    fn values(&self, name: &str) -> Result<Arc<[f32]>, EncoderError> {
        Ok(Arc::clone(&self.weights.tensor(name)?.data))
    }

    /// Places for the gradients of a module's weight and bias.
    fn gradients(&self, module: &str) -> Option<[Arc<Gradient>; 2]> {
        let [weight, bias] = ["weight", "bias"].map(|kind| (self.gradient)(&format!("{module}.{kind}")));
        Some([weight?, bias?])
    }
}
