//! Audit of a feedback file: looks for the ways in which an LLM's feedback is known to go wrong.
//!
//! Says what it found, with lines, numbers and words, and what it could not look for. Changes nothing by
//! itself, embeds nothing and reads no file. Thresholds are this project's own unless a source is named.

mod claims;
mod content;
mod contradictions;
mod duplicates;
mod evidence;
mod finding;
mod gains;
mod input;
mod judges;
mod leave_out;
mod length;
mod lists;
mod position;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod sample;
mod say;
mod taught;
mod truncation;
mod written;

pub use finding::{Case, Code, Figure, Finding, Part, Place, Severity};
pub use input::{AuditInput, AuditSettings, BaseModel, Judged, NoModel, texts_to_embed};
pub use leave_out::leave_out;

use finding::Outcome;
use input::Audit;

type Check = fn(&Audit<'_>) -> Outcome;

const CHECKS: [(Code, Check); 16] = [
    (Code::PositionBias, position::check),
    (Code::LengthBias, length::check),
    (Code::HumanAgreement, judges::human),
    (Code::RoundAgreement, judges::rounds),
    (Code::TaughtAlready, taught::check),
    (Code::Contradiction, contradictions::check),
    (Code::Duplicate, duplicates::check),
    (Code::SparseLacks, written::sparse_lacks),
    (Code::DenseNoDenser, written::dense_no_denser),
    (Code::SourceMissing, written::source_missing),
    (Code::Truncated, truncation::truncated),
    (Code::DifferenceCut, truncation::difference_cut),
    (Code::EqualGains, gains::equal_gains),
    (Code::OnlyExtremes, gains::only_extremes),
    (Code::NoneUseful, gains::none_useful),
    (Code::SingleCandidate, gains::single_candidate),
];

/// What the feedback holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AuditCounts {
    /// Queries.
    pub queries: usize,
    /// Queries with candidates.
    pub lists: usize,
    /// Judged candidates.
    pub candidates: usize,
    /// Guidance examples by objective, in the order of [`crate::data::Objective::ALL`].
    pub guidance: [usize; 3],
}

/// Something that could not be looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotChecked {
    /// What.
    pub code: Code,
    /// Why not, a sentence.
    pub reason: String,
}

/// What the audit found. Every [`Code`] is in exactly one of the three lists.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditReport {
    /// What the feedback holds.
    pub counts: AuditCounts,
    /// Findings, the most severe first, then in the order of [`Code`].
    pub findings: Vec<Finding>,
    /// What was looked for and is not there.
    pub absent: Vec<Code>,
    /// What could not be looked for.
    pub not_checked: Vec<NotChecked>,
}

/// Looks for everything that can be looked for in the input.
pub fn audit(input: AuditInput<'_>) -> AuditReport {
    let audit = Audit::new(input);
    let mut report = AuditReport {
        counts: AuditCounts {
            queries: input.feedback.queries.len(),
            lists: audit.lists().count(),
            candidates: input.feedback.preference_count(),
            guidance: input.feedback.guidance_counts(),
        },
        findings: vec![],
        absent: vec![],
        not_checked: vec![],
    };
    for (code, check) in CHECKS {
        match check(&audit) {
            Outcome::Found(finding) => report.findings.push(finding),
            Outcome::Absent => report.absent.push(code),
            Outcome::NotChecked(reason) => report.not_checked.push(NotChecked { code, reason }),
        }
    }
    report.findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.code));
    report
}

#[cfg(test)]
mod tests {
    use super::sample::{Sample, text};
    use super::*;
    use crate::data::{Objective, TextRef};
    use std::collections::BTreeSet;

