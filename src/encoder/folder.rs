//! A sentence-transformers folder: which files say what the model is, and what they say.
//!
//! Touches no disk and no network: bytes come by their names. Reads neither the weights nor the tokenizer, and refuses
//! what the encoder would compute differently.

use super::{BertConfig, EncoderError, Pooling, shown};
use crate::text::{MAX_TOKENS, Prefixes};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Files of a folder by their names in it, `1_Pooling/config.json` say.
pub type FolderFiles<'a> = BTreeMap<String, Cow<'a, [u8]>>;

/// The file that names the parts of a model.
const MODULES: &str = "modules.json";
const PROMPTS: &str = "config_sentence_transformers.json";
/// `[CLS]`, `[SEP]` and one token between them.
const LEAST_TOKENS: usize = 3;
/// Longest path of a part inside the folder.
const LONGEST_PATH: usize = 100;

/// What a folder says of its model.
#[derive(Debug, Clone, PartialEq)]
pub struct Folder {
    /// Whether it is a whole folder, with a `modules.json` that says how tokens become one vector.
    pub is_whole: bool,
    /// Shape and pooling.
    pub config: BertConfig,
    /// Whether the folder itself divides each vector by its length; the encoder always does, which changes no cosine.
    pub is_normalized: bool,
    /// Tokens of a text that are read.
    pub max_tokens: usize,
    /// What queries and passages want in front of them.
    pub prefixes: Prefixes,
    /// Whether texts are put into lower case before they are tokenized.
    pub lowers_case: bool,
    /// Name of the tokenizer's file.
    pub tokenizer: String,
    /// Name of the weights' file.
    pub weights: String,
}

/// Names the files that are read of a folder with this `modules.json`, and whether one may not be missing.
///
/// Without it they are `config.json`, `tokenizer.json` and `model.safetensors`.
///
/// # Errors
/// [`EncoderError::BadFile`] or [`EncoderError::Unsupported`] if it is not that of a model that can be read.
pub fn wanted_files(modules: Option<&[u8]>) -> Result<Vec<(String, bool)>, EncoderError> {
    let Some(modules) = modules else {
        return Ok(Paths::default().transformer_files().map(|name| (name, true)).to_vec());
    };
    let paths = Paths::read(modules)?;
    let mut wanted = paths.transformer_files().map(|name| (name, true)).to_vec();
    wanted.push((inside(&paths.pooling, "config.json"), true));
    let limits = ["sentence_bert_config.json", "tokenizer_config.json"];
    wanted.extend(limits.map(|name| (inside(&paths.transformer, name), false)));
    wanted.push((PROMPTS.to_owned(), false));
    Ok(wanted)
}

impl Folder {
    /// Reads everything but weights and tokenizer; without a `modules.json`, as all-MiniLM-L6-v2 is meant to be read.
    ///
    /// # Errors
    /// [`EncoderError::MissingFile`], [`EncoderError::Config`] or [`EncoderError::BadFile`] if a file is missing or
    /// broken, [`EncoderError::Unsupported`] if the encoder would compute something else than the folder says.
    pub fn read(files: &FolderFiles) -> Result<Self, EncoderError> {
        let modules = files.get(MODULES).map(|bytes| &**bytes);
        for (name, is_required) in wanted_files(modules)? {
            if is_required && !files.contains_key(&name) {
                return Err(EncoderError::MissingFile(name));
            }
        }
        let paths = modules.map_or_else(|| Ok(Paths::default()), Paths::read)?;
        let [config, tokenizer, weights] = paths.transformer_files();
        let mut config = BertConfig::from_json(content(files, &config)?)?;
        let mut limits = (MAX_TOKENS.min(config.max_position_embeddings), false);
        let mut prefixes = Prefixes::default();
        if modules.is_some() {
            config.pooling = read_pooling(files, &paths.pooling, config.hidden_size)?;
            limits = read_limits(files, &paths.transformer, &config)?;
            prefixes = read_prompts(files, paths.is_normalized)?;
        }
        let (max_tokens, lowers_case) = limits;
        let (is_whole, is_normalized) = (modules.is_some(), modules.is_none() || paths.is_normalized);
        Ok(Self { is_whole, config, is_normalized, max_tokens, prefixes, lowers_case, tokenizer, weights })
    }
}

