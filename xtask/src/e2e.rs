//! `cargo xtask e2e`: a real browser walks the page, for accessibility and speed, on the CPU with and without threads,
//! in Firefox, with another model, on a plain host that goes away, through one fault after the other, and on software WebGPU.
//!
//! The walks know the page by its `data-test` attributes and `data-phase` alone, and what the engine computes by
//! recordings made with sentence-transformers.

mod asking;
mod checks;
mod comparing;
mod embeddings;
mod evaluator;
mod faults;
mod files;
mod firefox;
mod llm;
mod models;
mod network;
mod offline;
pub(crate) mod page;
mod projects;
mod safetensors;
mod screenshots;
mod servers;
mod walk;
pub(crate) mod webdriver;

use std::fs;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::files::Home;
use crate::project::Project;
use crate::serve::StaticHost;
use crate::{build, dist, model, serve};

use page::Page;
use walk::{Site, Walk};
use webdriver::Browser;

/// How the browser is started, here and for the tests in tests/wasm.rs.
pub(crate) const BROWSER: &str = include_str!("e2e/browser.json");

/// Flags of `cargo xtask e2e`.
#[derive(clap::Args)]
pub(crate) struct Flags {
    /// Walk the page as it was built last.
    #[arg(long)]
    no_build: bool,
    /// Take one walk alone: checks, cpu, cpu-one-thread, firefox, models, offline, faults or gpu.
    #[arg(long, value_name = "WALK")]
    only: Option<String>,
}

/// Builds the page and walks it.
///
/// # Errors
/// When a walk fails; the message says what was awaited and what the page showed instead.
pub(crate) fn run(project: &Project, flags: &Flags) -> Result<()> {
    ready(project, flags.no_build)?;
    let is_wanted = |walk: &&Walk| flags.only.as_deref().is_none_or(|name| name == walk.name);
    let walks: Vec<_> = walk::WALKS.iter().filter(is_wanted).collect();
    ensure!(
        !walks.is_empty(),
        "there is no such walk; the walks are checks, cpu, cpu-one-thread, firefox, models, offline, faults and gpu"
    );
    take(project, &walks)
}

/// Builds the page and walks it with vector servers; their packages must be there.
///
/// # Errors
/// As for [`run`].
pub(crate) fn walk_servers(project: &Project, no_build: bool) -> Result<()> {
    ready(project, no_build)?;
    take(project, &[&servers::WALK])
}

fn ready(project: &Project, no_build: bool) -> Result<()> {
    if no_build {
        return crate::files::write(&project.root, Home::Repository);
    }
    model::run(project)?;
    build::run(project)
}

/// Walks the page that has just been built, on every path.
///
/// # Errors
/// As for [`run`].
pub(crate) fn walk_all(project: &Project) -> Result<()> {
    take(project, &walk::WALKS.iter().collect::<Vec<_>>())
}

/// Takes every walk, even if one fails, and tells of all failures.
fn take(project: &Project, walks: &[&Walk]) -> Result<()> {
    let mut failures = Vec::new();
    for walk in walks {
        let start = Instant::now();
        eprintln!("e2e: the {} walk begins", walk.name);
        match take_one(project, walk) {
            Ok(()) => eprintln!("e2e: the {} walk took {:.0} s", walk.name, start.elapsed().as_secs_f64()),
            Err(error) => failures.push(format!("{} walk: {error:#}", walk.name)),
        }
    }
    if !failures.is_empty() {
        bail!("{}", failures.join("\n"));
    }
    Ok(())
}

fn take_one(project: &Project, walk: &Walk) -> Result<()> {
    let shots = project.target.join("e2e");
    fs::create_dir_all(&shots).with_context(|| format!("{} cannot be made", shots.display()))?;
    let folder = tempfile::tempdir()?;
    let host = match walk.site {
        Site::Served => None,
        Site::Hosted => {
            dist::write(project, folder.path())?;
            fs::remove_dir_all(folder.path().join("models"))?;
            Some(StaticHost::start(folder.path())?)
        }
        Site::Breaking => {
            dist::write(project, folder.path())?;
            let host = StaticHost::start(folder.path())?;
            host.break_off("/model.safetensors", faults::BROKEN_AT_BYTES);
            Some(host)
        }
    };
    let address = match &host {
        None => serve::start(&project.root, 0)?,
        Some(host) => host.address.clone(),
    };
    let browser = Browser::start_kind(walk.browser, project)?;
    let mut page = Page::open(&browser, &format!("{address}{}", walk.query), walk.slowness)?;
    page.host = host;

    let walked = (walk.steps)(project, &page, &shots);
    if let Err(error) = walked {
        let picture = shots.join(format!("{}-failure.png", walk.name));
        bail!("{error:#}\n{}", page.circumstances(&picture));
    }
    page.check_console()?;
    let permitted = page.permitted.take();
    network::check(walk.browser, &browser.end()?, origin(&address), &permitted)
}

/// The part of an address before its path.
fn origin(address: &str) -> &str {
    let host = address.find("://").map_or(0, |start| start + 3);
    address[host..].find('/').map_or(address, |end| &address[..host + end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_no_path() {
        for address in ["http://127.0.0.1:80", "http://127.0.0.1:80/", "http://127.0.0.1:80/figret/"] {
            assert_eq!(origin(address), "http://127.0.0.1:80");
        }
    }
}
