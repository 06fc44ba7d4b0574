//! Do gains follow the length of the text, with the base model's similarity held constant?
//!
//! A longer passage may well hold more, so the correlation alone is no fault; it is shown with what remains
//! of it at equal similarity.

use super::evidence::Evidence;
use super::finding::{Code, Finding, Outcome, Severity};
use super::input::Audit;
use super::lists::{evidence, lists};
use crate::eval::{kendall_tau_b, partial_rank_correlation};

/// Looks for gains that follow the length.
pub(super) fn check(audit: &Audit<'_>) -> Outcome {
    let lists = lists(audit);
    let tau = evidence(audit, &lists, |list| kendall_tau_b(&list.gains, list.lengths.as_ref()?));
    if tau.lists() == 0 {
        return Outcome::not("No list has scores that differ and texts of known, different lengths.");
    }
    let partial = evidence(audit, &lists, |list| {
        partial_rank_correlation(&list.gains, list.lengths.as_ref()?, list.similarities.as_ref()?)
    });
    Outcome::Found(finding(&tau, &partial))
}

fn finding(tau: &Evidence, partial: &Evidence) -> Finding {
    let severity = partial.severity();
    let is_biased = severity > Severity::Note;
    let (means, remedy) = words(partial, is_biased);
    Finding {
        code: Code::LengthBias,
        severity,
        cases: if is_biased {
            partial.strongest("scores against length, at like similarity:")
        } else {
            vec![]
        },
        figures: [tau.figure("tau_gain_length"), partial.figure("partial_gain_length")]
            .into_iter()
            .flatten()
            .collect(),
        found: format!(
            "Scores against length in tokens: mean Kendall tau-b {}; above 0 means that longer texts score \
             higher. With the base model's similarity held constant: rank correlation {}.",
            tau.words(),
            partial.words(),
        ),
        means: means.to_owned(),
        remedy: remedy.to_owned(),
    }
}

fn words(partial: &Evidence, is_biased: bool) -> (&'static str, &'static str) {
    match (is_biased, partial.is_enough()) {
        (true, _) if partial.mean() > 0.0 => (
            "The LLM scores longer texts higher than their similarity explains. Longer texts may hold more \
             of the answer; if they do not, length is what the retriever learns.",
            "Read some of the lists below. If the long candidates are no better, ask again for scores by \
             what answers the query, whatever the length.",
        ),
        (true, _) => (
            "The LLM scores shorter texts higher than their similarity explains. If the short ones are no \
             better, shortness is what the retriever learns.",
            "Read some of the lists below. If the short candidates are no better, ask again for scores by \
             what answers the query, whatever the length.",
        ),
        (false, true) => ("Length has no visible part of its own in the scores.", "Nothing has to be done."),
        (false, false) => (
            "There are too few lists with known similarities to tell length from similarity.",
            "Run the audit with the model, or on more lists.",
        ),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::super::sample::Sample;
    use super::*;
    use crate::data::TextRef;

    fn finding(sample: &Sample) -> Finding {
        match sample.audit(check) {
            Outcome::Found(finding) => finding,
            other => unreachable!("{other:?}"),
        }
    }

    /// In the sample's corpus passage n has n + 1 tokens.
    fn tokens(text: &str) -> Option<usize> {
        Some(text.split_whitespace().count())
    }

    /// Neither the order of positions nor its reverse.
    fn crossed(_: &str, text: &TextRef) -> Option<f32> {
        match text {
            TextRef::Passage(position) => [0.5, 0.2, 0.8, 0.3].get(*position).copied(),
            TextRef::Text(_) => None,
        }
    }

    fn lists(gains: &[u8]) -> Sample {
        let mut sample = Sample::new();
        sample.model.tokens = tokens;
        sample.model.similarity = crossed;
        (0..20).for_each(|_| sample.list(gains));
        sample
    }

    #[test]
    fn gains_that_rise_with_length_are_a_bias() {
        let seen = finding(&lists(&[0, 1, 2, 3]));
        assert_eq!((seen.severity, seen.lines().len()), (Severity::Serious, 20));
        assert_eq!((seen.figures[0].value, seen.figures[0].of), (1.0, 20));
        assert!(seen.means.contains("longer"), "{}", seen.means);
        assert!(finding(&lists(&[3, 2, 1, 0])).means.contains("shorter"));
    }

    #[test]
    fn gains_that_follow_similarity_are_none() {
        // The order of the similarities themselves: what is left at equal similarity is nothing.
        let seen = finding(&lists(&[2, 0, 3, 1]));
        assert_eq!((seen.severity, seen.figures.len()), (Severity::Note, 1));
    }

    #[test]
    fn without_similarities_length_cannot_be_told_from_them() {
        let mut sample = lists(&[0, 1, 2, 3]);
        sample.model.similarity = |_, _| None;
        let seen = finding(&sample);
        assert_eq!(seen.severity, Severity::Note);
        assert!(seen.means.contains("too few lists"));
        sample.model.tokens = |_| None;
        assert!(matches!(sample.audit(check), Outcome::NotChecked(_)));
    }
}
