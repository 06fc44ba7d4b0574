//! What an LLM's provider sends back, and prompts that a person edited.

use crate::feedback::corpus;
use crate::{cases, refused};
use figret::data::{Feedback, Objective, Queries, Query};
use figret::feedback::{Answers, AskId, AskKind, Known, Prompt, merge, unanswered_requests};
use serde_json::{Value, json};
use std::collections::HashSet;

const PURITY: AskKind = AskKind::Guidance(Objective::Purity);

fn query() -> Query {
    Query { id: "q".into(), text: "why".into() }
}

fn custom_id(kind: AskKind, shown: &[&str]) -> String {
    AskId::new(1, kind, "1", &query(), shown).to_string()
}

/// What becomes of a file of answers to preferences for a and b.
fn file(text: &str) -> String {
    let mut answers = Answers::default();
    if let Err(error) = answers.read_file("output.jsonl", text.as_bytes()) {
        return refused(&error, &error.remedy());
    }
    let (queries, judged) = (Queries::new(vec![query()]).unwrap(), HashSet::new());
    let known = Known { corpus: &corpus(), queries: &queries, judged: &judged, asks: &[] };
    let merged = merge(answers, &known, Feedback::default());
    let mut said = vec![format!("{} used.", merged.settled.len())];
    said.extend(merged.refused.iter().map(ToString::to_string));
    said.extend(merged.notes.iter().map(ToString::to_string));
    said.join(" ")
}

fn line(kind: AskKind, shown: &[&str], content: &str, finish_reason: &str) -> String {
    let choice = json!({"message": {"content": content}, "finish_reason": finish_reason});
    let response = json!({"status_code": 200, "body": {"model": "m", "choices": [choice]}});
    json!({"custom_id": custom_id(kind, shown), "response": response}).to_string()
}

/// What becomes of an answer to the question about a and b.
fn words(content: &str) -> String {
    file(&line(AskKind::Preference, &["a", "b"], content, "stop"))
}

fn scores(a: &Value, b: &Value) -> String {
    json!({"scores": [{"doc_id": "a", "score": a}, {"doc_id": "b", "score": b}]}).to_string()
}

fn good() -> String {
    scores(&json!(3), &json!(0))
}

fn with(key: &str, value: Value) -> String {
    let mut line = json!({"custom_id": custom_id(PURITY, &["a"])});
    line[key] = value;
    file(&line.to_string())
}

fn prompt(text: &str) -> String {
    match Prompt::parse(PURITY, text) {
        Ok(_) => "Read.".to_owned(),
        Err(error) => refused(&error, &error.remedy()),
    }
}

fn requests(text: &[u8]) -> String {
    match unanswered_requests("batch.jsonl", text, &HashSet::new()) {
        Ok(open) => format!("{} open.", open.lines().count()),
        Err(error) => refused(&error, &error.remedy()),
    }
}

