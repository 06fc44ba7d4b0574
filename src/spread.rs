//! Work on independent pieces: on all threads natively and in the threaded wasm module, else one after the other.
//!
//! Natively the work is compiled for each SIMD extension that a processor may have. That reaches as far as functions are
//! inlined: [`Work::run`] and what it calls in its loops must be marked so. A closure cannot be, hence the trait.

#[cfg(any(not(target_arch = "wasm32"), feature = "threads"))]
use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// What is done on a piece.
pub(crate) trait Work<T> {
    fn run(&self, piece: T);
}

/// Does `work` on every piece, in any order.
#[cfg(any(not(target_arch = "wasm32"), feature = "threads"))]
pub(crate) fn spread<T: Send>(pieces: impl Iterator<Item = T>, work: &(impl Work<T> + Sync)) {
    pieces.collect::<Vec<T>>().into_par_iter().for_each(|piece| dispatch(work, piece));
}

/// Does `work` on every piece, in their order.
#[cfg(all(target_arch = "wasm32", not(feature = "threads")))]
pub(crate) fn spread<T>(pieces: impl Iterator<Item = T>, work: &impl Work<T>) {
    pieces.for_each(|piece| work.run(piece));
}

/// Returns how many pieces are worked on at a time.
#[cfg(any(not(target_arch = "wasm32"), feature = "threads"))]
pub(crate) fn threads() -> usize {
    rayon::current_num_threads()
}

/// Returns how many pieces are worked on at a time.
#[cfg(all(target_arch = "wasm32", not(feature = "threads")))]
pub(crate) fn threads() -> usize {
    1
}

#[cfg(not(target_arch = "wasm32"))]
fn dispatch<T>(work: &impl Work<T>, piece: T) {
    struct Piece<'a, T, W>(&'a W, T);

    impl<T, W: Work<T>> pulp::WithSimd for Piece<'_, T, W> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: pulp::Simd>(self, _simd: S) {
            self.0.run(self.1);
        }
    }

    pulp::Arch::new().dispatch(Piece(work, piece));
}

#[cfg(all(target_arch = "wasm32", feature = "threads"))]
fn dispatch<T>(work: &impl Work<T>, piece: T) {
    work.run(piece);
}
