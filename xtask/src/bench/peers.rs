//! The browser's peer: transformers.js from npm, and the model's weights as ONNX, which benches/make_onnx.py writes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use crate::project::Project;
use crate::{npm, python, shell};

/// It brings the onnxruntime-web that it was made for.
const TRANSFORMERS_JS: &str = "@huggingface/transformers@4.3.1";

/// The last is for make_onnx.py's check of what it wrote.
const PYTHON_PACKAGES: [&str; 3] = ["numpy", "onnx==1.23.2", "onnxruntime"];

/// The graphs and make_onnx.py's argument for each: plain operators as an exporter writes them, and ONNX Runtime's
/// own fused ones, so that nobody can say that the peer was given a bad graph.
const GRAPHS: [(&str, Option<&str>); 2] = [("plain", None), ("fused", Some("--fused"))];

/// Where the peer's files lie.
pub(super) struct Peers {
    /// transformers.js and ONNX Runtime's modules.
    pub(super) scripts: Vec<PathBuf>,
    /// Names and files of the graphs.
    pub(super) graphs: Vec<(&'static str, PathBuf)>,
    /// Versions of both, for people.
    pub(super) versions: String,
}

impl Peers {
    /// Fetches and makes what is not there yet.
    ///
    /// # Errors
    /// When npm or Python is missing or fails.
    pub(super) fn ensure(project: &Project, folder: &Path) -> Result<Self> {
        let modules = transformers_js(&project.tools().join("peer"))?;
        let runtime = modules.join("onnxruntime-web");
        let mut scripts = vec![modules.join("@huggingface/transformers/dist/transformers.min.js")];
        scripts.extend(runtime_modules(&runtime.join("dist"))?);
        let versions = format!("{TRANSFORMERS_JS}, onnxruntime-web {}", version(&runtime)?);
        Ok(Self { scripts, graphs: graphs(project, folder)?, versions })
    }
}

/// The folder of npm's packages, with transformers.js in it.
fn transformers_js(place: &Path) -> Result<PathBuf> {
    npm::file(place, TRANSFORMERS_JS, "@huggingface/transformers/package.json")?;
    Ok(place.join("node_modules"))
}

fn runtime_modules(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    let is_module = |path: &&PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("ort-wasm-") && [".wasm", ".mjs"].iter().any(|end| name.ends_with(end))
    };
    let modules: Vec<_> = paths.iter().filter(is_module).cloned().collect();
    ensure!(!modules.is_empty(), "{} holds no modules", folder.display());
    Ok(modules)
}

fn version(package: &Path) -> Result<String> {
    let text = fs::read_to_string(package.join("package.json"))?;
    let described: serde_json::Value = serde_json::from_str(&text)?;
    Ok(described["version"].as_str().context("a package has no version")?.to_owned())
}

/// Writes the graphs unless the same script has done so before.
fn graphs(project: &Project, folder: &Path) -> Result<Vec<(&'static str, PathBuf)>> {
    let script = project.root.join("benches/make_onnx.py");
    let text = fs::read(&script).with_context(|| format!("{} cannot be read", script.display()))?;
    let place = folder.join("onnx").join(&format!("{:x}", Sha256::digest(text))[..16]);
    fs::create_dir_all(&place)?;
    let files = GRAPHS.map(|(name, argument)| (name, argument, place.join(format!("{name}.onnx"))));
    for (name, argument, file) in &files {
        if !file.is_file() {
            eprintln!("bench: writing the {name} ONNX graph");
            let python = project.tools().join("python");
            let mut make = Command::new(python::environment(&python, &PYTHON_PACKAGES, "bench")?);
            shell::run(make.arg(&script).arg(project.model()).arg(file).args(argument))?;
        }
    }
    Ok(files.map(|(name, _, file)| (name, file)).into())
}
