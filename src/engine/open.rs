//! The backend that a model runs on, checked before it is trusted.

use super::backend::{Backend, State};
use super::{Engine, EngineError, Model, self_test};
use crate::encoder::{CandleEncoder, Encoder, EncoderError, GpuEncoder};
use crate::gpu::{Gpu, GpuError, GpuOptions};
use crate::ops::tiling::Tilings;
use crate::ops::tiling_measure::weights_of;
use crate::spread::threads;
use std::rc::Rc;
use std::sync::Arc;

/// Which backend to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackendChoice {
    /// The GPU if there is a real one that passes the self-test, the CPU otherwise.
    Auto,
    /// The GPU, or an error; `allow_software` takes a software adapter too.
    Gpu {
        /// Take an adapter that computes on the CPU.
        allow_software: bool,
    },
    /// The CPU.
    Cpu,
}

/// What the engine runs on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BackendReport {
    /// Whether it is the GPU.
    pub is_gpu: bool,
    /// Adapter or CPU path in words.
    pub device: String,
    /// Smallest cosine of the self-test; none where there was nothing to compare with.
    pub self_test_cosine: Option<f64>,
    /// Why it is not the GPU, or not the device that it was at first; empty if there is nothing to say.
    pub note: String,
    /// Devices that were lost and replaced since the engine was opened.
    pub losses: u32,
}

impl Engine {
    /// Picks a backend for `model` and checks it on eight sentences: against stored vectors, or the GPU against the CPU.
    ///
    /// # Errors
    /// [`EngineError::Encoder`] if the GPU was asked for and is not there, [`EngineError::SelfTest`] if the
    /// backend's vectors are wrong.
    pub async fn open(model: Model, choice: BackendChoice) -> Result<(Self, BackendReport), EngineError> {
        Self::open_with(model, choice, None).await
    }

    /// [`Self::open`]; kernels that were measured on this device before, [`Self::tilings`], are not measured again.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub async fn open_with(
        model: Model,
        choice: BackendChoice,
        measured: Option<Tilings>,
    ) -> Result<(Self, BackendReport), EngineError> {
        let model = Arc::new(model);
        let state = match choice {
            BackendChoice::Cpu => open_cpu(&model).await?,
            BackendChoice::Gpu { .. } => open_gpu(&model, choice, measured).await?,
            BackendChoice::Auto => match open_gpu(&model, choice, measured).await {
                Ok(state) => state,
                Err(error) => {
                    let mut state = open_cpu(&model).await?;
                    state.report.note = error.to_string();
                    state
                }
            },
        };
        let report = state.report.clone();
        Ok((Self::on(Backend::new(&model, choice, state)), report))
    }

    /// Which kernels were measured to be the fastest, on a GPU that is none of software; for [`Self::open_with`].
    pub fn tilings(&self) -> Option<Tilings> {
        self.backend.tilings()
    }
}

/// The model on the CPU, checked.
pub(super) async fn open_cpu(model: &Model) -> Result<State, EngineError> {
    let baseline = Encoder::Candle(CandleEncoder::new(&model.config, &model.weights)?);
    checked(baseline, cpu_in_words(), model).await
}

/// The model on a GPU, checked.
pub(super) async fn open_gpu(
    model: &Model,
    choice: BackendChoice,
    measured: Option<Tilings>,
) -> Result<State, EngineError> {
    let allow_software = choice == BackendChoice::Gpu { allow_software: true };
    let gpu = Gpu::open(GpuOptions { allow_software }).await?;
    let baseline = Encoder::Gpu(Rc::new(GpuEncoder::new(&gpu, &model.config, &model.weights)?));
    let state = checked(baseline, gpu.adapter_name().to_owned(), model).await?;
    if gpu.is_software() {
        return Ok(state);
    }
    let weights = weights_of(model.config.hidden_size as u32, model.config.intermediate_size as u32);
    let tilings = Tilings::for_device(&gpu, &weights, measured).await?;
    tilings.install(&gpu);
    Ok(State { tilings: Some(tilings), ..state })
}

async fn checked(baseline: Encoder, device: String, model: &Model) -> Result<State, EngineError> {
    let self_test_cosine = self_test::check(&baseline, model).await?;
    let is_gpu = matches!(baseline, Encoder::Gpu(_));
    let report = BackendReport { is_gpu, device, self_test_cosine, note: String::new(), losses: 0 };
    Ok(State { baseline, report, tilings: None, halvings: 0 })
}

fn cpu_in_words() -> String {
    if cfg!(not(target_arch = "wasm32")) {
        return "CPU".to_owned();
    }
    let threads = match threads() {
        1 => "one thread".to_owned(),
        several => format!("{several} threads"),
    };
    let simd = if cfg!(feature = "relaxed-simd") { "relaxed SIMD" } else { "SIMD" };
    format!("CPU, {threads}, {simd}")
}

impl From<GpuError> for EngineError {
    fn from(error: GpuError) -> Self {
        Self::Encoder(EncoderError::Gpu(error))
    }
}
