//! Ranked lists, and the reader of TREC run files.
//!
//! Writes none: that is `export`'s.

use super::error::{Problem, clip};
use super::table::{Separator, rows};
use super::text_file::{decode, finish};
use super::{DataError, Parsed};
use csv::StringRecord;
use std::collections::{BTreeMap, HashSet};

/// A retrieved passage by id.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Passage id.
    pub passage: String,
    /// Score, higher is better.
    pub score: f32,
}

/// Hits by query id, best first: score descending, equal scores by passage id descending.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Run {
    by_query: BTreeMap<String, Vec<Hit>>,
}

impl Run {
    /// Adds the hits of a query in any order, and replaces what was there for it.
    pub fn insert(&mut self, query_id: &str, mut hits: Vec<Hit>) {
        // Adding 0 turns -0 into +0: the two tie.
        let key = |hit: &Hit| hit.score + 0.0;
        hits.sort_by(|a, b| key(b).total_cmp(&key(a)).then_with(|| b.passage.cmp(&a.passage)));
        self.by_query.insert(query_id.to_owned(), hits);
    }

    /// Returns the hits of a query, best first.
    pub fn for_query(&self, query_id: &str) -> Option<&[Hit]> {
        self.by_query.get(query_id).map(Vec::as_slice)
    }

    /// Iterates over queries and their hits, queries in byte order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Hit])> {
        self.by_query.iter().map(|(query, hits)| (query.as_str(), hits.as_slice()))
    }

    /// Counts the queries.
    pub fn len(&self) -> usize {
        self.by_query.len()
    }

    /// Tells whether there is no query.
    pub fn is_empty(&self) -> bool {
        self.by_query.is_empty()
    }
}

/// Reads a run: six or more columns; rank, tag and what follows are ignored, the order comes from the scores.
///
/// # Errors
/// Any whole-file variant of [`DataError`].
pub fn read_run(file_name: &str, bytes: &[u8]) -> Result<Parsed<Run>, DataError> {
    let text = decode(file_name, bytes)?;
    let mut by_query: BTreeMap<String, Vec<Hit>> = BTreeMap::new();
    let mut seen = HashSet::new();
    let mut refused = Vec::new();
    let mut records = 0;
    for row in rows(text, Separator::Blank) {
        let hit =
            row.and_then(|(line, fields)| hit_of(&fields, &mut seen).map_err(|problem| (line, problem)));
        match hit {
            Ok((query, hit)) => {
                by_query.entry(query).or_default().push(hit);
                records += 1;
            }
            Err((line, problem)) => refused.push(problem.at(file_name, line)),
        }
    }
    let mut run = Run::default();
    by_query.into_iter().for_each(|(query, hits)| run.insert(&query, hits));
    finish(file_name, run, records, refused)
}

fn hit_of(fields: &StringRecord, seen: &mut HashSet<(String, String)>) -> Result<(String, Hit), Problem> {
    let mut columns = fields.iter();
    let (Some(query), Some(passage), Some(score), true) =
        (columns.next(), columns.nth(1), columns.nth(1), fields.len() >= 6)
    else {
        let reason = format!("the line has {} columns; a run has 6", fields.len());
        return Err(Problem::new(reason, "Write query, Q0, passage, rank, score and a tag."));
    };
    let Some(score) = score.parse().ok().filter(|score: &f32| !score.is_nan()) else {
        let reason = format!("score '{}' is not a number", clip(score));
        return Err(Problem::new(reason, "Correct it, or leave the line out."));
    };
    if !seen.insert((query.to_owned(), passage.to_owned())) {
        let reason = format!("passage '{}' is there twice for query '{}'", clip(passage), clip(query));
        return Err(Problem::new(reason, "Keep one of the two lines."));
    }
    Ok((query.to_owned(), Hit { passage: passage.to_owned(), score }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn hit(passage: &str, score: f32) -> Hit {
        Hit { passage: passage.into(), score }
    }

    #[test]
    fn ranks_are_ignored_and_bad_lines_refused() {
        let text = "q Q0 a 1 0.1 t\nq Q0 b 2 0.9 t extra\nq Q0 a 3 0.2 t\nq Q0 c 4 nan t\nq Q0 d 5 1\n";
        let parsed = read_run("run", text.as_bytes()).unwrap();
        assert_eq!(parsed.value.for_query("q").unwrap(), [hit("b", 0.9), hit("a", 0.1)]);
        let said: Vec<&str> = parsed.refused.iter().map(|r| r.reason.as_str()).collect();
        assert_eq!(
            said,
            [
                "passage 'a' is there twice for query 'q'",
                "score 'nan' is not a number",
                "the line has 5 columns; a run has 6"
            ]
        );
    }
}
