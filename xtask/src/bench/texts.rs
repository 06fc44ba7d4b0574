//! Which texts of the sample collection are embedded: drawn with a fixed seed, so that runs can be compared.

use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::project::Project;

const SEED: &str = "figret bench 1";

/// The sample's passages in drawn order, as the engine embeds them.
pub(super) fn passages(project: &Project) -> Result<Vec<String>> {
    let passages = lines(project, "www/demo/corpus.jsonl")?;
    let text = |passage: &Value| {
        let part = |name: &str| passage[name].as_str().unwrap_or_default();
        format!("{} {}", part("title"), part("text")).trim().to_owned()
    };
    Ok(drawn(passages.iter().map(text).collect()))
}

/// Passages and queries in turns, both in drawn order, queries for as long as there are any.
pub(super) fn passages_and_queries(project: &Project) -> Result<Vec<String>> {
    let queries = lines(project, "www/demo/queries.jsonl")?;
    let queries = queries.iter().filter_map(|query| query["text"].as_str().map(str::to_owned)).collect();
    let mut queries = drawn(queries).into_iter();
    Ok(passages(project)?.into_iter().flat_map(|passage| [Some(passage), queries.next()]).flatten().collect())
}

fn lines(project: &Project, file: &str) -> Result<Vec<Value>> {
    let text =
        fs::read_to_string(project.root.join(file)).with_context(|| format!("{file} cannot be read"))?;
    let parsed: Result<Vec<_>, _> = text.lines().map(serde_json::from_str).collect();
    parsed.with_context(|| format!("{file} is no JSON lines"))
}

/// An order that depends on the seed and the texts alone.
fn drawn(mut texts: Vec<String>) -> Vec<String> {
    texts.sort_by_cached_key(|text| Sha256::digest(format!("{SEED}\n{text}")));
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_draw_does_not_depend_on_the_files_order() {
        let texts = |words: [&str; 4]| words.map(String::from).to_vec();
        let (one, other) = (texts(["a", "b", "c", "d"]), texts(["d", "c", "b", "a"]));
        assert_eq!(drawn(one), drawn(other));
    }

    #[test]
    fn there_are_enough_texts_of_both_kinds() -> Result<()> {
        let project = Project::find()?;
        assert!(passages(&project)?.len() >= 64);
        let mixed = passages_and_queries(&project)?;
        assert!(mixed.len() >= 512);
        assert!(mixed[0].len() > mixed[1].len(), "a passage, then a query");
        Ok(())
    }
}
