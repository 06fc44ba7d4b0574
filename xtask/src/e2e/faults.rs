//! What goes wrong on the way: a download that breaks off, a damaged cache, a worker that is killed, a hidden tab and a
//! second one, a full disk, a GPU that is lost. The page says so and goes on.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::page::Page;
use super::{projects, walk};
use crate::project::Project;

/// Where the first download of the weights breaks off.
pub(super) const BROKEN_AT_BYTES: u64 = 40_000_000;

const DEVICE: &str = "CPU, one thread";

/// Everything but the GPU; the download has been broken off before the page was opened.
pub(super) fn survive(_project: &Project, page: &Page, _shots: &Path) -> Result<()> {
    download_goes_on(page)?;
    damaged_cache_is_fetched_again(page)?;
    killed_worker_goes_on(page)?;
    lesson_goes_on_hidden(page)?;
    full_disk_is_said(page)
}

/// The weights came in two parts and are what they should be.
fn download_goes_on(page: &Page) -> Result<()> {
    walk::become_ready(page, DEVICE)?;
    let host = page.host.as_ref().context("this walk needs a host that breaks off")?;
    let rests = host.rests();
    let is_one = matches!(rests.as_slice(), [from] if (1..=BROKEN_AT_BYTES).contains(from));
    ensure!(is_one, "the rest was asked for from {rests:?}, which broke off after {BROKEN_AT_BYTES}");
    only_these_errors(page, &["model.safetensors"])
}

/// A file in the cache that is not what its hash says is not believed.
fn damaged_cache_is_fetched_again(page: &Page) -> Result<()> {
    // From the next document on the workers can be reached.
    let source = "window.startedWorkers = [];
        const Original = window.Worker;
        window.Worker = class extends Original {
          constructor(...given) {
            super(...given);
            window.startedWorkers.push(this);
          }
        };";
    page.browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source }))?;
    let damage = "
        for (const name of await caches.keys()) {
          const cache = await caches.open(name);
          for (const { url } of await cache.keys())
            if (url.includes('/models/')) await cache.put(url, new Response('damaged'));
        }";
    page.browser.async_script(damage, json!([]))?;
    projects::reload(page)?;
    walk::become_ready(page, DEVICE)?;
    let sizes = "
        const sizes = [];
        for (const name of await caches.keys()) {
          const cache = await caches.open(name);
          for (const { url } of await cache.keys())
            if (url.includes('/models/')) sizes.push((await (await cache.match(url)).blob()).size);
        }
        return sizes;";
    let sizes: Vec<u64> = serde_json::from_value(page.browser.async_script(sizes, json!([]))?)?;
    ensure!(sizes.len() == 3 && sizes.iter().all(|size| *size > 100), "the cache holds {sizes:?} bytes");
    Ok(())
}

/// A lesson whose worker ends without a word goes on by itself, step by step, and the page says from where.
fn killed_worker_goes_on(page: &Page) -> Result<()> {
    page.click("step-teach")?;
    page.value("document.querySelector('figret-teach').send('settings', { steps: 400 })")?;
    page.click("teach-button")?;
    page.wait("a checkpoint", 180, "window.figret.engine.store.state.checkpoint")?;
    page.value("window.startedWorkers.at(-1).terminate()")?;
    let said = despite_problem(
        page,
        "the word on the engine's end",
        180,
        "window.figret.engine.store.state.teaching && window.figret.engine.store.state.problem?.hint",
    )?;
    let hint = said.as_str().unwrap_or_default();
    let from: u64 = hint
        .split("after step ")
        .nth(1)
        .and_then(|rest| rest.split(',').next()?.parse().ok())
        .with_context(|| format!("the page does not say from where the lesson goes on: {hint:?}"))?;
    let further = format!("window.figret.engine.store.state.lesson?.steps.at(-1)?.step > {}", from + 1);
    despite_problem(page, "further steps", 180, &further)?;
    let steps = page.value("window.figret.engine.store.state.lesson.steps.map(({ step }) => step)")?;
    let steps: Vec<u64> = serde_json::from_value(steps)?;
    let is_whole = steps.iter().copied().eq(1..=steps.len() as u64);
    ensure!(is_whole, "the steps after the worker was killed at {from} are {steps:?}");
    let workers = page.value("window.startedWorkers.length")?;
    ensure!(workers == 2, "{workers} workers were started where the second was to be enough");
    dismiss(page)
}

