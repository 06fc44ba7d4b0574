//! Experiments on a tiny collection: a trial is what teaching is, and the command goes on where it was interrupted.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::model_bytes;
use figret::data::{Collection, NamedBytes, assemble};
use figret::engine::{BackendChoice, Engine, Model, Tower};
use figret::experiment::{Cell, CellOutcome, Fault, Treatment};
use figret::export::TextVectors;
use figret::train::{Method, TrainSettings};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const PARTS: [(&str, &str); 4] = [
    (
        "corpus.jsonl",
        r#"{"_id":"frost","text":"A thin white coat on the fins is normal."}
{"_id":"water","text":"Fill the circuit to 1.5 bar with a hose."}
{"_id":"app","text":"The phone app needs the gateway Link."}
"#,
    ),
    (
        "queries.jsonl",
        r#"{"_id":"t1","text":"white stuff on the outdoor unit"}
{"_id":"t2","text":"refill"}
"#,
    ),
    ("qrels/test.tsv", "t1\tfrost\t2\nt2\tapp\t1\n"),
    (
        "feedback.jsonl",
        r#"{"query":"gauge is low","preferences":[{"doc_id":"water","score":0},{"doc_id":"app","score":3}],"guidance":[{"objective":"purity","positive":{"text":"Fill to 1.5 bar."},"negatives":[{"text":"In spring one may fill to 1.5 bar."}]}]}
{"query":"no connection","preferences":[{"doc_id":"app","score":2},{"doc_id":"frost","score":0}],"guidance":[{"objective":"relevance","positive":{"doc_id":"app"},"negatives":[{"doc_id":"frost"}]}]}
{"query":"fill it up","preferences":[{"doc_id":"app","score":3},{"doc_id":"water","score":1}]}
"#,
    ),
];

fn collection() -> Collection {
    let file = |(name, text): (&str, &str)| NamedBytes { name: name.into(), bytes: text.into() };
    assemble(PARTS.map(file).to_vec(), None).unwrap().collection
}

fn engine() -> Engine {
    let [config, tokenizer, weights] = model_bytes();
    let model = Model::read(&config, &tokenizer, &weights).unwrap();
    let (mut engine, _) = pollster::block_on(Engine::open(model, BackendChoice::Cpu)).unwrap();
    engine.open_collection(collection(), TextVectors::default(), true).unwrap();
    let mut job = engine.indexing(Tower::Baseline).unwrap();
    while pollster::block_on(job.advance()).unwrap() {}
    engine.finish_indexing(Tower::Baseline, job).unwrap();
    measure(&mut engine, Tower::Baseline);
    let mut job = engine.embedding_written().unwrap();
    assert_eq!(job.total(), 2);
    while pollster::block_on(job.advance()).unwrap() {}
    engine.take_written(job).unwrap();
    assert_eq!(engine.embedding_written().unwrap().total(), 0);
    engine
}

fn measure(engine: &mut Engine, tower: Tower) {
    let mut job = engine.measuring(tower).unwrap();
    while pollster::block_on(job.advance()).unwrap() {}
    engine.finish_measuring(job).unwrap();
}

fn cell(treatment: Treatment) -> Cell {
    let settings = TrainSettings {
        steps: 12,
        batch_queries: 4,
        learning_rate: 3e-3,
        validation_share: 0.0,
        ..TrainSettings::default().of_method(Method::Figret)
    };
    Cell { source: 0, settings, treatment }
}

fn outcome(engine: &Engine, cell: &Cell) -> CellOutcome {
    let bench = engine.bench().unwrap();
    let mut job = engine.trial(cell, "key".into(), &[bench]).unwrap();
    while pollster::block_on(job.advance()).unwrap() {}
    job.finish().unwrap()
}

