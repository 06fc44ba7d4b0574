//! The command line on a tiny collection: its JSON, its files, and what it says of bad input.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use figret::data::read_run;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const CORPUS: &str = r#"{"_id":"frost","title":"Frost","text":"A thin white coat on the fins is normal."}
{"_id":"water","title":"Water","text":"Fill the circuit to 1.5 bar with a hose."}
{"_id":"app","title":"App","text":"The phone app needs the gateway Link."}
"#;
const QUERIES: &str = "{\"_id\":\"t1\",\"text\":\"white stuff on the outdoor unit\"}\n";
const QRELS: &str = "query-id\tcorpus-id\tscore\nt1\tfrost\t2\n";
const FEEDBACK: &str = r#"{"query_id":"n1","query":"gauge is low","preferences":[{"doc_id":"app","score":0},{"doc_id":"water","score":3}]}
{"query_id":"n2","query":"no connection","preferences":[{"doc_id":"app","score":2},{"doc_id":"frost","score":0}]}
"#;

fn collection(folder: &Path, feedback: &str) {
    fs::create_dir_all(folder.join("qrels")).unwrap();
    let parts = [
        ("corpus.jsonl", CORPUS),
        ("queries.jsonl", QUERIES),
        ("qrels/test.tsv", QRELS),
        ("feedback.jsonl", feedback),
    ];
    for (name, text) in parts {
        fs::write(folder.join(name), text).unwrap();
    }
}

fn command(arguments: &[&str]) -> Command {
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/models/all-MiniLM-L6-v2");
    let mut command = Command::new(env!("CARGO_BIN_EXE_figret"));
    command.args(arguments).args(["--model", model, "--backend", "cpu"]);
    command
}

