//! LlamaIndex's `EmbeddingQAFinetuneDataset`: one object of queries, nodes and which nodes answer a query.
//!
//! There are no negatives and no scores: each relevant node is of gain 3. The nodes can serve as the corpus
//! where there is none.

use super::super::error::{LEAVE_OUT, Problem, clip};
use super::super::text_file::decode;
use super::super::{Corpus, DataError, Passage, Queries, Query, json_line};
use super::Examples;
use super::example::{Candidate, Example, Side, Source};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// The fields of a dataset.
pub(super) const FIELDS: [&str; 3] = ["queries", "corpus", "relevant_docs"];

#[derive(Deserialize)]
struct Dataset {
    queries: Map<String, Value>,
    corpus: Map<String, Value>,
    relevant_docs: Map<String, Value>,
}

impl Dataset {
    fn parse(file: &str, text: &str) -> Result<Self, DataError> {
        serde_json::from_str(text).map_err(|error| {
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            let problem = Problem::new(
                format!("not a dataset of queries, corpus and relevant_docs: {}", clip(message)),
                "Save the dataset again with its save_json.",
            );
            let first = Some(Box::new(problem.at(file, error.line() as u64)));
            DataError::NoUsableRecord { file: file.to_owned(), first }
        })
    }

    fn example(&self, id: &str, query: &Value) -> Result<Example, Problem> {
        let query = words(id, query, "query")?;
        let relevant = json_line::list(&self.relevant_docs, id)?.iter();
        let candidates = relevant.map(|node| self.candidate(id, node)).collect::<Result<Vec<_>, _>>()?;
        Ok(Example { query_id: Some(id.to_owned()), query, candidates, other: Map::new(), choice: None })
    }

    fn candidate(&self, query_id: &str, node: &Value) -> Result<Candidate, Problem> {
        let id = json_line::id_of(node, &[query_id])?;
        let source = match self.corpus.get(&id).and_then(Value::as_str) {
            Some(text) if !text.trim().is_empty() => Source::Node { id, text: text.to_owned() },
            _ => Source::Id(id),
        };
        Ok(Candidate { source, side: Side::Positive, score: None })
    }
}

fn words(id: &str, value: &Value, what: &str) -> Result<String, Problem> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
        Value::String(_) => Err(Problem::new(format!("{what} '{}' has no text", clip(id)), LEAVE_OUT)),
        other => {
            let reason = format!("{what} '{}' is {}, not a text", clip(id), json_line::kind(other));
            Err(Problem::new(reason, LEAVE_OUT))
        }
    }
}

/// Reads the queries with their relevant nodes, in the order of the file if it has a line for each.
///
/// # Errors
/// [`DataError::NoUsableRecord`] if the file is no such dataset.
pub(super) fn examples<'a>(file: &str, text: &'a str) -> Result<Examples<'a>, DataError> {
    let dataset = Dataset::parse(file, text)?;
    let lines = key_lines(text);
    let mut examples: Vec<_> = dataset
        .queries
        .iter()
        .map(|(id, query)| (lines.get(id.as_str()).copied().unwrap_or(1), dataset.example(id, query)))
        .collect();
    examples.sort_by_key(|(line, _)| *line);
    Ok(Box::new(examples.into_iter()))
}

/// First lines of the keys of an object that was written with a line for each; queries come first in it.
fn key_lines(text: &str) -> HashMap<&str, u64> {
    let mut lines = HashMap::new();
    for (line, text) in super::lines(text) {
        let key = text.trim_start().strip_prefix('"').and_then(|rest| rest.split_once("\":"));
        if let Some((key, _)) = key {
            lines.entry(key).or_insert(line);
        }
    }
    lines
}

/// Reads the nodes of a LlamaIndex dataset as a corpus, and its queries; nodes without text are left out.
///
/// # Errors
/// [`DataError::NoUsableRecord`] if the file is no such dataset or has no node, or any other whole-file variant of
/// [`DataError`].
pub fn read_llama_index_collection(file_name: &str, bytes: &[u8]) -> Result<(Corpus, Queries), DataError> {
    let dataset = Dataset::parse(file_name, decode(file_name, bytes)?)?;
    let texts = |map: Map<String, Value>, what: &'static str| {
        map.into_iter().filter_map(move |(id, text)| Some((words(&id, &text, what).ok()?, id)))
    };
    let passages = texts(dataset.corpus, "node").map(|(text, id)| Passage { id, title: String::new(), text });
    let queries = texts(dataset.queries, "query").map(|(text, id)| Query { id, text });
    let collection = || Ok((Corpus::new(passages.collect())?, Queries::new(queries.collect())?));
    collection().map_err(|error: DataError| {
        let first = Some(Box::new(Problem::new(error.to_string(), error.remedy()).at(file_name, 1)));
        DataError::NoUsableRecord { file: file_name.to_owned(), first }
    })
}