/// Where the parts of a model lie.
#[derive(Default)]
struct Paths {
    transformer: String,
    pooling: String,
    is_normalized: bool,
}

#[derive(Deserialize)]
struct Module {
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

impl Paths {
    fn read(modules: &[u8]) -> Result<Self, EncoderError> {
        let modules: Vec<Module> = json(MODULES, modules)?;
        // `sentence_transformers.models.Pooling`, and other modules of that package in other versions.
        let kind = |module: &Module| module.kind.rsplit('.').next().unwrap_or_default().to_owned();
        let kinds: Vec<String> = modules.iter().map(kind).collect();
        let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
        let is_normalized = match kinds[..] {
            ["Transformer", "Pooling"] => false,
            ["Transformer", "Pooling", "Normalize"] => true,
            _ => {
                let reason = "Transformer, Pooling and perhaps Normalize, in this order, are supported";
                return Err(unsupported(
                    MODULES,
                    format!("the modules are {}; {reason}", shown(&kinds.join(", "))),
                ));
            }
        };
        let mut paths = modules.into_iter().map(|module| checked_path(module.path));
        let mut next = || paths.next().unwrap_or_else(|| Ok(String::new()));
        Ok(Self { transformer: next()?, pooling: next()?, is_normalized })
    }

    /// Configuration, tokenizer and weights.
    fn transformer_files(&self) -> [String; 3] {
        ["config.json", "tokenizer.json", "model.safetensors"].map(|name| inside(&self.transformer, name))
    }
}

/// A path that stays in the folder.
fn checked_path(path: String) -> Result<String, EncoderError> {
    let path = path.trim_end_matches('/');
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let stays = path.split('/').all(|part| part.chars().all(is_plain) && !part.starts_with('.'));
    if stays && !path.starts_with('/') && path.len() <= LONGEST_PATH {
        return Ok(path.to_owned());
    }
    Err(bad(MODULES, format!("'{}' is no path inside the folder", shown(&path))))
}

fn inside(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}

/// `1_Pooling/config.json`: one mode by name, or a flag for each.
#[derive(Deserialize)]
struct PoolingFile {
    #[serde(alias = "word_embedding_dimension")]
    embedding_dimension: Option<usize>,
    pooling_mode: Option<OneOrMore>,
    include_prompt: Option<bool>,
    #[serde(flatten)]
    others: BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl PoolingFile {
    /// The modes that are set.
    fn modes(&self) -> Vec<String> {
        match &self.pooling_mode {
            Some(OneOrMore::One(mode)) => vec![mode.clone()],
            Some(OneOrMore::More(modes)) => modes.clone(),
            None => {
                let set = self.others.iter().filter(|(_, value)| value.as_bool() == Some(true));
                set.filter_map(|(key, _)| key.strip_prefix("pooling_mode_").map(str::to_owned)).collect()
            }
        }
    }
}

fn read_pooling(files: &FolderFiles, path: &str, hidden: usize) -> Result<Pooling, EncoderError> {
    let name = inside(path, "config.json");
    let file: PoolingFile = json(&name, content(files, &name)?)?;
    if let Some(width) = file.embedding_dimension.filter(|width| *width != hidden) {
        return Err(bad(&name, format!("the vectors are {width} wide, config.json says {hidden}")));
    }
    if file.include_prompt == Some(false) {
        return Err(unsupported(
            &name,
            "include_prompt is off; prefixes are pooled with the text".to_owned(),
        ));
    }
    let modes = file.modes();
    match modes.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        // sentence-transformers takes the mean where no flag is set.
        [] | ["mean" | "mean_tokens"] => Ok(Pooling::Mean),
        ["cls" | "cls_token"] => Ok(Pooling::Cls),
        _ => Err(unsupported(
            &name,
            format!("the pooling is {}; mean and cls are supported", shown(&modes.join(" and "))),
        )),
    }
}

#[derive(Deserialize, Default)]
struct Limits {
    transformer_task: Option<String>,
    max_seq_length: Option<usize>,
    do_lower_case: Option<bool>,
}

#[derive(Deserialize)]
struct TokenizerLimit {
    /// A whole number, or one beyond all whole numbers where there is no limit.
    model_max_length: Option<f64>,
}

/// The limit of tokens, and whether texts are put into lower case first.
fn read_limits(files: &FolderFiles, path: &str, config: &BertConfig) -> Result<(usize, bool), EncoderError> {
    let name = inside(path, "sentence_bert_config.json");
    let limits: Limits = files.get(&name).map(|bytes| json(&name, bytes)).transpose()?.unwrap_or_default();
    if let Some(task) = limits.transformer_task.as_deref().filter(|task| *task != "feature-extraction") {
        return Err(unsupported(
            &name,
            format!("transformer_task is '{}', not 'feature-extraction'", shown(&task)),
        ));
    }
    let positions = config.max_position_embeddings;
    let (name, max_tokens) = match limits.max_seq_length {
        Some(limit) => (name, limit),
        None => {
            let name = inside(path, "tokenizer_config.json");
            let file: Option<TokenizerLimit> =
                files.get(&name).map(|bytes| json(&name, bytes)).transpose()?;
            let limit = file.and_then(|file| file.model_max_length).filter(|limit| *limit < positions as f64);
            (name, limit.map_or(positions, |limit| limit.max(0.0) as usize))
        }
    };
    if !(LEAST_TOKENS..=positions).contains(&max_tokens) {
        let reason = format!(
            "the limit is {max_tokens} tokens, not {LEAST_TOKENS} to the {positions} positions of config.json"
        );
        return Err(bad(&name, reason));
    }
    Ok((max_tokens, limits.do_lower_case == Some(true)))
}

#[derive(Deserialize, Default)]
struct Prompts {
    #[serde(default)]
    prompts: Option<BTreeMap<String, String>>,
    default_prompt_name: Option<String>,
    similarity_fn_name: Option<String>,
}

/// The prompts of queries and passages; the default one is for texts of no kind, as `encode_query` and `encode_document`
/// of sentence-transformers have it.
fn read_prompts(files: &FolderFiles, is_normalized: bool) -> Result<Prefixes, EncoderError> {
    let file: Prompts = files.get(PROMPTS).map(|bytes| json(PROMPTS, bytes)).transpose()?.unwrap_or_default();
    let is_cosine = match file.similarity_fn_name.as_deref() {
        None | Some("cosine") => true,
        // Of vectors of length 1 these order as the cosine does.
        Some("dot" | "dot_product" | "euclidean") => is_normalized,
        Some(_) => false,
    };
    if !is_cosine {
        let found = shown(&file.similarity_fn_name.unwrap_or_default());
        let reason = format!(
            "vectors are compared by '{found}', which is no cosine {}; cosine is supported",
            if is_normalized { "of theirs" } else { "without a Normalize module" }
        );
        return Err(unsupported(PROMPTS, reason));
    }
    let prompts = file.prompts.unwrap_or_default();
    if let Some(name) = file.default_prompt_name.filter(|name| !prompts.contains_key(name)) {
        let reason = format!("default_prompt_name is '{}', and there is no such prompt", shown(&name));
        return Err(bad(PROMPTS, reason));
    }
    let first = |names: &[&str]| {
        names.iter().find_map(|name| prompts.get(*name).filter(|prompt| !prompt.is_empty())).cloned()
    };
    let [query, passage] = [first(&["query"]), first(&["document", "passage", "corpus"])];
    Ok(Prefixes { query: query.unwrap_or_default(), passage: passage.unwrap_or_default() })
}

fn content<'a>(files: &'a FolderFiles, name: &str) -> Result<&'a [u8], EncoderError> {
    files.get(name).map(|bytes| &**bytes).ok_or_else(|| EncoderError::MissingFile(name.to_owned()))
}

