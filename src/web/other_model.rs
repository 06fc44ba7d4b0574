//! The folder of a model of the person's choice: from files that they gave, this browser's cache, or an address.
//!
//! Nobody knows its files' digests beforehand: they are kept beside the files when these come first, and what the cache
//! gives back later is held against them.

use super::failure::{Stop, failure};
use super::fetch::{Received, fetch_if_there};
use super::model_files::{Loading, Stage, cached, keep, open_cache, sha256};
use super::protocol::{ModelWish, NamedFile};
use crate::encoder::{EncoderError, FolderFiles, wanted_files};
use std::borrow::Cow;
use std::collections::BTreeMap;
use web_sys::Cache;

const MODULES: &str = "modules.json";
/// Digests of a folder's kept files, by their names.
const DIGESTS: &str = "figret-sha256.json";
const CACHE: &str = "figret-other-models";
/// Largest file by which a loading is told in bytes; smaller ones go by unseen.
const WEIGHTS: &str = "model.safetensors";

/// A folder that was loaded.
pub(super) struct Loaded {
    pub(super) files: FolderFiles<'static>,
    /// SHA-256 of the weights' file.
    pub(super) weights_sha256: String,
}

/// Loads the files that are read of the folder; `given` go before those of the cache and the address.
pub(super) async fn load(
    wish: &ModelWish,
    given: Vec<NamedFile>,
    progress: impl FnMut(Loading),
) -> Result<Loaded, Stop> {
    let cache = open_cache(CACHE).await;
    let mut source =
        Source { url: &wish.url, is_online: wish.is_online, given: rooted(given), cache, progress };
    let known = source.kept(DIGESTS).await.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let known: BTreeMap<String, String> = known.unwrap_or_default();
    let mut folder = FolderFiles::new();
    if let Some(bytes) = source.file(MODULES, &known).await? {
        folder.insert(MODULES.to_owned(), Cow::Owned(bytes));
    }
    let wanted = wanted_files(folder.get(MODULES).map(|bytes| &**bytes)).map_err(refused)?;
    for (name, is_required) in wanted {
        match source.file(&name, &known).await? {
            Some(bytes) => drop(folder.insert(name, Cow::Owned(bytes))),
            None if is_required => return Err(refused(EncoderError::MissingFile(name))),
            None => {}
        }
    }
    let digests: BTreeMap<&String, String> =
        folder.iter().map(|(name, bytes)| (name, sha256(bytes))).collect();
    source.keep(&folder, &known, &digests).await;
    let weights_sha256 = digests.into_iter().find(|(name, _)| name.ends_with(WEIGHTS));
    Ok(Loaded { weights_sha256: weights_sha256.map(|(_, digest)| digest).unwrap_or_default(), files: folder })
}

struct Source<'a, P> {
    /// Ends in a slash.
    url: &'a str,
    is_online: bool,
    given: BTreeMap<String, Vec<u8>>,
    cache: Option<Cache>,
    progress: P,
}

impl<P: FnMut(Loading)> Source<'_, P> {
    /// A file's content; none where there is none.
    async fn file(&mut self, name: &str, known: &BTreeMap<String, String>) -> Result<Option<Vec<u8>>, Stop> {
        let is_large = name.ends_with(WEIGHTS);
        if let Some(bytes) = self.given.remove(name) {
            return Ok(Some(bytes));
        }
        if let Some(bytes) = self.kept(name).await {
            self.tell(is_large, [bytes.len(); 2], true, Stage::Verify);
            if known.get(name) == Some(&sha256(&bytes)) {
                return Ok(Some(bytes));
            }
        }
        if !self.is_online {
            return Ok(None);
        }
        let url = format!("{}{name}", self.url);
        let mut total = 0;
        let received = |received| match received {
            Received::Bytes(bytes, announced) => {
                total = announced.unwrap_or(bytes);
                self.tell(is_large, [bytes, total], false, Stage::Download);
            }
            Received::BrokenOff(bytes) => self.tell(is_large, [bytes, total], false, Stage::Wait),
        };
        fetch_if_there(&url, received).await
    }

    async fn kept(&self, name: &str) -> Option<Vec<u8>> {
        cached(self.cache.as_ref(), &format!("{}{name}", self.url)).await
    }

    fn tell(
        &mut self,
        is_large: bool,
        [loaded_bytes, total_bytes]: [usize; 2],
        from_cache: bool,
        stage: Stage,
    ) {
        if is_large {
            (self.progress)(Loading { loaded_bytes, total_bytes, from_cache, stage });
        }
    }

    /// Keeps what is not kept yet, and the digests last.
    async fn keep(
        &self,
        folder: &FolderFiles<'_>,
        known: &BTreeMap<String, String>,
        digests: &BTreeMap<&String, String>,
    ) {
        let cache = self.cache.as_ref();
        for (name, bytes) in folder.iter().filter(|(name, _)| known.get(*name) != digests.get(name)) {
            keep(cache, &format!("{}{name}", self.url), bytes).await;
        }
        if let Ok(digests) = serde_json::to_vec(digests) {
            keep(cache, &format!("{}{DIGESTS}", self.url), &digests).await;
        }
    }
}

/// Files by their names in the folder that was picked: its own name goes, if all lie in it.
fn rooted(given: Vec<NamedFile>) -> BTreeMap<String, Vec<u8>> {
    let first = |name: &str| name.split_once('/').map(|(first, _)| format!("{first}/"));
    let root = given.first().and_then(|file| first(&file.name)).unwrap_or_default();
    let is_common = given.iter().all(|file| file.name.starts_with(&root));
    let inside = |name: &str| match name.strip_prefix(&root) {
        Some(inside) if is_common => inside.to_owned(),
        _ => name.to_owned(),
    };
    given.into_iter().map(|file| (inside(&file.name), file.bytes.into_vec())).collect()
}

fn refused(error: EncoderError) -> Stop {
    failure("model", format!("{error}."), &error.remedy())
}
