//! The engine in a Web Worker: messages in, engine, messages out.
//!
//! The only room that names wasm-bindgen, js-sys, web-sys and gloo. Runs in the worker; the page never loads
//! the wasm.

mod asking;
mod convert;
mod evaluating;
mod experimenting;
mod exporting;
mod failure;
mod fetch;
mod given_rankings;
mod keeping;
mod mapping;
mod model_files;
mod other_model;
pub mod protocol;
mod query_feedback;
mod session;
mod teach;
#[cfg(feature = "threads")]
mod threads;
mod tilings;
mod worker;

#[cfg(feature = "threads")]
pub use threads::{build_pool, run_thread, shared_parts};
pub use worker::start;