fn figret(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn object(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn evaluate_teach_and_evaluate_with_the_adapter() {
    let folder = tempfile::tempdir().unwrap();
    collection(folder.path(), FEEDBACK);
    let path = folder.path().to_str().unwrap();
    let out = folder.path().join("adapter");
    let out = out.to_str().unwrap();

    let before = object(&figret(&["evaluate", "--json", "--collection", path]));
    assert_eq!(before["queries"], 1);
    for measure in ["ndcg@10", "recall@100", "map", "mrr"] {
        assert!(before[measure].is_f64(), "{measure}");
        assert_eq!(before["per_query"]["t1"][measure], before[measure], "one query is its own mean");
    }

    let taught = object(&figret(&[
        "teach",
        "--json",
        "--collection",
        path,
        "--out",
        out,
        "--steps",
        "2",
        "--batch",
        "2",
    ]));
    assert_eq!(taught["steps"], 2);
    assert_eq!(taught["before"]["ndcg@10"], before["ndcg@10"]);
    assert!(taught["p_value"].as_f64().unwrap() > 0.0 && taught["seconds"].as_f64().unwrap() > 0.0);

    let after = object(&figret(&["evaluate", "--json", "--collection", path, "--adapter", out]));
    assert_eq!(after["per_query"], taught["per_query"]);
}

/// Two judged queries, so that there is something to test, and guidance on every line of the feedback.
fn judged_twice(folder: &Path) {
    let guidance = r#"[{"objective":"purity","positive":{"text":"The circuit needs 1.5 bar."},"negatives":[{"text":"The circuit, as it were, needs, one may say, 1.5 bar."}]},{"objective":"relevance","query":"fill the circuit","positive":{"doc_id":"water"},"negatives":[{"doc_id":"app"}]}]"#;
    let line = |i: usize| {
        let text =
            ["gauge is low", "no connection", "coat on the fins", "which hose", "link to the phone"][i];
        let preferences = r#"[{"doc_id":"app","score":0},{"doc_id":"water","score":3}]"#;
        format!(
            "{{\"query_id\":\"n{i}\",\"query\":\"{text}\",\"preferences\":{preferences},\"guidance\":{guidance}}}\n"
        )
    };
    collection(folder, &(0..5).map(line).collect::<String>());
    fs::write(
        folder.join("queries.jsonl"),
        format!("{QUERIES}{{\"_id\":\"=t 2\",\"text\":\"=gateway, please\"}}\n"),
    )
    .unwrap();
    fs::write(folder.join("qrels/test.tsv"), format!("{QRELS}=t 2\tapp\t1\n=t 2\tfrost\t0\n")).unwrap();
}

#[test]
fn evaluate_with_baselines_tests_and_files() {
    let folder = tempfile::tempdir().unwrap();
    judged_twice(folder.path());
    let path = folder.path().to_str().unwrap();
    let of = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (runs, table) = (of("runs"), of("per_query.csv"));
    let evaluated = object(&figret(&[
        "evaluate",
        "--json",
        "--collection",
        path,
        "--measures",
        "ndcg@10,P@1,judged@2,NDCG@10",
        "--baselines",
        "bm25,hybrid",
        "--runs",
        &runs,
        "--per-query",
        &table,
    ]));
    assert_eq!(evaluated["measures"], json!(["ndcg@10", "P@1", "judged@2"]));
    assert_eq!(evaluated["systems"]["before"]["mean"]["ndcg@10"], evaluated["ndcg@10"]);
    assert_eq!(
        evaluated["systems"]["before"]["per_query"]["t1"]["ndcg@10"],
        evaluated["per_query"]["t1"]["ndcg@10"]
    );
    // "white" stands in one passage; "gateway" in another: both first by words, both relevant.
    assert_eq!(evaluated["systems"]["bm25"]["mean"]["P@1"], 1.0);
    let compared = evaluated["comparisons"].as_array().unwrap();
    let pairs: Vec<_> =
        compared.iter().map(|c| (&c["system"], c["measures"].as_array().unwrap().len())).collect();
    assert_eq!(pairs, [(&json!("bm25"), 2), (&json!("hybrid-before"), 2)]);
    assert!(compared[0]["measures"][0]["p_holm"].as_f64().unwrap() > 0.0);
    assert_eq!(evaluated["probes"], Value::Null, "there is no adapter to probe");

    let run = fs::read(folder.path().join("runs/bm25.run")).unwrap();
    let run = read_run("bm25.run", &run).unwrap();
    assert_eq!((run.value.len(), run.refused.len()), (2, 0));
    assert_eq!(run.value.for_query("=t%202").unwrap()[0].passage, "app");
    assert!(fs::read_to_string(folder.path().join("runs/qrels.txt")).unwrap().contains("=t%202 0 app 1\n"));
    assert!(
        folder.path().join("runs/hybrid-before.run").is_file()
            && !folder.path().join("runs/after.run").exists()
    );
    let table = fs::read_to_string(table).unwrap();
    assert!(
        table.starts_with("query_id,query,relevant,before ndcg@10,before P@1,before judged@2,bm25 ndcg@10,"),
        "{table}"
    );
    assert!(table.contains("\n'=t 2,\"'=gateway, please\",1,"), "{table}");
}

#[test]
fn evaluate_with_an_adapter_tests_and_probes_it() {
    let folder = tempfile::tempdir().unwrap();
    judged_twice(folder.path());
    let path = folder.path().to_str().unwrap();
    let out = folder.path().join("adapter");
    let out = out.to_str().unwrap();
    let teach = ["teach", "--json", "--collection", path, "--out", out, "--steps", "2", "--batch", "2"];
    let taught = object(&figret(&teach));
    assert_eq!((&taught["probes"]["queries"], &taught["probes"]["examples"]), (&json!(1), &json!(1)));
    assert_eq!(taught["probes"]["split_is_assumed"], false);
    let arguments = ["evaluate", "--collection", path, "--adapter", out, "--reference", "after"];
    let after = object(&figret(&[&arguments[..], &["--json", "--baselines", "hybrid"]].concat()));
    assert_eq!(after["per_query"], taught["per_query"]);
    assert_eq!(after["systems"]["after"]["mean"]["ndcg@10"], taught["after"]["ndcg@10"]);
    let systems: Vec<_> =
        after["comparisons"].as_array().unwrap().iter().map(|c| c["system"].clone()).collect();
    assert_eq!(systems, ["before", "hybrid-before", "hybrid-after"]);
    // One of the five lines is kept for validation. Its relevance example asks what the other lines taught.
    let probes = &after["probes"];
    assert_eq!((&probes["queries"], &probes["examples"]), (&json!(1), &json!(1)), "{probes}");
    assert_eq!(probes["objectives"]["purity"]["examples"], 1);
    assert_eq!(probes["split_is_assumed"], true);
    // Whoever draws the split again with the same settings asks the same.
    assert_eq!(probes["objectives"], taught["probes"]["objectives"]);

    let text = figret(&arguments);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(
        text.contains("before against after")
            && text.contains("held-out guidance (examples: 1, feedback queries: 1, if"),
        "{text}"
    );
}

#[test]
fn what_cannot_be_evaluated_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    collection(folder.path(), FEEDBACK);
    let path = folder.path().to_str().unwrap();
    let refused = |more: &[&str]| {
        let output = figret(&[&["evaluate", "--collection", path], more].concat());
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(
        refused(&["--measures", "ndcg@10,dcg@5"]).contains("'dcg@5' is not a measure; measures are ndcg@k")
    );
    assert!(refused(&["--reference", "after"]).contains("after needs --adapter DIR"));
    assert!(
        refused(&["--reference", "bm25"])
            .contains("--reference bm25 is not evaluated; name it with --baselines")
    );
}

#[test]
fn search_prints_the_systems_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    collection(folder.path(), FEEDBACK);
    let path = folder.path().to_str().unwrap();
    let search = ["search", "the white gateway", "--json", "--collection", path, "--system"];
    let found = object(&figret(&[&search[..], &["bm25,hybrid"]].concat()));
    assert_eq!(found["bm25"].as_array().unwrap().len(), 3);
    assert_eq!(found["hybrid-before"].as_array().unwrap().len(), 3);
    assert_eq!(found["before"], Value::Null);
    let refused = figret(&[&search[..], &["after"]].concat());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("after needs --adapter DIR"));
}

