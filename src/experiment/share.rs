//! A share of the feedback, drawn by a seed: what a smaller budget would have bought.
//!
//! Whole queries are kept or left out, with every line about them.

use crate::data::{Feedback, folded};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::collections::{BTreeSet, HashSet};

/// Keeps a share of the queries, rounded; with one seed a larger share holds what a smaller one does.
pub fn keep_share(feedback: &Feedback, share: f64, seed: u64) -> Feedback {
    let texts: BTreeSet<String> = feedback.queries.iter().map(|line| folded(&line.query)).collect();
    let kept: HashSet<String> = drawn(texts, share, seed ^ 0x5eed_b0d9).into_iter().collect();
    let lines = feedback.queries.iter().filter(|line| kept.contains(&folded(&line.query)));
    Feedback { queries: lines.cloned().collect() }
}

/// Draws a share of `units`, rounded, in the order of the draw; the first ones are the same whatever the share.
pub(super) fn drawn<T>(units: BTreeSet<T>, share: f64, seed: u64) -> Vec<T> {
    let count = (units.len() as f64 * share.clamp(0.0, 1.0)).round() as usize;
    let mut units: Vec<T> = units.into_iter().collect();
    units.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    units.truncate(count);
    units
}

#[cfg(test)]
mod tests {
    use super::super::spoil::tests::{feedback, line};
    use super::*;

    fn texts(feedback: &Feedback) -> BTreeSet<String> {
        feedback.queries.iter().map(|line| line.query.clone()).collect()
    }

    #[test]
    fn a_larger_share_holds_the_smaller() {
        let feedback = feedback(40);
        for seed in 0..5 {
            let [small, large] = [0.1, 0.3].map(|share| texts(&keep_share(&feedback, share, seed)));
            assert_eq!((small.len(), large.len()), (4, 12));
            assert!(small.is_subset(&large));
        }
        assert_ne!(texts(&keep_share(&feedback, 0.3, 0)), texts(&keep_share(&feedback, 0.3, 1)));
    }

    #[test]
    fn all_of_it_is_the_feedback_itself_and_none_of_it_is_empty() {
        let feedback = feedback(7);
        assert_eq!(keep_share(&feedback, 1.0, 3), feedback);
        assert_eq!(keep_share(&feedback, 0.0, 3), Feedback::default());
    }

    #[test]
    fn lines_about_one_query_stay_together_and_their_order_does_not_matter() {
        let mut lines = feedback(9).queries;
        lines.push(line("Query  0", &[1, 0]));
        let both = |lines: &Vec<_>| keep_share(&Feedback { queries: lines.clone() }, 0.5, 4);
        let kept = both(&lines);
        let about_0 = kept.queries.iter().filter(|line| folded(&line.query) == "query 0").count();
        assert!([0, 2].contains(&about_0));
        lines.reverse();
        assert_eq!(texts(&both(&lines)), texts(&kept));
    }
}
