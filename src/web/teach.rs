//! Teaching as the page sees it: steps with their times, pause, stop and cancel.

use super::convert::{self, StepTimes};
use super::failure::Stop;
use super::protocol::{Progress, Reply};
use super::session::{Session, seconds_since};
use super::worker::Caller;
use crate::encoder::Scope;
use crate::engine::{TeachEvent, TeachingJob};
use crate::train::TrainSettings;
use serde_bytes::ByteBuf;

impl Session {
    /// Teaches to the last step, or until the person stops it; a cancelled teaching changes nothing.
    pub(super) async fn teach(
        &self,
        caller: &Caller,
        settings: TrainSettings,
        checkpoint: Option<ByteBuf>,
    ) -> Result<Reply, Stop> {
        let interval = checkpoint_seconds(settings.scope);
        let mut job = match checkpoint {
            Some(bytes) => self.engine()?.resume_teaching(settings, bytes.into_vec())?,
            None => self.engine()?.teaching(settings)?,
        };
        let (mut steps_start, mut validation_before) = (js_sys::Date::now(), None);
        let mut kept = steps_start;
        while !job.is_done() && !caller.is_stopped() {
            let event = job.advance().await?;
            if let TeachEvent::Ready { validation } = event {
                (steps_start, validation_before) = (js_sys::Date::now(), validation);
            }
            if let TeachEvent::Recovered { validation, .. } = event {
                validation_before = validation;
                self.tell_losses(caller);
            }
            report(caller, &job, event, validation_before, steps_start);
            caller.breathe().await?;
            let is_due = seconds_since(kept) > interval;
            if caller.is_paused() || caller.is_stopped() || is_due {
                // The GPU ends the steps that it has begun.
                while let Some(event) = job.settle().await? {
                    report(caller, &job, event, validation_before, steps_start);
                    caller.breathe().await?;
                }
                if is_due {
                    if let Some(bytes) = job.checkpoint().await? {
                        let step = job.steps_done() as u32;
                        caller.progress(Progress::Checkpoint { bytes: ByteBuf::from(bytes), step });
                    }
                    kept = js_sys::Date::now();
                }
                steps_start += caller.wait_while_paused().await?;
            }
        }
        if job.steps_done() == 0 {
            return Err(Stop::Cancelled);
        }
        let elapsed_seconds = seconds_since(steps_start);
        let taught = job.finish().await?;
        self.engine()?.take_taught(&taught)?;
        self.embed_again(caller).await?;
        Ok(Reply::Taught(convert::taught_info(&taught, elapsed_seconds)))
    }
}

/// How old a checkpoint may grow; that of whole weights is large.
fn checkpoint_seconds(scope: Scope) -> f64 {
    match scope {
        Scope::Adapter(_) => 8.0,
        Scope::Layers | Scope::All => 60.0,
    }
}

/// Memory of the module; it only ever grows.
fn wasm_memory_bytes() -> u64 {
    const PAGE_BYTES: u64 = 65_536;
    core::arch::wasm32::memory_size(0) as u64 * PAGE_BYTES
}

fn report(
    caller: &Caller,
    job: &TeachingJob,
    event: TeachEvent,
    validation_before: Option<f64>,
    steps_start: f64,
) {
    let times = StepTimes {
        steps: job.steps(),
        rounds: job.rounds(),
        elapsed_seconds: seconds_since(steps_start),
        memory_bytes: job.gpu_memory_bytes().unwrap_or_else(wasm_memory_bytes) as f64,
    };
    if let Some(progress) = progress(event, validation_before, &times) {
        caller.progress(progress);
    }
}

fn progress(event: TeachEvent, validation_before: Option<f64>, times: &StepTimes) -> Option<Progress> {
    match event {
        TeachEvent::Embedding { done, total } => Some(Progress::Embedding {
            what: "feedback texts".to_owned(),
            done: done as u32,
            total: total as u32,
        }),
        TeachEvent::Ready { .. } | TeachEvent::Working => None,
        TeachEvent::Recovered { step, .. } => Some(Progress::Recovered { step: step as u32 }),
        TeachEvent::Round(report) => Some(Progress::Round(convert::round_info(&report, times.rounds))),
        TeachEvent::Step { report, validation } => {
            Some(Progress::Teaching(convert::teach_step(*report, [validation_before, validation], times)))
        }
    }
}
