//! Tevatron 2: a query with the ids of its positive and its negative documents.
//!
//! Reads the words of queries only, no images; Tevatron 1, with the passages in each line, is another format.

use super::super::error::Problem;
use super::super::json_line;
use super::example::{Candidate, Example, Side, Source, query, rest};
use serde_json::{Map, Value};

/// Field of the query's words.
pub(super) const QUERY: &str = "query_text";
/// Fields of the ids, positives first.
pub(super) const IDS: [&str; 2] = ["positive_document_ids", "negative_document_ids"];

/// Reads a line.
pub(super) fn example(object: Map<String, Value>) -> Result<Example, Problem> {
    let mut candidates = Vec::new();
    for (field, side) in IDS.into_iter().zip([Side::Positive, Side::Negative]) {
        for id in json_line::list(&object, field)? {
            let source = Source::Id(json_line::id_of(id, &[field])?);
            candidates.push(Candidate { source, side, score: None });
        }
    }
    Ok(Example {
        query_id: json_line::id(&object, &["query_id"])?,
        query: query(&object, &[QUERY])?,
        candidates,
        other: rest(object, &["query_id", QUERY, IDS[0], IDS[1]]),
        choice: None,
    })
}