#[test]
fn a_teaching_that_was_killed_goes_on_from_its_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    collection(folder.path(), FEEDBACK);
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (collection, checkpoint) = (path(""), path("lesson.checkpoint"));
    let teach = |out: &str, extra: &[&str]| -> Vec<String> {
        let arguments = ["teach", "--json", "--collection", &collection, "--out", out, "--steps", "12"];
        arguments.iter().chain(extra).map(|&argument| argument.to_owned()).collect()
    };
    let run = |arguments: &[String]| figret(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let whole = object(&run(&teach(&path("whole"), &[])));

    let kept = teach(&path("resumed"), &["--checkpoint", &checkpoint, "--checkpoint-seconds", "0"]);
    let mut first = command(&kept.iter().map(String::as_str).collect::<Vec<_>>()).spawn().unwrap();
    while !Path::new(&checkpoint).exists() && first.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(Path::new(&checkpoint).exists(), "it was over before it was killed");
    let resumed = object(&run(&kept));
    assert!(!Path::new(&checkpoint).exists(), "what is done needs no checkpoint");
    assert_eq!((&resumed["after"], &resumed["kept_step"]), (&whole["after"], &whole["kept_step"]));
    let adapter = |out: &str| fs::read(Path::new(&path(out)).join("adapter_model.safetensors")).unwrap();
    assert!(adapter("resumed") == adapter("whole"), "the adapters differ");
}

#[test]
fn whole_weights_are_taught_and_evaluated() {
    let folder = tempfile::tempdir().unwrap();
    collection(folder.path(), FEEDBACK);
    let path = folder.path().to_str().unwrap();
    let out = folder.path().join("weights");
    let out = out.to_str().unwrap();
    let teach = ["teach", "--json", "--train", "layers", "--scope", "both", "--steps", "2", "--batch", "2"];
    let taught = object(&figret(&[&teach[..], &["--collection", path, "--out", out]].concat()));
    assert_eq!(taught["parameters"], 10_646_784);
    let after = object(&figret(&["evaluate", "--json", "--collection", path, "--adapter", out]));
    assert_eq!(after["per_query"], taught["per_query"]);
}

#[test]
fn the_taught_model_is_written_whole() {
    let folder = tempfile::tempdir().unwrap();
    collection(folder.path(), FEEDBACK);
    let path = folder.path().to_str().unwrap();
    let inside = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (adapter, model, zip) = (inside("adapter"), inside("model"), inside("model.ZIP"));

    let lesson = ["--steps", "2", "--batch", "2", "--validation-share", "0", "--export-model", &zip];
    let teach = [&["teach", "--json", "--collection", path, "--out", &adapter][..], &lesson].concat();
    object(&figret(&teach));
    assert!(fs::read(&zip).unwrap().starts_with(b"PK\x03\x04"));

    let exported = object(&figret(&["export", "--json", "--adapter", &adapter, "--out", &model]));
    assert!(exported["check_cosine"].as_f64().unwrap() >= 0.999_999);
    let size = exported["size_bytes"].as_u64().unwrap();
    assert!(size > 91_000_000 && fs::metadata(&zip).unwrap().len() > 91_000_000, "{size}");
    let card = fs::read_to_string(folder.path().join("model/README.md")).unwrap();
    assert!(card.contains("Only queries were taught") && card.contains("Not known: "), "{card}");
    assert!(folder.path().join("model/1_Pooling/config.json").is_file());

    let texts = inside("texts.txt");
    fs::write(&texts, "white stuff\ngauge is low\n").unwrap();
    let before = object(&figret(&["embed", "--json", &texts]));
    let after = object(&figret(&["embed", "--json", &texts, "--adapter", &adapter]));
    assert_eq!((before["embeddings"].as_array().unwrap().len(), &before["width"]), (2, &Value::from(384)));
    assert_ne!(before["embeddings"], after["embeddings"]);

    let refused = figret(&["export", "--out", &model]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("export needs --adapter DIR"));
}

