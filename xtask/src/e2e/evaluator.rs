//! The evaluator at the foot of Compare: every system, its tests, and a file that comes down.

use std::fs;

use anyhow::{Result, bail, ensure};

use super::page::Page;
use super::walk::downloaded;

const SYSTEMS: &str = "before after bm25 hybrid-before hybrid-after";

/// nDCG@10 of BM25 on the sample, which no model and no lesson moves.
const BM25_ON_SAMPLE: f64 = 0.5167;

/// Measures the baselines beside before and after, and saves every question's figures.
pub(super) fn evaluate(page: &Page) -> Result<()> {
    beside(page)?;
    page.click("step-compare")?;
    page.click("evaluate-button")?;
    page.wait_for("systems-table", 180)?;
    let evaluation = page.state("systems.evaluation")?;
    let systems = evaluation["systems"].as_array().cloned().unwrap_or_default();
    let names: Vec<&str> = systems.iter().filter_map(|system| system["name"].as_str()).collect();
    ensure!(names.join(" ") == SYSTEMS, "the systems are {names:?}");
    let [before, after, bm25, ..] = &systems[..] else { bail!("there are five names") };
    let compared = page.state("comparison")?;
    for (system, side) in [(before, "before"), (after, "after")] {
        let (mean, shown) = (&system["means"][0], &compared[side]["ndcg_at_10"]);
        // Two means of the same figures, added up in another order.
        let difference = mean.as_f64().zip(shown.as_f64()).map(|(mean, shown)| (mean - shown).abs());
        ensure!(
            difference < Some(1e-12) && difference.is_some(),
            "nDCG@10 of {side} is {mean} here and {shown} above"
        );
    }
    let found = bm25["means"][0].as_f64().unwrap_or_default();
    ensure!((found - BM25_ON_SAMPLE).abs() < 1e-4, "BM25 has nDCG@10 {found}");
    ensure!(bm25["tests"][0]["verdict"] == "worse", "BM25 is not found to be worse: {bm25}");

    page.click("save-evaluation")?;
    let table = fs::read_to_string(downloaded(&page.browser.downloads().join("per_query.csv"))?)?;
    let lines = table.lines().count();
    let queries = compared["queries"].as_u64().unwrap_or_default();
    ensure!(lines as u64 == queries + 1, "the table has {lines} lines for {queries} queries");
    Ok(())
}

/// A baseline's ranking stands beside the retriever's as long as it is asked for.
fn beside(page: &Page) -> Result<()> {
    for (name, columns) in [("bm25", 3), ("", 2)] {
        let choose = format!(
            "(() => {{ const choice = document.querySelector('[data-test=beside]'); choice.value = '{name}'; \
             choice.dispatchEvent(new Event('change')); }})()"
        );
        page.value(&choose)?;
        let shown = format!("document.querySelectorAll('[data-test^=column-]').length === {columns}");
        page.wait(&format!("{columns} columns"), 60, &shown)?;
    }
    Ok(())
}
