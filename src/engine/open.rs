//! The backend that a model runs on, checked before it is trusted.

use super::{Engine, EngineError, Model, self_test};
use crate::encoder::{CandleEncoder, Encoder, EncoderError, GpuEncoder};
use crate::gpu::{Gpu, GpuError, GpuOptions};
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
#[derive(Debug, Clone, PartialEq)]
pub struct BackendReport {
    /// Whether it is the GPU.
    pub is_gpu: bool,
    /// Adapter or CPU path in words.
    pub device: String,
    /// Smallest cosine of the self-test; none where there was nothing to compare with.
    pub self_test_cosine: Option<f64>,
    /// Why it is not the GPU; empty if it is, or was not asked for.
    pub note: String,
}

impl Engine {
    /// Picks a backend for `model` and checks it on eight sentences: against stored vectors, or the GPU against the CPU.
    ///
    /// # Errors
    /// [`EngineError::Encoder`] if the GPU was asked for and is not there, [`EngineError::SelfTest`] if the
    /// backend's vectors are wrong.
    pub async fn open(model: Model, choice: BackendChoice) -> Result<(Self, BackendReport), EngineError> {
        let model = Arc::new(model);
        let mut note = String::new();
        if let BackendChoice::Auto | BackendChoice::Gpu { .. } = choice {
            match Self::open_gpu(&model, choice).await {
                Ok(opened) => return Ok(opened),
                Err(error) if choice == BackendChoice::Auto => note = error.to_string(),
                Err(error) => return Err(error),
            }
        }
        let baseline = Encoder::Candle(CandleEncoder::new(&model.config, &model.weights)?);
        let self_test_cosine = self_test::check(&baseline, &model).await?;
        let device = cpu_in_words();
        let report = BackendReport { is_gpu: false, device, self_test_cosine, note };
        Ok((Self { model, baseline, is_software_gpu: false, shelf: None, tuned: None }, report))
    }

    async fn open_gpu(
        model: &Arc<Model>,
        choice: BackendChoice,
    ) -> Result<(Self, BackendReport), EngineError> {
        let allow_software = choice == BackendChoice::Gpu { allow_software: true };
        let gpu = Gpu::open(GpuOptions { allow_software }).await.map_err(EncoderError::from)?;
        let baseline = Encoder::Gpu(Rc::new(GpuEncoder::new(&gpu, &model.config, &model.weights)?));
        let self_test_cosine = self_test::check(&baseline, model).await?;
        let report = BackendReport {
            is_gpu: true,
            device: gpu.adapter_name().to_owned(),
            self_test_cosine,
            note: String::new(),
        };
        let is_software_gpu = gpu.is_software();
        let model = Arc::clone(model);
        Ok((Self { model, baseline, is_software_gpu, shelf: None, tuned: None }, report))
    }
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
