//! Cargo for the wasm32 target: rustup's if it has or gets the target, else Debian's.
//!
//! Debian's compiler brings no standard library for wasm32, so cargo builds that from source too.

use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::{debian, shell};

/// The one target of the page.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

const DEBIAN_PACKAGES: [&str; 6] =
    ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "rust-web-clippy", "lld-22"];

/// A cargo that can build for [`TARGET`].
pub(crate) enum WasmCargo {
    /// The one this program runs under; it has the target.
    Own,
    /// Debian's, which builds the standard library as well.
    Debian,
}

impl WasmCargo {
    /// Finds such a cargo; adds the target, or installs Debian's packages, where that is needed.
    ///
    /// # Errors
    /// When neither way is open; the message says what to install.
    pub(crate) fn ensure() -> Result<Self> {
        if has_target() {
            return Ok(Self::Own);
        }
        eprintln!("build: adding the target {TARGET}");
        let added = shell::run(Command::new("rustup").args(["target", "add", TARGET]));
        if added.is_ok() && has_target() {
            return Ok(Self::Own);
        }
        eprintln!("build: rustup has no {TARGET} here; taking Debian's toolchain");
        let missing = debian::missing(&DEBIAN_PACKAGES);
        if !missing.is_empty() {
            debian::install(&missing, &format!("building for {TARGET} without rustup"))?;
        }
        Ok(Self::Debian)
    }

    /// A subcommand of cargo for the target.
    pub(crate) fn command(&self, subcommand: &str, arguments: &[&str]) -> Command {
        let mut command = match self {
            Self::Own => shell::cargo(&[subcommand]),
            Self::Debian => debian_cargo(subcommand),
        };
        command.args(["--target", TARGET]).args(arguments);
        command
    }
}

fn has_target() -> bool {
    let mut rustc = Command::new("rustc");
    let folder = shell::output(rustc.args(["--print", "target-libdir", "--target", TARGET]));
    folder.is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}

fn debian_cargo(subcommand: &str) -> Command {
    // Cargo would look for its subcommands among rustup's first.
    let program = if subcommand == "clippy" { "/usr/bin/cargo-clippy" } else { "/usr/bin/cargo" };
    let mut command = Command::new(program);
    command.args([subcommand, "-Zbuild-std=std,panic_abort"]);
    if subcommand == "test" {
        // Tests would unwind by default, which needs a second standard library that contradicts the first.
        command.arg("-Zpanic-abort-tests");
    }
    let path = env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("/usr/bin:{path}")).env("RUSTC_BOOTSTRAP", "1");
    // What rustup and an outer cargo leave behind would lead to the wrong compiler.
    for variable in ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN", "LD_LIBRARY_PATH"] {
        command.env_remove(variable);
    }
    command
}
