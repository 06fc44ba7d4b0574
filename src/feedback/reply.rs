//! What a provider sends back, down to the LLM's own words.
//!
//! Understands OpenAI's batch lines and those of its likes, chat completions and responses. What the words mean
//! is read elsewhere. A failed request, a refusal and an answer that was cut off are problems, never half used.

use crate::data::{Problem, clip, json_line};
use serde_json::{Map, Value};

type Object = Map<String, Value>;

/// What to do where asking once more may help.
pub(super) const ASK_AGAIN: &str = "Ask again, or do without it.";
const ASK_LONGER: &str = "Allow the model longer answers and ask again.";
const ASK_OTHERS: &str = "Ask another model, or do without it.";
const GIVE_OUTPUT: &str = "Give the output and error files that the provider returned.";

/// The LLM's words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) model: Option<String>,
    pub(super) content: String,
}

/// Reads the `custom_id` of a line of a batch output or error file, and the reply to it.
pub(super) fn batch_line(line: &str) -> Result<(String, Result<Reply, Problem>), Problem> {
    let object = json_line::parse_object(line)?;
    let Some(custom_id) = json_line::text(&object, &["custom_id"])? else {
        return Err(Problem::new("field 'custom_id' is missing", GIVE_OUTPUT));
    };
    Ok((custom_id.to_owned(), reply(&object)))
}

/// Reads the body of an endpoint's response.
pub(super) fn endpoint_body(body: &str) -> Result<Reply, Problem> {
    reply(&json_line::parse_object(body)?)
}

fn reply(line: &Object) -> Result<Reply, Problem> {
    let response = object(line, "response");
    let body = response.and_then(|response| object(response, "body")).or(response);
    let body = body.or_else(|| object(line, "body")).unwrap_or(line);
    let status = response.and_then(|response| response.get("status_code")).and_then(Value::as_u64);
    if let Some(problem) = failure(status, [line, body]) {
        return Err(problem);
    }
    let content = if let Some(choices) = body.get("choices").and_then(Value::as_array) {
        completion(choices)?
    } else if let Some(output) = body.get("output").and_then(Value::as_array) {
        response_output(body, output)?
    } else if body.contains_key("messages") {
        return Err(Problem::new("the line is a request, not an answer", GIVE_OUTPUT));
    } else {
        return Err(Problem::new("the line holds neither an answer nor an error", GIVE_OUTPUT));
    };
    if content.trim().is_empty() {
        return Err(Problem::new("the answer is empty", ASK_AGAIN));
    }
    let model = body.get("model").and_then(Value::as_str).map(str::to_owned);
    Ok(Reply { model, content })
}

fn object<'a>(object: &'a Object, name: &str) -> Option<&'a Object> {
    object.get(name).and_then(Value::as_object)
}

/// What the provider says went wrong: a status that is no success, or an error with code and message.
fn failure(status: Option<u64>, places: [&Object; 2]) -> Option<Problem> {
    let error = places.iter().find_map(|place| place.get("error").filter(|error| !error.is_null()));
    let status = status.filter(|status| !(200..300).contains(status));
    if error.is_none() && status.is_none() {
        return None;
    }
    let status = status.map(|status| format!("status {status}"));
    let said: Vec<String> = status.into_iter().chain(error.map(error_words)).collect();
    Some(Problem::new(format!("the provider reports {}", said.join(", ")), ASK_AGAIN))
}

/// Code and message, or the error itself if it is a text.
fn error_words(error: &Value) -> String {
    let field = |name: &str| error.get(name).filter(|value| !value.is_null());
    let words = |value: &Value| clip(value.as_str().unwrap_or(&value.to_string()));
    let known: Vec<String> =
        [field("code").or(field("type")), field("message")].into_iter().flatten().map(words).collect();
    if known.is_empty() { words(error) } else { known.join(": ") }
}

/// The first choice of a chat completion; no more than one is ever asked for.
fn completion(choices: &[Value]) -> Result<String, Problem> {
    let choice = choices.first().ok_or_else(|| Problem::new("the answer has no choices", ASK_AGAIN))?;
    match choice.get("finish_reason").and_then(Value::as_str) {
        Some("length") => return Err(cut_off("finish_reason is length")),
        Some("content_filter") => {
            return Err(Problem::new("the provider's filter stopped the answer", ASK_OTHERS));
        }
        _ => {}
    }
    let message = choice.get("message").unwrap_or(&Value::Null);
    declined(message)?;
    match message.get("content") {
        Some(Value::String(content)) => Ok(content.clone()),
        Some(Value::Array(parts)) => parts_text(parts),
        _ => Ok(String::new()),
    }
}

/// The texts of a response's output items; reasoning items have none.
fn response_output(body: &Object, output: &[Value]) -> Result<String, Problem> {
    match body.get("status").and_then(Value::as_str) {
        None | Some("completed") => {}
        Some(status) => {
            let details = object(body, "incomplete_details").and_then(|details| details.get("reason"));
            return Err(cut_off(&clip(details.and_then(Value::as_str).unwrap_or(status))));
        }
    }
    let messages = output.iter().filter(|item| item.get("type").is_none_or(|kind| kind == "message"));
    let parts = messages.filter_map(|item| item.get("content")?.as_array());
    parts.map(|parts| parts_text(parts)).collect()
}

