//! The distribution of the LLM's gains: lists and files from which no order can be learnt, or only a coarse
//! one.
//!
//! Compares gains with each other and with nothing else.

use super::finding::{Case, Code, Figure, Finding, Outcome, Place, Severity};
use super::input::Audit;
use super::say::{counted, percent};
use crate::data::{FeedbackQuery, Preference};

/// Fewer candidates say nothing of how the LLM uses the scale.
const LEAST_CANDIDATES: usize = 20;
const LARGEST_GAIN: u8 = 3;

/// A defect of single lists, and its words.
struct Defect {
    code: Code,
    name: &'static str,
    is_found: fn(&FeedbackQuery) -> bool,
    /// What the lists do, for one and for several.
    found: [&'static str; 2],
    means: &'static str,
    remedy: &'static str,
}

const EQUAL: Defect = Defect {
    code: Code::EqualGains,
    name: "equal",
    is_found: |query| {
        query.preferences.len() > 1 && !query.lacks_useful_candidate() && are_equal(&query.preferences)
    },
    found: ["list scores all its candidates alike", "lists score all their candidates alike"],
    means: "Where all are equally useful no order can be learnt; the first listed still stands for the best \
            in the contrastive term.",
    remedy: "Ask again for scores that tell the candidates apart, or leave these preferences out.",
};

const NONE: Defect = Defect {
    code: Code::NoneUseful,
    name: "none_useful",
    is_found: FeedbackQuery::lacks_useful_candidate,
    found: ["list has no useful candidate", "lists have no useful candidate"],
    means: "They teach nothing by preference. The retriever did not find the answer, or the corpus has none.",
    remedy: "Look whether the corpus holds the answer; if it does, judge more candidates, or ask for \
             guidance.",
};

const SINGLE: Defect = Defect {
    code: Code::SingleCandidate,
    name: "single",
    is_found: |query| query.preferences.len() == 1,
    found: ["list has a single candidate", "lists have a single candidate"],
    means: "One candidate has no order; only the contrast with other queries remains.",
    remedy: "Judge more candidates of these queries; ten is usual.",
};

/// Looks for lists of equal gains above 0.
pub(super) fn equal_gains(audit: &Audit<'_>) -> Outcome {
    EQUAL.check(audit)
}

/// Looks for lists whose gains are all 0.
pub(super) fn none_useful(audit: &Audit<'_>) -> Outcome {
    NONE.check(audit)
}

/// Looks for lists of one candidate.
pub(super) fn single_candidate(audit: &Audit<'_>) -> Outcome {
    SINGLE.check(audit)
}

fn are_equal(preferences: &[Preference]) -> bool {
    preferences.windows(2).all(|pair| matches!(pair, [a, b] if a.gain == b.gain))
}

impl Defect {
    fn check(&self, audit: &Audit<'_>) -> Outcome {
        let lists = audit.lists().count();
        if lists == 0 {
            return Outcome::not("There are no preferences.");
        }
        let found: Vec<_> = audit.lists().filter(|query| (self.is_found)(query)).collect();
        if found.is_empty() {
            return Outcome::Absent;
        }
        let [one, many] = self.found;
        Outcome::Found(Finding {
            code: self.code,
            severity: Severity::of_share(found.len(), lists),
            cases: found.iter().map(|query| case(query)).collect(),
            figures: vec![Figure::count(self.name, found.len(), lists)],
            found: format!(
                "{} ({} of {lists}).",
                counted(found.len(), one, many),
                percent(found.len(), lists)
            ),
            means: self.means.to_owned(),
            remedy: self.remedy.to_owned(),
        })
    }
}

fn case(query: &FeedbackQuery) -> Case {
    let candidates = counted(query.preferences.len(), "candidate", "candidates");
    let gain = query.preferences.iter().map(|preference| preference.gain).max().unwrap_or_default();
    Case { place: Place::preferences(query.line), detail: format!("{candidates} of score {gain}") }
}

/// Looks at whether the LLM uses only the ends of the scale.
pub(super) fn only_extremes(audit: &Audit<'_>) -> Outcome {
    let gains: Vec<u8> = audit.lists().flat_map(|query| &query.preferences).map(|p| p.gain).collect();
    if gains.len() < LEAST_CANDIDATES {
        return Outcome::not(format!(
            "Fewer than {LEAST_CANDIDATES} candidates do not show how the scale is used."
        ));
    }
    let counts = [0, 1, 2, 3].map(|gain| gains.iter().filter(|&&other| other == gain).count());
    let [zeros, .., threes] = counts;
    if zeros + threes < gains.len() || threes == 0 || zeros == 0 {
        return Outcome::Absent;
    }
    Outcome::Found(Finding {
        code: Code::OnlyExtremes,
        severity: Severity::Note,
        cases: vec![],
        figures: vec![
            Figure::count("gain_0", zeros, gains.len()),
            Figure::count("gain_3", threes, gains.len()),
        ],
        found: format!(
            "All {} candidates have a gain of 0 ({}) or {LARGEST_GAIN} ({}).",
            gains.len(),
            percent(zeros, gains.len()),
            percent(threes, gains.len()),
        ),
        means: "The LLM said yes or no. That teaches, but not the shades between that preferences are \
                for."
            .to_owned(),
        remedy: "If the scores were whole numbers 0 and 1, nothing is wrong. Otherwise describe every step \
                 of the scale when you ask."
            .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample::Sample;
    use super::*;

    fn sample(lists: &[&[u8]]) -> Sample {
        let mut sample = Sample::new();
        lists.iter().for_each(|gains| sample.list(gains));
        sample
    }

    fn found(checked: Outcome) -> Finding {
        match checked {
            Outcome::Found(finding) => finding,
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn each_defect_names_its_own_lists() {
        let sample = sample(&[&[2, 2, 2], &[0, 0], &[1], &[0], &[0, 1], &[3, 0]]);
        let lines = |checked| found(checked).lines().into_iter().collect::<Vec<_>>();
        assert_eq!(lines(sample.audit(equal_gains)), [1]);
        assert_eq!(lines(sample.audit(none_useful)), [2, 4]);
        assert_eq!(lines(sample.audit(single_candidate)), [3, 4]);
        let seen = found(sample.audit(equal_gains));
        assert_eq!(seen.found, "1 list scores all its candidates alike (17 % of 6).");
        assert_eq!(
            (seen.cases[0].detail.as_str(), seen.severity),
            ("3 candidates of score 2", Severity::Warning)
        );
    }

    #[test]
    fn lists_in_order_have_no_defect() {
        let sample = sample(&[&[0, 1], &[3, 0]]);
        for check in [equal_gains, none_useful, single_candidate] {
            assert_eq!(sample.audit(check), Outcome::Absent);
            assert!(matches!(Sample::new().audit(check), Outcome::NotChecked(_)));
        }
    }

    #[test]
    fn ends_of_the_scale_alone_are_noted() {
        let sample_of =
            |last: u8| sample(&[&[3, 0, 0, 0, 0, 0, 0, 0, 0, 0], &[0, 3, 0, 0, 0, 0, 0, 0, 0, last]]);
        let seen = found(sample_of(0).audit(only_extremes));
        assert_eq!(seen.found, "All 20 candidates have a gain of 0 (90 %) or 3 (10 %).");
        assert_eq!((seen.severity, seen.lines().len()), (Severity::Note, 0));
        assert_eq!(sample_of(1).audit(only_extremes), Outcome::Absent);
        assert_eq!(sample(&[&[0; 10], &[0; 10]]).audit(only_extremes), Outcome::Absent);
        assert!(matches!(sample(&[&[3, 0]]).audit(only_extremes), Outcome::NotChecked(_)));
    }
}
