//! Pythons of the repository's own: a virtual environment with just the packages that a command names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{debian, shell};

/// Names the packages that an environment was made with.
const STAMP: &str = "figret-packages.txt";

/// A Python with these packages; makes it in `place` with pip unless it was made before with the same list.
///
/// # Errors
/// When python3 is missing, or pip cannot fetch a package.
pub(crate) fn environment(place: &Path, packages: &[&str], purpose: &str) -> Result<PathBuf> {
    let python = place.join("bin/python");
    let (stamp, list) = (place.join(STAMP), packages.join("\n"));
    if python.is_file() && fs::read_to_string(&stamp).is_ok_and(|made_with| made_with == list) {
        return Ok(python);
    }
    let system = shell::on_path("python3").context("python3 is not installed")?;
    if !shell::succeeds(Command::new(&system).args(["-c", "import ensurepip, venv"])) {
        debian::install(&["python3-venv"], purpose)?;
    }
    eprintln!("{purpose}: fetching {} with pip", packages.join(", "));
    shell::output(Command::new(system).args(["-m", "venv"]).arg(place))?;
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    shell::output(install.args(packages)).with_context(|| format!("{purpose} needs packages from PyPI"))?;
    fs::write(&stamp, list)?;
    Ok(python)
}

/// The Python that a person has named in an environment variable, if there is one.
///
/// # Errors
/// When it lacks a module.
pub(crate) fn named(variable: &str, modules: &[&str]) -> Result<Option<PathBuf>> {
    let Some(python) = std::env::var_os(variable).map(PathBuf::from) else { return Ok(None) };
    for module in modules {
        if !shell::succeeds(Command::new(&python).arg("-c").arg(format!("import {module}"))) {
            bail!("{variable} names {}, which has no {module}", python.display());
        }
    }
    Ok(Some(python))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_is_used_again_only_with_the_same_packages() -> Result<()> {
        let place = tempfile::tempdir()?;
        fs::create_dir_all(place.path().join("bin"))?;
        fs::write(place.path().join("bin/python"), "")?;
        fs::write(place.path().join(STAMP), "a==1\nb==2")?;
        let python = environment(place.path(), &["a==1", "b==2"], "a test")?;
        assert_eq!(python, place.path().join("bin/python"));
        Ok(())
    }
}
