//! Without a browser: embedding and teaching on the CPU against sentence-transformers, with as many threads.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::report::Report;
use super::rounds::{Duel, ROUNDS, Timed};
use super::{Bench, texts};
use crate::shell;

const EMBED: &str = "embed.native_vs_pytorch";
const TEACH: &str = "teach.native_vs_pytorch";
const TEXTS: usize = 64;

/// The engine's vectors come rounded to f16.
const LEAST_COSINE: f64 = 0.9999;

/// Names a Python that has torch, if `python3` has not.
const PYTHON: &str = crate::interop::PYTHON;

/// Measures, or notes that there is no PyTorch.
///
/// # Errors
/// When a side fails, or the vectors disagree.
pub(super) fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let Some(python) = python_with_torch() else {
        let reason = format!("no Python with sentence-transformers and torch; name one in {PYTHON}");
        report.miss(EMBED, &reason);
        report.miss(TEACH, &reason);
        return Ok(());
    };
    let engine = Engine::ready(bench)?;
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut peer = Command::new(&python);
    peer.arg(bench.project.root.join("benches/native_peer.py")).arg(bench.project.model());
    peer.arg(&engine.texts).arg(threads.to_string()).env("HF_HUB_OFFLINE", "1");
    let mut peer = Line::start(&mut peer)?;
    let versions = peer.answer()?;
    // The warm-up; the peer has had its own.
    engine.embed(threads)?;
    let cosine = peer.ask(&format!("compare {}", engine.vectors().display()))?["least_cosine"].clone();
    ensure!(
        cosine.as_f64() >= Some(LEAST_COSINE),
        "the vectors differ from PyTorch's, least cosine {cosine}"
    );

    let mut own = Timed::new(format!("native CPU, {threads} threads"));
    let mut other = Timed::new(format!("PyTorch CPU, {threads} threads"));
    for _ in 0..ROUNDS {
        own.ms.push(engine.embed(threads)?);
        other.ms.push(peer.ask("embed")?["ms"].as_f64().context("PyTorch gave no time")?);
    }
    let duel = Duel::new(own, vec![other])?;
    report.machine("native_peer", versions);
    let details = json!({ "texts": TEXTS, "least_cosine": cosine });
    report.duel(EMBED, &duel, details);
    teach(bench, report, &mut peer, threads)
}

/// One step of every weight of the encoder layers, 16 queries of 23 tokens.
fn teach(bench: &Bench, report: &mut Report, peer: &mut Line, threads: usize) -> Result<()> {
    const ORDER: &str = "step layers";
    let mut engine = super::engine::program();
    engine.arg("--answer").current_dir(&bench.project.root);
    let mut engine = Line::start(engine.env("RAYON_NUM_THREADS", threads.to_string()))?;
    let step =
        |line: &mut Line| -> Result<f64> { line.ask(ORDER)?["ms"].as_f64().context("no time was given") };
    let mut own = Timed::new(format!("native CPU, {threads} threads"));
    let mut other = Timed::new(format!("PyTorch CPU, {threads} threads"));
    step(&mut engine)?;
    step(peer)?;
    for _ in 0..ROUNDS {
        own.ms.push(step(&mut engine)?);
        other.ms.push(step(peer)?);
    }
    let duel = Duel::new(own, vec![other])?;
    report.duel(TEACH, &duel, json!({ "scope": "layers", "tokens": 16 * 23 }));
    Ok(())
}

fn python_with_torch() -> Option<PathBuf> {
    let named = env::var_os(PYTHON).map(PathBuf::from);
    let candidates = named.into_iter().chain(shell::on_path("python3"));
    let has_torch = |python: &PathBuf| {
        shell::succeeds(Command::new(python).args(["-c", "import torch, sentence_transformers"]))
    };
    candidates.into_iter().find(has_torch)
}

/// `figret index` on a collection of just the chosen texts.
struct Engine {
    program: PathBuf,
    model: PathBuf,
    folder: PathBuf,
    /// The list of texts, for the peer.
    texts: PathBuf,
}

impl Engine {
    fn ready(bench: &Bench) -> Result<Self> {
        let program = bench.project.target.join("release/figret");
        if !bench.no_build {
            let mut build = shell::cargo(&["build", "--release", "--bin", "figret"]);
            shell::run(build.current_dir(&bench.project.root))?;
        }
        ensure!(program.is_file(), "{} is not built; leave --no-build out", program.display());
        let folder = bench.folder.join("native");
        fs::create_dir_all(folder.join("collection"))?;
        let passages: Vec<_> = texts::passages(bench.project)?.into_iter().take(TEXTS).collect();
        ensure!(passages.len() == TEXTS, "the sample has fewer than {TEXTS} passages");
        let lines = passages.iter().enumerate();
        let lines: Vec<_> =
            lines.map(|(id, text)| json!({ "_id": id.to_string(), "text": text }).to_string()).collect();
        fs::write(folder.join("collection/corpus.jsonl"), lines.join("\n"))?;
        let texts = folder.join("texts.json");
        fs::write(&texts, json!(passages).to_string())?;
        Ok(Self { program, model: bench.project.model(), folder, texts })
    }

    /// Milliseconds from the texts to the vectors and their file, loading left out.
    fn embed(&self, threads: usize) -> Result<f64> {
        let mut index = Command::new(&self.program);
        index.args(["index", "--json", "--backend", "cpu", "--model"]).arg(&self.model);
        index.arg("--collection").arg(self.folder.join("collection")).arg("--out").arg(&self.folder);
        let said = shell::output(index.env("RAYON_NUM_THREADS", threads.to_string()))?;
        let said: Value = serde_json::from_str(&said).context("figret printed no JSON")?;
        ensure!(said["texts"] == TEXTS, "figret embedded {} texts", said["texts"]);
        Ok(said["seconds"].as_f64().context("figret gave no time")? * 1e3)
    }

    fn vectors(&self) -> PathBuf {
        self.folder.join("embeddings.safetensors")
    }
}

/// A program that answers each line with a line of JSON.
struct Line {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Line {
    fn start(command: &mut Command) -> Result<Self> {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let orders = process.stdin.take().context("the program has no input")?;
        let answers = BufReader::new(process.stdout.take().context("the program has no output")?);
        Ok(Self { process, orders, answers })
    }

    fn ask(&mut self, order: &str) -> Result<Value> {
        writeln!(self.orders, "{order}").context("the program has ended")?;
        self.answer()
    }

    fn answer(&mut self) -> Result<Value> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        serde_json::from_str(&line).context("the program gave no answer")
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _killed = self.process.kill();
        let _reaped = self.process.wait();
    }
}
