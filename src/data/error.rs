//! What a reader says of a file it cannot use, and of a line it leaves out.
//!
//! A [`Refusal`] concerns one line and stops nothing: readers collect them and the caller decides. A
//! [`DataError`] concerns the whole file or collection.

use std::fmt;

/// Longest piece of somebody's text that a message repeats, in characters.
const CLIP: usize = 60;

/// The remedy for a line that has one thing wrong.
pub(super) const LEAVE_OUT: &str = "Correct it, or leave the line out.";

/// What a reader made of a file: what it could use, and the lines it could not.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed<T> {
    /// What was read.
    pub value: T,
    /// Records used.
    pub records: usize,
    /// Lines left out, in the order of the file.
    pub refused: Vec<Refusal>,
}

/// A line that was left out, why, and what a person can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// File name as given.
    pub file: String,
    /// Physical line, from 1.
    pub line: u64,
    /// What is wrong, without a full stop.
    pub reason: String,
    /// What to do, a sentence.
    pub remedy: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} line {}: {}. {}", self.file, self.line, self.reason, self.remedy)
    }
}

/// What is wrong with a record, before anyone knows where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) reason: String,
    pub(crate) remedy: String,
}

impl Problem {
    pub(crate) fn new(reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { reason: reason.into(), remedy: remedy.into() }
    }

    /// The second record with an id; `what` names the field or the kind of record.
    pub(super) fn id_in_use(what: &str, id: &str, first_line: u64) -> Self {
        let reason = format!("{what} '{}' is already used on line {first_line}", clip(id));
        Self::new(reason, "Leave the line out, or give it an id of its own.")
    }

    pub(crate) fn at(self, file: &str, line: u64) -> Refusal {
        Refusal { file: file.to_owned(), line, reason: self.reason, remedy: self.remedy }
    }
}

/// Why a file or a set of files cannot be used at all. `Display` says what is wrong, [`DataError::remedy`]
/// what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    /// No file was given.
    #[error("no file was given")]
    NothingGiven,
    /// A format was chosen for a file that is not there.
    #[error("{file} is not among the files")]
    NoSuchFile {
        /// The name that was given.
        file: String,
    },
    /// None of the files is a part of a collection.
    #[error("none of the files is a corpus, queries, qrels or feedback: {files}")]
    NothingRecognized {
        /// Names of the files, clipped.
        files: String,
    },
    /// There is no corpus, neither among the files nor open.
    #[error("there is no corpus")]
    NoCorpus,
    /// Judgements came without the queries they are about.
    #[error("{file} holds judgements, but there are no queries")]
    NoQueries {
        /// The judgements' file.
        file: String,
    },
    /// Two files could both be the one that is meant.
    #[error("{first} and {second} both look like {role}")]
    TwoOfARole {
        /// What both look like.
        role: &'static str,
        /// One file.
        first: String,
        /// The other.
        second: String,
    },
    /// A file holds nothing but space.
    #[error("{file} is empty")]
    EmptyFile {
        /// The file.
        file: String,
    },
    /// A file is UTF-16.
    #[error("{file} line 1: the file is UTF-16, not UTF-8")]
    Utf16 {
        /// The file.
        file: String,
    },
    /// A file is not UTF-8.
    #[error("{file} line {line}: byte {byte} of the line is not UTF-8")]
    NotUtf8 {
        /// The file.
        file: String,
        /// Line, from 1.
        line: u64,
        /// Byte within the line, from 1.
        byte: u64,
    },
    /// A file is one JSON array rather than lines.
    #[error("{file} line 1: the file is one JSON list, not one JSON object a line")]
    JsonArray {
        /// The file.
        file: String,
    },
    /// A table's header lacks a column that is needed.
    #[error("{file} line {line}: no column holds the {wanted}; the header has {found}")]
    MissingColumn {
        /// The file.
        file: String,
        /// Line of the header, from 1.
        line: u64,
        /// What is missing.
        wanted: &'static str,
        /// Names that are understood.
        accepted: String,
        /// Names that are there, clipped.
        found: String,
    },
    /// Every line was refused.
    #[error("{file} holds no usable line{}", first_refusal(first.as_deref()))]
    NoUsableRecord {
        /// The file.
        file: String,
        /// Why the first line was refused.
        first: Option<Box<Refusal>>,
    },
    /// A file is in none of the formats that are read as feedback.
    #[error("{file} is in none of the formats that are read as feedback")]
    UnknownFormat {
        /// The file.
        file: String,
    },
    /// An archive cannot be opened, or should not be.
    #[error("{file}: {problem}")]
    Archive {
        /// The archive.
        file: String,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A corpus without passages.
    #[error("a corpus needs at least one passage")]
    EmptyCorpus,
    /// A passage or query without an id.
    #[error("{what} {position} (from 0) has an empty id")]
    EmptyId {
        /// `passage` or `query`.
        what: &'static str,
        /// Position among its kind.
        position: usize,
    },
    /// Two passages or two queries with the same id.
    #[error("{what} id '{id}' is there twice")]
    DuplicateId {
        /// `passage` or `query`.
        what: &'static str,
        /// The id, clipped.
        id: String,
    },
}

