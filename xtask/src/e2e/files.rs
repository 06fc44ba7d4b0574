//! Files that a walk uploads: feedback with bad lines among good ones, and a tiny collection as a zip.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;
use zip::write::SimpleFileOptions;

use crate::project::Project;

/// Good lines in [`feedback_with_bad_lines`].
pub(super) const GOOD_LINES: usize = 12;

/// Where the bad lines stand in [`feedback_with_bad_lines`], and what the message must name.
pub(super) const BAD_LINES: [(usize, &str); 3] = [(2, "JSON"), (5, "x9"), (7, "query")];

/// Passages in [`tiny_collection`].
pub(super) const TINY_PASSAGES: usize = 6;

const PASSAGES: [(&str, &str); TINY_PASSAGES] = [
    ("frost", "Frost on the outdoor unit melts by itself."),
    ("filter", "Rinse the filter every month."),
    ("noise", "A humming sound at night is the pump."),
    ("warranty", "The warranty lasts five years."),
    ("water", "Warm water is limited to 60 degrees."),
    ("display", "Press both keys to unlock the display."),
];

/// Writes `feedback.jsonl`: the first lines of the sample's feedback with three bad ones among them.
pub(super) fn feedback_with_bad_lines(project: &Project, folder: &Path) -> Result<PathBuf> {
    let sample = project.root.join("www/demo/feedback.jsonl");
    let sample =
        fs::read_to_string(&sample).with_context(|| format!("{} cannot be read", sample.display()))?;
    let mut lines: Vec<&str> = sample.lines().take(GOOD_LINES).collect();
    let bad = [
        "{\"query_id\": \"b1\", \"query\": ",
        r#"{"query_id": "b2", "query": "what", "preferences": [{"doc_id": "x9", "score": 1}]}"#,
        r#"{"query_id": "b3", "preferences": [{"doc_id": "a-001", "score": 1}]}"#,
    ];
    for ((line, _), text) in BAD_LINES.into_iter().zip(bad) {
        lines.insert(line - 1, text);
    }
    let path = folder.join("feedback.jsonl");
    fs::write(&path, lines.join("\n"))?;
    Ok(path)
}

/// Writes `tiny.zip`: six passages, three judged queries and four lines of feedback in BEIR layout.
pub(super) fn tiny_collection(folder: &Path) -> Result<PathBuf> {
    let passages = PASSAGES.map(|(id, text)| json!({ "_id": id, "title": "", "text": text }).to_string());
    let queries =
        [("q1", "white ice outside"), ("q2", "how long is it guaranteed"), ("q3", "keys do not react")];
    let queries = queries.map(|(id, text)| json!({ "_id": id, "text": text }).to_string());
    let feedback = [
        feedback_line("f1", "unit is frozen", "frost", "noise"),
        feedback_line("f2", "when to clean", "filter", "water"),
        feedback_line("f3", "loud in the night", "noise", "display"),
        feedback_line("f4", "shower too cold", "water", "frost"),
    ];
    let qrels = "query-id\tcorpus-id\tscore\nq1\tfrost\t1\nq2\twarranty\t1\nq3\tdisplay\t1\n";

    let path = folder.join("tiny.zip");
    let mut archive = zip::ZipWriter::new(fs::File::create(&path)?);
    for (name, text) in [
        ("tiny/corpus.jsonl", passages.join("\n").as_str()),
        ("tiny/queries.jsonl", &queries.join("\n")),
        ("tiny/qrels/test.tsv", qrels),
        ("tiny/feedback.jsonl", &feedback.join("\n")),
    ] {
        archive.start_file(name, SimpleFileOptions::default())?;
        archive.write_all(text.as_bytes())?;
    }
    archive.finish()?;
    Ok(path)
}

fn feedback_line(id: &str, query: &str, better: &str, worse: &str) -> String {
    let guidance = json!({
        "objective": "relevance", "query": query, "positive": { "doc_id": better }, "negatives": [{ "doc_id": worse }],
    });
    let preferences = json!([{ "doc_id": better, "score": 3 }, { "doc_id": worse, "score": 0 }]);
    json!({ "query_id": id, "query": query, "preferences": preferences, "guidance": [guidance] }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bad_lines_stand_where_they_are_said_to() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = feedback_with_bad_lines(&Project::find()?, folder.path())?;
        let text = fs::read_to_string(path)?;
        let is_good = |line: &&str| {
            serde_json::from_str::<serde_json::Value>(line).is_ok_and(|v| v["query"].is_string())
        };
        let bad: Vec<_> =
            text.lines().enumerate().filter(|(_, line)| line.contains("\"query_id\": \"b")).collect();
        let places: Vec<_> = bad.iter().map(|(index, _)| index + 1).collect();
        assert_eq!(places, BAD_LINES.map(|(line, _)| line));
        assert_eq!(text.lines().filter(is_good).count(), GOOD_LINES + 1);
        Ok(())
    }
}
