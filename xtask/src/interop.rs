//! `cargo xtask interop`: what the command line exports, loaded by PEFT and by sentence-transformers, embeds as the
//! engine does.
//!
//! A few steps are taught on the sample for it; whether they help is no matter here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::project::Project;
use crate::{model, python, shell};

/// Names a Python to use instead of an environment of the repository's own.
pub(crate) const PYTHON: &str = "FIGRET_PYTHON";

/// The versions that the exports were tried with.
const PACKAGES: [&str; 4] =
    ["torch==2.15.0", "transformers==5.23.0", "sentence-transformers==6.2.0", "peft==0.21.2"];
const MODULES: [&str; 3] = ["torch", "sentence_transformers", "peft"];

/// Few steps, but large ones, and the last state is kept: the adapter must change the vectors.
const LESSON: [&str; 10] = [
    "--steps",
    "6",
    "--batch",
    "8",
    "--learning-rate",
    "0.003",
    "--validation-share",
    "0",
    "--keep-best",
    "false",
];

/// Flags of `cargo xtask interop`.
#[derive(clap::Args)]
pub(crate) struct Flags {
    /// Take the command line as it was built last.
    #[arg(long)]
    no_build: bool,
}

/// Teaches, exports, embeds the same texts on both sides and compares.
///
/// # Errors
/// When a side fails, when the network is missing that the packages come from, or when a value differs by more than
/// 1e-5.
pub(crate) fn run(project: &Project, flags: &Flags) -> Result<()> {
    model::run(project)?;
    let python = match python::named(PYTHON, &MODULES)? {
        Some(python) => python,
        None => python::environment(&project.tools().join("interop"), &PACKAGES, "interop")?,
    };
    let figret = Figret::ready(project, flags.no_build)?;
    let exports = Exports::make(&figret)?;
    let mut compare = Command::new(python);
    compare.arg(project.root.join("tests/interop/compare.py")).arg(project.model()).arg(&exports.folder);
    shell::run(compare.arg(&figret.texts).env("HF_HUB_OFFLINE", "1"))
}

/// The command line and what all its calls share.
struct Figret<'a> {
    project: &'a Project,
    program: PathBuf,
    texts: PathBuf,
}

impl<'a> Figret<'a> {
    fn ready(project: &'a Project, no_build: bool) -> Result<Self> {
        let program = project.target.join("release/figret");
        if !no_build {
            let mut build = shell::cargo(&["build", "--release", "--bin", "figret"]);
            shell::run(build.current_dir(&project.root))?;
        }
        ensure!(program.is_file(), "{} is not built; leave --no-build out", program.display());
        Ok(Self { project, program, texts: project.root.join("tests/interop/texts.txt") })
    }

    /// On the CPU, so that every machine does the same.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).args(["--backend", "cpu", "--model"]).arg(self.project.model());
        command.current_dir(&self.project.root);
        command
    }
}

/// The files that compare.py reads: `adapter/`, `model/`, `model.zip`, `base.json` and `tuned.json`.
struct Exports {
    folder: PathBuf,
}

impl Exports {
    fn make(figret: &Figret) -> Result<Self> {
        let folder = figret.project.target.join("interop");
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("{} cannot be emptied", folder.display()))?;
        }
        fs::create_dir_all(&folder)?;
        let exports = Self { folder };
        let adapter = exports.folder.join("adapter");

        let mut teach = figret.command(&["teach", "--vectors", "www/demo/embeddings.safetensors"]);
        shell::run(teach.args(LESSON).arg("--out").arg(&adapter))?;
        for form in ["model", "model.zip"] {
            let mut export = figret.command(&["export"]);
            export.arg("--adapter").arg(&adapter).arg("--out").arg(exports.folder.join(form));
            shell::run(&mut export)?;
        }
        exports.embed(figret, "base.json", None)?;
        exports.embed(figret, "tuned.json", Some(&adapter))?;
        Ok(exports)
    }

    fn embed(&self, figret: &Figret, name: &str, adapter: Option<&Path>) -> Result<()> {
        let mut embed = figret.command(&["embed", "--json"]);
        embed.arg(&figret.texts);
        if let Some(adapter) = adapter {
            embed.arg("--adapter").arg(adapter);
        }
        Ok(fs::write(self.folder.join(name), shell::output(&mut embed)?)?)
    }
}
