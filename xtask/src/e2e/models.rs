//! Another model than the one that ships: a folder of one's own, one that cannot be used, and the way back.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::page::Page;
use super::{embeddings, faults, files, safetensors, walk};
use crate::project::Project;

/// Small random models with recordings of sentence-transformers.
const MODELS: &str = "tests/fixtures/models";
const SHIPPED: &str = "all-MiniLM-L6-v2";

/// Gives a folder with its places inside it to the page, as the browser's dialog would.
const CHOOSE: &str = "
    const input = document.querySelector('[data-test=\"model-folder\"]');
    const transfer = new DataTransfer();
    for (const [path, bytes] of arguments[0]) {
      const file = new File([new Uint8Array(bytes)], path.split('/').at(-1));
      Object.defineProperty(file, 'webkitRelativePath', { value: path });
      transfer.items.add(file);
    }
    const list = transfer.files;
    Object.defineProperty(input, 'files', { configurable: true, value: list });
    input.dispatchEvent(new Event('change'));";

/// The words of the phase in which nothing is under way.
const IS_SETTLED: &str = "['ready', 'compared'].includes(document.documentElement.dataset.phase)";

/// From the sample to a small model on a collection of one's own, through a refusal, and back.
pub(super) fn change(project: &Project, page: &Page, _shots: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    walk::become_ready(page, "CPU")?;
    walk::upload_collection(page, &files::tiny_collection(folder.path())?)?;
    small_model(project, page)?;
    refused_model(project, page)?;
    shipped_model(project, page)
}

/// It is named, embeds as recorded, and ranks the collection that was open.
fn small_model(project: &Project, page: &Page) -> Result<()> {
    choose(page, &read(project, "cls-prompts")?)?;
    runs_on(page, "cls-prompts")?;
    queries_agree(project, page, "cls-prompts")?;
    walk::search(page, "the keys do nothing", files::TINY_PASSAGES)
}

/// The page says what is wrong, and everything is as it was before.
fn refused_model(project: &Project, page: &Page) -> Result<()> {
    let mut broken = read(project, "cls-prompts")?;
    let config = broken.iter_mut().find(|(path, _)| path == "cls-prompts/config.json");
    let (_, bytes) = config.context("the model has no config.json")?;
    *bytes = String::from_utf8(bytes.clone())?.replace("\"bert\"", "\"roberta\"").into_bytes();
    broken.iter_mut().for_each(|(path, _)| *path = path.replacen("cls-prompts", "roberta-like", 1));
    choose(page, &broken)?;
    let told = format!("{IS_SETTLED} && window.figret.engine.store.state.problem?.message");
    let said = faults::despite_problem(page, "the refusal", 120, &told)?;
    let said = said.as_str().context("nothing was said")?;
    ensure!(said.contains("config.json") && said.contains("roberta"), "the page says {said:?}");
    let runs = page.state("engineInfo.model")?;
    ensure!(runs.as_str().is_some_and(|model| model.starts_with("cls-prompts")), "{runs} runs");
    ensure!(page.state("indexed.passages")? == files::TINY_PASSAGES, "what was open is gone");
    faults::dismiss(page)?;
    queries_agree(project, page, "cls-prompts")?;
    walk::search(page, "the keys do nothing", files::TINY_PASSAGES)
}

fn shipped_model(project: &Project, page: &Page) -> Result<()> {
    page.click("step-data")?;
    page.value("(document.querySelector('figret-model-choice details').open = true)")?;
    page.click("model-shipped")?;
    runs_on(page, SHIPPED)?;
    embeddings::check(project, page, walk::FEW_TEXTS)?;
    walk::search(page, "the keys do nothing", files::TINY_PASSAGES)
}

/// The model runs, the page names it, and the collection that was open is open.
fn runs_on(page: &Page, name: &str) -> Result<()> {
    let is_there =
        format!("window.figret.engine.store.state.engineInfo?.model.startsWith({name:?}) && {IS_SETTLED}");
    page.wait(&format!("the model {name}"), 300, &is_there)?;
    ensure!(page.state("indexed.passages")? == files::TINY_PASSAGES, "the collection is not indexed");
    page.click("step-data")?;
    let said = page.text("model-now")?;
    ensure!(said.contains(name), "the page names the model {said:?}");
    Ok(())
}

/// Files with their paths, the folder's name first.
type Folder = Vec<(String, Vec<u8>)>;

fn read(project: &Project, name: &str) -> Result<Folder> {
    let mut folder = Folder::new();
    read_into(&mut folder, &project.root.join(MODELS).join(name), name)?;
    ensure!(folder.len() > 4, "{MODELS}/{name} holds {} files", folder.len());
    Ok(folder)
}

fn read_into(folder: &mut Folder, at: &Path, path: &str) -> Result<()> {
    for entry in fs::read_dir(at).with_context(|| format!("{} cannot be read", at.display()))? {
        let entry = entry?;
        let path = format!("{path}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read_into(folder, &entry.path(), &path)?;
        } else {
            folder.push((path, fs::read(entry.path())?));
        }
    }
    Ok(())
}

fn choose(page: &Page, folder: &Folder) -> Result<()> {
    page.click("step-data")?;
    page.browser.script(CHOOSE, json!([folder])).map(drop)
}

/// Texts as queries, with the words in front that the folder asks for.
fn queries_agree(project: &Project, page: &Page, name: &str) -> Result<()> {
    let models = project.root.join(MODELS);
    let file: Value = serde_json::from_slice(&fs::read(models.join("texts.json"))?)?;
    let texts: Vec<String> = serde_json::from_value(file["texts"].clone())?;
    let recorded = safetensors::values(&fs::read(models.join(format!("{name}.safetensors")))?, "query")?;
    ensure!(!texts.is_empty() && recorded.len().is_multiple_of(texts.len()), "the recording does not fit");
    let rows = recorded.chunks(recorded.len() / texts.len());
    let expected: Vec<_> = texts.iter().map(String::as_str).zip(rows).collect();
    embeddings::agree(page, &expected)
}
