//! FiGRet in the browser: teach a small dense retriever with an LLM's fine-grained feedback.
//!
//! The method is that of Liu et al. 2024, arXiv 2411.03957; the retriever is all-MiniLM-L6-v2. ARCHITECTURE.md
//! shows the rooms below and who may import whom.

pub mod data;
pub mod encoder;
pub mod engine;
pub mod eval;
pub mod experiment;
pub mod export;
pub mod feedback;
pub mod gpu;
pub mod ops;
pub mod retrieve;
mod spread;
pub mod text;
pub mod train;
#[cfg(target_arch = "wasm32")]
pub mod web;
