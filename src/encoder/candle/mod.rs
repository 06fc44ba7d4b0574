//! The encoder on the CPU: candle keeps the tape, our own ops do the work on packed rows.
//!
//! The same forward pass serves embedding and teaching. This folder and tests are the only places that name
//! candle.

mod attention;
mod gelu;
mod layer_norm;
mod linear;
mod math;
mod matmul;
#[cfg(any(test, target_arch = "wasm32"))]
mod packed;
mod pool;
mod slices;
mod student;

pub use candle_core::Error as CandleError;
pub use student::{AdamWSettings, CandleStudent};

use super::lora::Targets;
use super::{BertConfig, EncoderError, LoraAdapter, Weights};
use crate::text::PackedTokens;
use attention::attention;
use candle_core::{Device, Tensor};
use gelu::gelu;
use layer_norm::{LayerNorm, add_layer_norm};
use linear::{Linear, Lora, linear};
use matmul::FrozenMatrix;
use pool::pool_normalize;
use std::ops::Range;
use std::sync::Arc;

/// The projections of a layer; an index into this list names one of them below.
const PROJECTIONS: usize = 6;
const QUERY: usize = 0;
const KEY: usize = 1;
const VALUE: usize = 2;
const ATTENTION_OUTPUT: usize = 3;
const INTERMEDIATE: usize = 4;
const OUTPUT: usize = 5;

/// BERT on the CPU, f32; cloning shares the weights.
#[derive(Clone)]
pub struct CandleEncoder {
    frozen: Arc<Frozen>,
    lora: Arc<[LayerLora]>,
}

/// The pairs of one layer, by projection.
type LayerLora = [Option<Lora>; PROJECTIONS];

struct Frozen {
    config: BertConfig,
    words: Arc<[f32]>,
    positions: Arc<[f32]>,
    token_type: Arc<[f32]>,
    norm: LayerNorm,
    layers: Vec<Layer>,
}

struct Layer {
    linear: [Arc<Linear>; PROJECTIONS],
    attention_norm: Arc<LayerNorm>,
    output_norm: Arc<LayerNorm>,
}

impl CandleEncoder {
    /// Builds the encoder from the weights; packs them for the matrix kernels.
    ///
    /// # Errors
    /// [`EncoderError::MissingTensor`] if a tensor is missing.
    pub fn new(config: &BertConfig, weights: &Weights) -> Result<Self, EncoderError> {
        let layer_norm = |prefix: &str| -> Result<LayerNorm, EncoderError> {
            Ok(LayerNorm {
                gamma: Arc::clone(&weights.tensor(&format!("{prefix}.weight"))?.data),
                beta: Arc::clone(&weights.tensor(&format!("{prefix}.bias"))?.data),
                eps: config.layer_norm_eps as f32,
            })
        };
        let layer = |i: usize| -> Result<Layer, EncoderError> {
            let prefix = format!("encoder.layer.{i}");
            let names = Targets::AllLinear.projections();
            let mut projections = Vec::with_capacity(names.len());
            for name in names {
                projections.push(Arc::new(read_linear(weights, &format!("{prefix}.{name}"))?));
            }
            Ok(Layer {
                linear: projections.try_into().map_err(|_| EncoderError::Config("six projections".into()))?,
                attention_norm: Arc::new(layer_norm(&format!("{prefix}.attention.output.LayerNorm"))?),
                output_norm: Arc::new(layer_norm(&format!("{prefix}.output.LayerNorm"))?),
            })
        };
        let table = |name: &str| -> Result<Arc<[f32]>, EncoderError> {
            Ok(Arc::clone(&weights.tensor(&format!("embeddings.{name}.weight"))?.data))
        };
        let frozen = Frozen {
            config: config.clone(),
            words: table("word_embeddings")?,
            positions: table("position_embeddings")?,
            token_type: table("token_type_embeddings")?,
            norm: layer_norm("embeddings.LayerNorm")?,
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_, _>>()?,
        };
        let lora = vec![LayerLora::default(); config.num_hidden_layers].into();
        Ok(Self { frozen: Arc::new(frozen), lora })
    }

    /// Returns the same encoder with `adapter` beside its projections.
    ///
    /// # Errors
    /// [`EncoderError::Adapter`] if the adapter does not fit.
    pub fn with_adapter(&self, adapter: &LoraAdapter) -> Result<Self, EncoderError> {
        adapter.check(&self.frozen.config)?;
        let pair = |name: &str| -> Result<Option<(Tensor, Tensor)>, EncoderError> {
            let Some(pair) = adapter.pairs.get(name) else { return Ok(None) };
            let tensor =
                |t: &super::HostTensor| Tensor::from_slice(&t.data, t.shape.as_slice(), &Device::Cpu);
            Ok(Some((tensor(&pair.a)?, tensor(&pair.b)?)))
        };
        self.with_pairs(adapter.config.scale(), pair)
    }

