//! The checksums of Cargo.lock.

use anyhow::{Context, Result};
use std::collections::HashMap;
use std::fs;

use crate::project::Project;

/// SHA-256 of every crate that comes from a registry.
pub(super) struct Lock(HashMap<(String, String), String>);

impl Lock {
    /// Reads the workspace's lock file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn read(project: &Project) -> Result<Self> {
        let text =
            fs::read_to_string(project.root.join("Cargo.lock")).context("Cargo.lock cannot be read")?;
        Ok(Self::parse(&text))
    }

    pub(super) fn parse(text: &str) -> Self {
        let packages = text.split("[[package]]").skip(1).filter_map(|package| {
            let name_and_version = (value(package, "name")?, value(package, "version")?);
            Some((name_and_version, value(package, "checksum")?))
        });
        Self(packages.collect())
    }

    /// The SHA-256 of a crate's content, in hexadecimal digits.
    pub(super) fn checksum(&self, name: &str, version: &str) -> Option<&str> {
        self.0.get(&(name.to_owned(), version.to_owned())).map(String::as_str)
    }
}

fn value(package: &str, key: &str) -> Option<String> {
    let start = format!("{key} = \"");
    let line = package.lines().find_map(|line| line.strip_prefix(&start))?;
    Some(line.strip_suffix('"')?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_found_by_name_and_version() {
        let lock = Lock::parse(
            "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nchecksum = \"00ff\"\ndependencies = [\n \"b\",\n]\n\n\
             [[package]]\nname = \"b\"\nversion = \"0.1.0\"\n",
        );
        assert_eq!(lock.checksum("a", "1.0.0"), Some("00ff"));
        assert_eq!(lock.checksum("a", "1.0.1"), None);
        assert_eq!(lock.checksum("b", "0.1.0"), None);
    }
}