fn json<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T, EncoderError> {
    serde_json::from_slice(bytes).map_err(|e| bad(name, shown(&e)))
}

fn bad(file: &str, reason: String) -> EncoderError {
    EncoderError::BadFile { file: file.to_owned(), reason }
}

fn unsupported(file: &str, reason: String) -> EncoderError {
    EncoderError::Unsupported { file: file.to_owned(), reason }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    const CONFIG: &str = r#"{"vocab_size": 8, "hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 8, "max_position_embeddings": 40, "layer_norm_eps": 1e-12, "hidden_act": "gelu",
        "model_type": "bert"}"#;

    fn modules(parts: &[(&str, &str)]) -> String {
        let module = |(path, kind): &(&str, &str)| format!(r#"{{"path": "{path}", "type": "a.b.{kind}"}}"#);
        format!("[{}]", parts.iter().map(module).collect::<Vec<_>>().join(","))
    }

    /// A folder of an inner transformer, mean pooling and these files more.
    fn folder(more: &[(&str, &str)]) -> Result<Folder, EncoderError> {
        let modules = modules(&[("in", "Transformer"), ("pool/", "Pooling")]);
        let files = [
            (MODULES, modules.as_str()),
            ("in/config.json", CONFIG),
            ("in/tokenizer.json", ""),
            ("in/model.safetensors", ""),
            ("pool/config.json", r#"{"pooling_mode_mean_tokens": true}"#),
        ];
        let all = files.iter().chain(more);
        Folder::read(&all.map(|&(name, text)| (name.into(), Cow::Borrowed(text.as_bytes()))).collect())
    }

    #[test]
    fn the_parts_say_where_the_files_lie() {
        let wanted =
            wanted_files(Some(modules(&[("", "Transformer"), ("1", "Pooling")]).as_bytes())).unwrap();
        let required: Vec<&str> =
            wanted.iter().filter(|(_, is_required)| *is_required).map(|(name, _)| name.as_str()).collect();
        assert_eq!(required, ["config.json", "tokenizer.json", "model.safetensors", "1/config.json"]);
        assert_eq!(wanted_files(None).unwrap().len(), 3);
        let found = folder(&[]).unwrap();
        assert_eq!(
            (found.weights.as_str(), found.is_whole, found.is_normalized),
            ("in/model.safetensors", true, false)
        );
    }

    #[test]
    fn a_path_stays_inside() {
        for path in ["..", "a/../b", "/etc", "a\\b", "a//b/..", ".hidden", "https:", "%2e%2e"] {
            let text = modules(&[(path, "Transformer"), ("1", "Pooling")]).replace('\\', "\\\\");
            let refused = wanted_files(Some(text.as_bytes()));
            assert!(matches!(refused, Err(EncoderError::BadFile { .. })), "{path}: {refused:?}");
        }
    }

    #[test]
    fn the_limit_is_the_first_that_is_named() {
        let limit = |more: &[(&str, &str)]| folder(more).map(|folder| folder.max_tokens);
        let long = ("in/tokenizer_config.json", r#"{"model_max_length": 1000000000000000019884624838656}"#);
        let short = ("in/tokenizer_config.json", r#"{"model_max_length": 12}"#);
        let own = ("in/sentence_bert_config.json", r#"{"max_seq_length": 20}"#);
        let none = ("in/sentence_bert_config.json", r#"{"max_seq_length": null}"#);
        let expected = [(vec![], 40), (vec![long], 40), (vec![short], 12), (vec![short, own], 20)];
        for (files, tokens) in expected.into_iter().chain([(vec![long, none], 40)]) {
            assert_eq!(limit(&files).unwrap(), tokens, "{files:?}");
        }
        let beyond = ("in/sentence_bert_config.json", r#"{"max_seq_length": 41}"#);
        assert!(matches!(limit(&[beyond]), Err(EncoderError::BadFile { .. })));
    }

    #[test]
    fn a_passage_has_the_first_prompt_that_says_something() {
        let prompts = |prompts: &str| {
            let text = format!("{{\"prompts\": {prompts}}}");
            let Prefixes { query, passage } = folder(&[(PROMPTS, &text)]).unwrap().prefixes;
            [query, passage]
        };
        assert_eq!(prompts(r#"{"query": "q ", "document": "", "passage": "p "}"#), ["q ", "p "]);
        assert_eq!(prompts(r#"{"document": "d ", "corpus": "c "}"#), ["", "d "]);
        assert_eq!(prompts("null"), ["", ""]);
    }
}
