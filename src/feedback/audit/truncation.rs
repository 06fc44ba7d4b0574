//! Texts that are longer than what the model reads, and pairs that differ only in what it does not.
//!
//! Cuts between words, so the last word that is read in part counts as not read.

use super::content::content_words;
use super::finding::{Case, Code, Figure, Finding, Outcome, Place, Severity};
use super::input::{Audit, Example};
use super::say::{counted, percent};
use crate::data::FeedbackQuery;

const NO_TOKENS: &str = "The number of tokens is not known without the model.";

/// Looks for texts over the limit: in guidance, and among useful candidates.
pub(super) fn truncated(audit: &Audit<'_>) -> Outcome {
    let examples: Vec<_> = audit.examples().filter_map(|example| cut_texts(audit, example)).collect();
    let useful = audit.lists().filter(|query| !query.lacks_useful_candidate());
    let lists: Vec<_> = useful.filter_map(|query| cut_candidates(audit, query)).collect();
    if examples.is_empty() && lists.is_empty() {
        return Outcome::not(NO_TOKENS);
    }
    let counts = [&examples, &lists].map(|cases| (cases.iter().flatten().count(), cases.len()));
    if counts.iter().all(|(cut, _)| *cut == 0) {
        return Outcome::Absent;
    }
    let cases = examples.into_iter().chain(lists).flatten().collect();
    Outcome::Found(truncated_finding(cases, counts, audit.input.settings.token_limit))
}

fn truncated_finding(cases: Vec<Case>, [examples, lists]: [(usize, usize); 2], limit: usize) -> Finding {
    Finding {
        code: Code::Truncated,
        // What lies beyond may not matter: never serious.
        severity: Severity::of_share(examples.0 + lists.0, examples.1 + lists.1).min(Severity::Warning),
        cases,
        figures: vec![
            Figure::count("guidance", examples.0, examples.1),
            Figure::count("lists", lists.0, lists.1),
        ],
        found: format!(
            "{} ({}) a text of more than {limit} tokens; {} ({}) a useful candidate of more than that.",
            counted(examples.0, "guidance example has", "guidance examples have"),
            percent(examples.0, examples.1),
            counted(lists.0, "list has", "lists have"),
            percent(lists.0, lists.1),
        ),
        means: format!(
            "The model reads {limit} tokens and nothing after them; the LLM read the whole text. What made \
             it useful may lie beyond."
        ),
        remedy: "Split long passages, and ask the LLM for shorter texts.".to_owned(),
    }
}

/// The example's texts over the limit, as a case; the outer `None` where tokens are not known.
fn cut_texts(audit: &Audit<'_>, example: Example<'_>) -> Option<Option<Case>> {
    let texts = [("better", &example.guidance.positive)].into_iter();
    let texts = texts.chain(example.guidance.negatives.iter().map(|text| ("worse", text)));
    let mut over = Vec::new();
    for (name, text) in texts {
        let tokens = audit.input.model.tokens(&audit.text(text))?;
        if tokens > audit.input.settings.token_limit {
            over.push(format!("{name} text of {tokens} tokens"));
        }
    }
    Some((!over.is_empty()).then(|| Case { place: example.place, detail: over.join(", ") }))
}

fn cut_candidates(audit: &Audit<'_>, query: &FeedbackQuery) -> Option<Option<Case>> {
    let mut over = Vec::new();
    for candidate in query.preferences.iter().filter(|candidate| candidate.gain > 0) {
        let tokens = audit.passage_tokens(candidate.passage)?;
        if tokens > audit.input.settings.token_limit {
            over.push(format!("{} of {tokens} tokens", audit.passage_id(candidate.passage)));
        }
    }
    Some((!over.is_empty()).then(|| Case { place: Place::preferences(query.line), detail: over.join(", ") }))
}

