//! The CPU path in Firefox: threads, search, a short lesson and the adapter, with the figures that Chromium has.
//!
//! Faults, projects, the LLM, vector servers and how the page looks are watched in Chromium only: they take commands
//! that geckodriver lacks, or would be tried twice.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::page::Page;
use super::webdriver::Browser;
use super::{comparing, embeddings, screenshots, walk};
use crate::project::Project;
use crate::record::RECORDING;

/// From the first results to the adapter that is loaded again.
pub(super) fn on_cpu(project: &Project, page: &Page, shots: &Path) -> Result<()> {
    console_is_heard(page)?;
    walk::become_ready(page, "CPU, 2 threads")?;
    walk::search(page, "it blows cold air for a few minutes", 10)?;
    walk::teach(page)?;
    comparing::compare(page)?;
    figures(project, page)?;
    let adapter = walk::export(page)?;
    walk::load_again(page, &adapter)?;
    embeddings::check(project, page, walk::FEW_TEXTS)?;
    screenshots::take(page.browser, &shots.join("firefox.png"))
}

/// A word of the page reaches this program; else its silence would prove nothing.
fn console_is_heard(page: &Page) -> Result<()> {
    const WORD: &str = "a word of the page";
    page.browser.script("console.error(arguments[0]);", json!([WORD]))?;
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(20) {
        let console = page.browser.console()?;
        let heard: Vec<_> = console.iter().filter_map(|entry| entry["message"].as_str()).collect();
        if let Some(other) = heard.iter().find(|message| !message.contains(WORD)) {
            bail!("the console holds an error: {other}");
        }
        if !heard.is_empty() {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(100));
    }
    bail!("what the page says to the console is not heard")
}

/// Before, the measures are those of the recording; after, everything is as after the same lesson in Chromium. Both to
/// the last digit.
fn figures(project: &Project, page: &Page) -> Result<()> {
    let recorded = fs::read_to_string(project.root.join(RECORDING))?;
    let recorded: Value = serde_json::from_str(&recorded).context("the recording is no JSON")?;
    let here = comparison(page)?;
    let compared: Value = serde_json::from_str(&here)?;
    let (before, expected) = (&compared["before"], &recorded["comparison"]["before"]);
    ensure!(before == expected, "before, the measures are {before} here and {expected} in the recording");
    let there = in_chromium(page)?;
    let twin: Value = serde_json::from_str(&there)?;
    let (after, expected) = (&compared["after"], &twin["after"]);
    ensure!(
        here == there,
        "the comparisons differ; after, the measures are {after} here and {expected} in Chromium"
    );
    ensure!(after["ndcg_at_10"].as_f64() > Some(0.0), "after, the measures are {after}");
    eprintln!("e2e:   after the lesson nDCG@10 is {} in both browsers", after["ndcg_at_10"]);
    Ok(())
}

/// Gives the comparison after the same lesson in Chromium.
fn in_chromium(page: &Page) -> Result<String> {
    let address = page.value("location.origin + location.pathname + location.search")?;
    let browser = Browser::start()?;
    let twin = Page::open(&browser, address.as_str().context("the page has no address")?, page.slowness)?;
    eprintln!("e2e:   the same lesson in Chromium {}", browser.version());
    twin.wait_for_phase("ready", 300)?;
    twin.click("step-teach")?;
    twin.click("teach-button")?;
    twin.wait_for_phase("compared", 300)?;
    comparison(&twin)
}

/// As the page writes it: a driver may round what it passes on as numbers.
fn comparison(page: &Page) -> Result<String> {
    let text = page.value("JSON.stringify(window.figret.engine.store.state.comparison)")?;
    Ok(text.as_str().context("nothing was compared")?.to_owned())
}
