//! The loop between the LLM and the retriever from a shell: prompts, a provider's answers, feedback, teaching, and
//! the second round. The provider is played here, and takes every request for what it says.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

const CORPUS: &str = r#"{"_id":"frost","title":"Frost","text":"A thin white coat on the fins is normal."}
{"_id":"ice","title":"Ice","text":"Solid clear ice after two defrosts needs a technician."}
{"_id":"water","title":"Water","text":"Fill the circuit to 1.5 bar with a hose."}
{"_id":"app","title":"App","text":"The phone app needs the gateway Link."}
"#;
const QUERIES: &str = "{\"_id\":\"t1\",\"text\":\"white stuff on the outdoor unit\"}\n";
const QRELS: &str = "query-id\tcorpus-id\tscore\nt1\tfrost\t2\n";
/// The last one is judged, and must not be asked about.
const TO_ASK: &str = r#"{"_id":"n1","text":"gauge is low"}
{"_id":"n2","text":"frost on the fins"}
{"_id":"n3","text":"White stuff on the outdoor unit"}
"#;

struct Loop {
    folder: tempfile::TempDir,
}

impl Loop {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("set/qrels")).unwrap();
        let this = Self { folder };
        this.write("set/corpus.jsonl", CORPUS);
        this.write("set/queries.jsonl", QUERIES);
        this.write("set/qrels/test.tsv", QRELS);
        this.write("to_ask.jsonl", TO_ASK);
        this
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Runs a command on the collection; returns its JSON.
    fn figret(&self, arguments: &[&str]) -> Value {
        let model = concat!(env!("CARGO_MANIFEST_DIR"), "/models/all-MiniLM-L6-v2");
        let set = self.path("set");
        let mut command = Command::new(env!("CARGO_BIN_EXE_figret"));
        command.args(arguments).args(["--json", "--model", model, "--backend", "cpu", "--collection", &set]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Answers every request of a batch file, the last one first, but for one that fails.
    fn answer(&self, batch: &str, failing: Option<usize>) -> (String, String) {
        let requests = fs::read_to_string(self.path(batch)).unwrap();
        let (mut output, mut errors) = (Vec::new(), Vec::new());
        for (i, line) in requests.lines().enumerate() {
            let request: Value = serde_json::from_str(line).unwrap();
            assert_eq!(
                (&request["method"], &request["url"]),
                (&json!("POST"), &json!("/v1/chat/completions"))
            );
            let id = &request["custom_id"];
            if failing == Some(i) {
                let error = json!({"code": "server_error", "message": "try again"});
                errors
                    .push(json!({"id": "b", "custom_id": id, "response": null, "error": error}).to_string());
                continue;
            }
            let words = reply(request["body"]["messages"][1]["content"].as_str().unwrap());
            let choice = json!({"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": words}});
            let body = json!({"object": "chat.completion", "model": "stand-in", "choices": [choice]});
            let response = json!({"status_code": 200, "body": body});
            output.push(json!({"id": "b", "custom_id": id, "response": response, "error": null}).to_string());
        }
        output.reverse();
        (output.join("\n"), errors.join("\n"))
    }
}

/// What an LLM would say: gains against the base model's own order, and guidance in the wanted form.
fn reply(user: &str) -> String {
    let passages: Vec<Value> = user.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let ids: Vec<&str> = passages.iter().filter_map(|passage| passage["doc_id"].as_str()).collect();
    let gain =
        |id: &&str| json!({"doc_id": id, "score": if *id == "app" { 3 } else { u8::from(*id == "ice") }});
    let answer = if user.contains("Grade every candidate") {
        json!({"need": "x", "scores": ids.iter().map(gain).collect::<Vec<_>>()})
    } else if user.contains("Write the new query") {
        json!({"better_doc_id": ids[0], "worse_doc_id": ids[1], "difference": "x", "new_query": format!("what of {}?", ids[1])})
    } else if user.contains("Write the merged passage") {
        json!({"doc_ids": ids, "merged": format!("All of {} in one.", ids.join(" and "))})
    } else {
        json!({"doc_id": ids[0], "dense": "The app needs the gateway.", "sparse": "Among much else that one may say of a house, the app needs the gateway, as it were."})
    };
    format!("```json\n{answer}\n```")
}

