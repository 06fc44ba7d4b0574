//! Threads for the engine's worker: further workers that run the same module on the same memory.
//!
//! The page starts those workers, so that one that breaks is told of where something can be done about it; nothing
//! here starts one. A browser starts a worker only while the thread that asked for it is free to.

use rayon::{ThreadBuilder, ThreadPoolBuilder};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

/// Threads of the pool that no worker has taken yet.
static WAITING: Mutex<VecDeque<ThreadBuilder>> = Mutex::new(VecDeque::new());
static ARRIVED: Condvar = Condvar::new();

/// Returns the module and the memory, which a further worker starts with.
#[wasm_bindgen]
pub fn shared_parts() -> js_sys::Array {
    [wasm_bindgen::module(), wasm_bindgen::memory()].into_iter().collect()
}

/// Makes the pool of `threads` threads and waits until as many workers run them.
///
/// # Errors
/// When there is a pool already.
#[wasm_bindgen]
pub fn build_pool(threads: usize) -> Result<(), JsError> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).spawn_handler(|thread| {
        waiting().push_back(thread);
        ARRIVED.notify_one();
        Ok(())
    });
    pool.build_global().map_err(JsError::from)
}

/// Gives the calling worker to the pool, for good.
#[wasm_bindgen]
pub fn run_thread() {
    let mut threads = waiting();
    let thread = loop {
        match threads.pop_front() {
            Some(thread) => break thread,
            None => threads = ARRIVED.wait(threads).unwrap_or_else(PoisonError::into_inner),
        }
    };
    drop(threads);
    thread.run();
}

fn waiting() -> MutexGuard<'static, VecDeque<ThreadBuilder>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}
