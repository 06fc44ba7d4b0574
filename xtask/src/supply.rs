//! `cargo xtask supply`: what the project is made of, held to deny.toml: licences and sources of every crate.
//!
//! Advisories are not looked up here: their database is on the network. `cargo deny check` does that in the workflow.

mod lists;
mod lock;
mod sbom;
mod tree;

use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;

use crate::project::Project;

use lists::Lists;
use lock::Lock;
use tree::{Crate, Tree};

pub(crate) use sbom::{FILE as SBOM_FILE, write as write_sbom};

/// Checks every crate and tells of those that are there in two versions.
///
/// # Errors
/// Names each crate whose licence is not allowed, that comes from elsewhere, or whose content is not pinned.
pub(crate) fn run(project: &Project) -> Result<()> {
    let deny = fs::read_to_string(project.root.join("deny.toml")).context("deny.toml cannot be read")?;
    let lists = Lists::read(&deny)?;
    let tree = Tree::read(project)?;
    let lock = Lock::read(project)?;
    let findings: Vec<String> =
        tree.crates.values().filter_map(|krate| finding(krate, &lists, &lock)).collect();
    if !findings.is_empty() {
        bail!("{}", findings.join("\n"));
    }
    for (name, versions) in twice(&tree) {
        eprintln!("supply: {name} is there in versions {}", versions.join(", "));
    }
    let shipped = Tree::shipped(project)?;
    println!(
        "supply: {} crates are allowed, {} of them in the page's module; advisories were not looked up",
        tree.crates.len(),
        shipped.crates.len()
    );
    Ok(())
}

/// What is wrong with a crate; the workspace's own come from no registry.
fn finding(krate: &Crate, lists: &Lists, lock: &Lock) -> Option<String> {
    let Crate { name, version, license, source, .. } = krate;
    if !lists.allows(license) {
        return Some(format!("{name} {version}: the licence {license:?} is not on the list in deny.toml"));
    }
    let source = source.as_ref()?;
    if !lists.is_known(source) {
        return Some(format!("{name} {version} comes from {source}, which deny.toml does not name"));
    }
    let is_pinned = lock.checksum(name, version).is_some();
    (!is_pinned).then(|| format!("{name} {version} has no checksum in Cargo.lock"))
}

/// Crates with more than one version.
fn twice(tree: &Tree) -> BTreeMap<&str, Vec<&str>> {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for krate in tree.crates.values() {
        versions.entry(&krate.name).or_default().push(&krate.version);
    }
    versions.retain(|_, versions| versions.len() > 1);
    versions
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENY: &str =
        "[licenses]\nallow = [\n  \"MIT\",\n]\n[sources]\nallow-registry = [\"https://registry\"]\n";
    const LOCK: &str = "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nchecksum = \"00ff\"\n";

    #[test]
    fn licence_source_and_content_are_checked() -> Result<()> {
        let (lists, lock) = (Lists::read(DENY)?, Lock::parse(LOCK));
        let krate = |version: &str, license: &str, source: Option<&str>| Crate {
            id: String::new(),
            name: "a".into(),
            version: version.into(),
            license: license.into(),
            source: source.map(str::to_owned),
            repository: None,
            is_macro: false,
            needs: Vec::new(),
        };
        let found = |krate: Crate| finding(&krate, &lists, &lock);
        let registry = Some("registry+https://registry");
        assert_eq!(found(krate("1.0.0", "MIT OR GPL-3.0", registry)), None);
        assert_eq!(found(krate("0.1.0", "MIT", None)), None, "one's own has no checksum");
        for (bad, words) in [
            (krate("1.0.0", "GPL-3.0", registry), "licence"),
            (krate("1.0.0", "", registry), "licence"),
            (krate("1.0.0", "MIT", Some("git+https://example.org/a")), "comes from"),
            (krate("1.0.0", "MIT", Some("registry+https://other")), "comes from"),
            (krate("2.0.0", "MIT", registry), "checksum"),
        ] {
            assert!(found(bad).is_some_and(|said| said.contains(words)), "{words}");
        }
        Ok(())
    }

    #[test]
    fn this_project_is_made_of_what_is_allowed() -> Result<()> {
        run(&Project::find()?)
    }
}
