//! What holds for the page as a whole: axe-core finds nothing, texts stand out, the keyboard reaches everything,
//! nothing moves unasked, and no task keeps the page's thread from answering.

mod axe;
mod keyboard;
mod tasks;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::page::Page;
use super::{screenshots, walk};
use crate::project::Project;

/// Wide, and the narrowest screen that the page is made for.
const SIZES: [(u32, u32); 2] = [(1280, 900), (360, 740)];

const PLACES: [&str; 5] = ["data", "before", "teach", "compare", "home"];

/// Lighthouse calls up to 0.1 good.
const LARGEST_SHIFT: f64 = 0.02;

/// Texts of the sample that are indexed anew.
const INDEXED: usize = 60;

/// Looks at every place in every dress, does the main job by the keyboard alone, and indexes and teaches by the clock.
pub(super) fn all(project: &Project, page: &Page, _shots: &Path) -> Result<()> {
    let axe = axe::Axe::open(project)?;
    walk::become_ready(page, "CPU, one thread")?;
    stands_still(page)?;
    keyboard::search(page)?;
    keyboard::help(page)?;
    let watch = tasks::Watch::begin(page)?;
    keyboard::teach(page)?;
    watch.end(page, "a lesson")?;
    for place in PLACES {
        keyboard::reaches_all(page, place)?;
    }
    for size in SIZES {
        for scheme in screenshots::SCHEMES {
            in_dress(page, &axe, size, scheme)?;
        }
    }
    screenshots::undress(page.browser)?;
    axe.check(page, "help", "document.getElementById('help').showPopover()")?;
    page.value("document.getElementById('help').hidePopover()")?;
    is_quiet(page)?;
    let watch = tasks::Watch::begin(page)?;
    index(project, page)?;
    watch.end(page, "indexing")
}

/// Every place with all that opens opened.
fn in_dress(page: &Page, axe: &axe::Axe, size: (u32, u32), scheme: &str) -> Result<()> {
    screenshots::dress(page.browser, size, scheme)?;
    for place in PLACES {
        let what = format!("{place}, {} pixels, {scheme}", size.0);
        go(page, place)?;
        axe.check(page, &what, "document.querySelector('.badge-details').open = false")?;
        let found = page.browser.script(include_str!("checks/look.js"), json!([]))?;
        none(&what, &found)?;
    }
    Ok(())
}

/// Shows a place and opens all that can be opened on it.
fn go(page: &Page, place: &str) -> Result<()> {
    page.value(&format!("location.hash = '#{place}'"))?;
    page.settle()?;
    page.value("document.querySelectorAll('details').forEach((details) => { details.open = true; })")?;
    page.settle()
}

/// Nothing has been pushed aside while the page loaded.
fn stands_still(page: &Page) -> Result<()> {
    let script = "
        let sum = 0;
        const add = (list) => list.getEntries().forEach((e) => { if (!e.hadRecentInput) sum += e.value; });
        new PerformanceObserver(add).observe({ type: 'layout-shift', buffered: true });
        await new Promise((next) => setTimeout(next, 200));
        return sum;";
    let shift = page.browser.async_script(script, json!([]))?.as_f64().context("no layout shift is told")?;
    eprintln!("e2e:   layout shift {shift:.4}");
    ensure!(shift <= LARGEST_SHIFT, "while the page loaded its parts were shifted by {shift}");
    Ok(())
}

/// A person who wants no motion sees none.
fn is_quiet(page: &Page) -> Result<()> {
    let features = json!({ "features": [{ "name": "prefers-reduced-motion", "value": "reduce" }] });
    page.browser.devtools("Emulation.setEmulatedMedia", features)?;
    for place in PLACES {
        go(page, place)?;
        let found = page.browser.script(include_str!("checks/motion.js"), json!([]))?;
        none(&format!("{place} without motion"), &found)?;
    }
    screenshots::undress(page.browser)
}

/// Opens a part of the sample as a collection of one's own, which has no vectors yet.
fn index(project: &Project, page: &Page) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("corpus.jsonl");
    let sample = fs::read_to_string(project.root.join("www/demo/corpus.jsonl"))?;
    let changed = |line: &str| line.replacen("\"text\": \"", "\"text\": \"Once more: ", 1);
    fs::write(&file, sample.lines().take(INDEXED).map(changed).collect::<Vec<_>>().join("\n"))?;
    walk::upload(page, &file)?;
    let embedded = page.state("indexed.embedded")?;
    ensure!(embedded == INDEXED, "{embedded} passages were embedded where there are {INDEXED}");
    Ok(())
}

/// Fails if a script has found something.
fn none(what: &str, found: &Value) -> Result<()> {
    let lines: Vec<_> =
        found.as_array().context("a check gave no list")?.iter().filter_map(Value::as_str).collect();
    ensure!(lines.is_empty(), "{what}:\n    {}", lines.join("\n    "));
    Ok(())
}
