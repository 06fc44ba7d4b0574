//! Cargo for the wasm32 target: rustup's if it has or gets what is needed, else Debian's.
//!
//! A module of several threads needs a standard library with atomics, and Debian's compiler brings none for wasm32
//! at all: cargo builds the library from source for these.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::project::Project;
use crate::{debian, shell};

/// The one target of the page.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

const DEBIAN_PACKAGES: [&str; 6] =
    ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "rust-web-clippy", "lld-22"];

const BUILD_STD: &str = "-Zbuild-std=std,panic_abort";

/// Shared memory, imported so that every thread gets the same, and what wasm-bindgen needs to start a thread. These
/// take the place of the flags in .cargo/config.toml.
const THREADED_FLAGS: &str = "-C target-feature=+simd128,+atomics,+bulk-memory,+mutable-globals \
    -C link-arg=--shared-memory -C link-arg=--import-memory -C link-arg=--max-memory=2147483648 \
    -C link-arg=--export=__wasm_init_tls -C link-arg=--export=__tls_size \
    -C link-arg=--export=__tls_align -C link-arg=--export=__tls_base";

/// How many threads a module is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Threads {
    /// One, for any page.
    One,
    /// Several, for pages that are cross-origin isolated.
    Several,
}

/// A cargo that can build for [`TARGET`].
pub(crate) struct WasmCargo {
    toolchain: Toolchain,
    threads: Threads,
}

#[derive(Clone, Copy)]
enum Toolchain {
    /// The one this program runs under; it has the target, and the library's source where that is needed.
    Own,
    /// Debian's.
    Debian,
}

impl WasmCargo {
    /// Finds such a cargo; adds what rustup lacks, or installs Debian's packages.
    ///
    /// # Errors
    /// When neither way is open; the message says what to install.
    pub(crate) fn ensure(threads: Threads) -> Result<Self> {
        let has_target = ensure_part(has_target, &["target", "add", TARGET]);
        if has_target
            && (threads == Threads::One || ensure_part(has_source, &["component", "add", "rust-src"]))
        {
            return Ok(Self { toolchain: Toolchain::Own, threads });
        }
        eprintln!("build: rustup has not what {TARGET} needs here; taking Debian's toolchain");
        let missing = debian::missing(&DEBIAN_PACKAGES);
        if !missing.is_empty() {
            debian::install(&missing, &format!("building for {TARGET} without rustup"))?;
        }
        Ok(Self { toolchain: Toolchain::Debian, threads })
    }

    /// Where it builds. With and without the unstable feature many dependencies would be built again and again in one
    /// folder, for their build scripts look at it.
    pub(crate) fn target_dir(&self, project: &Project) -> PathBuf {
        match self.threads {
            Threads::One => project.target.clone(),
            Threads::Several => project.target.join("threads"),
        }
    }

    /// A subcommand of cargo for the target, run in the repository.
    pub(crate) fn command(&self, project: &Project, subcommand: &str, arguments: &[&str]) -> Command {
        let mut command = match self.toolchain {
            Toolchain::Own => shell::cargo(&[subcommand]),
            Toolchain::Debian => debian_cargo(subcommand),
        };
        if self.threads == Threads::Several {
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", THREADED_FLAGS);
        }
        if self.builds_std() {
            // Building the library is an unstable feature of a stable compiler.
            command.arg(BUILD_STD).env("RUSTC_BOOTSTRAP", "1");
        }
        command.arg("--target-dir").arg(self.target_dir(project));
        command.args(["--target", TARGET]).args(arguments).current_dir(&project.root);
        command
    }

    fn builds_std(&self) -> bool {
        matches!(self.toolchain, Toolchain::Debian) || self.threads == Threads::Several
    }
}

/// Whether a part of the toolchain is there, if need be after rustup was asked to add it.
fn ensure_part(is_there: fn() -> bool, rustup: &[&str]) -> bool {
    if is_there() {
        return true;
    }
    eprintln!("build: asking rustup to {}", rustup.join(" "));
    shell::run(Command::new("rustup").args(rustup)).is_ok() && is_there()
}

fn has_target() -> bool {
    rustc_says(&["--print", "target-libdir", "--target", TARGET])
        .is_some_and(|folder| Path::new(&folder).is_dir())
}

fn has_source() -> bool {
    let source = "lib/rustlib/src/rust/library/Cargo.lock";
    rustc_says(&["--print", "sysroot"]).is_some_and(|sysroot| Path::new(&sysroot).join(source).is_file())
}

fn rustc_says(arguments: &[&str]) -> Option<String> {
    let said = shell::output(Command::new("rustc").args(arguments)).ok()?;
    Some(said.trim().to_owned())
}

fn debian_cargo(subcommand: &str) -> Command {
    // Cargo would look for its subcommands among rustup's first.
    let program = if subcommand == "clippy" { "/usr/bin/cargo-clippy" } else { "/usr/bin/cargo" };
    let mut command = Command::new(program);
    command.arg(subcommand);
    if subcommand == "test" {
        // Tests would unwind by default, which needs a second standard library that contradicts the first.
        command.arg("-Zpanic-abort-tests");
    }
    let path = env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("/usr/bin:{path}"));
    // What rustup and an outer cargo leave behind would lead to the wrong compiler.
    for variable in ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN", "LD_LIBRARY_PATH"] {
        command.env_remove(variable);
    }
    command
}
