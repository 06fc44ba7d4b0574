//! The way a person takes through the page, step by step, and what must be seen on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::llm::Llm;
use super::page::{Page, hook};
use super::webdriver::Kind;
use super::{
    asking, checks, comparing, embeddings, evaluator, faults, files, firefox, models, offline, projects,
    safetensors, screenshots,
};
use crate::project::Project;

/// A way through the page.
pub(super) struct Walk {
    /// Its name, for people.
    pub(super) name: &'static str,
    /// What the address asks for.
    pub(super) query: &'static str,
    /// By how much longer than on the CPU everything may take.
    pub(super) slowness: u32,
    /// Where the page comes from.
    pub(super) site: Site,
    /// What shows it.
    pub(super) browser: Kind,
    /// The steps.
    pub(super) steps: fn(&Project, &Page, &Path) -> Result<()>,
}

/// Where a walk finds the page.
#[derive(Clone, Copy)]
pub(super) enum Site {
    /// As `cargo xtask serve` serves it.
    Served,
    /// As `cargo xtask dist` writes it, on a plain host that lacks the model.
    Hosted,
    /// The same with the model, whose first download breaks off.
    Breaking,
}

/// The CPU path on the sample, with two threads and with one and in Firefox, and software WebGPU on next to nothing: it manages half
/// a text a second.
pub(super) const WALKS: [Walk; 8] = [
    Walk {
        name: "checks",
        query: "?backend=cpu&threads=1&steps=4&batch=4",
        slowness: 1,
        site: Site::Served,
        browser: Kind::Chromium,
        steps: checks::all,
    },
    Walk {
        name: "cpu",
        query: "?backend=cpu&threads=2&steps=6&batch=4",
        slowness: 1,
        site: Site::Served,
        browser: Kind::Chromium,
        steps: on_cpu,
    },
    Walk {
        name: "cpu-one-thread",
        query: "?backend=cpu&threads=1",
        slowness: 1,
        site: Site::Served,
        browser: Kind::Chromium,
        steps: on_one_thread,
    },
    Walk {
        name: "firefox",
        query: "?backend=cpu&threads=2&steps=6&batch=4",
        slowness: 1,
        site: Site::Served,
        browser: Kind::Firefox,
        steps: firefox::on_cpu,
    },
    Walk {
        name: "models",
        query: "?backend=cpu&threads=1",
        slowness: 1,
        site: Site::Served,
        browser: Kind::Chromium,
        steps: models::change,
    },
    Walk {
        name: "offline",
        query: "?backend=cpu&threads=2",
        slowness: 1,
        site: Site::Hosted,
        browser: Kind::Chromium,
        steps: offline::visit_twice,
    },
    Walk {
        name: "faults",
        query: "?backend=cpu&threads=1&batch=4",
        slowness: 1,
        site: Site::Breaking,
        browser: Kind::Chromium,
        steps: faults::survive,
    },
    Walk {
        name: "gpu",
        query: "?backend=gpu&software=1&steps=2&batch=2",
        slowness: 6,
        site: Site::Served,
        browser: Kind::Chromium,
        steps: on_gpu,
    },
];

/// Of the eight fixed sentences with their stored vectors.
const LEAST_COSINE: f64 = 0.9999;

const ALL_TEXTS: usize = 64;
/// Enough to tell that it is this model.
pub(super) const FEW_TEXTS: usize = 6;

/// Under it the engine refuses to hand out a model.
const LEAST_EXPORT_COSINE: f64 = 0.999_999;

fn on_cpu(project: &Project, page: &Page, shots: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    become_ready(page, "CPU, 2 threads")?;
    screenshots::take_four(page, shots, "recorded")?;
    places(page)?;
    page.click("step-before")?;
    screenshots::take_four(page, shots, "before")?;
    search(page, "it blows cold air for a few minutes", 10)?;
    time_is_estimated(page)?;
    upload_bad_lines(page, &files::feedback_with_bad_lines(project, folder.path())?)?;
    audit(page)?;
    teach(page)?;
    comparing::compare(page)?;
    evaluator::evaluate(page)?;
    comparing::terms_are_marked(page)?;
    comparing::map(page)?;
    screenshots::take_four(page, shots, "compare")?;
    comparing::feedback_is_told(page)?;
    projects::come_back_compared(page)?;
    let adapter = export(page)?;
    export_model(page)?;
    comparison_report(page)?;
    load_again(page, &adapter)?;
    screenshots::take_four(page, shots, "home")?;
    embeddings::check(project, page, ALL_TEXTS)?;
    projects::lesson_goes_on(page)?;
    upload_collection(page, &files::tiny_collection(folder.path())?)?;
    projects::come_back_indexed(page)?;
    search(page, "the keys do nothing", files::TINY_PASSAGES)?;
    let llm = Llm::start()?;
    page.permitted.borrow_mut().push(llm.origin().to_owned());
    asking::ask_llm(page, &llm)?;
    screenshots::take(page.browser, &shots.join("ask.png"))?;
    projects::delete_all(page)
}

