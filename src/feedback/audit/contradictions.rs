//! Places that claim the opposite for the same query, in guidance and in preferences.
//!
//! Does not decide who is right; where guidance stands against preferences it names the guidance, which is
//! one example against the judgement of a whole list.

use super::claims::{Claim, Numbers};
use super::finding::{Case, Code, Figure, Finding, Outcome, Part, Place, Severity};
use super::input::Audit;
use super::say::counted;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Share of contradicted places above which the finding is serious.
const SERIOUS: f64 = 0.05;
/// Opposite places that a case names.
const NAMED: usize = 3;

/// The opposite places by place.
type Opposed = BTreeMap<Place, BTreeSet<Place>>;

/// Looks for claims and their opposites.
pub(super) fn check(audit: &Audit<'_>) -> Outcome {
    let places = audit.examples().count() + audit.lists().count();
    if places == 0 {
        return Outcome::not("There are neither preferences nor guidance.");
    }
    let opposed = opposed(&claims(audit));
    if opposed.is_empty() {
        return Outcome::Absent;
    }
    Outcome::Found(finding(&opposed, places))
}

fn claims(audit: &Audit<'_>) -> Vec<Claim> {
    let mut numbers = Numbers::default();
    let mut claims: Vec<_> =
        audit.examples().flat_map(|example| numbers.of_example(audit, example)).collect();
    claims.extend(audit.lists().flat_map(|query| numbers.of_list(audit, query)));
    claims
}

fn opposed(claims: &[Claim]) -> Opposed {
    let mut by_order: HashMap<_, BTreeSet<Place>> = HashMap::new();
    for claim in claims {
        by_order.entry((claim.query, claim.better, claim.worse)).or_default().insert(claim.place);
    }
    let mut opposed = Opposed::new();
    for claim in claims {
        let opposite = by_order.get(&(claim.query, claim.worse, claim.better)).into_iter().flatten();
        let named = opposite.filter(|other| is_blamed(claim.place, **other));
        for &other in named {
            opposed.entry(claim.place).or_default().insert(other);
        }
    }
    opposed
}

/// Preferences are not blamed for guidance that opposes them.
fn is_blamed(place: Place, other: Place) -> bool {
    matches!((place.part, other.part), (Part::Guidance(_), _) | (_, Part::Preferences))
}

fn finding(opposed: &Opposed, places: usize) -> Finding {
    let case =
        |(place, others): (&Place, &BTreeSet<Place>)| Case { place: *place, detail: detail(*place, others) };
    let is_many = opposed.len() as f64 / places as f64 >= SERIOUS;
    let kinds = Kinds::of(opposed);
    Finding {
        code: Code::Contradiction,
        severity: if is_many { Severity::Serious } else { Severity::Warning },
        cases: opposed.iter().map(case).collect(),
        figures: kinds.figures(places),
        found: format!("For the same query {}.", kinds.words()),
        means: "One of each two is wrong, and teaching pulls both ways.".to_owned(),
        remedy: "Read them and keep the right one; if that is too much work, leave out all that are named. \
                 Guidance against preferences is named alone: the list has judged more passages."
            .to_owned(),
    }
}

fn detail(place: Place, others: &BTreeSet<Place>) -> String {
    if others.contains(&place) {
        return "the better text and a worse one are the same".to_owned();
    }
    let named = others.iter().take(NAMED).map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let more = others.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("says the opposite of {named}{more}")
}

/// Contradicted places by what stands against them.
struct Kinds {
    against_itself: usize,
    against_guidance: usize,
    against_preferences: usize,
    lists: usize,
}

impl Kinds {
    fn of(opposed: &Opposed) -> Self {
        let is_list = |place: &Place| place.part == Part::Preferences;
        let guidance = || opposed.iter().filter(|(place, _)| !is_list(place));
        let is_other = |(place, others): &(&Place, &BTreeSet<Place>)| {
            others.iter().any(|other| other != *place && !is_list(other))
        };
        Self {
            against_itself: guidance().filter(|(place, others)| others.contains(place)).count(),
            against_guidance: guidance().filter(is_other).count(),
            against_preferences: guidance().filter(|(_, others)| others.iter().any(is_list)).count(),
            lists: opposed.keys().filter(|place| is_list(place)).count(),
        }
    }

    fn figures(&self, places: usize) -> Vec<Figure> {
        vec![
            Figure::count("guidance_against_itself", self.against_itself, places),
            Figure::count("guidance_against_guidance", self.against_guidance, places),
            Figure::count("guidance_against_preferences", self.against_preferences, places),
            Figure::count("preferences_against_preferences", self.lists, places),
        ]
    }

