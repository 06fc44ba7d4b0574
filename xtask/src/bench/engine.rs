//! The engine's own figures: teaching in forward passes, search, kernels. `benches/engine.rs` measures them.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::process::Command;

use super::Bench;
use super::report::Report;
use crate::shell;

/// Builds and runs the benchmark.
///
/// # Errors
/// When it fails, or prints something else than figures.
pub(super) fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let mut command = program();
    command.args(bench.is_quick.then_some("--quick")).current_dir(&bench.project.root);
    let said = shell::output(&mut command)?;
    ensure!(!said.trim().is_empty(), "benches/engine.rs measured nothing");
    for line in said.lines() {
        take(line, report)
            .with_context(|| format!("benches/engine.rs printed {line:?}, which is no figure"))?;
    }
    Ok(())
}

/// benches/engine.rs, built if it is not.
pub(super) fn program() -> Command {
    shell::cargo(&["run", "--quiet", "--release", "--example", "engine-bench", "--"])
}

/// Takes a line of the form `{"figure": ..., "value": ..., "detail": ...}`; a value of null was not measured.
fn take(line: &str, report: &mut Report) -> Result<()> {
    let line: Value = serde_json::from_str(line)?;
    let figure = line["figure"].as_str().context("it has no name")?;
    let detail = line["detail"].as_str().context("it has no detail")?;
    match line["value"].as_f64() {
        Some(value) => report.own_figure(figure, value, detail),
        None => report.miss(figure, detail),
    }
    report.detail(figure, line["detail"].clone());
    Ok(())
}