fn on_one_thread(project: &Project, page: &Page, _shots: &Path) -> Result<()> {
    comparing::recorded(page)?;
    become_ready(page, "CPU, one thread")?;
    comparing::recording_is_of_the_defaults(page)?;
    search(page, "it blows cold air for a few minutes", 10)?;
    embeddings::check(project, page, FEW_TEXTS)
}

fn on_gpu(project: &Project, page: &Page, shots: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    become_ready(page, "GPU")?;
    upload_collection(page, &files::tiny_collection(folder.path())?)?;
    search(page, "the keys do nothing", files::TINY_PASSAGES)?;
    teach(page)?;
    comparing::compare(page)?;
    let adapter = export(page)?;
    load_again(page, &adapter)?;
    embeddings::check(project, page, FEW_TEXTS)?;
    screenshots::take(page.browser, &shots.join("gpu.png"))?;
    faults::lost_gpu_goes_on(page)
}

/// The page appears, loads the model, verifies itself and shows the first results.
pub(super) fn become_ready(page: &Page, device: &str) -> Result<()> {
    page.wait_for("engine-badge", 10)?;
    page.wait_for_phase("ready", 300)?;
    let badge = page.text("engine-badge")?;
    let info = page.state("engineInfo")?;
    let shown = if info["backend"] == "gpu" { "GPU" } else { info["device"].as_str().unwrap_or_default() };
    ensure!(shown.contains(device), "the engine runs on {info} where {device} is expected");
    ensure!(badge.contains(device.split(',').next().unwrap_or_default()), "the badge says {badge:?}");
    ensure!(badge.contains("verified"), "the engine did not pass its self-test: {badge:?}");
    let cosine = page.state("engineInfo.self_test_cosine")?;
    ensure!(cosine.as_f64() >= Some(LEAST_COSINE), "the self-test gave cosine {cosine}");
    Ok(())
}

/// Places are steps that can be taken back; settings that differ stand in the address, and an unknown place is mended.
fn places(page: &Page) -> Result<()> {
    let shows = |place: &str, hash: &str| {
        let what = format!("{place} under {hash:?}");
        let expression =
            format!("window.figret.engine.store.state.place === '{place}' && location.hash === '{hash}'");
        page.wait(&what, 20, &expression).map(drop)
    };
    page.click("step-teach")?;
    page.value("document.querySelector('figret-teach').send('settings', { rank: 16 })")?;
    shows("teach", "#teach?rank=16")?;
    page.click("step-data")?;
    shows("data", "#data?rank=16")?;
    page.value("history.back()")?;
    shows("teach", "#teach?rank=16")?;
    page.value("location.hash = '#teach?rank=8&alpha=none'")?;
    shows("teach", "#teach")?;
    page.value("location.hash = '#nowhere'")?;
    shows("data", "#data")?;
    page.value("history.go(-3)")?;
    shows("compare", "")
}

/// A query of one's own gives a column of passages.
pub(super) fn search(page: &Page, query: &str, expected: usize) -> Result<()> {
    page.click("step-before")?;
    page.wait_for("query-input", 20)?;
    page.browser.fill_in(&hook("query-input"), query)?;
    page.click("search-button")?;
    let shown = format!("window.figret.engine.store.state.search.result?.query === {}", json!(query));
    page.wait("the ranking of a query of one's own", 60, &shown)?;
    let found = count_passages(page, "before")?;
    ensure!(found == expected, "the ranking holds {found} passages where {expected} are expected");
    Ok(())
}

/// Passages in a column.
pub(super) fn count_passages(page: &Page, side: &str) -> Result<usize> {
    let selector = format!("{} {}", hook(&format!("column-{side}")), hook("passage"));
    let count = page.value(&format!("document.querySelectorAll('{selector}').length"))?;
    Ok(count.as_u64().unwrap_or_default() as usize)
}

