//! Ranked lists as TREC run files.
//!
//! Scores are written with nine significant digits, so that every f32 comes back as it was and a tie stays
//! a tie in every version of trec_eval.

use super::error::{Problem, clip};
use super::table::{Separator, rows};
use super::text_file::{decode, finish};
use super::{DataError, Parsed};
use csv::StringRecord;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

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

/// Writes a run as TREC lines `query Q0 passage rank score tag`, ranks from 1.
///
/// Blanks within ids and the tag are percent-encoded, because the format has no other way to hold them.
pub fn write_run(run: &Run, tag: &str) -> String {
    let tag = without_blanks(tag);
    let mut lines = String::new();
    for (query, hits) in run.iter() {
        let query = without_blanks(query);
        for (rank, hit) in (1..).zip(hits) {
            let (passage, score) = (without_blanks(&hit.passage), nine_digits(hit.score));
            // Writing to a String cannot fail.
            let _: std::fmt::Result = writeln!(lines, "{query} Q0 {passage} {rank} {score} {tag}");
        }
    }
    lines
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

/// Writes a score with nine significant digits, without an exponent where that is short.
fn nine_digits(score: f32) -> String {
    let scientific = format!("{score:.8e}");
    let exponent = scientific.split_once('e').and_then(|(_, e)| e.parse::<i32>().ok());
    match exponent.and_then(|e| usize::try_from(8 - e).ok()) {
        Some(decimals) if decimals <= 12 => format!("{score:.decimals$}"),
        _ => scientific,
    }
}

fn without_blanks(id: &str) -> String {
    let mut encoded = String::with_capacity(id.len());
    for c in id.chars() {
        if c.is_whitespace() {
            let mut buffer = [0; 4];
            c.encode_utf8(&mut buffer).bytes().for_each(|byte| encoded.push_str(&format!("%{byte:02X}")));
        } else {
            encoded.push(c);
        }
    }
    encoded
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn hit(passage: &str, score: f32) -> Hit {
        Hit { passage: passage.into(), score }
    }

    #[test]
    fn a_run_is_written_in_trec_order_and_comes_back() {
        let mut run = Run::default();
        run.insert("q1", vec![hit("a", 0.5), hit("b", 0.5), hit("u", 0.7)]);
        let written = write_run(&run, "my tag");
        assert_eq!(
            written,
            "q1 Q0 u 1 0.699999988 my%20tag\nq1 Q0 b 2 0.500000000 my%20tag\nq1 Q0 a 3 0.500000000 my%20tag\n"
        );
        let back = read_run("run.txt", written.as_bytes()).unwrap();
        assert_eq!(back.value, run);
        assert_eq!(back.records, 3);
    }

    #[test]
    fn nine_digits_bring_back_every_f32() {
        for score in [0.1, -0.333_333_34, 1.0, 0.0, 1e-4, 1.234_567_8e-9, 3.4e38, -0.999_999_94, 12345.678] {
            assert_eq!(nine_digits(score).parse::<f32>().unwrap(), score);
        }
        assert_eq!(nine_digits(1.0), "1.00000000");
        assert_eq!(nine_digits(0.0625), "0.0625000000");
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