    fn words(&self) -> String {
        let examples = |n| counted(n, "guidance example says", "guidance examples say");
        let prefers = |n| counted(n, "guidance example prefers", "guidance examples prefer");
        let kinds = [
            (self.against_itself, format!("{} a text to itself", prefers(self.against_itself))),
            (
                self.against_guidance,
                format!("{} the opposite of other guidance", examples(self.against_guidance)),
            ),
            (
                self.against_preferences,
                format!("{} the opposite of the preferences", examples(self.against_preferences)),
            ),
            (
                self.lists,
                format!("{} the opposite of another", counted(self.lists, "list says", "lists say")),
            ),
        ];
        kinds.into_iter().filter(|(n, _)| *n > 0).map(|(_, words)| words).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, text};
    use super::*;
    use crate::data::{Objective, TextRef};

    fn finding(sample: &Sample) -> Finding {
        match sample.audit(check) {
            Outcome::Found(finding) => finding,
            other => unreachable!("{other:?}"),
        }
    }

    fn said(finding: &Finding) -> Vec<String> {
        finding.cases.iter().map(|case| format!("{}: {}", case.place, case.detail)).collect()
    }

    #[test]
    fn guidance_against_guidance_names_both() {
        let mut sample = Sample::new();
        sample.line("Which?");
        sample.guide(Objective::Relevance, TextRef::Passage(1), &[text("B")]);
        sample.line(" which? ");
        sample.guide(Objective::Purity, text("b "), &[text("C"), TextRef::Passage(1)]);
        sample.line("another");
        sample.guide(Objective::Relevance, text("b"), &[TextRef::Passage(1)]);
        let seen = finding(&sample);
        assert_eq!(
            said(&seen),
            [
                "line 1, guidance 1: says the opposite of line 2, guidance 1",
                "line 2, guidance 1: says the opposite of line 1, guidance 1"
            ]
        );
        assert_eq!(seen.severity, Severity::Serious);
        assert_eq!(seen.figures.iter().map(|figure| figure.value).collect::<Vec<_>>(), [0.0, 2.0, 0.0, 0.0]);
    }

    #[test]
    fn guidance_against_preferences_names_the_guidance() {
        let mut sample = Sample::new();
        sample.judged_query("q", &[(0, 1), (1, 3), (2, 1)]);
        sample.guide(Objective::Relevance, TextRef::Passage(0), &[TextRef::Passage(1)]);
        // Equal gains say nothing.
        sample.guide(Objective::Relevance, TextRef::Passage(0), &[TextRef::Passage(2)]);
        let seen = finding(&sample);
        assert_eq!(said(&seen), ["line 1, guidance 1: says the opposite of line 1"]);
        assert_eq!(seen.figures.iter().map(|figure| figure.value).collect::<Vec<_>>(), [0.0, 0.0, 1.0, 0.0]);
        (0..20).for_each(|_| sample.list(&[1, 0]));
        assert_eq!(finding(&sample).severity, Severity::Warning);
    }

    #[test]
    fn lists_of_one_query_can_contradict_each_other() {
        let mut sample = Sample::new();
        sample.judged_query("q", &[(0, 1), (1, 3)]);
        sample.judged_query("Q", &[(1, 0), (0, 2)]);
        assert_eq!(
            said(&finding(&sample)),
            ["line 1: says the opposite of line 2", "line 2: says the opposite of line 1"]
        );
    }

    #[test]
    fn a_text_is_not_better_than_itself() {
        let mut sample = Sample::with_passages(&["A text", "a  TEXT", "other"]);
        sample.line("q");
        sample.guide(Objective::Relevance, TextRef::Passage(0), &[TextRef::Passage(1)]);
        let seen = finding(&sample);
        assert_eq!(said(&seen), ["line 1, guidance 1: the better text and a worse one are the same"]);
        assert_eq!(seen.figures.iter().map(|figure| figure.value).collect::<Vec<_>>(), [1.0, 0.0, 0.0, 0.0]);
        // Copies of a passage with different gains are the list's own affair.
        let mut sample = Sample::with_passages(&["A text", "a  TEXT", "other"]);
        sample.list(&[3, 0, 0]);
        assert_eq!(sample.audit(check), Outcome::Absent);
        assert!(matches!(Sample::new().audit(check), Outcome::NotChecked(_)));
    }
}
