//! Files in and out: the only place of the command line that touches the disk.

use super::Outcome;
use super::args::{Args, PromptsArgs};
use super::index::read_shards;
use super::report;
use figret::data::{
    Collection, Corpus, DataError, Feedback, FileRole, ImportChoice, NamedBytes, Parsed, Queries,
    assemble_choosing, detect_role, expand_archives, read_feedback, read_queries,
};
use figret::engine::Model;
use figret::export::{ExportedFile, TextVectors, read_vectors};
use figret::feedback::{AskKind, FeedbackError, Prompts, unanswered_requests};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Reads the collection that the arguments name; bad lines stop it unless they may be left out.
pub(crate) fn read_collection(args: &Args) -> Outcome<Collection> {
    let mut files = Vec::new();
    gather(&args.collection, &args.collection, &mut files)?;
    let mut files = expand_archives(files).map_err(|e| format!("{e}. {}", e.remedy()))?;
    let given: [(&[PathBuf], FileRole); 2] =
        [(args.qrels.as_slice(), FileRole::Qrels), (&args.feedback, FileRole::Feedback)];
    for (paths, role) in given.into_iter().filter(|(paths, _)| !paths.is_empty()) {
        files.retain(|file| detect_role(&file.name, &file.bytes) != role);
        for path in paths {
            files.push(NamedBytes {
                name: format!("{}/{}", role.name(), file_name(path)),
                bytes: read(path)?,
            });
        }
    }
    let choice = import_choice(args)?;
    let assembled = assemble_choosing(files, None, choice.as_ref());
    let assembled = assembled.map_err(|e| format!("{e}. {}", e.remedy()))?;
    if let Some(import) = &assembled.import {
        eprintln!("{}", report::imported(import));
    }
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

/// Reads the built-in prompts, and a person's own in their place.
pub(crate) fn read_prompts(asked: &PromptsArgs) -> Outcome<Prompts> {
    let words = |e: FeedbackError| format!("{e}. {}", e.remedy());
    let mut prompts = Prompts::built_in().map_err(words)?;
    for given in &asked.prompt {
        let (kind, path) =
            given.split_once('=').ok_or_else(|| format!("--prompt '{given}' is not KIND=FILE"))?;
        let kind = AskKind::from_name(kind).ok_or_else(|| {
            format!(
                "there is no prompt '{kind}'; there are preference, relevance, comprehensiveness and purity"
            )
        })?;
        let text =
            String::from_utf8(read(Path::new(path))?).map_err(|_| format!("{path} is no UTF-8 text"))?;
        prompts.replace(kind, &text).map_err(|e| format!("{path}: {}", words(e)))?;
    }
    Ok(prompts)
}

/// Reads a file of queries; a bad line stops it.
pub(crate) fn read_query_file(path: &Path) -> Outcome<Queries> {
    let (name, bytes) = named(path)?;
    usable(read_queries(&name, &bytes))
}

/// Reads a file of feedback; a bad line stops it.
pub(crate) fn read_feedback_file(path: &Path, corpus: &Corpus) -> Outcome<Feedback> {
    let (name, bytes) = named(path)?;
    usable(read_feedback(&name, &bytes, corpus))
}

fn usable<T>(parsed: Result<Parsed<T>, DataError>) -> Outcome<T> {
    let parsed = parsed.map_err(|e| format!("{e}. {}", e.remedy()))?;
    match parsed.refused.first() {
        Some(refusal) => Err(format!("{refusal} ({} lines in all)", parsed.refused.len())),
        None => Ok(parsed.value),
    }
}

/// A file's name and content.
pub(crate) fn named(path: &Path) -> Outcome<(String, Vec<u8>)> {
    Ok((file_name(path), read(path)?))
}

/// Writes one part as the file itself, several as file-1, file-2, ...; returns their paths.
pub(crate) fn write_parts(out: &Path, parts: &[String]) -> Outcome<Vec<PathBuf>> {
    let (stem, extension) = (out.file_stem().unwrap_or_default(), out.extension().unwrap_or_default());
    let mut written = Vec::new();
    for (i, part) in parts.iter().enumerate() {
        let name = format!("{}-{}.{}", stem.to_string_lossy(), i + 1, extension.to_string_lossy());
        let path = if parts.len() == 1 { out.to_path_buf() } else { out.with_file_name(name) };
        write_text(&path, part)?;
        written.push(path);
    }
    Ok(written)
}

/// Writes a text file.
pub(crate) fn write_text(path: &Path, text: &str) -> Outcome<()> {
    write_bytes(path, text.as_bytes())
}

/// Writes a file.
pub(crate) fn write_bytes(path: &Path, bytes: &[u8]) -> Outcome<()> {
    std::fs::write(path, bytes).map_err(|e| format!("{}: {e}", path.display()))
}

/// The lines of a text file.
pub(crate) fn read_lines(path: &Path) -> Outcome<Vec<String>> {
    let text = String::from_utf8(read(path)?).map_err(|_| format!("{} is no UTF-8 text", path.display()))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// Writes the requests without a usable answer beside `out`; returns the file and their number, if there are any.
pub(crate) fn write_unanswered(
    requests: Option<&Path>,
    out: &Path,
    settled: &HashSet<String>,
) -> Outcome<Option<(PathBuf, usize)>> {
    let Some(requests) = requests else { return Ok(None) };
    let (name, bytes) = named(requests)?;
    let again = unanswered_requests(&name, &bytes, settled).map_err(|e| format!("{e}. {}", e.remedy()))?;
    if again.is_empty() {
        return Ok(None);
    }
    let path = out.with_extension("again.jsonl");
    write_text(&path, &again)?;
    Ok(Some((path, again.lines().count())))
}

/// The format that the person says the one feedback file has.
fn import_choice(args: &Args) -> Outcome<Option<ImportChoice>> {
    let Some(format) = args.feedback_format else { return Ok(None) };
    match args.feedback.as_slice() {
        [path] => Ok(Some(ImportChoice {
            file: format!("{}/{}", FileRole::Feedback.name(), file_name(path)),
            format,
        })),
        _ => Err("--feedback-format is about one file; name it with --feedback".to_owned()),
    }
}

/// Reads vectors written by `index`; none if no file is named.
pub(crate) fn read_text_vectors(args: &Args, model: &Model) -> Outcome<TextVectors> {
    let Some(path) = args.vectors.as_deref() else { return Ok(TextVectors::default()) };
    if path.is_dir() || path.extension().is_some_and(|extension| extension == "parquet") {
        return read_shards(path, &model.passages_id(), TextVectors::made_by(model.maker()));
    }
    read_vectors(&read(path)?).map_err(|e| format!("{}: {e}. {}", path.display(), e.remedy()))
}

/// Reads the files of a folder that `teach` wrote.
pub(crate) fn read_taught_files(folder: &Path) -> Outcome<Vec<ExportedFile>> {
    let mut files = Vec::new();
    gather(folder, folder, &mut files)?;
    Ok(files.into_iter().map(|file| ExportedFile { name: file.name, bytes: file.bytes }).collect())
}

/// Writes files into a folder; it and the folders within it are made if they are missing.
pub(crate) fn write_files(folder: &Path, files: &[ExportedFile]) -> Outcome<()> {
    for file in files {
        let path = folder.join(&file.name);
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).map_err(|e| format!("{}: {e}", parent.display()))?;
        write_bytes(&path, &file.bytes)?;
    }
    Ok(())
}

/// Reads a checkpoint; none if there is none yet.
pub(crate) fn read_checkpoint(path: &Path) -> Outcome<Option<Vec<u8>>> {
    if path.exists() { read(path).map(Some) } else { Ok(None) }
}

/// Writes a file whole or not at all: a name is not moved before the bytes are there.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Outcome<()> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let written = std::fs::write(&partial, bytes).and_then(|()| std::fs::rename(&partial, path));
    written.map_err(|e| format!("{}: {e}", path.display()))
}

/// Removes a file that may be missing.
pub(crate) fn remove(path: &Path) -> Outcome<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(format!("{}: {e}", path.display())),
        _ => Ok(()),
    }
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
