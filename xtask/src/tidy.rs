//! `cargo xtask tidy`: the layout rules of the house that a program can check.
//!
//! Each rule is a plain function from a file's text to findings; all findings are printed at once.

mod page;
mod recording;
mod repository;
mod rooms;
mod rust;
mod shaders;
mod tokens;

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::project::Project;
use crate::shell;

/// A text file of the repository.
struct Source {
    /// Path from the repository's root, with slashes.
    path: String,
    /// Its content.
    text: String,
}

impl Source {
    fn is_rust_in(&self, folder: &str) -> bool {
        self.path.starts_with(folder) && self.path.ends_with(".rs")
    }

    fn finding(&self, line: usize, message: impl Into<String>) -> Finding {
        Finding { path: self.path.clone(), line, message: message.into() }
    }
}

/// A place that breaks a rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Checks the repository.
///
/// # Errors
/// When a rule is broken; every place has been printed by then.
pub(crate) fn run(project: &Project) -> Result<()> {
    let paths = listed(&project.root);
    let sources = read(&project.root, &paths);
    let warnings: Vec<_> = sources.iter().filter_map(rust::long_file_warning).collect();
    for warning in &warnings {
        eprintln!("look again: {warning}");
    }
    let mut findings = check(&paths, &sources);
    findings.sort();
    for finding in &findings {
        eprintln!("{finding}");
    }
    if !findings.is_empty() {
        bail!("{} places break the rules of the house", findings.len());
    }
    eprintln!("tidy: {} files are in order, {} are long", sources.len(), warnings.len());
    Ok(())
}

fn check(paths: &[String], sources: &[Source]) -> Vec<Finding> {
    let mut findings = repository::generated_files(paths);
    findings.extend(shaders::ops_of_kernels(sources));
    findings.extend(recording::stale(sources));
    for source in sources {
        findings.extend(repository::hosts_and_places(source));
        findings.extend(page::unsafe_markup(source));
        findings.extend(shaders::header(source));
        findings.extend(check_rust(source));
    }
    findings
}

fn check_rust(source: &Source) -> Vec<Finding> {
    if !source.path.ends_with(".rs") {
        return Vec::new();
    }
    let tokens = match tokens::of(&source.text) {
        Ok(tokens) => tokens,
        Err(line) => return vec![source.finding(line, "is no Rust")],
    };
    let rules = [rooms::foreign_names, rooms::imports, rust::unfinished, rust::shaders_in_strings];
    let mut findings: Vec<_> = rules.iter().flat_map(|rule| rule(source, &tokens)).collect();
    findings.extend(rust::module_doc(source));
    findings.extend(rust::length_and_name(source));
    findings
}

/// Files that are tracked or could be: git knows; without git, all but what the build makes.
fn listed(root: &Path) -> Vec<String> {
    let mut git = Command::new("git");
    git.current_dir(root).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    match shell::output(&mut git) {
        Ok(names) => names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        Err(_) => {
            let mut paths = Vec::new();
            walk(root, "", &mut paths);
            paths
        }
    }
}

fn walk(root: &Path, folder: &str, paths: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(root.join(folder)) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
        let is_made = [".git", "target", "models", "pkg", "dist"].contains(&path.as_str());
        if !is_made && entry.path().is_dir() {
            walk(root, &path, paths);
        } else if !is_made {
            paths.push(path);
        }
    }
}

/// Texts only: what is not UTF-8, or gone, has no lines to speak of.
fn read(root: &Path, paths: &[String]) -> Vec<Source> {
    let text = |path: &String| fs::read_to_string(root.join(path)).ok();
    paths.iter().filter_map(|path| Some(Source { path: path.clone(), text: text(path)? })).collect()
}

#[cfg(test)]
fn sample(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_order_has_no_findings() {
        let source = sample("src/eval/ndcg.rs", "//! nDCG.\n\nuse crate::eval::Grade;\n");
        assert_eq!(check(&[], &[source]), []);
    }

    #[test]
    fn findings_say_where() {
        let source = sample("src/eval/ndcg.rs", "//! nDCG.\n\nuse crate::gpu::Gpu;\n");
        let shown: Vec<_> = check(&[], &[source]).iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["src/eval/ndcg.rs:3: eval must not import gpu"]);
    }
}