#[test]
fn a_trial_is_a_lesson_and_leaves_what_is_open_as_it_is() {
    let mut engine = engine();
    let cell = cell(Treatment::AsItIs);
    let found = outcome(&engine, &cell);
    assert!(!engine.has_tuned());
    assert_eq!(engine.collection().unwrap().feedback, collection().feedback);

    let mut job = engine.teaching(cell.settings).unwrap();
    while !job.is_done() {
        pollster::block_on(job.advance()).unwrap();
    }
    let taught = pollster::block_on(job.finish()).unwrap();
    engine.take_taught(&taught).unwrap();
    measure(&mut engine, Tower::Tuned);
    let (compared, before, after) = engine.compare().unwrap();
    assert!(compared.mean_change != 0.0, "a lesson that changes nothing proves nothing");
    let judged = &found.judged[0];
    assert_eq!([judged.before, judged.after], [before, after].map(|m| m.evaluation.mean.ndcg_at_10));
    assert!((judged.p - compared.p.value).abs() < 1e-12);
    assert_eq!((judged.changes.len(), found.steps, found.guidance), (2, 12, [1, 0, 1]));
}

#[test]
fn faults_teach_something_else() {
    let engine = engine();
    let clean = outcome(&engine, &cell(Treatment::AsItIs));
    let spoilt = outcome(&engine, &cell(Treatment::Spoilt(Fault::SwappedPreferences, 1.0)));
    assert_ne!(clean.judged[0].changes, spoilt.judged[0].changes);
    assert_eq!(clean.judged[0].before, spoilt.judged[0].before);
}

#[test]
fn feedback_that_holds_no_lesson_is_an_outcome() {
    let engine = engine();
    let found = outcome(&engine, &cell(Treatment::Share(0.0)));
    assert!(found.failed.unwrap().contains("no lesson"));
    assert!(found.judged.is_empty());
}

fn figret(folder: &Path, steps: &str, more: &[&str]) -> Output {
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/models/all-MiniLM-L6-v2");
    let (collection, out) = (folder.join("collection"), folder.join("out"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_figret"));
    command.args(["experiment", more[0], "--json", "--model", model, "--backend", "cpu"]);
    command.args(["--seeds", "0", "--batch", "2", "--steps", steps]);
    command.arg("--collection").arg(collection).arg("--out").arg(out).args(&more[1..]);
    command.output().unwrap()
}

fn report(output: &Output) -> (Value, String) {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    (serde_json::from_slice(&output.stdout).unwrap(), said)
}

#[test]
fn an_interrupted_experiment_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in PARTS {
        let path = folder.path().join("collection").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let (first, said) = report(&figret(folder.path(), "2", &["ablation", "--jobs", "2"]));
    assert!(said.contains("8 trials, 0 of them done already"), "{said}");
    assert_eq!((&first["done"], &first["rows"][0]["seeds"]), (&8.into(), &serde_json::json!([0])));
    let out = folder.path().join("out");
    let markdown = fs::read_to_string(out.join("ablation.md")).unwrap();
    assert!(markdown.contains("| FiGRet | without purity guidance |"));
    assert!(fs::read_to_string(out.join("ablation.svg")).unwrap().starts_with("<svg"));

    let trials: Vec<_> =
        fs::read_dir(out.join("trials")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(trials.len(), 8);
    fs::remove_file(&trials[0]).unwrap();
    fs::write(&trials[1], "{").unwrap();
    let (again, said) = report(&figret(folder.path(), "2", &["ablation"]));
    assert!(said.contains("8 trials, 6 of them done already") && said.contains("is not used"), "{said}");
    assert_eq!(again, first);

    // The default of the other experiment is one of these trials; with other steps none is.
    let (_, said) = report(&figret(folder.path(), "2", &["robustness", "--shares", "0"]));
    assert!(said.contains("2 trials, 1 of them done already") && said.contains("7 trials in"), "{said}");
    let (_, said) = report(&figret(folder.path(), "3", &["robustness", "--shares", "0"]));
    assert!(said.contains("2 trials, 0 of them done already"), "{said}");
}

#[test]
fn what_makes_no_sense_is_refused_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("collection");
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("corpus.jsonl"), PARTS[0].1).unwrap();
    for (arguments, word) in [
        (&["transfer"][..], "--to"),
        (&["efficiency", "--shares", "2"], "from 0 to 1"),
        (&["everything"], "efficiency, robustness"),
        (&["ablation"], "no judged queries"),
    ] {
        let output = figret(folder.path(), "2", arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(word), "{arguments:?}: {said}");
    }
}
