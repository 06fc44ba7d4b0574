//! The files of the model that ships: from the person, the browser's cache or the network, each checked by its SHA-256.
//!
//! `model_files.json` names them; a test of xtask holds what `cargo xtask model` fetches against it.

use super::failure::{Stop, failure};
use super::fetch::{Received, fetch_bytes, scope};
use super::protocol::NamedFile;
use js_sys::Uint8Array;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Cache, Response};

/// The list of files.
#[derive(Deserialize)]
struct Manifest {
    name: String,
    revision: String,
    files: Vec<ModelFile>,
}

#[derive(Deserialize)]
struct ModelFile {
    name: String,
    size_bytes: usize,
    sha256: String,
}

/// How far loading is.
pub(super) struct Loading {
    /// Bytes so far, over all files.
    pub(super) loaded_bytes: usize,
    /// Bytes in all.
    pub(super) total_bytes: usize,
    /// Whether the current file comes from the cache.
    pub(super) from_cache: bool,
    /// What happens to the current file.
    pub(super) stage: Stage,
}

/// What happens to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It comes.
    Download,
    /// It has stopped coming, and the connection is awaited.
    Wait,
    /// It is being checked.
    Verify,
}

/// Loads config, tokenizer and weights, in this order; `given` are files that the person chose, by their names.
pub(super) async fn load(
    base: &str,
    mut given: Vec<NamedFile>,
    mut progress: impl FnMut(Loading),
) -> Result<[Vec<u8>; 3], Stop> {
    let manifest: Manifest = serde_json::from_str(include_str!("model_files.json"))
        .map_err(|e| failure("engine", format!("model_files.json: {e}"), ""))?;
    let cache = open_cache(&format!("figret-{}-{}", manifest.name, manifest.revision)).await;
    let total_bytes = manifest.files.iter().map(|file| file.size_bytes).sum();
    let mut loaded = Vec::new();
    let mut done_bytes = 0;
    for file in &manifest.files {
        let mut tell = |bytes: usize, from_cache, stage| {
            progress(Loading { loaded_bytes: done_bytes + bytes, total_bytes, from_cache, stage });
        };
        let given = take_named(&mut given, &file.name);
        loaded.push(load_file(file, base, given, cache.as_ref(), &mut tell).await?);
        done_bytes += file.size_bytes;
    }
    loaded.try_into().map_err(|_| failure("engine", "the model has three files".to_owned(), ""))
}

async fn load_file(
    file: &ModelFile,
    base: &str,
    given: Option<Vec<u8>>,
    cache: Option<&Cache>,
    tell: &mut impl FnMut(usize, bool, Stage),
) -> Result<Vec<u8>, Stop> {
    let url = format!("{base}{}", file.name);
    if let Some(bytes) = given {
        tell(bytes.len(), true, Stage::Verify);
        return accept_given(file, &url, bytes, cache).await;
    }
    if let Some(bytes) = cached(cache, &url).await {
        tell(bytes.len(), true, Stage::Verify);
        if sha256(&bytes) == file.sha256 {
            return Ok(bytes);
        }
    }
    let received = |received| match received {
        Received::Bytes(bytes, _) => tell(bytes, false, Stage::Download),
        Received::BrokenOff(bytes) => tell(bytes, false, Stage::Wait),
    };
    let bytes = fetch_bytes(&url, received).await?;
    tell(bytes.len(), false, Stage::Verify);
    if sha256(&bytes) != file.sha256 {
        return Err(failure(
            "model_hash",
            format!("{url} is not the file that was expected: its SHA-256 differs"),
            "Reload the page; if it stays so, the server's copy of the model is damaged.",
        ));
    }
    keep(cache, &url, &bytes).await;
    Ok(bytes)
}

/// The content of the file of this name, in whatever folder it was.
fn take_named(files: &mut Vec<NamedFile>, name: &str) -> Option<Vec<u8>> {
    let position = files.iter().position(|file| file.name.rsplit('/').next() == Some(name))?;
    Some(files.swap_remove(position).bytes.into_vec())
}

/// Keeps a file that the person gave, if it is the right one.
async fn accept_given(
    file: &ModelFile,
    url: &str,
    bytes: Vec<u8>,
    cache: Option<&Cache>,
) -> Result<Vec<u8>, Stop> {
    if sha256(&bytes) != file.sha256 {
        return Err(failure(
            "model_hash",
            format!(
                "The {} that was chosen is not the file that was expected: its SHA-256 differs",
                file.name
            ),
            "",
        ));
    }
    keep(cache, url, &bytes).await;
    Ok(bytes)
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The cache, if the browser has one and lets us use it; without it the model is fetched at every start.
pub(super) async fn open_cache(name: &str) -> Option<Cache> {
    let caches = scope().caches().ok()?;
    Some(JsFuture::from(caches.open(name)).await.ok()?.unchecked_into())
}

pub(super) async fn cached(cache: Option<&Cache>, url: &str) -> Option<Vec<u8>> {
    let found = JsFuture::from(cache?.match_with_str(url)).await.ok()?;
    let response: Response = found.dyn_into().ok()?;
    let buffer = JsFuture::from(response.array_buffer().ok()?).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}

/// Keeps a file for the next start; a full disk only means that it is fetched again.
pub(super) async fn keep(cache: Option<&Cache>, url: &str, bytes: &[u8]) {
    let put = |cache: &Cache| -> Result<js_sys::Promise, JsValue> {
        let body = Uint8Array::from(bytes);
        let response = Response::new_with_opt_buffer_source(Some(&body))?;
        Ok(cache.put_with_str(url, &response))
    };
    if let Some(Ok(promise)) = cache.map(put) {
        let _ = JsFuture::from(promise).await;
    }
}
