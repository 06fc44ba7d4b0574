//! `cargo xtask record`: walks the page through one lesson and writes what came of it to `www/demo/recorded.json`.
//!
//! The page shows that comparison until a person has one of their own. Nothing is computed here.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::e2e::page::Page;
use crate::e2e::webdriver::Browser;
use crate::project::Project;
use crate::{build, model, serve};

/// What is written, from the repository's root.
pub(crate) const RECORDING: &str = "www/demo/recorded.json";

/// The sample that it is of.
pub(crate) const SAMPLE: [&str; 5] = [
    "www/demo/corpus.jsonl",
    "www/demo/queries.jsonl",
    "www/demo/qrels/test.tsv",
    "www/demo/feedback.jsonl",
    "www/demo/feedback_round2.jsonl",
];

/// The path that every browser has; settings as they are by default.
const QUERY: &str = "?backend=cpu&threads=2";

const LESSON_SECONDS: u64 = 3600;

/// Runs in the page.
const SCRIPT: &str = include_str!("record.js");

/// Flags of `cargo xtask record`.
#[derive(clap::Args)]
pub(crate) struct Flags {
    /// Record the page as it was built last.
    #[arg(long)]
    no_build: bool,
}

/// Teaches on the page with the settings that it begins with, and writes the recording.
///
/// # Errors
/// When the build, the lesson or the writing fails.
pub(crate) fn run(project: &Project, flags: &Flags) -> Result<()> {
    if !flags.no_build {
        model::run(project)?;
        build::run(project)?;
    }
    let sample = digests(&project.root)?;
    let address = serve::start(&project.root, 0)?;
    let browser = Browser::start()?;
    let page = Page::open(&browser, &format!("{address}{QUERY}"), 1)?;
    page.wait_for_phase("ready", 300)?;
    page.click("step-teach")?;
    page.click("teach-button")?;
    page.wait_for_phase("compared", LESSON_SECONDS)?;
    let mut recording = browser.async_script(SCRIPT, json!([]))?;
    recording["sample"] = sample;
    let file = project.root.join(RECORDING);
    fs::write(&file, lines(&recording)?).with_context(|| format!("{RECORDING} cannot be written"))?;
    eprintln!("record: {RECORDING} written");
    Ok(())
}

/// The SHA-256 of each file of the sample.
fn digests(root: &Path) -> Result<Value> {
    let mut digests = Map::new();
    for name in SAMPLE {
        let bytes = fs::read(root.join(name)).with_context(|| format!("{name} cannot be read"))?;
        digests.insert(name.to_owned(), digest(&bytes).into());
    }
    Ok(digests.into())
}

/// The SHA-256 of a file's content, in hexadecimal digits.
pub(crate) fn digest(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// JSON with a line for each ranking, so that two recordings can be compared.
fn lines(recording: &Value) -> Result<String> {
    let parts = recording.as_object().context("the page gave no recording")?;
    ensure!(parts.contains_key("rankings"), "the page gave no rankings");
    let mut lines = Vec::new();
    for (name, part) in parts {
        let text = if name == "rankings" { by_line(part)? } else { part.to_string() };
        lines.push(format!("{}: {text}", json!(name)));
    }
    Ok(format!("{{\n{}\n}}\n", lines.join(",\n")))
}

fn by_line(rankings: &Value) -> Result<String> {
    let rankings = rankings.as_object().context("the rankings are no object")?;
    let lines: Vec<_> = rankings.iter().map(|(id, ranking)| format!("{}: {ranking}", json!(id))).collect();
    Ok(format!("{{\n{}\n}}", lines.join(",\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_has_a_line_for_each_ranking_and_is_json() -> Result<()> {
        let recording = json!({ "about": { "a": 1 }, "rankings": { "q1": [1], "q\"2": [2] } });
        let text = lines(&recording)?;
        assert_eq!(text, "{\n\"about\": {\"a\":1},\n\"rankings\": {\n\"q\\\"2\": [2],\n\"q1\": [1]\n}\n}\n");
        assert_eq!(serde_json::from_str::<Value>(&text)?, recording);
        assert!(lines(&json!({ "about": {} })).is_err());
        Ok(())
    }

    #[test]
    fn a_digest_is_the_known_one() {
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest(b"abc"), known);
    }
}
