//! `cargo xtask`: everything that is done with this repository, one file a command.
//!
//! It never depends on the package `figret` itself, so that it runs while that does not compile.

mod bench;
mod build;
mod codegen;
mod debian;
mod dist;
mod e2e;
mod files;
mod fuzz;
mod geckodriver;
mod interop;
mod model;
mod npm;
mod project;
mod python;
mod record;
mod serve;
mod servers;
mod shell;
mod soak;
mod supply;
mod test;
mod tidy;
mod wasm_test;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use project::Project;

/// What can be done with this repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Command {
    /// Puts the model's files into models/ and checks them.
    Model,
    /// Builds the page: WebAssembly, its JavaScript glue and the protocol.
    Build,
    /// Writes www/protocol.js from src/web/protocol.rs.
    Codegen(codegen::Flags),
    /// Builds the page and serves it on this machine.
    Serve(serve::Flags),
    /// Writes the page as a folder of static files.
    Dist(dist::Flags),
    /// Checks the layout rules of the house.
    Tidy,
    /// Runs every check and every test.
    Test(test::Flags),
    /// Runs tests/wasm.rs in headless Chromium.
    WasmTest,
    /// Cargo calls this with a compiled test; `wasm-test` tells it to.
    #[command(hide = true)]
    WasmTestRunner(wasm_test::RunnerArguments),
    /// Walks the page in headless Chromium.
    E2e(e2e::Flags),
    /// Loads what the command line exports in PEFT and sentence-transformers, and compares embeddings.
    Interop(interop::Flags),
    /// Walks the page with vector servers: a real Chroma, and a stand-in for Qdrant.
    Servers(servers::Flags),
    /// Walks the page through a lesson and writes the comparison that it shows at first.
    Record(record::Flags),
    /// Fuzzes every reader of a person's bytes with libFuzzer.
    Fuzz(fuzz::Flags),
    /// Teaches and searches on the page for half an hour and draws the memory's curve.
    Soak(soak::Flags),
    /// Holds licences and sources of every crate to deny.toml.
    Supply,
    /// Measures this engine against its peers, in headless Chromium and natively.
    Bench(bench::Flags),
}

fn main() -> ExitCode {
    match run(Command::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let project = Project::find()?;
    match command {
        Command::Model => model::run(&project),
        Command::Build => build::run(&project),
        Command::Codegen(flags) => codegen::run(&project, &flags),
        Command::Serve(flags) => serve::run(&project, &flags),
        Command::Dist(flags) => dist::run(&project, &flags),
        Command::Tidy => tidy::run(&project),
        Command::Test(flags) => test::run(&project, &flags),
        Command::WasmTest => wasm_test::run(&project),
        Command::WasmTestRunner(arguments) => wasm_test::runner(arguments),
        Command::E2e(flags) => e2e::run(&project, &flags),
        Command::Interop(flags) => interop::run(&project, &flags),
        Command::Servers(flags) => servers::run(&project, &flags),
        Command::Record(flags) => record::run(&project, &flags),
        Command::Fuzz(flags) => fuzz::run(&project, &flags),
        Command::Soak(flags) => soak::run(&project, &flags),
        Command::Supply => supply::run(&project),
        Command::Bench(flags) => bench::run(&project, &flags),
    }
}