/// Looks for guidance whose better and worse texts differ only beyond the limit.
pub(super) fn difference_cut(audit: &Audit<'_>) -> Outcome {
    let seen: Vec<(Example<'_>, bool)> =
        audit.examples().filter_map(|example| Some((example, is_difference_cut(audit, example)?))).collect();
    if seen.is_empty() {
        return Outcome::not(if audit.examples().next().is_some() {
            NO_TOKENS
        } else {
            "There is no guidance."
        });
    }
    let cut: Vec<_> = seen.iter().filter(|(_, is_cut)| *is_cut).map(|(example, _)| example.place).collect();
    if cut.is_empty() {
        return Outcome::Absent;
    }
    let limit = audit.input.settings.token_limit;
    let case = |&place: &Place| Case { place, detail: format!("the same words within {limit} tokens") };
    Outcome::Found(Finding {
        code: Code::DifferenceCut,
        severity: Severity::of_share(cut.len(), seen.len()).max(Severity::Warning),
        cases: cut.iter().map(case).collect(),
        figures: vec![Figure::count("difference_cut", cut.len(), seen.len())],
        found: format!(
            "In {} ({} of {}) the better text and a worse one differ only beyond {limit} tokens.",
            counted(cut.len(), "guidance example", "guidance examples"),
            percent(cut.len(), seen.len()),
            seen.len(),
        ),
        means:
            "The model reads nearly the same text twice and is asked to prefer one: it can only learn noise."
                .to_owned(),
        remedy: "Leave them out, or ask for shorter texts.".to_owned(),
    })
}

/// Whether some worse text shows no word of difference within the limit, though there is one beyond.
fn is_difference_cut(audit: &Audit<'_>, example: Example<'_>) -> Option<bool> {
    let better = audit.text(&example.guidance.positive);
    let better_read = read_part(audit, &better)?;
    for worse in &example.guidance.negatives {
        let worse = audit.text(worse);
        let worse_read = read_part(audit, &worse)?;
        let is_cut = better_read.len() < better.trim_end().len() || worse_read.len() < worse.trim_end().len();
        let shown = [better_read, worse_read].map(content_words);
        let whole = [better.as_str(), worse.as_str()].map(content_words);
        let is_new = |read: usize, other: usize| shown[read].iter().any(|word| !whole[other].contains(word));
        if is_cut && !is_new(0, 1) && !is_new(1, 0) {
            return Some(true);
        }
    }
    Some(false)
}

/// The part of a text that the model reads, up to the end of a word.
fn read_part<'t>(audit: &Audit<'_>, text: &'t str) -> Option<&'t str> {
    let model = audit.input.model;
    let limit = audit.input.settings.token_limit;
    if model.tokens(text)? <= limit {
        return Some(text);
    }
    let breaks = text.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(i, _)| i);
    let parts: Vec<&str> = breaks.filter_map(|end| text.get(..end)).collect();
    let fitting = parts.partition_point(|part| model.tokens(part).is_some_and(|tokens| tokens <= limit));
    Some(fitting.checked_sub(1).and_then(|last| parts.get(last)).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, said, text};
    use super::*;
    use crate::data::Objective::Purity;
    use crate::data::TextRef;

    const EIGHT: &str = "alpha bravo charlie delta echoes foxtrot golfing hotels";

    /// A model that reads eight words.
    fn sample() -> Sample {
        let mut sample = Sample::new();
        sample.model.tokens = |text| Some(text.split_whitespace().count());
        sample
    }

    fn guided(better: &str, worse: &str) -> Sample {
        let mut sample = sample();
        sample.line("q");
        sample.guide(Purity, text(better), &[text(worse)]);
        sample
    }

    #[test]
    fn texts_over_the_limit_are_named() {
        let mut sample = guided(EIGHT, &format!("{EIGHT} indias"));
        // Passage n has n + 1 words; only useful candidates count.
        sample.judged(&[(7, 3), (8, 0), (9, 1)]);
        let expected = ["line 1, guidance 1: worse text of 9 tokens", "line 2: p9 of 10 tokens"];
        assert_eq!(said(sample.audit(truncated)), expected);
        assert_eq!(guided(EIGHT, "short").audit(truncated), Outcome::Absent);
        sample.model.tokens = |_| None;
        // A list without a useful candidate needs no token count, and must not pass for a look.
        sample.list(&[0, 0]);
        assert!(matches!(sample.audit(truncated), Outcome::NotChecked(_)));
    }

    #[test]
    fn a_difference_beyond_the_limit_is_found() {
        let cut = guided(EIGHT, &format!("{EIGHT} indias juliet"));
        assert_eq!(said(cut.audit(difference_cut)), ["line 1, guidance 1: the same words within 8 tokens"]);
        let Outcome::Found(seen) = cut.audit(difference_cut) else { unreachable!() };
        assert_eq!(seen.severity, Severity::Serious);
    }

    #[test]
    fn a_difference_within_the_limit_is_none() {
        let seen = guided(EIGHT, &format!("indias {EIGHT}"));
        assert_eq!(seen.audit(difference_cut), Outcome::Absent);
        // What the better text adds is read.
        let seen = guided("alpha bravo juliet", &format!("alpha bravo {EIGHT} {EIGHT}"));
        assert_eq!(seen.audit(difference_cut), Outcome::Absent);
        let seen = guided("alpha bravo juliet", "alpha bravo alpha bravo alpha bravo alpha bravo golfing");
        assert_eq!(seen.audit(difference_cut), Outcome::Absent);
        // Nothing is cut, and nothing differs: the affair of another check.
        assert_eq!(guided("alpha bravo", "bravo alpha").audit(difference_cut), Outcome::Absent);
    }

    #[test]
    fn the_part_that_is_read_ends_with_a_word() {
        let long = format!("{EIGHT}\nindias  juliet");
        assert_eq!(
            sample().audit(|audit| read_part(audit, &long).map(str::to_owned)),
            Some(EIGHT.to_owned())
        );
        let part = |limit: usize| {
            let sample = sample();
            let mut input = sample.input();
            input.settings.token_limit = limit;
            read_part(&Audit::new(input), &long).map(str::to_owned)
        };
        assert_eq!(part(0), Some(String::new()));
        assert_eq!(part(9).map(|part| part.trim_end().to_owned()), Some(format!("{EIGHT}\nindias")));
    }

    #[test]
    fn without_guidance_or_tokens_nothing_is_compared() {
        let mut lists = sample();
        lists.list(&[1, 0]);
        assert!(
            matches!(lists.audit(difference_cut), Outcome::NotChecked(why) if why.contains("no guidance"))
        );
        let mut blind = guided(EIGHT, "short");
        blind.model.tokens = |_| None;
        assert!(matches!(blind.audit(difference_cut), Outcome::NotChecked(why) if why.contains("tokens")));
        blind.guide(Purity, TextRef::Passage(0), &[TextRef::Passage(1)]);
        assert!(matches!(blind.audit(difference_cut), Outcome::NotChecked(_)));
    }
}
