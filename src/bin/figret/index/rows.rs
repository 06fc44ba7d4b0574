//! The passages of a corpus one after the other, those of one shard: files are read as they are asked for.
//!
//! Keeps no passage, so it cannot tell whether an id comes twice.

use super::Outcome;
use super::passages::JsonLines;
use super::passages::ParquetRows;
use super::shard::Shard;
use figret::data::Passage;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

/// Bad rows that are named one by one.
const NAMED: usize = 20;

/// A row as a file has it: a passage, one that is of another shard, or a refusal that names file and row.
pub(super) enum Row {
    /// A passage of the shard.
    Taken(Passage),
    /// One that was not looked at.
    Passed,
    /// One that cannot be used.
    Refused(String),
}

/// An open file of the corpus; an error ends it.
pub(super) trait CorpusFile {
    /// The next row, `is_wanted` or only counted.
    fn next_row(&mut self, is_wanted: bool) -> Option<Outcome<Row>>;
}

/// The files of a corpus: those that are named, and those in named folders in the order of their names.
pub(super) fn corpus_files(named: &[PathBuf]) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in named {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).map_err(|e| format!("{}: {e}", path.display()))?;
            let mut inner: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
            inner.retain(|file| extension(file).is_some());
            inner.sort();
            files.append(&mut inner);
        } else if extension(path).is_some() {
            files.push(path.clone());
        } else {
            return Err(format!(
                "{} is no .jsonl or .parquet file; index --corpus reads these",
                path.display()
            ));
        }
    }
    if files.is_empty() {
        Err("there is no .jsonl or .parquet file in the corpus".to_owned())
    } else {
        Ok(files)
    }
}

#[derive(Clone, Copy)]
enum Form {
    JsonLines,
    Parquet,
}

fn extension(path: &Path) -> Option<Form> {
    match path.extension()?.to_string_lossy().to_ascii_lowercase().as_str() {
        "jsonl" | "ndjson" => Some(Form::JsonLines),
        "parquet" => Some(Form::Parquet),
        _ => None,
    }
}

/// Iterates over the passages of a shard.
pub(super) struct CorpusRows {
    files: VecDeque<PathBuf>,
    open: Option<Box<dyn CorpusFile>>,
    shard: Shard,
    leave_out: bool,
    /// Rows of all files so far, bad ones among them.
    place: u64,
    left_out: usize,
}

impl CorpusRows {
    /// Begins with the first file; bad rows are left out if they may be.
    pub(super) fn new(files: Vec<PathBuf>, shard: Shard, leave_out: bool) -> Self {
        Self { files: files.into(), open: None, shard, leave_out, place: 0, left_out: 0 }
    }

    /// Bad rows of the shard that were left out.
    pub(super) fn left_out(&self) -> usize {
        self.left_out
    }

    /// The next row of any file, and whether it is the shard's.
    fn next_row(&mut self) -> Option<Outcome<Row>> {
        loop {
            if self.open.is_none() {
                match open(&self.files.pop_front()?) {
                    Ok(file) => self.open = Some(file),
                    Err(message) => return Some(Err(message)),
                }
            }
            let row = self.open.as_mut()?.next_row(self.shard.takes(self.place));
            if row.is_some() {
                self.place += 1;
                return row;
            }
            self.open = None;
        }
    }
}

impl Iterator for CorpusRows {
    type Item = Outcome<Passage>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.next_row()? {
                Ok(Row::Taken(passage)) => return Some(Ok(passage)),
                Ok(Row::Passed) => {}
                Ok(Row::Refused(why)) if self.leave_out => {
                    self.left_out += 1;
                    if self.left_out <= NAMED {
                        eprintln!("{why}");
                    }
                }
                Ok(Row::Refused(why)) => {
                    return Some(Err(format!("{why} Or leave such lines out with --leave-out-bad-lines.")));
                }
                Err(message) => return Some(Err(message)),
            }
        }
    }
}

fn open(path: &Path) -> Outcome<Box<dyn CorpusFile>> {
    Ok(match extension(path) {
        Some(Form::Parquet) => Box::new(ParquetRows::open(path)?),
        _ => Box::new(JsonLines::open(path)?),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn ids(files: &[PathBuf], shard: &str, leave_out: bool) -> Vec<Outcome<String>> {
        let rows = CorpusRows::new(files.to_vec(), shard.parse().unwrap(), leave_out);
        rows.map(|row| row.map(|passage| passage.id)).collect()
    }

    fn two_files(folder: &Path) -> Vec<PathBuf> {
        std::fs::write(
            folder.join("a.jsonl"),
            "{\"_id\":\"1\",\"text\":\"x\"}\n\n{\"_id\":\"2\",\"text\":\"y\"}\n",
        )
        .unwrap();
        std::fs::write(folder.join("b.jsonl"), "nonsense\n{\"_id\":\"4\",\"text\":\"z\"}").unwrap();
        std::fs::write(folder.join("notes.txt"), "not of the corpus").unwrap();
        corpus_files(&[folder.to_path_buf()]).unwrap()
    }

    #[test]
    fn shards_go_on_over_files_and_blank_lines() {
        let folder = tempfile::tempdir().unwrap();
        let files = two_files(folder.path());
        assert_eq!(ids(&files, "2/2", false), [Ok("2".to_owned()), Ok("4".to_owned())]);
        assert_eq!(ids(&files, "1/2", true), [Ok("1".to_owned())]);
    }

    #[test]
    fn a_bad_line_stops_its_shard_alone_and_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let files = two_files(folder.path());
        let rows = ids(&files, "1/2", false);
        let message = rows[1].as_ref().unwrap_err();
        assert!(message.starts_with("b.jsonl line 1: "), "{message}");
        assert!(message.ends_with("--leave-out-bad-lines."), "{message}");
    }

    #[test]
    fn other_files_and_no_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(corpus_files(&[folder.path().to_path_buf()]).unwrap_err().contains("no .jsonl"));
        assert!(corpus_files(&[folder.path().join("x.csv")]).unwrap_err().contains("x.csv"));
    }
}
