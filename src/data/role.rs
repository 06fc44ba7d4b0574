//! What a file is: corpus, queries, judgements or feedback, by its name or else by how it begins.
//!
//! Looks no further than the first lines; the reader finds out whether the guess holds. What other tools write
//! and `imports` can read is feedback.

use super::imports::detect_import;
use super::json_line::parse_object;
use super::qrels::{GRADE, PASSAGE, QUERY};
use super::records::column;
use super::table::{Separator, rows};
use super::text_file::lines;
use super::{corpus, queries};
use serde_json::Value;

/// Endings of files that can hold a part of a collection; a file without any may, too.
const ENDINGS: [&str; 9] = ["", "jsonl", "ndjson", "json", "csv", "tsv", "txt", "trec", "qrels"];
/// How much of a file is looked at.
const HEAD_BYTES: usize = 64 * 1024;
/// Texts of this length and more are taken for passages, where nothing else tells them from queries.
const PASSAGE_CHARS: usize = 150;

/// The part that a file plays in a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileRole {
    /// Passages.
    Corpus,
    /// Queries.
    Queries,
    /// Relevance judgements.
    Qrels,
    /// LLM feedback.
    Feedback,
    /// None of these.
    Unknown,
}

impl FileRole {
    /// Returns its name on the page; an unknown file is `ignored`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Corpus => "corpus",
            Self::Queries => "queries",
            Self::Qrels => "qrels",
            Self::Feedback => "feedback",
            Self::Unknown => "ignored",
        }
    }
}

/// Guesses the role of a file from its name, with folders if it has any, and else from its first lines.
pub fn detect_role(name: &str, bytes: &[u8]) -> FileRole {
    let (stem, ending) = stem_and_ending(name);
    if stem.starts_with('.') || !ENDINGS.contains(&ending.as_str()) {
        return FileRole::Unknown;
    }
    by_name(name, &stem, &ending).unwrap_or_else(|| by_content(bytes))
}

/// File name without folders and ending, and the ending, both in lower case.
pub(super) fn stem_and_ending(name: &str) -> (String, String) {
    let file = name.rsplit(['/', '\\']).next().unwrap_or_default().to_lowercase();
    match file.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => (stem.to_owned(), ending.to_owned()),
        _ => (file, String::new()),
    }
}

fn by_name(name: &str, stem: &str, ending: &str) -> Option<FileRole> {
    let has = |words: &[&str]| words.iter().any(|&word| stem.contains(word));
    let mut folders = name.rsplit(['/', '\\']).skip(1);
    if has(&["feedback", "guidance"]) {
        Some(FileRole::Feedback)
    } else if has(&["qrel"]) || ending == "qrels" || folders.any(|f| f.eq_ignore_ascii_case("qrels")) {
        Some(FileRole::Qrels)
    } else if has(&["queries", "query", "topics"]) {
        Some(FileRole::Queries)
    } else if has(&["corpus", "passages", "documents"]) {
        Some(FileRole::Corpus)
    } else {
        None
    }
}

fn by_content(bytes: &[u8]) -> FileRole {
    let head = String::from_utf8_lossy(bytes.get(..HEAD_BYTES).unwrap_or(bytes));
    let head = head.strip_prefix('\u{FEFF}').unwrap_or(&head);
    if head.contains('\0') {
        return FileRole::Unknown;
    }
    if detect_import(bytes).is_some() {
        return FileRole::Feedback;
    }
    match lines(head).next() {
        Some((_, first)) if first.trim_start().starts_with('{') => by_fields(first),
        Some(_) => by_columns(head),
        None => FileRole::Unknown,
    }
}

fn by_fields(line: &str) -> FileRole {
    let Ok(object) = parse_object(line) else {
        return FileRole::Unknown;
    };
    let has = |names: &[&str]| names.iter().any(|&name| object.contains_key(name));
    if has(&["preferences", "guidance"]) {
        FileRole::Feedback
    } else if has(corpus::NAMES.id) && has(corpus::NAMES.title) && has(corpus::NAMES.text) {
        FileRole::Corpus
    } else if has(&["query", "question"]) {
        FileRole::Queries
    } else if has(corpus::NAMES.id) && has(corpus::NAMES.text) {
        let text = corpus::NAMES.text.iter().find_map(|&name| object.get(name)).and_then(Value::as_str);
        by_length(text.unwrap_or_default())
    } else {
        FileRole::Unknown
    }
}

