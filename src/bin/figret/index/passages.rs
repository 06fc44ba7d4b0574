//! Passages out of one file: lines of JSON, or rows of Parquet with columns of the same names.
//!
//! Reads forwards and holds one line or one batch of rows.

use super::Outcome;
use super::rows::{CorpusFile, Row};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use figret::data::{PASSAGE_ID, PASSAGE_TEXT, PASSAGE_TITLE, Passage, read_passage_line};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// A longer line is a file that is no JSON lines.
const LINE_LIMIT_BYTES: u64 = 16 << 20;

/// Rows read at once.
const ROWS_PER_BATCH: usize = 1024;

/// A file of JSON lines.
pub(super) struct JsonLines {
    name: String,
    reader: BufReader<File>,
    line: u64,
    bytes: Vec<u8>,
}

impl JsonLines {
    /// Opens it.
    pub(super) fn open(path: &Path) -> Outcome<Self> {
        let file = File::open(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(Self { name: name_of(path), reader: BufReader::new(file), line: 0, bytes: Vec::new() })
    }

    /// Reads the next line that is not blank; `false` at the end.
    fn read_line(&mut self) -> Outcome<bool> {
        loop {
            self.bytes.clear();
            self.line += 1;
            let mut limited = self.reader.by_ref().take(LINE_LIMIT_BYTES);
            let read = limited.read_until(b'\n', &mut self.bytes);
            let read = read.map_err(|e| format!("{} line {}: {e}", self.name, self.line))? as u64;
            if read == LINE_LIMIT_BYTES {
                return Err(format!(
                    "{} line {} is longer than 16 MiB; is it JSON lines?",
                    self.name, self.line
                ));
            }
            if self.line == 1 && self.bytes.starts_with(b"\xEF\xBB\xBF") {
                self.bytes.drain(..3);
            }
            if read == 0 || !self.bytes.trim_ascii().is_empty() {
                return Ok(read > 0);
            }
        }
    }

    fn passage(&self) -> Row {
        let Ok(text) = std::str::from_utf8(self.bytes.trim_ascii()) else {
            let place = format!("{} line {}", self.name, self.line);
            return Row::Refused(format!("{place}: it is no UTF-8 text. Save the file as UTF-8."));
        };
        match read_passage_line(&self.name, self.line, text) {
            Ok(passage) => Row::Taken(passage),
            Err(refusal) => Row::Refused(refusal.to_string()),
        }
    }
}

impl CorpusFile for JsonLines {
    fn next_row(&mut self, is_wanted: bool) -> Option<Outcome<Row>> {
        match self.read_line() {
            Err(message) => Some(Err(message)),
            Ok(false) => None,
            Ok(true) if is_wanted => Some(Ok(self.passage())),
            Ok(true) => Some(Ok(Row::Passed)),
        }
    }
}

/// A Parquet file.
pub(super) struct ParquetRows {
    name: String,
    reader: ParquetRecordBatchReader,
    batch: Option<Columns>,
    /// The next row of the batch, and of the file.
    next: usize,
    row: u64,
}

/// The columns of a batch.
struct Columns {
    rows: usize,
    id: ArrayRef,
    text: ArrayRef,
    title: Option<ArrayRef>,
}

impl ParquetRows {
    /// Opens it and looks for its columns.
    pub(super) fn open(path: &Path) -> Outcome<Self> {
        let file = File::open(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let name = name_of(path);
        let failed = |e: parquet::errors::ParquetError| format!("{name}: {e}.{}", remedy(&e.to_string()));
        // By the file's own types: categories and large texts are plain texts then.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options).map_err(failed)?;
        let fields = builder.schema().fields();
        let column =
            |names: &[&str]| names.iter().find_map(|wanted| fields.iter().position(|f| f.name() == wanted));
        let needed = |what: &str, names: &[&str]| {
            let there = || fields.iter().map(|f| f.name().as_str()).collect::<Vec<_>>().join(", ");
            let missing =
                || format!("{name} has no column {what} ({}); it has {}", names.join(", "), there());
            column(names).ok_or_else(missing)
        };
        let columns = [
            Some(needed("for ids", PASSAGE_ID)?),
            Some(needed("for texts", PASSAGE_TEXT)?),
            column(PASSAGE_TITLE),
        ];
        let mask = ProjectionMask::roots(builder.parquet_schema(), columns.into_iter().flatten());
        let reader = builder.with_projection(mask).with_batch_size(ROWS_PER_BATCH).build().map_err(failed)?;
        Ok(Self { name, reader, batch: None, next: 0, row: 0 })
    }

    /// Reads the next batch if this one is used up; `false` at the end.
    fn fill(&mut self) -> Outcome<bool> {
        while self.batch.as_ref().is_none_or(|batch| self.next == batch.rows) {
            let Some(batch) = self.reader.next() else { return Ok(false) };
            let place = || format!("{} after row {}", self.name, self.row);
            let batch = batch.map_err(|e| format!("{}: {e}.{}", place(), remedy(&e.to_string())))?;
            self.batch =
                Some(Columns::of(&batch).ok_or_else(|| format!("{}: a column is missing", place()))?);
            self.next = 0;
        }
        Ok(true)
    }

    fn passage(&self) -> Row {
        let at = self.next - 1;
        let Some(batch) = &self.batch else { return Row::Passed };
        let refused = |reason: String| {
            Row::Refused(format!(
                "{} row {}: {reason}. Correct it, or leave the row out.",
                self.name, self.row
            ))
        };
        match (text_at(&batch.id, at), text_at(&batch.text, at)) {
            (Err(kind), _) => refused(format!("the id is {kind}, not a text or a whole number")),
            (_, Err(kind)) => refused(format!("the text is {kind}, not a text")),
            (Ok(Some(id)), Ok(Some(text))) if !id.trim().is_empty() => {
                let title = batch.title.as_ref().and_then(|title| text_at(title, at).ok().flatten());
                Row::Taken(Passage { id, title: title.unwrap_or_default(), text })
            }
            (Ok(_), Ok(None)) => refused("the text is missing".to_owned()),
            _ => refused("the id is empty".to_owned()),
        }
    }
}

impl CorpusFile for ParquetRows {
    fn next_row(&mut self, is_wanted: bool) -> Option<Outcome<Row>> {
        match self.fill() {
            Err(message) => return Some(Err(message)),
            Ok(false) => return None,
            Ok(true) => {}
        }
        self.next += 1;
        self.row += 1;
        Some(Ok(if is_wanted { self.passage() } else { Row::Passed }))
    }
}

impl Columns {
    fn of(batch: &RecordBatch) -> Option<Self> {
        let column = |names: &[&str]| names.iter().find_map(|name| batch.column_by_name(name)).cloned();
        let title = column(PASSAGE_TITLE);
        Some(Self { rows: batch.num_rows(), id: column(PASSAGE_ID)?, text: column(PASSAGE_TEXT)?, title })
    }
}

/// The text of a value, that of a whole number too; `None` where there is none, its type where it is something else.
fn text_at(column: &ArrayRef, at: usize) -> Result<Option<String>, &DataType> {
    if column.is_null(at) {
        return Ok(None);
    }
    match column.data_type() {
        DataType::Utf8 => Ok(Some(column.as_string::<i32>().value(at).to_owned())),
        DataType::LargeUtf8 => Ok(Some(column.as_string::<i64>().value(at).to_owned())),
        DataType::Int32 => Ok(Some(column.as_primitive::<Int32Type>().value(at).to_string())),
        DataType::Int64 => Ok(Some(column.as_primitive::<Int64Type>().value(at).to_string())),
        other => Err(other),
    }
}

/// What to do where a codec is not built in.
fn remedy(message: &str) -> &'static str {
    if message.contains("Disabled feature") {
        " Write the file with snappy, or without compression."
    } else {
        ""
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use arrow_array::{Int64Array, LargeStringArray, StringArray};
    use parquet::arrow::ArrowWriter;
    use std::sync::Arc;

    /// What a file holds: passages as `id|title|text`, or what is said of a row.
    fn read(file: &mut dyn CorpusFile) -> Vec<String> {
        let mut told = Vec::new();
        while let Some(row) = file.next_row(true) {
            told.push(match row.unwrap() {
                Row::Taken(p) => format!("{}|{}|{}", p.id, p.title, p.text),
                Row::Refused(why) => why,
                Row::Passed => "passed".to_owned(),
            });
        }
        told
    }

    fn parquet(path: &Path, columns: Vec<(&str, ArrayRef)>) {
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }

    #[test]
    fn parquet_with_numbers_for_ids_large_texts_and_titles_that_are_missing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.parquet");
        let ids: ArrayRef = Arc::new(Int64Array::from(vec![7, 8]));
        let texts: ArrayRef = Arc::new(LargeStringArray::from(vec![Some("x"), None]));
        let titles: ArrayRef = Arc::new(StringArray::from(vec![None::<&str>, Some("T")]));
        parquet(
            &path,
            vec![("noise", Arc::clone(&ids)), ("id", ids), ("title", titles), ("contents", texts)],
        );
        let rows = read(&mut ParquetRows::open(&path).unwrap());
        let refused = "c.parquet row 2: the text is missing. Correct it, or leave the row out.";
        assert_eq!(rows, ["7||x", refused]);
    }

