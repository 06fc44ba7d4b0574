//! Relevance judgements and their reader: BEIR tsv, TREC, or csv.
//!
//! A judged passage that the corpus lacks stays: the measures count it among what could have been found.

use super::error::{Problem, clip};
use super::records::column;
use super::table::{Separator, rows};
use super::text_file::{decode, finish};
use super::{Corpus, DataError, Parsed, Queries};
use csv::StringRecord;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Header names of the query column.
pub(super) const QUERY: &[&str] = &["query-id", "query_id", "qid", "query", "topic"];
/// Header names of the passage column.
pub(super) const PASSAGE: &[&str] = &[
    "corpus-id",
    "corpus_id",
    "doc_id",
    "doc-id",
    "docid",
    "docno",
    "passage_id",
    "passage-id",
    "pid",
    "document_id",
    "doc",
    "document",
    "passage",
];
/// Header names of the grade column.
pub(super) const GRADE: &[&str] = &["score", "grade", "relevance", "rel", "label", "rating"];

/// Grades by query id and passage id; relevant is 1 and more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Qrels {
    by_query: BTreeMap<String, BTreeMap<String, i32>>,
}

impl Qrels {
    /// Adds a judgement and returns the one that it replaces, if any.
    pub fn insert(&mut self, query_id: &str, passage_id: &str, grade: i32) -> Option<i32> {
        self.by_query.entry(query_id.to_owned()).or_default().insert(passage_id.to_owned(), grade)
    }

    /// Returns the grades of a query by passage id.
    pub fn for_query(&self, query_id: &str) -> Option<&BTreeMap<String, i32>> {
        self.by_query.get(query_id)
    }

    /// Iterates over the ids of the judged queries, in byte order.
    pub fn query_ids(&self) -> impl Iterator<Item = &str> {
        self.by_query.keys().map(String::as_str)
    }

    /// Returns all grades, by query id and passage id, as the measures take them.
    pub fn as_map(&self) -> &BTreeMap<String, BTreeMap<String, i32>> {
        &self.by_query
    }

    /// Counts the judgements.
    pub fn judgements(&self) -> usize {
        self.by_query.values().map(BTreeMap::len).sum()
    }

    /// Counts the judgements of passages that a corpus does not hold.
    pub fn unknown_passages(&self, corpus: &Corpus) -> usize {
        let passages = self.by_query.values().flat_map(BTreeMap::keys);
        passages.filter(|passage| corpus.position(passage).is_none()).count()
    }

    /// Tells whether there is no judgement.
    pub fn is_empty(&self) -> bool {
        self.by_query.is_empty()
    }
}

/// Reads judgements: query, passage, grade (BEIR tsv or csv, header or not) or TREC's four columns.
///
/// Grades are whole numbers; negative ones are kept. A second judgement of the same pair is refused, and so is
/// one of a query that `queries` lacks.
///
/// # Errors
/// Any whole-file variant of [`DataError`].
pub fn read_qrels(file_name: &str, bytes: &[u8], queries: &Queries) -> Result<Parsed<Qrels>, DataError> {
    let text = decode(file_name, bytes)?;
    let mut qrels = Qrels::default();
    let mut first_lines = BTreeMap::new();
    let mut refused = Vec::new();
    let mut header = None;
    for (i, row) in rows(text, separator(text)).enumerate() {
        let taken = row.and_then(|(line, fields)| {
            if i == 0 {
                header = Layout::of_header(&fields);
                if header.is_some() {
                    return Ok(());
                }
            }
            take(&fields, header, queries, &mut qrels, &mut first_lines, line).map_err(|p| (line, p))
        });
        if let Err((line, problem)) = taken {
            refused.push(problem.at(file_name, line));
        }
    }
    let records = qrels.judgements();
    finish(file_name, qrels, records, refused)
}

/// Picks the separator; a TREC line may hold a stray tab or comma among its blanks.
fn separator(text: &str) -> Separator {
    let guess = Separator::of(text);
    match rows(text, guess).next() {
        Some(Ok((_, fields))) if fields.len() >= 3 => guess,
        _ => Separator::Blank,
    }
}

/// Columns of query, passage and grade.
#[derive(Debug, Clone, Copy)]
struct Layout([usize; 3]);

impl Layout {
    fn of_header(fields: &StringRecord) -> Option<Self> {
        Some(Self([column(fields, QUERY)?, column(fields, PASSAGE)?, column(fields, GRADE)?]))
    }

    fn of_row(fields: &StringRecord) -> Result<Self, Problem> {
        match fields.len() {
            3 => Ok(Self([0, 1, 2])),
            4 => Ok(Self([0, 2, 3])),
            n => Err(Problem::new(
                format!("the line has {n} columns; judgements have 3 (query, passage, grade) or 4 (TREC)"),
                "Correct it, or leave the line out.",
            )),
        }
    }
}

