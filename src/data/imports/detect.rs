//! Which of the known formats a file is in, told from its fields or columns.
//!
//! Looks at the first lines, not at the name. The project's own feedback file is none of these formats.

use super::super::json_line::parse_object;
use super::super::records::column;
use super::super::table::{Separator, rows};
use super::super::text_file::{decode, lines};
use super::{ImportFormat, llama_index, quepid, sentence_transformers, tevatron, trl};
use std::collections::BTreeSet;

/// Lines that are looked at for their fields.
const LINES: usize = 50;
/// Rows that are looked at for a query of more than one word: a query may have many ratings.
const ROWS: usize = 1000;
/// The fields that mark the project's own feedback.
const OWN: [&str; 2] = ["preferences", "guidance"];

/// A format and why it is this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detection {
    /// The format.
    pub format: ImportFormat,
    /// What speaks for it, a clause.
    pub reason: String,
    /// Other formats that the file could be in, too.
    pub others: Vec<ImportFormat>,
}

impl Detection {
    fn sure(format: ImportFormat, reason: String) -> Self {
        Self { format, reason, others: Vec::new() }
    }

    /// The format that a person chose, next to the one that was detected.
    pub(super) fn by_hand(format: ImportFormat, detected: Option<&Self>) -> Self {
        let reason = match detected {
            Some(detected) if detected.format != format => {
                format!(
                    "chosen by hand; by its content it would be {}: {}",
                    detected.format.title(),
                    detected.reason
                )
            }
            _ => "chosen by hand".to_owned(),
        };
        let fits = detected.into_iter().flat_map(|detected| detected.others.iter().chain([&detected.format]));
        Self { format, reason, others: fits.copied().filter(|other| *other != format).collect() }
    }
}

/// Tells the format of a file from its content; none if it is in no format that can be imported.
pub fn detect_import(bytes: &[u8]) -> Option<Detection> {
    detect(decode("", bytes).ok()?)
}

/// Tells the format of a decoded file.
pub(super) fn detect(text: &str) -> Option<Detection> {
    if !text.trim_start().starts_with('{') {
        return of_table(text);
    }
    if is_dataset(text) {
        let reason = format!("it is one object that holds {}", listed(&llama_index::FIELDS));
        return Some(Detection::sure(ImportFormat::LlamaIndex, reason));
    }
    of_fields(&fields(text))
}

/// Tells whether a file begins as a LlamaIndex dataset does and holds the field that no other has.
fn is_dataset(text: &str) -> bool {
    let first = text.trim_start().strip_prefix('{').map(str::trim_start).unwrap_or_default();
    let begins = |field: &&str| {
        let rest = first.strip_prefix('"').and_then(|rest| rest.strip_prefix(*field));
        rest.and_then(|rest| rest.strip_prefix('"')).is_some_and(|rest| rest.trim_start().starts_with(':'))
    };
    let [.., relevant] = llama_index::FIELDS;
    llama_index::FIELDS.iter().chain(&["mode"]).any(begins) && text.contains(&format!("\"{relevant}\""))
}

/// Names of all fields in the first lines.
fn fields(text: &str) -> BTreeSet<String> {
    let objects = lines(text).take(LINES).filter_map(|(_, line)| parse_object(line).ok());
    objects.flatten().filter(|(_, value)| !value.is_null()).map(|(name, _)| name).collect()
}

