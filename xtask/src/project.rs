//! Where things are in the repository; nothing here creates or changes them.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The repository and cargo's target folder.
pub(crate) struct Project {
    /// The folder that holds index.html and the workspace's manifest.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, absolute.
    pub(crate) target: PathBuf,
}

impl Project {
    /// Finds the repository from the current folder upwards.
    ///
    /// # Errors
    /// When no folder above holds `xtask/Cargo.toml`.
    pub(crate) fn find() -> Result<Self> {
        let here = env::current_dir().context("the current folder is gone")?;
        let root = here
            .ancestors()
            .find(|folder| folder.join("xtask/Cargo.toml").is_file())
            .with_context(|| format!("{} is not inside the repository; go there first", here.display()))?
            .to_path_buf();
        let target = root.join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()));
        Ok(Self { root, target })
    }

    /// What the build generates for the page.
    pub(crate) fn pkg(&self) -> PathBuf {
        self.root.join("pkg")
    }

    /// The model's folder as the page asks for it.
    pub(crate) fn model(&self) -> PathBuf {
        self.root.join("models").join(crate::model::NAME)
    }

    /// Tools and their results that are worth keeping between builds.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// A path as a person wants to read it: from the repository's root where it lies below it.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }
}
