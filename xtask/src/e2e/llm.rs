//! A stand-in for an LLM behind an OpenAI-compatible endpoint: a server on this machine that answers by the prompt.
//!
//! It copies the ids out of what it is shown and knows nothing else. It lets every page ask (CORS), counts what it
//! is asked, and turns the second request away, as a busy server does.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// The one model that it has.
pub(super) const MODEL: &str = "stand-in";

/// Which request for an answer is turned away, from 0.
const TURNED_AWAY: usize = 1;

/// Twenty passages of a few hundred words are far smaller.
const BODY_LIMIT_BYTES: u64 = 4_000_000;

/// A connection that says nothing for so long is closed.
const IDLE: Duration = Duration::from_secs(60);

/// Any page may ask, and read how long it is to wait.
const HEADERS: &str = "Access-Control-Allow-Origin: *\r\n\
    Access-Control-Allow-Methods: GET, POST\r\n\
    Access-Control-Allow-Headers: authorization, content-type\r\n\
    Access-Control-Expose-Headers: Retry-After\r\n\
    Connection: close\r\n";

/// The running server; it ends with the program.
pub(super) struct Llm {
    /// Such as `http://127.0.0.1:40123`.
    origin: String,
    counts: Arc<Counts>,
}

/// What it was asked for.
#[derive(Debug, Default)]
struct Counts {
    models: AtomicUsize,
    completions: AtomicUsize,
}

struct Request {
    method: String,
    target: String,
    body: String,
}

struct Response {
    status: &'static str,
    body: Value,
}

impl Llm {
    /// Starts it on a free port.
    ///
    /// # Errors
    /// When there is no port to be had.
    pub(super) fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("the stand-in has no port")?;
        let origin = format!("http://{}", listener.local_addr()?);
        let counts = Arc::new(Counts::default());
        let shared = Arc::clone(&counts);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let counts = Arc::clone(&shared);
                thread::spawn(move || {
                    // The one who asked has hung up; there is nobody to tell.
                    let _hung_up = converse(&connection, &counts);
                });
            }
        });
        Ok(Self { origin, counts })
    }

    /// Its origin, without a slash at the end.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// The base address that a person would type in.
    pub(super) fn base(&self) -> String {
        format!("{}/v1", self.origin)
    }

    /// How often its list of models was asked for.
    pub(super) fn models_asked(&self) -> usize {
        self.counts.models.load(Ordering::SeqCst)
    }

    /// Requests for an answer, the one that was turned away included.
    pub(super) fn completions_asked(&self) -> usize {
        self.counts.completions.load(Ordering::SeqCst)
    }
}

fn converse(connection: &TcpStream, counts: &Counts) -> io::Result<()> {
    connection.set_read_timeout(Some(IDLE))?;
    match read_request(&mut BufReader::new(connection))? {
        Some(request) => write_response(connection, &respond(&request, counts)),
        None => Ok(()),
    }
}

/// The next request with its body; nothing when what came is no request.
fn read_request(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut words = first.split_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Ok(None);
    };
    let mut size_bytes: u64 = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some(size) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            size_bytes = size.trim().parse().unwrap_or_default();
        }
    }
    let mut body = String::new();
    reader.take(size_bytes.min(BODY_LIMIT_BYTES)).read_to_string(&mut body)?;
    Ok(Some(Request { method: method.to_owned(), target: target.to_owned(), body }))
}

fn write_response(mut connection: &TcpStream, response: &Response) -> io::Result<()> {
    let Response { status, body } = response;
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let wait = if status.starts_with("429") { "Retry-After: 1\r\n" } else { "" };
    let size = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n{wait}{HEADERS}\r\n"
    );
    connection.write_all(head.as_bytes())?;
    connection.write_all(body.as_bytes())
}

fn respond(request: &Request, counts: &Counts) -> Response {
    match (request.method.as_str(), request.target.as_str()) {
        // The question that a browser asks before the request itself.
        ("OPTIONS", _) => Response { status: "200 OK", body: Value::Null },
        ("GET", "/v1/models") => {
            counts.models.fetch_add(1, Ordering::SeqCst);
            let model = json!({ "id": MODEL, "object": "model" });
            Response { status: "200 OK", body: json!({ "object": "list", "data": [model] }) }
        }
        ("POST", "/v1/chat/completions") => {
            let before = counts.completions.fetch_add(1, Ordering::SeqCst);
            if before == TURNED_AWAY { busy() } else { complete(&request.body) }
        }
        _ => Response { status: "404 Not Found", body: error("there is nothing here") },
    }
}

fn busy() -> Response {
    Response { status: "429 Too Many Requests", body: error("one at a time, please") }
}

