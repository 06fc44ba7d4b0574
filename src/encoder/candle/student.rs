//! The encoder while it is taught on the CPU: candle's tape, our gradients, clipping and AdamW.
//!
//! The losses live in `train`: they see embeddings and give back the gradient with respect to them, so a
//! student need not know what it is taught.

use super::parameter::{Gradient, Parameter};
use super::{CandleEncoder, EncoderError};
use crate::encoder::{HostTensor, Learned, Snapshot, Weights};
use crate::ops::adamw::Params;
use crate::text::PackedTokens;
use candle_core::{Device, Tensor, Var};
use std::collections::BTreeMap;
use std::sync::Arc;

/// AdamW's constants (Loshchilov and Hutter 2019); the learning rate comes with each step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamWSettings {
    /// Decoupled weight decay of matrices; vectors have none.
    pub weight_decay: f64,
    /// Gradients are scaled down to at most this norm over all variables; infinity turns it off.
    pub max_grad_norm: f64,
}

impl AdamWSettings {
    /// The constants of step `step`, from 1, for a tensor of that shape.
    pub(in crate::encoder) fn of_step(&self, shape: &[usize], step: u32, learning_rate: f64) -> Params {
        let weight_decay = if shape.len() > 1 { self.weight_decay } else { 0.0 };
        Params::of_step(shape.iter().product::<usize>() as u32, step, learning_rate, weight_decay)
    }
}

/// An encoder that is being trained.
pub struct CandleStudent {
    /// The weights that stay, and those that training began with.
    base: Weights,
    start: Learned,
    /// The encoder that the student was made from.
    encoder: CandleEncoder,
    tower: CandleEncoder,
    parameters: BTreeMap<String, Parameter>,
    settings: AdamWSettings,
    /// Steps taken.
    step: u32,
    pending: Option<Pending>,
    /// Whether there was a backward pass since the last step.
    has_gradients: bool,
}

/// A forward pass that waits for its way back.
struct Pending {
    batch: PackedTokens,
    rows: Var,
    embeddings: Tensor,
}

impl CandleStudent {
    /// Begins with `start` in an encoder made from `base`.
    ///
    /// # Errors
    /// Those of [`Learned::check`].
    pub fn new(
        encoder: &CandleEncoder,
        base: &Weights,
        start: &Learned,
        settings: AdamWSettings,
    ) -> Result<Self, EncoderError> {
        start.check(base, &encoder.base.config)?;
        let parameters = start.tensors().into_iter().map(|(name, tensor)| (name, Parameter::new(tensor)));
        let mut student = Self {
            base: base.clone(),
            start: start.clone(),
            encoder: encoder.clone(),
            tower: encoder.clone(),
            parameters: parameters.collect(),
            settings,
            step: 0,
            pending: None,
            has_gradients: false,
        };
        student.rebuild()?;
        Ok(student)
    }

    /// Goes on from where [`Self::snapshot`] was taken; otherwise as [`Self::new`].
    ///
    /// # Errors
    /// Those of [`Learned::check`], for values and moments.
    pub fn resume(
        encoder: &CandleEncoder,
        base: &Weights,
        snapshot: &Snapshot,
        settings: AdamWSettings,
    ) -> Result<Self, EncoderError> {
        let mut student = Self::new(encoder, base, &snapshot.values, settings)?;
        student.step = snapshot.steps;
        for (i, moment) in snapshot.moments.iter().flatten().enumerate() {
            moment.check(base, &encoder.base.config)?;
            for (name, tensor) in moment.tensors() {
                let parameter = student.parameters.get_mut(&name);
                parameter.ok_or(EncoderError::MissingTensor(name))?.moments[i] = tensor.data.to_vec();
            }
        }
        Ok(student)
    }

    /// The state after the last step.
    ///
    /// # Errors
    /// None that a student which could be made would give.
    pub fn snapshot(&self) -> Result<Snapshot, EncoderError> {
        let moment = |i: usize| {
            let tensors = self.parameters.iter().map(|(name, parameter)| {
                let shape = parameter.value.shape.clone();
                (name.clone(), HostTensor { shape, data: parameter.moments[i].as_slice().into() })
            });
            self.start.with_tensors(tensors.collect())
        };
        let moments = if self.step > 0 { Some([moment(0)?, moment(1)?]) } else { None };
        Ok(Snapshot { steps: self.step, values: self.learned()?, moments })
    }