fn of_fields(fields: &BTreeSet<String>) -> Option<Detection> {
    let has = |name: &str| fields.contains(name);
    if OWN.iter().any(|name| has(name)) {
        return None;
    }
    let sure = |format: ImportFormat, names: &[&str]| {
        Detection::sure(format, format!("its lines have {}", listed(names)))
    };
    let mut found = Vec::new();
    if has(tevatron::QUERY) && tevatron::IDS.iter().any(|name| has(name)) {
        let ids: Vec<&str> = tevatron::IDS.into_iter().filter(|name| has(name)).collect();
        found.push(sure(ImportFormat::Tevatron, &ids));
    }
    if trl::ANSWERS.iter().all(|name| has(name)) {
        found.push(sure(ImportFormat::Trl, &trl::ANSWERS));
    }
    if has("query") && has("pos") {
        found.push(of_pos_neg(fields));
    }
    let names: Vec<&str> = fields.iter().map(String::as_str).collect();
    found.extend(of_columns(&names).map(|names| sure(ImportFormat::SentenceTransformers, &names)));
    let mut found = found.into_iter();
    let mut first = found.next()?;
    first.others.extend(found.map(|other| other.format));
    Some(first)
}

/// Tells the two formats with `query`, `pos` and `neg` apart by the fields that only one of them has.
fn of_pos_neg(fields: &BTreeSet<String>) -> Detection {
    let found = |names: &[&'static str]| -> Vec<&'static str> {
        names.iter().copied().filter(|name| fields.contains(*name)).collect()
    };
    let flag = found(&["pos_scores", "neg_scores", "prompt", "type"]);
    let llm = found(&["teacher_scores", "pos_index", "neg_index", "answers"]);
    let beside = |names: &[&str]| format!("its lines have {}", listed(&[&["query", "pos"], names].concat()));
    let (first, second) = (ImportFormat::FlagEmbedding, ImportFormat::LlmEmbedder);
    let (format, reason) = match (flag.as_slice(), llm.as_slice()) {
        ([], []) => {
            (first, "its lines have query and pos, and no field that only one of the two formats has".into())
        }
        (flag, []) => return Detection::sure(first, beside(flag)),
        ([], llm) => return Detection::sure(second, beside(llm)),
        // Scores say more than the fields beside them.
        (flag, llm) if llm.contains(&"teacher_scores") && !flag.contains(&"pos_scores") => {
            (second, format!("its scores are teacher_scores, but its lines have {}, too", listed(flag)))
        }
        (flag, llm) => (first, format!("its lines have {}, but also {}", listed(flag), listed(llm))),
    };
    Detection { format, reason, others: vec![if format == first { second } else { first }] }
}

/// The columns that mark sentence-transformers: a query and a positive.
fn of_columns<'a>(names: &[&'a str]) -> Option<Vec<&'a str>> {
    let find = |wanted: &str| names.iter().copied().find(|name| name.eq_ignore_ascii_case(wanted));
    let query = sentence_transformers::QUERY.iter().find_map(|name| find(name))?;
    Some(vec![query, find(sentence_transformers::POSITIVE)?])
}

fn of_table(text: &str) -> Option<Detection> {
    let mut rows = rows(text, Separator::of(text)).filter_map(Result::ok).map(|(_, fields)| fields);
    let header = rows.next()?;
    let names: Vec<&str> = header.iter().map(str::trim).collect();
    if let Some(columns) = quepid::Columns::find(&header) {
        let is_named = column(&header, &["query text", "query_text"]).is_some();
        // A single word may be a query or the id of one; two words are no id.
        let is_text = rows.take(ROWS).any(|row| columns.query(&row).contains(char::is_whitespace));
        let reason = || format!("its columns are {}, and its queries are texts, not ids", listed(&names));
        return (is_named || is_text).then(|| Detection::sure(ImportFormat::Quepid, reason()));
    }
    let found = of_columns(&names)?;
    let reason = format!("its columns are {}", listed(&found));
    Some(Detection::sure(ImportFormat::SentenceTransformers, reason))
}

