//! Feedback made wrong on purpose, a share of it drawn by a seed.
//!
//! Draws among what the fault can change, so that a share is exactly the share of what was changed.

use super::share::drawn;
use crate::data::{Feedback, FeedbackQuery, Guidance, Preference, folded};
use std::collections::{BTreeSet, HashMap, HashSet};

/// A way in which feedback can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The gains of a list stand the other way round: its best candidate has the gain of its worst.
    SwappedPreferences,
    /// The better text of an example and its first worse text have changed places.
    SwappedGuidance,
    /// What was said belongs to another query.
    WrongQueries,
}

impl Fault {
    /// All faults.
    pub const ALL: [Self; 3] = [Self::SwappedPreferences, Self::SwappedGuidance, Self::WrongQueries];

    /// Returns its name in tables and plots.
    pub fn name(self) -> &'static str {
        match self {
            Self::SwappedPreferences => "swapped preferences",
            Self::SwappedGuidance => "swapped guidance",
            Self::WrongQueries => "wrong queries",
        }
    }
}

/// Makes a share of the feedback wrong: of the queries whose gains differ, of the guidance examples, or of the queries.
///
/// With one seed a larger share spoils what a smaller one does, but for wrong queries, whose answers are handed on in
/// a circle. One query alone has nobody to change with and stays as it is.
pub fn spoil(feedback: &Feedback, fault: Fault, share: f64, seed: u64) -> Feedback {
    let seed = seed ^ 0x5eed_bad0;
    match fault {
        Fault::SwappedPreferences => swap_preferences(feedback, share, seed),
        Fault::SwappedGuidance => swap_guidance(feedback, share, seed),
        Fault::WrongQueries => exchange_queries(feedback, share, seed),
    }
}

fn swap_preferences(feedback: &Feedback, share: f64, seed: u64) -> Feedback {
    let differs = |line: &&FeedbackQuery| line.preferences.iter().any(|p| p.gain != line.preferences[0].gain);
    let units: BTreeSet<String> =
        feedback.queries.iter().filter(differs).map(|line| folded(&line.query)).collect();
    let chosen: HashSet<String> = drawn(units, share, seed).into_iter().collect();
    let mut feedback = feedback.clone();
    for line in feedback.queries.iter_mut().filter(|line| chosen.contains(&folded(&line.query))) {
        reverse_gains(&mut line.preferences);
    }
    feedback
}

/// Gives the candidate of each place from the top the gain of the same place from the bottom.
fn reverse_gains(preferences: &mut [Preference]) {
    let mut order: Vec<usize> = (0..preferences.len()).collect();
    order.sort_by_key(|&i| preferences[i].gain);
    let gains: Vec<u8> = order.iter().map(|&i| preferences[i].gain).collect();
    for (&i, &gain) in order.iter().zip(gains.iter().rev()) {
        preferences[i].gain = gain;
    }
}

fn swap_guidance(feedback: &Feedback, share: f64, seed: u64) -> Feedback {
    let lines = feedback.queries.iter().enumerate();
    let units: BTreeSet<(usize, usize)> =
        lines.flat_map(|(line, found)| (0..found.guidance.len()).map(move |i| (line, i))).collect();
    let mut feedback = feedback.clone();
    for (line, i) in drawn(units, share, seed) {
        let Guidance { positive, negatives, .. } = &mut feedback.queries[line].guidance[i];
        if let Some(negative) = negatives.first_mut() {
            std::mem::swap(positive, negative);
        }
    }
    feedback
}

