//! Do the texts that the LLM wrote do what their objective asks?
//!
//! Judges by shared words and lengths, which is a hint and no proof: a paraphrase shares few words.

use super::content::{content_words, share_found};
use super::finding::{Case, Code, Figure, Finding, Outcome, Severity};
use super::input::{Audit, Example};
use super::say::{counted, fixed, percent};
use crate::data::{Objective, TextRef};
use std::collections::BTreeSet;

/// Share of the dense text's words that the diluted one should keep.
const LEAST_KEPT: f64 = 0.6;
/// Cosine below which the two are not about the same.
const LEAST_LIKENESS: f64 = 0.5;
/// Length of the dense text over that of the diluted one from which it is no denser.
const NO_DENSER: f64 = 0.9;

const NO_PURITY: &str = "There is no purity guidance with enough words.";

/// A purity pair: the dense text against one diluted one.
struct Pair<'a> {
    example: Example<'a>,
    dense: String,
    sparse: String,
    likeness: Option<f64>,
}

fn purity_pairs<'a>(audit: &Audit<'a>) -> Vec<Pair<'a>> {
    let pairs = |example: Example<'a>| {
        let dense = &example.guidance.positive;
        example.guidance.negatives.iter().map(move |sparse| Pair {
            example,
            dense: audit.text(dense),
            sparse: audit.text(sparse),
            likeness: audit.likeness(dense, sparse),
        })
    };
    audit.of_objective(Objective::Purity).flat_map(pairs).collect()
}

/// Looks for purity pairs whose diluted text lacks what the dense one says.
pub(super) fn sparse_lacks(audit: &Audit<'_>) -> Outcome {
    let pairs: Vec<_> =
        purity_pairs(audit).into_iter().filter_map(|pair| Some((pair.kept()?, pair))).collect();
    if pairs.is_empty() {
        return Outcome::not(NO_PURITY);
    }
    let mut lacking: Vec<_> = pairs.iter().filter(|(kept, pair)| pair.lacks(*kept)).collect();
    if lacking.is_empty() {
        return Outcome::Absent;
    }
    lacking.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.example.place.cmp(&b.1.example.place)));
    let case =
        |(kept, pair): &&(f64, Pair<'_>)| Case { place: pair.example.place, detail: pair.detail(*kept) };
    let mean = pairs.iter().map(|(kept, _)| kept).sum::<f64>() / pairs.len() as f64;
    Outcome::Found(Finding {
        code: Code::SparseLacks,
        severity: Severity::of_share(lacking.len(), pairs.len()),
        cases: lacking.iter().map(case).collect(),
        figures: vec![
            Figure::count("lacking", lacking.len(), pairs.len()),
            Figure::new("mean_words_kept", mean, pairs.len()),
        ],
        found: format!(
            "In {} ({} of {}) the diluted text has less than {:.0} % of the dense text's words, or is not \
             about the same (cosine below {}).",
            counted(lacking.len(), "purity pair", "purity pairs"),
            percent(lacking.len(), pairs.len()),
            pairs.len(),
            100.0 * LEAST_KEPT,
            fixed(LEAST_LIKENESS),
        ),
        means: "A pair for purity says the same twice, once with noise. If the diluted text lacks the \
                answer, the pair teaches relevance instead. A diluted text that only says it in other words \
                is in order."
            .to_owned(),
        remedy: "Read them; ask again for those whose diluted text lacks the answer, or leave them \
                 out."
            .to_owned(),
    })
}

impl Pair<'_> {
    /// Share of the dense text's words that the diluted one has.
    fn kept(&self) -> Option<f64> {
        share_found(&content_words(&self.dense), &content_words(&self.sparse))
    }

    fn lacks(&self, kept: f64) -> bool {
        kept < LEAST_KEPT || self.likeness.is_some_and(|likeness| likeness < LEAST_LIKENESS)
    }

    fn detail(&self, kept: f64) -> String {
        let likeness = self.likeness.map(|likeness| format!(", cosine {}", fixed(likeness)));
        format!("{:.0} % of the dense text's words{}", 100.0 * kept, likeness.unwrap_or_default())
    }

    /// Length of the dense text over that of the diluted one, in characters.
    fn length_ratio(&self) -> f64 {
        self.dense.chars().count() as f64 / self.sparse.chars().count().max(1) as f64
    }
}

