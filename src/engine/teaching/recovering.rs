//! A teaching whose device is lost: it goes on elsewhere from its last checkpoint, given, taken or handed out.
//!
//! What device that is, the backend decides.

use super::{Phase, TeachEvent, TeachingJob};
use crate::encoder::{Encoder, Scope};
use crate::engine::EngineError;
use crate::engine::backend::is_of_device;
use crate::train::TrainError;

impl TeachingJob {
    /// The teaching as bytes that [`crate::engine::Engine::resume_teaching`] goes on from; none before the steps have begun, or while
    /// some are under way ([`Self::settle`] them first), or if the device was lost just now.
    ///
    /// # Errors
    /// Those of reading the student.
    pub async fn checkpoint(&mut self) -> Result<Option<Vec<u8>>, EngineError> {
        match self.checkpoint_here().await {
            Ok(checkpoint) => Ok(checkpoint),
            // The device is found lost by the next step, which recovers and says so.
            Err(error) if is_of_device(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Takes a checkpoint and remembers it.
    pub(super) async fn checkpoint_here(&mut self) -> Result<Option<Vec<u8>>, EngineError> {
        let Phase::Steps(steps) = &self.phase else { return Ok(None) };
        let Some(checkpoint) = steps.checkpoint().await? else { return Ok(None) };
        let bytes = checkpoint.write()?;
        self.checkpoint = Some(bytes.clone());
        Ok(Some(bytes))
    }

    /// What a lost device leaves undone is begun again from the last checkpoint. A loss that is not finite leaves the
    /// weights of the last good step; after anything else they are unknown.
    pub(super) async fn or_elsewhere(
        &mut self,
        event: Result<TeachEvent, EngineError>,
    ) -> Result<TeachEvent, EngineError> {
        match event {
            Err(error) if is_of_device(&error) && self.lessons.is_some() => self.go_on_elsewhere(error).await,
            Ok(_) | Err(EngineError::Train(TrainError::LossNotFinite { .. })) => event,
            Err(_) => {
                self.phase = Phase::Failed;
                event
            }
        }
    }

    pub(super) async fn go_on_elsewhere(
        &mut self,
        mut error: EngineError,
    ) -> Result<TeachEvent, EngineError> {
        // The device's memory goes first: the next one may be the same.
        self.phase = Phase::Failed;
        loop {
            self.base.replace(error).await?;
            match self.begin_steps().await {
                Ok(steps) => {
                    let (step, validation) = (steps.done(), steps.before());
                    self.phase = Phase::Steps(Box::new(steps));
                    return Ok(TeachEvent::Recovered { step, validation });
                }
                Err(again) if is_of_device(&again) => error = again,
                Err(other) => return Err(other),
            }
        }
    }

    /// Whether a device computes that may be lost, and a checkpoint is small enough to be taken at every look.
    pub(super) fn may_lose_much(&self) -> bool {
        matches!((self.base.encoder(), self.settings.scope), (Encoder::Gpu(_), Scope::Adapter(_)))
    }
}
