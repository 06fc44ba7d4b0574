//! Guidance that the base model follows already, and that therefore teaches nothing.
//!
//! Such an example does no harm; it takes the place of one that teaches.

use super::finding::{Case, Code, Figure, Finding, Outcome, Severity};
use super::input::{Audit, Example};
use super::say::{counted, fixed, percent};
use crate::data::Objective;

/// How an example fares by the base model.
struct Margin<'a> {
    example: Example<'a>,
    /// s of the better text less the largest s of the worse ones.
    margin: f64,
}

/// Looks for guidance whose better text leads every worse one by the margin of the settings.
pub(super) fn check(audit: &Audit<'_>) -> Outcome {
    let margins: Vec<_> = audit.examples().filter_map(|example| margin(audit, example)).collect();
    if margins.is_empty() {
        return Outcome::not("There is no guidance with known similarities.");
    }
    let least = audit.input.settings.taught_margin;
    let (taught, _): (Vec<_>, Vec<_>) = margins.iter().partition(|margin| margin.margin >= least);
    if taught.is_empty() {
        return Outcome::Absent;
    }
    Outcome::Found(finding(&margins, taught, least))
}

fn margin<'a>(audit: &Audit<'a>, example: Example<'a>) -> Option<Margin<'a>> {
    let guidance = example.guidance;
    let positive = audit.similarity(&guidance.query, &guidance.positive)?;
    let negatives = guidance.negatives.iter().map(|text| audit.similarity(&guidance.query, text));
    let best = negatives.collect::<Option<Vec<f64>>>()?.into_iter().reduce(f64::max)?;
    Some(Margin { example, margin: positive - best })
}

fn finding(margins: &[Margin<'_>], mut taught: Vec<&Margin<'_>>, least: f64) -> Finding {
    taught.sort_by(|a, b| b.margin.total_cmp(&a.margin).then(a.example.place.cmp(&b.example.place)));
    let case = |margin: &&Margin<'_>| Case {
        place: margin.example.place,
        detail: format!("{}: leads by {}", margin.example.guidance.objective.name(), fixed(margin.margin)),
    };
    let of = |objective: Objective| {
        let is = |margin: &&Margin<'_>| margin.example.guidance.objective == objective;
        (taught.iter().filter(|margin| is(margin)).count(), margins.iter().filter(is).count())
    };
    let shares = Objective::ALL.map(|objective| (objective, of(objective)));
    let named = shares.iter().filter(|(_, (_, all))| *all > 0);
    let named = named.map(|(objective, (part, all))| format!("{} {part} of {all}", objective.name()));
    Finding {
        code: Code::TaughtAlready,
        // Waste and no error: never serious.
        severity: Severity::of_share(taught.len(), margins.len()).min(Severity::Warning),
        cases: taught.iter().map(case).collect(),
        figures: figures(margins, &taught, shares.map(|(_, counts)| counts)),
        found: format!(
            "In {} ({} of {}) the base model ranks the better text above every worse one by {} or more: {}.",
            counted(taught.len(), "guidance example", "guidance examples"),
            percent(taught.len(), margins.len()),
            margins.len(),
            fixed(least),
            named.collect::<Vec<_>>().join(", "),
        ),
        means: "What the model does already, it cannot learn: their gradient is close to nothing.".to_owned(),
        remedy: "Leave them out if they are many, so that every step meets examples that teach.".to_owned(),
    }
}

fn figures(margins: &[Margin<'_>], taught: &[&Margin<'_>], shares: [(usize, usize); 3]) -> Vec<Figure> {
    let right = margins.iter().filter(|margin| margin.margin > 0.0).count();
    let mean = margins.iter().map(|margin| margin.margin).sum::<f64>() / margins.len().max(1) as f64;
    let [relevance, comprehensiveness, purity] = shares;
    vec![
        Figure::count("taught_already", taught.len(), margins.len()),
        Figure::count("relevance", relevance.0, relevance.1),
        Figure::count("comprehensiveness", comprehensiveness.0, comprehensiveness.1),
        Figure::count("purity", purity.0, purity.1),
        Figure::count("ranked_right", right, margins.len()),
        Figure::new("mean_margin", mean, margins.len()),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, text};
    use super::*;
    use crate::data::TextRef;

    /// A text's similarity is the number that it ends with.
    fn named(_: &str, text: &TextRef) -> Option<f32> {
        match text {
            TextRef::Text(text) => text.rsplit(' ').next()?.parse().ok(),
            TextRef::Passage(_) => None,
        }
    }

    fn sample(examples: &[(Objective, &str, &[&str])]) -> Sample {
        let mut sample = Sample::new();
        sample.model.similarity = named;
        sample.line("query");
        for (objective, positive, negatives) in examples {
            let negatives: Vec<_> = negatives.iter().map(|n| text(n)).collect();
            sample.guide(*objective, text(positive), &negatives);
        }
        sample
    }

    #[test]
    fn an_example_that_leads_every_negative_by_the_margin_is_taught_already() {
        use Objective::{Purity, Relevance};
        let seen = sample(&[
            (Relevance, "0.75", &["0.25", "0.5"]),
            (Relevance, "0.75", &["0.25", "0.625"]),
            (Purity, "0.75", &["0.25"]),
            (Purity, "0.25", &["0.75"]),
        ]);
        let Outcome::Found(seen) = seen.audit(check) else { unreachable!() };
        let places: Vec<_> = seen.cases.iter().map(|case| case.place.to_string()).collect();
        assert_eq!(places, ["line 1, guidance 3", "line 1, guidance 1"]);
        assert_eq!(seen.cases[1].detail, "relevance: leads by 0.25");
        assert_eq!(seen.severity, Severity::Warning);
        let shown: Vec<_> = seen.figures.iter().map(|figure| (figure.value, figure.of)).collect();
        assert_eq!(shown, [(2.0, 4), (1.0, 2), (0.0, 0), (1.0, 2), (3.0, 4), (0.09375, 4)]);
        assert!(seen.found.contains("relevance 1 of 2, purity 1 of 2"), "{}", seen.found);
    }

    #[test]
    fn what_teaches_and_what_is_unknown_is_no_finding() {
        let none = sample(&[(Objective::Purity, "0.6", &["0.5"])]);
        assert_eq!(none.audit(check), Outcome::Absent);
        let unknown = sample(&[(Objective::Purity, "0.9", &["0.1", "unknown"])]);
        assert!(matches!(unknown.audit(check), Outcome::NotChecked(_)));
    }
}
