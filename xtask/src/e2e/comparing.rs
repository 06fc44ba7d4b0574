//! Compare on the page: the recorded comparison, the walk through the questions, what is marked in a passage.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::page::{Page, hook};
use super::walk::count_passages;

/// Query, text, and which words of the text are marked.
const MARKED: [(&str, &str, &[&str]); 5] = [
    ("Are frosts normal?", "Frost is normal; defrosting is not frosts.", &["Frost", "normal", "frosts"]),
    ("the batteries of it", "A battery, its batteries", &["battery", "batteries"]),
    ("is it the one", "it is the one", &["it", "is", "the", "one"]),
    ("café", "CAFE and cafés", &["CAFE", "cafés"]),
    ("<mark>hiss</mark>", "<mark>hiss</mark> hissing", &["mark", "hiss", "mark"]),
];

/// A finished comparison is there at once, says that it was recorded, and can be walked through.
pub(super) fn recorded(page: &Page) -> Result<()> {
    page.wait_for("recorded", 20)?;
    ensure!(!page.text("verdict")?.is_empty(), "the recorded verdict is empty");
    walk_on(page)?;
    let (before, after) = (count_passages(page, "before")?, count_passages(page, "after")?);
    ensure!(before == 10 && after == 10, "the recorded columns hold {before} and {after} passages");
    Ok(())
}

/// What was recorded is what a person would get: the settings of that lesson are those that the page begins with.
pub(super) fn recording_is_of_the_defaults(page: &Page) -> Result<()> {
    let (recorded, defaults) = (page.state("recorded.about.settings")?, page.state("defaults")?);
    let recorded = recorded.as_object().context("the recording has no settings")?;
    for (name, value) in recorded {
        ensure!(
            *value == defaults[name],
            "{name} was {value} when the comparison was recorded and is {} by default; run `cargo xtask record`",
            defaults[name]
        );
    }
    Ok(())
}

/// From the first question to the second, as `j` does.
fn walk_on(page: &Page) -> Result<()> {
    let position = format!("document.querySelector('{}').textContent", hook("walk-position"));
    page.wait("the first question of the walk", 20, &format!("{position}.startsWith('1 of ')"))?;
    page.click("walk-j")?;
    page.wait("the second question of the walk", 20, &format!("{position}.startsWith('2 of ')"))?;
    Ok(())
}

/// The comparison has a verdict, measures, and a row for every judged query that opens its two columns.
pub(super) fn compare(page: &Page) -> Result<()> {
    page.click("step-compare")?;
    ensure!(!page.text("verdict")?.is_empty(), "the verdict is empty");
    ensure!(page.text("measures")?.contains("nDCG@10"), "the measures do not name nDCG@10");
    page.wait_for("won-tied-lost", 20)?;
    let queries = page.state("comparison.queries")?;
    let tally = page.state("comparison.won_tied_lost.reduce((sum, part) => sum + part)")?;
    ensure!(tally == queries, "won, tied and lost make {tally} of {queries} queries");
    let rows = format!("document.querySelectorAll('{}').length === {queries}", hook("compare-row"));
    page.wait("a row of the table for every query", 20, &rows)?;

    let first = page.value(&format!("document.querySelector('{}').dataset.queryId", hook("compare-row")))?;
    page.browser.click(&format!("{} button", hook("compare-row")))?;
    let shown = format!("window.figret.engine.store.state.search.result?.query_id === {first}");
    page.wait("the two rankings of the query in the first row", 60, &shown)?;
    let (before, after) = (count_passages(page, "before")?, count_passages(page, "after")?);
    ensure!(before > 0 && before == after, "the columns hold {before} and {after} passages");
    tiles_count(page)?;
    walk_on(page)
}

/// The map shows every passage and every question, and opens the question that the keys lead to.
pub(super) fn map(page: &Page) -> Result<()> {
    page.value("document.querySelector('[data-test=map]').open = true")?;
    page.wait("the map", 120, "window.figret.engine.store.state.map?.info")?;
    page.wait_for("map-plane", 20)?;
    let counts =
        page.state("map.info.passages.length + ' ' + figret.engine.store.state.map.info.queries.length")?;
    let expected = page.state("collection.passages + ' ' + figret.engine.store.state.comparison.queries")?;
    ensure!(
        counts == expected,
        "the map holds {counts} passages and questions where {expected} are expected"
    );
    let shares = page.state("map.info.shares")?;
    let [first, second] = [0, 1].map(|axis| shares[axis].as_f64().unwrap_or_default());
    ensure!(
        first >= second && second > 0.0 && first + second < 1.0,
        "the axes hold {shares} of the variance"
    );
    let press = "(() => { const plane = document.querySelector('[data-test=map-plane]');
        for (const key of ['Home', 'ArrowRight', 'Enter']) plane.dispatchEvent(new KeyboardEvent('keydown', { key })); })()";
    page.value(press)?;
    let second = "window.figret.engine.store.state.comparison.per_query[1].query_id";
    let shown = format!("window.figret.engine.store.state.search.result?.query_id === {second}");
    page.wait("the question chosen on the map", 60, &shown).map(drop)
}

/// Helped, unchanged and hurt are counted as the engine counts them.
fn tiles_count(page: &Page) -> Result<()> {
    let figure =
        |filter| format!("document.querySelector('[data-filter={filter}] .tile-figure').textContent");
    let shown = page.value(&format!("[{}]", ["helped", "unchanged", "hurt"].map(figure).join(", ")))?;
    let counted = page.state("comparison.won_tied_lost.map(String)")?;
    ensure!(shown == counted, "the page shows {shown} where the engine counted {counted}");
    Ok(())
}

/// A query of the feedback shows what the LLM said about it.
pub(super) fn feedback_is_told(page: &Page) -> Result<()> {
    page.browser.async_script(
        "const [{ query }] = window.figret.engine.store.state.evaluation.feedback.samples;
         document.dispatchEvent(new CustomEvent('figret:search', { detail: { query, queryId: null } }));",
        json!([]),
    )?;
    page.wait("what the LLM said", 60, "document.querySelectorAll('[data-test=told] .gain').length > 0")?;
    page.wait("its gains in the columns", 60, "document.querySelectorAll('.passage .grade').length > 0")?;
    Ok(())
}

/// Whole words of the query are marked, and markup in a text stays text.
pub(super) fn terms_are_marked(page: &Page) -> Result<()> {
    let script = "
        const { pieces, termsOf } = await import(new URL('www/terms.js', document.baseURI));
        return pieces(arguments[1], termsOf(arguments[0])).filter((piece) => piece.isTerm).map((piece) => piece.text);";
    for (query, text, expected) in MARKED {
        let marked = page.browser.async_script(script, json!([query, text]))?;
        ensure!(marked == json!(expected), "for {query:?} {marked} are marked in {text:?}");
    }
    let shown = page.value("document.querySelectorAll('figret-columns mark').length")?;
    ensure!(shown.as_u64() > Some(0), "no word of the query is marked in the columns");
    Ok(())
}
