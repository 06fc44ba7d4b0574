//! sentence-transformers: columns `anchor`, `positive`, `negative` or `negative_1` and so on, with or without
//! the teacher's `label`.
//!
//! The tool itself goes by the order of columns and not by their names; here the names must be these. What a
//! label means follows from its length: as many numbers as texts are their scores (DistillKLDivLoss), one fewer
//! are differences from the positive's score to each negative's (MarginMSELoss).

use super::super::error::{LEAVE_OUT, Problem, clip};
use super::super::records::column;
use super::super::table::{Separator, rows};
use super::super::{DataError, json_line};
use super::Examples;
use super::example::{Candidate, Example, Side, query, rest, scored, texts, uneven};
use csv::StringRecord;
use serde_json::{Map, Number, Value};

/// Names of the query's column.
pub(super) const QUERY: &[&str] = &["anchor", "query", "question"];
/// Name of the better text's column.
pub(super) const POSITIVE: &str = "positive";
/// Names of the columns that the tool takes for labels.
pub(super) const LABEL: &[&str] = &["label", "labels", "score", "scores"];

const MARGINS: &str = "a label with one number fewer than there are texts is how far each negative's score is \
                       below the positive's";

/// Reads a line or a row.
pub(super) fn example(object: Map<String, Value>) -> Result<Example, Problem> {
    let positives = texts(&object, POSITIVE)?;
    let mut used = negative_columns(&object);
    let mut negatives = Vec::new();
    for name in &used {
        negatives.extend(texts(&object, name)?);
    }
    let labels = labels(&object)?;
    let count = positives.len() + negatives.len();
    let margins = labels.len() + 1 == count && positives.len() == 1 && !labels.is_empty();
    if !labels.is_empty() && labels.len() != count && !margins {
        return Err(uneven(("the label", labels.len()), ("the texts", count)));
    }
    // Differences fix the scores but for a constant: the positive's is 0.
    let scores =
        if margins { [0.0].into_iter().chain(labels.iter().map(|m| 0.0 - m)).collect() } else { labels };
    let (first, second) = scores.split_at(scores.len().min(positives.len()));
    let candidates: Vec<Candidate> = scored(Side::Positive, positives, first.to_vec())
        .chain(scored(Side::Negative, negatives, second.to_vec()))
        .collect();
    used.extend(QUERY.iter().chain(LABEL).chain(&[POSITIVE, "query_id"]).map(|&name| name.to_owned()));
    let used: Vec<&str> = used.iter().map(String::as_str).collect();
    Ok(Example {
        query_id: json_line::id(&object, &["query_id"])?,
        query: query(&object, QUERY)?,
        candidates,
        other: rest(object, &used),
        choice: margins.then_some(MARGINS),
    })
}

/// The columns of worse texts by number: names alone would put 10 before 2, and labels go by number.
fn negative_columns(object: &Map<String, Value>) -> Vec<String> {
    let mut columns: Vec<(u32, &String)> =
        object.keys().filter_map(|name| Some((negative_number(name)?, name))).collect();
    columns.sort_unstable();
    columns.into_iter().map(|(_, name)| name.clone()).collect()
}

/// Number of a column of worse texts; `negative` alone is 0.
pub(super) fn negative_number(name: &str) -> Option<u32> {
    match name.strip_prefix("negative")? {
        "" | "s" => Some(0),
        number => number.strip_prefix('_')?.parse().ok(),
    }
}

fn labels(object: &Map<String, Value>) -> Result<Vec<f64>, Problem> {
    match json_line::field(object, LABEL) {
        None => Ok(Vec::new()),
        Some(Value::Array(labels)) => labels.iter().map(|label| json_line::finite(label, "label")).collect(),
        Some(label) => Ok(vec![json_line::finite(label, "label")?]),
    }
}

/// Reads a table with such columns.
///
/// # Errors
/// [`DataError::MissingColumn`] without a column of queries or of positives.
pub(super) fn table<'a>(file: &str, text: &'a str) -> Result<Examples<'a>, DataError> {
    let mut rows = rows(text, Separator::of(text));
    let mut header = StringRecord::new();
    if let Some(Ok((line, fields))) = rows.next() {
        for (wanted, accepted) in [("query", QUERY), ("positive", &[POSITIVE])] {
            column(&fields, accepted)
                .ok_or_else(|| DataError::missing_column(file, line, wanted, accepted, &fields))?;
        }
        header = fields.iter().map(|name| name.trim().to_lowercase()).collect();
    }
    Ok(Box::new(rows.map(move |row| match row {
        Ok((line, fields)) => (line, object(&header, &fields).and_then(example)),
        Err((line, problem)) => (line, Err(problem)),
    })))
}

/// A row as the object that it would be in JSON, without its blank cells.
fn object(header: &StringRecord, fields: &StringRecord) -> Result<Map<String, Value>, Problem> {
    let mut object = Map::new();
    for (name, cell) in header.iter().zip(fields).filter(|(_, cell)| !cell.trim().is_empty()) {
        let value = if LABEL.contains(&name) { numbers(cell)? } else { Value::String(cell.to_owned()) };
        object.insert(name.to_owned(), value);
    }
    Ok(object)
}

/// Reads a label's cell: a number, a list as JSON has it, or as numpy prints it, without commas.
fn numbers(cell: &str) -> Result<Value, Problem> {
    let inner = cell.trim().trim_start_matches('[').trim_end_matches(']');
    let words = inner.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty());
    let number = |word: &str| word.parse().ok().and_then(Number::from_f64).map(Value::Number);
    let numbers: Option<Vec<Value>> = words.map(number).collect();
    numbers.map(Value::Array).ok_or_else(|| {
        Problem::new(format!("label '{}' is neither a number nor a list of numbers", clip(cell)), LEAVE_OUT)
    })
}
