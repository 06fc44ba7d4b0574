//! Feedback lines.

use crate::{cases, outcome};
use figret::data::{Corpus, Passage, read_feedback};
use figret::train::{LessonPlan, TrainSettings};

pub(crate) fn corpus() -> Corpus {
    let passage = |id: &str| Passage { id: id.into(), title: String::new(), text: format!("text of {id}") };
    Corpus::new(["a", "b", "c"].map(passage).to_vec()).unwrap()
}

const GOOD: &str = r#"{"query_id": "1", "query": "why", "preferences": [{"doc_id": "a", "score": 1}]}"#;

/// What is made of a line after a good one.
fn line(line: &str) -> String {
    outcome(read_feedback("feedback.jsonl", format!("{GOOD}\n{line}\n").as_bytes(), &corpus()))
}

fn preferring(preferences: &str) -> String {
    line(&format!(r#"{{"query_id": "2", "query": "who", "preferences": {preferences}}}"#))
}

fn guided(guidance: &str) -> String {
    line(&format!(r#"{{"query_id": "2", "query": "who", "guidance": [{guidance}]}}"#))
}

/// What is taught of a file of two rounds, the second of them absurd.
fn absurd_round() -> String {
    let absurd = GOOD.replace("{\"query_id\"", &format!("{{\"round\": {}, \"query_id\"", u64::MAX));
    let text = format!("{GOOD}\n{absurd}\n");
    let feedback = read_feedback("feedback.jsonl", text.as_bytes(), &corpus()).unwrap().value;
    let plan =
        LessonPlan::new(&feedback, 3, &TrainSettings { validation_share: 0.0, ..TrainSettings::default() });
    format!("{} read; lessons: {}.", feedback.queries.len(), plan.unwrap().preferences.len())
}

cases! {
    unknown_passage: "a preference for a passage that the corpus lacks", preferring(r#"[{"doc_id": "x9", "score": 1}]"#) => "?";
    score_of_nan: "a score that is NaN", preferring(r#"[{"doc_id": "a", "score": NaN}]"#) => "?";
    score_of_text: "a score that is a text", preferring(r#"[{"doc_id": "a", "score": "3"}]"#) => "?";
    score_beyond_numbers: "a score beyond all numbers", preferring(r#"[{"doc_id": "a", "score": 1e999}]"#) => "?";
    negative_score: "a negative score", preferring(r#"[{"doc_id": "a", "score": -1}]"#) => "?";
    half_scored: "scores for some of the candidates", preferring(r#"[{"doc_id": "a", "score": 1}, {"doc_id": "b"}]"#) => "?";
    candidate_twice: "a candidate that is there twice", preferring(r#"[{"doc_id": "a", "score": 1}, {"doc_id": "a", "score": 2}]"#) => "?";
    candidates_of_wrong_type: "candidates that are an object, or ids alone", [preferring(r#"{"a": 1}"#), preferring(r#"["a"]"#)].join(" / ") => "?";
    no_candidates: "a line without preferences and guidance", preferring("[]") => "?";
    query_twice: "a query id that is used twice in a round", line(GOOD) => "?";
    blank_query: "a blank query", line(r#"{"query": "  ", "preferences": [{"doc_id": "a"}]}"#) => "?";
    missing_query: "a line without a query", line(r#"{"query_id": "2", "preferences": [{"doc_id": "a"}]}"#) => "?";
    unknown_objective: "an objective that there is not", guided(r#"{"objective": "beauty", "positive": {"text": "x"}, "negatives": [{"text": "y"}]}"#) => "?";
    no_positive: "guidance without a positive", guided(r#"{"objective": "purity", "negatives": [{"text": "y"}]}"#) => "?";
    no_negatives: "guidance without negatives", guided(r#"{"objective": "purity", "positive": {"text": "x"}, "negatives": []}"#) => "?";
    positive_among_negatives: "guidance with its positive among the negatives", guided(r#"{"objective": "purity", "positive": {"doc_id": "a"}, "negatives": [{"doc_id": "a"}]}"#) => "?";
    empty_guidance_text: "guidance of an empty text", guided(r#"{"objective": "purity", "positive": {"text": " "}, "negatives": [{"doc_id": "a"}]}"#) => "?";
    guidance_of_wrong_type: "guidance that is a text", guided(r#""be pure""#) => "?";
    a_list: "feedback as one JSON list", outcome(read_feedback("feedback.jsonl", format!("[{GOOD}]").as_bytes(), &corpus())) => "?";
    absurd_round_number: "a round of 18446744073709551615", absurd_round() => "?";
}
