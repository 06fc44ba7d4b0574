//! `figret index --corpus`: a corpus of any size to vectors in Parquet, in shards that run side by side and resume.
//!
//! Holds one piece of the corpus at a time; knows nothing of queries or judgements. The vectors are the base model's:
//! an adapter that teaches queries alone leaves them valid.

mod passages;
mod rows;
mod shard;
mod stored;
mod written;

use super::Outcome;
use super::args::{Args, IndexArgs, Precision};
use super::commands::{embed_quietly, words};
use super::report::{self, ShardReport};
use figret::data::Passage;
use figret::engine::{Engine, Role, Tower};
use indicatif::{ProgressBar, ProgressStyle};
use rows::CorpusRows;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use written::{ShardFile, Written};

pub(crate) use shard::Shard;
pub(crate) use stored::read_shards;

/// Passages embedded in one go: enough for batches of similar length, few enough for any memory.
const PASSAGES_PER_PIECE: usize = 1024;

/// What a file of vectors says of itself; two files with the same facts hold the same vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The model's name.
    model: String,
    /// What its vectors are known by.
    model_id: String,
    /// Width of a vector.
    dimension: usize,
    /// `f32` or `f16`.
    precision: Precision,
    /// SHA-256 over names and sizes of the corpus's files.
    corpus: String,
    /// Which part of the corpus.
    shard: Shard,
}

/// Writes the shard that the arguments ask for, unless it is there already.
pub(crate) async fn run(engine: &Engine, args: &Args, asked: &IndexArgs) -> Outcome<()> {
    let out = args.out.clone().ok_or("index needs --out DIR to write to")?;
    if args.adapter.is_some() {
        return Err("index --corpus embeds by the base model, which an adapter for queries leaves valid; \
                    leave --adapter out"
            .to_owned());
    }
    let start = Instant::now();
    let files = rows::corpus_files(&asked.corpus)?;
    let facts = Facts {
        model: engine.model().in_words(),
        model_id: engine.model().passages_id(),
        dimension: engine.config().hidden_size,
        precision: asked.precision,
        corpus: corpus_digest(&files)?,
        shard: asked.shard,
    };
    std::fs::create_dir_all(&out).map_err(|e| format!("{}: {e}", out.display()))?;
    let path = out.join(facts.shard.file_name());
    if path.exists() {
        let rows = stored::finished_rows(&path, &facts)?;
        report::shard(args, &ShardReport { path: &path, rows, is_kept: true, ..ShardReport::default() });
        return Ok(());
    }
    let rows = CorpusRows::new(files, facts.shard, args.leave_out_bad_lines);
    let shard = write(engine, rows, ShardFile::create(&path, &facts)?).await?;
    report::shard(args, &ShardReport { path: &path, elapsed: start.elapsed(), ..shard });
    Ok(())
}

async fn write(engine: &Engine, mut rows: CorpusRows, mut file: ShardFile) -> Outcome<ShardReport<'static>> {
    let bar = passages_bar();
    let mut shard = ShardReport::default();
    loop {
        let piece: Vec<Passage> = rows.by_ref().take(PASSAGES_PER_PIECE).collect::<Outcome<_>>()?;
        if piece.is_empty() {
            break;
        }
        let texts: Vec<String> = piece.iter().map(Passage::embedding_text).collect();
        let job = engine.embedding(texts.clone(), Role::Passage, Tower::Baseline).map_err(words)?;
        let job = embed_quietly(job).await?;
        shard.tokens += job.tokens_done();
        shard.at_token_limit += job.at_token_limit();
        shard.rows += piece.len();
        file.write(&Written { passages: &piece, texts: &texts, vectors: &job.into_vectors() })?;
        bar.set_position(shard.rows as u64);
    }
    bar.finish_and_clear();
    shard.left_out = rows.left_out();
    file.finish()?;
    Ok(shard)
}

/// How many there will be is not known without reading them.
fn passages_bar() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} passages, {per_sec}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Names and sizes, so that a shard of another corpus is not taken for one of this; contents would take as long to
/// hash as to read.
fn corpus_digest(files: &[PathBuf]) -> Outcome<String> {
    let mut hasher = Sha256::new();
    for file in files {
        let size = std::fs::metadata(file).map_err(|e| format!("{}: {e}", file.display()))?.len();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        hasher.update(format!("{name}\n{size}\n"));
    }
    Ok(hex(&hasher.finalize()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
