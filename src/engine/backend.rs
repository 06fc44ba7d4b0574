//! The device under all encoders, shared by the engine and its jobs: whoever finds it gone replaces it for all.
//!
//! What has to be done again then is not known here; each job knows what it has not got yet.

use super::open::{BackendChoice, BackendReport, open_cpu, open_gpu};
use super::{EngineError, Model};
use crate::encoder::{Encoder, EncoderError, Learned};
use crate::gpu::GpuError;
use crate::ops::tiling::Tilings;
use crate::train::TrainError;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// Lost devices that are replaced by another device; a driver that fails more often is not tried again.
const MOST_LOSSES: u32 = 2;
/// Pieces are not made smaller than so many tokens; a longer text is a piece of its own.
const LEAST_TOKENS: usize = 64;

/// A device, or the CPU, with the base model on it.
pub(super) struct Backend {
    model: Arc<Model>,
    choice: BackendChoice,
    state: RefCell<State>,
}

/// What a backend is at the moment.
pub(super) struct State {
    pub(super) baseline: Encoder,
    pub(super) report: BackendReport,
    /// Which kernels were measured to be the fastest, on a GPU.
    pub(super) tilings: Option<Tilings>,
    /// How often the pieces were halved because the memory did not do.
    pub(super) halvings: u32,
}

impl Backend {
    pub(super) fn new(model: &Arc<Model>, choice: BackendChoice, state: State) -> Rc<Self> {
        Rc::new(Self { model: Arc::clone(model), choice, state: RefCell::new(state) })
    }

    /// The model.
    pub(super) fn model(&self) -> Arc<Model> {
        Arc::clone(&self.model)
    }

    /// The base model's encoder as it is now.
    pub(super) fn baseline(&self) -> Encoder {
        self.state.borrow().baseline.clone()
    }

    /// What it runs on now.
    pub(super) fn report(&self) -> BackendReport {
        self.state.borrow().report.clone()
    }

    /// Which kernels were measured to be the fastest, on a GPU.
    pub(super) fn tilings(&self) -> Option<Tilings> {
        self.state.borrow().tilings.clone()
    }

    /// Tokens embedded in one piece: short enough to stay responsive on each backend.
    pub(super) fn token_budget(&self) -> usize {
        let State { baseline, halvings, .. } = &*self.state.borrow();
        let budget: usize = match baseline {
            Encoder::Gpu(encoder) if encoder.gpu().is_software() => 256,
            Encoder::Gpu(_) => 8192,
            Encoder::Candle(_) if cfg!(target_arch = "wasm32") => 512,
            Encoder::Candle(_) => 4096,
        };
        (budget >> halvings).max(LEAST_TOKENS)
    }

    /// Opens a new device, or the CPU path, in place of the one with so many `losses` before it, unless somebody has.
    async fn replace(&self, losses: u32, error: &EngineError) -> Result<(), EngineError> {
        if self.report().losses > losses {
            return Ok(());
        }
        let mut opened = None;
        if !is_memory(error) && losses < MOST_LOSSES {
            opened = open_gpu(&self.model, self.choice, self.tilings()).await.ok();
        }
        let mut state = match opened {
            Some(opened) => opened,
            None => open_cpu(&self.model).await?,
        };
        // Another job may have been faster while this one waited.
        if self.report().losses > losses {
            close(&state.baseline);
            return Ok(());
        }
        state.report.losses = losses + 1;
        state.report.note = error.to_string();
        let old = self.state.replace(state);
        close(&old.baseline);
        Ok(())
    }

    /// Halves the pieces, if they can be smaller and this may help.
    fn halve(&self, error: &EngineError) -> bool {
        let may_help = is_memory(error) && self.token_budget() > LEAST_TOKENS;
        self.state.borrow_mut().halvings += u32::from(may_help);
        may_help
    }
}

/// Gives the memory of a device back at once.
fn close(encoder: &Encoder) {
    if let Encoder::Gpu(encoder) = encoder {
        encoder.gpu().close();
    }
}

/// An encoder that outlives its device: the base model's, or one with what was learned.
#[derive(Clone)]
pub(super) struct LastingEncoder {
    backend: Rc<Backend>,
    learned: Option<Rc<Learned>>,
    encoder: Encoder,
    /// Losses of the backend when the encoder was made.
    losses: u32,
}

impl LastingEncoder {
    /// The base model's.
    pub(super) fn baseline(backend: &Rc<Backend>) -> Self {
        let (encoder, losses) = (backend.baseline(), backend.report().losses);
        Self { backend: Rc::clone(backend), learned: None, encoder, losses }
    }

    /// The base model's with what was learned.
    ///
    /// # Errors
    /// [`EngineError::Encoder`] if that does not fit the model.
    pub(super) fn tuned(backend: &Rc<Backend>, learned: &Rc<Learned>) -> Result<Self, EngineError> {
        let mut encoder = Self { learned: Some(Rc::clone(learned)), ..Self::baseline(backend) };
        encoder.renew()?;
        Ok(encoder)
    }

    /// As it is on the device that it was made for.
    pub(super) fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// Tokens embedded in one piece.
    pub(super) fn token_budget(&self) -> usize {
        self.backend.token_budget()
    }

    /// The same on the device that is there now.
    ///
    /// # Errors
    /// Those of building an encoder.
    pub(super) fn renewed(&self) -> Result<Self, EngineError> {
        let mut encoder = self.clone();
        if encoder.losses != self.backend.report().losses {
            encoder.renew()?;
        }
        Ok(encoder)
    }

    /// Makes the encoder usable again after `error`, with smaller pieces if it was the memory; then what has not come
    /// back is to be begun again.
    ///
    /// # Errors
    /// `error` itself if it is none of a device's; those of opening the CPU path.
    pub(super) async fn recover(&mut self, error: EngineError) -> Result<(), EngineError> {
        if self.backend.halve(&error) { Ok(()) } else { self.replace(error).await }
    }

    /// As [`Self::recover`], for work whose pieces cannot be made smaller.
    ///
    /// # Errors
    /// As for [`Self::recover`].
    pub(super) async fn replace(&mut self, error: EngineError) -> Result<(), EngineError> {
        if !is_of_device(&error) {
            return Err(error);
        }
        self.backend.replace(self.losses, &error).await?;
        self.renew()
    }

    fn renew(&mut self) -> Result<(), EngineError> {
        let (baseline, losses) = (self.backend.baseline(), self.backend.report().losses);
        self.encoder = match &self.learned {
            Some(learned) => baseline.with_learned(&self.backend.model.weights, learned)?,
            None => baseline,
        };
        self.losses = losses;
        Ok(())
    }
}

/// Whether the device is gone, or could not hold what it was given, so that another one may do the same work.
pub(super) fn is_of_device(error: &EngineError) -> bool {
    matches!(gpu_error(error), Some(GpuError::DeviceLost(_) | GpuError::Readback(_))) || is_memory(error)
}

fn is_memory(error: &EngineError) -> bool {
    matches!(gpu_error(error), Some(GpuError::OutOfMemory(_) | GpuError::TooLarge { .. }))
}

fn gpu_error(error: &EngineError) -> Option<&GpuError> {
    match error {
        EngineError::Encoder(EncoderError::Gpu(error))
        | EngineError::Train(TrainError::Encoder(EncoderError::Gpu(error))) => Some(error),
        _ => None,
    }
}
