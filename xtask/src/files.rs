//! `pkg/files.js`: the page's files with their hashes, for the service worker and the engine's worker.
//!
//! The model is not on the list: the engine keeps and checks it itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha2::{Digest, Sha256};

const LIST: &str = "pkg/files.js";

/// Where the page's files lie, from its folder.
const PLACES: [&str; 3] = ["index.html", "www", "pkg"];

/// Both a classic script and a module: the service worker is the one, the engine's worker the other.
const HEAD: &str = "// The page's files with their hashes; made by the build.\nself.figretFiles = ";

/// Where a page lies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    /// In the repository, where it changes: the browser asks the server first and keeps files for want of one.
    Repository,
    /// On a host: the browser takes what it keeps until there is a newer list.
    Host,
}

/// Writes the list of the page in `folder`.
///
/// # Errors
/// When the page is not built, or a file cannot be read or written.
pub(crate) fn write(folder: &Path, home: Home) -> Result<()> {
    let list = json!({ "asksHostFirst": home == Home::Repository, "files": hashes(folder)? });
    let text = format!("{HEAD}{};\n", serde_json::to_string_pretty(&list)?);
    fs::write(folder.join(LIST), text)
        .with_context(|| format!("{LIST} cannot be written; build the page first"))
}

/// What a browser compares a file with, such as `sha256-47DE…=`.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn integrity(file: &Path) -> Result<String> {
    let bytes = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(integrity_of(&bytes))
}

/// As [`integrity`], of what a file would hold.
pub(crate) fn integrity_of(bytes: &[u8]) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(bytes)))
}

/// The hash of each file, by its path from the page's folder, with slashes.
fn hashes(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut names = Vec::new();
    for place in PLACES {
        collect(folder, place, &mut names)?;
    }
    let listed = names.into_iter().filter(|name| name != LIST);
    listed.map(|name| Ok((name.clone(), integrity(&folder.join(&name))?))).collect()
}

fn collect(folder: &Path, name: &str, names: &mut Vec<String>) -> Result<()> {
    let path = folder.join(name);
    if !path.is_dir() {
        names.push(name.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(&path).with_context(|| format!("{} cannot be read", path.display()))? {
        let entry = entry?.file_name();
        let entry = entry.to_str().with_context(|| format!("{name} holds a file with an odd name"))?;
        if !entry.starts_with('.') {
            collect(folder, &format!("{name}/{entry}"), names)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Result<tempfile::TempDir> {
        let folder = tempfile::tempdir()?;
        for name in ["www/style", "pkg/threads", "models"] {
            fs::create_dir_all(folder.path().join(name))?;
        }
        for name in ["index.html", "www/style/a.css", "www/.hidden", "pkg/threads/a.wasm", "models/big"] {
            fs::write(folder.path().join(name), "")?;
        }
        Ok(folder)
    }

    #[test]
    fn the_page_is_listed_and_neither_the_model_nor_the_list() -> Result<()> {
        let folder = page()?;
        write(folder.path(), Home::Host)?;
        let first = fs::read_to_string(folder.path().join(LIST))?;
        write(folder.path(), Home::Host)?;
        assert_eq!(fs::read_to_string(folder.path().join(LIST))?, first);

        let list: serde_json::Value =
            serde_json::from_str(first.trim_start_matches(HEAD).trim_end_matches(";\n"))?;
        let names: Vec<_> = list["files"].as_object().into_iter().flatten().map(|(name, _)| name).collect();
        assert_eq!(names, ["index.html", "pkg/threads/a.wasm", "www/style/a.css"]);
        // The hash of nothing, as FIPS 180-4 has it.
        assert_eq!(list["files"]["index.html"], "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert_eq!(list["asksHostFirst"], false);
        Ok(())
    }

    #[test]
    fn a_page_that_is_not_built_has_no_list() -> Result<()> {
        let folder = page()?;
        fs::remove_dir_all(folder.path().join("pkg"))?;
        assert!(write(folder.path(), Home::Repository).is_err());
        Ok(())
    }
}
