//! The query tower while it is taught on the GPU: parameters, their gradients, clipping and AdamW.
//!
//! Nothing here waits: a step is recorded and submitted, and its norm is read from [`GpuStudent::state`] whenever
//! the caller likes. A step that went wrong leaves the weights as they were, and so does every step after it.
//! LoRA is taught on the merged weight, so both passes run as for any other weights (docs/gradients.md, "LoRA").

use super::candle::AdamWSettings;
use super::gpu_backward::{NormPlace, Place, Saved, Sink, bytes_per_token};
use super::gpu_forward::{GpuEncoder, Linear};
use super::{EncoderError, HostTensor, LoraAdapter, LoraPair};
use crate::gpu::{Gpu, GpuError, GpuTensor};
use crate::ops::adamw::{self, adamw};
use crate::ops::clip_norm::clip_norm;
use crate::ops::layer_norm_grad::InputGrad;
use crate::ops::linear::{Epilogue, linear};
use crate::ops::linear_grad::{self, Columns, Other};
use crate::ops::lora_merge::lora_merge;
use crate::ops::sum_rows::Sum;
use crate::text::PackedTokens;
use std::collections::BTreeMap;

/// An encoder on the GPU whose adapter is being trained.
pub struct GpuStudent {
    base: GpuEncoder,
    tower: GpuEncoder,
    start: LoraAdapter,
    updates: Vec<Update>,
    settings: AdamWSettings,
    /// Norm, clipping factor, step, and the first step that went wrong, or 0.
    state: GpuTensor,
    step: u32,
    /// Whether the gradients hold those of an earlier batch of the same step.
    accumulate: bool,
    pending: Option<Saved>,
}

/// The low-rank update of one projection.
struct Update {
    name: String,
    layer: usize,
    place: Place,
    /// First row of the projection in the weight at `place`.
    first_row: u32,
    rows: u32,
    a: Parameter,
    b: Parameter,
}

/// A trained tensor with its gradient and AdamW's moments.
struct Parameter {
    value: GpuTensor,
    gradient: GpuTensor,
    moments: [GpuTensor; 2],
}

impl Parameter {
    fn new(gpu: &Gpu, shape: [u32; 2], values: &[f32]) -> Self {
        let zeros = || gpu.upload(&shape, &vec![0.0; values.len()]);
        Self { value: gpu.upload(&shape, values), gradient: gpu.alloc(&shape), moments: [zeros(), zeros()] }
    }

    fn step(&self, gpu: &Gpu, state: &GpuTensor, step: u32, rates: [f64; 2]) -> Result<(), GpuError> {
        let values = self.value.shape().iter().product();
        let params = adamw::Params::of_step(values, step, rates[0], rates[1]);
        let [m, v] = &self.moments;
        adamw(gpu, &params, &self.gradient, state, &self.value, [m, v])
    }
}

impl GpuStudent {
    /// Begins with `adapter` on `encoder`'s frozen weights.
    ///
    /// # Errors
    /// [`EncoderError::Adapter`] if the adapter does not fit.
    pub fn new(
        encoder: &GpuEncoder,
        adapter: &LoraAdapter,
        settings: AdamWSettings,
    ) -> Result<Self, EncoderError> {
        adapter.check(&encoder.config)?;
        let (base, mut tower) = (encoder.clone(), encoder.clone());
        let gpu = &base.gpu;
        let mut updates = Vec::with_capacity(adapter.pairs.len());
        for layer in 0..tower.layers.len() {
            for projection in adapter.config.targets.projections() {
                let name = format!("encoder.layer.{layer}.{projection}");
                let pair = &adapter.pairs[&name];
                updates.push(Update::new(gpu, name, layer, projection, pair)?);
            }
        }
        for update in &updates {
            let weight = &mut tower.linear_mut(update.layer, update.place).weight;
            if weight.is_same(&base.linear(update.layer, update.place).weight) {
                *weight = copied(gpu, weight)?;
            }
        }
        let state = gpu.upload(&[4], &[0.0; 4]);
        let start = adapter.clone();
        let student =
            Self { base, tower, start, updates, settings, state, step: 0, accumulate: false, pending: None };
        student.merge()?;
        Ok(student)
    }

    /// The GPU that the student lives on.
    pub fn gpu(&self) -> &Gpu {
        &self.base.gpu
    }

    /// Tokens of a batch for whose passes `limit_bytes` of memory are enough.
    pub fn max_tokens(&self, limit_bytes: usize) -> usize {
        limit_bytes / bytes_per_token(&self.base.config)
    }

    /// Norm before clipping, clipping factor, step, and the first step whose norm was not finite or 0; `[4]`.
    pub fn state(&self) -> &GpuTensor {
        &self.state
    }

