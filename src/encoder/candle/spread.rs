//! Work on independent pieces: on all cores natively, one after the other in wasm.

/// Does `work` on every piece, in any order.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn spread<T: Send>(pieces: impl Iterator<Item = T>, work: impl Fn(T) + Send + Sync) {
    use rayon::iter::{IntoParallelIterator, ParallelIterator};
    pieces.collect::<Vec<T>>().into_par_iter().for_each(work);
}

/// Does `work` on every piece, in their order.
#[cfg(target_arch = "wasm32")]
pub(super) fn spread<T>(pieces: impl Iterator<Item = T>, work: impl Fn(T)) {
    pieces.for_each(work);
}