cases! {
    empty: "an output file of no bytes", file("") => "0 used.";
    a_list: "an output file that is one JSON list",
        file("[{}]") =>
        "Refused: output.jsonl line 1: the file is one JSON list, not one JSON object a line. Write each object of the list on a line of its own.";
    html: "an HTML page in place of the output",
        file("<html>\n<body>502</body>\n") =>
        "0 used. output.jsonl line 1: not JSON at character 1: expected value. Correct it, or leave the line out. output.jsonl line 2: not JSON at character 1: expected value. Correct it, or leave the line out.";
    file_breaks_off: "an output file that breaks off",
        file(&line(AskKind::Preference, &["a", "b"], &good(), "stop")[..200]) =>
        "0 used. output.jsonl line 1: not JSON at character 200: EOF while parsing a value. Correct it, or leave the line out.";
    other_custom_id: "answers to somebody else's requests",
        file("{\"custom_id\": \"task-1\", \"response\": null}") =>
        "0 used. output.jsonl line 1: task-1: the custom_id is none of ours. Give the answers to requests that were written here.";
    no_custom_id: "an answer without a custom_id",
        file("{\"response\": {}}") =>
        "0 used. output.jsonl line 1: field 'custom_id' is missing. Give the output and error files that the provider returned.";
    request_file: "the file of requests in place of the answers",
        with("body", json!({"messages": []})) =>
        "0 used. output.jsonl line 1: r1|purity@1|q|35a74614: the line is a request, not an answer. Give the output and error files that the provider returned.";
    provider_error: "an error of the provider",
        with("error", json!({"code": "rate_limit", "message": "slow\ndown"})) =>
        "0 used. output.jsonl line 1: r1|purity@1|q|35a74614: the provider reports rate_limit: slow down. Ask again, or do without it.";
    cut_off: "an answer that was cut off for its length",
        file(&line(AskKind::Preference, &["a", "b"], &good(), "length")) =>
        "0 used. output.jsonl line 1: r1|preference@1|q|49865893: the answer was cut off (finish_reason is length). Allow the model longer answers and ask again.";
    words_break_off: "JSON that breaks off",
        words(&good()[..30]) =>
        "0 used. output.jsonl line 1: r1|preference@1|q|49865893: the answer's JSON breaks off. Ask again, or do without it.";
    no_json: "an answer in words",
        words("I would say 3 for a.") =>
        "0 used. output.jsonl line 1: r1|preference@1|q|49865893: there is no JSON object in the answer. Ask again, or do without it.";
    fenced: "JSON in a fence, with words around it: read",
        words(&format!("Sure:\n```json\n{}\n```\nDone.", good())) =>
        "1 used.";
    two_answers: "two answers in one",
        words(&format!("{}\n{}", good(), scores(&json!(0), &json!(3)))) =>
        "0 used. output.jsonl line 1: r1|preference@1|q|49865893: there are two answers in one. Ask again, or do without it.";
    score_4: "a score of 4, of NaN and of a text",
        [scores(&json!(4), &json!(0)), good().replace('3', "NaN"), scores(&json!("3"), &json!(0))].map(|content| words(&content)).join(" ") =>
        "0 used. output.jsonl line 1: r1|preference@1|q|49865893: the score of doc_id 'a' is 4, not 0, 1, 2 or 3. Ask again, or do without it. 0 used. output.jsonl line 1: r1|preference@1|q|49865893: field 'scores' is missing. Ask again, or do without it. 0 used. output.jsonl line 1: r1|preference@1|q|49865893: the score of doc_id 'a' is \"3\", not 0, 1, 2 or 3. Ask again, or do without it.";
    candidate_missing: "an answer that leaves a candidate out",
        words(r#"{"scores": [{"doc_id": "a", "score": 3}]}"#) =>
        "0 used. output.jsonl line 1: r1|preference@1|q|49865893: the doc_ids are not those that were shown, or the query's text has changed since. Ask again, or do without it.";
    candidate_invented: "an answer about a passage that is not there",
        words(r#"{"scores": [{"doc_id": "a", "score": 3}, {"doc_id": "z", "score": 0}]}"#) =>
        "0 used. output.jsonl line 1: r1|preference@1|q|49865893: doc_id 'z' is not in the corpus. Ask again, or do without it.";
    candidate_twice: "an answer that scores a candidate twice",
        words(r#"{"scores": [{"doc_id": "a", "score": 3}, {"doc_id": "a", "score": 0}]}"#) =>
        "0 used. output.jsonl line 1: r1|preference@1|q|49865893: doc_id 'a' is scored twice. Ask again, or do without it.";
    braces: "an answer of 100,000 braces",
        words(&"{".repeat(100_000)) =>
        "0 used. output.jsonl line 1: r1|preference@1|q|49865893: the answer's JSON breaks off. Ask again, or do without it.";
    deep_answer: "an answer of objects within objects, 10,000 deep",
        words(&"{\"a\":".repeat(10_000)) =>
        "0 used. output.jsonl line 1: r1|preference@1|q|49865893: the answer's JSON breaks off. Ask again, or do without it.";
    answered_twice: "a request that was answered twice: the later answer counts",
        file(&[line(AskKind::Preference, &["a", "b"], &good(), "stop"), line(AskKind::Preference, &["a", "b"], &scores(&json!(1), &json!(0)), "stop")].join("\n")) =>
        "1 used. output.jsonl line 1: r1|preference@1|q|49865893 is answered again in output.jsonl line 2, and the later answer counts.";
    empty_text: "guidance of an empty text",
        file(&line(PURITY, &["a"], r#"{"doc_id": "a", "dense": " ", "sparse": "x"}"#, "stop")) =>
        "0 used. output.jsonl line 1: r1|purity@1|q|35a74614: field 'dense' is empty. Ask again, or do without it.";
    requests_utf16: "a file of requests in UTF-16",
        requests(b"\xFF\xFE{\0}\0") =>
        "Refused: batch.jsonl line 1: the file is UTF-16, not UTF-8. Save the file as UTF-8.";
    prompt_empty: "a prompt of no bytes",
        prompt("") =>
        "Refused: the purity prompt does not begin with its kind and version. Begin with a line like 'prompt purity, version 1'; a version has up to 8 letters, digits, dots or dashes.";
    prompt_without_placeholder: "a prompt that does not show the passage",
        prompt("prompt purity, version 1\n\n# System\nAnswer in JSON.\n\n# User\n{{query}}\n") =>
        "Refused: the purity prompt has no placeholder {{passage}}. Write {{passage}} where it belongs.";
    prompt_with_unknown_placeholder: "a prompt with a placeholder of 5,000 characters",
        prompt(&format!("prompt purity, version 1\n\n# System\nAnswer in JSON.\n\n# User\n{{{{query}}}} {{{{passage}}}} {{{{{}}}}}\n", "x".repeat(5000))) =>
        "Refused: the purity prompt has an unknown placeholder {{xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…}}. There are {{query}}, {{passage}}.";
}
