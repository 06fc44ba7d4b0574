//! The query tower while it is taught on the GPU: gradients, clipping and AdamW.
//!
//! No step waits: it is recorded and submitted, and its norm is read from [`GpuStudent::state`] whenever the caller
//! likes. A step that went wrong leaves the weights as they were, and so does every step after it.

use super::candle::AdamWSettings;
use super::gpu_backward::{Saved, Sink, bytes_per_token};
use super::gpu_forward::GpuEncoder;
use super::gpu_layers::Layers;
use super::gpu_lora::Updates;
use super::{EncoderError, HostTensor, LoraAdapter, LoraConfig, LoraPair, Weights};
use crate::gpu::{Gpu, GpuError, GpuTensor};
use crate::ops::adamw::{self, adamw};
use crate::ops::clip_norm::clip_norm;
use crate::text::PackedTokens;
use std::collections::BTreeMap;

/// An encoder on the GPU that is being trained.
pub struct GpuStudent {
    tower: GpuEncoder,
    scope: Scope,
    settings: AdamWSettings,
    /// Norm, clipping factor, step, and the first step that went wrong, or 0.
    state: GpuTensor,
    step: u32,
    /// Whether there was a backward pass since the last step.
    has_gradients: bool,
    pending: Option<Saved>,
}

/// What is trained.
enum Scope {
    Adapter { updates: Box<Updates>, config: LoraConfig },
    Layers(Layers),
}

/// The trained tensors of a scope.
pub(super) trait Trained: Sink {
    /// Every trained tensor, always in the same order.
    fn parameters(&self) -> Vec<&Parameter>;

    /// Makes the tower use the tensors' present values.
    fn apply(&self, tower: &GpuEncoder) -> Result<(), GpuError>;
}

/// A trained tensor with its gradient and AdamW's moments.
pub(super) struct Parameter {
    pub(super) value: GpuTensor,
    pub(super) gradient: GpuTensor,
    moments: [GpuTensor; 2],
}

impl Parameter {
    /// Trains a tensor where it is.
    pub(super) fn of(gpu: &Gpu, value: &GpuTensor) -> Self {
        let shape = value.shape();
        let zeros = || gpu.upload(shape, &vec![0.0; shape.iter().product::<u32>() as usize]);
        Self { value: value.clone(), gradient: zeros(), moments: [zeros(), zeros()] }
    }

    fn step(&self, gpu: &Gpu, state: &GpuTensor, step: u32, rates: [f64; 2]) -> Result<(), GpuError> {
        let values = self.value.shape().iter().product();
        let params = adamw::Params::of_step(values, step, rates[0], rates[1]);
        adamw(gpu, &params, &self.gradient, state, &self.value, self.moments.each_ref())
    }
}

impl GpuStudent {
    /// Begins with `adapter` on `encoder`'s weights, which stay as they are.
    ///
    /// # Errors
    /// [`EncoderError::Adapter`] if the adapter does not fit.
    pub fn of_adapter(
        encoder: &GpuEncoder,
        adapter: &LoraAdapter,
        settings: AdamWSettings,
    ) -> Result<Self, EncoderError> {
        let (updates, tower) = Updates::new(encoder, adapter)?;
        let updates = Box::new(updates);
        Ok(Self::new(tower, Scope::Adapter { updates, config: adapter.config }, settings))
    }

    /// Begins to train all weights of the encoder layers; the embedding tables stay as they are.
    ///
    /// `weights` are those that `encoder` was made from; it stays as it is.
    ///
    /// # Errors
    /// [`EncoderError::MissingTensor`] if they are not.
    pub fn of_layers(
        encoder: &GpuEncoder,
        weights: &Weights,
        settings: AdamWSettings,
    ) -> Result<Self, EncoderError> {
        let (layers, tower) = Layers::new(encoder, weights)?;
        Ok(Self::new(tower, Scope::Layers(layers), settings))
    }

    fn new(tower: GpuEncoder, scope: Scope, settings: AdamWSettings) -> Self {
        let state = tower.gpu.upload(&[4], &[0.0; 4]);
        Self { tower, scope, settings, state, step: 0, has_gradients: false, pending: None }
    }

