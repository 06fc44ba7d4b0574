//! Do gains follow the position in the list more than the order of the base model explains?
//!
//! A good retriever puts useful passages first, so falling gains alone prove nothing. Who ordered the lists
//! decides what can be tested; where neither the base model nor chance did, this check accuses nobody.

use super::evidence::Evidence;
use super::finding::{Code, Finding, Outcome, Severity};
use super::input::Audit;
use super::lists::{List, evidence, lists};
use crate::data::FeedbackQuery;
use crate::eval::{kendall_tau_b, partial_rank_correlation};

/// Largest difference of two cosines that still counts as alike.
const ALIKE: f64 = 0.01;
/// Mean tau-b of position and base similarity from which the base model ordered the lists.
const ORDERED: f64 = 0.9;
/// Up to here, either way, nothing to do with similarity did.
const SHUFFLED: f64 = 0.1;

const ASK_AGAIN: &str = "Ask the LLM again with the candidates shuffled, once or twice in different orders, \
                         and use the mean. Leaving out the lists below does not cure the others.";
const SHUFFLE: &str = "To know, shuffle the candidates before the LLM sees them.";

/// Who ordered the candidates that the LLM saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// The base model: position and similarity are one, but for candidates that it finds alike.
    Base,
    /// Chance: position and similarity are apart.
    Chance,
    /// Somebody else, such as a retriever that was taught: what it knows and what the LLM favors are mixed.
    Another,
    /// There are too few lists with known similarities.
    Unknown,
}

/// What was measured of the lists.
struct Measured {
    /// Tau-b of gain and earliness.
    position: Evidence,
    /// Tau-b of gain and base similarity: what a retriever does without any bias.
    base: Evidence,
    /// Tau-b of earliness and base similarity: who ordered the lists.
    order: Evidence,
    /// Gain and earliness with similarity held constant.
    partial: Evidence,
    /// Among pairs of alike similarity, how much more often the earlier one has the higher gain.
    alike: Evidence,
}

/// Looks for gains that follow the position.
pub(super) fn check(audit: &Audit<'_>) -> Outcome {
    if audit.lists().next().is_some() && audit.lists().all(is_order_alone) {
        return Outcome::not(
            "Every list has the gains 3, 2, 1, 0 in this order, as a file without scores has: they follow \
             the position by themselves.",
        );
    }
    let lists = lists(audit);
    if lists.is_empty() {
        return Outcome::not("There is no list whose scores differ.");
    }
    let measured = Measured {
        position: evidence(audit, &lists, |list| kendall_tau_b(&list.gains, &list.earliness)),
        base: evidence(audit, &lists, |list| kendall_tau_b(&list.gains, list.similarities.as_ref()?)),
        order: evidence(audit, &lists, |list| kendall_tau_b(&list.earliness, list.similarities.as_ref()?)),
        partial: evidence(audit, &lists, |list| {
            partial_rank_correlation(&list.gains, &list.earliness, list.similarities.as_ref()?)
        }),
        alike: evidence(audit, &lists, among_alike),
    };
    Outcome::Found(measured.finding())
}

/// Whether gains are what the reader makes of a list without scores.
fn is_order_alone(query: &FeedbackQuery) -> bool {
    let by_place = [3, 2, 1].into_iter().chain(std::iter::repeat(0));
    let n = query.preferences.len();
    n > 1 && query.preferences.iter().map(|preference| preference.gain).eq(by_place.take(n))
}

/// Earlier less later wins among pairs of alike similarity and unlike gain, over those pairs.
fn among_alike(list: &List) -> Option<f64> {
    let similarities = list.similarities.as_ref()?;
    let (mut balance, mut pairs) = (0.0, 0);
    for (i, (gain, similarity)) in list.gains.iter().zip(similarities).enumerate() {
        for (later_gain, later) in list.gains.iter().zip(similarities).skip(i + 1) {
            if gain != later_gain && (similarity - later).abs() <= ALIKE {
                balance += (gain - later_gain).signum();
                pairs += 1;
            }
        }
    }
    (pairs > 0).then(|| balance / f64::from(pairs))
}

impl Measured {
    fn finding(&self) -> Finding {
        let severity = self.test().map_or(Severity::Note, Evidence::severity);
        let biased = self.test().filter(|_| severity > Severity::Note);
        let (means, remedy) = self.words(biased);
        Finding {
            code: Code::PositionBias,
            severity,
            cases: biased
                .map(|test| test.strongest("score and position at like similarity:"))
                .unwrap_or_default(),
            figures: [
                self.position.figure("tau_gain_position"),
                self.base.figure("tau_gain_base_similarity"),
                self.order.figure("tau_position_base_similarity"),
                self.partial.figure("partial_gain_position"),
                self.alike.figure("balance_at_alike_similarity"),
            ]
            .into_iter()
            .flatten()
            .collect(),
            found: self.found(),
            means: means.to_owned(),
            remedy: remedy.to_owned(),
        }
    }