impl DataError {
    /// A table whose header lacks the column `wanted`.
    pub(super) fn missing_column(
        file: &str,
        line: u64,
        wanted: &'static str,
        accepted: &[&str],
        header: &csv::StringRecord,
    ) -> Self {
        Self::MissingColumn {
            file: file.to_owned(),
            line,
            wanted,
            accepted: accepted.join(", "),
            found: clip(&header.iter().collect::<Vec<_>>().join(", ")),
        }
    }

    /// Says what a person can do about it, in a sentence or two.
    pub fn remedy(&self) -> String {
        match self {
            Self::NothingGiven => {
                "Choose a corpus (corpus.jsonl, csv or tsv), or a folder or zip with one.".into()
            }
            Self::NoSuchFile { .. } => "Name the file as it is listed, with its folder or archive.".into(),
            Self::NothingRecognized { .. } => {
                "Name the files corpus.jsonl, queries.jsonl, qrels/test.tsv and feedback.jsonl.".into()
            }
            Self::NoCorpus => "Add a corpus: one JSON object a line with _id, title and text, or csv or tsv \
                               with a header."
                .into(),
            Self::NoQueries { .. } => "Add the queries: one JSON object a line with _id and text.".into(),
            Self::TwoOfARole { .. } => "Give only one of them.".into(),
            Self::EmptyFile { .. } => "Choose another file.".into(),
            Self::Utf16 { .. } | Self::NotUtf8 { .. } => "Save the file as UTF-8.".into(),
            Self::JsonArray { .. } => "Write each object of the list on a line of its own.".into(),
            Self::MissingColumn { accepted, .. } => format!("Name that column one of: {accepted}."),
            Self::NoUsableRecord { .. } => "Check that this is the file you meant.".into(),
            Self::UnknownFormat { .. } => {
                "Choose its format by hand, or write one query a line with preferences or guidance.".into()
            }
            Self::Archive { remedy, .. } => (*remedy).to_owned(),
            Self::EmptyCorpus => "Add passages.".into(),
            Self::EmptyId { .. } => "Give every one an id.".into(),
            Self::DuplicateId { .. } => "Give every one an id of its own.".into(),
        }
    }
}

fn first_refusal(first: Option<&Refusal>) -> String {
    first.map(|refusal| format!("; the first one: {refusal}")).unwrap_or_default()
}

/// Shortens somebody's text for a message and keeps it on one line.
pub(crate) fn clip(text: &str) -> String {
    let mut clipped: String = text.chars().take(CLIP).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(CLIP).is_some() {
        clipped.push('…');
    }
    clipped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_reads_as_a_sentence() {
        let problem =
            Problem::new("doc_id 'x9' is not in the corpus", "Leave the line out, or add the passage.");
        assert_eq!(
            problem.at("feedback.jsonl", 17).to_string(),
            "feedback.jsonl line 17: doc_id 'x9' is not in the corpus. Leave the line out, or add the passage."
        );
    }

    #[test]
    fn long_text_is_clipped_by_characters() {
        assert_eq!(clip("a\tb\nc"), "a b c");
        assert_eq!(clip(&"é".repeat(60)), "é".repeat(60));
        assert_eq!(clip(&"é".repeat(61)), format!("{}…", "é".repeat(60)));
    }
}
