//! Finished shards: whether one is what would be written again, and the vectors of all of a folder.
//!
//! Takes vectors by their texts, as from any file of vectors, so that a passage that was changed is embedded anew.

use super::written::{EMBEDDING, TEXT_KEY};
use super::{Facts, Outcome};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float16Type, Float32Type};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use figret::export::{TEXT_KEY_BYTES, TextVectors};
use half::slice::HalfFloatSliceExt;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::KeyValue;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Rows of a finished shard; refuses one that was made from something else.
pub(super) fn finished_rows(path: &Path, facts: &Facts) -> Outcome<usize> {
    let file = open(path)?;
    let metadata = file.metadata().file_metadata();
    for wanted in facts.to_metadata() {
        let found = value(metadata.key_value_metadata(), &wanted.key);
        if found != wanted.value {
            let [found, asked] =
                [found, wanted.value].map(|value| value.unwrap_or_else(|| "nothing".to_owned()));
            return Err(format!(
                "{} is there already with {} {found}, and not {asked}; remove it, or write to another folder",
                path.display(),
                wanted.key
            ));
        }
    }
    usize::try_from(metadata.num_rows()).map_err(|e| format!("{}: {e}", path.display()))
}

/// Reads the vectors of a Parquet file, or of all in a folder, into `vectors`; refuses those of a model that is not
/// known by `model_id`.
pub(crate) fn read_shards(path: &Path, model_id: &str, mut vectors: TextVectors) -> Outcome<TextVectors> {
    let files = shard_files(path)?;
    if files.is_empty() {
        return Err(format!(
            "{} holds no .parquet file; `figret index --corpus` writes them",
            path.display()
        ));
    }
    for file in files {
        read_one(&file, model_id, &mut vectors).map_err(|e| format!("{}: {e}", file.display()))?;
    }
    Ok(vectors)
}

fn shard_files(path: &Path) -> Outcome<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "parquet"));
    files.sort();
    Ok(files)
}

fn open(path: &Path) -> Outcome<ParquetRecordBatchReaderBuilder<File>> {
    let failed = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
    let file = File::open(path).map_err(|e| failed(&e))?;
    ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| failed(&e))
}

fn read_one(path: &Path, model_id: &str, vectors: &mut TextVectors) -> Outcome<()> {
    let builder = open(path)?;
    let metadata = builder.metadata().file_metadata().key_value_metadata();
    if value(metadata, "figret.model_id").as_deref() != Some(model_id) {
        return Err(
            "its vectors are not those of this model; make them with `figret index --corpus`".to_owned()
        );
    }
    let place = |name: &str| builder.schema().index_of(name).map_err(|e| e.to_string());
    let columns = [place(EMBEDDING)?, place(TEXT_KEY)?];
    let mask = ProjectionMask::roots(builder.parquet_schema(), columns);
    let reader = builder.with_projection(mask).build().map_err(|e| e.to_string())?;
    for batch in reader {
        take(&batch.map_err(|e| e.to_string())?, vectors)?;
    }
    Ok(())
}

fn take(batch: &RecordBatch, vectors: &mut TextVectors) -> Outcome<()> {
    let wrong = |column: &str| format!("the column {column} is not as `figret index --corpus` writes it");
    let column =
        |name: &str| batch.column_by_name(name).filter(|c| c.null_count() == 0).ok_or_else(|| wrong(name));
    let keys = column(TEXT_KEY)?.as_fixed_size_binary_opt().ok_or_else(|| wrong(TEXT_KEY))?;
    let lists = column(EMBEDDING)?.as_fixed_size_list_opt().ok_or_else(|| wrong(EMBEDDING))?;
    for row in 0..batch.num_rows() {
        let values = lists.value(row);
        let vector = match values.data_type() {
            DataType::Float32 => values.as_primitive::<Float32Type>().values().to_vec(),
            DataType::Float16 => values.as_primitive::<Float16Type>().values().to_f32_vec(),
            _ => return Err(wrong(EMBEDDING)),
        };
        if !vector.iter().all(|value| value.is_finite()) {
            return Err("a vector holds a value that is not finite; make the file again".to_owned());
        }
        let key: [u8; TEXT_KEY_BYTES] = keys.value(row).try_into().map_err(|_| wrong(TEXT_KEY))?;
        vectors.insert_by_key(key, &vector);
    }
    Ok(())
}

