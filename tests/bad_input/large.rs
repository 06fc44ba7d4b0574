//! Files that are long in lines or in bytes: read in seconds and in memory that grows with the file and no faster.
//!
//! Times are those of the thread's processor in the profile of the tests, which is slower than a release.

use crate::cost::{Cost, cost_of};
use crate::outcome;
use figret::data::{
    Corpus, ImportFormat, Passage, Queries, Query, detect_role, read_corpus, read_feedback, read_import,
    read_qrels, read_run,
};
use figret::text::Tokenizer;
use std::fmt::Write as _;

const SECONDS: f64 = 10.0;
const MEGABYTE: usize = 1_000_000;

/// What is said, if it took no more time and memory than a reader of linear cost needs: so many bytes for each
/// byte of the file, and a kilobyte for each line or item.
fn bounded(given: &[u8], per_byte: usize, items: usize, read: impl FnOnce(&[u8]) -> String) -> String {
    let (said, Cost { seconds, peak_bytes }) = cost_of(|| read(given));
    println!("{seconds:.1} s and {} MB for {} MB", peak_bytes / MEGABYTE, given.len() / MEGABYTE);
    assert!(seconds < SECONDS, "{seconds} s");
    assert!(peak_bytes < per_byte * given.len() + 1000 * items, "{peak_bytes} bytes for {}", given.len());
    said
}

fn corpus(file: &str, given: &str) -> String {
    bounded(given.as_bytes(), 4, given.lines().count(), |bytes| {
        detect_role("unnamed", bytes);
        outcome(read_corpus(file, bytes))
    })
}

fn repeated(lines: usize, line: impl Fn(&mut String, usize)) -> String {
    let mut text = String::new();
    (0..lines).for_each(|i| line(&mut text, i));
    text
}

fn passages(n: usize) -> Corpus {
    let passage = |i: usize| Passage { id: i.to_string(), title: String::new(), text: String::new() };
    Corpus::new((0..n).map(passage).collect()).unwrap()
}

fn words(megabytes: usize) -> String {
    "lorem ipsum ".repeat(megabytes * MEGABYTE / 12)
}

fn million_corpus_lines() -> String {
    corpus(
        "c.jsonl",
        &repeated(1_000_000, |text, i| {
            writeln!(text, "{{\"_id\": \"{i}\", \"text\": \"text of {i}\"}}").unwrap()
        }),
    )
}

fn million_corpus_rows() -> String {
    corpus(
        "c.csv",
        &(String::from("id,text\n")
            + &repeated(1_000_000, |text, i| writeln!(text, "{i},\"text, {i}\"").unwrap())),
    )
}

fn million_bad_lines() -> String {
    let text = String::from("{\"_id\": \"a\", \"text\": \"x\"}\n")
        + &"{\"_id\": \"a\", \"text\": \"x\"}\n".repeat(999_999);
    bounded(text.as_bytes(), 3, 1_000_000, |bytes| {
        let parsed = read_corpus("c.jsonl", bytes).unwrap();
        format!(
            "{} read, {} refused; the last one: {}",
            parsed.records,
            parsed.refused.len(),
            parsed.refused[999_998]
        )
    })
}

fn million_judgements() -> String {
    let text = repeated(1_000_000, |text, i| writeln!(text, "q{}\td{i}\t1", i % 1000).unwrap());
    let queries = (0..1000).map(|i| Query { id: format!("q{i}"), text: "why".into() }).collect();
    let queries = Queries::new(queries).unwrap();
    bounded(text.as_bytes(), 3, 1_000_000, |bytes| outcome(read_qrels("qrels.tsv", bytes, &queries)))
}

fn million_hits() -> String {
    let text = repeated(1_000_000, |text, i| writeln!(text, "q{} Q0 d{i} 1 0.5 tag", i % 1000).unwrap());
    bounded(text.as_bytes(), 3, 1_000_000, |bytes| outcome(read_run("run", bytes)))
}

fn long_line() -> String {
    corpus(
        "c.jsonl",
        &format!("{{\"_id\": \"a\", \"text\": \"{}\"}}\n{{\"_id\": \"b\", \"text\": \"y\"}}\n", words(100)),
    )
}

fn long_bad_line() -> String {
    corpus(
        "c.jsonl",
        &format!("{{\"_id\": \"b\", \"text\": \"y\"}}\n{{\"_id\": \"a\", \"text\": \"{}", words(100)),
    )
}

fn long_wrong_value() -> String {
    corpus(
        "c.jsonl",
        &format!("{{\"_id\": \"b\", \"text\": \"y\"}}\n{{\"_id\": [\"{}\"], \"text\": \"x\"}}", words(100)),
    )
}

