//! The page by the keyboard alone: every control is reached and seen, nothing holds the focus, the main job is done.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::e2e::page::{Page, hook};

const TAB: (&str, u32, &str) = ("Tab", 9, "");
const ENTER: (&str, u32, &str) = ("Enter", 13, "\r");
const ESCAPE: (&str, u32, &str) = ("Escape", 27, "");

/// More stops than any place has.
const MANY: usize = 300;

/// From the first link of the page to the results of a query.
pub(super) fn search(page: &Page) -> Result<()> {
    begin(page)?;
    press(page, TAB)?;
    press(page, ENTER)?;
    page.wait("the focus in the search", 20, "document.activeElement?.id === 'query'")?;
    page.value("document.activeElement.select()")?;
    let query = "it hisses when it is cold outside";
    page.browser.devtools("Input.insertText", json!({ "text": query }))?;
    press(page, ESCAPE)?;
    press(page, ENTER)?;
    let shown = format!("window.figret.engine.store.state.search.result?.query === '{query}'");
    page.wait("the ranking asked for by keys", 60, &shown).map(drop)
}

/// Opens the help, and closes it where it was opened.
pub(super) fn help(page: &Page) -> Result<()> {
    begin(page)?;
    go_to(page, "[popovertarget=help]")?;
    press(page, ENTER)?;
    page.wait("the help", 20, "document.getElementById('help').matches(':popover-open')")?;
    press(page, TAB)?;
    page.wait(
        "the focus in the help",
        20,
        "document.getElementById('help').contains(document.activeElement)",
    )?;
    press(page, ESCAPE)?;
    let back =
        "!document.querySelector(':popover-open') && document.activeElement?.matches('[popovertarget=help]')";
    page.wait("the focus where the help was opened", 20, back).map(drop)
}

/// Teaches, and walks to the second question of the comparison.
pub(super) fn teach(page: &Page) -> Result<()> {
    begin(page)?;
    go_to(page, &hook("step-teach"))?;
    press(page, ENTER)?;
    page.wait_for("teach-button", 20)?;
    go_to(page, &hook("teach-button"))?;
    press(page, ENTER)?;
    page.wait_for_phase("compared", 300)?;
    page.settle()?;
    // The query that is shown is none of the judged ones.
    for (question, nth) in [(1, "first"), (2, "second")] {
        press(page, ("j", 74, "j"))?;
        let position = format!("document.querySelector('{}').textContent", hook("walk-position"));
        let shown = format!("{position}.startsWith('{question} of ')");
        page.wait(&format!("the {nth} question of the walk"), 20, &shown)?;
    }
    Ok(())
}

/// Every control of a place is a stop of the tabulator, can be seen when it is one, and lets go of the focus.
pub(super) fn reaches_all(page: &Page, place: &str) -> Result<()> {
    super::go(page, place)?;
    begin(page)?;
    let stops = page.browser.script(include_str!("stops.js"), json!([]))?;
    let stops = stops.as_u64().context("the stops were not counted")?;
    for _ in 0..stops + 3 {
        press(page, TAB)?;
    }
    eprintln!("e2e:   {place} has {stops} stops of the tabulator");
    super::none(&format!("{place} by the keyboard"), &page.value("window.endOfStops()")?)
}

/// The next stop is the first of the page.
fn begin(page: &Page) -> Result<()> {
    let script = "document.querySelector('.badge-details').open = false;
        scrollTo({ top: 0, behavior: 'instant' });
        document.body.tabIndex = -1;
        document.body.focus();
        document.body.removeAttribute('tabindex');";
    page.browser.script(script, json!([])).map(drop)
}

/// Walks by the tabulator to an element.
fn go_to(page: &Page, selector: &str) -> Result<()> {
    for _ in 0..MANY {
        if page.value(&format!("document.activeElement?.matches('{selector}') ?? false"))? == true {
            return Ok(());
        }
        press(page, TAB)?;
    }
    ensure!(false, "the tabulator does not reach {selector}");
    Ok(())
}

fn press(page: &Page, (key, code, text): (&str, u32, &str)) -> Result<()> {
    page.browser.press(key, code, text)
}
