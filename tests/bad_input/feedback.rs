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
    unknown_passage: "a preference for a passage that the corpus lacks",
        preferring(r#"[{"doc_id": "x9", "score": 1}]"#) =>
        "1 read. feedback.jsonl line 2: doc_id 'x9' is not in the corpus. Leave the line out, or add the passage.";
    score_of_nan: "a score that is NaN",
        preferring(r#"[{"doc_id": "a", "score": NaN}]"#) =>
        "1 read. feedback.jsonl line 2: a value is NaN or Infinity, which JSON has not. Write a number instead.";
    score_of_text: "a score that is a text",
        preferring(r#"[{"doc_id": "a", "score": "3"}]"#) =>
        "1 read. feedback.jsonl line 2: score \"3\" is a text, not a number. Correct it, or leave the line out.";
    score_beyond_numbers: "a score beyond all numbers",
        preferring(r#"[{"doc_id": "a", "score": 1e999}]"#) =>
        "1 read. feedback.jsonl line 2: not JSON at character 80: number out of range. Correct it, or leave the line out.";
    negative_score: "a negative score",
        preferring(r#"[{"doc_id": "a", "score": -1}]"#) =>
        "1 read. feedback.jsonl line 2: score -1 is negative. Score from 0 up, or leave the line out.";
    half_scored: "scores for some of the candidates",
        preferring(r#"[{"doc_id": "a", "score": 1}, {"doc_id": "b"}]"#) =>
        "1 read. feedback.jsonl line 2: 1 of 2 preferences have no score. Score all of them or none, or leave the line out.";
    candidate_twice: "a candidate that is there twice",
        preferring(r#"[{"doc_id": "a", "score": 1}, {"doc_id": "a", "score": 2}]"#) =>
        "1 read. feedback.jsonl line 2: doc_id 'a' is there twice among the preferences. Keep one of them, or leave the line out.";
    candidates_of_wrong_type: "candidates that are an object, or ids alone",
        [preferring(r#"{"a": 1}"#), preferring(r#"["a"]"#)].join(" / ") =>
        "1 read. feedback.jsonl line 2: field 'preferences' is an object ({\"a\":1}), not a list. Correct it, or leave the line out. / 1 read. feedback.jsonl line 2: a preference is a text, not an object. Write {\"doc_id\": ..., \"score\": ...}.";
    no_candidates: "a line without preferences and guidance",
        preferring("[]") =>
        "1 read. feedback.jsonl line 2: there are neither preferences nor guidance. Leave the line out.";
    query_twice: "a query id that is used twice in a round",
        line(GOOD) =>
        "1 read. feedback.jsonl line 2: query_id '1' is already used on line 1. Leave the line out, or give it an id of its own.";
    blank_query: "a blank query",
        line(r#"{"query": "  ", "preferences": [{"doc_id": "a"}]}"#) =>
        "1 read. feedback.jsonl line 2: field 'query' is empty. Correct it, or leave the line out.";
    missing_query: "a line without a query",
        line(r#"{"query_id": "2", "preferences": [{"doc_id": "a"}]}"#) =>
        "1 read. feedback.jsonl line 2: field 'query' is missing. Correct it, or leave the line out.";
    unknown_objective: "an objective that there is not",
        guided(r#"{"objective": "beauty", "positive": {"text": "x"}, "negatives": [{"text": "y"}]}"#) =>
        "1 read. feedback.jsonl line 2: guidance 1: objective 'beauty' is none of relevance, comprehensiveness, purity. Correct it, or leave the line out.";
    no_positive: "guidance without a positive",
        guided(r#"{"objective": "purity", "negatives": [{"text": "y"}]}"#) =>
        "1 read. feedback.jsonl line 2: guidance 1: there is no positive. Correct it, or leave the line out.";
    no_negatives: "guidance without negatives",
        guided(r#"{"objective": "purity", "positive": {"text": "x"}, "negatives": []}"#) =>
        "1 read. feedback.jsonl line 2: guidance 1: there are no negatives. Correct it, or leave the line out.";
    positive_among_negatives: "guidance with its positive among the negatives",
        guided(r#"{"objective": "purity", "positive": {"doc_id": "a"}, "negatives": [{"doc_id": "a"}]}"#) =>
        "1 read. feedback.jsonl line 2: guidance 1: the positive is among the negatives. Correct it, or leave the line out.";
    empty_guidance_text: "guidance of an empty text",
        guided(r#"{"objective": "purity", "positive": {"text": " "}, "negatives": [{"doc_id": "a"}]}"#) =>
        "1 read. feedback.jsonl line 2: field 'text' is empty. Correct it, or leave the line out.";
    guidance_of_wrong_type: "guidance that is a text",
        guided(r#""be pure""#) =>
        "1 read. feedback.jsonl line 2: guidance 1: it is a text, not an object. Correct it, or leave the line out.";
    a_list: "feedback as one JSON list",
        outcome(read_feedback("feedback.jsonl", format!("[{GOOD}]").as_bytes(), &corpus())) =>
        "Refused: feedback.jsonl line 1: the file is one JSON list, not one JSON object a line. Write each object of the list on a line of its own.";
    absurd_round_number: "a round of 18446744073709551615", absurd_round() => "2 read; lessons: 1.";
}
