//! The Parquet file of a shard while it is written: under another name, so that a finished name is a finished file.
//!
//! Columns: `id`, `embedding`, and `text_key`, the first half of the SHA-256 of the text that was embedded.

use super::{Facts, Outcome};
use crate::args::Precision;
use arrow_array::builder::FixedSizeBinaryBuilder;
use arrow_array::{ArrayRef, FixedSizeListArray, Float16Array, Float32Array, RecordBatch, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use figret::data::Passage;
use figret::export::{TEXT_KEY_BYTES, text_key};
use half::f16;
use parquet::arrow::ArrowWriter;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) const EMBEDDING: &str = "embedding";
pub(super) const TEXT_KEY: &str = "text_key";

/// Rows in memory until they are written out: 12 MB of f32.
const ROWS_PER_GROUP: usize = 8192;

/// A piece to write.
pub(super) struct Written<'a> {
    /// The passages.
    pub(super) passages: &'a [Passage],
    /// What was embedded of each.
    pub(super) texts: &'a [String],
    /// `[passages, dimension]`.
    pub(super) vectors: &'a [f32],
}

/// A shard's file until it is finished.
pub(super) struct ShardFile {
    path: PathBuf,
    partial: PathBuf,
    schema: Arc<Schema>,
    writer: ArrowWriter<File>,
    facts: Facts,
}

impl ShardFile {
    /// Begins it; what an earlier run left half written is begun anew.
    pub(super) fn create(path: &Path, facts: &Facts) -> Outcome<Self> {
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let failed = |e: &dyn std::fmt::Display| format!("{}: {e}", partial.display());
        let file = File::create(&partial).map_err(|e| failed(&e))?;
        let schema = Arc::new(schema(facts)?);
        let properties = WriterProperties::builder()
            .set_max_row_group_row_count(Some(ROWS_PER_GROUP))
            // Neither repeats nor compresses; nobody filters by a component.
            .set_dictionary_enabled(false)
            .set_statistics_enabled(EnabledStatistics::None)
            .set_key_value_metadata(Some(facts.to_metadata()))
            .build();
        let writer =
            ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties)).map_err(|e| failed(&e))?;
        Ok(Self { path: path.to_owned(), partial, schema, writer, facts: facts.clone() })
    }

    /// Adds a piece.
    pub(super) fn write(&mut self, piece: &Written) -> Outcome<()> {
        let batch = self.batch(piece).map_err(|e| self.failed(&e))?;
        self.writer.write(&batch).map_err(|e| self.failed(&e))
    }

    /// Writes what is left and gives the file its name.
    pub(super) fn finish(self) -> Outcome<()> {
        let Self { path, partial, writer, .. } = self;
        let failed = |e: &dyn std::fmt::Display| format!("{}: {e}", partial.display());
        let file = writer.into_inner().map_err(|e| failed(&e))?;
        file.sync_all().and_then(|()| std::fs::rename(&partial, &path)).map_err(|e| failed(&e))
    }

    fn batch(&self, piece: &Written) -> Result<RecordBatch, ArrowError> {
        let ids = StringArray::from_iter_values(piece.passages.iter().map(|passage| &passage.id));
        let mut keys = FixedSizeBinaryBuilder::new(TEXT_KEY_BYTES as i32);
        for text in piece.texts {
            keys.append_value(text_key(text))?;
        }
        let values: ArrayRef = match self.facts.precision {
            Precision::F32 => Arc::new(Float32Array::from(piece.vectors.to_vec())),
            Precision::F16 => {
                Arc::new(Float16Array::from_iter_values(piece.vectors.iter().map(|&x| f16::from_f32(x))))
            }
        };
        let item = Arc::new(item(&self.facts));
        let vectors = FixedSizeListArray::try_new(item, self.facts.dimension as i32, values, None)?;
        let columns: Vec<ArrayRef> = vec![Arc::new(ids), Arc::new(vectors), Arc::new(keys.finish())];
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
    }

    fn failed(&self, error: &dyn std::fmt::Display) -> String {
        format!("{}: {error}", self.partial.display())
    }
}

fn item(facts: &Facts) -> Field {
    let kind = match facts.precision {
        Precision::F32 => DataType::Float32,
        Precision::F16 => DataType::Float16,
    };
    Field::new("item", kind, false)
}

fn schema(facts: &Facts) -> Outcome<Schema> {
    let width = i32::try_from(facts.dimension).map_err(|e| e.to_string())?;
    Ok(Schema::new(vec![
        Field::new("id", DataType::Utf8, false),
        Field::new(EMBEDDING, DataType::FixedSizeList(Arc::new(item(facts)), width), false),
        Field::new(TEXT_KEY, DataType::FixedSizeBinary(TEXT_KEY_BYTES as i32), false),
    ]))
}

impl Facts {
    /// As they stand in the file, under names of this program's own.
    pub(super) fn to_metadata(&self) -> Vec<KeyValue> {
        let facts = [
            ("model", self.model.clone()),
            ("model_id", self.model_id.clone()),
            ("dimension", self.dimension.to_string()),
            ("precision", self.precision.name().to_owned()),
            ("corpus_sha256", self.corpus.clone()),
            ("shard", self.shard.to_string()),
        ];
        facts.map(|(name, value)| KeyValue::new(format!("figret.{name}"), value)).to_vec()
    }
}
