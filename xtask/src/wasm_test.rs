//! `cargo xtask wasm-test`: tests/wasm.rs in headless Chromium; this program is the runner that cargo calls.

use std::env;
use std::ffi::OsString;

use anyhow::{Context, Result};

use crate::build::wasm_cargo::{TARGET, Threads, WasmCargo};
use crate::e2e::BROWSER;
use crate::project::Project;
use crate::shell;

/// Seconds for all tests together; software WebGPU is slow.
const TIMEOUT_SECONDS: &str = "900";

/// What cargo hands to its runner.
#[derive(clap::Args)]
pub(crate) struct RunnerArguments {
    /// The compiled test and its arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Compiles the tests and runs them.
///
/// # Errors
/// When a test fails, or when the compiler, Chromium or its driver is missing.
pub(crate) fn run(project: &Project) -> Result<()> {
    let driver =
        shell::on_path("chromedriver").context("chromedriver is missing; install chromium-driver")?;
    let capabilities = tempfile::NamedTempFile::new()?;
    std::fs::write(capabilities.path(), BROWSER)?;
    let runner = env::current_exe()?;
    let runner = format!("target.{TARGET}.runner=[{:?}, \"wasm-test-runner\"]", runner.display().to_string());

    let wasm_cargo = WasmCargo::ensure(Threads::One)?;
    let mut test =
        wasm_cargo.command(project, "test", &["--release", "--no-default-features", "--test", "wasm"]);
    test.args(["--config", &runner]);
    test.env("CHROMEDRIVER", driver).env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", capabilities.path());
    if env::var_os("WASM_BINDGEN_TEST_TIMEOUT").is_none() {
        test.env("WASM_BINDGEN_TEST_TIMEOUT", TIMEOUT_SECONDS);
    }
    shell::run(&mut test)
}

/// Runs one compiled test in the browser.
///
/// # Errors
/// When a test fails.
pub(crate) fn runner(arguments: RunnerArguments) -> Result<()> {
    let program = OsString::from("wasm-bindgen-test-runner");
    let arguments = std::iter::once(program).chain(arguments.arguments);
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(arguments)
}
