//! The readers of a collection's files.

use super::{is_told, parts};
use figret::data::{
    Collection, Corpus, DataError, Feedback, FeedbackQuery, ImportFormat, NamedBytes, Parsed, Passage,
    Queries, Query, Refusal, assemble, detect_import, detect_role, expand_archives, read_corpus,
    read_feedback, read_import, read_llama_index_collection, read_qrels, read_queries, read_run,
};
use figret::export::write_run;
use figret::feedback::write_feedback;

const FILE: &str = "somebody's file";

/// Four passages that seeds speak of.
pub(super) fn known_corpus() -> Corpus {
    let passage = |(id, title, text): (&str, &str, &str)| Passage {
        id: id.into(),
        title: title.into(),
        text: text.into(),
    };
    let passages = [
        ("d1", "Pumps", "Bleed the radiator."),
        ("d2", "", "Check the pressure."),
        ("d3", "", "Call the installer."),
        ("d4", "Noise", "The pump hums."),
    ];
    Corpus::new(passages.map(passage).to_vec()).unwrap_or_else(|e| panic!("{e}"))
}

/// Two queries that seeds speak of.
pub(super) fn known_queries() -> Queries {
    let query = |id: &str| Query { id: id.into(), text: format!("what about {id}?") };
    Queries::new(["q1", "q2"].map(query).to_vec()).unwrap_or_else(|e| panic!("{e}"))
}

/// Reads passages.
pub fn corpus(bytes: &[u8]) {
    role(bytes);
    if let Some(parsed) = told(bytes, read_corpus(FILE, bytes)) {
        assert_eq!(parsed.records, parsed.value.len());
        all_lines_are_told_of(bytes, &parsed);
    }
}

/// Reads queries.
pub fn queries(bytes: &[u8]) {
    role(bytes);
    if let Some(parsed) = told(bytes, read_queries(FILE, bytes)) {
        assert!(parsed.value.iter().all(|query| !query.text.trim().is_empty()));
        assert_eq!(parsed.records, parsed.value.len());
        all_lines_are_told_of(bytes, &parsed);
    }
}

/// Reads judgements.
pub fn qrels(bytes: &[u8]) {
    role(bytes);
    let queries = known_queries();
    if let Some(parsed) = told(bytes, read_qrels(FILE, bytes, &queries)) {
        assert!(parsed.value.query_ids().all(|id| queries.get(id).is_some()));
        assert_eq!(parsed.records, parsed.value.judgements());
    }
}

/// Reads a run; what is written of it is read back as it was, but for control characters, which are encoded.
pub fn run(bytes: &[u8]) {
    if let Some(parsed) = told(bytes, read_run(FILE, bytes)) {
        let written = write_run(&parsed.value, "tag");
        let again = read_run(FILE, written.as_bytes()).unwrap_or_else(|e| panic!("{e}: {written}"));
        assert_eq!(again.refused, []);
        let is_odd = |id: &str| id.chars().any(char::is_control);
        if !parsed
            .value
            .iter()
            .any(|(query, hits)| is_odd(query) || hits.iter().any(|hit| is_odd(&hit.passage)))
        {
            assert_eq!(again.value, parsed.value);
        }
    }
}

/// Reads feedback; what is written of it is read back as it was.
pub fn feedback(bytes: &[u8]) {
    role(bytes);
    let corpus = known_corpus();
    if let Some(parsed) = told(bytes, read_feedback(FILE, bytes, &corpus)) {
        all_lines_are_told_of(bytes, &parsed);
        written_is_read_back(&parsed.value, &corpus);
    }
}

/// Reads what another tool wrote, in the format detected and in another one.
pub fn import(bytes: &[u8]) {
    role(bytes);
    let corpus = known_corpus();
    let chosen = ImportFormat::ALL[bytes.len() % ImportFormat::ALL.len()];
    let detected = detect_import(bytes).is_some();
    for format in detected.then_some(None).into_iter().chain([Some(chosen)]) {
        let read = read_import(FILE, bytes, &corpus, format);
        let (read, reports) = match read {
            Ok(import) => (Ok(import.parsed), Some(import.report)),
            Err(error) => (Err(error), None),
        };
        if let (Some(parsed), Some(report)) = (told(bytes, read), reports) {
            assert_eq!(report.left_out, parsed.refused.len());
            written_is_read_back(&parsed.value, &corpus);
        }
    }
    if let Err(error) = read_llama_index_collection(FILE, bytes) {
        is_told(FILE, &error.to_string(), &error.remedy());
    }
}

