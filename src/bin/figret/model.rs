//! The model's folder: which of its files are read, and what it is called.
//!
//! What the files say is the engine's business.

use super::Outcome;
use super::args::Args;
use figret::encoder::{EncoderError, FolderFiles, wanted_files};
use figret::engine::{EngineError, Model};
use std::borrow::Cow;
use std::path::Path;

/// The model that the arguments name, with their prefixes.
pub(crate) fn read_model(args: &Args) -> Outcome<Model> {
    let model = read_folder(&args.model, args.model_name.as_deref())?;
    let prefixes = (args.query_prefix.clone(), args.passage_prefix.clone());
    Ok(prefixed(model, prefixes))
}

/// Reads the model in a folder; without a name it is called as the folder is.
pub(super) fn read_folder(folder: &Path, name: Option<&str>) -> Outcome<Model> {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    let name = name.map_or_else(|| name_of(&whole), str::to_owned);
    let files = read_files(folder)?;
    Model::from_folder(&name, &files)
        .map_err(|error| format!("{}: {error}. {}", folder.display(), remedy(&error)))
}

/// The model with other words in front of queries and passages; says so if a model of its name is known to want some.
pub(super) fn prefixed(model: Model, (query, passage): (Option<String>, Option<String>)) -> Model {
    let model = model.with_prefixes(query, passage);
    if let Some(known) = model.missing_prefixes() {
        eprintln!(
            "{} is known to want '{}' in front of queries and '{}' in front of passages; its folder does not say so: \
             give --query-prefix and --passage-prefix",
            model.name(),
            known.query,
            known.passage
        );
    }
    model
}

fn read_files(folder: &Path) -> Outcome<FolderFiles<'static>> {
    let mut files = FolderFiles::new();
    if let Some(modules) = read(&folder.join("modules.json"))? {
        files.insert("modules.json".to_owned(), modules);
    }
    let wanted = wanted_files(files.get("modules.json").map(|bytes| &**bytes));
    let told = |error: EncoderError| format!("{}: {error}. {}", folder.display(), error.remedy());
    for (name, is_required) in wanted.map_err(told)? {
        match read(&folder.join(&name))? {
            Some(bytes) => {
                files.insert(name, bytes);
            }
            None if is_required && !folder.exists() => {
                let path = folder.display();
                return Err(format!(
                    "there is no folder {path}; `cargo xtask model` fetches all-MiniLM-L6-v2, and --model names another \
                     folder"
                ));
            }
            None if is_required => return Err(told(EncoderError::MissingFile(name))),
            None => {}
        }
    }
    Ok(files)
}

/// A file's content; none if there is no such file.
fn read(path: &Path) -> Outcome<Option<Cow<'static, [u8]>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(Cow::Owned(bytes))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(format!("{}: {e}", path.display())),
    }
}

/// `owner/name` for a folder of Hugging Face's cache, else the folder's own name.
pub(super) fn name_of(folder: &Path) -> String {
    let mut parts = folder.iter().filter_map(|part| part.to_str());
    let cached = parts.clone().find_map(|part| part.strip_prefix("models--"));
    cached
        .map(|name| name.replacen("--", "/", 1))
        .or(parts.next_back().map(str::to_owned))
        .unwrap_or_default()
}

/// What a person can do about a model that cannot be read.
fn remedy(error: &EngineError) -> String {
    match error {
        EngineError::Encoder(error) => error.remedy(),
        EngineError::Text(error) => error.remedy(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_names_its_model() {
        let name = |path: &str| name_of(Path::new(path));
        assert_eq!(name("/models/e5-small-v2"), "e5-small-v2");
        assert_eq!(name("/hub/models--BAAI--bge-small-en-v1.5/snapshots/5c38"), "BAAI/bge-small-en-v1.5");
    }
}