    /// Returns the same encoder with the tensors that `pair` gives for a module name.
    fn with_pairs(
        &self,
        scale: f32,
        pair: impl Fn(&str) -> Result<Option<(Tensor, Tensor)>, EncoderError>,
    ) -> Result<Self, EncoderError> {
        let mut lora = vec![LayerLora::default(); self.frozen.layers.len()];
        for (layer, slots) in lora.iter_mut().enumerate() {
            for (slot, projection) in slots.iter_mut().zip(Targets::AllLinear.projections()) {
                let found = pair(&format!("encoder.layer.{layer}.{projection}"))?;
                *slot = found.map(|(a, b)| Lora { a, b, scale });
            }
        }
        Ok(Self { frozen: Arc::clone(&self.frozen), lora: lora.into() })
    }

    /// The same encoder without a tape: its pairs follow the variables' values, but nothing is kept for them.
    fn detached(&self) -> Self {
        let detach = |lora: &Lora| Lora { a: lora.a.detach(), b: lora.b.detach(), scale: lora.scale };
        let layer = |layer: &LayerLora| layer.each_ref().map(|lora| lora.as_ref().map(detach));
        Self { frozen: Arc::clone(&self.frozen), lora: self.lora.iter().map(layer).collect() }
    }

    /// Embeds packed texts; `[sequences, hidden]`, row-major.
    ///
    /// # Errors
    /// [`EncoderError::OutOfTable`] if a token id or a sequence exceeds the tables.
    pub fn embed(&self, batch: &PackedTokens) -> Result<Vec<f32>, EncoderError> {
        Ok(slices::matrix(&self.forward(batch)?)?)
    }

    /// The forward pass; tracked if the pairs are variables.
    fn forward(&self, batch: &PackedTokens) -> Result<Tensor, EncoderError> {
        let config = &self.frozen.config;
        let sequences: Arc<[Range<usize>]> = batch.ranges().collect();
        let rows = self.frozen.embedding_rows(batch)?;
        let mut x = Tensor::from_vec(rows, (batch.tokens(), config.hidden_size), &Device::Cpu)?;
        for (layer, lora) in self.frozen.layers.iter().zip(self.lora.iter()) {
            let project = |x: &Tensor, i: usize| linear(x, &layer.linear[i], lora[i].as_ref());
            let (q, k, v) = (project(&x, QUERY)?, project(&x, KEY)?, project(&x, VALUE)?);
            let context = attention(&q, &k, &v, &sequences, config.num_attention_heads)?;
            let attended = add_layer_norm(&project(&context, ATTENTION_OUTPUT)?, &x, &layer.attention_norm)?;
            let inner = gelu(&project(&attended, INTERMEDIATE)?)?;
            x = add_layer_norm(&project(&inner, OUTPUT)?, &attended, &layer.output_norm)?;
        }
        Ok(pool_normalize(&x, &sequences)?)
    }
}

impl Frozen {
    /// LayerNorm(token + position + type 0), `[tokens, hidden]`.
    fn embedding_rows(&self, batch: &PackedTokens) -> Result<Vec<f32>, EncoderError> {
        let hidden = self.config.hidden_size;
        let mut rows = Vec::with_capacity(batch.tokens() * hidden);
        for sequence in batch.ranges() {
            for (position, &id) in batch.ids[sequence].iter().enumerate() {
                let word = table_row(&self.words, id as usize, hidden, "token id")?;
                let place = table_row(&self.positions, position, hidden, "position")?;
                let sum = word.iter().zip(place).zip(&*self.token_type);
                rows.extend(sum.map(|((word, place), kind)| word + place + kind));
            }
        }
        self.norm.normalize(&mut rows);
        Ok(rows)
    }
}

fn table_row<'a>(
    table: &'a [f32],
    row: usize,
    width: usize,
    what: &'static str,
) -> Result<&'a [f32], EncoderError> {
    let limit = table.len() / width;
    table.get(row * width..(row + 1) * width).ok_or(EncoderError::OutOfTable { what, value: row, limit })
}

fn read_linear(weights: &Weights, name: &str) -> Result<Linear, EncoderError> {
    let weight = weights.tensor(&format!("{name}.weight"))?;
    let bias = weights.tensor(&format!("{name}.bias"))?;
    let [outputs, inputs] = weight.shape[..] else {
        return Err(EncoderError::TensorShape {
            name: format!("{name}.weight"),
            expected: vec![0, 0],
            found: weight.shape.clone(),
        });
    };
    Ok(Linear {
        weight: FrozenMatrix::new(outputs, inputs, Arc::clone(&weight.data)),
        bias: Arc::clone(&bias.data),
    })
}