fn long_cell() -> String {
    corpus("c.csv", &format!("id,text\na,\"{}\"\nb,y\n", words(100)))
}

fn long_feedback_line() -> String {
    let text = format!(
        "{{\"query\": \"why\", \"guidance\": [{{\"objective\": \"purity\", \"positive\": {{\"text\": \"{}\"}}, \"negatives\": [{{\"doc_id\": \"1\"}}]}}]}}\n",
        words(100)
    );
    bounded(text.as_bytes(), 3, 1, |bytes| outcome(read_feedback("feedback.jsonl", bytes, &passages(2))))
}

/// A table that ends in blanks: each row must not look through all of them.
fn trailing_blanks() -> String {
    corpus(
        "c.csv",
        &format!(
            "id,text\n{}{}",
            repeated(200_000, |text, i| writeln!(text, "{i},x").unwrap()),
            " ".repeat(10 * MEGABYTE)
        ),
    )
}

fn many_ratings_of_a_query() -> String {
    let text = String::from("query,docid,rating\n")
        + &repeated(200_000, |text, i| writeln!(text, "why not,{i},1").unwrap());
    let corpus = passages(200_000);
    bounded(text.as_bytes(), 3, 200_000, |bytes| {
        outcome(read_import("q.csv", bytes, &corpus, Some(ImportFormat::Quepid)).map(|import| import.parsed))
    })
}

fn many_negatives() -> String {
    let ids: Vec<String> = (1..200_000).map(|i| i.to_string()).collect();
    let text =
        serde_json::json!({"query_text": "why", "positive_document_ids": [0], "negative_document_ids": ids})
            .to_string();
    let corpus = passages(200_000);
    bounded(text.as_bytes(), 3, 200_000, |bytes| {
        outcome(
            read_import("t.jsonl", bytes, &corpus, Some(ImportFormat::Tevatron)).map(|import| import.parsed),
        )
    })
}

/// Tokens of texts of 100 MB: their heads are enough.
fn long_texts() -> String {
    let tokenizer = Tokenizer::from_json(crate::model::TOKENIZER.as_bytes()).unwrap();
    let ids =
        |text: String| bounded(text.as_bytes(), 2, 0, |_| tokenizer.encode(&text).unwrap().len().to_string());
    format!("{} and {} tokens.", ids("a ".repeat(50 * MEGABYTE)), ids("a".repeat(100 * MEGABYTE)))
}

/// Tokens of a text of 10 MB, all of them counted.
fn counted_text() -> String {
    let tokenizer = Tokenizer::from_json(crate::model::TOKENIZER.as_bytes()).unwrap();
    let text = "a ".repeat(5 * MEGABYTE);
    bounded(text.as_bytes(), 2, 0, |_| format!("{} tokens.", tokenizer.count(&text).unwrap()))
}

crate::cases! {
    million_lines: "a corpus of 1,000,000 JSON lines", million_corpus_lines() => "1000000 read.";
    million_rows: "a corpus of 1,000,000 rows", million_corpus_rows() => "1000000 read.";
    million_refusals: "1,000,000 lines of which all but one are refused",
        million_bad_lines() =>
        "1 read, 999999 refused; the last one: c.jsonl line 1000000: passage id 'a' is already used on line 1. Leave the line out, or give it an id of its own.";
    million_grades: "1,000,000 judgements", million_judgements() => "1000000 read.";
    million_ranks: "a run of 1,000,000 hits", million_hits() => "1000000 read.";
    line_of_100_mb: "a line of 100 MB", long_line() => "2 read.";
    broken_line_of_100_mb: "a line of 100 MB that breaks off",
        long_bad_line() =>
        "1 read. c.jsonl line 2: not JSON at character 100000018: EOF while parsing a string. Correct it, or leave the line out.";
    value_of_100_mb: "an id that is a list of 100 MB",
        long_wrong_value() =>
        "1 read. c.jsonl line 2: field '_id' is a list ([\"lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsu…), not a text or a whole number. Correct it, or leave the line out.";
    cell_of_100_mb: "a cell of 100 MB in a table", long_cell() => "2 read.";
    guidance_of_100_mb: "guidance with a text of 100 MB", long_feedback_line() => "1 read.";
    blanks_at_the_end: "200,000 rows and 10 MB of blanks", trailing_blanks() => "200000 read.";
    ratings_of_a_query: "200,000 ratings of one query", many_ratings_of_a_query() => "200000 read.";
    negatives_of_a_line: "a line of 199,999 negatives", many_negatives() => "1 read.";
    texts_of_100_mb: "texts of 100 MB, of many words and of one, for the encoder: the head is read",
        long_texts() =>
        "256 and 3 tokens.";
    tokens_of_10_mb: "the tokens of a text of 10 MB, for the audit", counted_text() => "5000002 tokens.";
}
