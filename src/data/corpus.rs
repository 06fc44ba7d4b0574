//! Passages and their reader: BEIR `corpus.jsonl`, or csv or tsv with a header.
//!
//! Passages are known by position everywhere else; ids matter at the borders and in ties.

use super::error::clip;
use super::records::{Names, from_json, read_records};
use super::{DataError, Parsed, Refusal};
use std::collections::HashMap;
use std::sync::Arc;

/// Field and column names of a passage's id, the usual one first.
pub const PASSAGE_ID: &[&str] = &["_id", "id", "doc_id", "docid", "passage_id", "pid"];
/// Field and column names of its text.
pub const PASSAGE_TEXT: &[&str] = &["text", "body", "content", "passage", "contents", "document_text"];
/// Field and column names of its title.
pub const PASSAGE_TITLE: &[&str] = &["title", "name"];

/// Field and column names of a corpus.
pub(super) const NAMES: Names =
    Names { what: "passage", id: PASSAGE_ID, text: PASSAGE_TEXT, title: PASSAGE_TITLE, empty_text: true };

/// A unit of retrieval.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passage {
    /// Its id, unique in the corpus.
    pub id: String,
    /// Its title; may be empty.
    pub title: String,
    /// Its text; may be empty.
    pub text: String,
}

impl Passage {
    /// Writes what the encoder reads of it: title, a blank, text, trimmed, as BEIR does.
    pub fn embedding_text(&self) -> String {
        format!("{} {}", self.title, self.text).trim().to_owned()
    }
}

/// Passages in the order of their file, found by id. Cloning shares them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corpus {
    passages: Arc<[Passage]>,
    positions: Arc<HashMap<String, usize>>,
}

impl Corpus {
    /// Builds a corpus.
    ///
    /// # Errors
    /// [`DataError::EmptyCorpus`], [`DataError::EmptyId`] or [`DataError::DuplicateId`].
    pub fn new(passages: Vec<Passage>) -> Result<Self, DataError> {
        if passages.is_empty() {
            return Err(DataError::EmptyCorpus);
        }
        let positions = positions_by_id("passage", passages.iter().map(|passage| passage.id.as_str()))?;
        Ok(Self { passages: passages.into(), positions: Arc::new(positions) })
    }

    /// Returns the passages in order.
    pub fn passages(&self) -> &[Passage] {
        &self.passages
    }

    /// Finds the position of a passage by its id.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.positions.get(id).copied()
    }

    /// Counts the passages.
    pub fn len(&self) -> usize {
        self.passages.len()
    }

    /// Tells whether there is no passage; never true of a corpus that was built.
    pub fn is_empty(&self) -> bool {
        self.passages.is_empty()
    }
}

/// Positions by id; refuses an empty id and the second of two equal ones.
pub(super) fn positions_by_id<'a>(
    what: &'static str,
    ids: impl Iterator<Item = &'a str>,
) -> Result<HashMap<String, usize>, DataError> {
    let mut positions = HashMap::new();
    for (position, id) in ids.enumerate() {
        if id.is_empty() {
            return Err(DataError::EmptyId { what, position });
        }
        if positions.insert(id.to_owned(), position).is_some() {
            return Err(DataError::DuplicateId { what, id: clip(id) });
        }
    }
    Ok(positions)
}

/// Reads a corpus: JSONL with `_id`, `title`, `text`, or a table with such columns.
///
/// A passage may have an empty text or title. A second passage with the same id is refused.
///
/// # Errors
/// Any whole-file variant of [`DataError`].
pub fn read_corpus(file_name: &str, bytes: &[u8]) -> Result<Parsed<Corpus>, DataError> {
    let Parsed { value, records, refused } = read_records(file_name, bytes, &NAMES)?;
    let passages = value.into_iter().map(|r| Passage { id: r.id, title: r.title, text: r.text });
    Ok(Parsed { value: Corpus::new(passages.collect())?, records, refused })
}

