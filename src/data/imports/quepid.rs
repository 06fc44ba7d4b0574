//! Quepid's ratings: a table of query, document id and rating, one rating a row.
//!
//! Takes the words of a query, not an id: a table of ids is judgements, which `qrels` reads.

use super::super::DataError;
use super::super::error::{LEAVE_OUT, Problem, clip};
use super::super::records::column;
use super::super::table::{Separator, rows};
use super::Examples;
use super::example::{Candidate, Example, Side, Source};
use csv::StringRecord;
use serde_json::Map;

const QUERY: &[&str] = &["query", "query text", "query_text"];
const PASSAGE: &[&str] = &["docid", "doc id", "doc_id"];
const RATING: &[&str] = &["rating"];

/// Columns of query, document id and rating.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns([usize; 3]);

impl Columns {
    /// Finds the columns by their names.
    pub(super) fn find(header: &StringRecord) -> Option<Self> {
        Some(Self([column(header, QUERY)?, column(header, PASSAGE)?, column(header, RATING)?]))
    }

    fn need(file: &str, line: u64, header: &StringRecord) -> Result<Self, DataError> {
        let need = |wanted: &'static str, accepted: &[&str]| {
            column(header, accepted)
                .ok_or_else(|| DataError::missing_column(file, line, wanted, accepted, header))
        };
        Ok(Self([need("query", QUERY)?, need("document id", PASSAGE)?, need("rating", RATING)?]))
    }

    /// The query of a row.
    pub(super) fn query(self, row: &StringRecord) -> &str {
        row.get(self.0[0]).unwrap_or_default().trim()
    }

    fn example(self, row: &StringRecord) -> Result<Example, Problem> {
        let [query, id, rating] = self.0.map(|column| row.get(column).unwrap_or_default().trim());
        if query.is_empty() {
            return Err(Problem::new("the query is empty", LEAVE_OUT));
        }
        if id.is_empty() || rating.is_empty() {
            let reason = format!("query '{}' is not rated here", clip(query));
            return Err(Problem::new(reason, "Leave the line out."));
        }
        let score = rating.parse().ok().filter(|rating: &f64| rating.is_finite());
        let Some(score) = score else {
            return Err(Problem::new(format!("rating '{}' is not a number", clip(rating)), LEAVE_OUT));
        };
        let source = Source::Id(id.to_owned());
        Ok(Example {
            query_id: None,
            query: query.to_owned(),
            candidates: vec![Candidate { source, side: Side::Rated, score: Some(score) }],
            other: Map::new(),
            choice: None,
        })
    }
}

/// Reads a table of ratings.
///
/// # Errors
/// [`DataError::MissingColumn`] without one of the three columns.
pub(super) fn table<'a>(file: &str, text: &'a str) -> Result<Examples<'a>, DataError> {
    let mut rows = rows(text, Separator::of(text));
    let Some(Ok((line, header))) = rows.next() else {
        return Ok(Box::new(std::iter::empty()));
    };
    let columns = Columns::need(file, line, &header)?;
    Ok(Box::new(rows.map(move |row| match row {
        Ok((line, fields)) => (line, columns.example(&fields)),
        Err((line, problem)) => (line, Err(problem)),
    })))
}
