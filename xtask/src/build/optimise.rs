//! Makes the module smaller with binaryen's wasm-opt, taken from npm; without it the module stays as it is.
//!
//! Debian's binaryen (version 108) is never used: it accepts a module of reference types and breaks it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, anyhow, bail, ensure};
use sha2::{Digest, Sha256};

use crate::project::Project;
use crate::{npm, shell};

const BINARYEN: &str = "binaryen@132";

/// The features that the compiler uses anyway; wasm-opt must not refuse them.
const ARGUMENTS: [&str; 10] = [
    // -O2 takes three times as long for 3 % less and no gain in speed.
    "-O1",
    "--enable-simd",
    "--enable-threads",
    "--enable-relaxed-simd",
    "--enable-bulk-memory",
    "--enable-reference-types",
    "--enable-mutable-globals",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-multivalue",
];

/// Optimises modules in place, side by side; takes the stored result of one that was optimised before.
///
/// # Errors
/// Only when files cannot be read or written: a missing or failing wasm-opt leaves a module as it is.
pub(crate) fn run(project: &Project, modules: &[PathBuf]) -> Result<()> {
    let store = project.tools().join("optimised");
    let installed = wasm_opt(&project.tools());
    let tool = || match &installed {
        Ok([node, script]) => {
            let mut command = Command::new(node);
            command.arg(script);
            Ok(command)
        }
        Err(reason) => Err(anyhow!("{reason:#}")),
    };
    let outcomes: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> =
            modules.iter().map(|module| scope.spawn(|| optimised(module, &store, tool))).collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| bail!("a thread panicked")))
            .collect()
    });
    let mut taken = Vec::new();
    for (module, outcome) in modules.iter().zip(outcomes) {
        let before = size_mb(module)?;
        match outcome? {
            Ok(stored) => {
                fs::copy(&stored, module)?;
                eprintln!("build: module optimised, {before:.2} MB to {:.2} MB", size_mb(module)?);
                taken.push(stored);
            }
            Err(reason) => eprintln!(
                "build: module left unoptimised ({reason:#}): {before:.2} MB, a little more to load, same speed"
            ),
        }
    }
    forget_others(&store, &taken)
}

/// The optimised module's path; the inner error says why there is none.
fn optimised(module: &Path, store: &Path, tool: impl FnOnce() -> Result<Command>) -> Result<Result<PathBuf>> {
    let bytes = fs::read(module).with_context(|| format!("{} cannot be read", module.display()))?;
    let stored = store.join(format!("{}.wasm", key(&bytes)));
    if stored.is_file() {
        return Ok(Ok(stored));
    }
    let part = stored.with_extension("part");
    fs::create_dir_all(store)?;
    let result = tool().and_then(|mut tool| optimise(&mut tool, module, &part));
    if let Err(reason) = result {
        return Ok(Err(reason));
    }
    fs::rename(&part, &stored)?;
    Ok(Ok(stored))
}

fn optimise(tool: &mut Command, module: &Path, result: &Path) -> Result<()> {
    eprintln!("build: optimising; this takes a minute once");
    shell::output(tool.args(ARGUMENTS).arg(module).arg("--output").arg(result))?;
    let bytes = fs::read(result).context("wasm-opt wrote nothing")?;
    ensure!(bytes.starts_with(b"\0asm"), "wasm-opt wrote something that is no module");
    Ok(())
}

/// Removes the modules of earlier builds: they will not come back.
fn forget_others(store: &Path, taken: &[PathBuf]) -> Result<()> {
    if taken.is_empty() {
        return Ok(());
    }
    for entry in fs::read_dir(store)? {
        let path = entry?.path();
        if !taken.contains(&path) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn key(module: &[u8]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(BINARYEN);
    hasher.update(ARGUMENTS.join(" "));
    hasher.update(module);
    format!("{:x}", hasher.finalize())
}

/// The program and its script; fetched once.
fn wasm_opt(tools: &Path) -> Result<[PathBuf; 2]> {
    let node = shell::on_path("node").context("node and npm are not installed")?;
    Ok([node, npm::file(tools, BINARYEN, "binaryen/bin/wasm-opt")?])
}

fn size_mb(file: &Path) -> Result<f64> {
    Ok(fs::metadata(file)?.len() as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell_tool(script: &str) -> Result<Command> {
        let mut command = Command::new("sh");
        command.args(["-c", script, "wasm-opt"]);
        Ok(command)
    }

    /// Copies the module to what follows `--output`, the last argument.
    const COPY: &str = "for last; do :; done; printf '\\0asm small' > \"$last\"";

    fn module_in(folder: &Path) -> Result<PathBuf> {
        let module = folder.join("in.wasm");
        fs::write(&module, b"\0asm large and slow")?;
        Ok(module)
    }

    #[test]
    fn a_failing_tool_leaves_the_module_and_a_reason() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let module = module_in(folder.path())?;
        for script in ["exit 1", "true", "for last; do :; done; echo text > \"$last\""] {
            let outcome = optimised(&module, &folder.path().join("store"), || shell_tool(script))?;
            assert!(outcome.is_err(), "{script}");
        }
        assert_eq!(fs::read(&module)?, b"\0asm large and slow");
        Ok(())
    }

    #[test]
    fn the_same_module_is_optimised_once() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let (module, store) = (module_in(folder.path())?, folder.path().join("store"));
        let first = optimised(&module, &store, || shell_tool(COPY))??;
        let second = optimised(&module, &store, || anyhow::bail!("called a second time"))??;
        assert_eq!(first, second);
        assert_eq!(fs::read(second)?, b"\0asm small");
        Ok(())
    }

    #[test]
    fn results_that_were_not_taken_are_forgotten() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let [old, kept] = ["old.wasm", "kept.wasm"].map(|name| folder.path().join(name));
        fs::write(&old, "")?;
        fs::write(&kept, "")?;
        forget_others(folder.path(), &[])?;
        assert!(old.is_file(), "a build that took nothing says nothing about what is stored");
        forget_others(folder.path(), std::slice::from_ref(&kept))?;
        assert!(kept.is_file() && !old.is_file());
        Ok(())
    }
}
