//! How many dispatches go to the device at once: measured, so that no submit looks like a hang to a driver's watchdog
//! and a page's own drawing finds its turn.
//!
//! Submits nothing itself. A single dispatch cannot be divided, however long it takes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use web_time::{Duration, Instant};

/// What a submit should take; drivers reset a device after about two seconds, and half a second is to be kept.
const TARGET: Duration = Duration::from_millis(125);
/// Before anything has been measured.
const FIRST: usize = 8;
/// Submits that the pace is taken from.
const WINDOW: usize = 8;

/// The pace of a device; clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Pace {
    measured: Arc<Mutex<Measured>>,
}

#[derive(Debug, Default)]
struct Measured {
    /// Time and dispatches of the last submits.
    recent: VecDeque<(Duration, usize)>,
    finished: Option<Instant>,
}

impl Pace {
    /// Dispatches that the next submit may hold, from 1 to `most`.
    pub(super) fn limit(&self, most: usize) -> usize {
        self.measured.lock().unwrap_or_else(PoisonError::into_inner).limit(most)
    }

    /// Measures what was submitted last, without waiting for it.
    pub(super) fn watch(&self, queue: &wgpu::Queue, dispatches: usize) {
        let begun = Instant::now();
        let measured = Arc::clone(&self.measured);
        queue.on_submitted_work_done(move || {
            let mut measured = measured.lock().unwrap_or_else(PoisonError::into_inner);
            measured.note(begun, Instant::now(), dispatches);
        });
    }
}

impl Measured {
    fn limit(&self, most: usize) -> usize {
        let (time, dispatches) =
            self.recent.iter().fold((Duration::ZERO, 0), |(time, n), one| (time + one.0, n + one.1));
        if dispatches == 0 {
            return FIRST.min(most);
        }
        let each = time.as_secs_f64() / dispatches as f64;
        // Of a time too short to be measured, infinity, and that is `most`.
        ((TARGET.as_secs_f64() / each) as usize).clamp(1, most)
    }

    /// A submit waits for the one before. Ends may be told late and together, so one alone says little.
    fn note(&mut self, begun: Instant, finished: Instant, dispatches: usize) {
        let from = self.finished.map_or(begun, |before| before.max(begun));
        self.recent.push_back((finished.saturating_duration_since(from), dispatches));
        if self.recent.len() > WINDOW {
            self.recent.pop_front();
        }
        self.finished = Some(finished);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn begins_small_and_follows_what_is_measured() {
        let start = Instant::now();
        let mut measured = Measured::default();
        assert_eq!((measured.limit(256), measured.limit(4)), (FIRST, 4));
        // 8 dispatches in 80 ms: 10 ms each.
        measured.note(start, start + ms(80), 8);
        assert_eq!(measured.limit(256), 12);
        // One of 400 ms cannot be divided.
        for i in 1..=WINDOW as u64 {
            measured.note(start, start + ms(80 + 400 * i), 1);
        }
        assert_eq!(measured.limit(256), 1);
    }

    #[test]
    fn a_fast_device_gets_whole_batches() {
        let start = Instant::now();
        let mut measured = Measured::default();
        measured.note(start, start, 8);
        assert_eq!(measured.limit(256), 256);
        measured.note(start, start + ms(1), 256);
        assert_eq!(measured.limit(256), 256);
    }

    #[test]
    fn waiting_for_earlier_work_and_idling_are_not_counted() {
        let start = Instant::now();
        let mut measured = Measured::default();
        // Submitted together, each 50 ms of work; then a pause of a second.
        measured.note(start, start + ms(50), 10);
        measured.note(start, start + ms(100), 10);
        measured.note(start + ms(1100), start + ms(1150), 10);
        assert_eq!(measured.limit(256), 25);
    }

    #[test]
    fn ends_that_are_told_together_count_together() {
        let start = Instant::now();
        let mut measured = Measured::default();
        for _ in 0..4 {
            measured.note(start, start + ms(400), 10);
        }
        // 400 ms for 40 dispatches, and not 0 for the last 10.
        assert_eq!(measured.limit(256), 12);
    }
}