    /// The GPU that the student lives on.
    pub fn gpu(&self) -> &Gpu {
        &self.tower.gpu
    }

    /// Tokens of a batch for whose passes `limit_bytes` of memory are enough.
    pub fn max_tokens(&self, limit_bytes: usize) -> usize {
        limit_bytes / bytes_per_token(&self.tower.config)
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

    /// Records the embedding of a batch, `[sequences, hidden]`, without keeping anything.
    ///
    /// # Errors
    /// Those of [`GpuEncoder::forward`].
    pub fn begin_embedding(&self, batch: &PackedTokens) -> Result<GpuTensor, EncoderError> {
        self.tower.forward(batch)
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
        self.has_gradients = true;
        Ok(self.tower.backward(saved, embeddings_grad, self.trained())?)
    }

    /// Records one clipped AdamW step along the gradients since the last one.
    ///
    /// # Errors
    /// [`EncoderError::Teaching`] if there was no backward pass.
    pub fn step(&mut self, learning_rate: f64) -> Result<(), EncoderError> {
        if !std::mem::take(&mut self.has_gradients) {
            return Err(EncoderError::Teaching("no backward pass".to_owned()));
        }
        self.step += 1;
        let (gpu, trained) = (&self.tower.gpu, self.trained());
        let parameters = trained.parameters();
        let gradients: Vec<&GpuTensor> = parameters.iter().map(|parameter| &parameter.gradient).collect();
        clip_norm(gpu, &gradients, (self.step, self.settings.max_grad_norm as f32), &self.state)?;
        for parameter in parameters {
            parameter.step(gpu, &self.state, self.step, [learning_rate, self.settings.weight_decay])?;
        }
        trained.apply(&self.tower)?;
        gpu.submit();
        Ok(())
    }

    /// Reads the gradients since the last step, by the names of [`LoraAdapter::pairs`].
    ///
    /// # Errors
    /// [`EncoderError::Teaching`] if no adapter is trained, any [`GpuError`] of the work so far.
    pub async fn adapter_gradients(&self) -> Result<BTreeMap<String, LoraPair>, EncoderError> {
        self.updates()?.0.read(|parameter| &parameter.gradient).await
    }

    /// Reads the adapter as it is after every step so far.
    ///
    /// # Errors
    /// [`EncoderError::Teaching`] if no adapter is trained, any [`GpuError`] of the work so far.
    pub async fn adapter(&self) -> Result<LoraAdapter, EncoderError> {
        let (updates, config) = self.updates()?;
        Ok(LoraAdapter { config, pairs: updates.read(|parameter| &parameter.value).await? })
    }

    /// Reads the gradients since the last step, by the names of the weights.
    ///
    /// # Errors
    /// [`EncoderError::Teaching`] if no layers are trained, any [`GpuError`] of the work so far.
    pub async fn layer_gradients(&self) -> Result<BTreeMap<String, HostTensor>, EncoderError> {
        self.layers()?.read(|parameter| &parameter.gradient).await
    }

    /// Reads the trained weights as they are after every step so far.
    ///
    /// # Errors
    /// [`EncoderError::Teaching`] if no layers are trained, any [`GpuError`] of the work so far.
    pub async fn layer_weights(&self) -> Result<BTreeMap<String, HostTensor>, EncoderError> {
        self.layers()?.read(|parameter| &parameter.value).await
    }

    fn trained(&self) -> &dyn Trained {
        match &self.scope {
            Scope::Adapter { updates, .. } => updates.as_ref(),
            Scope::Layers(layers) => layers,
        }
    }

    fn updates(&self) -> Result<(&Updates, LoraConfig), EncoderError> {
        match &self.scope {
            Scope::Adapter { updates, config } => Ok((updates, *config)),
            Scope::Layers(_) => Err(EncoderError::Teaching("no adapter is trained".to_owned())),
        }
    }

    fn layers(&self) -> Result<&Layers, EncoderError> {
        match &self.scope {
            Scope::Layers(layers) => Ok(layers),
            Scope::Adapter { .. } => Err(EncoderError::Teaching("an adapter is trained".to_owned())),
        }
    }
}
