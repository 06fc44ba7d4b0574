//! Files in and out: the only place of the command line that touches the disk.

use super::Outcome;
use super::args::Args;
use figret::data::{Collection, FileRole, NamedBytes, assemble, detect_role, expand_archives};
use figret::engine::Model;
use figret::export::{ExportedFile, TextVectors, read_vectors};
use std::path::Path;

/// Reads the model's three files.
pub(crate) fn read_model(folder: &Path) -> Outcome<Model> {
    let read = |name: &str| {
        let hint = "; `cargo xtask model` fetches it, and --model names another folder";
        read(&folder.join(name)).map_err(|message| message + hint)
    };
    let (config, tokenizer, weights) =
        (read("config.json")?, read("tokenizer.json")?, read("model.safetensors")?);
    Model::read(&config, &tokenizer, &weights).map_err(|e| e.to_string())
}

/// Reads the collection that the arguments name; bad lines stop it unless they may be left out.
pub(crate) fn read_collection(args: &Args) -> Outcome<Collection> {
    let mut files = Vec::new();
    gather(&args.collection, &args.collection, &mut files)?;
    let mut files = expand_archives(files).map_err(|e| format!("{e}. {}", e.remedy()))?;
    for (given, role) in [(&args.qrels, FileRole::Qrels), (&args.feedback, FileRole::Feedback)] {
        if given.is_some() {
            files.retain(|file| detect_role(&file.name, &file.bytes) != role);
        }
    }
    for (given, role) in [(&args.qrels, "qrels"), (&args.feedback, "feedback")] {
        if let Some(path) = given {
            let name = format!("{role}/{}", file_name(path));
            files.push(NamedBytes { name, bytes: read(path)? });
        }
    }
    let assembled = assemble(files, None).map_err(|e| format!("{e}. {}", e.remedy()))?;
    let refused = &assembled.refused;
    for refusal in refused.iter().take(20) {
        eprintln!("{refusal}");
    }
    if !refused.is_empty() && !args.leave_out_bad_lines {
        let count = refused.len();
        return Err(format!(
            "{count} lines cannot be used; mend them, or leave them out with --leave-out-bad-lines"
        ));
    }
    if assembled.also_judged > 0 {
        eprintln!("{} feedback queries are judged queries and teach nothing", assembled.also_judged);
    }
    let name = args.collection.file_stem().map(|name| name.to_string_lossy().into_owned());
    Ok(Collection { name: name.unwrap_or_else(|| "collection".to_owned()), ..assembled.collection })
}

/// Reads vectors written by `index`; none if no file is named.
pub(crate) fn read_text_vectors(path: Option<&Path>) -> Outcome<TextVectors> {
    let Some(path) = path else { return Ok(TextVectors::default()) };
    read_vectors(&read(path)?).map_err(|e| format!("{}: {e}", path.display()))
}

/// Reads the files of a PEFT adapter's folder.
pub(crate) fn read_adapter_files(folder: &Path) -> Outcome<Vec<ExportedFile>> {
    let mut files = Vec::new();
    gather(folder, folder, &mut files)?;
    Ok(files.into_iter().map(|file| ExportedFile { name: file.name, bytes: file.bytes }).collect())
}

/// Writes files into a folder, which is made if it is missing.
pub(crate) fn write_files(folder: &Path, files: &[ExportedFile]) -> Outcome<()> {
    std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    for file in files {
        let path = folder.join(&file.name);
        std::fs::write(&path, &file.bytes).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}

/// Collects a file, or the data files of a folder and its subfolders in the order of their names.
fn gather(root: &Path, path: &Path, files: &mut Vec<NamedBytes>) -> Outcome<()> {
    if !path.is_dir() {
        let name = path.strip_prefix(root).ok().filter(|name| !name.as_os_str().is_empty());
        let name = name.map_or_else(|| file_name(path), |name| name.to_string_lossy().into_owned());
        files.push(NamedBytes { name, bytes: read(path)? });
        return Ok(());
    }
    let entries = std::fs::read_dir(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut entries: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    entries.sort();
    let known = ["jsonl", "json", "tsv", "csv", "txt", "zip", "safetensors"];
    for entry in entries {
        let extension = entry.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
        if entry.is_dir() || known.contains(&extension.as_str()) {
            gather(root, &entry, files)?;
        }
    }
    Ok(())
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn read(path: &Path) -> Outcome<Vec<u8>> {
    std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))
}