    fn ordered_by(&self) -> Order {
        match self.order.mean() {
            _ if !self.order.is_enough() => Order::Unknown,
            tau if tau >= ORDERED => Order::Base,
            tau if tau.abs() <= SHUFFLED => Order::Chance,
            _ => Order::Another,
        }
    }

    /// The measure that an LLM without bias leaves at 0, if there are lists enough for it.
    fn test(&self) -> Option<&Evidence> {
        let test = match self.ordered_by() {
            Order::Base => &self.alike,
            Order::Chance => &self.partial,
            Order::Another | Order::Unknown => return None,
        };
        test.is_enough().then_some(test)
    }

    fn found(&self) -> String {
        let said = [
            ("Scores against position: mean Kendall tau-b", &self.position),
            ("Scores against the base model's own similarity:", &self.base),
            ("Position against that similarity:", &self.order),
            ("Scores against position with that similarity held constant, rank correlation:", &self.partial),
            ("Earlier less later wins among candidates that the base model finds alike:", &self.alike),
        ];
        let known = said.into_iter().filter(|(_, evidence)| evidence.lists() > 0);
        let sentences = known.map(|(what, evidence)| format!("{what} {}.", evidence.words()));
        format!(
            "{} Above 0, earlier candidates score higher; alike means cosines within {ALIKE}.",
            sentences.collect::<Vec<_>>().join(" ")
        )
    }

