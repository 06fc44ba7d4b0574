//! Requests in a provider's words: bodies of chat completions, and OpenAI's batch file of them.
//!
//! A body is the same for a batch and for an endpoint that takes one request at a time. Holds no address and no
//! key: whoever sends a request knows them.

use super::{Ask, FeedbackError, Prompts};
use crate::data::{DataError, decode, lines};
use serde::Serialize;
use serde_json::Value;
use std::collections::HashSet;

const METHOD: &str = "POST";
const URL: &str = "/v1/chat/completions";
/// OpenAI's limit of requests in a file.
const MAX_LINES: usize = 50_000;
/// OpenAI's limit of a file is quoted as 100 and as 200 MB; this is below both.
const MAX_BYTES: usize = 90_000_000;

/// What a request tells the provider beside its messages.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestSettings {
    /// The provider's name of the model.
    pub model: String,
    /// `None` leaves it to the provider: some models refuse any value but their own.
    pub temperature: Option<f32>,
    /// Whether to ask for JSON mode; some local servers refuse it.
    pub json_mode: bool,
}

impl RequestSettings {
    /// Settings for a model: temperature 0, JSON mode.
    pub fn new(model: &str) -> Self {
        Self { model: model.to_owned(), temperature: Some(0.0), json_mode: true }
    }
}

