//! `cargo xtask soak`: the page teaches and searches again and again in headless Chromium, and its memory is measured.
//!
//! Writes docs/soak.json and docs/soak.svg, and fails if the memory grows.

mod curve;
mod processes;

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::e2e::page::Page;
use crate::e2e::webdriver::Browser;
use crate::project::Project;
use crate::{build, files, model, serve};

/// One thread leaves the machine to others; lessons are short, so that there are many.
const QUERY: &str = "?backend=cpu&threads=1&steps=8&batch=4";

const ROUND_SECONDS: u64 = 600;

/// Runs in the page: a lesson with its comparison, then searches of judged queries.
const ROUND: &str = include_str!("soak/round.js");

/// Most that the memory may grow from the beginning of the curve to its end, warming up left out.
const MOST_GROWTH: f64 = 0.05;

/// Flags of `cargo xtask soak`.
#[derive(clap::Args)]
pub(crate) struct Flags {
    /// How long.
    #[arg(long, default_value_t = 30.0)]
    minutes: f64,
    /// Take the page as it was built last.
    #[arg(long)]
    no_build: bool,
}

/// What is measured after a round.
#[derive(Debug, Clone, PartialEq)]
struct Sample {
    minutes: f64,
    /// Bytes, in the order of [`curve::KINDS`].
    bytes: [f64; 3],
}

/// Teaches and searches for so long, and writes the curve.
///
/// # Errors
/// When the page fails on the way, or the memory is not flat.
pub(crate) fn run(project: &Project, flags: &Flags) -> Result<()> {
    if flags.no_build {
        files::write(&project.root, files::Home::Repository)?;
    } else {
        model::run(project)?;
        build::run(project)?;
    }
    let address = serve::start(&project.root, 0)?;
    let browser = Browser::start()?;
    let page = Page::open(&browser, &format!("{address}{QUERY}"), 1)?;
    page.wait_for_phase("ready", 300)?;
    let (samples, counts) = rounds(&browser, Duration::from_secs_f64(flags.minutes * 60.0))?;
    write(project, browser.version(), &samples, &counts)?;
    check(&samples)
}

/// What was done in all.
#[derive(Default)]
struct Counts {
    lessons: u64,
    steps: u64,
    searches: u64,
}

fn rounds(browser: &Browser, length: Duration) -> Result<(Vec<Sample>, Counts)> {
    let (start, mut samples, mut counts) = (Instant::now(), Vec::new(), Counts::default());
    while start.elapsed() < length {
        let round = browser.async_script(ROUND, json!([ROUND_SECONDS * 1000]))?;
        let number =
            |key: &str| round[key].as_f64().with_context(|| format!("the page tells no {key}: {round}"));
        counts.lessons += 1;
        counts.steps += number("steps")? as u64;
        counts.searches += number("searches")? as u64;
        // What is garbage is no growth.
        browser.devtools("HeapProfiler.collectGarbage", json!({}))?;
        let heap = browser.devtools("Runtime.getHeapUsage", json!({}))?;
        let heap = heap["usedSize"].as_f64().context("the browser tells no size of the heap")?;
        let resident = processes::renderers_bytes(browser.driver_id())?;
        let minutes = start.elapsed().as_secs_f64() / 60.0;
        let sample = Sample { minutes, bytes: [number("engine_bytes")?, heap, resident] };
        let [engine, heap, resident] = sample.bytes.map(|bytes| bytes / 1e6);
        eprintln!(
            "soak: {minutes:5.1} min, engine {engine:.1} MB, heap {heap:.1} MB, renderers {resident:.1} MB"
        );
        samples.push(sample);
    }
    Ok((samples, counts))
}

fn write(project: &Project, browser: &str, samples: &[Sample], counts: &Counts) -> Result<()> {
    let line = |sample: &Sample| {
        let [engine, heap, resident] = sample.bytes;
        json!([(sample.minutes * 100.0).round() / 100.0, engine, heap, resident])
    };
    let lines: Vec<Value> = samples.iter().map(line).collect();
    let told = json!({
        "browser": browser,
        "page": QUERY,
        "minutes": samples.last().map(|sample| (sample.minutes * 10.0).round() / 10.0),
        "lessons": counts.lessons,
        "steps": counts.steps,
        "searches": counts.searches,
        "columns": ["minutes", "engine_bytes", "page_heap_bytes", "renderers_resident_bytes"],
        "samples": lines,
    });
    let docs = project.root.join("docs");
    fs::write(docs.join("soak.json"), told.to_string() + "\n").context("docs/soak.json cannot be written")?;
    fs::write(docs.join("soak.svg"), curve::svg(samples)).context("docs/soak.svg cannot be written")?;
    println!(
        "soak: {} lessons, {} steps, {} searches; docs/soak.json and docs/soak.svg written",
        counts.lessons, counts.steps, counts.searches
    );
    Ok(())
}

/// The last fifth of the curve may not lie above the second one by more than [`MOST_GROWTH`].
fn check(samples: &[Sample]) -> Result<()> {
    let fifth = samples.len() / 5;
    ensure!(fifth > 0, "{} rounds are too few to tell whether the memory grows", samples.len());
    for (i, kind) in curve::KINDS.iter().enumerate() {
        let mean = |part: &[Sample]| part.iter().map(|s| s.bytes[i]).sum::<f64>() / part.len() as f64;
        let (early, late) = (mean(&samples[fifth..2 * fifth]), mean(&samples[samples.len() - fifth..]));
        let growth = late / early - 1.0;
        println!(
            "soak: {}: {:.1} MB, later {:.1} MB ({:+.1} %)",
            kind.name,
            early / 1e6,
            late / 1e6,
            growth * 100.0
        );
        ensure!(growth <= MOST_GROWTH, "the memory of {} grows", kind.name);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(last: f64) -> Vec<Sample> {
        let bytes = |i: usize| {
            if i < 2 {
                1e6
            } else if i < 8 {
                2e6
            } else {
                last
            }
        };
        (0..10).map(|i| Sample { minutes: i as f64, bytes: [5e6, 6e6, bytes(i)] }).collect()
    }

    #[test]
    fn growth_is_told_from_warming_up() {
        assert!(check(&samples(2e6)).is_ok());
        assert!(check(&samples(1e6)).is_ok());
        let grown = check(&samples(2.2e6)).map_err(|error| error.to_string());
        assert!(grown.is_err_and(|said| said.contains("grows")));
        assert!(check(&samples(2e6)[..4]).is_err(), "too few to tell");
    }

    #[test]
    fn the_curve_has_a_line_for_each_kind_and_its_scale() {
        let svg = curve::svg(&samples(2e6));
        assert_eq!(svg.matches("<polyline").count(), curve::KINDS.len());
        assert!(curve::KINDS.iter().all(|kind| svg.contains(kind.name)), "{svg}");
        assert!(svg.contains("9 min") && svg.contains("MB") && !svg.contains("NaN"), "{svg}");
    }
}