    #[test]
    fn the_most_severe_finding_comes_first_and_every_code_is_in_one_list() {
        let mut sample = Sample::new();
        sample.list(&[3, 0, 1]);
        sample.guide(Objective::Relevance, TextRef::Passage(1), &[TextRef::Passage(0)]);
        (0..8).for_each(|_| sample.list(&[0, 2, 1]));
        sample.list(&[0, 0]);
        let report = audit(sample.input());
        assert_eq!(
            report.findings.iter().map(|finding| (finding.code, finding.severity)).collect::<Vec<_>>(),
            [
                (Code::Contradiction, Severity::Serious),
                (Code::NoneUseful, Severity::Warning),
                (Code::PositionBias, Severity::Note),
            ]
        );
        let codes = report.findings.iter().map(|finding| finding.code).chain(report.absent.iter().copied());
        let codes: Vec<Code> = codes.chain(report.not_checked.iter().map(|not| not.code)).collect();
        assert_eq!(codes.len(), CHECKS.len());
        assert_eq!(codes.into_iter().collect::<BTreeSet<_>>(), CHECKS.map(|(code, _)| code).into());
    }

    #[test]
    fn every_code_is_looked_for() {
        let codes: Vec<Code> = CHECKS.iter().map(|(code, _)| *code).collect();
        assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
        assert_eq!(codes.len(), Code::SingleCandidate as usize + 1);
    }

    #[test]
    fn every_finding_bears_the_code_it_was_looked_for_under() {
        for (code, check) in CHECKS {
            for sample in samples() {
                if let Outcome::Found(finding) = sample.audit(check) {
                    assert_eq!(finding.code, code);
                }
            }
        }
    }

    /// Samples that show most defects.
    fn samples() -> Vec<Sample> {
        let mut all = Sample::new();
        all.model.similarity = |_, text| Some(if matches!(text, TextRef::Passage(_)) { 0.9 } else { 0.1 });
        all.model.tokens = |text| Some(text.split_whitespace().count());
        all.judged_query("q", &[(0, 3), (9, 3)]);
        all.guide(Objective::Purity, text("one two three four seven eight nine ten more"), &[text("one")]);
        all.guide(Objective::Relevance, TextRef::Passage(1), &[text("b")]);
        all.judged_query("q", &[(0, 0)]);
        all.judged_query("r", &[(0, 0), (1, 3), (9, 0)]);
        all.judge("r", &[(0, 1)]);
        all.earlier = Some(all.feedback.clone());
        vec![all]
    }

    #[test]
    fn counts_are_those_of_the_file() {
        let mut sample = Sample::new();
        sample.list(&[3, 0, 1]);
        sample.line("q");
        sample.guide(Objective::Purity, text("a"), &[text("b")]);
        let counts = audit(sample.input()).counts;
        assert_eq!(counts, AuditCounts { queries: 2, lists: 1, candidates: 3, guidance: [0, 0, 1] });
    }

    #[test]
    fn texts_to_embed_are_queries_and_what_the_llm_wrote() {
        let mut sample = Sample::new();
        sample.judged_query("q", &[(0, 1)]);
        sample.guide(Objective::Purity, text("a"), &[text("b"), TextRef::Passage(1), text("b")]);
        sample.feedback.queries[0].guidance[0].query = "r".into();
        let expected = [BTreeSet::from(["q", "r"]), BTreeSet::from(["a", "b"])];
        assert_eq!(texts_to_embed(&sample.feedback), expected);
    }

    #[test]
    fn without_a_model_what_needs_none_is_still_looked_for() {
        let mut sample = Sample::new();
        sample.judged_query("q", &[(0, 1), (1, 0)]);
        sample.guide(Objective::Purity, text("alpha"), &[text("alpha")]);
        let report = audit(AuditInput { model: &NoModel, ..sample.input() });
        assert_eq!(report.findings[0].code, Code::Contradiction);
        let not_checked: Vec<Code> = report.not_checked.iter().map(|not| not.code).collect();
        for code in [Code::LengthBias, Code::TaughtAlready, Code::Truncated, Code::DifferenceCut] {
            assert!(not_checked.contains(&code), "{code:?}");
        }
    }
}
