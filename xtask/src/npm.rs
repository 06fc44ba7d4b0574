//! Packages from npm, at a version that the caller names; their install scripts do not run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::shell;

/// Installs a package such as `binaryen@132` below a folder unless this file of it is there; gives where the file lies.
///
/// # Errors
/// When npm is missing or fails.
pub(crate) fn file(place: &Path, package: &str, file: &str) -> Result<PathBuf> {
    let path = place.join("node_modules").join(file);
    if !path.is_file() {
        let npm = shell::on_path("npm").context("npm is not installed")?;
        fs::create_dir_all(place)?;
        eprintln!("npm: fetching {package}");
        let mut install = Command::new(npm);
        install.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"]);
        shell::output(install.arg("--prefix").arg(place).arg(package))?;
    }
    Ok(path)
}
