//! Projects: what was done is there again after a reload, computed once only, and gone when it is deleted.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::page::{Page, hook};

/// After a reload the comparison stands there before the engine does, and the adapter works without a lesson.
pub(super) fn come_back_compared(page: &Page) -> Result<()> {
    keep(page)?;
    let shown = ["comparison", "evaluation", "taught", "lesson.steps"];
    let before = states(page, &shown)?;
    reload(page)?;
    page.wait("the kept comparison", 60, "window.figret?.engine.store.state.comparison")?;
    page.wait_for("keeping-restored", 20)?;
    page.wait_for_phase("compared", 300)?;
    for (name, (before, after)) in shown.iter().zip(before.iter().zip(states(page, &shown)?)) {
        ensure!(*before == after, "after a reload {name} is {after} where it was {before}");
    }
    let embedded = page.state("indexed.embedded")?;
    ensure!(embedded == 0, "{embedded} passages were embedded again after a reload");
    page.wait("a search with what was taught", 60, "window.figret.engine.store.state.search.result?.after")?;
    page.click("step-compare")?;
    page.wait_for("won-tied-lost", 20).map(drop)
}

/// After a reload one's own collection is open and has its vectors.
pub(super) fn come_back_indexed(page: &Page) -> Result<()> {
    keep(page)?;
    let shown = ["collection", "evaluation"];
    let before = states(page, &shown)?;
    reload(page)?;
    page.wait_for_phase("ready", 300)?;
    ensure!(before == states(page, &shown)?, "after a reload {shown:?} are not what they were");
    let indexed = page.state("indexed")?;
    ensure!(indexed["embedded"] == 0, "passages were embedded again after a reload: {indexed}");
    Ok(())
}

/// A lesson that a reload has interrupted goes on from its last checkpoint, step by step.
pub(super) fn lesson_goes_on(page: &Page) -> Result<()> {
    page.click("step-teach")?;
    page.value("document.querySelector('figret-teach').send('settings', { steps: 60 })")?;
    page.click("teach-button")?;
    page.wait("a checkpoint", 180, "window.figret.engine.store.state.checkpoint")?;
    keep(page)?;
    let kept = page.state("checkpoint.step")?.as_u64().unwrap_or_default();
    ensure!(kept > 0, "the checkpoint holds no step");
    reload(page)?;
    page.wait(
        "the end of the opening",
        300,
        "['ready', 'compared'].includes(document.documentElement.dataset.phase)",
    )?;
    page.click("step-teach")?;
    page.click("teach-on")?;
    let further = format!("window.figret.engine.store.state.lesson?.steps.at(-1)?.step > {}", kept + 1);
    page.wait("further steps", 180, &further)?;
    let steps = page.value("window.figret.engine.store.state.lesson.steps.map(({ step }) => step)")?;
    let steps: Vec<u64> = serde_json::from_value(steps)?;
    ensure!(steps.windows(2).all(|pair| pair[1] == pair[0] + 1), "the steps after a reload are {steps:?}");
    ensure!(steps.contains(&(kept + 1)), "the lesson began anew at {steps:?} where {kept} steps were kept");
    page.click("stop")?;
    page.wait_for_phase("compared", 300)
}

/// Deleted projects are gone, and the page begins with the sample again.
pub(super) fn delete_all(page: &Page) -> Result<()> {
    page.click("step-data")?;
    loop {
        let left = count(page)?;
        if left == 0 {
            break;
        }
        page.click("project-remove")?;
        page.click("project-removed")?;
        let fewer = format!("document.querySelectorAll('{}').length < {left}", hook("project"));
        page.wait("the project to be gone", 30, &fewer)?;
    }
    reload(page)?;
    page.wait_for_phase("ready", 300)?;
    ensure!(page.state("collection.is_sample")? == true, "the deleted project is open again");
    ensure!(page.state("taught")?.is_null(), "what was taught in the deleted project is still there");
    page.click("step-data")?;
    page.wait_for("projects-none", 20)?;
    ensure!(count(page)? == 0, "a deleted project is still in the list");
    Ok(())
}

/// What is kept shortly after it has changed is kept now.
fn keep(page: &Page) -> Result<()> {
    page.browser.async_script("await window.figret.keeping.save();", json!([]))?;
    let failure = page.state("project.failure")?;
    ensure!(failure.is_null(), "the project could not be kept: {failure}");
    Ok(())
}

fn count(page: &Page) -> Result<u64> {
    let count = page.value(&format!("document.querySelectorAll('{}').length", hook("project")))?;
    Ok(count.as_u64().unwrap_or_default())
}

fn states(page: &Page, names: &[&str]) -> Result<Vec<Value>> {
    names.iter().map(|name| page.state(name)).collect()
}

/// Loads the page again and waits until it is another one.
pub(super) fn reload(page: &Page) -> Result<()> {
    page.value("window.isBeforeReload = true")?;
    page.browser.reload()?;
    page.wait("the reload", 60, "window.isBeforeReload === undefined && document.readyState === 'complete'")
        .map(drop)
}