fn complete(body: &str) -> Response {
    let request: Value = serde_json::from_str(body).unwrap_or_default();
    let user = request["messages"][1]["content"].as_str().unwrap_or_default();
    let Some(answer) = answer(user) else {
        return Response { status: "400 Bad Request", body: error("this is none of the prompts") };
    };
    let message = json!({ "role": "assistant", "content": answer.to_string(), "refusal": null });
    let choice = json!({ "index": 0, "message": message, "finish_reason": "stop" });
    let completion = json!({ "object": "chat.completion", "model": MODEL, "choices": [choice] });
    Response { status: "200 OK", body: completion }
}

fn error(message: &str) -> Value {
    json!({ "error": { "message": message } })
}

/// What the prompt's last line asks for, about the passages that the user message shows.
fn answer(user: &str) -> Option<Value> {
    let ids = shown(user);
    let task = user.trim_end().lines().last()?;
    let (first, second) = (ids.first()?, ids.get(1));
    if task.starts_with("Grade every candidate.") {
        return Some(json!({ "need": "to know", "scores": graded(&ids) }));
    }
    if task.starts_with("Write the new query.") {
        let new_query = format!("what else is there about {}?", second?);
        let pair = json!({ "better_doc_id": first, "worse_doc_id": second, "new_query": new_query });
        return Some(pair);
    }
    if task.starts_with("Write the merged passage.") {
        let merged = format!("All that is said of {}.", ids.join(" and "));
        return Some(json!({ "doc_ids": ids, "merged": merged }));
    }
    let sparse = format!("By the way, and before we come to it: what is said of {first}, and so on.");
    task.starts_with("Write both versions.")
        .then(|| json!({ "doc_id": first, "dense": format!("What is said of {first}."), "sparse": sparse }))
}

/// The first passage answers, the second helps, the others are of no use.
fn graded(ids: &[String]) -> Vec<Value> {
    let grade = |position: usize| match position {
        0 => 3,
        1 => 1,
        _ => 0,
    };
    ids.iter().enumerate().map(|(position, id)| json!({ "doc_id": id, "score": grade(position) })).collect()
}

/// Ids of the passages in a user message, where each is a line of JSON.
fn shown(user: &str) -> Vec<String> {
    let passages = user.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    passages.filter_map(|passage| passage["doc_id"].as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The user part of a prompt of the repository, with three passages in it.
    fn user(prompt: &str) -> String {
        let part = prompt.split("# User").nth(1).unwrap_or_default();
        let line = |id: &str| json!({ "doc_id": id, "text": "{{query}}" }).to_string();
        part.replace("{{query}}", "\"why?\"")
            .replace("{{passages}}", &[line("a"), line("b"), line("c")].join("\n"))
            .replace("{{passage}}", &line("a"))
            .replace("{{better}}", &line("a"))
            .replace("{{worse}}", &line("b"))
    }

    #[test]
    fn every_prompt_of_the_repository_is_answered() {
        let answered = |prompt| answer(&user(prompt)).unwrap_or_default();
        let preference = answered(include_str!("../../../src/feedback/prompts/preference.md"));
        let scores =
            [("a", 3), ("b", 1), ("c", 0)].map(|(id, score)| json!({ "doc_id": id, "score": score }));
        assert_eq!(preference["scores"], json!(scores));
        let relevance = answered(include_str!("../../../src/feedback/prompts/relevance.md"));
        assert_eq!((&relevance["better_doc_id"], &relevance["worse_doc_id"]), (&json!("a"), &json!("b")));
        let merged = answered(include_str!("../../../src/feedback/prompts/comprehensiveness.md"));
        assert_eq!(merged["doc_ids"], json!(["a", "b", "c"]));
        let purity = answered(include_str!("../../../src/feedback/prompts/purity.md"));
        assert_eq!(purity["doc_id"], "a");
        assert!(answer("Sing.").is_none());
    }

    #[test]
    fn the_second_request_is_turned_away() {
        let counts = Counts::default();
        let user = user(include_str!("../../../src/feedback/prompts/purity.md"));
        let messages = json!([{ "role": "system", "content": "" }, { "role": "user", "content": user }]);
        let body = json!({ "model": MODEL, "messages": messages }).to_string();
        let request = |method: &str, target: &str| Request {
            method: method.to_owned(),
            target: target.to_owned(),
            body: body.clone(),
        };
        let status = |method: &str, target: &str| respond(&request(method, target), &counts).status;
        assert_eq!(status("OPTIONS", "/v1/chat/completions"), "200 OK");
        let asked = [(); 3].map(|()| status("POST", "/v1/chat/completions"));
        assert_eq!(asked, ["200 OK", "429 Too Many Requests", "200 OK"]);
        assert_eq!(status("GET", "/v1/models"), "200 OK");
        assert_eq!(status("GET", "/models"), "404 Not Found");
        assert_eq!(counts.models.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_request_is_read_with_its_body() -> Result<()> {
        let text = "POST /v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}more";
        let request = read_request(&mut text.as_bytes())?.context("no request")?;
        assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/v1"));
        assert_eq!(request.body, "{}");
        assert!(read_request(&mut "".as_bytes())?.is_none());
        Ok(())
    }
}
