//! `cargo xtask test`: every check and every test, each as a stage; all run, and a table at the end tells which failed.

mod prerequisites;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::build::wasm_cargo::{Threads, WasmCargo};
use crate::project::Project;
use crate::{build, codegen, e2e, model, shell, supply, tidy, wasm_test};

/// Flags of `cargo xtask test`.
#[derive(clap::Args)]
pub(crate) struct Flags {
    /// Run this stage alone; may be given several times.
    #[arg(long, value_name = "STAGE")]
    only: Vec<String>,
    /// Leave this stage out; may be given several times.
    #[arg(long, value_name = "STAGE")]
    skip: Vec<String>,
}

struct Stage {
    name: &'static str,
    run: fn(&Project) -> Result<()>,
    /// A stage without which this one would test something else.
    needs: Option<&'static str>,
}

const STAGES: [Stage; 12] = [
    Stage { name: "prerequisites", run: prerequisites::run, needs: None },
    Stage { name: "model", run: model::run, needs: None },
    Stage { name: "tidy", run: tidy::run, needs: None },
    Stage { name: "supply", run: supply::run, needs: None },
    Stage { name: "format", run: format, needs: None },
    Stage { name: "codegen", run: codegen::check, needs: None },
    Stage { name: "clippy", run: clippy, needs: None },
    Stage { name: "clippy-wasm", run: clippy_wasm, needs: None },
    Stage { name: "unit", run: unit, needs: None },
    Stage { name: "wasm", run: wasm_test::run, needs: None },
    Stage { name: "page", run: build::run, needs: None },
    Stage { name: "e2e", run: e2e::walk_all, needs: Some("page") },
];

enum Outcome {
    Passed,
    Failed(anyhow::Error),
    LeftOut,
}

/// Runs the stages and prints what came of them.
///
/// # Errors
/// When a stage failed, or when a flag names none.
pub(crate) fn run(project: &Project, flags: &Flags) -> Result<()> {
    for name in flags.only.iter().chain(&flags.skip) {
        ensure!(STAGES.iter().any(|stage| stage.name == name), "there is no stage {name}; {}", names());
    }
    let mut results: Vec<(&'static str, Outcome, Duration)> = Vec::new();
    for stage in &STAGES {
        let start = Instant::now();
        let outcome =
            if is_wanted(stage.name, flags) { outcome(project, stage, &results) } else { Outcome::LeftOut };
        results.push((stage.name, outcome, start.elapsed()));
    }
    report(&results)
}

fn names() -> String {
    format!("the stages are {}", STAGES.map(|stage| stage.name).join(", "))
}

fn is_wanted(name: &str, flags: &Flags) -> bool {
    let lists = |names: &[String]| names.iter().any(|other| other == name);
    (flags.only.is_empty() || lists(&flags.only)) && !lists(&flags.skip)
}

fn outcome(project: &Project, stage: &Stage, results: &[(&str, Outcome, Duration)]) -> Outcome {
    eprintln!("\n=== {}", stage.name);
    let needed = stage.needs.and_then(|needs| results.iter().find(|(name, ..)| *name == needs));
    if let Some((name, Outcome::Failed(_), _)) = needed {
        return Outcome::Failed(anyhow::anyhow!("not run, because {name} failed"));
    }
    match (stage.run)(project) {
        Ok(()) => Outcome::Passed,
        Err(error) => {
            eprintln!("{}: {error:#}", stage.name);
            Outcome::Failed(error)
        }
    }
}

fn report(results: &[(&str, Outcome, Duration)]) -> Result<()> {
    let (mut passed, mut failed) = (0, 0);
    println!("\n{:<15} {:<9} {:>8}", "stage", "result", "seconds");
    for (name, outcome, elapsed) in results {
        let (word, reason) = match outcome {
            Outcome::Passed => ("passed", None),
            Outcome::Failed(error) => ("FAILED", Some(first_line(error))),
            Outcome::LeftOut => ("left out", None),
        };
        passed += usize::from(word == "passed");
        failed += usize::from(word == "FAILED");
        println!("{name:<15} {word:<9} {:>8.1}  {}", elapsed.as_secs_f64(), reason.unwrap_or_default());
    }
    println!("\n{passed} passed, {failed} failed");
    if failed > 0 {
        // The table has said it all; an error would come after the line that is to be the last.
        std::process::exit(1);
    }
    Ok(())
}

fn first_line(error: &anyhow::Error) -> String {
    format!("{error:#}").lines().next().unwrap_or_default().chars().take(120).collect()
}

fn format(project: &Project) -> Result<()> {
    let mut format = shell::cargo(&["fmt", "--all", "--check"]);
    shell::run(format.current_dir(&project.root)).context("`cargo fmt --all` mends it")
}

fn clippy(project: &Project) -> Result<()> {
    let mut clippy = shell::cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    shell::run(clippy.current_dir(&project.root))
}

/// With threads and relaxed SIMD: what only the other modules have is compiled by the page's stage.
fn clippy_wasm(project: &Project) -> Result<()> {
    let features = ["--no-default-features", "--features", "threads"];
    let arguments = [&features[..], &["--lib", "--release", "--", "-D", "warnings"]].concat();
    shell::run(&mut WasmCargo::ensure(Threads::Several)?.command(project, "clippy", &arguments))
}

/// A GPU test without an adapter is a failure here, not a skip.
fn unit(project: &Project) -> Result<()> {
    let mut test = shell::cargo(&["test", "--workspace", "--no-fail-fast"]);
    shell::run(test.env("REQUIRE_GPU", "1").current_dir(&project.root))
}