fn take<'a>(
    fields: &StringRecord,
    header: Option<Layout>,
    queries: &'a Queries,
    qrels: &mut Qrels,
    first_lines: &mut BTreeMap<(&'a str, String), u64>,
    line: u64,
) -> Result<(), Problem> {
    let Layout(columns) = header.map_or_else(|| Layout::of_row(fields), Ok)?;
    let [query, passage, grade] = columns.map(|column| fields.get(column).unwrap_or_default().trim());
    if query.is_empty() || passage.is_empty() {
        return Err(Problem::new(
            "the query id or the passage id is empty",
            "Correct it, or leave the line out.",
        ));
    }
    let grade = whole(grade)?;
    let Some(known) = queries.get(query) else {
        let reason = format!("query '{}' is not among the queries", clip(query));
        return Err(Problem::new(reason, "Leave the line out, or add the query."));
    };
    match first_lines.entry((&known.id, passage.to_owned())) {
        Entry::Vacant(slot) => {
            slot.insert(line);
            qrels.insert(query, passage, grade);
            Ok(())
        }
        Entry::Occupied(first) => {
            let (query, passage, first) = (clip(query), clip(passage), first.get());
            let reason = format!("passage '{passage}' is already judged for query '{query}' on line {first}");
            Err(Problem::new(reason, "Keep one of the two lines."))
        }
    }
}

/// Parses a grade, `2` or `2.0`.
fn whole(grade: &str) -> Result<i32, Problem> {
    let value: f64 = grade.parse().unwrap_or(f64::NAN);
    if value.fract() == 0.0 && value.abs() <= f64::from(i32::MAX) {
        return Ok(value as i32);
    }
    let reason = format!("grade '{}' is not a whole number", clip(grade));
    Err(Problem::new(reason, "Write a whole number, or leave the line out."))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::super::{Passage, Query};
    use super::*;

    fn queries() -> Queries {
        Queries::new(["q1", "q2"].map(|id| Query { id: id.into(), text: id.into() }).to_vec()).unwrap()
    }

    fn read(file: &str, text: &str) -> Parsed<Qrels> {
        read_qrels(file, text.as_bytes(), &queries()).unwrap()
    }

    #[test]
    fn every_format_gives_the_same_judgements() {
        let beir = read("test.tsv", "query-id\tcorpus-id\tscore\nq1\ta\t2\nq1\tb\t-1\nq2\ta\t0\n").value;
        for (file, text) in [
            ("test.tsv", "q1\ta\t2\nq1\tb\t-1\nq2\ta\t0\n"),
            ("qrels.txt", "q1 0\ta 2\nq1 0 b -1\nq2 Q0 a 0\n"),
            ("qrels.tsv", "q1\t0\ta\t2\nq1\t0\tb\t-1\nq2\t0\ta\t0\n"),
            ("qrels.csv", "score,docid,qid\r\n2.0,a,q1\r\n-1,b,q1\r\n0,a,q2\r\n"),
            ("qrels", "q1,a,2\nq1,b,-1.0\nq2,a,0\n"),
        ] {
            let parsed = read(file, text);
            assert_eq!(parsed.value, beir, "{text}");
            assert_eq!((parsed.records, parsed.refused.len()), (3, 0), "{text}");
        }
        assert_eq!(beir.judgements(), 3);
        assert_eq!(beir.query_ids().collect::<Vec<_>>(), ["q1", "q2"]);
        assert_eq!(beir.for_query("q1").unwrap()["b"], -1);
        assert_eq!(beir.for_query("q3"), None);
    }

    #[test]
    fn lines_that_cannot_be_used_say_why() {
        let text = "q1 0 a 1\nq1 0 a 2\nq9 0 a 1\nq1 0 b 1.5\nq1 0 c\nq1 b\nq2 0 b NaN\n";
        let said: Vec<String> = read("qrels.txt", text).refused.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "qrels.txt line 2: passage 'a' is already judged for query 'q1' on line 1. Keep one of the two \
                 lines.",
                "qrels.txt line 3: query 'q9' is not among the queries. Leave the line out, or add the query.",
                "qrels.txt line 4: grade '1.5' is not a whole number. Write a whole number, or leave the \
                 line out.",
                "qrels.txt line 5: grade 'c' is not a whole number. Write a whole number, or leave the \
                 line out.",
                "qrels.txt line 6: the line has 2 columns; judgements have 3 (query, passage, grade) or 4 \
                 (TREC). Correct it, or leave the line out.",
                "qrels.txt line 7: grade 'NaN' is not a whole number. Write a whole number, or leave the \
                 line out.",
            ]
        );
    }

    #[test]
    fn a_short_line_under_a_header_is_refused() {
        let parsed = read("test.tsv", "query-id\tcorpus-id\tscore\nq1\ta\t1\nq1\tb\nq1\t\t1\n");
        let said: Vec<&str> = parsed.refused.iter().map(|r| r.reason.as_str()).collect();
        assert_eq!(said, ["grade '' is not a whole number", "the query id or the passage id is empty"]);
    }

    #[test]
    fn judged_passages_that_the_corpus_lacks_are_counted() {
        let qrels = read("qrels", "q1 0 a 1\nq1 0 z 1\nq2 0 z 1\n").value;
        let corpus = Corpus::new(vec![Passage { id: "a".into(), ..Passage::default() }]).unwrap();
        assert_eq!(qrels.unknown_passages(&corpus), 2);
    }
}
