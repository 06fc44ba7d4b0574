//! Work on independent pieces: on all threads natively and in the threaded wasm module, else one after the other.

#[cfg(any(not(target_arch = "wasm32"), feature = "threads"))]
use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// Does `work` on every piece, in any order.
///
/// Natively `work` is compiled once more for each SIMD extension that a processor may have; what is not inlined into
/// it is not.
#[cfg(any(not(target_arch = "wasm32"), feature = "threads"))]
pub(super) fn spread<T: Send>(pieces: impl Iterator<Item = T>, work: impl Fn(T) + Send + Sync) {
    pieces.collect::<Vec<T>>().into_par_iter().for_each(|piece| dispatch(|| work(piece)));
}

/// Does `work` on every piece, in their order.
#[cfg(all(target_arch = "wasm32", not(feature = "threads")))]
pub(super) fn spread<T>(pieces: impl Iterator<Item = T>, work: impl Fn(T)) {
    pieces.for_each(work);
}

/// Returns how many pieces are worked on at a time.
#[cfg(any(not(target_arch = "wasm32"), feature = "threads"))]
pub fn threads() -> usize {
    rayon::current_num_threads()
}

/// Returns how many pieces are worked on at a time.
#[cfg(all(target_arch = "wasm32", not(feature = "threads")))]
pub fn threads() -> usize {
    1
}

#[cfg(not(target_arch = "wasm32"))]
fn dispatch(work: impl FnOnce()) {
    pulp::Arch::new().dispatch(work);
}

#[cfg(all(target_arch = "wasm32", feature = "threads"))]
fn dispatch(work: impl FnOnce()) {
    work();
}
