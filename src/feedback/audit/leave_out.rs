//! The feedback without the places that a person chose to leave out.
//!
//! Changes nothing else: lines keep their numbers, texts their words.

use super::finding::{Part, Place};
use crate::data::{Feedback, FeedbackQuery};
use std::collections::BTreeSet;

/// Copies feedback without `places`; a line of which nothing remains goes altogether.
pub fn leave_out(feedback: &Feedback, places: &BTreeSet<Place>) -> Feedback {
    let queries = feedback.queries.iter().map(|query| without(query, places));
    let holds_something = |query: &FeedbackQuery| !query.preferences.is_empty() || !query.guidance.is_empty();
    Feedback { queries: queries.filter(holds_something).collect() }
}

fn without(query: &FeedbackQuery, places: &BTreeSet<Place>) -> FeedbackQuery {
    let stays = |part| !places.contains(&Place { line: query.line, part });
    let mut query = query.clone();
    if !stays(Part::Preferences) {
        query.preferences.clear();
    }
    let mut index = 0..;
    query.guidance.retain(|_| index.next().is_none_or(|index| stays(Part::Guidance(index))));
    query
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, text};
    use super::*;
    use crate::data::Objective::Purity;

    #[test]
    fn parts_are_left_out_one_by_one() {
        let mut sample = Sample::new();
        sample.list(&[1, 0]);
        sample.guide(Purity, text("a"), &[text("b")]);
        sample.guide(Purity, text("c"), &[text("d")]);
        sample.list(&[2, 0]);
        sample.list(&[3, 0]);
        let places =
            [Place::preferences(1), Place::guidance(1, 0), Place::preferences(2), Place::guidance(3, 5)];
        let left = leave_out(&sample.feedback, &places.into());
        assert_eq!(left.queries.iter().map(|query| query.line).collect::<Vec<_>>(), [1, 3]);
        let [first, last] = left.queries.as_slice() else { unreachable!() };
        assert_eq!((first.preferences.len(), first.guidance.len()), (0, 1));
        assert_eq!(first.guidance[0].positive, text("c"));
        assert_eq!(*last, sample.feedback.queries[2]);
    }

    #[test]
    fn nothing_is_left_out_for_nothing() {
        let mut sample = Sample::new();
        sample.list(&[1, 0]);
        assert_eq!(leave_out(&sample.feedback, &BTreeSet::new()), sample.feedback);
    }
}
