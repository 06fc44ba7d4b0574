//! Agreement of the LLM with judgements, and with itself in an earlier round.
//!
//! Where a judgement is missing nothing is assumed: an unjudged passage is not a bad one. Pairs of one list
//! are not independent, so no p is given.

use super::finding::{Case, Code, Figure, Finding, Outcome, Place, Severity};
use super::input::{Audit, Judged};
use super::say::{counted, fixed};
use crate::data::{FeedbackQuery, Preference, Query, folded};
use crate::eval::{kendall_tau_b, quadratic_kappa};
use std::collections::{BTreeMap, HashMap};

/// Fewer pairs are too few for a weighted kappa: 2 k² for k grades (Cicchetti & Fleiss, Applied Psychological
/// Measurement 1, 1977), here four.
const LEAST_PAIRS: usize = 32;
const LARGEST_GAIN: u8 = 3;
/// Kappa below which agreement is poor or only fair (Landis & Koch, Biometrics 33, 1977).
const POOR: f64 = 0.2;
const FAIR: f64 = 0.4;
/// Up to here it is moderate.
const MODERATE: f64 = 0.6;

/// A passage that two judges graded for one query.
struct Pair<'a> {
    passage: &'a str,
    gain: u8,
    other: u8,
}

/// The pairs of one line.
struct Line<'a> {
    line: u64,
    pairs: Vec<Pair<'a>>,
}

/// Agreement over all lines.
struct Agreement {
    pairs: usize,
    kappa: Option<f64>,
    /// Mean tau-b over lines where it is defined, and their number.
    tau: f64,
    tau_lines: usize,
}

impl Agreement {
    fn of(lines: &[Line<'_>]) -> Self {
        let pairs: Vec<(u8, u8)> =
            lines.iter().flat_map(|line| &line.pairs).map(|pair| (pair.gain, pair.other)).collect();
        let taus: Vec<f64> = lines.iter().filter_map(Line::tau).collect();
        Self {
            pairs: pairs.len(),
            kappa: quadratic_kappa(&pairs),
            tau: taus.iter().sum::<f64>() / taus.len().max(1) as f64,
            tau_lines: taus.len(),
        }
    }

    fn is_enough(&self) -> bool {
        self.pairs >= LEAST_PAIRS
    }

    /// Serious below the first kappa, a warning below the second, if there are pairs enough.
    fn severity(&self, serious: f64, warning: f64) -> Severity {
        match self.kappa {
            Some(kappa) if self.is_enough() && kappa < serious => Severity::Serious,
            Some(kappa) if self.is_enough() && kappa < warning => Severity::Warning,
            _ => Severity::Note,
        }
    }

    fn figures(&self) -> Vec<Figure> {
        let kappa = self.kappa.map(|kappa| Figure::new("quadratic_kappa", kappa, self.pairs));
        let tau = (self.tau_lines > 0).then(|| Figure::new("tau", self.tau, self.tau_lines));
        [Some(Figure::count("pairs", self.pairs, self.pairs)), kappa, tau].into_iter().flatten().collect()
    }

    fn words(&self) -> String {
        let kappa = self.kappa.map_or("not defined, all grades being equal".to_owned(), fixed);
        let pairs = counted(self.pairs, "pair", "pairs");
        let tau = match self.tau_lines {
            0 => String::new(),
            lines => {
                format!("; mean Kendall tau-b {} ({})", fixed(self.tau), counted(lines, "list", "lists"))
            }
        };
        format!("quadratic weighted kappa {kappa} ({pairs}){tau}")
    }
}

impl Line<'_> {
    fn tau(&self) -> Option<f64> {
        let column = |grade: fn(&Pair<'_>) -> u8| self.pairs.iter().map(|pair| grade(pair).into()).collect();
        let [gains, others]: [Vec<f64>; 2] = [column(|pair| pair.gain), column(|pair| pair.other)];
        kendall_tau_b(&gains, &others)
    }

    /// The pairs at least `least` apart, and how far apart all of them are together.
    fn apart(&self, least: u8) -> (Vec<&Pair<'_>>, u32) {
        let apart: Vec<_> =
            self.pairs.iter().filter(|pair| pair.gain.abs_diff(pair.other) >= least).collect();
        let sum = apart.iter().map(|pair| u32::from(pair.gain.abs_diff(pair.other))).sum();
        (apart, sum)
    }
}

/// Lines with pairs that are far apart, the worst first.
fn cases(lines: &[Line<'_>], least: u8, names: [&str; 2]) -> Vec<Case> {
    let mut worst: Vec<_> =
        lines.iter().map(|line| (line, line.apart(least))).filter(|l| l.1.1 > 0).collect();
    worst.sort_by(|(a, (_, a_sum)), (b, (_, b_sum))| b_sum.cmp(a_sum).then(a.line.cmp(&b.line)));
    let detail = |pair: &&Pair<'_>| {
        format!("{}: {} {}, {} {}", pair.passage, names[0], pair.gain, names[1], pair.other)
    };
    let case = |(line, (apart, _)): &(&Line<'_>, (Vec<&Pair<'_>>, u32))| Case {
        place: Place::preferences(line.line),
        detail: apart.iter().map(detail).collect::<Vec<_>>().join("; "),
    };
    worst.iter().map(case).collect()
}

