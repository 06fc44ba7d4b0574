//! What a piece of work costs a thread: seconds of its processor, and bytes that it held at most.
//!
//! Other tests run at the same time, so that neither the clock nor the process's memory would tell.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Instant;

/// What a piece of work cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) seconds: f64,
    pub(crate) peak_bytes: usize,
}

/// Does the work and measures it.
pub(crate) fn cost_of<T>(work: impl FnOnce() -> T) -> (T, Cost) {
    let before = HELD.get();
    PEAK.set(before);
    let start = processor_seconds();
    let result = work();
    let seconds = match (start, processor_seconds()) {
        (Ok(start), Ok(end)) => end - start,
        (Err(start), _) | (_, Err(start)) => start.elapsed().as_secs_f64(),
    };
    (result, Cost { seconds, peak_bytes: usize::try_from(PEAK.get() - before).unwrap_or(0) })
}

/// What this thread has used of a processor; where the system does not tell, a clock to measure by.
fn processor_seconds() -> Result<f64, Instant> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|told| told.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map(|nanoseconds| nanoseconds / 1e9).ok_or_else(Instant::now)
}

thread_local! {
    /// Bytes that this thread took and has not given back.
    static HELD: Cell<isize> = const { Cell::new(0) };
    /// The most that it held.
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count(bytes: isize) {
    // While a thread ends there is nothing to count with, and nothing to measure.
    let _ended = HELD.try_with(|held| {
        held.set(held.get() + bytes);
        let _ended = PEAK.try_with(|peak| peak.set(peak.get().max(held.get())));
    });
}

fn signed(bytes: usize) -> isize {
    isize::try_from(bytes).unwrap_or(isize::MAX)
}

// SAFETY: every call is passed on to the system's allocator as it is; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(signed(layout.size()));
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(signed(layout.size()));
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(-signed(layout.size()));
        // SAFETY: as above.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(signed(size) - signed(layout.size()));
        // SAFETY: as above.
        unsafe { System.realloc(place, layout, size) }
    }
}

#[test]
fn the_most_that_was_held_is_measured() {
    let (_, cost) = cost_of(|| {
        drop(vec![1_u8; 3 << 20]);
        vec![1_u8; 1 << 20].len()
    });
    assert!((3 << 20..4 << 20).contains(&cost.peak_bytes), "{cost:?}");
}
