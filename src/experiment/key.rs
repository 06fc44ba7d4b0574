//! What a trial is known by: its settings, what is done to the feedback, the texts and judgements, and the model.
//!
//! A trial that differs in any of these has another key, so a stale result is never taken for a fresh one.

use super::Cell;
use crate::data::Collection;
use sha2::{Digest, Sha256};

/// Changes when a trial of the same description would come out differently.
const EDITION: &str = "figret trial 1";

/// Returns the first 16 bytes of the SHA-256 of all that a trial uses of a collection, as hexadecimal digits.
pub fn collection_digest(collection: &Collection) -> String {
    let mut hash = Sha256::new();
    for passage in collection.corpus.passages() {
        hash.update(format!("{:?}{:?}", passage.id, passage.embedding_text()));
    }
    for query in collection.judged_queries() {
        hash.update(format!("{:?}{:?}", query.id, query.text));
    }
    hash.update(format!("{:?}", collection.qrels.as_map()));
    for line in collection.feedback.iter().flat_map(|feedback| &feedback.queries) {
        let round = line.round();
        let said = (&line.query_id, &line.query, &line.preferences, &line.guidance);
        hash.update(format!("{round} {said:?}"));
    }
    hex(hash)
}

/// Returns a cell's key; `digests` are those of the design's collections, in their order, `model` that of the model.
pub(super) fn cell_key(cell: &Cell, digests: &[String], model: &str) -> String {
    let mut hash = Sha256::new();
    // Pieces of a pass change nothing but the memory.
    let settings = crate::train::TrainSettings { pass_memory_mib: 0, ..cell.settings.clone() };
    hash.update(format!("{EDITION} {model} {digests:?} {} {:?} {settings:?}", cell.source, cell.treatment));
    hex(hash)
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::super::{Fault, Treatment};
    use super::*;
    use crate::data::{NamedBytes, assemble};
    use crate::train::TrainSettings;

    fn collection(feedback_score: u8, grade: u8) -> Collection {
        let file = |name: &str, text: String| NamedBytes { name: name.into(), bytes: text.into_bytes() };
        let files = vec![
            file(
                "corpus.jsonl",
                "{\"_id\": \"p\", \"text\": \"one\"}\n{\"_id\": \"r\", \"text\": \"two\"}".into(),
            ),
            file("queries.jsonl", "{\"_id\": \"q\", \"text\": \"which\"}".into()),
            file("qrels/test.tsv", format!("q\tp\t{grade}\n")),
            file(
                "feedback.jsonl",
                format!(
                    "{{\"query\": \"other\", \"preferences\": [{{\"doc_id\": \"p\", \"score\": {feedback_score}}}, {{\"doc_id\": \"r\", \"score\": 3}}]}}"
                ),
            ),
        ];
        assemble(files, None).unwrap().collection
    }

    #[test]
    fn a_collection_is_known_by_its_texts_judgements_and_feedback() {
        let same = collection_digest(&collection(0, 1));
        assert_eq!(same, collection_digest(&Collection { name: "another".into(), ..collection(0, 1) }));
        assert_ne!(same, collection_digest(&collection(1, 1)));
        assert_ne!(same, collection_digest(&collection(0, 2)));
    }

    #[test]
    fn a_cell_is_known_by_everything_that_it_depends_on() {
        let cell = Cell { source: 0, settings: TrainSettings::default(), treatment: Treatment::AsItIs };
        let digests = ["a".to_owned()];
        let key = |cell: &Cell| cell_key(cell, &digests, "model");
        let with = |settings| Cell { settings, ..cell.clone() };
        let others = [
            with(TrainSettings { seed: 1, ..TrainSettings::default() }),
            with(TrainSettings { steps: 7, ..TrainSettings::default() }),
            Cell { treatment: Treatment::Share(0.1), ..cell.clone() },
            Cell { treatment: Treatment::Spoilt(Fault::WrongQueries, 0.1), ..cell.clone() },
            Cell { source: 1, ..cell.clone() },
        ];
        assert!(others.iter().all(|other| key(other) != key(&cell)));
        assert_ne!(key(&cell), cell_key(&cell, &["b".to_owned()], "model"));
        assert_ne!(key(&cell), cell_key(&cell, &digests, "other"));
        assert_eq!(key(&cell), key(&with(TrainSettings { pass_memory_mib: 16, ..TrainSettings::default() })));
        assert_eq!(key(&cell).len(), 32);
    }
}