/// Looks for purity pairs whose dense text is about as long as the diluted one, or longer.
pub(super) fn dense_no_denser(audit: &Audit<'_>) -> Outcome {
    let pairs: Vec<_> = purity_pairs(audit).into_iter().map(|pair| (pair.length_ratio(), pair)).collect();
    if pairs.is_empty() {
        return Outcome::not("There is no purity guidance.");
    }
    let mut long: Vec<_> = pairs.iter().filter(|(ratio, _)| *ratio >= NO_DENSER).collect();
    if long.is_empty() {
        return Outcome::Absent;
    }
    long.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.example.place.cmp(&b.1.example.place)));
    let case = |(ratio, pair): &&(f64, Pair<'_>)| Case {
        place: pair.example.place,
        detail: format!("{:.0} % of the diluted text's length", 100.0 * ratio),
    };
    Outcome::Found(Finding {
        code: Code::DenseNoDenser,
        severity: Severity::of_share(long.len(), pairs.len()),
        cases: long.iter().map(case).collect(),
        figures: vec![Figure::count("no_denser", long.len(), pairs.len())],
        found: format!(
            "In {} ({} of {}) the dense text has {:.0} % of the diluted one's length or more.",
            counted(long.len(), "purity pair", "purity pairs"),
            percent(long.len(), pairs.len()),
            pairs.len(),
            100.0 * NO_DENSER,
        ),
        means: "A text that leaves nothing out is no denser: the pair does not show what noise is."
            .to_owned(),
        remedy: "Ask again for a dense text of half the length, or leave them out.".to_owned(),
    })
}

/// What became of the sources of one comprehensiveness example.
struct Merged<'a> {
    example: Example<'a>,
    sources: usize,
    missing: Vec<&'a str>,
}

/// Looks for comprehensiveness texts without a trace of one of their sources.
///
/// Sources are the useful candidates of the line and the passages among the worse texts. A source leaves no
/// trace if the text has no larger share of its words than it has, on average, of the useless candidates'
/// words: that much is chance.
pub(super) fn source_missing(audit: &Audit<'_>) -> Outcome {
    let merged: Vec<_> = audit
        .of_objective(Objective::Comprehensiveness)
        .filter_map(|example| merged(audit, example))
        .collect();
    if merged.is_empty() {
        return Outcome::not(
            "There is no comprehensiveness guidance with useful and useless candidates beside it.",
        );
    }
    let lacking: Vec<_> = merged.iter().filter(|merged| !merged.missing.is_empty()).collect();
    if lacking.is_empty() {
        return Outcome::Absent;
    }
    Outcome::Found(missing_finding(&lacking, &merged))
}

fn missing_finding(lacking: &[&Merged<'_>], merged: &[Merged<'_>]) -> Finding {
    let case = |merged: &&Merged<'_>| Case {
        place: merged.example.place,
        detail: format!("no trace of {}", merged.missing.join(", ")),
    };
    let missing = lacking.iter().map(|merged| merged.missing.len()).sum();
    let sources = merged.iter().map(|merged| merged.sources).sum();
    Finding {
        code: Code::SourceMissing,
        severity: Severity::of_share(lacking.len(), merged.len()),
        cases: lacking.iter().map(case).collect(),
        figures: vec![
            Figure::count("texts", lacking.len(), merged.len()),
            Figure::count("sources", missing, sources),
        ],
        found: format!(
            "{} ({} of {}) without more words of some useful candidate than of the useless ones: {missing} \
             of {sources} candidates left no trace.",
            counted(lacking.len(), "merged text", "merged texts"),
            percent(lacking.len(), merged.len()),
            merged.len(),
        ),
        means:
            "A text for comprehensiveness should say what every useful candidate says about the query. It \
                may leave out little: one sentence of a long candidate is hard to see by words."
                .to_owned(),
        remedy: "Read them beside the candidates named; ask again where something is missing.".to_owned(),
    }
}

fn merged<'a>(audit: &Audit<'a>, example: Example<'a>) -> Option<Merged<'a>> {
    let words = content_words(&audit.text(&example.guidance.positive));
    let share = |passage| share_found(&content_words(&audit.text(&TextRef::Passage(passage))), &words);
    let sources = sources(example);
    let preferences = example.source.preferences.iter().map(|preference| preference.passage);
    let useless: Vec<f64> =
        preferences.filter(|passage| !sources.contains(passage)).filter_map(share).collect();
    if useless.is_empty() || sources.is_empty() {
        return None;
    }
    let chance = useless.iter().sum::<f64>() / useless.len() as f64;
    let is_missing = |passage: &usize| share(*passage).is_some_and(|share| share <= chance);
    let missing = sources.iter().copied().filter(is_missing).map(|passage| audit.passage_id(passage));
    Some(Merged { example, sources: sources.len(), missing: missing.collect() })
}