/// Opens a zip, and what is in it as a collection.
pub fn archive(bytes: &[u8]) {
    let zip = NamedBytes { name: format!("{FILE}.zip"), bytes: bytes.to_vec() };
    match expand_archives(vec![zip]) {
        Err(error) => is_told(FILE, &error.to_string(), &error.remedy()),
        Ok(files) => {
            for file in &files {
                let inner =
                    file.name.strip_prefix(&format!("{FILE}.zip/")).unwrap_or_else(|| panic!("{file:?}"));
                assert!(inner.split('/').all(|part| part != ".."), "{inner}");
                assert!(!inner.starts_with('/') && !inner.contains(char::is_control), "{inner}");
            }
            assembled(files);
        }
    }
}

/// Opens up to four files as a collection.
pub fn collection(bytes: &[u8]) {
    let names = ["corpus.jsonl", "queries.tsv", "qrels/test.tsv", "feedback.jsonl", "more"];
    let files = names.iter().zip(parts(bytes));
    assembled(files.map(|(name, part)| NamedBytes { name: (*name).into(), bytes: part.to_vec() }).collect());
}

fn assembled(files: Vec<NamedBytes>) {
    let given = files.len();
    match assemble(files, None) {
        Err(error) => is_told("", &error.to_string(), &error.remedy()),
        Ok(assembled) => {
            assert_eq!(assembled.files.len(), given, "a file is not spoken of");
            let left_out: usize = assembled.files.iter().map(|file| file.left_out).sum();
            assert_eq!(assembled.refused.len(), left_out);
            assembled
                .refused
                .iter()
                .for_each(|refusal| is_told(&refusal.file, &refusal.reason_and_file(), &refusal.remedy));
            no_judged_query_teaches(&assembled.collection);
        }
    }
}

fn no_judged_query_teaches(collection: &Collection) {
    let judged = collection.judged_texts();
    let mut taught = collection.feedback.iter().flat_map(|feedback| &feedback.queries);
    assert!(taught.all(|line| !judged.contains(&figret::data::folded(&line.query))));
}

trait Said {
    fn reason_and_file(&self) -> String;
}

impl Said for Refusal {
    fn reason_and_file(&self) -> String {
        format!("{} line {}: {}", self.file, self.line, self.reason)
    }
}

fn role(bytes: &[u8]) {
    detect_role("data.txt", bytes);
}

/// Whatever is refused is refused in words, at a line that is there.
fn told<T>(bytes: &[u8], read: Result<Parsed<T>, DataError>) -> Option<Parsed<T>> {
    let lines = 1 + bytes.iter().filter(|&&b| b == b'\n').count() as u64;
    match read {
        Err(error) => {
            is_told(FILE, &error.to_string(), &error.remedy());
            None
        }
        Ok(parsed) => {
            assert!(parsed.records > 0, "nothing was read, and nothing was said");
            for refusal in &parsed.refused {
                is_told(FILE, &refusal.reason_and_file(), &refusal.remedy);
                assert!((1..=lines).contains(&refusal.line), "line {} of {lines}", refusal.line);
            }
            Some(parsed)
        }
    }
}

/// In a file of JSON lines, each line that holds something was used or refused.
fn all_lines_are_told_of<T>(bytes: &[u8], parsed: &Parsed<T>) {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    if text.trim_start().starts_with('{') {
        let lines = text.split('\n').filter(|line| !line.trim().is_empty()).count();
        assert_eq!(parsed.records + parsed.refused.len(), lines, "a line is lost");
    }
}

/// Feedback as it is written is read back, but for its lines' numbers and the fields that mean nothing.
pub(super) fn written_is_read_back(feedback: &Feedback, corpus: &Corpus) {
    let gains = feedback.queries.iter().flat_map(|query| &query.preferences);
    assert!(gains.clone().all(|preference| preference.gain <= 3 && preference.passage < corpus.len()));
    let written = write_feedback(feedback, corpus).unwrap_or_else(|e| panic!("{e}"));
    if written.is_empty() {
        return;
    }
    let again = read_feedback(FILE, written.as_bytes(), corpus).unwrap_or_else(|e| panic!("{e}: {written}"));
    assert_eq!(again.refused, [], "{written}");
    let bare = |feedback: &Feedback| -> Vec<FeedbackQuery> {
        let queries = feedback.queries.iter();
        queries.map(|query| FeedbackQuery { line: 0, other: Default::default(), ..query.clone() }).collect()
    };
    assert_eq!(bare(&again.value), bare(feedback), "{written}");
}
