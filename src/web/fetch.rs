//! Files over HTTP, in the worker.

use super::failure::{Stop, failure};
use js_sys::{Function, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DedicatedWorkerGlobalScope, ReadableStreamDefaultReader, Response};

const NOT_FOUND: u16 = 404;

/// The worker's global scope.
pub(super) fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Fetches a whole file; `received` is told the bytes so far.
pub(super) async fn fetch_bytes(url: &str, mut received: impl FnMut(usize)) -> Result<Vec<u8>, Stop> {
    let missing = || failed(url, &"the server answered 404".into());
    fetch_if_there(url, |bytes, _| received(bytes)).await?.ok_or_else(missing)
}

/// The same, or none where the server says that there is no such file; `received` is told the bytes in all too, where the
/// server says how many they are.
pub(super) async fn fetch_if_there(
    url: &str,
    mut received: impl FnMut(usize, Option<usize>),
) -> Result<Option<Vec<u8>>, Stop> {
    read(url, &mut received).await.map_err(|error| failed(url, &error))
}

fn failed(url: &str, error: &JsValue) -> Stop {
    let reason =
        error.as_string().unwrap_or_else(|| String::from(js_sys::Object::from(error.clone()).to_string()));
    failure(
        "model_fetch",
        format!("{url} could not be fetched: {reason}"),
        "Check the connection and reload the page.",
    )
}

/// The size that the server says the file has, if it does.
fn announced_bytes(response: &Response) -> Option<usize> {
    let headers = Reflect::get(response, &"headers".into()).ok()?;
    let get: Function = Reflect::get(&headers, &"get".into()).ok()?.dyn_into().ok()?;
    get.call1(&headers, &"content-length".into()).ok()?.as_string()?.parse().ok()
}

async fn read(
    url: &str,
    received: &mut impl FnMut(usize, Option<usize>),
) -> Result<Option<Vec<u8>>, JsValue> {
    let response: Response = JsFuture::from(scope().fetch_with_str(url)).await?.unchecked_into();
    if response.status() == NOT_FOUND {
        return Ok(None);
    }
    if !response.ok() {
        return Err(format!("the server answered {}", response.status()).into());
    }
    let total = announced_bytes(&response);
    let body = response.body().ok_or("the answer has no body")?;
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut bytes = Vec::new();
    loop {
        let chunk = JsFuture::from(reader.read()).await?;
        if Reflect::get(&chunk, &"done".into())?.is_truthy() {
            return Ok(Some(bytes));
        }
        let chunk: Uint8Array = Reflect::get(&chunk, &"value".into())?.unchecked_into();
        let start = bytes.len();
        bytes.resize(start + chunk.length() as usize, 0);
        chunk.copy_to(&mut bytes[start..]);
        received(bytes.len(), total);
    }
}
