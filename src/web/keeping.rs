//! What the page keeps over a reload, given out and taken back: vectors, and what was taught.
//!
//! Where it is kept is the page's affair.

use super::failure::Stop;
use super::protocol::{NamedFile, Progress, Reply};
use super::session::{Answer, Session, seconds_since};
use super::worker::Caller;
use crate::encoder::Learned;
use crate::engine::{EmbeddingJob, EngineError, Tower};
use crate::export::KeptVectors;
use crate::train::Towers;
use serde_bytes::ByteBuf;

/// When the vectors of an indexing were last given out, in milliseconds; `every` is in seconds.
pub(super) struct Keeping {
    every: Option<f64>,
    last: f64,
}

impl Keeping {
    /// Gives vectors out every so many seconds from now on; never if there is no such number.
    pub(super) fn every(every: Option<f64>) -> Self {
        Self { every, last: js_sys::Date::now() }
    }

    /// Gives out what is new, if it is time to.
    pub(super) fn hand_out(&mut self, caller: &Caller, job: &mut EmbeddingJob) -> Result<(), Stop> {
        if self.every.is_none_or(|every| seconds_since(self.last) < every) {
            return Ok(());
        }
        if let Some(bytes) = job.fresh_vectors()? {
            caller.progress(Progress::Vectors { bytes: ByteBuf::from(bytes) });
        }
        self.last = js_sys::Date::now();
        Ok(())
    }
}

impl Session {
    /// The passages' vectors as a file.
    pub(super) fn vectors(&self, tower: Tower) -> Answer {
        Ok(Reply::Vectors { bytes: ByteBuf::from(self.engine()?.passage_vectors(tower)?) })
    }

    /// Takes vectors back.
    pub(super) fn take_vectors(&self, files: &[NamedFile]) -> Answer {
        let mut vectors = KeptVectors::default();
        for file in files {
            vectors.read(&file.bytes).map_err(EngineError::from)?;
        }
        self.engine()?.take_vectors(vectors)?;
        Ok(Reply::Nothing {})
    }

    /// Takes back what was taught, with the queries that taught it.
    pub(super) fn restore_learned(
        &self,
        learned: Learned,
        towers: Towers,
        taught_on: &[String],
        vectors: Option<&ByteBuf>,
    ) -> Result<(), Stop> {
        let mut kept = KeptVectors::default();
        if let Some(bytes) = vectors {
            kept.read(bytes).map_err(EngineError::from)?;
        }
        Ok(self.engine()?.restore_learned(learned, towers, taught_on, &kept)?)
    }
}
