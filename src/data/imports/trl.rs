//! TRL's preference pairs: a prompt, the answer that was chosen and the one that was rejected, as texts or as
//! chats.
//!
//! Does not read the unpaired form (`completion` with a true or false `label`): it says of no two texts which is
//! better.

use super::super::error::{LEAVE_OUT, Problem};
use super::super::json_line;
use super::example::{Candidate, Example, Side, query, rest};
use serde_json::{Map, Value};

const PROMPT: &str = "prompt";
/// Fields of the answers, the better first.
pub(super) const ANSWERS: [&str; 2] = ["chosen", "rejected"];

const CHAT: &str = "of a chat, the user's last message is the query and the assistant's last one the text";

/// Reads a line.
pub(super) fn example(object: Map<String, Value>) -> Result<Example, Problem> {
    let [chosen, rejected] = ANSWERS;
    let is_chat =
        [PROMPT, chosen, rejected].iter().any(|&name| matches!(object.get(name), Some(Value::Array(_))));
    Ok(Example {
        query_id: None,
        query: prompt(&object)?,
        candidates: vec![
            Candidate::text(Side::Positive, words(&object, chosen, "assistant")?),
            Candidate::text(Side::Negative, words(&object, rejected, "assistant")?),
        ],
        other: rest(object, &[PROMPT, chosen, rejected]),
        choice: is_chat.then_some(CHAT),
    })
}

/// The prompt, which a chat may hold in front of its answer.
fn prompt(object: &Map<String, Value>) -> Result<String, Problem> {
    match (json_line::field(object, &[PROMPT]), json_line::field(object, &[ANSWERS[0]])) {
        (None, Some(Value::Array(_))) => words(object, ANSWERS[0], "user"),
        _ => words(object, PROMPT, "user"),
    }
}

/// The words of a field: a text, or the last message of `role` in a chat.
fn words(object: &Map<String, Value>, name: &str, role: &str) -> Result<String, Problem> {
    let Some(Value::Array(messages)) = json_line::field(object, &[name]) else {
        return query(object, &[name]);
    };
    let last =
        messages.iter().rev().find(|message| message.get("role").and_then(Value::as_str) == Some(role));
    let words = last.and_then(|message| message.get("content")).map(content).unwrap_or_default();
    if words.trim().is_empty() {
        return Err(Problem::new(format!("'{name}' holds no words of the {role}"), LEAVE_OUT));
    }
    Ok(words.trim().to_owned())
}

/// The content of a message: a text, or parts of which some are text.
fn content(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts: Vec<&str> =
                parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str)).collect();
            texts.join(" ")
        }
        _ => String::new(),
    }
}