/// Reads one line of a JSONL corpus, for a corpus that is too large to be read whole.
///
/// # Errors
/// The [`Refusal`] that [`read_corpus`] would give of this line.
pub fn read_passage_line(file_name: &str, line: u64, text: &str) -> Result<Passage, Refusal> {
    let record = from_json(text, &NAMES).map_err(|problem| problem.at(file_name, line))?;
    Ok(Passage { id: record.id, title: record.title, text: record.text })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn a_line_alone_reads_as_within_its_file() {
        let line = r#"{"_id": 7, "text": "x"}"#;
        assert_eq!(read_passage_line("c.jsonl", 3, line), Ok(passage("7", "", "x")));
        let alone = read_passage_line("c.jsonl", 2, "{\"_id\": \"a\"}").unwrap_err();
        let within = read("c.jsonl", &format!("{line}\n{{\"_id\": \"a\"}}\n")).refused;
        assert_eq!(vec![alone], within);
    }

    fn read(file: &str, text: &str) -> Parsed<Corpus> {
        read_corpus(file, text.as_bytes()).unwrap()
    }

    fn passage(id: &str, title: &str, text: &str) -> Passage {
        Passage { id: id.into(), title: title.into(), text: text.into() }
    }

    #[test]
    fn the_encoder_reads_title_and_text_trimmed() {
        assert_eq!(passage("1", "Title", "text ").embedding_text(), "Title text");
        assert_eq!(passage("1", "", "text").embedding_text(), "text");
        assert_eq!(passage("1", "", "").embedding_text(), "");
    }

    #[test]
    fn beir_jsonl_with_its_variants() {
        let text = "\u{FEFF}{\"_id\": \"a\", \"title\": \"T\", \"text\": \"x\", \"metadata\": {}}\r\n\n\
                    {\"id\": 7, \"contents\": \"y\"}\n{\"doc_id\": \"c\", \"title\": null, \"body\": \"\"}";
        let parsed = read("corpus.jsonl", text);
        assert_eq!(
            parsed.value.passages(),
            [passage("a", "T", "x"), passage("7", "", "y"), passage("c", "", "")]
        );
        assert_eq!((parsed.records, parsed.refused.len()), (3, 0));
        assert_eq!(parsed.value.position("7"), Some(1));
        assert_eq!(parsed.value.position("8"), None);
        let tevatron = read("c.jsonl", r#"{"docid": "a", "document_text": "x", "document_image": null}"#);
        assert_eq!(tevatron.value.passages(), [passage("a", "", "x")]);
    }

    #[test]
    fn bad_lines_are_collected_with_physical_lines() {
        let text = "{\"_id\": \"a\", \"text\": \"x\"}\n\n{\"text\": \"y\"}\n\
                    {\"_id\": \"a\", \"text\": \"z\"}\n{\n\
                    {\"_id\": \"b\"}\n";
        let parsed = read("corpus.jsonl", text);
        let said: Vec<String> = parsed.refused.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "corpus.jsonl line 3: field '_id' is missing. Correct it, or leave the line out.",
                "corpus.jsonl line 4: passage id 'a' is already used on line 1. Leave the line out, or give it \
                 an id of its own.",
                "corpus.jsonl line 5: not JSON at character 1: EOF while parsing an object. Correct it, or \
                 leave the line out.",
                "corpus.jsonl line 6: field 'text' is missing. Correct it, or leave the line out.",
            ]
        );
        assert_eq!(parsed.records, 1);
    }

    #[test]
    fn tables_are_read_by_their_header() {
        let csv = read("c.csv", "Title,PID,Body\nT,1,\"a, b\"\n,2,c\n");
        assert_eq!(csv.value.passages(), [passage("1", "T", "a, b"), passage("2", "", "c")]);
        let tsv = read("c.tsv", "id\ttext\r\n1\ta \"quoted\" word\r\n");
        assert_eq!(tsv.value.passages(), [passage("1", "", "a \"quoted\" word")]);
        let semicolons = read("c.csv", "id;text\n1;a, b\n");
        assert_eq!(semicolons.value.passages(), [passage("1", "", "a, b")]);
    }

    #[test]
    fn table_lines_that_do_not_fit_are_refused() {
        let parsed = read("c.csv", "id,text\n1,a\n2,b, c\n3\n ,d\n4,e,\n");
        let said: Vec<(u64, &str)> = parsed.refused.iter().map(|r| (r.line, r.reason.as_str())).collect();
        assert_eq!(
            said,
            [
                (3, "the line has 3 columns, the header has 2"),
                (4, "the line has 1 columns, the header has 2"),
                (5, "the id is empty")
            ]
        );
        assert_eq!(parsed.records, 2);
    }

    #[test]
    fn files_that_cannot_be_used_say_why() {
        let error = read_corpus("c.csv", b"key,text\n1,a\n").unwrap_err();
        assert_eq!(error.to_string(), "c.csv line 1: no column holds the id; the header has key, text");
        assert_eq!(error.remedy(), "Name that column one of: _id, id, doc_id, docid, passage_id, pid.");
        let error = read_corpus("c.jsonl", b"{\n").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("c.jsonl holds no usable line; the first one: c.jsonl line 1: not JSON")
        );
        assert_eq!(read_corpus("c.csv", b"id,text\n").unwrap_err().to_string(), "c.csv holds no usable line");
    }

    #[test]
    fn a_corpus_needs_passages_with_ids_of_their_own() {
        assert_eq!(Corpus::new(vec![]), Err(DataError::EmptyCorpus));
        let twice = Corpus::new(vec![passage("a", "", ""), passage("a", "", "")]).unwrap_err();
        assert_eq!(twice.to_string(), "passage id 'a' is there twice");
        let empty = Corpus::new(vec![passage("", "", "")]).unwrap_err();
        assert_eq!(empty, DataError::EmptyId { what: "passage", position: 0 });
    }
}
