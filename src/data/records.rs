//! What corpus and query files have in common: records of id, title and text, as JSONL or as a table.

use super::error::{Problem, clip};
use super::table::{Separator, rows};
use super::text_file::{decode, finish, is_jsonl, lines};
use super::{DataError, Parsed, Refusal, json_line};
use csv::StringRecord;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The names under which a kind of record keeps its parts; the first is the one that messages use.
pub(super) struct Names {
    /// `passage` or `query`.
    pub(super) what: &'static str,
    pub(super) id: &'static [&'static str],
    pub(super) text: &'static [&'static str],
    pub(super) title: &'static [&'static str],
    /// Whether a record may have an empty text.
    pub(super) empty_text: bool,
}

/// One record of a corpus or a query file.
pub(super) struct Record {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) text: String,
}

/// Reads all records; a second record with the same id is refused.
pub(super) fn read_records(
    file: &str,
    bytes: &[u8],
    names: &Names,
) -> Result<Parsed<Vec<Record>>, DataError> {
    let text = decode(file, bytes)?;
    let mut kept = Kept { file, names, records: Vec::new(), refused: Vec::new(), first_line: HashMap::new() };
    if is_jsonl(file, text)? {
        for (line, text) in lines(text) {
            kept.take(line, from_json(text, names));
        }
    } else {
        read_table(file, text, names, &mut kept)?;
    }
    let count = kept.records.len();
    finish(file, kept.records, count, kept.refused)
}

struct Kept<'a> {
    file: &'a str,
    names: &'a Names,
    records: Vec<Record>,
    refused: Vec<Refusal>,
    first_line: HashMap<String, u64>,
}

impl Kept<'_> {
    fn take(&mut self, line: u64, record: Result<Record, Problem>) {
        match record.and_then(|record| self.check(line, record)) {
            Ok(record) => self.records.push(record),
            Err(problem) => self.refused.push(problem.at(self.file, line)),
        }
    }

    fn check(&mut self, line: u64, record: Record) -> Result<Record, Problem> {
        let what = self.names.what;
        if !self.names.empty_text && record.text.trim().is_empty() {
            let reason = format!("{what} '{}' has no text", clip(&record.id));
            return Err(Problem::new(reason, "Write its text, or leave the line out."));
        }
        match self.first_line.entry(record.id.clone()) {
            Entry::Vacant(slot) => {
                slot.insert(line);
                Ok(record)
            }
            Entry::Occupied(first) => {
                Err(Problem::id_in_use(&format!("{what} id"), &record.id, *first.get()))
            }
        }
    }
}

pub(super) fn from_json(line: &str, names: &Names) -> Result<Record, Problem> {
    let object = json_line::parse_object(line)?;
    let id = json_line::id(&object, names.id)?.ok_or_else(|| json_line::missing(names.id))?;
    let text = json_line::text(&object, names.text)?.ok_or_else(|| json_line::missing(names.text))?;
    let title = json_line::text(&object, names.title)?.unwrap_or_default();
    Ok(Record { id, title: title.to_owned(), text: text.to_owned() })
}

fn read_table(file: &str, text: &str, names: &Names, kept: &mut Kept<'_>) -> Result<(), DataError> {
    let mut columns = None;
    for row in rows(text, Separator::of(text)) {
        match (row, &columns) {
            (Ok((line, header)), None) => columns = Some(Columns::find(file, line, &header, names)?),
            (Ok((line, fields)), Some(columns)) => kept.take(line, columns.record(&fields)),
            (Err((line, problem)), _) => kept.take(line, Err(problem)),
        }
    }
    Ok(())
}

/// Where a table keeps its parts.
struct Columns {
    id: usize,
    text: usize,
    title: Option<usize>,
    width: usize,
}

impl Columns {
    fn find(file: &str, line: u64, header: &StringRecord, names: &Names) -> Result<Self, DataError> {
        let need = |wanted: &'static str, accepted: &[&str]| {
            column(header, accepted)
                .ok_or_else(|| DataError::missing_column(file, line, wanted, accepted, header))
        };
        let id = need("id", names.id)?;
        let text = need("text", names.text)?;
        Ok(Self { id, text, title: column(header, names.title), width: header.len() })
    }

    fn record(&self, fields: &StringRecord) -> Result<Record, Problem> {
        let surplus = fields.iter().skip(self.width).any(|field| !field.trim().is_empty());
        let (Some(id), Some(text), false) = (fields.get(self.id), fields.get(self.text), surplus) else {
            let reason = format!("the line has {} columns, the header has {}", fields.len(), self.width);
            let remedy = "Put a text that holds the separator in double quotes, or leave the line out.";
            return Err(Problem::new(reason, remedy));
        };
        if id.trim().is_empty() {
            return Err(Problem::new("the id is empty", "Give the line an id, or leave it out."));
        }
        let title = self.title.and_then(|column| fields.get(column)).unwrap_or_default();
        Ok(Record { id: id.trim().to_owned(), title: title.to_owned(), text: text.to_owned() })
    }
}

/// Finds the column that has the first of the accepted names, whatever its case.
pub(super) fn column(header: &StringRecord, accepted: &[&str]) -> Option<usize> {
    let has = |name: &str| header.iter().position(|field| field.trim().eq_ignore_ascii_case(name));
    accepted.iter().find_map(|name| has(name))
}
