//! Queries and their reader: BEIR `queries.jsonl`, or csv or tsv with a header.

use super::corpus::positions_by_id;
use super::records::{Names, read_records};
use super::{DataError, Parsed};
use std::collections::HashMap;

/// Field and column names of a query file.
pub(super) const NAMES: Names = Names {
    what: "query",
    id: &["_id", "id", "query_id", "query-id", "qid"],
    text: &["text", "query", "question"],
    title: &[],
    empty_text: false,
};

/// An information need in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Its id, unique among the queries.
    pub id: String,
    /// Its text.
    pub text: String,
}

/// Queries in the order of their file, found by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Queries {
    queries: Vec<Query>,
    positions: HashMap<String, usize>,
}

impl Queries {
    /// Builds the queries of a collection; there may be none.
    ///
    /// # Errors
    /// [`DataError::EmptyId`] or [`DataError::DuplicateId`].
    pub fn new(queries: Vec<Query>) -> Result<Self, DataError> {
        let positions = positions_by_id("query", queries.iter().map(|query| query.id.as_str()))?;
        Ok(Self { queries, positions })
    }

    /// Iterates over the queries in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Query> {
        self.queries.iter()
    }

    /// Finds a query by its id.
    pub fn get(&self, id: &str) -> Option<&Query> {
        self.queries.get(*self.positions.get(id)?)
    }

    /// Counts the queries.
    pub fn len(&self) -> usize {
        self.queries.len()
    }

    /// Tells whether there is no query.
    pub fn is_empty(&self) -> bool {
        self.queries.is_empty()
    }
}

impl<'a> IntoIterator for &'a Queries {
    type Item = &'a Query;
    type IntoIter = std::slice::Iter<'a, Query>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Reads queries: JSONL with `_id` and `text`, or a table with such columns.
///
/// # Errors
/// Any whole-file variant of [`DataError`].
pub fn read_queries(file_name: &str, bytes: &[u8]) -> Result<Parsed<Queries>, DataError> {
    let Parsed { value, records, refused } = read_records(file_name, bytes, &NAMES)?;
    let queries = value.into_iter().map(|record| Query { id: record.id, text: record.text });
    Ok(Parsed { value: Queries::new(queries.collect())?, records, refused })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn queries_are_read_from_jsonl_and_tables() {
        let jsonl = read_queries("queries.jsonl", b"{\"_id\": 1, \"text\": \"a\"}\n").unwrap().value;
        let tsv = read_queries("q.tsv", b"query_id\tquery\n1\ta\n").unwrap().value;
        assert_eq!(jsonl, tsv);
        assert_eq!(jsonl.get("1").unwrap().text, "a");
        assert_eq!(jsonl.get("2"), None);
        assert_eq!((jsonl.len(), jsonl.iter().count()), (1, 1));
    }

    #[test]
    fn a_query_without_text_is_refused() {
        let parsed = read_queries("q.csv", b"id,text\n1,a\n2, \n").unwrap();
        assert_eq!(
            parsed.refused[0].to_string(),
            "q.csv line 3: query '2' has no text. Write its text, or leave the line out."
        );
    }

    #[test]
    fn there_may_be_no_queries_but_not_two_of_one_id() {
        assert!(Queries::new(vec![]).unwrap().is_empty());
        let query = Query { id: "a".into(), text: "x".into() };
        let error = Queries::new(vec![query.clone(), query]).unwrap_err();
        assert_eq!(error, DataError::DuplicateId { what: "query", id: "a".into() });
    }
}
