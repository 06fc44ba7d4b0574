//! Every reader of a person's bytes, called with any bytes at all, and what must hold whatever they are.
//!
//! The fuzz targets and the short fuzz of the tests call the same functions. They say nothing about what a
//! reader makes of a good file; the tests beside each reader do.

#![allow(dead_code, unreachable_pub, reason = "every crate that includes this uses its own part of it")]

mod answers;
mod collections;
mod model;

pub use answers::{answers, prompt, requests};
pub use collections::{archive, collection, corpus, feedback, import, qrels, queries, run};
pub use model::{adapter, config, tokenizer, vectors, weights};

/// A reader, with what it checks of its own result.
pub type Reader = fn(&[u8]);

/// All readers, by the name of their fuzz target and of their folder of seeds.
pub const READERS: [(&str, Reader); 16] = [
    ("adapter", adapter),
    ("answers", answers),
    ("archive", archive),
    ("collection", collection),
    ("config", config),
    ("corpus", corpus),
    ("feedback", feedback),
    ("import", import),
    ("prompt", prompt),
    ("qrels", qrels),
    ("queries", queries),
    ("requests", requests),
    ("run", run),
    ("tokenizer", tokenizer),
    ("vectors", vectors),
    ("weights", weights),
];

/// Stands between the files of an input that holds several.
const BETWEEN: &[u8] = b"\n---\n";

/// Longest message that a person is shown, in bytes, names of files not counted.
const LONGEST: usize = 2000;

/// The files of an input that holds several.
fn parts(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    while let Some(at) = bytes.windows(BETWEEN.len()).position(|window| window == BETWEEN) {
        parts.push(&bytes[..at]);
        bytes = &bytes[at + BETWEEN.len()..];
    }
    parts.push(bytes);
    parts
}

/// A message that can be shown: it says something, and stays on its line.
fn is_shown(message: &str) {
    assert!(!message.trim().is_empty(), "a message says nothing");
    assert!(message.len() <= LONGEST, "a message of {} bytes", message.len());
    assert!(!message.contains(char::is_control), "a control character in {message:?}");
}

/// A message that names its file, and a remedy that is a sentence.
fn is_told(file: &str, message: &str, remedy: &str) {
    is_shown(message);
    is_shown(remedy);
    assert!(message.contains(file), "no file is named: {message}");
    assert!(remedy.ends_with('.'), "no sentence: {remedy}");
}
