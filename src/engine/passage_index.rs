//! The passages as one encoder embeds them, and where they are searched.
//!
//! Which of the two searches changes nothing but the time: both give the same hits (`gpu_index.rs`). So when a GPU is
//! lost the CPU searches, until the vectors are copied to another device with the next index.

use super::backend::is_of_device;
use super::{EngineError, GpuIndex};
use crate::encoder::Encoder;
use crate::retrieve::{Hit, Index};
use std::rc::Rc;
use std::sync::Arc;

/// Passages from which a GPU searches. The CPU reads fewer in the time that an answer takes to come back from a GPU.
const GPU_PASSAGES: usize = 20_000;
/// Largest index that is copied to the GPU; it has a model there too, and perhaps a lesson.
const GPU_BYTES: usize = 1 << 30;

/// An index, on the GPU too if that one searches it. Cloning shares it.
#[derive(Clone)]
pub(super) struct PassageIndex {
    index: Arc<Index>,
    gpu: Option<Rc<GpuIndex>>,
}

impl PassageIndex {
    /// Takes the vectors of `encoder`, and copies them to its GPU if that one is worth the way.
    pub(super) fn new(index: Index, encoder: &Encoder) -> Self {
        let index = Arc::new(index);
        let is_worth_it = index.len() >= GPU_PASSAGES && index.size_bytes() <= GPU_BYTES;
        let gpu = match encoder {
            Encoder::Gpu(encoder) if is_worth_it && !encoder.gpu().is_software() => {
                Some(Rc::new(GpuIndex::new(encoder.gpu(), &index)))
            }
            _ => None,
        };
        Self { index, gpu }
    }

    /// The same, to be held on to.
    pub(super) fn shared(&self) -> Arc<Index> {
        Arc::clone(&self.index)
    }

    /// The vectors on the host.
    pub(super) fn index(&self) -> &Index {
        &self.index
    }

    /// Finds the `k` nearest passages of each query, best first; `queries` is `[queries, width]`.
    ///
    /// # Errors
    /// [`EngineError::Retrieve`] for a bad query, [`EngineError::Encoder`] if the GPU refuses a command.
    pub(super) async fn top_k(&self, queries: &[f32], k: usize) -> Result<Vec<Vec<Hit>>, EngineError> {
        if let Some(gpu) = &self.gpu {
            match gpu.top_k(queries, k).await {
                Err(error) if is_of_device(&error) => {}
                found => return found,
            }
        }
        let hits = queries.chunks(self.index.width()).map(|query| self.index.top_k(query, k));
        Ok(hits.collect::<Result<_, _>>()?)
    }
}