/// The body of a chat completion request; serialize it to send it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChatRequest {
    model: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    messages: [Message; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Message {
    role: &'static str,
    content: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct ResponseFormat {
    r#type: &'static str,
}

#[derive(Serialize)]
struct BatchLine<'a> {
    custom_id: &'a str,
    method: &'static str,
    url: &'static str,
    body: ChatRequest,
}

/// Writes one ask as the body of a chat completion request.
pub fn chat_request(ask: &Ask, prompts: &Prompts, settings: &RequestSettings) -> ChatRequest {
    let [system, user] = ask.messages(prompts.of(ask.kind));
    ChatRequest {
        model: settings.model.clone(),
        temperature: settings.temperature,
        messages: [Message { role: "system", content: system }, Message { role: "user", content: user }],
        response_format: settings.json_mode.then_some(ResponseFormat { r#type: "json_object" }),
    }
}

/// Writes OpenAI batch files: one request a line, in parts of at most 50,000 lines and 90 MB.
///
/// # Errors
/// [`FeedbackError::NoModel`], [`FeedbackError::AskedTwice`] or [`FeedbackError::RequestTooLong`].
pub fn write_batch(
    asks: &[Ask],
    prompts: &Prompts,
    settings: &RequestSettings,
) -> Result<Vec<String>, FeedbackError> {
    if settings.model.trim().is_empty() {
        return Err(FeedbackError::NoModel);
    }
    let mut seen = HashSet::new();
    let mut parts = Parts::new(MAX_LINES, MAX_BYTES);
    for ask in asks {
        let custom_id = &ask.custom_id;
        if !seen.insert(custom_id) {
            return Err(FeedbackError::AskedTwice { custom_id: custom_id.clone() });
        }
        let body = chat_request(ask, prompts, settings);
        let line = BatchLine { custom_id, method: METHOD, url: URL, body };
        // Texts and a finite number always serialize.
        parts.add(custom_id, &serde_json::to_string(&line).unwrap_or_default())?;
    }
    Ok(parts.parts)
}

/// Lines in parts of limited size.
struct Parts {
    parts: Vec<String>,
    /// Lines of the last part.
    lines: usize,
    max_lines: usize,
    max_bytes: usize,
}

impl Parts {
    fn new(max_lines: usize, max_bytes: usize) -> Self {
        Self { parts: Vec::new(), lines: 0, max_lines, max_bytes }
    }

    fn add(&mut self, custom_id: &str, line: &str) -> Result<(), FeedbackError> {
        let (size_bytes, limit_bytes) = (line.len() + 1, self.max_bytes);
        if size_bytes > limit_bytes {
            return Err(FeedbackError::RequestTooLong {
                custom_id: custom_id.into(),
                size_bytes,
                limit_bytes,
            });
        }
        let has_room = self.lines < self.max_lines
            && self.parts.last().is_some_and(|part| part.len() + size_bytes <= limit_bytes);
        if !has_room {
            self.parts.push(String::new());
            self.lines = 0;
        }
        if let Some(part) = self.parts.last_mut() {
            part.push_str(line);
            part.push('\n');
        }
        self.lines += 1;
        Ok(())
    }
}

/// Picks the lines of a batch file whose `custom_id` is not settled, unchanged, to ask for them again.
///
/// A line without a `custom_id` is none of ours and is not picked.
///
/// # Errors
/// [`DataError`] if the file is no text.
pub fn unanswered_requests(
    file_name: &str,
    bytes: &[u8],
    settled: &HashSet<String>,
) -> Result<String, DataError> {
    let is_open = |line: &str| {
        let request = serde_json::from_str::<Value>(line).ok();
        let custom_id = request.as_ref().and_then(|request| request.get("custom_id")).and_then(Value::as_str);
        custom_id.is_some_and(|custom_id| !settled.contains(custom_id))
    };
    let text = decode(file_name, bytes)?;
    Ok(lines(text).filter(|(_, line)| is_open(line)).map(|(_, line)| format!("{line}\n")).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::super::{AskKind, Shown};
    use super::*;
    use crate::data::Query;
    use serde_json::json;

    fn ask(query_id: &str) -> Ask {
        let query = Query { id: query_id.into(), text: "why".into() };
        let shown = vec![Shown { id: "d3".into(), text: "x".into() }];
        Ask::new(1, AskKind::Preference, &Prompts::built_in().unwrap(), query, shown)
    }

    fn batch(asks: &[Ask], settings: &RequestSettings) -> Result<Vec<String>, FeedbackError> {
        write_batch(asks, &Prompts::built_in().unwrap(), settings)
    }

    #[test]
    fn a_line_is_what_a_batch_service_takes() {
        let asks = [ask("q1"), ask("q2")];
        let parts = batch(&asks, &RequestSettings::new("m-1")).unwrap();
        assert_eq!((parts.len(), parts[0].lines().count()), (1, 2));
        let line: Value = serde_json::from_str(parts[0].lines().next().unwrap()).unwrap();
        let [system, user] = asks[0].messages(Prompts::built_in().unwrap().of(AskKind::Preference));
        let messages = json!([{"role": "system", "content": system}, {"role": "user", "content": user}]);
        let body = json!({"model": "m-1", "temperature": 0.0, "messages": messages,
                          "response_format": {"type": "json_object"}});
        let expected = json!({"custom_id": asks[0].custom_id, "method": "POST",
                              "url": "/v1/chat/completions", "body": body});
        assert_eq!(line, expected);
    }

    #[test]
    fn what_a_server_refuses_can_be_left_out() {
        let settings = RequestSettings { temperature: None, json_mode: false, ..RequestSettings::new("m") };
        let request = chat_request(&ask("q1"), &Prompts::built_in().unwrap(), &settings);
        let Value::Object(body) = serde_json::to_value(request).unwrap() else { panic!("no object") };
        assert_eq!(body.keys().collect::<Vec<_>>(), ["messages", "model"]);
    }

    #[test]
    fn parts_are_split_by_lines_and_bytes() {
        let split = |max_lines, max_bytes, lines: &[&str]| {
            let mut parts = Parts::new(max_lines, max_bytes);
            lines.iter().try_for_each(|line| parts.add("id", line)).map(|()| parts.parts)
        };
        assert_eq!(split(2, 100, &["a", "b", "c"]).unwrap(), ["a\nb\n", "c\n"]);
        assert_eq!(split(9, 6, &["aa", "bb", "c", "dd"]).unwrap(), ["aa\nbb\n", "c\ndd\n"]);
        let too_long = split(9, 6, &["a", "bbbbbb"]).unwrap_err();
        assert_eq!(too_long.to_string(), "id is 7 bytes long; a batch file holds 6");
    }

    #[test]
    fn requests_that_cannot_be_told_apart_or_sent_are_refused() {
        let twice = batch(&[ask("q1"), ask("q1")], &RequestSettings::new("m")).unwrap_err();
        assert_eq!(twice, FeedbackError::AskedTwice { custom_id: ask("q1").custom_id });
        assert_eq!(batch(&[ask("q1")], &RequestSettings::new(" ")), Err(FeedbackError::NoModel));
        assert_eq!(batch(&[], &RequestSettings::new("m")), Ok(vec![]));
    }

    #[test]
    fn open_requests_are_picked_unchanged() {
        let parts = batch(&[ask("q1"), ask("q2")], &RequestSettings::new("m")).unwrap();
        let settled = HashSet::from([ask("q1").custom_id]);
        let file = format!("{}{{\"x\": 1}}\nnonsense\n", parts[0]);
        let open = unanswered_requests("batch.jsonl", file.as_bytes(), &settled).unwrap();
        assert_eq!(open.lines().collect::<Vec<_>>(), [parts[0].lines().nth(1).unwrap()]);
        assert!(unanswered_requests("batch.jsonl", b"\xff\xfea", &settled).is_err());
    }
}
