//! The page on a host that isolates nothing, below a path and without the model; and without that host once it has been
//! visited.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::page::{Page, hook};
use super::{embeddings, screenshots, walk};
use crate::project::Project;
use crate::serve::StaticHost;

/// The first visit reloads once and then has threads, and takes the model from files; the second needs no network.
pub(super) fn visit_twice(project: &Project, page: &Page, shots: &Path) -> Result<()> {
    let host = page.host.as_ref().context("this walk needs a host that can go away")?;
    choose_model(project, page)?;
    walk::become_ready(page, "CPU, 2 threads")?;
    let kind = page.value("performance.getEntriesByType('navigation')[0].type")?;
    ensure!(kind == "reload", "the first visit became isolated by a {kind} and not by one reload");
    page.wait("what is needed without a network", 60, "document.documentElement.dataset.kept === ''")?;
    nothing_is_kept_twice(page)?;

    host.go_away();
    // Another fragment alone would be no visit.
    page.browser.go("about:blank")?;
    page.browser.go(&format!("{}?backend=cpu&threads=2#teach?rank=4", host.address))?;
    walk::become_ready(page, "CPU, 2 threads")?;
    let shown = page.state("place")?;
    let rank = page.state("settings.rank")?;
    ensure!(
        shown == "teach" && rank == 4,
        "the address asks for rank 4 on teach; shown is {shown}, rank {rank}"
    );
    walk::search(page, "it blows cold air for a few minutes", 10)?;
    embeddings::check(project, page, walk::FEW_TEXTS)?;
    screenshots::take(page.browser, &shots.join("offline.png"))?;
    stays_below_its_path(host)
}

/// The host lacks the model, so the page asks for its files, refuses a wrong one and takes the right ones.
fn choose_model(project: &Project, page: &Page) -> Result<()> {
    let files = ["config.json", "tokenizer.json", "model.safetensors"].map(|name| project.model().join(name));
    // A script that waits would not outlive the reload.
    page.wait("the isolation of the page", 30, "window.crossOriginIsolated")?;
    await_problem(page, "could not be fetched")?;
    let folder = tempfile::tempdir()?;
    let wrong = folder.path().join("config.json");
    fs::write(&wrong, "{}")?;
    page.browser.choose_files(&hook("model-input"), &[wrong])?;
    await_problem(page, "config.json that was chosen")?;
    page.browser.choose_files(&hook("model-input"), &files)?;
    page.settle()?;
    let console = page.browser.console()?;
    let said = console.iter().filter(|entry| entry["level"] == "SEVERE");
    let said: Vec<_> = said.map(|entry| entry["message"].as_str().unwrap_or_default()).collect();
    let is_expected = said.iter().all(|message| message.contains("/models/") && message.contains("404"));
    ensure!(is_expected, "the console holds errors: {}", said.join("\n  "));
    Ok(())
}

/// Waits for a problem that says this; elsewhere a problem is the end of the walk.
fn await_problem(page: &Page, words: &str) -> Result<()> {
    let script = "
        const end = performance.now() + arguments[0];
        while (performance.now() < end) {
          const { problem } = window.figret?.engine.store.state ?? {};
          if (problem?.message.includes(arguments[1])) return;
          await new Promise((next) => setTimeout(next, 50));
        }
        throw new Error(`no problem says: ${arguments[1]}`);";
    page.browser.async_script(script, json!([60_000, words]))?;
    page.settle()
}

/// The engine keeps the model and the service worker all else.
fn nothing_is_kept_twice(page: &Page) -> Result<()> {
    let script = "
        const kept = [];
        for (const name of await caches.keys())
          for (const { url } of await (await caches.open(name)).keys()) kept.push(new URL(url).pathname);
        return kept;";
    let kept = page.browser.async_script(script, json!([]))?;
    let mut names: Vec<_> = kept.as_array().into_iter().flatten().filter_map(|name| name.as_str()).collect();
    let of_model = names.iter().filter(|name| name.contains("/models/")).count();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    ensure!(names.len() == count, "of {count} kept files {} are kept twice", count - names.len());
    ensure!(of_model == 3, "{of_model} files of the model are kept where there are 3");
    Ok(())
}

fn stays_below_its_path(host: &StaticHost) -> Result<()> {
    let strays = host.strays();
    ensure!(strays.is_empty(), "the page asked for what is not below its path: {}", strays.join(", "));
    Ok(())
}
