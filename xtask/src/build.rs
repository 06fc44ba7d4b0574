//! `cargo xtask build`: the protocol's JavaScript, then the engine as WebAssembly with its glue, into `pkg/`.

pub(crate) mod optimise;
pub(crate) mod wasm_cargo;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::files::{self, Home};
use crate::project::Project;
use crate::{codegen, shell};

use wasm_cargo::{Threads, WasmCargo};

/// The page's modules, each a folder of `pkg/`; the worker picks one.
const MODULES: [Module; 3] = [
    Module { folder: "baseline", features: "", threads: Threads::One },
    Module { folder: "relaxed-simd", features: "relaxed-simd", threads: Threads::One },
    Module { folder: "threads", features: "threads", threads: Threads::Several },
];

struct Module {
    folder: &'static str,
    features: &'static str,
    threads: Threads,
}

/// Builds everything that the page loads and that is not in the repository.
///
/// # Errors
/// When the toolchain, the compiler or the generator fails.
pub(crate) fn run(project: &Project) -> Result<()> {
    codegen::write(project)?;
    let page = project.target.join("page");
    remove_folder(&page)?;
    for module in &MODULES {
        generate(&compile(project, module)?, &page.join(module.folder))?;
    }
    optimise::run(project, &MODULES.map(|module| page.join(module.folder).join("figret_bg.wasm")))?;
    replace(&page, &project.pkg())?;
    files::write(&project.root, Home::Repository)?;
    eprintln!("build: {} is ready", project.shown(&project.pkg()));
    Ok(())
}

fn compile(project: &Project, module: &Module) -> Result<PathBuf> {
    let arguments = ["--release", "--lib", "--no-default-features", "--features", module.features];
    let wasm_cargo = WasmCargo::ensure(module.threads)?;
    shell::run(&mut wasm_cargo.command(project, "build", &arguments))?;
    Ok(wasm_cargo.target_dir(project).join(wasm_cargo::TARGET).join("release/figret.wasm"))
}

/// Runs wasm-bindgen on the module; the results go into `folder`.
fn generate(module: &Path, folder: &Path) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(module)
        .typescript(false)
        // The worker calls `init()` without saying where the module lies.
        .omit_default_module_path(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .web(true)?;
    bindgen.generate(folder).with_context(|| format!("wasm-bindgen refused {}", module.display()))
}

/// Puts a finished folder where another one lies; a server may read the old one until then.
fn replace(new: &Path, place: &Path) -> Result<()> {
    let staging = place.with_extension("new");
    remove_folder(&staging)?;
    copy_folder(new, &staging)?;
    remove_folder(place)?;
    fs::rename(&staging, place).with_context(|| format!("{} cannot be replaced", place.display()))
}

fn remove_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("{} cannot be removed", folder.display()))?;
    }
    Ok(())
}

/// Copies a folder with all that is in it.
///
/// # Errors
/// When something cannot be read or written; the message names it.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("{} cannot be made", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("{} cannot be read", from.display()))? {
        let entry = entry?;
        let (source, copy) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy_folder(&source, &copy)?;
        } else {
            fs::copy(&source, &copy).with_context(|| format!("{} cannot be copied", source.display()))?;
        }
    }
    Ok(())
}