#[test]
fn two_rounds_from_a_shell() {
    let shell = Loop::new();
    let ask = |stage: &str, round: &str, more: &[&str]| {
        let batch = shell.path("batch.jsonl");
        let common = ["prompts", "--stage", stage, "--llm", "stand-in", "--round", round, "--out", &batch];
        shell.figret(&[&common[..], more].concat())
    };
    let feedback = shell.path("feedback.jsonl");
    let take = |files: &[&str], more: &[&str]| {
        let paths: Vec<String> = files.iter().map(|name| shell.path(name)).collect();
        let mut arguments = vec!["feedback", "--out", &feedback, "--batch-output"];
        arguments.extend(paths.iter().map(String::as_str));
        arguments.extend(more);
        shell.figret(&arguments)
    };

    // The gains first; one request fails and is asked again.
    let to_ask = shell.path("to_ask.jsonl");
    let asked = ask("preferences", "1", &["--queries", &to_ask, "--candidates", "4"]);
    assert_eq!((&asked["asks"], &asked["judged"]), (&json!(2), &json!(1)));
    let (output, errors) = shell.answer("batch.jsonl", Some(0));
    shell.write("output.jsonl", &output);
    shell.write("errors.jsonl", &errors);
    let batch = shell.path("batch.jsonl");
    let taken = take(&["errors.jsonl", "output.jsonl"], &["--queries", &to_ask, "--requests", &batch]);
    assert_eq!((&taken["preferences"], &taken["unanswered"]), (&json!(1), &json!(1)));
    assert!(taken["refused"][0].as_str().unwrap().contains("try again"), "{taken}");
    let (output, _) = shell.answer("feedback.again.jsonl", None);
    shell.write("output.jsonl", &output);
    let taken = take(&["output.jsonl"], &["--queries", &to_ask, "--merge-into", &feedback]);
    assert_eq!((&taken["queries"], &taken["preferences"]), (&json!(2), &json!(1)));

    // Both are served poorly, for the LLM thinks otherwise; guidance is asked for.
    let poor = shell.figret(&["poor", "--feedback", &feedback]);
    assert_eq!(poor["poor"].as_array().unwrap().len(), 2, "{poor}");
    let asked = ask("guidance", "1", &["--feedback", &feedback]);
    // Two relevance pairs, one merged text and one pair of versions for each.
    assert_eq!(
        asked["by_kind"],
        json!({"preference": 0, "relevance": 4, "comprehensiveness": 2, "purity": 2})
    );
    let (output, _) = shell.answer("batch.jsonl", None);
    shell.write("output.jsonl", &output);
    let taken = take(&["output.jsonl"], &["--merge-into", &feedback]);
    // A relevance answer makes two examples: the pair as it was, and turned around.
    assert_eq!(taken["guidance"], json!({"relevance": 8, "comprehensiveness": 2, "purity": 2}), "{taken}");
    assert!(!shell.figret(&["audit", "--feedback", &feedback])["absent"].as_array().unwrap().is_empty());

    let adapter = shell.path("adapter");
    let teach = ["teach", "--feedback", &feedback, "--out", &adapter, "--steps", "6", "--batch", "2"];
    let taught = shell
        .figret(&[&teach[..], &["--rounds", "2", "--poor-only", "true", "--validation-share", "0"]].concat());
    assert_eq!(taught["rounds"][0]["poor"], 2, "{}", taught["rounds"]);

    // The second round asks by what was learnt, and joins the same file.
    let asked = ask("preferences", "2", &["--feedback", &feedback, "--adapter", &adapter, "--below", "1"]);
    let count = asked["asks"].as_u64().unwrap();
    if count > 0 {
        let (output, _) = shell.answer("batch.jsonl", None);
        shell.write("output.jsonl", &output);
        let taken = take(&["output.jsonl"], &["--merge-into", &feedback]);
        assert_eq!((&taken["queries"], &taken["preferences"]), (&json!(2), &json!(count)));
    }
    assert!(Path::new(&feedback).is_file());
}