fn by_columns(head: &str) -> FileRole {
    let mut rows = rows(head, Separator::of(head)).filter_map(Result::ok).map(|(_, fields)| fields);
    let Some(first) = rows.next() else {
        return FileRole::Unknown;
    };
    let has = |names: &[&str]| column(&first, names).is_some();
    let last_is_number = first.iter().next_back().is_some_and(|last| last.trim().parse::<f64>().is_ok());
    let named_qrels = has(QUERY) && has(PASSAGE) && has(GRADE);
    let bare_qrels = matches!(first.len(), 3 | 4) && last_is_number;
    if named_qrels || bare_qrels {
        FileRole::Qrels
    } else if has(corpus::NAMES.id) && has(corpus::NAMES.title) && has(corpus::NAMES.text) {
        FileRole::Corpus
    } else if has(queries::NAMES.id) && has(&["query", "question"]) {
        FileRole::Queries
    } else if let (true, Some(text)) = (has(corpus::NAMES.id), column(&first, corpus::NAMES.text)) {
        by_length(rows.next().as_ref().and_then(|fields| fields.get(text)).unwrap_or_default())
    } else {
        FileRole::Unknown
    }
}

fn by_length(text: &str) -> FileRole {
    if text.chars().count() >= PASSAGE_CHARS { FileRole::Corpus } else { FileRole::Queries }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_first() {
        for (name, role) in [
            ("corpus.jsonl", FileRole::Corpus),
            ("demo/Corpus.CSV", FileRole::Corpus),
            ("queries.tsv", FileRole::Queries),
            ("scifact/qrels/test.tsv", FileRole::Qrels),
            ("qrels.robust04.txt", FileRole::Qrels),
            ("dev.qrels", FileRole::Qrels),
            ("feedback_round2.jsonl", FileRole::Feedback),
            ("feedback/corpus.jsonl", FileRole::Corpus),
            ("corpus.f16", FileRole::Unknown),
            ("qrels/README.md", FileRole::Unknown),
            ("._corpus.jsonl", FileRole::Unknown),
            ("notes.txt", FileRole::Unknown),
        ] {
            assert_eq!(detect_role(name, b"nothing to see"), role, "{name}");
        }
    }

    #[test]
    fn content_decides_where_the_name_is_silent() {
        let long = format!("{{\"_id\": 1, \"text\": \"{}\"}}", "word ".repeat(40));
        for (content, role) in [
            ("{\"query\": \"q\", \"preferences\": []}", FileRole::Feedback),
            ("\u{FEFF}{\"_id\": 1, \"title\": \"\", \"text\": \"a\"}\n{broken", FileRole::Corpus),
            ("{\"_id\": 1, \"text\": \"short\"}", FileRole::Queries),
            (long.as_str(), FileRole::Corpus),
            ("query-id\tcorpus-id\tscore\n1\t2\t1", FileRole::Qrels),
            ("q1 0 d1 2\n", FileRole::Qrels),
            ("q1\td1\t0\n", FileRole::Qrels),
            ("id,title,text\n1,a,b\n", FileRole::Corpus),
            ("qid,query\n1,why\n", FileRole::Queries),
            ("id,text\n1,why\n", FileRole::Queries),
            ("{\"query\": \"q\", \"pos\": [\"a\"], \"neg\": []}", FileRole::Feedback),
            ("query,docid,rating\nq1,a,1\n", FileRole::Qrels),
            ("query,docid,rating\nwhy not,a,1\n", FileRole::Feedback),
            ("id,query,positive\n1,why,a\n", FileRole::Feedback),
            ("{broken", FileRole::Unknown),
            ("PK\0\0", FileRole::Unknown),
            ("", FileRole::Unknown),
        ] {
            assert_eq!(detect_role("data.txt", content.as_bytes()), role, "{content}");
        }
    }
}
