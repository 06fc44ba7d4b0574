//! The crates that something is made of, as cargo resolves them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::project::Project;
use crate::shell;

/// As the page's modules are built: the one with threads has what the others have, and rayon.
const SHIPPED: [&str; 5] =
    ["--no-default-features", "--features", "threads", "--target", "wasm32-unknown-unknown"];

/// A crate.
pub(super) struct Crate {
    /// Cargo's name for this version of it.
    pub(super) id: String,
    pub(super) name: String,
    pub(super) version: String,
    /// An SPDX expression; empty if it states none.
    pub(super) license: String,
    /// Where it comes from; none for those of the workspace.
    pub(super) source: Option<String>,
    pub(super) repository: Option<String>,
    /// Whether it only runs in the compiler.
    pub(super) is_macro: bool,
    /// Ids of the crates that are compiled into it.
    pub(super) needs: Vec<String>,
}

/// Crates by id.
pub(super) struct Tree {
    pub(super) crates: BTreeMap<String, Crate>,
}

impl Tree {
    /// Everything in the lock file.
    ///
    /// # Errors
    /// When cargo refuses, or Cargo.lock is not up to date.
    pub(super) fn read(project: &Project) -> Result<Self> {
        let mut metadata = shell::cargo(&["metadata", "--format-version", "1", "--locked"]);
        let metadata: Value = serde_json::from_str(&shell::output(metadata.current_dir(&project.root))?)?;
        let mut needs = needs(&metadata);
        let crates = list(&metadata, "packages").iter().map(|package| {
            let krate = read(package, &mut needs).context("cargo metadata names a crate without an id")?;
            Ok((krate.id.clone(), krate))
        });
        Ok(Self { crates: crates.collect::<Result<_>>()? })
    }

    /// What is compiled into the page's modules, macros of the compiler among it.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub(super) fn shipped(project: &Project) -> Result<Self> {
        // The metadata join what the workspace's members and tests ask of a crate; the tree does not.
        let printed = printed(project)?;
        let mut tree = Self::read(project)?;
        tree.crates.retain(|_, krate| printed.contains(&(krate.name.clone(), krate.version.clone())));
        ensure!(tree.crates.len() == printed.len(), "cargo prints crates that its metadata lack");
        Ok(tree)
    }
}

/// Names and versions as `cargo tree` prints them.
fn printed(project: &Project) -> Result<BTreeSet<(String, String)>> {
    let mut tree = shell::cargo(&["tree", "--locked", "--package", "figret"]);
    tree.args(SHIPPED).args(["--edges", "normal", "--prefix", "none", "--format", "{p}"]);
    let printed = shell::output(tree.current_dir(&project.root))?;
    let crates = printed.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned()))
    });
    Ok(crates.collect())
}

/// The ordinary dependencies of every crate; those of build scripts and tests are not compiled into it.
fn needs(metadata: &Value) -> BTreeMap<String, Vec<String>> {
    let is_ordinary =
        |dependency: &&Value| list(dependency, "dep_kinds").iter().any(|kind| kind["kind"].is_null());
    let nodes = list(&metadata["resolve"], "nodes").iter().filter_map(|node| {
        let needed = list(node, "deps").iter().filter(is_ordinary);
        Some((text(node, "id")?, needed.filter_map(|dependency| text(dependency, "pkg")).collect()))
    });
    nodes.collect()
}

fn read(package: &Value, needs: &mut BTreeMap<String, Vec<String>>) -> Option<Crate> {
    let id = text(package, "id")?;
    let is_macro = |target: &Value| list(target, "kind").iter().any(|kind| kind == "proc-macro");
    Some(Crate {
        needs: needs.remove(&id).unwrap_or_default(),
        name: text(package, "name")?,
        version: text(package, "version")?,
        license: text(package, "license").unwrap_or_default(),
        source: text(package, "source"),
        repository: text(package, "repository"),
        is_macro: list(package, "targets").iter().any(is_macro),
        id,
    })
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value, key: &str) -> Option<String> {
    value[key].as_str().map(str::to_owned)
}
