//! Scores of queries against passages: dot products of their embeddings.
//!
//! The product is that of a linear layer without epilogue, so its kernels and its oracle are those of
//! [`super::linear`]. For unit vectors a score is a cosine, in [-1, 1], higher is better.

use super::linear::{Epilogue, linear};
use crate::gpu::{Gpu, GpuError, GpuTensor};

/// Scores `queries` `[queries, hidden]` against `passages` `[passages, hidden]`; `[queries, passages]`.
///
/// Records one dispatch; nothing is read back. `hidden` must be a multiple of 4.
///
/// # Errors
/// Those of [`linear`].
pub fn scores(gpu: &Gpu, queries: &GpuTensor, passages: &GpuTensor) -> Result<GpuTensor, GpuError> {
    linear(gpu, queries, passages, Epilogue::None)
}
