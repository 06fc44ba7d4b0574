//! The query tower while it is taught: LoRA variables, candle's autograd and AdamW.
//!
//! The losses live in `train`: they see embeddings and give back the gradient with respect to them, so a
//! student need not know what it is taught.

use super::{CandleEncoder, EncoderError};
use crate::encoder::{HostTensor, LoraAdapter, LoraPair};
use crate::text::PackedTokens;
use candle_core::backprop::GradStore;
use candle_core::{Device, Tensor, Var};
use candle_nn::optim::{AdamW, Optimizer, ParamsAdamW};
use std::collections::BTreeMap;

/// AdamW's constants (Loshchilov and Hutter 2019); the learning rate comes with each step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamWSettings {
    /// Decoupled weight decay.
    pub weight_decay: f64,
    /// Gradients are scaled down to at most this norm over all variables; infinity turns it off.
    pub max_grad_norm: f64,
}

/// An encoder whose adapter is being trained.
pub struct CandleStudent {
    tower: CandleEncoder,
    start: LoraAdapter,
    variables: BTreeMap<String, (Var, Var)>,
    optimizer: AdamW,
    settings: AdamWSettings,
    pending: Option<Tensor>,
    /// Gradients since the last step.
    grads: Option<GradStore>,
}

impl CandleStudent {
    /// Begins with `adapter` on `encoder`'s frozen weights.
    ///
    /// # Errors
    /// [`EncoderError::Adapter`] if the adapter does not fit.
    pub fn new(
        encoder: &CandleEncoder,
        adapter: &LoraAdapter,
        settings: AdamWSettings,
    ) -> Result<Self, EncoderError> {
        adapter.check(&encoder.frozen.config)?;
        let variable = |t: &HostTensor| Var::from_slice(&t.data, t.shape.as_slice(), &Device::Cpu);
        let mut variables = BTreeMap::new();
        for (name, pair) in &adapter.pairs {
            variables.insert(name.clone(), (variable(&pair.a)?, variable(&pair.b)?));
        }
        let tower = encoder.with_pairs(adapter.config.scale(), |name| {
            let found = variables.get(name);
            Ok(found.map(|(a, b)| (a.as_tensor().clone(), b.as_tensor().clone())))
        })?;
        let all = variables.values().flat_map(|(a, b)| [a.clone(), b.clone()]).collect();
        let params = ParamsAdamW { weight_decay: settings.weight_decay, ..ParamsAdamW::default() };
        let optimizer = AdamW::new(all, params)?;
        Ok(Self { tower, start: adapter.clone(), variables, optimizer, settings, pending: None, grads: None })
    }

    /// Embeds a batch, `[sequences, hidden]`, and remembers how, for [`Self::backward`].
    ///
    /// # Errors
    /// Those of [`CandleEncoder::embed`].
    pub fn forward(&mut self, batch: &PackedTokens) -> Result<Vec<f32>, EncoderError> {
        let embeddings = self.tower.forward(batch)?;
        let values = super::slices::matrix(&embeddings)?;
        self.pending = Some(embeddings);
        Ok(values)
    }

    /// Embeds a batch without remembering it; for validation.
    ///
    /// # Errors
    /// Those of [`CandleEncoder::embed`].
    pub fn embed(&self, batch: &PackedTokens) -> Result<Vec<f32>, EncoderError> {
        self.tower.detached().embed(batch)
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
    /// [`EncoderError::Teaching`] if there was no forward pass or a variable got no gradient.
    pub fn backward(&mut self, embeddings_grad: &[f32]) -> Result<(), EncoderError> {
        let mut grads = self.gradients(embeddings_grad)?;
        if let Some(earlier) = self.grads.take() {
            for variable in self.variables.values().flat_map(|(a, b)| [a, b]) {
                let sum = (gradient_of(&grads, variable)? + gradient_of(&earlier, variable)?)?;
                grads.insert(variable, sum);
            }
        }
        self.grads = Some(grads);
        Ok(())
    }

    /// Takes one AdamW step along the gradients since the last one; returns their norm before clipping.
    ///
    /// # Errors
    /// [`EncoderError::Teaching`] if there was no backward pass, or the gradient is not finite; the variables are
    /// unchanged then.
    pub fn step(&mut self, learning_rate: f64) -> Result<f64, EncoderError> {
        let grads = self.grads.take();
        let mut grads = grads.ok_or_else(|| EncoderError::Teaching("no backward pass".to_owned()))?;
        let norm = self.clip(&mut grads)?;
        self.optimizer.set_learning_rate(learning_rate);
        self.optimizer.step(&grads)?;
        Ok(norm)
    }

    /// The gradient of every variable by name, as [`Self::step`] would use it before clipping.
    ///
    /// # Errors
    /// As [`Self::backward`].
    pub fn named_gradients(
        &mut self,
        embeddings_grad: &[f32],
    ) -> Result<BTreeMap<String, LoraPair>, EncoderError> {
        let grads = self.gradients(embeddings_grad)?;
        let host = |var: &Var| host_tensor(gradient_of(&grads, var)?);
        self.variables
            .iter()
            .map(|(name, (a, b))| Ok((name.clone(), LoraPair { a: host(a)?, b: host(b)? })))
            .collect()
    }

    /// The adapter as it is now.
    ///
    /// # Errors
    /// [`EncoderError::Candle`] if a variable cannot be read.
    pub fn adapter(&self) -> Result<LoraAdapter, EncoderError> {
        let pairs = self.variables.iter().map(|(name, (a, b))| {
            Ok((name.clone(), LoraPair { a: host_tensor(a.as_tensor())?, b: host_tensor(b.as_tensor())? }))
        });
        Ok(LoraAdapter { config: self.start.config, pairs: pairs.collect::<Result<_, EncoderError>>()? })
    }

    fn gradients(&mut self, embeddings_grad: &[f32]) -> Result<GradStore, EncoderError> {
        let embeddings = self.pending.take();
        let embeddings = embeddings.ok_or_else(|| EncoderError::Teaching("no forward pass".to_owned()))?;
        let grad = Tensor::from_slice(embeddings_grad, embeddings.shape(), &Device::Cpu)?;
        // The gradient of Σ embeddings · grad is grad, whatever loss it came from.
        Ok((embeddings * grad)?.sum_all()?.backward()?)
    }

    /// Scales all gradients so that their common norm is at most the limit; returns the norm before.
    fn clip(&self, grads: &mut GradStore) -> Result<f64, EncoderError> {
        let variables = || self.variables.values().flat_map(|(a, b)| [a, b]);
        let mut squares = 0.0;
        for variable in variables() {
            squares += f64::from(gradient_of(grads, variable)?.sqr()?.sum_all()?.to_scalar::<f32>()?);
        }
        let norm = squares.sqrt();
        if !norm.is_finite() {
            return Err(EncoderError::Teaching("the gradient is not finite".to_owned()));
        }
        if norm > self.settings.max_grad_norm {
            for variable in variables() {
                let scaled = (gradient_of(grads, variable)? * (self.settings.max_grad_norm / norm))?;
                grads.insert(variable, scaled);
            }
        }
        Ok(norm)
    }
}

fn gradient_of<'a>(grads: &'a GradStore, variable: &Var) -> Result<&'a Tensor, EncoderError> {
    grads.get(variable).ok_or_else(|| EncoderError::Teaching("a variable got no gradient".to_owned()))
}

fn host_tensor(tensor: &Tensor) -> Result<HostTensor, EncoderError> {
    Ok(HostTensor { shape: tensor.dims().to_vec(), data: super::slices::matrix(tensor)?.into() })
}
