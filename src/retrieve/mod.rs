//! Exact search over unit vectors held in memory, with one deterministic order.
//!
//! Approximate search is deliberately absent: a before and an after must differ by the retriever alone.

mod index;

pub use index::{Hit, Index, RetrieveError};
