//! geckodriver, which drives Firefox and is no package of Debian's: the one on PATH, or else one compiled from source.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::project::Project;
use crate::shell;

const VERSION: &str = "0.37.1";

/// Gives where geckodriver lies; compiles it once if PATH has none.
///
/// # Errors
/// When it has to be compiled and cargo fails.
pub(crate) fn ensure(project: &Project) -> Result<PathBuf> {
    if let Some(program) = shell::on_path("geckodriver") {
        return Ok(program);
    }
    let place = project.tools().join(format!("geckodriver-{VERSION}"));
    let program = place.join("bin/geckodriver");
    if !program.is_file() {
        let mut install =
            shell::cargo(&["install", "geckodriver", "--version", VERSION, "--locked", "--debug", "--root"]);
        // Without a target folder of its own cargo takes one that is gone afterwards.
        install.env_remove("CARGO_TARGET_DIR").env("CARGO_PROFILE_DEV_DEBUG", "0");
        shell::run(install.arg(&place)).context("geckodriver could not be compiled; PATH may have one")?;
    }
    Ok(program)
}