#[test]
fn index_writes_vectors_that_evaluate_uses() {
    let folder = tempfile::tempdir().unwrap();
    collection(folder.path(), FEEDBACK);
    let path = folder.path().to_str().unwrap();
    let indexed = object(&figret(&["index", "--json", "--collection", path, "--out", path]));
    assert_eq!(indexed["texts"], 3);
    let vectors = folder.path().join("embeddings.safetensors");
    let with =
        figret(&["search", "white", "--json", "--collection", path, "--vectors", vectors.to_str().unwrap()]);
    assert_eq!(object(&with)["before"][0]["passage_id"], "frost");
}

#[test]
fn a_bad_line_stops_it_by_name_and_may_be_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let bad = "{\"query_id\":\"n3\",\"query\":\"q\",\"preferences\":[{\"doc_id\":\"x9\",\"score\":1}]}\n";
    collection(folder.path(), &format!("{FEEDBACK}{bad}"));
    let path = folder.path().to_str().unwrap();
    let refused = figret(&["evaluate", "--collection", path]);
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success());
    assert!(words.contains("feedback.jsonl line 3: doc_id 'x9' is not in the corpus"), "{words}");
    assert!(figret(&["evaluate", "--collection", path, "--leave-out-bad-lines"]).status.success());
}

#[test]
fn a_corpus_in_shards_gives_the_vectors_of_the_whole_and_a_finished_shard_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    collection(folder.path(), FEEDBACK);
    let path = folder.path().to_str().unwrap();
    let corpus = folder.path().join("corpus.jsonl");
    let shards = folder.path().join("shards");
    let (corpus, shards) = (corpus.to_str().unwrap(), shards.to_str().unwrap());
    let index = |shard: &str| {
        object(&figret(&["index", "--json", "--corpus", corpus, "--out", shards, "--shard", shard]))
    };

    assert_eq!([index("2/2")["passages"].clone(), index("1/2")["passages"].clone()], [json!(1), json!(2)]);
    let again = index("1/2");
    assert_eq!([again["is_kept"].clone(), again["passages"].clone()], [json!(true), json!(2)]);

    let search = |vectors: &[&str]| {
        let asked = ["search", "white stuff outside", "--json", "--collection", path];
        object(&figret(&[&asked, vectors].concat()))
    };
    let with_shards = search(&["--vectors", shards]);
    assert_eq!(with_shards["before"], search(&[])["before"]);

    // Another corpus of the same name: its shard would hold other vectors.
    fs::write(corpus, format!("{CORPUS}{{\"_id\":\"more\",\"text\":\"x\"}}\n")).unwrap();
    let refused = figret(&["index", "--corpus", corpus, "--out", shards, "--shard", "1/2"]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        !refused.status.success() && said.contains("is there already with figret.corpus_sha256"),
        "{said}"
    );
}

#[test]
fn a_bad_line_of_a_streamed_corpus_is_named_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = folder.path().join("corpus.jsonl");
    fs::write(&corpus, format!("{CORPUS}{{\"_id\":\"x\"}}\n")).unwrap();
    let out = folder.path().join("shards");
    let (corpus, out) = (corpus.to_str().unwrap(), out.to_str().unwrap());
    let asked = ["index", "--json", "--corpus", corpus, "--out", out];
    let refused = figret(&asked);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("corpus.jsonl line 4: field 'text' is missing"), "{said}");
    assert!(!Path::new(out).join("part-00001-of-00001.parquet").exists());
    let report = object(&figret(&[&asked[..], &["--leave-out-bad-lines"]].concat()));
    assert_eq!([report["passages"].clone(), report["left_out"].clone()], [json!(3), json!(1)]);
}