    /// Records the embedding of a batch, `[sequences, hidden]`, and keeps what [`Self::backward`] needs.
    ///
    /// # Errors
    /// Those of [`GpuEncoder::forward`].
    pub fn forward(&mut self, batch: &PackedTokens) -> Result<GpuTensor, EncoderError> {
        let saved = self.tower.forward_saving(batch)?;
        let embeddings = saved.embeddings.clone();
        self.pending = Some(saved);
        Ok(embeddings)
    }

    /// Embeds a batch without keeping anything; for validation.
    ///
    /// # Errors
    /// Those of [`GpuEncoder::embed`].
    pub async fn embed(&self, batch: &PackedTokens) -> Result<Vec<f32>, EncoderError> {
        self.tower.embed(batch).await
    }

    /// Records the gradients of the last forward's batch, on top of those since the last step.
    ///
    /// `embeddings_grad` is the gradient of the loss with respect to that forward's embeddings.
    ///
    /// # Errors
    /// [`EncoderError::Teaching`] if there was no forward pass.
    pub fn backward(&mut self, embeddings_grad: &GpuTensor) -> Result<(), EncoderError> {
        let saved =
            self.pending.take().ok_or_else(|| EncoderError::Teaching("no forward pass".to_owned()))?;
        let (gpu, scale) = (&self.base.gpu, self.start.config.scale());
        let mut sink = LoraSink { gpu, updates: &self.updates, scale, accumulate: self.accumulate };
        self.tower.backward(saved, embeddings_grad, &mut sink)?;
        self.accumulate = true;
        Ok(())
    }

    /// Records one clipped AdamW step along the gradients since the last one.
    ///
    /// # Errors
    /// [`EncoderError::Teaching`] if there was no backward pass.
    pub fn step(&mut self, learning_rate: f64) -> Result<(), EncoderError> {
        if !std::mem::take(&mut self.accumulate) {
            return Err(EncoderError::Teaching("no backward pass".to_owned()));
        }
        self.step += 1;
        let gpu = &self.base.gpu;
        let gradients: Vec<&GpuTensor> = self.parameters().map(|parameter| &parameter.gradient).collect();
        clip_norm(gpu, &gradients, (self.step, self.settings.max_grad_norm as f32), &self.state)?;
        for parameter in self.parameters() {
            parameter.step(gpu, &self.state, self.step, [learning_rate, self.settings.weight_decay])?;
        }
        self.merge()?;
        gpu.submit();
        Ok(())
    }

    /// Reads the gradients since the last step, by the names of [`LoraAdapter::pairs`].
    ///
    /// # Errors
    /// Any [`GpuError`] of the work so far.
    pub async fn named_gradients(&self) -> Result<BTreeMap<String, LoraPair>, EncoderError> {
        self.read(|parameter| &parameter.gradient).await
    }

    /// Reads the adapter as it is after every step so far.
    ///
    /// # Errors
    /// Any [`GpuError`] of the work so far.
    pub async fn adapter(&self) -> Result<LoraAdapter, EncoderError> {
        Ok(LoraAdapter { config: self.start.config, pairs: self.read(|parameter| &parameter.value).await? })
    }

    async fn read(
        &self,
        tensor: impl Fn(&Parameter) -> &GpuTensor,
    ) -> Result<BTreeMap<String, LoraPair>, EncoderError> {
        let rank = self.start.config.rank;
        let mut pairs = BTreeMap::new();
        for update in &self.updates {
            let a = self.base.gpu.download(tensor(&update.a)).await?;
            let b = self.base.gpu.download(tensor(&update.b)).await?;
            pairs.insert(update.name.clone(), unpadded(&a, &b, update.rows as usize, rank));
        }
        Ok(pairs)
    }

    fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.updates.iter().flat_map(|update| [&update.a, &update.b])
    }

    /// Writes the updates into the tower's weights.
    fn merge(&self) -> Result<(), GpuError> {
        for Update { layer, place, first_row, a, b, .. } in &self.updates {
            let weight = &self.base.linear(*layer, *place).weight;
            let merged = &self.tower.linear(*layer, *place).weight;
            let scale = self.start.config.scale();
            lora_merge(&self.base.gpu, weight, [&a.value, &b.value], scale, *first_row, merged)?;
        }
        Ok(())
    }
}

