//! Exact search over unit vectors held in memory, two baselines without a model, BM25 and rank fusion, and the two axes
//! along which vectors differ most.
//!
//! All have one deterministic order: score descending, passage id descending. Approximate search is
//! deliberately absent: a before and an after must differ by the retriever alone.

mod bm25;
mod fusion;
mod halves;
mod index;
mod projection;
mod scored;
mod words;

pub use bm25::{Bm25, Bm25Settings};
pub use fusion::{RRF_CONSTANT, reciprocal_rank_fusion};
pub use halves::dot;
pub use index::{Hit, Index, RetrieveError};
pub use projection::{Projection, Scatter};
