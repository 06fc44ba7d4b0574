//! `cargo xtask bench`: this engine against its peers on the same machine in the same run, and how long the page
//! takes to start.
//!
//! It decides nothing: no figure makes it fail. It fails where something could not be measured although what it
//! needs is there, or where the two sides' vectors disagree, because the time of a wrong answer means nothing.

mod embed;
mod engine;
mod machine;
mod native;
mod peers;
mod report;
mod rounds;
mod site;
mod start;
mod texts;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::project::Project;
use crate::{build, model};

use report::Report;

/// Flags of `cargo xtask bench`.
#[derive(clap::Args)]
pub(crate) struct Flags {
    /// Fewer texts; under ten minutes.
    #[arg(long)]
    quick: bool,
    /// Measure what was built last.
    #[arg(long)]
    no_build: bool,
    /// Take this part alone, into a file of its own: start, wasm, threads, native, engine or webgpu.
    #[arg(long, value_name = "PART")]
    only: Option<String>,
}

/// A part of the benchmark: measures and writes its figures into the report.
struct Part {
    name: &'static str,
    /// The figures that are missing if the part fails.
    figures: &'static [&'static str],
    run: fn(&Bench, &mut Report) -> Result<()>,
}

const PARTS: [Part; 6] = [
    Part { name: "start", figures: &["start"], run: start::run },
    Part {
        name: "wasm",
        figures: &["embed.wasm1_vs_ort_wasm1", "embed.wasm2_vs_ort_wasm2"],
        run: embed::on_wasm,
    },
    Part { name: "threads", figures: &["embed.wasm2_vs_wasm1"], run: embed::on_threads },
    Part {
        name: "native",
        figures: &["embed.native_vs_pytorch", "teach.native_vs_pytorch"],
        run: native::run,
    },
    Part { name: "engine", figures: &["teach", "search"], run: engine::run },
    Part { name: "webgpu", figures: &["embed.webgpu_vs_transformersjs"], run: embed::on_webgpu },
];

/// What every part works with.
struct Bench<'a> {
    project: &'a Project,
    /// Where everything of the benchmark lies.
    folder: PathBuf,
    /// The page and the benchmark's own page, as they were when the benchmark began.
    site: PathBuf,
    is_quick: bool,
    no_build: bool,
}

/// Builds the page, measures, prints a table and writes `bench.json`.
///
/// # Errors
/// When a part failed; the table and the file are there nevertheless. When there is no such part.
pub(crate) fn run(project: &Project, flags: &Flags) -> Result<()> {
    if let Some(name) = &flags.only {
        ensure!(PARTS.iter().any(|part| part.name == name), "there is no part {name}");
    }
    if !flags.no_build {
        model::run(project)?;
        build::run(project)?;
    }
    let folder = project.target.join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let site = site::lay_out(project, &folder)?;
    let bench = Bench { project, folder, site, is_quick: flags.quick, no_build: flags.no_build };

    let mut report = Report::new(machine::describe(project, flags.quick));
    for part in &PARTS {
        take(part, &bench, flags.only.as_deref(), &mut report);
    }
    report.machine("load_at_end", machine::load());
    let name = flags.only.as_ref().map_or("bench.json".to_owned(), |part| format!("bench-{part}.json"));
    let file = bench.folder.join(name);
    report.write(&file)?;
    print!("{}", report.table());
    eprintln!("bench: {} holds all of it", project.shown(&file));
    report.check()
}

/// Runs a part if it is wanted; its failure is kept for the end.
fn take(part: &Part, bench: &Bench, only: Option<&str>, report: &mut Report) {
    let miss = |report: &mut Report, reason: &str| {
        for figure in part.figures {
            report.miss(figure, reason);
        }
    };
    if only.is_some_and(|name| name != part.name) {
        return miss(report, "left out by --only");
    }
    eprintln!("bench: {}", part.name);
    if let Err(error) = (part.run)(bench, report) {
        miss(report, &format!("failed: {error:#}"));
        report.fail(part.name, &error);
    }
}