fn parts_text(parts: &[Value]) -> Result<String, Problem> {
    let mut text = String::new();
    for part in parts {
        declined(part)?;
        text.push_str(part.get("text").and_then(Value::as_str).unwrap_or_default());
    }
    Ok(text)
}

fn declined(message: &Value) -> Result<(), Problem> {
    match message.get("refusal").and_then(Value::as_str).filter(|refusal| !refusal.is_empty()) {
        Some(refusal) => Err(Problem::new(format!("the model refused: {}", clip(refusal)), ASK_OTHERS)),
        None => Ok(()),
    }
}

fn cut_off(why: &str) -> Problem {
    Problem::new(format!("the answer was cut off ({why})"), ASK_LONGER)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(line: Value) -> Result<String, String> {
        let reply = batch_line(&line.to_string()).unwrap().1;
        reply.map(|reply| reply.content).map_err(|problem| problem.reason)
    }

    fn chat(message: Value, finish_reason: &str) -> Value {
        json!({"model": "m-1", "choices": [{"message": message, "finish_reason": finish_reason}]})
    }

    fn batch(body: Value) -> Value {
        json!({"id": "b", "custom_id": "x", "response": {"status_code": 200, "body": body}, "error": null})
    }

    #[test]
    fn the_words_are_found_in_every_wrapping() {
        let body = chat(json!({"content": "{}", "refusal": null}), "stop");
        for line in [
            batch(body.clone()),
            json!({"custom_id": "x", "body": body}),
            json!({"custom_id": "x", "response": body}),
            json!({"custom_id": "x", "model": "m-1", "choices": body["choices"]}),
            batch(chat(
                json!({"content": [{"type": "text", "text": "{"}, {"type": "text", "text": "}"}]}),
                "stop",
            )),
            batch(json!({"model": "m-1", "status": "completed", "error": null, "output": [
                {"type": "reasoning", "content": [{"type": "reasoning_text", "text": "hm"}]},
                {"type": "message", "content": [{"type": "output_text", "text": "{}"}]}]})),
        ] {
            let (custom_id, reply) = batch_line(&line.to_string()).unwrap();
            assert_eq!(custom_id, "x");
            assert_eq!(reply.unwrap(), Reply { model: Some("m-1".into()), content: "{}".into() }, "{line}");
        }
        assert_eq!(endpoint_body(&body.to_string()).unwrap().content, "{}");
    }

    #[test]
    fn failures_are_told_with_code_and_message() {
        let failed = |response: Value, error: Value| {
            read(json!({"custom_id": "x", "response": response, "error": error})).unwrap_err()
        };
        let expired = json!({"code": "batch_expired", "message": "not in time"});
        assert_eq!(failed(Value::Null, expired), "the provider reports batch_expired: not in time");
        let body = json!({"error": {"message": "slow\ndown", "type": "requests", "code": null}});
        assert_eq!(
            failed(json!({"status_code": 429, "body": body}), Value::Null),
            "the provider reports status 429, requests: slow down"
        );
        assert_eq!(failed(json!({"status_code": 500}), Value::Null), "the provider reports status 500");
        assert_eq!(failed(Value::Null, json!("no such model")), "the provider reports no such model");
        let endpoint = endpoint_body(r#"{"error": {"message": "bad key", "code": 401}}"#).unwrap_err();
        assert_eq!(endpoint.reason, "the provider reports 401: bad key");
    }

    #[test]
    fn answers_that_are_no_whole_answers_are_problems() {
        let whole = json!({"content": "{\"scores\": []}"});
        for (body, expected) in [
            (chat(whole.clone(), "length"), "the answer was cut off (finish_reason is length)"),
            (chat(whole, "content_filter"), "the provider's filter stopped the answer"),
            (chat(json!({"content": null, "refusal": "I cannot"}), "stop"), "the model refused: I cannot"),
            (chat(json!({"content": null}), "stop"), "the answer is empty"),
            (json!({"choices": []}), "the answer has no choices"),
            (
                json!({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": []}),
                "the answer was cut off (max_output_tokens)",
            ),
            (
                json!({"output": [{"type": "message", "content": [{"type": "refusal", "refusal": "no"}]}]}),
                "the model refused: no",
            ),
            (json!({"messages": []}), "the line is a request, not an answer"),
            (json!({"x": 1}), "the line holds neither an answer nor an error"),
        ] {
            assert_eq!(read(batch(body)), Err(expected.to_owned()));
        }
        let request = json!({"custom_id": "x", "method": "POST", "url": "/v1", "body": {"messages": []}});
        assert_eq!(read(request), Err("the line is a request, not an answer".to_owned()));
        assert_eq!(batch_line("{}").unwrap_err().reason, "field 'custom_id' is missing");
    }
}
