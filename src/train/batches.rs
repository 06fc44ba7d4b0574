//! Which lessons a step holds: seeded rounds through the lessons, mixed by the curriculum's share.

use crate::train::TrainError;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};

/// Indices of a step's lessons.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Batch {
    /// Into the preference lessons.
    pub(super) preferences: Vec<usize>,
    /// Into the guidance lessons.
    pub(super) guidance: Vec<usize>,
    /// Into the retention passages.
    pub(super) retention: Vec<usize>,
}

/// Where a dealer is in its decks, once it knows their cards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct DealerState {
    decks: [DeckState; 3],
    /// Bits of the fraction owed: JSON would round it.
    owed_bits: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct DeckState {
    left: Vec<usize>,
    words_drawn: u64,
}

/// Deals lessons of both kinds; the same seed deals the same.
#[derive(Debug, Clone)]
pub(super) struct Dealer {
    preferences: Deck,
    guidance: Deck,
    retention: Deck,
    /// Fraction of a preference lesson owed, so that shares hold over steps and not only within one.
    owed: f64,
    seed: u64,
}

impl Dealer {
    /// Deals `retention` passages; lessons come with [`Self::take`].
    pub(super) fn new(retention: usize, seed: u64) -> Self {
        let seed = seed.wrapping_mul(4);
        let retention = Deck::new((0..retention).collect(), seed.wrapping_add(3));
        let empty = Deck::new(Vec::new(), 0);
        Self { preferences: empty.clone(), guidance: empty, retention, owed: 0.0, seed }
    }

    /// Deals these lessons from now on.
    pub(super) fn take(&mut self, preferences: Vec<usize>, guidance: Vec<usize>, round: usize) {
        let seed = self.seed.wrapping_add((round as u64) << 32);
        self.preferences = Deck::new(preferences, seed.wrapping_add(1));
        self.guidance = Deck::new(guidance, seed.wrapping_add(2));
    }

    /// Where it is.
    pub(super) fn state(&self) -> DealerState {
        let decks = [&self.preferences, &self.guidance, &self.retention].map(Deck::state);
        DealerState { decks, owed_bits: self.owed.to_bits() }
    }

    /// Goes on from a state of a dealer of the same seed and lessons.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] if a deck has no such card.
    pub(super) fn restore(&mut self, state: &DealerState) -> Result<(), TrainError> {
        let decks = [&mut self.preferences, &mut self.guidance, &mut self.retention];
        for (deck, state) in decks.into_iter().zip(&state.decks) {
            deck.restore(state)?;
        }
        self.owed = f64::from_bits(state.owed_bits);
        Ok(())
    }

    /// Deals `size` lessons of which about `share` are preference lessons, and `retention` passages.
    pub(super) fn deal(&mut self, size: usize, share: f64, retention: usize) -> Batch {
        let share = if self.guidance.cards.is_empty() {
            1.0
        } else if self.preferences.cards.is_empty() {
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
            retention: self.retention.draw(retention),
        }
    }
}

/// A shuffled deck that is shuffled again when it runs out.
#[derive(Debug, Clone)]
struct Deck {
    cards: Vec<usize>,
    left: Vec<usize>,
    rng: ChaCha8Rng,
}

impl Deck {
    fn new(cards: Vec<usize>, seed: u64) -> Self {
        Self { cards, left: Vec::new(), rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    fn state(&self) -> DeckState {
        DeckState { left: self.left.clone(), words_drawn: self.rng.get_word_pos() as u64 }
    }

    fn restore(&mut self, state: &DeckState) -> Result<(), TrainError> {
        if !state.left.iter().all(|card| self.cards.contains(card)) {
            return Err(TrainError::Checkpoint("it was taken from other lessons"));
        }
        self.left.clone_from(&state.left);
        self.rng.set_word_pos(state.words_drawn.into());
        Ok(())
    }

    fn draw(&mut self, count: usize) -> Vec<usize> {
        (0..count).filter_map(|_| self.next()).collect()
    }

    fn next(&mut self) -> Option<usize> {
        if self.left.is_empty() {
            self.left.clone_from(&self.cards);
            self.left.shuffle(&mut self.rng);
        }
        self.left.pop()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    fn dealer(preferences: usize, guidance: usize, seed: u64) -> Dealer {
        let mut dealer = Dealer::new(3, seed);
        dealer.take((0..preferences).collect(), (0..guidance).collect(), 1);
        dealer
    }

    #[test]
    fn every_lesson_comes_once_before_one_comes_twice() {
        let mut dealer = dealer(12, 0, 3);
        let mut seen: Vec<usize> = (0..3).flat_map(|_| dealer.deal(4, 0.5, 0).preferences).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..12).collect::<Vec<_>>());
    }

    #[test]
    fn shares_hold_over_steps() {
        let mut dealer = dealer(100, 100, 0);
        let dealt: usize = (0..100).map(|_| dealer.deal(16, 0.1, 0).preferences.len()).sum();
        assert_eq!(dealt, 160);
    }

    #[test]
    fn a_missing_kind_leaves_its_place_to_the_other() {
        assert_eq!(dealer(0, 5, 0).deal(4, 0.9, 0).guidance.len(), 4);
        assert_eq!(dealer(5, 0, 0).deal(4, 0.1, 0).preferences.len(), 4);
    }

    #[test]
    fn the_same_seed_deals_the_same() {
        let deal = |seed| dealer(30, 30, seed).deal(16, 0.5, 2);
        assert_eq!(deal(7), deal(7));
        assert_ne!(deal(7).preferences, deal(8).preferences);
        assert_ne!(deal(7).guidance, deal(8).guidance);
    }

    #[test]
    fn a_restored_dealer_deals_on_as_if_nothing_had_been() {
        let mut first = dealer(30, 20, 5);
        for _ in 0..7 {
            first.deal(8, 0.37, 1);
        }
        let mut second = dealer(30, 20, 5);
        second.restore(&first.state()).unwrap();
        for _ in 0..9 {
            assert_eq!(second.deal(8, 0.37, 1), first.deal(8, 0.37, 1));
        }
        assert!(dealer(3, 20, 5).restore(&first.state()).is_err());
    }

    #[test]
    fn a_round_deals_its_own_lessons_and_no_others() {
        let mut dealer = dealer(30, 30, 0);
        dealer.take(vec![4, 9], vec![17], 2);
        let Batch { mut preferences, guidance, retention } = dealer.deal(4, 0.5, 2);
        preferences.sort_unstable();
        assert_eq!((preferences, guidance), (vec![4, 9], vec![17, 17]));
        assert_eq!(retention.len(), 2);
        assert!(dealer.deal(1, 0.0, 0).retention.is_empty());
    }
}
