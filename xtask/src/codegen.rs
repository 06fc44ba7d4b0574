//! `cargo xtask codegen`: writes `www/protocol.js` from `src/web/protocol.rs`.
//!
//! Rust is the definition; the JavaScript is committed so that it can be read, and a check fails if it is stale.

mod emit;
mod parse;
mod shape;

use std::fs;

use anyhow::{Context, Result, bail};

use crate::project::Project;

const SOURCE: &str = "src/web/protocol.rs";
const GENERATED: &str = "www/protocol.js";

/// Flags of `cargo xtask codegen`.
#[derive(clap::Args)]
pub(crate) struct Flags {
    /// Write nothing; fail if the file is stale.
    #[arg(long)]
    check: bool,
}

/// Writes or checks the generated file.
///
/// # Errors
/// When the protocol cannot be read or, with `--check`, when the file is stale.
pub(crate) fn run(project: &Project, flags: &Flags) -> Result<()> {
    if flags.check { check(project) } else { write(project) }
}

/// Writes the generated file unless it is as it should be.
///
/// # Errors
/// When the protocol cannot be read or uses what the page cannot express.
pub(crate) fn write(project: &Project) -> Result<()> {
    let text = generate(project)?;
    if is_fresh(project, &text) {
        return Ok(());
    }
    fs::write(project.root.join(GENERATED), text)
        .with_context(|| format!("{GENERATED} cannot be written"))?;
    eprintln!("codegen: {GENERATED} written");
    Ok(())
}

/// Compares the generated file with what it should be.
///
/// # Errors
/// When it is stale or missing.
pub(crate) fn check(project: &Project) -> Result<()> {
    if !is_fresh(project, &generate(project)?) {
        bail!("{GENERATED} does not fit {SOURCE}; run `cargo xtask codegen` and commit the result");
    }
    eprintln!("codegen: {GENERATED} fits {SOURCE}");
    Ok(())
}

fn generate(project: &Project) -> Result<String> {
    let source =
        fs::read_to_string(project.root.join(SOURCE)).with_context(|| format!("{SOURCE} cannot be read"))?;
    let items =
        parse::protocol(&source).with_context(|| format!("{SOURCE} cannot be turned into JavaScript"))?;
    emit::javascript(&items)
}

fn is_fresh(project: &Project, text: &str) -> bool {
    fs::read_to_string(project.root.join(GENERATED)).is_ok_and(|found| found == text)
}