/// `a`, `a and b`, `a, b and c`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::super::samples::{OWN_FILES, SAMPLES};
    use super::*;

    fn found(text: &str) -> (ImportFormat, Vec<ImportFormat>, String) {
        let Detection { format, reason, others } = detect_import(text.as_bytes()).unwrap();
        (format, others, reason)
    }

    #[test]
    fn every_sample_is_itself_and_nothing_else_whatever_its_line_ends() {
        for (format, text) in SAMPLES {
            for text in [text.to_owned(), format!("\u{FEFF}{}", text.replace('\n', "\r\n"))] {
                let (found, others, reason) = found(&text);
                assert_eq!((found, others), (format, vec![]), "{text}");
                assert!(reason.starts_with("it"), "{reason}");
            }
        }
    }

    #[test]
    fn files_of_a_collection_are_in_none_of_the_formats() {
        for text in OWN_FILES {
            assert_eq!(detect_import(text.as_bytes()), None, "{text}");
        }
        assert_eq!(detect_import(b"\xFF\xFE{\0"), None);
    }

    #[test]
    fn a_broken_first_line_or_a_null_field_hides_nothing() {
        let text = "{\"query\": \"q\", \"po\n{\"query\": \"q\", \"pos\": [], \"teacher_scores\": null}\n\
                    {\"query\": \"q\", \"pos\": [], \"type\": \"normal\", \"answers\": null}";
        assert_eq!((found(text).0, found(text).1), (ImportFormat::FlagEmbedding, vec![]));
    }

    #[test]
    fn what_could_be_two_formats_names_both_and_says_why() {
        use ImportFormat::{FlagEmbedding, LlmEmbedder};
        let bare = found(r#"{"query": "q", "pos": ["a"], "neg": ["b"]}"#);
        assert_eq!((bare.0, bare.1), (FlagEmbedding, vec![LlmEmbedder]));
        assert_eq!(bare.2, "its lines have query and pos, and no field that only one of the two formats has");
        let teacher = found(r#"{"query": "q", "pos": [], "teacher_scores": [1], "type": "normal"}"#);
        assert_eq!((teacher.0, teacher.1), (LlmEmbedder, vec![FlagEmbedding]));
        assert_eq!(teacher.2, "its scores are teacher_scores, but its lines have type, too");
        let both = found(r#"{"query": "q", "pos": [], "teacher_scores": [1], "pos_scores": [1]}"#);
        assert_eq!((both.0, both.1), (FlagEmbedding, vec![LlmEmbedder]));
        assert_eq!(both.2, "its lines have pos_scores, but also teacher_scores");
    }

    #[test]
    fn fields_of_several_formats_are_read_as_the_first_and_name_the_rest() {
        let text =
            r#"{"query": "q", "pos": ["a"], "type": "x", "positive": "a", "chosen": "a", "rejected": "b"}"#;
        let (format, others, reason) = found(text);
        assert_eq!(format, ImportFormat::Trl);
        assert_eq!(others, [ImportFormat::FlagEmbedding, ImportFormat::SentenceTransformers]);
        assert_eq!(reason, "its lines have chosen and rejected");
    }

    #[test]
    fn ratings_of_one_word_are_told_from_judgements_by_their_header_alone() {
        assert_eq!(detect_import(b"query,docid,rating\nmilk,1,2\nbread,2,0\n"), None);
        for text in ["Query Text,Doc ID,Rating\nmilk,1,2\n", "query,docid,rating\nmilk,1,2\nold bread,2,0\n"]
        {
            assert_eq!(found(text).0, ImportFormat::Quepid, "{text}");
        }
    }

    #[test]
    fn a_choice_by_hand_tells_what_was_detected() {
        let detected = detect("{\"query\": \"q\", \"pos\": []}");
        let chosen = Detection::by_hand(ImportFormat::LlmEmbedder, detected.as_ref());
        assert_eq!(
            chosen.reason,
            "chosen by hand; by its content it would be FlagEmbedding: its lines have query and pos, and no \
             field that only one of the two formats has"
        );
        assert_eq!(chosen.others, [ImportFormat::FlagEmbedding]);
        assert_eq!(Detection::by_hand(ImportFormat::Trl, None).reason, "chosen by hand");
    }
}