    fn words(&self, biased: Option<&Evidence>) -> (&'static str, &'static str) {
        match (biased, self.ordered_by()) {
            (Some(test), _) if test.mean() > 0.0 => (
                "The LLM favors what it reads first, beyond what the base model's order explains; teaching \
                 would confirm the old order.",
                ASK_AGAIN,
            ),
            (Some(_), _) => (
                "The LLM favors what it reads last, beyond what the base model's order explains; teaching \
                 would turn the order around for no reason.",
                ASK_AGAIN,
            ),
            (None, Order::Another) => (
                "The lists are not in the base model's order, and not shuffled either: another retriever \
                 made them. A good retriever alone makes scores fall with position, so a bias of the LLM \
                 cannot be told from what that retriever knows.",
                SHUFFLE,
            ),
            (None, _) if self.test().is_some() => (
                "A good retriever alone makes scores fall with position. No more than that is to be seen \
                 here.",
                "Nothing has to be done.",
            ),
            (None, _) => (
                "A good retriever alone makes scores fall with position. There are too few lists, or too few \
                 candidates that the base model finds alike, to tell that from a bias of the LLM.",
                SHUFFLE,
            ),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::super::finding::Figure;
    use super::super::sample::Sample;
    use super::*;
    use crate::data::TextRef;

    fn finding(sample: &Sample) -> Finding {
        match sample.audit(check) {
            Outcome::Found(finding) => finding,
            other => unreachable!("{other:?}"),
        }
    }

    fn figure(finding: &Finding, name: &str) -> Figure {
        *finding.figures.iter().find(|figure| figure.name == name).unwrap()
    }

    fn falling(_: &str, text: &TextRef) -> Option<f32> {
        match text {
            TextRef::Passage(position) => Some(0.9 - 0.1 * *position as f32),
            TextRef::Text(_) => None,
        }
    }

    fn lists(gains: &[u8]) -> Sample {
        let mut sample = Sample::new();
        (0..24).for_each(|_| sample.list(gains));
        sample
    }

    /// Falling, but the first two and the next two are alike.
    fn falling_in_twos(_: &str, text: &TextRef) -> Option<f32> {
        match text {
            TextRef::Passage(position) => Some(0.9 - 0.1 * (*position / 2) as f32 - 0.001 * *position as f32),
            TextRef::Text(_) => None,
        }
    }

    #[test]
    fn scores_that_fall_among_alike_passages_are_a_bias() {
        let mut sample = lists(&[3, 2, 1, 0]);
        sample.feedback.queries[0].preferences[0].gain = 1;
        sample.model.similarity = falling_in_twos;
        let seen = finding(&sample);
        assert_eq!((seen.severity, seen.lines().len()), (Severity::Serious, 23));
        let balance = figure(&seen, "balance_at_alike_similarity");
        // 23 lists of two earlier wins, one of one either way.
        assert_eq!((balance.value, balance.of), (23.0 / 24.0, 24));
        assert!(balance.p.unwrap() < 0.001);
        assert!(seen.means.contains("reads first"), "{}", seen.means);
        let mut rising = lists(&[0, 1, 2, 3]);
        rising.model.similarity = falling_in_twos;
        assert!(finding(&rising).means.contains("reads last"));
    }

    #[test]
    fn a_good_retriever_alone_is_no_bias_and_its_tau_is_shown() {
        let mut sample = lists(&[3, 2, 1, 1]);
        sample.model.similarity = falling;
        let seen = finding(&sample);
        assert_eq!((seen.severity, seen.cases.len()), (Severity::Note, 0));
        let [position, base] =
            ["tau_gain_position", "tau_gain_base_similarity"].map(|name| figure(&seen, name));
        // 5 of 6 pairs are untied in gain: 5 / sqrt(6 * 5).
        assert!((position.value - 5.0 / 30f64.sqrt()).abs() < 1e-12);
        assert_eq!(position.value, base.value);
        assert!(seen.figures.iter().all(|figure| figure.of == 24), "{:?}", seen.figures);
        assert!(seen.means.contains("too few"), "{}", seen.means);
    }

    /// Twice twelve lists in an order and its reverse, scored by place.
    fn shuffled(gains: [u8; 4]) -> Sample {
        let mut sample = Sample::new();
        for round in 0..24 {
            let order = if round % 2 == 0 { [1, 3, 0, 2] } else { [2, 0, 3, 1] };
            let place = std::cell::Cell::new(0);
            sample.judged(&order.map(|passage| (passage, gains[place.replace(place.get() + 1)])));
        }
        // Not every list has the gains of an order alone.
        sample.list(&[0, 0]);
        sample.model.similarity = falling;
        sample
    }

    #[test]
    fn in_shuffled_lists_position_is_held_against_similarity() {
        let seen = finding(&shuffled([3, 2, 1, 0]));
        assert_eq!(figure(&seen, "tau_position_base_similarity").value, 0.0);
        assert_eq!(seen.severity, Severity::Serious);
        let mut by_similarity = shuffled([0; 4]);
        for query in &mut by_similarity.feedback.queries {
            query.preferences.iter_mut().for_each(|p| p.gain = 3 - p.passage as u8);
            // Not quite, or nothing would be left to correlate.
            query.preferences.iter_mut().filter(|p| p.passage == 1).for_each(|p| p.gain = 0);
        }
        let seen = finding(&by_similarity);
        assert_eq!((seen.severity, figure(&seen, "partial_gain_position").of), (Severity::Note, 24));
        assert!(seen.means.contains("No more than that"), "{}", seen.means);
    }

    #[test]
    fn lists_of_another_retriever_accuse_nobody() {
        let mut sample = Sample::new();
        (0..24).for_each(|_| sample.judged(&[(1, 3), (0, 2), (3, 1), (2, 1)]));
        sample.model.similarity = falling;
        let seen = finding(&sample);
        assert_eq!((seen.severity, seen.cases.len()), (Severity::Note, 0));
        assert!(seen.means.contains("another retriever"), "{}", seen.means);
    }

    #[test]
    fn without_similarities_only_position_is_shown() {
        let seen = finding(&lists(&[3, 0, 1, 1]));
        assert_eq!(seen.figures.iter().map(|figure| figure.name).collect::<Vec<_>>(), ["tau_gain_position"]);
        assert_eq!(seen.severity, Severity::Note);
    }

    #[test]
    fn a_model_that_finds_all_alike_does_not_say_who_ordered_the_lists() {
        let mut sample = lists(&[3, 2, 1, 1]);
        sample.model.similarity = |_, _| Some(0.5);
        let seen = finding(&sample);
        assert_eq!(seen.severity, Severity::Note);
        assert!(seen.means.contains("too few"), "{}", seen.means);
    }

    #[test]
    fn an_order_without_scores_and_equal_scores_are_not_checked() {
        let order_alone = lists(&[3, 2, 1, 0, 0]).audit(check);
        assert!(matches!(order_alone, Outcome::NotChecked(why) if why.contains("3, 2, 1")));
        assert!(matches!(lists(&[2, 2]).audit(check), Outcome::NotChecked(_)));
        assert!(matches!(Sample::new().audit(check), Outcome::NotChecked(_)));
    }
}