fn sources(example: Example<'_>) -> BTreeSet<usize> {
    let useful = example.source.preferences.iter().filter(|p| p.gain > 0).map(|p| p.passage);
    let passages = example.guidance.negatives.iter().filter_map(|text| match text {
        TextRef::Passage(position) => Some(*position),
        TextRef::Text(_) => None,
    });
    useful.chain(passages).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, said, text};
    use super::*;
    use crate::data::Objective::{Comprehensiveness, Purity};

    const DENSE: &str = "alpha bravo charlie delta echoes";
    const NOISE: &str = "foxtrot golfing hotels indias juliet kilos limas";

    fn purity(dense: &str, sparse: &str) -> Sample {
        let mut sample = Sample::new();
        sample.line("q");
        sample.guide(Purity, text(dense), &[text(sparse)]);
        sample
    }

    #[test]
    fn a_diluted_text_keeps_three_words_in_five() {
        assert_eq!(
            purity(DENSE, &format!("alpha bravo charlie {NOISE}")).audit(sparse_lacks),
            Outcome::Absent
        );
        let mut lacking = purity(DENSE, &format!("alpha bravo {NOISE}"));
        assert_eq!(said(lacking.audit(sparse_lacks)), ["line 1, guidance 1: 40 % of the dense text's words"]);
        lacking.model.likeness = |_, _| Some(0.75);
        let expected = ["line 1, guidance 1: 40 % of the dense text's words, cosine 0.75"];
        assert_eq!(said(lacking.audit(sparse_lacks)), expected);
    }

    #[test]
    fn texts_that_are_not_alike_are_not_about_the_same() {
        let mut sample = purity(DENSE, &format!("{DENSE} {NOISE}"));
        sample.model.likeness = |_, _| Some(0.4);
        assert_eq!(said(sample.audit(sparse_lacks)).len(), 1);
        sample.model.likeness = |_, _| Some(0.5);
        assert_eq!(sample.audit(sparse_lacks), Outcome::Absent);
        assert!(matches!(purity("two words", NOISE).audit(sparse_lacks), Outcome::NotChecked(_)));
    }

    #[test]
    fn a_dense_text_is_shorter() {
        assert_eq!(purity("12345678", "1234567890").audit(dense_no_denser), Outcome::Absent);
        let said = said(purity("123456789", "1234567890").audit(dense_no_denser));
        assert_eq!(said, ["line 1, guidance 1: 90 % of the diluted text's length"]);
        assert!(matches!(Sample::new().audit(dense_no_denser), Outcome::NotChecked(_)));
    }

    /// Three candidates: useful, useful, useless.
    fn comprehensive(merged: &str) -> Sample {
        let mut sample = Sample::with_passages(&[DENSE, NOISE, "common words nobody wants here today"]);
        sample.list(&[3, 1, 0]);
        sample.guide(Comprehensiveness, text(merged), &[TextRef::Passage(1)]);
        sample
    }

    #[test]
    fn a_source_without_a_trace_is_named() {
        let whole = comprehensive("alpha bravo charlie foxtrot golfing hotels");
        assert_eq!(whole.audit(source_missing), Outcome::Absent);
        // One word in six of the useless candidate, one in seven of p1.
        let partial = comprehensive("alpha bravo charlie common foxtrot");
        assert_eq!(said(partial.audit(source_missing)), ["line 1, guidance 1: no trace of p1"]);
        let Outcome::Found(seen) = partial.audit(source_missing) else { unreachable!() };
        assert_eq!(seen.figures, [Figure::count("texts", 1, 1), Figure::count("sources", 1, 2)]);
        assert_eq!(seen.severity, Severity::Serious);
    }

    #[test]
    fn a_worse_passage_is_a_source_whatever_its_gain() {
        let mut sample = comprehensive("alpha bravo charlie foxtrot golfing hotels");
        sample.feedback.queries[0].preferences[1].gain = 0;
        sample.guide(Comprehensiveness, text("alpha bravo"), &[TextRef::Passage(1)]);
        assert_eq!(said(sample.audit(source_missing)), ["line 1, guidance 2: no trace of p1"]);
    }

    #[test]
    fn without_a_useless_candidate_chance_is_not_known() {
        let mut sample = comprehensive("alpha");
        sample.feedback.queries[0].preferences.pop();
        assert!(matches!(sample.audit(source_missing), Outcome::NotChecked(_)));
    }
}