/// Bad lines are named one by one; without them the rest is used, and the counts are shown.
fn upload_bad_lines(page: &Page, file: &Path) -> Result<()> {
    choose(page, file)?;
    page.wait_for("upload-error", 60)?;
    let error = page.text("upload-error")?;
    for (line, reason) in files::BAD_LINES {
        let place = format!("feedback.jsonl line {line}");
        let names_it = error.lines().any(|text| text.contains(&place) && text.contains(reason));
        ensure!(names_it, "the message does not name {place} and {reason:?}: {error}");
    }
    page.click("leave-out")?;
    page.settle()?;
    let report = report(page)?;
    let left_out = page.state("collection.left_out_count")?;
    let used = page.state("collection.feedback.queries")?;
    ensure!(left_out == files::BAD_LINES.len(), "{left_out} lines were left out: {report}");
    ensure!(used == files::GOOD_LINES, "{used} lines of feedback are used: {report}");
    ensure!(report.contains(&files::GOOD_LINES.to_string()), "the report does not tell the count: {report}");
    Ok(())
}

/// A zip in BEIR layout takes the place of what was open.
pub(super) fn upload_collection(page: &Page, file: &Path) -> Result<()> {
    let report = upload(page, file)?;
    ensure!(report.contains(&format!("{} passages", files::TINY_PASSAGES)), "the report says {report:?}");
    let indexed = page.state("indexed.passages")?;
    ensure!(indexed == files::TINY_PASSAGES, "{indexed} passages are indexed");
    Ok(())
}

/// Opens a file and waits until it is indexed and measured; gives what the page reports.
pub(super) fn upload(page: &Page, file: &Path) -> Result<String> {
    choose(page, file)?;
    report(page)
}

fn choose(page: &Page, file: &Path) -> Result<()> {
    page.click("open-upload")?;
    page.browser.choose_files(&hook("file-input"), &[file.to_path_buf()])
}

/// The report stands as soon as the files are read; the phase comes back once they are indexed and measured.
fn report(page: &Page) -> Result<String> {
    page.wait_for("upload-report", 60)?;
    page.wait(
        "the end of indexing and measuring",
        300,
        "['ready', 'compared'].includes(document.documentElement.dataset.phase)",
    )?;
    page.text("upload-report")
}

/// Everything that the audit looks for is found, not found, or said to have been out of reach.
fn audit(page: &Page) -> Result<()> {
    const CHECKS: u64 = 16;
    page.click("step-data")?;
    page.click("audit-button")?;
    page.wait_for("audit-head", 120)?;
    let expression =
        "['findings', 'absent', 'not_checked'].reduce((sum, part) => sum + audit.report[part].length, 0)";
    let in_state = expression.replace("audit.report", "window.figret.engine.store.state.audit.report");
    let checked = page.wait(
        "the audit's report",
        120,
        &format!("window.figret.engine.store.state.audit?.report && {in_state}"),
    )?;
    ensure!(checked == CHECKS, "the audit tells of {checked} checks where there are {CHECKS}");
    Ok(())
}

/// The button says how long a lesson will take, from what the first results took.
fn time_is_estimated(page: &Page) -> Result<()> {
    page.click("step-teach")?;
    page.wait_for("teach-button", 20)?;
    let button = page.text("teach-button")?;
    ensure!(button.contains(|c: char| c.is_ascii_digit()), "no time is estimated: {button:?}");
    Ok(())
}

/// Teaching can be paused, stands still then, and goes on to its end and the comparison.
pub(super) fn teach(page: &Page) -> Result<()> {
    page.click("step-teach")?;
    page.wait_for("teach-button", 20)?;
    teach_and_pause(page)?;
    page.wait_for_phase("paused", 120)?;
    stands_still(page)?;
    page.click("resume")?;
    page.wait_for_phase("compared", 300)?;
    page.click("step-teach")?;
    page.wait_for("loss-chart", 20)?;
    Ok(())
}

/// A paused lesson ends the step that is under way, and then takes no other.
fn stands_still(page: &Page) -> Result<()> {
    let progress = || {
        let value = page.value("document.querySelector('[data-test=teach-progress]').value")?;
        Ok::<_, anyhow::Error>((value, page.state("lesson.steps.length")?))
    };
    let at_the_pause = progress()?;
    thread::sleep(Duration::from_secs(u64::from(page.slowness) * 2));
    let last = progress()?;
    thread::sleep(Duration::from_secs(u64::from(page.slowness) * 2));
    let later = progress()?;
    ensure!(last == later, "a lesson paused at {at_the_pause:?} went on from {last:?} to {later:?}");
    Ok(())
}

/// A short lesson is over before a driver's second command arrives, so the page itself presses both buttons.
fn teach_and_pause(page: &Page) -> Result<()> {
    let script = "
        document.querySelector('[data-test=teach-button]').click();
        const end = performance.now() + arguments[0];
        while (performance.now() < end) {
          const pause = document.querySelector('[data-test=pause]');
          if (pause?.checkVisibility()) return pause.click();
          await new Promise((next) => setTimeout(next, 5));
        }
        throw new Error('the button that pauses the lesson did not appear');";
    page.browser.async_script(script, json!([60_000])).map(drop)
}

