//! The query tower while it is taught on the GPU: gradients, clipping and AdamW.
//!
//! No step waits: it is recorded and submitted, and its norm is read from [`GpuStudent::state`] whenever the caller
//! likes. A step that went wrong leaves the weights as they were, and so does every step after it.

use super::candle::AdamWSettings;
use super::gpu_backward::{Saved, Sink, bytes_per_token};
use super::gpu_forward::GpuEncoder;
use super::gpu_lora::Updates;
use super::gpu_weights::TrainedWeights;
use super::{EncoderError, HostTensor, Learned, Snapshot, Weights};
use crate::gpu::{Gpu, GpuError, GpuTensor};
use crate::ops::adamw::adamw;
use crate::ops::clip_norm::clip_norm;
use crate::ops::sum_rows::Sum;
use crate::text::PackedTokens;
use std::collections::BTreeMap;

/// An encoder on the GPU that is being trained.
pub struct GpuStudent {
    tower: GpuEncoder,
    /// What the student began with.
    start: Learned,
    kind: Kind,
    settings: AdamWSettings,
    /// Norm, clipping factor, step, and the first step that went wrong, or 0.
    state: GpuTensor,
    step: u32,
    /// Whether there was a backward pass since the last step.
    has_gradients: bool,
    pending: Option<Saved>,
}

/// What is trained.
enum Kind {
    Updates(Box<Updates>),
    Weights(Box<TrainedWeights>),
}

/// The trained tensors of a scope.
pub(super) trait Trained: Sink {
    /// Every trained tensor, always in the same order.
    fn parameters(&self) -> Vec<&Parameter>;

    /// The same, to be changed.
    fn parameters_mut(&mut self) -> Vec<&mut Parameter>;

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

    /// Where its gradients are summed.
    pub(super) fn sum(&self) -> Sum<'_> {
        Sum { into: &self.gradient, factor: 1.0 }
    }
}

impl GpuStudent {
    /// Begins with `start` on `encoder`, which stays as it is; `base` are the weights that it was made from.
    ///
    /// # Errors
    /// Those of [`Learned::check`].
    pub fn new(
        encoder: &GpuEncoder,
        base: &Weights,
        start: &Learned,
        settings: AdamWSettings,
    ) -> Result<Self, EncoderError> {
        start.check(base, &encoder.config)?;
        let (kind, tower) = match start {
            Learned::Adapter(adapter) => {
                let (updates, tower) = Updates::new(encoder, adapter)?;
                (Kind::Updates(Box::new(updates)), tower)
            }
            Learned::Weights(tensors) => {
                let names = tensors.keys().cloned().collect();
                let (weights, tower) = TrainedWeights::new(encoder, &start.merged_into(base)?, &names)?;
                (Kind::Weights(Box::new(weights)), tower)
            }
        };
        let state = tower.gpu.upload(&[4], &[0.0; 4]);
        let start = start.clone();
        Ok(Self { tower, start, kind, settings, state, step: 0, has_gradients: false, pending: None })
    }

    /// Goes on from where [`Self::snapshot`] was taken; otherwise as [`Self::new`].
    ///
    /// # Errors
    /// Those of [`Learned::check`], for values and moments.
    pub fn resume(
        encoder: &GpuEncoder,
        base: &Weights,
        snapshot: &Snapshot,
        settings: AdamWSettings,
    ) -> Result<Self, EncoderError> {
        let mut student = Self::new(encoder, base, &snapshot.values, settings)?;
        student.step = snapshot.steps;
        for (i, moment) in snapshot.moments.iter().flatten().enumerate() {
            // A student whose values are the moments has them where and as the GPU wants them.
            let other = Self::new(encoder, base, moment, settings)?;
            let values = other.trained().parameters().into_iter().map(|parameter| parameter.value.clone());
            for (parameter, value) in student.trained_mut().parameters_mut().into_iter().zip(values) {
                parameter.moments[i] = value;
            }
        }
        Ok(student)
    }

    /// Reads the state after every step so far.
    ///
    /// # Errors
    /// Any [`GpuError`] of the work so far.
    pub async fn snapshot(&self) -> Result<Snapshot, EncoderError> {
        let moments = if self.step > 0 {
            let first = self.read(|parameter| &parameter.moments[0]).await?;
            let second = self.read(|parameter| &parameter.moments[1]).await?;
            Some([self.start.with_tensors(first)?, self.start.with_tensors(second)?])
        } else {
            None
        };
        Ok(Snapshot { steps: self.step, values: self.learned().await?, moments })
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
        for Parameter { value, gradient, moments } in parameters {
            let shape: Vec<usize> = value.shape().iter().map(|&dim| dim as usize).collect();
            let params = self.settings.of_step(&shape, self.step, learning_rate);
            adamw(gpu, &params, gradient, &self.state, value, moments.each_ref())?;
        }
        trained.apply(&self.tower)?;
        gpu.submit();
        Ok(())
    }

    /// Reads the gradients since the last step, by the names of [`Learned::tensors`].
    ///
    /// # Errors
    /// Any [`GpuError`] of the work so far.
    pub async fn gradients(&self) -> Result<BTreeMap<String, HostTensor>, EncoderError> {
        self.read(|parameter| &parameter.gradient).await
    }

    /// Reads what has been learned by every step so far.
    ///
    /// # Errors
    /// Any [`GpuError`] of the work so far.
    pub async fn learned(&self) -> Result<Learned, EncoderError> {
        self.start.with_tensors(self.read(|parameter| &parameter.value).await?)
    }

    async fn read(
        &self,
        tensor: impl Fn(&Parameter) -> &GpuTensor,
    ) -> Result<BTreeMap<String, HostTensor>, EncoderError> {
        match &self.kind {
            Kind::Updates(updates) => updates.read(tensor).await,
            Kind::Weights(weights) => weights.read(tensor).await,
        }
    }

    fn trained_mut(&mut self) -> &mut dyn Trained {
        match &mut self.kind {
            Kind::Updates(updates) => updates.as_mut(),
            Kind::Weights(weights) => weights.as_mut(),
        }
    }

    fn trained(&self) -> &dyn Trained {
        match &self.kind {
            Kind::Updates(updates) => updates.as_ref(),
            Kind::Weights(weights) => weights.as_ref(),
        }
    }
}