    #[test]
    fn parquet_without_its_columns_names_those_it_has() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.parquet");
        parquet(
            &path,
            vec![("id", Arc::new(Int64Array::from(vec![1]))), ("words", Arc::new(Int64Array::from(vec![1])))],
        );
        let message = ParquetRows::open(&path).err().unwrap();
        assert!(message.starts_with("c.parquet has no column for texts (text, "), "{message}");
        assert!(message.ends_with("it has id, words"), "{message}");
        std::fs::write(&path, "no parquet").unwrap();
        assert!(ParquetRows::open(&path).err().unwrap().starts_with("c.parquet: "));
    }

    #[test]
    fn lines_that_are_no_text_or_have_no_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.jsonl");
        std::fs::write(&path, b"\xEF\xBB\xBF{\"_id\":\"a\",\"text\":\"x\"}\r\n\xFF\n").unwrap();
        let rows = read(&mut JsonLines::open(&path).unwrap());
        assert_eq!(rows, ["a||x", "c.jsonl line 2: it is no UTF-8 text. Save the file as UTF-8."]);
        std::fs::write(&path, vec![b' '; LINE_LIMIT_BYTES as usize]).unwrap();
        let endless = JsonLines::open(&path).unwrap().next_row(true).unwrap();
        assert!(endless.err().unwrap().starts_with("c.jsonl line 1 is longer than 16 MiB"));
    }
}