fn value(metadata: Option<&Vec<KeyValue>>, key: &str) -> Option<String> {
    metadata?.iter().find(|pair| pair.key == key)?.value.clone()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::super::written::{ShardFile, Written};
    use super::*;
    use crate::args::Precision;
    use figret::data::Passage;

    const TEXTS: [&str; 3] = ["one", "two", "three"];

    fn facts(shard: &str, precision: Precision) -> Facts {
        Facts {
            model: "a model".to_owned(),
            model_id: "0a".to_owned(),
            dimension: 2,
            precision,
            corpus: "c".to_owned(),
            shard: shard.parse().unwrap(),
        }
    }

    fn write(path: &Path, facts: &Facts, texts: &[&str], vectors: &[f32]) -> ShardFile {
        let mut file = ShardFile::create(path, facts).unwrap();
        let passage = |text: &&str| Passage { id: format!("id of {text}"), ..Passage::default() };
        let passages: Vec<Passage> = texts.iter().map(passage).collect();
        let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        file.write(&Written { passages: &passages, texts: &texts, vectors }).unwrap();
        file
    }

    fn read(path: &Path, model_id: &str) -> Outcome<TextVectors> {
        read_shards(path, model_id, TextVectors::default())
    }

    #[test]
    fn shards_of_either_precision_are_found_by_their_texts() {
        let out = tempfile::tempdir().unwrap();
        let parts = [
            ("1/2", Precision::F32, &TEXTS[..2], vec![0.5, -0.25, 1.0, 0.0]),
            ("2/2", Precision::F16, &TEXTS[2..], vec![0.0, -1.0]),
        ];
        for (shard, precision, texts, vectors) in parts {
            let facts = facts(shard, precision);
            write(&out.path().join(facts.shard.file_name()), &facts, texts, &vectors).finish().unwrap();
        }
        let vectors = read(out.path(), "0a").unwrap();
        assert_eq!(vectors.len(), 3);
        assert_eq!(vectors.get("one"), Some(vec![0.5, -0.25]));
        assert_eq!(vectors.get("three"), Some(vec![0.0, -1.0]));
        assert_eq!(vectors.get("One"), None);
    }

    #[test]
    fn what_is_not_finished_is_not_there() {
        let out = tempfile::tempdir().unwrap();
        let facts = facts("1/1", Precision::F32);
        let path = out.path().join(facts.shard.file_name());
        drop(write(&path, &facts, &TEXTS[..1], &[1.0, 0.0]));
        assert!(!path.exists());
        assert!(read(out.path(), "0a").unwrap_err().contains("no .parquet file"));
        write(&path, &facts, &TEXTS[1..2], &[0.0, 1.0]).finish().unwrap();
        assert_eq!(finished_rows(&path, &facts), Ok(1));
        assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 1);
    }

    #[test]
    fn vectors_of_something_else_are_refused() {
        let out = tempfile::tempdir().unwrap();
        let facts = facts("1/1", Precision::F32);
        let path = out.path().join(facts.shard.file_name());
        write(&path, &facts, &TEXTS[..1], &[f32::NAN, 0.0]).finish().unwrap();
        assert!(read(&path, "0a").unwrap_err().contains("not finite"));
        let other = Facts { precision: Precision::F16, ..facts.clone() };
        let message = finished_rows(&path, &other).unwrap_err();
        assert!(message.contains("figret.precision f32, and not f16"), "{message}");
        assert!(read(&path, "0b").unwrap_err().contains("not those of this model"));
    }
}
