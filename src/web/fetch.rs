//! Files over HTTP, in the worker. A download that breaks off goes on where it broke off, if the server lets it.
//!
//! Whether the whole is what was expected is for the caller to check: the parts may come from two versions of a file.

use super::failure::{Stop, failure};
use gloo::timers::future::TimeoutFuture;
use js_sys::{Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DedicatedWorkerGlobalScope, ReadableStreamDefaultReader, RequestInit, Response};

/// How long a broken download waits for the connection, from one try to the next; a minute in all.
const WAITS_MS: [u32; 9] = [250, 500, 1000, 2000, 4000, 8000, 12_000, 16_000, 16_000];

/// How far a download is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Received {
    /// So many bytes are there, of so many in all where the server says it.
    Bytes(usize, Option<usize>),
    /// It broke off with so many bytes and waits for the connection.
    BrokenOff(usize),
}

const NOT_FOUND: u16 = 404;

/// The worker's global scope.
pub(super) fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Fetches a whole file; `received` is told how far it is.
pub(super) async fn fetch_bytes(url: &str, received: impl FnMut(Received)) -> Result<Vec<u8>, Stop> {
    let missing = || failed(url, "the server answered 404".into());
    fetch_if_there(url, received).await?.ok_or_else(missing)
}

/// The same, or none where the server says that there is no such file.
pub(super) async fn fetch_if_there(
    url: &str,
    mut received: impl FnMut(Received),
) -> Result<Option<Vec<u8>>, Stop> {
    let (mut bytes, mut waits) = (Vec::new(), WAITS_MS.iter());
    loop {
        let had = bytes.len();
        let error = match read_on(url, &mut bytes, &mut received).await {
            Ok(()) => return Ok(Some(bytes)),
            Err(Broken::Refusal(NOT_FOUND)) => return Ok(None),
            Err(error) => error,
        };
        if bytes.len() > had {
            waits = WAITS_MS.iter();
        }
        // What has not begun will not go on: the person hears of it at once.
        let (false, Broken::Connection(_), Some(&wait_ms)) = (bytes.is_empty(), &error, waits.next()) else {
            return Err(failed(url, error.into()));
        };
        received(Received::BrokenOff(bytes.len()));
        TimeoutFuture::new(wait_ms).await;
    }
}

/// Why a download ended early.
enum Broken {
    /// The server answers with this status, and will again.
    Refusal(u16),
    /// Whatever the browser says.
    Connection(JsValue),
}

impl From<JsValue> for Broken {
    fn from(reason: JsValue) -> Self {
        Self::Connection(reason)
    }
}

impl From<Broken> for JsValue {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Refusal(status) => format!("the server answered {status}").into(),
            Broken::Connection(reason) => reason,
        }
    }
}

fn failed(url: &str, error: JsValue) -> Stop {
    let reason = error.as_string().unwrap_or_else(|| String::from(Object::from(error).to_string()));
    let message = format!("{url} could not be fetched: {reason}");
    failure("model_fetch", message, "Check the connection and reload the page.")
}

/// Adds to `bytes` what is missing of the file.
async fn read_on(url: &str, bytes: &mut Vec<u8>, received: &mut impl FnMut(Received)) -> Result<(), Broken> {
    let response = ask_from(url, bytes.len()).await?;
    if !response.ok() {
        return Err(Broken::Refusal(response.status()));
    }
    if !is_rest(&response, bytes.len()) {
        bytes.clear();
    }
    let total = announced_bytes(&response).map(|rest| bytes.len() + rest);
    let body = response.body().ok_or_else(|| JsValue::from("the answer has no body"))?;
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    loop {
        let chunk = JsFuture::from(reader.read()).await?;
        if Reflect::get(&chunk, &"done".into())?.is_truthy() {
            return Ok(());
        }
        let chunk: Uint8Array = Reflect::get(&chunk, &"value".into())?.unchecked_into();
        let start = bytes.len();
        bytes.resize(start + chunk.length() as usize, 0);
        chunk.copy_to(&mut bytes[start..]);
        received(Received::Bytes(bytes.len(), total));
    }
}

/// Bytes of the body, if the server says it.
fn announced_bytes(response: &Response) -> Option<usize> {
    response.headers().get("content-length").ok()??.parse().ok()
}

async fn ask_from(url: &str, start: usize) -> Result<Response, JsValue> {
    let init = RequestInit::new();
    if start > 0 {
        let headers = Object::new();
        Reflect::set(&headers, &"Range".into(), &format!("bytes={start}-").into())?;
        init.set_headers(&headers);
    }
    Ok(JsFuture::from(scope().fetch_with_str_and_init(url, &init)).await?.unchecked_into())
}

/// Whether an answer is the part that was asked for; a server that knows no parts sends the whole file again.
fn is_rest(response: &Response, start: usize) -> bool {
    const PARTIAL_CONTENT: u16 = 206;
    let range = response.headers().get("content-range").ok().flatten().unwrap_or_default();
    response.status() == PARTIAL_CONTENT && range.starts_with(&format!("bytes {start}-"))
}
