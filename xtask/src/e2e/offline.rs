//! The page on a host that isolates nothing, below a path, and without that host once it has been visited.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::page::Page;
use super::{embeddings, screenshots, walk};
use crate::project::Project;
use crate::serve::StaticHost;

/// The first visit reloads once and then has threads; the second needs no network.
pub(super) fn visit_twice(project: &Project, page: &Page, shots: &Path) -> Result<()> {
    let host = page.host.as_ref().context("this walk needs a host that can go away")?;
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