/// In a tab that nobody sees the lesson goes on; a second tab shows the project and says that the first one keeps it.
fn lesson_goes_on_hidden(page: &Page) -> Result<()> {
    let watch = "
        window.seen = [];
        document.addEventListener('visibilitychange', () =>
          window.seen.push([document.hidden, window.figret.engine.store.state.lesson.steps.length]));";
    page.browser.script(watch, json!([]))?;
    page.browser.async_script("await window.figret.keeping.save();", json!([]))?;
    let address = page.value("location.href")?;
    let first = page.browser.tab()?;
    let second = page.browser.new_tab()?;
    page.browser.go(address.as_str().unwrap_or_default())?;
    page.wait_for("keeping-elsewhere", 120)?;
    ensure!(page.state("project.isElsewhere")? == true, "two tabs keep one project");
    page.browser.close_tab()?;
    ensure!(first != second, "there is no second tab");
    page.browser.go_to_tab(&first)?;
    let seen = page.wait("the first tab to be seen", 20, "window.seen.length >= 2 && window.seen")?;
    let seen: Vec<(bool, u64)> = serde_json::from_value(seen)?;
    let hidden = seen.windows(2).find(|pair| pair[0].0 && !pair[1].0);
    let is_further = hidden.is_some_and(|pair| pair[1].1 > pair[0].1);
    ensure!(is_further, "of the lesson in a hidden tab is known only {seen:?}");
    let is_kept = page.state("project.isElsewhere")?;
    ensure!(is_kept == false, "the first tab lost its project to the second");
    Ok(())
}

/// When the browser has no room left the page says so, works on, and keeps everything once there is room.
fn full_disk_is_said(page: &Page) -> Result<()> {
    let origin = page.value("location.origin")?;
    page.browser.devtools("Storage.overrideQuotaForOrigin", json!({ "origin": origin, "quotaSize": 1 }))?;
    page.click("stop")?;
    page.wait_for("keeping-failed", 120)?;
    let failure = page.state("project.failure")?;
    ensure!(failure["isFull"] == true, "the page takes a full disk for {failure}");
    page.wait_for_phase("compared", 300)?;
    walk::search(page, "it blows cold air for a few minutes", 10)?;
    page.browser.devtools("Storage.overrideQuotaForOrigin", json!({ "origin": origin }))?;
    page.click("project-save")?;
    page.wait("the project to be kept", 60, "window.figret.engine.store.state.project.failure === null")?;
    only_these_errors(page, &["QuotaExceeded", "quota"])
}

/// The browser's GPU process ends: the next search is answered all the same, and the page says what it runs on now.
pub(super) fn lost_gpu_goes_on(page: &Page) -> Result<()> {
    page.browser.devtools("Browser.crashGpuProcess", json!({}))?;
    page.value(
        "void window.figret.engine.request({ kind: 'embed', texts: ['the keys do nothing'], tuned: true })
           .then(({ rows }) => { window.embeddedRows = rows; })",
    )?;
    despite_problem(page, "vectors in spite of a lost GPU", 120, "window.embeddedRows === 1")?;
    let said = despite_problem(
        page,
        "the word on the lost GPU",
        20,
        "window.figret.engine.store.state.problem?.message",
    )?;
    ensure!(said.as_str().is_some_and(|said| said.starts_with("The GPU")), "the page says {said}");
    let info = page.state("engineInfo")?;
    let cosine = info["self_test_cosine"].as_f64();
    ensure!(cosine >= Some(0.9999), "what took the place of the GPU did not pass the self-test: {info}");
    eprintln!("e2e:   after the GPU was lost the engine runs on {} ({})", info["device"], info["backend"]);
    dismiss(page)
}

/// As [`Page::wait`], while the page shows a problem that is expected.
pub(super) fn despite_problem(page: &Page, what: &str, seconds: u64, expression: &str) -> Result<Value> {
    eprintln!("e2e:   waiting for {what}");
    let limit = Duration::from_secs(seconds) * page.slowness;
    let start = Instant::now();
    while start.elapsed() < limit {
        let value = page.value(expression)?;
        if !matches!(value, Value::Null | Value::Bool(false)) {
            return Ok(value);
        }
        thread::sleep(Duration::from_millis(100));
    }
    bail!("waited {} s in vain for {what}: {expression}", limit.as_secs())
}

pub(super) fn dismiss(page: &Page) -> Result<()> {
    page.value("document.querySelector('figret-problem').send('dismiss')")?;
    page.settle()
}

/// Forgets the console's errors, which must be of the kind that was brought about.
fn only_these_errors(page: &Page, words: &[&str]) -> Result<()> {
    let console = page.browser.console()?;
    let said = console.iter().filter(|entry| entry["level"] == "SEVERE");
    let said: Vec<_> = said.map(|entry| entry["message"].as_str().unwrap_or_default()).collect();
    let is_expected = |message: &&str| words.iter().any(|word| message.contains(word));
    ensure!(said.iter().all(is_expected), "the console holds errors: {}", said.join("\n  "));
    Ok(())
}
