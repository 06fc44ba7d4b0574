//! Guidance that says the same twice, and queries that are judged on two lines.
//!
//! Keeps the first of them; whether the others contradict it is another check's affair.

use super::claims::{Number, Numbers};
use super::finding::{Case, Code, Figure, Finding, Outcome, Place, Severity};
use super::input::Audit;
use super::say::counted;
use std::collections::HashMap;

/// A place and the first that said the same.
type Repeated = (Place, Place);

/// Looks for repetitions.
pub(super) fn check(audit: &Audit<'_>) -> Outcome {
    let (examples, lists) = (audit.examples().count(), audit.lists().count());
    if examples + lists == 0 {
        return Outcome::not("There are neither preferences nor guidance.");
    }
    let mut numbers = Numbers::default();
    let guidance = repeated_guidance(audit, &mut numbers);
    let queries = repeated_queries(audit, &mut numbers);
    if guidance.is_empty() && queries.is_empty() {
        return Outcome::Absent;
    }
    Outcome::Found(finding([(guidance, examples), (queries, lists)]))
}

fn repeated_guidance(audit: &Audit<'_>, numbers: &mut Numbers) -> Vec<Repeated> {
    let key = |example| {
        let claims = numbers.of_example(audit, example);
        let query = claims.first().map(|claim| (claim.query, claim.better));
        let mut worse: Vec<Number> = claims.iter().map(|claim| claim.worse).collect();
        worse.sort_unstable();
        (example.place, (query, worse))
    };
    repeated(audit.examples().map(key))
}

fn repeated_queries(audit: &Audit<'_>, numbers: &mut Numbers) -> Vec<Repeated> {
    repeated(audit.lists().map(|query| (Place::preferences(query.line), numbers.of(&query.query))))
}

fn repeated<K: Eq + std::hash::Hash>(keyed: impl Iterator<Item = (Place, K)>) -> Vec<Repeated> {
    let mut first: HashMap<K, Place> = HashMap::new();
    let again = |(place, key)| {
        let first = *first.entry(key).or_insert(place);
        (first != place).then_some((place, first))
    };
    keyed.filter_map(again).collect()
}

fn finding([guidance, queries]: [(Vec<Repeated>, usize); 2]) -> Finding {
    let same = |what| move |&(place, first): &Repeated| Case { place, detail: format!("{what} {first}") };
    let cases = guidance.0.iter().map(same("says the same as"));
    let cases = cases.chain(queries.0.iter().map(same("judges the query of"))).collect();
    let repeated = guidance.0.len() + queries.0.len();
    Finding {
        code: Code::Duplicate,
        // A weight and no error: never serious.
        severity: Severity::of_share(repeated, guidance.1 + queries.1).min(Severity::Warning),
        cases,
        figures: vec![
            Figure::count("repeated_guidance", guidance.0.len(), guidance.1),
            Figure::count("repeated_queries", queries.0.len(), queries.1),
        ],
        found: format!(
            "{} said before; {} judged on an earlier line.",
            counted(guidance.0.len(), "guidance example was", "guidance examples were"),
            counted(queries.0.len(), "list has a query", "lists have queries"),
        ),
        means: "What is said twice counts twice in teaching.".to_owned(),
        remedy: "Leave out the later ones, unless the weight is meant.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, text};
    use super::*;
    use crate::data::Objective;

    #[test]
    fn the_later_of_two_is_named() {
        let mut sample = Sample::new();
        sample.judged_query("Which one?", &[(0, 1), (1, 0)]);
        sample.guide(Objective::Relevance, text("a"), &[text("b"), text("c")]);
        sample.guide(Objective::Relevance, text("a"), &[text("b")]);
        sample.judged_query("which one?", &[(2, 1), (3, 0)]);
        sample.guide(Objective::Relevance, text("A"), &[text("C"), text("B")]);
        let Outcome::Found(seen) = sample.audit(check) else { unreachable!() };
        let said: Vec<_> = seen.cases.iter().map(|case| format!("{} {}", case.place, case.detail)).collect();
        assert_eq!(
            said,
            ["line 2, guidance 1 says the same as line 1, guidance 1", "line 2 judges the query of line 1"]
        );
        let figures: Vec<_> = seen.figures.iter().map(|figure| (figure.value, figure.of)).collect();
        assert_eq!(figures, [(1.0, 3), (1.0, 2)]);
        assert_eq!(seen.severity, Severity::Warning);
    }

    #[test]
    fn other_negatives_or_another_query_are_no_repetition() {
        let mut sample = Sample::new();
        sample.line("one");
        sample.guide(Objective::Relevance, text("a"), &[text("b")]);
        sample.guide(Objective::Relevance, text("a"), &[text("c")]);
        sample.line("two");
        sample.guide(Objective::Relevance, text("a"), &[text("b")]);
        assert_eq!(sample.audit(check), Outcome::Absent);
        assert!(matches!(Sample::new().audit(check), Outcome::NotChecked(_)));
    }
}
