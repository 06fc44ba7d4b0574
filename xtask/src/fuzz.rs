//! `cargo xtask fuzz`: libFuzzer on every reader of a person's bytes, from the seeds in fuzz/corpus.
//!
//! Needs nothing but the stable compiler and a C++ compiler: the readers are instrumented by flags that every
//! compiler has. What is found is left in fuzz/artifacts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::project::Project;
use crate::shell;

/// Flags of `cargo xtask fuzz`.
#[derive(clap::Args)]
pub(crate) struct Flags {
    /// Seconds for each target.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Fuzz this target alone; may be given several times.
    #[arg(long, value_name = "TARGET")]
    only: Vec<String>,
    /// Add to the seeds what reaches new code, made small, when a target is done.
    #[arg(long)]
    keep: bool,
}

/// Longest input, in bytes, and most memory, in MB: a reader that takes more of either has a fault.
const LIMITS: [&str; 4] = ["-max_len=16384", "-rss_limit_mb=2048", "-malloc_limit_mb=256", "-timeout=10"];

/// Builds the targets and runs one after the other.
///
/// # Errors
/// When a target finds something, or cannot be built.
pub(crate) fn run(project: &Project, flags: &Flags) -> Result<()> {
    let folder = project.root.join("fuzz");
    let targets = targets(&folder)?;
    for name in &flags.only {
        ensure!(targets.contains(name), "there is no target {name}; there are {}", targets.join(", "));
    }
    build(project, &folder)?;
    let mut failed = Vec::new();
    for name in targets.iter().filter(|name| flags.only.is_empty() || flags.only.contains(name)) {
        let program = built_in(project).join("debug").join(format!("fuzz-{name}"));
        if let Err(error) = fuzz(project, &folder, &program, name, flags) {
            eprintln!("{error:#}");
            failed.push(name.as_str());
        }
    }
    if !failed.is_empty() {
        bail!("something was found by {}; the inputs are in fuzz/artifacts", failed.join(", "));
    }
    Ok(())
}

/// The names of the targets, by their files.
fn targets(folder: &Path) -> Result<Vec<String>> {
    let files = fs::read_dir(folder.join("fuzz_targets")).context("fuzz/fuzz_targets cannot be read")?;
    let paths = files.flatten().map(|file| file.path());
    let mut names: Vec<String> =
        paths.filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned())).collect();
    names.sort();
    Ok(names)
}

/// A target folder of its own: cargo gives our library one name, whatever flags it was compiled with.
fn built_in(project: &Project) -> PathBuf {
    project.target.join("fuzz")
}

fn build(project: &Project, folder: &Path) -> Result<()> {
    let mut build = shell::cargo(&["build", "--bins"]);
    build.current_dir(folder).env("CARGO_TARGET_DIR", built_in(project));
    build.env("RUSTC_WRAPPER", folder.join("instrumented-rustc"));
    shell::run(&mut build).context("the fuzz targets cannot be built")
}

fn fuzz(project: &Project, folder: &Path, program: &Path, name: &str, flags: &Flags) -> Result<()> {
    let seeds = folder.join("corpus").join(name);
    // What is found on the way goes to a folder of its own: the seeds stay as they are, and small.
    let found = project.tools().join("fuzz").join(name);
    let artifacts = folder.join("artifacts").join(name);
    for made in [&found, &artifacts] {
        fs::create_dir_all(made).with_context(|| format!("{} cannot be made", made.display()))?;
    }
    let mut command = Command::new(program);
    command.args([&found, &seeds]).args(LIMITS).arg("-print_final_stats=1");
    command.arg(format!("-max_total_time={}", flags.seconds));
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    shell::run(command.current_dir(folder))?;
    if flags.keep { merge(program, &seeds, &found) } else { Ok(()) }
}

/// Copies into the seeds what they lack.
fn merge(program: &Path, seeds: &PathBuf, found: &PathBuf) -> Result<()> {
    shell::run(Command::new(program).arg("-merge=1").args([seeds, found]))
}
