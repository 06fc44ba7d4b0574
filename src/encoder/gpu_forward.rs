//! The encoder's forward pass on the GPU: tokens in, unit vectors out.
//!
//! Weights are uploaded once; a pass records some forty dispatches and waits for nothing. Only
//! [`GpuEncoder::embed`] reads back.

use super::{BertConfig, EncoderError, Learned, Weights};
use crate::gpu::{Gpu, GpuError, GpuTensor};
use crate::ops::attention::{self, HEAD_DIM, Work};
use crate::ops::embed_layer_norm::{Tables, embed_layer_norm};
use crate::ops::layer_norm::{Norm, layer_norm};
use crate::ops::linear::{Epilogue, linear};
use crate::ops::pool_normalize::pool_normalize;
use crate::text::PackedTokens;
use std::collections::{BTreeMap, BTreeSet};

/// The encoder with its weights on the GPU. Cloning shares them.
#[derive(Clone)]
pub struct GpuEncoder {
    pub(super) gpu: Gpu,
    pub(super) config: BertConfig,
    /// Every uploaded tensor by the name of its (first) source, for sharing between encoders.
    tensors: BTreeMap<String, GpuTensor>,
    pub(super) tables: Tables,
    pub(super) embedding_norm: Norm,
    pub(super) layers: Vec<Layer>,
}

/// One transformer layer; every weight is `[out, in]`.
#[derive(Clone)]
pub(super) struct Layer {
    /// Query, key and value projections in one, `[3 · hidden, hidden]`.
    pub(super) qkv: Linear,
    pub(super) attention_output: Linear,
    pub(super) attention_norm: Norm,
    pub(super) intermediate: Linear,
    pub(super) output: Linear,
    pub(super) output_norm: Norm,
}

#[derive(Clone)]
pub(super) struct Linear {
    pub(super) weight: GpuTensor,
    pub(super) bias: GpuTensor,
}

impl GpuEncoder {
    /// Uploads the weights.
    ///
    /// # Errors
    /// [`EncoderError::Config`] if the heads are not 32 wide, [`EncoderError::MissingTensor`] if a tensor
    /// is missing. Errors of the device surface when the first result is read.
    pub fn new(gpu: &Gpu, config: &BertConfig, weights: &Weights) -> Result<Self, EncoderError> {
        if config.head_dim() != HEAD_DIM as usize {
            let message =
                format!("attention heads are {} wide; the GPU path has {HEAD_DIM}", config.head_dim());
            return Err(EncoderError::Config(message));
        }
        Loader::new(gpu, config, weights).encoder()
    }

    /// Builds an encoder for weights of which only those named in `changed` differ; shares the others.
    ///
    /// # Errors
    /// [`EncoderError::MissingTensor`] if a tensor is missing.
    pub fn with_replaced(&self, weights: &Weights, changed: &BTreeSet<String>) -> Result<Self, EncoderError> {
        let mut loader = Loader::new(&self.gpu, &self.config, weights);
        loader.kept = Some((&self.tensors, changed));
        loader.encoder()
    }

    /// Returns the same encoder with what was learned in it; `base` are the weights that `self` was made from.
    ///
    /// # Errors
    /// Those of [`Learned::check`].
    pub fn with_learned(&self, base: &Weights, learned: &Learned) -> Result<Self, EncoderError> {
        learned.check(base, &self.config)?;
        let changed = match learned {
            Learned::Adapter(adapter) => {
                adapter.pairs.keys().map(|module| format!("{module}.weight")).collect()
            }
            Learned::Weights(tensors) => tensors.keys().cloned().collect(),
        };
        self.with_replaced(&learned.merged_into(base)?, &changed)
    }

    /// The GPU that the weights are on.
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// Records the pass over a batch; returns its embeddings, `[sequences, hidden]`, unit length.
    ///
    /// # Errors
    /// [`EncoderError::OutOfTable`] if an id is outside the vocabulary or a sequence too long.
    pub fn forward(&self, batch: &PackedTokens) -> Result<GpuTensor, EncoderError> {
        let tokens = self.upload_tokens(batch)?;
        let work = Work::new(&self.gpu, &batch.cu_seqlens);
        let cu_seqlens = self.gpu.upload_u32(&[batch.cu_seqlens.len() as u32], &batch.cu_seqlens);

        let mut x = embed_layer_norm(&self.gpu, &tokens, &self.tables, &self.embedding_norm)?;
        for layer in &self.layers {
            x = self.layer(layer, &x, &work)?;
        }
        Ok(pool_normalize(&self.gpu, &x, &cu_seqlens, self.config.pooling)?)
    }

    /// Embeds a batch and reads the vectors back, `[sequences, hidden]` row-major, unit length.
    ///
    /// # Errors
    /// Those of [`Self::forward`], and any [`GpuError`] of the device.
    pub async fn embed(&self, batch: &PackedTokens) -> Result<Vec<f32>, EncoderError> {
        let embeddings = self.forward(batch)?;
        Ok(self.gpu.download(&embeddings).await?)
    }