impl Update {
    fn new(
        gpu: &Gpu,
        name: String,
        layer: usize,
        projection: &str,
        pair: &LoraPair,
    ) -> Result<Self, EncoderError> {
        let rows = pair.b.shape[0] as u32;
        let (place, first_row) = match projection {
            "attention.self.query" => (Place::Qkv, 0),
            "attention.self.key" => (Place::Qkv, rows),
            "attention.self.value" => (Place::Qkv, 2 * rows),
            "attention.output.dense" => (Place::AttentionOutput, 0),
            "intermediate.dense" => (Place::Intermediate, 0),
            "output.dense" => (Place::Output, 0),
            other => return Err(EncoderError::Adapter(format!("no layer is called {other}"))),
        };
        let (rank, columns) = (pair.a.shape[0], pair.a.shape[1]);
        let padded = padded(rank);
        let mut a = pair.a.data.to_vec();
        a.resize(padded * columns, 0.0);
        let b: Vec<f32> = pair.b.data.chunks_exact(rank).flat_map(|row| padded_row(row, padded)).collect();
        Ok(Self {
            name,
            layer,
            place,
            first_row,
            rows,
            a: Parameter::new(gpu, [padded as u32, columns as u32], &a),
            b: Parameter::new(gpu, [rows, padded as u32], &b),
        })
    }
}

/// The kernels read four values at once; zeros beyond the rank stay zeros (docs/gradients.md, "LoRA").
fn padded(rank: usize) -> usize {
    rank.next_multiple_of(4)
}

fn padded_row(row: &[f32], width: usize) -> impl Iterator<Item = f32> {
    row.iter().copied().chain(std::iter::repeat_n(0.0, width - row.len()))
}

fn unpadded(a: &[f32], b: &[f32], rows: usize, rank: usize) -> LoraPair {
    let columns = a.len() / padded(rank);
    let b = b.chunks_exact(padded(rank)).flat_map(|row| row[..rank].to_vec()).collect::<Vec<f32>>();
    LoraPair {
        a: HostTensor { shape: vec![rank, columns], data: a[..rank * columns].into() },
        b: HostTensor { shape: vec![rows, rank], data: b.into() },
    }
}

/// A weight with the same values in memory of its own: an update of zeros.
fn copied(gpu: &Gpu, weight: &GpuTensor) -> Result<GpuTensor, EncoderError> {
    let [rows, columns] = weight.expect_matrix("copy", "weight")?;
    let zeros = |shape: [u32; 2]| gpu.upload(&shape, &vec![0.0; (shape[0] * shape[1]) as usize]);
    let copy = gpu.alloc(&[rows, columns]);
    lora_merge(gpu, weight, [&zeros([4, columns]), &zeros([rows, 4])], 0.0, 0, &copy)?;
    Ok(copy)
}

impl GpuEncoder {
    fn linear(&self, layer: usize, place: Place) -> &Linear {
        let layer = &self.layers[layer];
        match place {
            Place::Qkv => &layer.qkv,
            Place::AttentionOutput => &layer.attention_output,
            Place::Intermediate => &layer.intermediate,
            Place::Output => &layer.output,
        }
    }

    fn linear_mut(&mut self, layer: usize, place: Place) -> &mut Linear {
        let layer = &mut self.layers[layer];
        match place {
            Place::Qkv => &mut layer.qkv,
            Place::AttentionOutput => &mut layer.attention_output,
            Place::Intermediate => &mut layer.intermediate,
            Place::Output => &mut layer.output,
        }
    }
}

/// Forms dA and dB of every updated projection, without ever forming dW.
struct LoraSink<'a> {
    gpu: &'a Gpu,
    updates: &'a [Update],
    scale: f32,
    accumulate: bool,
}

impl Sink for LoraSink<'_> {
    fn linear(&mut self, layer: usize, place: Place, x: &GpuTensor, g: &GpuTensor) -> Result<(), GpuError> {
        let (gpu, scale, accumulate) = (self.gpu, self.scale, self.accumulate);
        for update in self.updates.iter().filter(|update| update.layer == layer && update.place == place) {
            let g = Columns::part(g, update.first_row, update.rows);
            // dB = s gᵀ (x Aᵀ), dA = (s g B)ᵀ x.
            let u = linear(gpu, x, &update.a.value, Epilogue::None)?;
            let db = Sum { into: &update.b.gradient, factor: scale, accumulate };
            linear_grad::weight(gpu, g, &u, db)?;
            let t = linear_grad::input(gpu, g, &update.b.value, scale, Other::None)?;
            let da = Sum { into: &update.a.gradient, factor: 1.0, accumulate };
            linear_grad::weight(gpu, Columns::all(&t), x, da)?;
        }
        Ok(())
    }

    fn norm(
        &mut self,
        _layer: usize,
        _place: NormPlace,
        _x: &GpuTensor,
        _grad: &InputGrad,
        _dy: &GpuTensor,
    ) -> Result<(), GpuError> {
        Ok(())
    }
}
