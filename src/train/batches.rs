//! Which lessons a step holds: seeded rounds through the lessons, mixed by the curriculum's share.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// Indices of a step's lessons.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Batch {
    /// Into the preference lessons.
    pub(super) preferences: Vec<usize>,
    /// Into the guidance lessons.
    pub(super) guidance: Vec<usize>,
}

/// Deals lessons of both kinds; the same seed deals the same.
#[derive(Debug, Clone)]
pub(super) struct Dealer {
    preferences: Deck,
    guidance: Deck,
    /// Fraction of a preference lesson owed, so that shares hold over steps and not only within one.
    owed: f64,
}

impl Dealer {
    pub(super) fn new(preferences: usize, guidance: usize, seed: u64) -> Self {
        Self {
            preferences: Deck::new(preferences, seed.wrapping_mul(2).wrapping_add(1)),
            guidance: Deck::new(guidance, seed.wrapping_mul(2).wrapping_add(2)),
            owed: 0.0,
        }
    }

    /// Deals `size` lessons of which about `share` are preference lessons.
    pub(super) fn deal(&mut self, size: usize, share: f64) -> Batch {
        let share = if self.guidance.len == 0 {
            1.0
        } else if self.preferences.len == 0 {
            0.0
        } else {
            share
        };
        let wanted = share * size as f64 + self.owed;
        let preferences = (wanted.round().max(0.0) as usize).min(size);
        self.owed = wanted - preferences as f64;
        Batch {
            preferences: self.preferences.draw(preferences),
            guidance: self.guidance.draw(size - preferences),
        }
    }
}

/// A shuffled deck that is shuffled again when it runs out.
#[derive(Debug, Clone)]
struct Deck {
    len: usize,
    left: Vec<usize>,
    rng: ChaCha8Rng,
}

impl Deck {
    fn new(len: usize, seed: u64) -> Self {
        Self { len, left: Vec::new(), rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    fn draw(&mut self, count: usize) -> Vec<usize> {
        (0..count).filter_map(|_| self.next()).collect()
    }

    fn next(&mut self) -> Option<usize> {
        if self.left.is_empty() {
            self.left = (0..self.len).collect();
            self.left.shuffle(&mut self.rng);
        }
        self.left.pop()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_deals_every_lesson_once() {
        let mut dealer = Dealer::new(12, 0, 3);
        let mut seen: Vec<usize> = (0..3).flat_map(|_| dealer.deal(4, 0.5).preferences).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..12).collect::<Vec<_>>());
    }

    #[test]
    fn shares_hold_over_steps() {
        let mut dealer = Dealer::new(100, 100, 0);
        let dealt: usize = (0..100).map(|_| dealer.deal(16, 0.1).preferences.len()).sum();
        assert_eq!(dealt, 160);
    }

    #[test]
    fn a_missing_kind_leaves_its_place_to_the_other() {
        assert_eq!(Dealer::new(0, 5, 0).deal(4, 0.9).guidance.len(), 4);
        assert_eq!(Dealer::new(5, 0, 0).deal(4, 0.1).preferences.len(), 4);
    }

    #[test]
    fn the_same_seed_deals_the_same() {
        let deal = |seed| Dealer::new(30, 30, seed).deal(16, 0.5);
        assert_eq!(deal(7), deal(7));
        assert_ne!(deal(7).preferences, deal(8).preferences);
        assert_ne!(deal(7).guidance, deal(8).guidance);
    }
}
