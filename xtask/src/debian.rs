//! Debian's packages: installs what is missing when it may, says what to install when it may not.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::shell;

/// Installs Debian packages; the caller has found out that they are missing.
///
/// # Errors
/// When this is no Debian, or the caller is not root: the message says what to install.
pub(crate) fn install(packages: &[&str], purpose: &str) -> Result<()> {
    let list = packages.join(" ");
    if shell::on_path("apt-get").is_none() {
        bail!("{purpose} needs what Debian calls {list}; install the like of them and try again");
    }
    if !is_root() {
        bail!("{purpose} needs {list}; install them with `sudo apt-get install {list}` and try again");
    }
    shell::run(apt_get().args(["update", "--quiet=2"]))?;
    shell::run(apt_get().args(["install", "--yes", "--quiet=2", "--no-install-recommends"]).args(packages))
}

/// Those of the packages that are not installed.
pub(crate) fn missing<'a>(packages: &[&'a str]) -> Vec<&'a str> {
    packages.iter().copied().filter(|package| !is_installed(package)).collect()
}

fn is_installed(package: &str) -> bool {
    let query = shell::output(Command::new("dpkg-query").args(["-W", "-f=${db:Status-Status}", package]));
    query.is_ok_and(|status| status == "installed")
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn is_root() -> bool {
    Path::new("/proc/self").metadata().is_ok_and(|process| process.uid() == 0)
}
