//! Guidance that a lesson has not seen: that of the feedback queries which it keeps for validation.
//!
//! What it is good for, and whether it was learnt, is asked elsewhere.

use super::lessons::{LessonPlan, Sample};
use super::{TrainError, TrainSettings};
use crate::data::{Feedback, Guidance, folded};
use std::collections::HashSet;

/// Which queries a lesson keeps for validation, and which it teaches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeldOut {
    /// Texts, folded.
    validation: HashSet<String>,
    /// Texts, folded.
    taught: HashSet<String>,
}

impl HeldOut {
    /// Learns it from a lesson that was given: its samples, and every query that it taught or validated on.
    pub fn of_lesson(samples: &[Sample], queries: &[String]) -> Self {
        let kept = samples.iter().filter(|sample| sample.is_validation);
        let validation: HashSet<String> = kept.map(|sample| folded(&sample.query)).collect();
        let queries = queries.iter().map(|query| folded(query));
        Self { taught: queries.filter(|query| !validation.contains(query)).collect(), validation }
    }

    /// Learns it from the settings of a lesson on this feedback, with the seed above all.
    ///
    /// `passages` is the size of the corpus.
    ///
    /// # Errors
    /// [`TrainError::NothingToTeach`] if there could be no such lesson.
    pub fn of_settings(
        feedback: &Feedback,
        passages: usize,
        settings: &TrainSettings,
    ) -> Result<Self, TrainError> {
        let plan = LessonPlan::new(feedback, passages, settings)?;
        let lists = plan.preferences.iter().map(|lesson| &lesson.query);
        let taught: Vec<String> = lists.chain(plan.guidance.iter().map(|g| &g.query)).cloned().collect();
        Ok(Self::of_lesson(&plan.samples, &taught))
    }

    /// Counts the queries that are kept for validation.
    pub fn queries(&self) -> usize {
        self.validation.len()
    }

    /// The examples written for these queries, but for those about a query that is taught.
    pub fn guidance<'a>(&self, feedback: &'a Feedback) -> Vec<&'a Guidance> {
        let lines = feedback.queries.iter().filter(|line| self.validation.contains(&folded(&line.query)));
        let examples = lines.flat_map(|line| &line.guidance);
        examples.filter(|example| !self.taught.contains(&folded(&example.query))).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::data::{FeedbackQuery, Objective, Preference, TextRef};

    /// Lines n0, n1 and so on, each with an example about its own query and one about `shared`.
    fn feedback(lines: usize) -> Feedback {
        let example = |query: &str| Guidance {
            objective: Objective::Purity,
            query: query.to_owned(),
            positive: TextRef::Text("dense".to_owned()),
            negatives: vec![TextRef::Passage(0)],
        };
        let line = |i: usize| FeedbackQuery {
            line: i as u64 + 1,
            query_id: format!("n{i}"),
            query: format!("Query {i}"),
            preferences: vec![Preference { passage: 0, gain: 3 }, Preference { passage: 1, gain: 0 }],
            guidance: vec![example(&format!("query  {i}")), example("shared")],
            other: serde_json::Map::new(),
        };
        Feedback { queries: (0..lines).map(line).collect() }
    }

    fn settings(validation_share: f64) -> TrainSettings {
        TrainSettings { validation_share, ..TrainSettings::default() }
    }

    #[test]
    fn examples_of_kept_queries_are_held_out_unless_their_query_is_taught() {
        let feedback = feedback(10);
        let held_out = HeldOut::of_settings(&feedback, 2, &settings(0.2)).unwrap();
        assert_eq!(held_out.queries(), 2);
        let examples = held_out.guidance(&feedback);
        // "shared" is taught by the other eight lines.
        assert_eq!(examples.len(), 2);
        let plan = LessonPlan::new(&feedback, 2, &settings(0.2)).unwrap();
        for example in examples {
            assert!(plan.guidance.iter().all(|lesson| folded(&lesson.query) != folded(&example.query)));
            assert!(plan.validation.iter().any(|list| folded(&list.query) == folded(&example.query)));
        }
    }

    #[test]
    fn another_seed_holds_out_others_and_no_share_none() {
        let feedback = feedback(40);
        let of = |seed| {
            let settings = TrainSettings { seed, ..settings(0.2) };
            HeldOut::of_settings(&feedback, 2, &settings).unwrap()
        };
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        let none = HeldOut::of_settings(&feedback, 2, &settings(0.0)).unwrap();
        assert!(none.guidance(&feedback).is_empty());
    }

    #[test]
    fn a_lesson_that_was_given_says_the_same_as_its_settings() {
        let feedback = feedback(10);
        let plan = LessonPlan::new(&feedback, 2, &settings(0.3)).unwrap();
        let lists = plan.preferences.iter().chain(&plan.validation).map(|list| list.query.clone());
        let queries: Vec<String> = lists.chain(plan.guidance.iter().map(|g| g.query.clone())).collect();
        let of_lesson = HeldOut::of_lesson(&plan.samples, &queries);
        assert_eq!(of_lesson, HeldOut::of_settings(&feedback, 2, &settings(0.3)).unwrap());
    }
}