    /// Embeds a batch, `[sequences, hidden]`, and remembers how, for [`Self::backward`].
    ///
    /// # Errors
    /// Those of [`CandleEncoder::embed`].
    pub fn forward(&mut self, batch: &PackedTokens) -> Result<Vec<f32>, EncoderError> {
        let hidden = self.tower.base.config.hidden_size;
        let rows = self.tower.base.embedding.rows(batch)?;
        let rows = Var::from_vec(rows, (batch.tokens(), hidden), &Device::Cpu)?;
        let embeddings = self.tower.forward(batch, &rows)?;
        let values = super::slices::view(&embeddings)?.to_vec();
        self.pending = Some(Pending { batch: batch.clone(), rows, embeddings });
        Ok(values)
    }

    /// Embeds a batch without remembering it; for validation.
    ///
    /// # Errors
    /// Those of [`CandleEncoder::embed`].
    pub fn embed(&self, batch: &PackedTokens) -> Result<Vec<f32>, EncoderError> {
        self.tower.embed(batch)
    }

    /// Takes one AdamW step from the gradient of the loss with respect to the last forward's embeddings.
    ///
    /// # Errors
    /// As [`Self::backward`] and [`Self::step`].
    pub fn learn(&mut self, embeddings_grad: &[f32], learning_rate: f64) -> Result<f64, EncoderError> {
        self.backward(embeddings_grad)?;
        self.step(learning_rate)
    }

    /// Forms the gradients of the last forward's batch, on top of those since the last step.
    ///
    /// # Errors
    /// [`EncoderError::Teaching`] if there was no forward pass.
    pub fn backward(&mut self, embeddings_grad: &[f32]) -> Result<(), EncoderError> {
        let pending = self.pending.take();
        let Pending { batch, rows, embeddings } =
            pending.ok_or_else(|| EncoderError::Teaching("no forward pass".to_owned()))?;
        let grad = Tensor::from_slice(embeddings_grad, embeddings.shape(), &Device::Cpu)?;
        // The gradient of Σ embeddings · grad is grad, whatever loss it came from.
        let grads = (embeddings * grad)?.sum_all()?.backward()?;
        if let Some(rows_grad) = grads.get(&rows) {
            self.tower.base.embedding.backward(&batch, &super::slices::view(rows_grad)?)?;
        }
        self.has_gradients = true;
        Ok(())
    }

    /// Takes one AdamW step along the gradients since the last one; returns their norm before clipping.
    ///
    /// # Errors
    /// [`EncoderError::Teaching`] if there was no backward pass, or the gradient is not finite; the values are
    /// unchanged then.
    pub fn step(&mut self, learning_rate: f64) -> Result<f64, EncoderError> {
        if !std::mem::take(&mut self.has_gradients) {
            return Err(EncoderError::Teaching("no backward pass".to_owned()));
        }
        let norm = self.parameters.values().map(Parameter::gradient_squares).sum::<f64>().sqrt();
        if !norm.is_finite() {
            return Err(EncoderError::Teaching("the gradient is not finite".to_owned()));
        }
        self.step += 1;
        // Without the tower nobody shares the values, and they are changed where they are.
        self.tower = self.encoder.clone();
        let factor = (self.settings.max_grad_norm / norm).min(1.0) as f32;
        for parameter in self.parameters.values_mut() {
            let params = self.settings.of_step(&parameter.value.shape, self.step, learning_rate);
            parameter.step(factor, &params);
        }
        self.rebuild()?;
        Ok(norm)
    }

    /// The gradients since the last step, by the names of [`Learned::tensors`].
    pub fn gradients(&self) -> BTreeMap<String, HostTensor> {
        let gradient = |parameter: &Parameter| HostTensor {
            shape: parameter.value.shape.clone(),
            data: parameter.gradient.sum().as_slice().into(),
        };
        self.parameters.iter().map(|(name, parameter)| (name.clone(), gradient(parameter))).collect()
    }

    /// What has been learned so far.
    ///
    /// # Errors
    /// None that a student which could be made would give.
    pub fn learned(&self) -> Result<Learned, EncoderError> {
        let values = self.parameters.iter().map(|(name, parameter)| (name.clone(), parameter.value.clone()));
        self.start.with_tensors(values.collect())
    }

    /// Makes the tower of the parameters' present values.
    fn rebuild(&mut self) -> Result<(), EncoderError> {
        let learned = self.learned()?;
        let gradient =
            |name: &str| -> Option<Arc<Gradient>> { Some(Arc::clone(&self.parameters.get(name)?.gradient)) };
        self.tower = match &learned {
            Learned::Adapter(adapter) => self.tower.with_pairs(adapter, &gradient),
            Learned::Weights(_) => {
                let weights = learned.merged_into(&self.base)?;
                CandleEncoder::training(&self.tower.base.config, &weights, &gradient)?
            }
        };
        Ok(())
    }
}