/// Pairs every candidate with another judge's grade of it, where there is one.
fn pairs_of<'a>(
    audit: &Audit<'a>,
    query: &FeedbackQuery,
    other: impl Fn(usize) -> Option<u8>,
    cut: impl Fn(u8) -> u8,
) -> Line<'a> {
    let pair = |candidate: &Preference| {
        let other = cut(other(candidate.passage)?);
        Some(Pair { passage: audit.passage_id(candidate.passage), gain: cut(candidate.gain), other })
    };
    Line { line: query.line, pairs: query.preferences.iter().filter_map(pair).collect() }
}

/// Compares the LLM with judgements of the same queries.
///
/// Grades are compared on the gains' scale, 0 to 3. Where no grade reaches 3 the scales are not the same, and
/// both sides are cut to useful or not.
pub(super) fn human(audit: &Audit<'_>) -> Outcome {
    let Some(judged) = audit.input.judged else {
        return Outcome::not("There are no judgements.");
    };
    let is_graded =
        judged.qrels.as_map().values().flat_map(|g| g.values()).any(|&g| g >= LARGEST_GAIN.into());
    let cut = |grade: u8| if is_graded { grade.min(LARGEST_GAIN) } else { grade.min(1) };
    let grades = grades_by_text(judged);
    let line = |query: &FeedbackQuery| {
        let grades = grades.get(&folded(&query.query))?;
        let grade = |passage| grades.get(audit.passage_id(passage)).map(|&g| g.clamp(0, 3) as u8);
        Some(pairs_of(audit, query, grade, cut))
    };
    let lines: Vec<_> = audit.lists().filter_map(line).filter(|line| !line.pairs.is_empty()).collect();
    if lines.is_empty() {
        return Outcome::not("No judged passage of a judged query is in the feedback.");
    }
    Outcome::Found(human_finding(&lines, is_graded))
}

fn grades_by_text(judged: Judged<'_>) -> HashMap<String, &BTreeMap<String, i32>> {
    let grades = |query: &Query| Some((folded(&query.text), judged.qrels.for_query(&query.id)?));
    judged.queries.iter().filter_map(grades).collect()
}

