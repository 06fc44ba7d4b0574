//! The command line with other models than the one that ships: side by side, taught, exported, and kept apart.
//!
//! The models are the small random ones of `tests/fixtures/models`; what they rank is of no interest.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const CORPUS: &str = r#"{"_id":"frost","title":"Frost","text":"a heat pump in the shed"}
{"_id":"water","title":"Water","text":"fill it with a hose"}
{"_id":"app","title":"App","text":"the pump has an app"}
"#;
const QUERIES: &str = "{\"_id\":\"t1\",\"text\":\"heat pump?\"}\n{\"_id\":\"t2\",\"text\":\"app\"}\n";
const QRELS: &str = "query-id\tcorpus-id\tscore\nt1\tfrost\t2\nt2\tapp\t1\n";
const FEEDBACK: &str = r#"{"query_id":"n1","query":"hose","preferences":[{"doc_id":"app","score":0},{"doc_id":"water","score":3}]}
{"query_id":"n2","query":"no app","preferences":[{"doc_id":"app","score":2},{"doc_id":"frost","score":0}]}
"#;

fn collection() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("qrels")).unwrap();
    let parts = [
        ("corpus.jsonl", CORPUS),
        ("queries.jsonl", QUERIES),
        ("qrels/test.tsv", QRELS),
        ("feedback.jsonl", FEEDBACK),
    ];
    for (name, text) in parts {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn fixture(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models").join(kind)
}

fn figret(model: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_figret"));
    command.args(arguments).arg("--model").arg(model).args(["--backend", "cpu"]).output().unwrap()
}

fn object(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refusal(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn models_stand_side_by_side_in_one_table() {
    let folder = collection();
    let path = folder.path().to_str().unwrap();
    let (runs, out) = (folder.path().join("runs"), folder.path().join("figures.csv"));
    let [mean, bf16] = ["mean-cosine", "default-bf16"].map(fixture);
    let [mean, bf16] = [mean.to_str().unwrap(), bf16.to_str().unwrap()];
    let systems = ["evaluate", "--json", "--collection", path, "--baselines", "bm25", "--measures", "mrr"];
    let beside = ["--beside", mean, "--beside", bf16, "--beside", mean];
    let files = ["--runs", runs.to_str().unwrap(), "--per-query", out.to_str().unwrap()];
    let arguments = [systems.as_slice(), &beside, &files];
    let found = object(&figret(&fixture("cls-prompts"), &arguments.concat()));
    let systems: Vec<&String> = found["systems"].as_object().unwrap().keys().collect();
    assert_eq!(systems, ["before", "bm25", "default-bf16", "mean-cosine", "mean-cosine-2"]);
    assert_eq!(found["systems"]["mean-cosine"], found["systems"]["mean-cosine-2"]);
    let tested: Vec<&str> = found["comparisons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|test| test["system"].as_str().unwrap())
        .collect();
    assert_eq!(tested, ["bm25", "mean-cosine", "default-bf16", "mean-cosine-2"]);
    assert!(fs::read_to_string(runs.join("default-bf16.run")).unwrap().contains("figret-default-bf16"));
    assert!(fs::read_to_string(out).unwrap().contains("mean-cosine-2"));

    // Alone it reaches the same.
    let alone = object(&figret(&fixture("default-bf16"), &["evaluate", "--json", "--collection", path]));
    assert_eq!(alone["mrr"], found["systems"]["default-bf16"]["mean"]["mrr"]);

    let prefixes = ["evaluate", "--collection", path, "--beside", mean, "--beside", bf16];
    let one = [prefixes.as_slice(), &["--beside-query-prefix", "a "]].concat();
    assert!(refusal(&figret(&fixture("cls-prompts"), &one)).contains(
        "--beside-query-prefix is given 1 times for 2 models; give it once for each --beside, '' for none"
    ));
}

#[test]
fn what_one_model_made_is_refused_by_another() {
    let folder = collection();
    let path = folder.path().to_str().unwrap();
    let (adapter, whole) = (folder.path().join("adapter"), folder.path().join("whole"));
    let (adapter, whole) = (adapter.to_str().unwrap(), whole.to_str().unwrap());
    let teach = ["teach", "--collection", path, "--out", adapter, "--steps", "2", "--export-model", whole];
    let cls = fixture("cls-prompts");
    let taught = figret(&cls, &[teach.as_slice(), &["--validation-share", "0"]].concat());
    assert!(taught.status.success(), "{}", String::from_utf8_lossy(&taught.stderr));

    let config: Value =
        serde_json::from_slice(&fs::read(Path::new(adapter).join("adapter_config.json")).unwrap()).unwrap();
    assert_eq!(config["base_model_name_or_path"], "cls-prompts");
    let readme = fs::read_to_string(Path::new(adapter).join("README.md")).unwrap();
    assert!(readme.contains("states[:, 0]") && readme.contains("`query: `"), "{readme}");
    let evaluate = ["evaluate", "--collection", path, "--adapter", adapter];
    assert!(figret(&cls, &evaluate).status.success());
    let refused = refusal(&figret(&fixture("default-bf16"), &evaluate));
    assert!(refused.contains("it was made for cls-prompts, and the model is default-bf16"), "{refused}");

    // The written folder is the same kind of model again.
    let read = |name: &str| fs::read_to_string(Path::new(whole).join(name)).unwrap();
    assert!(read("1_Pooling/config.json").contains("\"pooling_mode_cls_token\": true"));
    assert!(read("sentence_bert_config.json").contains("\"max_seq_length\": 24"));
    assert!(read("config_sentence_transformers.json").contains("\"document\": \"passage: \""));
    let whole_model = Path::new(whole);
    assert!(figret(whole_model, &["evaluate", "--collection", path]).status.success());
}

#[test]
fn vectors_are_of_the_model_that_made_them() {
    let folder = collection();
    let path = folder.path().to_str().unwrap();
    let [cls, bf16] = ["cls-prompts", "default-bf16"].map(fixture);
    let out = folder.path().join("vectors");
    let written = figret(&cls, &["index", "--collection", path, "--out", out.to_str().unwrap()]);
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    let file = out.join("embeddings.safetensors");
    let evaluate = ["evaluate", "--collection", path, "--vectors", file.to_str().unwrap()];
    assert!(figret(&cls, &evaluate).status.success());
    let refused = refusal(&figret(&bf16, &evaluate));
    assert!(
        refused.contains(
            "the vectors were made by cls-prompts, f32, 24 tokens, CLS pooling, 'query: ' before queries"
        ),
        "{refused}"
    );
    let other_prefix = [evaluate.as_slice(), &["--passage-prefix", ""]].concat();
    assert!(refusal(&figret(&cls, &other_prefix)).contains("make them again with it"));
    let other_query = [evaluate.as_slice(), &["--query-prefix", ""]].concat();
    assert!(figret(&cls, &other_query).status.success(), "passages keep their vectors");
}

#[test]
fn embed_wants_to_know_what_the_texts_are() {
    let folder = collection();
    let texts = folder.path().join("texts.txt");
    fs::write(&texts, "heat pump\n").unwrap();
    let embed = ["embed", texts.to_str().unwrap()];
    let refused = refusal(&figret(&fixture("cls-prompts"), &embed));
    assert!(refused.contains("this model has prefixes: say with --role"), "{refused}");
    let rows = |role: &str| {
        let role = [embed.as_slice(), &["--json", "--role", role]].concat();
        object(&figret(&fixture("cls-prompts"), &role))["embeddings"].clone()
    };
    assert_ne!(rows("query"), rows("passage"));
    assert!(figret(&fixture("mean-cosine"), &embed).status.success());
}

#[test]
fn a_folder_that_cannot_be_used_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let missing = refusal(&figret(&folder.path().join("none"), &["embed", "x"]));
    assert!(missing.contains("there is no folder") && missing.contains("cargo xtask model"), "{missing}");
    for name in ["modules.json", "config.json", "tokenizer.json", "1_Pooling/config.json"] {
        let to = folder.path().join(name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(fixture("cls-prompts").join(name), to).unwrap();
    }
    fs::write(folder.path().join("pytorch_model.bin"), "weights").unwrap();
    let unconverted = refusal(&figret(folder.path(), &["embed", "x"]));
    assert!(unconverted.contains("has no model.safetensors. If it has a pytorch_model.bin"), "{unconverted}");
}
