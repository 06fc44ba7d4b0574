//! The folder that the benchmark serves: a copy of the page, which a build under way does not change, and the
//! benchmark's own page in it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::peers::Peers;
use crate::build::copy_folder;
use crate::project::Project;

/// The benchmark's page within the site.
pub(super) const PAGE: &str = "www/bench/index.html";

/// transformers.js refuses a model without this; its limit is far above that of any text here.
const TOKENIZER_CONFIG: &str = r#"{ "tokenizer_class": "BertTokenizer", "do_lower_case": true, "model_max_length": 512,
  "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]" }"#;

/// Copies the page and the benchmark's page into a fresh folder below `folder`.
///
/// # Errors
/// When the page is not built, or files cannot be copied.
pub(super) fn lay_out(project: &Project, folder: &Path) -> Result<PathBuf> {
    let site = folder.join("site");
    if site.exists() {
        fs::remove_dir_all(&site).with_context(|| format!("{} cannot be removed", site.display()))?;
    }
    ensure!(project.pkg().is_dir(), "the page is not built; leave --no-build out");
    fs::create_dir_all(&site)?;
    fs::copy(project.root.join("index.html"), site.join("index.html"))?;
    copy_folder(&project.root.join("www"), &site.join("www"))?;
    copy_folder(&project.pkg(), &site.join("pkg"))?;
    link(&project.root.join("models"), &site.join("models"))?;
    copy_folder(&project.root.join("benches/browser"), &site.join("www/bench"))?;
    Ok(site)
}

/// Puts transformers.js and its model beside the benchmark's page.
///
/// # Errors
/// When files cannot be linked or written.
pub(super) fn add_peer(project: &Project, site: &Path, peers: &Peers) -> Result<()> {
    let place = site.join("www/bench/peer");
    let model = place.join("models").join(crate::model::NAME);
    if model.exists() {
        return Ok(());
    }
    fs::create_dir_all(model.join("onnx"))?;
    for file in &peers.scripts {
        let name = file.file_name().context("a script of the peer has no name")?;
        link(file, &place.join(name))?;
    }
    for (graph, file) in &peers.graphs {
        link(file, &model.join("onnx").join(format!("{graph}.onnx")))?;
    }
    for name in ["config.json", "tokenizer.json"] {
        link(&project.model().join(name), &model.join(name))?;
    }
    Ok(fs::write(model.join("tokenizer_config.json"), TOKENIZER_CONFIG)?)
}

fn link(from: &Path, to: &Path) -> Result<()> {
    symlink(from, to).with_context(|| format!("{} cannot be linked", from.display()))
}
