//! Files over HTTP, in the worker.

use super::failure::{Stop, failure};
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DedicatedWorkerGlobalScope, ReadableStreamDefaultReader, Response};

/// The worker's global scope.
pub(super) fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Fetches a whole file; `received` is told the bytes so far.
pub(super) async fn fetch_bytes(url: &str, mut received: impl FnMut(usize)) -> Result<Vec<u8>, Stop> {
    read(url, &mut received).await.map_err(|error| {
        let reason =
            error.as_string().unwrap_or_else(|| String::from(js_sys::Object::from(error).to_string()));
        failure(
            "model_fetch",
            format!("{url} could not be fetched: {reason}"),
            "Check the connection and reload the page.",
        )
    })
}

async fn read(url: &str, received: &mut impl FnMut(usize)) -> Result<Vec<u8>, JsValue> {
    let response: Response = JsFuture::from(scope().fetch_with_str(url)).await?.unchecked_into();
    if !response.ok() {
        return Err(format!("the server answered {}", response.status()).into());
    }
    let body = response.body().ok_or("the answer has no body")?;
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut bytes = Vec::new();
    loop {
        let chunk = JsFuture::from(reader.read()).await?;
        if Reflect::get(&chunk, &"done".into())?.is_truthy() {
            return Ok(bytes);
        }
        let chunk: Uint8Array = Reflect::get(&chunk, &"value".into())?.unchecked_into();
        let start = bytes.len();
        bytes.resize(start + chunk.length() as usize, 0);
        chunk.copy_to(&mut bytes[start..]);
        received(bytes.len());
    }
}
