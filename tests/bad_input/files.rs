//! Sets of files that make no collection, or not the one that was meant.

use crate::{cases, refused};
use figret::data::{Assembled, NamedBytes, assemble};

fn files(given: &[(&str, &str)]) -> String {
    let file =
        |(name, text): &(&str, &str)| NamedBytes { name: (*name).into(), bytes: text.as_bytes().to_vec() };
    match assemble(given.iter().map(file).collect(), None) {
        Ok(assembled) => opened(&assembled),
        Err(error) => refused(&error, &error.remedy()),
    }
}

/// What every file was taken for.
pub(crate) fn opened(assembled: &Assembled) -> String {
    let file = |file: &figret::data::FileReport| {
        format!("{} as {}, {} read", file.name, file.role_name(), file.records)
    };
    let files: Vec<String> = assembled.files.iter().map(file).collect();
    let refused: Vec<String> = assembled.refused.iter().map(ToString::to_string).collect();
    let taken_out = format!("feedback on judged queries taken out: {}.", assembled.also_judged);
    let taken_out = if assembled.also_judged > 0 { vec![taken_out] } else { vec![] };
    [vec![format!("{}.", files.join("; "))], refused, taken_out].concat().join(" ")
}

pub(crate) const CORPUS: (&str, &str) = ("corpus.jsonl", "{\"_id\": \"a\", \"text\": \"x\"}\n");
const QUERIES: (&str, &str) = ("queries.jsonl", "{\"_id\": \"q\", \"text\": \"why\"}\n");
const QRELS: (&str, &str) = ("qrels.tsv", "q\ta\t1\n");

cases! {
    none: "no file at all",
        files(&[]) =>
        "Refused: no file was given. Choose a corpus (corpus.jsonl, csv or tsv), or a folder or zip with one.";
    none_recognized: "files that are something else",
        files(&[("README.md", "# Hello"), ("photo.jpg", "JFIF")]) =>
        "Refused: none of the files is a corpus, queries, qrels or feedback: README.md, photo.jpg. Name the files corpus.jsonl, queries.jsonl, qrels/test.tsv and feedback.jsonl.";
    no_corpus: "queries and judgements without a corpus",
        files(&[QUERIES, QRELS]) =>
        "Refused: there is no corpus. Add a corpus: one JSON object a line with _id, title and text, or csv or tsv with a header.";
    no_queries: "judgements without queries",
        files(&[CORPUS, QRELS]) =>
        "Refused: qrels.tsv holds judgements, but there are no queries. Add the queries: one JSON object a line with _id and text.";
    two_corpora: "two files that could both be the corpus",
        files(&[("my_corpus.jsonl", CORPUS.1), ("their_corpus.jsonl", CORPUS.1)]) =>
        "Refused: my_corpus.jsonl and their_corpus.jsonl both look like corpus. Give only one of them.";
    one_empty: "a collection of which one file is empty",
        files(&[CORPUS, ("queries.jsonl", "")]) =>
        "Refused: queries.jsonl is empty. Choose another file.";
    feedback_on_judged: "feedback on a judged query: read, and not taught",
        files(&[CORPUS, QUERIES, QRELS, ("feedback.jsonl", r#"{"query": " WHY ", "preferences": [{"doc_id": "a", "score": 3}]}"#)]) =>
        "corpus.jsonl as corpus, 1 read; queries.jsonl as queries, 1 read; qrels.tsv as qrels, 1 read; feedback.jsonl as feedback, 1 read. feedback on judged queries taken out: 1.";
    bad_lines_in_several: "bad lines in several files",
        files(&[("corpus.jsonl", "{\"_id\": \"a\", \"text\": \"x\"}\n{\"_id\": \"a\", \"text\": \"y\"}\n"), QUERIES, ("qrels.tsv", "q\ta\t1\nr\ta\t1\n")]) =>
        "corpus.jsonl as corpus, 1 read; queries.jsonl as queries, 1 read; qrels.tsv as qrels, 1 read. corpus.jsonl line 2: passage id 'a' is already used on line 1. Leave the line out, or give it an id of its own. qrels.tsv line 2: query 'r' is not among the queries. Leave the line out, or add the query.";
}
