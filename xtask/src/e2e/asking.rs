//! The loop with the LLM on the page: requests go to an endpoint, one is turned away, the answers become feedback.

use std::fs;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::llm::{Llm, MODEL};
use super::page::{Page, hook};

/// Queries of one's own that nobody has judged; the tiny collection judges [`JUDGED`].
const OWN: [&str; 2] = ["the machine is loud after midnight", "lukewarm water in the bathroom"];

/// A query that the tiny collection judges, so that it is left out.
const JUDGED: &str = "white ice outside";

/// Asks for gains on queries of one's own, then for guidance on what is served poorly.
///
/// The tiny collection must be open and ready.
///
/// # Errors
/// When the page does not get the answers, or what it makes of them is not what was answered.
pub(super) fn ask_llm(page: &Page, llm: &Llm) -> Result<()> {
    page.click("step-teach")?;
    open_section(page)?;
    connect(page, llm)?;
    let gains = ask_gains(page)?;
    let guidance = ask_guidance(page)?;
    let (asked, expected) = (llm.completions_asked(), gains + guidance + 1);
    ensure!(asked == expected, "the LLM was asked {asked} times where {expected} are expected");
    ensure!(llm.models_asked() == 1, "the list of models was asked for {} times", llm.models_asked());
    only_turned_away(page)
}

fn open_section(page: &Page) -> Result<()> {
    page.wait_for("ask-section", 20)?;
    let is_open = page.value(&format!("document.querySelector('{}').open", hook("ask-section")))?;
    if is_open == json!(false) {
        page.click("ask-summary")?;
    }
    page.wait_for("ask-base", 20).map(drop)
}

/// The test of the connection finds the model.
fn connect(page: &Page, llm: &Llm) -> Result<()> {
    page.browser.fill_in(&hook("ask-base"), &llm.base())?;
    page.browser.fill_in(&hook("ask-model"), MODEL)?;
    page.click("ask-test")?;
    page.wait_for("ask-connection", 30)?;
    let kind = page.state("asking.connection.kind")?;
    ensure!(kind == "connected", "the connection is {kind}: {}", page.text("ask-connection")?);
    Ok(())
}

/// Gives how many requests were answered.
fn ask_gains(page: &Page) -> Result<usize> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("own-queries.jsonl");
    let texts = OWN.into_iter().chain([JUDGED]).enumerate();
    let lines = texts.map(|(i, text)| json!({ "_id": format!("own-{i}"), "text": text }).to_string());
    fs::write(&file, lines.collect::<Vec<_>>().join("\n"))?;
    let before = count(page, "collection.feedback.queries")?;

    page.click("ask-stage-preferences")?;
    page.browser.choose_files(&hook("ask-queries-input"), &[file])?;
    page.wait("the queries of one's own", 20, "window.figret.engine.store.state.asked.queries !== null")?;
    let requests = prepare(page)?;
    ensure!(requests == OWN.len(), "{requests} requests for {} queries", OWN.len());
    let judged = count(page, "asked.batch.judged")?;
    ensure!(judged == 1, "{judged} judged queries were left out where there is 1");
    send(page, "preferences")?;

    let taken = count(page, "asked.report.preferences")?;
    let after = count(page, "collection.feedback.queries")?;
    ensure!(taken == OWN.len(), "gains for {taken} queries were taken in: {}", page.text("ask-report")?);
    ensure!(after == before + OWN.len(), "there were {before} lines of feedback and are {after}");
    Ok(requests)
}

/// Gives how many requests were answered.
fn ask_guidance(page: &Page) -> Result<usize> {
    page.click("ask-guidance-next")?;
    page.wait_for("ask-below", 20)?;
    // Every query whose candidates do not stand in the best order.
    page.browser.fill_in(&hook("ask-below"), "1")?;
    let requests = prepare(page)?;
    ensure!(requests > 0, "there is nothing to write guidance for");
    send(page, "guidance")?;
    let written = page.state("asked.report.guidance")?;
    let sum: u64 = written.as_array().into_iter().flatten().filter_map(Value::as_u64).sum();
    ensure!(sum > 0, "no guidance was taken in: {}", page.text("ask-report")?);
    Ok(requests)
}

/// Writes the requests; gives how many.
fn prepare(page: &Page) -> Result<usize> {
    let ready = format!("!document.querySelector('{}').disabled", hook("ask-prepare"));
    page.wait("the button that writes the requests", 20, &ready)?;
    page.click("ask-prepare")?;
    page.wait("the requests", 120, "window.figret.engine.store.state.asked.batch !== null")?;
    page.wait_for("ask-requests", 20)?;
    count(page, "asked.batch.asks.length")
}

/// Sends them and waits until the answers are taken in and everything is measured again.
fn send(page: &Page, stage: &str) -> Result<()> {
    page.click("ask-send")?;
    let taken = format!(
        "window.figret.engine.store.state.asked.report?.stage === '{stage}' \
         && ['ready', 'compared'].includes(document.documentElement.dataset.phase)"
    );
    page.wait("the answers as feedback", 120, &taken)?;
    page.settle()?;
    let (refused, open) = (count(page, "asked.report.refused_count")?, count(page, "asked.report.open")?);
    let report = page.text("ask-report")?;
    ensure!(refused == 0 && open == 0, "{refused} answers were refused and {open} are open: {report}");
    Ok(())
}

/// A number in the page's store.
fn count(page: &Page, expression: &str) -> Result<usize> {
    let value = page.state(expression)?;
    ensure!(value.is_u64(), "{expression} is {value} and no count");
    Ok(value.as_u64().unwrap_or_default() as usize)
}

/// The browser calls the request that was turned away an error, and it is the only one.
fn only_turned_away(page: &Page) -> Result<()> {
    let console = page.browser.console()?;
    let said = console.iter().filter(|entry| entry["level"] == "SEVERE");
    let said: Vec<_> = said.map(|entry| entry["message"].as_str().unwrap_or_default()).collect();
    let is_expected = said.len() == 1 && said.iter().all(|message| message.contains("429"));
    ensure!(is_expected, "the console holds errors: {}", said.join("\n  "));
    Ok(())
}