    fn layer(&self, layer: &Layer, x: &GpuTensor, work: &Work) -> Result<GpuTensor, GpuError> {
        let gpu = &self.gpu;
        let heads = self.config.num_attention_heads as u32;
        let qkv = linear(gpu, x, &layer.qkv.weight, Epilogue::Bias(&layer.qkv.bias))?;
        let attended = attention::attention(gpu, &qkv, work, heads)?;
        let epilogue = Epilogue::BiasResidual(&layer.attention_output.bias, x);
        let summed = linear(gpu, &attended, &layer.attention_output.weight, epilogue)?;
        let attended = layer_norm(gpu, &summed, &layer.attention_norm)?;

        let epilogue = Epilogue::BiasGelu(&layer.intermediate.bias);
        let inner = linear(gpu, &attended, &layer.intermediate.weight, epilogue)?;
        let epilogue = Epilogue::BiasResidual(&layer.output.bias, &attended);
        let summed = linear(gpu, &inner, &layer.output.weight, epilogue)?;
        layer_norm(gpu, &summed, &layer.output_norm)
    }

    /// Pairs every id with its position, after checking both against their tables.
    pub(super) fn upload_tokens(&self, batch: &PackedTokens) -> Result<GpuTensor, EncoderError> {
        let mut pairs = Vec::with_capacity(2 * batch.tokens());
        for range in batch.ranges() {
            for (&id, position) in batch.ids[range].iter().zip(0..) {
                check_row("token id", id, self.config.vocab_size)?;
                check_row("position", position, self.config.max_position_embeddings)?;
                pairs.extend([id, position]);
            }
        }
        Ok(self.gpu.upload_u32(&[batch.tokens() as u32, 2], &pairs))
    }
}

fn check_row(what: &'static str, row: u32, limit: usize) -> Result<(), EncoderError> {
    let value = row as usize;
    if value < limit { Ok(()) } else { Err(EncoderError::OutOfTable { what, value, limit }) }
}

/// Uploads tensors, or shares those that another encoder has already.
struct Loader<'a> {
    gpu: &'a Gpu,
    config: &'a BertConfig,
    weights: &'a Weights,
    kept: Option<(&'a BTreeMap<String, GpuTensor>, &'a BTreeSet<String>)>,
    tensors: BTreeMap<String, GpuTensor>,
}

impl<'a> Loader<'a> {
    fn new(gpu: &'a Gpu, config: &'a BertConfig, weights: &'a Weights) -> Self {
        Self { gpu, config, weights, kept: None, tensors: BTreeMap::new() }
    }

    fn encoder(mut self) -> Result<GpuEncoder, EncoderError> {
        let table = |name: &str| format!("embeddings.{name}_embeddings.weight");
        let tables = Tables {
            words: self.tensor(&[table("word")])?,
            positions: self.tensor(&[table("position")])?,
            types: self.tensor(&[table("token_type")])?,
        };
        let embedding_norm = self.norm("embeddings.LayerNorm")?;
        let layers =
            (0..self.config.num_hidden_layers).map(|layer| self.layer(layer)).collect::<Result<_, _>>()?;
        let (gpu, config) = (self.gpu.clone(), self.config.clone());
        Ok(GpuEncoder { gpu, config, tensors: self.tensors, tables, embedding_norm, layers })
    }

    fn layer(&mut self, layer: usize) -> Result<Layer, EncoderError> {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        let qkv = ["query", "key", "value"].map(|part| name(&format!("attention.self.{part}")));
        Ok(Layer {
            qkv: self.linear(&qkv)?,
            attention_output: self.linear(&[name("attention.output.dense")])?,
            attention_norm: self.norm(&name("attention.output.LayerNorm"))?,
            intermediate: self.linear(&[name("intermediate.dense")])?,
            output: self.linear(&[name("output.dense")])?,
            output_norm: self.norm(&name("output.LayerNorm"))?,
        })
    }

    fn linear(&mut self, names: &[String]) -> Result<Linear, EncoderError> {
        let all = |part: &str| names.iter().map(|name| format!("{name}.{part}")).collect::<Vec<_>>();
        Ok(Linear { weight: self.tensor(&all("weight"))?, bias: self.tensor(&all("bias"))? })
    }

    fn norm(&mut self, name: &str) -> Result<Norm, EncoderError> {
        Ok(Norm {
            gamma: self.tensor(&[format!("{name}.weight")])?,
            beta: self.tensor(&[format!("{name}.bias")])?,
            eps: self.config.layer_norm_eps as f32,
        })
    }

    /// One tensor on the GPU: the named ones, stacked along their first dimension.
    fn tensor(&mut self, names: &[String]) -> Result<GpuTensor, EncoderError> {
        let key = names.concat();
        let shared = self.kept.and_then(|(tensors, changed)| {
            let is_kept = !names.iter().any(|name| changed.contains(name));
            tensors.get(&key).filter(|_| is_kept).cloned()
        });
        let tensor = match shared {
            Some(tensor) => tensor,
            None => self.upload(names)?,
        };
        self.tensors.insert(key, tensor.clone());
        Ok(tensor)
    }

    fn upload(&self, names: &[String]) -> Result<GpuTensor, EncoderError> {
        let parts = names.iter().map(|name| self.weights.tensor(name)).collect::<Result<Vec<_>, _>>()?;
        let mut shape: Vec<u32> =
            parts.first().into_iter().flat_map(|part| &part.shape).map(|&dim| dim as u32).collect();
        if let Some(rows) = shape.first_mut() {
            *rows = parts.iter().map(|part| part.shape.first().copied().unwrap_or(1) as u32).sum();
        }
        match parts.as_slice() {
            [part] => Ok(self.gpu.upload(&shape, &part.data)),
            parts => {
                let stacked: Vec<f32> = parts.iter().flat_map(|part| part.data.iter().copied()).collect();
                Ok(self.gpu.upload(&shape, &stacked))
            }
        }
    }
}