/// Hands every chosen query the answers to the next one of the draw, in a circle. Queries that the LLM wrote itself
/// stay with their texts: they fit these wherever they stand.
fn exchange_queries(feedback: &Feedback, share: f64, seed: u64) -> Feedback {
    let units = feedback.queries.iter().map(|line| folded(&line.query)).collect();
    let chosen = drawn(units, share, seed);
    let mut identities = HashMap::new();
    for line in &feedback.queries {
        identities.entry(folded(&line.query)).or_insert((line.query_id.clone(), line.query.clone()));
    }
    let next: HashMap<&String, &String> = chosen.iter().zip(chosen.iter().cycle().skip(1)).collect();
    let mut feedback = feedback.clone();
    for line in &mut feedback.queries {
        let own = folded(&line.query);
        let Some((query_id, query)) = next.get(&own).and_then(|next| identities.get(*next)) else { continue };
        for guidance in line.guidance.iter_mut().filter(|guidance| folded(&guidance.query) == own) {
            guidance.query.clone_from(query);
        }
        line.query_id.clone_from(query_id);
        line.query.clone_from(query);
    }
    feedback
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::data::{Objective, TextRef};
    use serde_json::Map;

    /// A line with these gains, an example with its own query and one with a query that the LLM wrote.
    pub(crate) fn line(query: &str, gains: &[u8]) -> FeedbackQuery {
        let guidance = |query: String, passage: usize| Guidance {
            objective: Objective::Relevance,
            query,
            positive: TextRef::Passage(passage),
            negatives: vec![TextRef::Text("worse".into()), TextRef::Passage(passage + 1)],
        };
        let preferences = gains.iter().enumerate();
        FeedbackQuery {
            line: 1,
            query_id: format!("id of {query}"),
            query: query.to_owned(),
            preferences: preferences.map(|(passage, &gain)| Preference { passage, gain }).collect(),
            guidance: vec![guidance(query.to_owned(), 5), guidance(format!("of the LLM, {query}"), 8)],
            other: Map::new(),
        }
    }

    pub(crate) fn feedback(queries: usize) -> Feedback {
        Feedback { queries: (0..queries).map(|i| line(&format!("query {i}"), &[0, 3, 1, 0])).collect() }
    }

    fn changed(before: &Feedback, after: &Feedback) -> usize {
        before.queries.iter().zip(&after.queries).filter(|(before, after)| before != after).count()
    }

    fn gains(feedback: &Feedback, line: usize) -> Vec<u8> {
        feedback.queries[line].preferences.iter().map(|preference| preference.gain).collect()
    }

    #[test]
    fn exactly_the_share_is_touched_and_nothing_at_0() {
        let before = feedback(20);
        for fault in Fault::ALL {
            assert_eq!(spoil(&before, fault, 0.0, 1), before);
        }
        assert_eq!(changed(&before, &spoil(&before, Fault::SwappedPreferences, 0.25, 1)), 5);
        assert_eq!(changed(&before, &spoil(&before, Fault::WrongQueries, 0.5, 1)), 10);
        let after = spoil(&before, Fault::SwappedGuidance, 0.25, 1);
        let examples = |feedback: &Feedback| -> Vec<Guidance> {
            feedback.queries.iter().flat_map(|line| line.guidance.clone()).collect()
        };
        let (before, after) = (examples(&before), examples(&after));
        assert_eq!(before.iter().zip(&after).filter(|(before, after)| before != after).count(), 10);
    }

    #[test]
    fn gains_are_reversed_among_the_candidates() {
        let after = spoil(&feedback(1), Fault::SwappedPreferences, 1.0, 0);
        // From the top 3, 1, 0, 0; the first of the equal ones counts as the lower.
        assert_eq!(gains(&after, 0), [3, 0, 0, 1]);
        assert_eq!(after.queries[0].guidance, feedback(1).queries[0].guidance);
    }

    #[test]
    fn a_list_of_equal_gains_is_not_among_those_drawn() {
        let mut before = feedback(4);
        before.queries.extend((4..40).map(|i| line(&format!("query {i}"), &[1, 1])));
        let after = spoil(&before, Fault::SwappedPreferences, 0.5, 2);
        assert_eq!(changed(&before, &after), 2);
        assert!((4..40).all(|i| gains(&after, i) == [1, 1]));
    }

    #[test]
    fn the_better_text_and_the_first_worse_one_change_places() {
        let after = spoil(&feedback(1), Fault::SwappedGuidance, 1.0, 0);
        let example = &after.queries[0].guidance[0];
        assert_eq!(example.positive, TextRef::Text("worse".into()));
        assert_eq!(example.negatives, [TextRef::Passage(5), TextRef::Passage(6)]);
        assert_eq!(gains(&after, 0), [0, 3, 1, 0]);
    }

    #[test]
    fn no_chosen_query_keeps_its_own_answers_and_none_is_lost() {
        let before = feedback(10);
        let after = spoil(&before, Fault::WrongQueries, 1.0, 3);
        let queries = |feedback: &Feedback| -> BTreeSet<(String, String)> {
            feedback.queries.iter().map(|line| (line.query_id.clone(), line.query.clone())).collect()
        };
        assert_eq!(queries(&before), queries(&after));
        for (before, after) in before.queries.iter().zip(&after.queries) {
            assert_ne!(before.query, after.query);
            assert_eq!(before.preferences, after.preferences);
            assert_eq!(after.guidance[0].query, after.query);
            assert_eq!(after.guidance[1].query, before.guidance[1].query);
        }
    }

    #[test]
    fn lines_about_one_query_go_to_the_same_other_query() {
        let mut before = feedback(5);
        before.queries.push(line("Query  2", &[2, 0]));
        let after = spoil(&before, Fault::WrongQueries, 1.0, 3);
        assert_eq!(after.queries[5].query, after.queries[2].query);
    }

    #[test]
    fn one_query_has_nobody_to_change_with() {
        let before = feedback(1);
        assert_eq!(spoil(&before, Fault::WrongQueries, 1.0, 0), before);
    }

    #[test]
    fn a_larger_share_spoils_what_a_smaller_one_does() {
        let before = feedback(20);
        let [small, large] = [0.2, 0.5].map(|share| spoil(&before, Fault::SwappedPreferences, share, 9));
        for (i, original) in before.queries.iter().enumerate() {
            if small.queries[i] != *original {
                assert_ne!(large.queries[i], *original);
            }
        }
        assert_ne!(small, spoil(&before, Fault::SwappedPreferences, 0.2, 8));
    }
}