fn human_finding(lines: &[Line<'_>], is_graded: bool) -> Finding {
    let agreement = Agreement::of(lines);
    let severity = agreement.severity(POOR, FAIR);
    let (means, remedy) = match (agreement.is_enough(), severity) {
        (false, _) => (
            format!("Fewer than {LEAST_PAIRS} pairs are too few to say how well the LLM judges."),
            "Judge more passages of these queries if you want to know.",
        ),
        (true, Severity::Note) => (
            "The LLM and the judgements agree well enough for the scores to be taught.".to_owned(),
            "Nothing has to be done.",
        ),
        (true, _) => (
            "The LLM's scores and the judgements agree only in part beyond chance, so what is taught is not \
             quite what will be measured."
                .to_owned(),
            "Read the lines below and decide who is right; then change the words that ask the LLM, or the \
             judgements. Do not leave lines out because of judgements: these measure the result.",
        ),
    };
    let scale = if is_graded { "0 to 3" } else { "useful or not, because no judgement reaches 3" };
    Finding {
        code: Code::HumanAgreement,
        severity,
        cases: cases(lines, if is_graded { 2 } else { 1 }, ["the LLM", "judged"]),
        figures: agreement.figures(),
        found: format!(
            "On {} the LLM and the judgements (scale {scale}) agree by {}.",
            counted(lines.len(), "judged query", "judged queries"),
            agreement.words(),
        ),
        means,
        remedy: remedy.to_owned(),
    }
}

/// Compares the LLM with itself in an earlier round, by query text and passage.
pub(super) fn rounds(audit: &Audit<'_>) -> Outcome {
    let Some(earlier) = audit.input.earlier else {
        return Outcome::not("There is no feedback of an earlier round.");
    };
    let mut gains: HashMap<(String, usize), u8> = HashMap::new();
    for query in &earlier.queries {
        let text = folded(&query.query);
        gains.extend(query.preferences.iter().map(|p| ((text.clone(), p.passage), p.gain)));
    }
    let line = |query: &FeedbackQuery| {
        let text = folded(&query.query);
        pairs_of(audit, query, |passage| gains.get(&(text.clone(), passage)).copied(), |gain| gain)
    };
    let lines: Vec<_> = audit.lists().map(line).filter(|line| !line.pairs.is_empty()).collect();
    if lines.is_empty() {
        return Outcome::not("The two rounds have no candidate of the same query in common.");
    }
    Outcome::Found(rounds_finding(&lines))
}

fn rounds_finding(lines: &[Line<'_>]) -> Finding {
    let agreement = Agreement::of(lines);
    let severity = agreement.severity(FAIR, MODERATE);
    let equal = lines.iter().flat_map(|line| &line.pairs).filter(|pair| pair.gain == pair.other).count();
    let (means, remedy) = rounds_words(&agreement, severity, equal);
    let mut figures = agreement.figures();
    figures.push(Figure::count("equal", equal, agreement.pairs));
    Finding {
        code: Code::RoundAgreement,
        severity,
        cases: cases(lines, 2, ["now", "earlier"]),
        figures,
        found: format!(
            "On {} that both rounds judged the scores agree by {}; {equal} of them are equal.",
            counted(agreement.pairs, "pair of query and passage", "pairs of query and passage"),
            agreement.words(),
        ),
        means: means.to_owned(),
        remedy: remedy.to_owned(),
    }
}

fn rounds_words(agreement: &Agreement, severity: Severity, equal: usize) -> (&'static str, &'static str) {
    match severity {
        _ if !agreement.is_enough() => {
            ("These are too few to say how steady the LLM is.", "Nothing has to be done.")
        }
        _ if equal == agreement.pairs => (
            "Either the LLM is steady, or the scores were copied from the earlier round: then this says \
             nothing.",
            "If they were copied, judge a few lists again to know how steady the LLM is.",
        ),
        Severity::Note => (
            "The LLM is steady enough, unless the later round copied scores of the earlier one.",
            "Lists with scores two or more apart are named, if there are any: read them, or leave their \
             preferences out.",
        ),
        Severity::Warning | Severity::Serious => (
            "The LLM does not judge the same passage alike twice, so much of its preference is chance.",
            "Judge again at temperature 0, or take the mean of several answers; meanwhile leave the lines \
             below out.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::Sample;
    use super::*;
    use std::collections::BTreeSet;

    fn finding(sample: &Sample, check: fn(&Audit<'_>) -> Outcome) -> Finding {
        match sample.audit(check) {
            Outcome::Found(finding) => finding,
            other => unreachable!("{other:?}"),
        }
    }

    /// `n` lists of four, each judged with `grades`.
    fn judged(n: usize, gains: [u8; 4], grades: [i32; 4]) -> Sample {
        let mut sample = Sample::new();
        for query in 0..n {
            let candidates: Vec<_> = gains.iter().copied().enumerate().collect();
            sample.judged_query(&format!("Query {query}"), &candidates);
            let grades: Vec<_> = grades.iter().copied().enumerate().collect();
            sample.judge(&format!(" query  {query}"), &grades);
        }
        sample
    }

    #[test]
    fn agreement_is_measured_where_texts_are_equal_but_for_case_and_blanks() {
        let mut sample = judged(8, [3, 0, 1, 2], [2, 0, 1, 3]);
        sample.list(&[3, 3]);
        let seen = finding(&sample, human);
        // Mean squared difference 1/2; by chance 1.25 + 1.25.
        let kappa = seen.figures[1];
        assert_eq!((kappa.name, kappa.of), ("quadratic_kappa", 32));
        assert!((kappa.value - 0.8).abs() < 1e-12, "{kappa:?}");
        // Five of six pairs of passages stand alike, one the other way round.
        let tau = seen.figures[2];
        assert!((tau.value - 4.0 / 6.0).abs() < 1e-12 && tau.of == 8, "{tau:?}");
        assert_eq!((seen.severity, seen.cases.len()), (Severity::Note, 0));
    }

    #[test]
    fn opposed_judgements_are_serious_and_leave_nothing_out() {
        let seen = finding(&judged(8, [3, 0, 1, 2], [0, 3, 2, 1]), human);
        assert_eq!((seen.severity, seen.lines().len()), (Severity::Serious, 8));
        assert_eq!(seen.cases[0].detail, "p0: the LLM 3, judged 0; p1: the LLM 0, judged 3");
        assert_eq!(seen.leave_out(), BTreeSet::new());
    }

    #[test]
    fn few_pairs_are_called_too_few() {
        let seen = finding(&judged(7, [3, 0, 1, 2], [0, 3, 2, 1]), human);
        assert_eq!(seen.severity, Severity::Note);
        assert!(seen.means.contains("Fewer than 32"), "{}", seen.means);
    }

    #[test]
    fn binary_judgements_are_compared_as_useful_or_not() {
        let seen = finding(&judged(8, [3, 0, 0, 2], [1, 0, -1, 1]), human);
        assert_eq!((seen.figures[1].value, seen.cases.len()), (1.0, 0));
        assert!(seen.found.contains("useful or not"), "{}", seen.found);
    }

    #[test]
    fn nothing_is_assumed_of_what_is_not_judged() {
        assert!(matches!(Sample::new().audit(human), Outcome::NotChecked(_)));
        let mut sample = Sample::new();
        sample.list(&[3, 0]);
        sample.judge("another", &[(0, 3)]);
        assert!(matches!(sample.audit(human), Outcome::NotChecked(_)));
        sample.judge("query 1", &[(1, 3)]);
        assert_eq!(finding(&sample, human).figures[0].of, 1);
    }

    #[test]
    fn rounds_that_disagree_name_the_worst_lines_first() {
        let mut sample = Sample::new();
        (0..8).for_each(|_| sample.list(&[3, 0, 1, 2]));
        let mut earlier = sample.feedback.clone();
        let gains = |query: &mut FeedbackQuery, gains: [u8; 4]| {
            query.preferences.iter_mut().zip(gains).for_each(|(p, gain)| p.gain = gain);
        };
        gains(&mut earlier.queries[2], [1, 0, 1, 2]);
        gains(&mut earlier.queries[5], [0, 3, 1, 2]);
        sample.earlier = Some(earlier);
        let seen = finding(&sample, rounds);
        assert_eq!(seen.cases.iter().map(|case| case.place.line).collect::<Vec<_>>(), [6, 3]);
        assert_eq!(seen.cases[1].detail, "p0: now 3, earlier 1");
        assert_eq!(seen.leave_out().len(), 2);
        assert_eq!(seen.figures[3], Figure::count("equal", 29, 32));
        assert_eq!(seen.severity, Severity::Note);
    }

    #[test]
    fn rounds_without_agreement_are_serious_and_equal_ones_may_be_copies() {
        let mut sample = Sample::new();
        (0..8).for_each(|_| sample.list(&[3, 0, 1, 2]));
        sample.earlier = Some(sample.feedback.clone());
        assert!(finding(&sample, rounds).means.starts_with("Either"));
        for query in &mut sample.feedback.queries {
            query.preferences.iter_mut().for_each(|p| p.gain = 3 - p.gain);
        }
        assert_eq!(finding(&sample, rounds).severity, Severity::Serious);
        sample.earlier = None;
        assert!(matches!(sample.audit(rounds), Outcome::NotChecked(_)));
    }
}