/// The adapter comes as files that PEFT understands.
pub(super) fn export(page: &Page) -> Result<Vec<PathBuf>> {
    page.click("step-home")?;
    page.click("export-button")?;
    let links = page.wait_for("export-file", 60)?;
    for position in 0..links {
        page.browser.click_nth(&hook("export-file"), position)?;
    }
    let downloads = page.browser.downloads();
    let config = downloaded(&downloads.join("adapter_config.json"))?;
    let weights = downloaded(&downloads.join("adapter_model.safetensors"))?;
    check_adapter(&fs::read(&config)?, &fs::read(&weights)?)?;
    Ok(vec![config, weights])
}

/// The whole model comes as one zip, which the engine has read back.
fn export_model(page: &Page) -> Result<()> {
    page.click("export-model-button")?;
    page.wait_for("export-model-file", 120)?;
    let cosine = page.state("model.cosine")?;
    ensure!(cosine.as_f64() >= Some(LEAST_EXPORT_COSINE), "the model was read back with cosine {cosine}");
    page.browser.click(&hook("export-model-file"))?;
    let zip = downloaded(&page.browser.downloads().join("figret-model.zip"))?;
    let mut zip = zip::ZipArchive::new(fs::File::open(zip)?).context("figret-model.zip is no zip")?;
    for (name, least_bytes) in
        [("model.safetensors", 90_000_000), ("tokenizer.json", 400_000), ("modules.json", 100)]
    {
        let size = zip.by_name(&format!("figret-model/{name}")).map(|file| file.size());
        ensure!(size.as_ref().is_ok_and(|size| *size >= least_bytes), "{name} in the zip: {size:?}");
    }
    Ok(())
}

pub(super) fn downloaded(file: &Path) -> Result<PathBuf> {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(20) {
        if file.metadata().is_ok_and(|file| file.len() > 0) {
            return Ok(file.to_path_buf());
        }
        thread::sleep(Duration::from_millis(100));
    }
    anyhow::bail!("{} was not downloaded", file.display())
}

fn check_adapter(config: &[u8], weights: &[u8]) -> Result<()> {
    let config: Value = serde_json::from_slice(config).context("adapter_config.json is no JSON")?;
    ensure!(config["peft_type"] == "LORA", "adapter_config.json has peft_type {}", config["peft_type"]);
    for field in ["r", "lora_alpha", "target_modules", "base_model_name_or_path"] {
        ensure!(!config[field].is_null(), "adapter_config.json has no {field}");
    }
    let (header, _) = safetensors::parts(weights)?;
    let names: Vec<_> = header.as_object().into_iter().flatten().map(|(name, _)| name).collect();
    let count = |part: &str| names.iter().filter(|name| name.contains(part)).count();
    let (down, up) = (count("lora_A.weight"), count("lora_B.weight"));
    ensure!(down > 0 && down == up, "adapter_model.safetensors has {down} lora_A and {up} lora_B tensors");
    Ok(())
}

/// The report holds every question and both figures, loads nothing, and carries no markup of the person's texts.
fn comparison_report(page: &Page) -> Result<()> {
    page.click("report-button")?;
    let file = downloaded(&page.browser.downloads().join("figret-report.html"))?;
    let text = fs::read_to_string(file)?;
    let questions = page.state("comparison.per_query.length")?.as_u64().unwrap_or_default();
    let rows = text.matches("<tr>").count() as u64;
    ensure!(questions > 0 && rows > questions, "the report has {rows} rows for {questions} questions");
    let after = page.state("comparison.after.ndcg_at_10.toFixed(3)")?;
    let after = after.as_str().context("no figure after teaching")?;
    for part in [after, "class=\"mean-band\"", "class=\"whisker", "\"seed\"", "\"verdict\""] {
        ensure!(text.contains(part), "the report lacks {part}");
    }
    for part in [" src=", " href=", "<script", "<img", "url(", "@import"] {
        ensure!(!text.contains(part), "the report holds {part}");
    }
    Ok(())
}

/// The adapter that was taken home gives the same comparison when it comes back.
pub(super) fn load_again(page: &Page, adapter: &[PathBuf]) -> Result<()> {
    let before = page.state("comparison.after")?;
    page.browser.choose_files(&hook("load-adapter-input"), adapter)?;
    let loaded = "window.figret.engine.store.state.taught?.origin === 'loaded' \
                  && window.figret.engine.store.state.comparison \
                  && document.documentElement.dataset.phase === 'compared'";
    page.wait("the comparison with the loaded adapter", 120, loaded)?;
    let after = page.state("comparison.after")?;
    ensure!(before == after, "measures were {before} when taught and are {after} when loaded");
    Ok(())
}
