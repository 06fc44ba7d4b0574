//! The model's files, read: shape, weights and tokenizer, and what the model is known by in other files.
//!
//! Where the files come from is the caller's business; what runs them is opened in `open.rs`.

use super::EngineError;
use crate::encoder::{BertConfig, EncoderError, Folder, FolderFiles, Pooling, Weights};
use crate::export::{BASE_MODEL, Maker, Recipe};
use crate::text::{MAX_TOKENS, Prefixes, Role, Tokenizer};
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// What the weights of all-MiniLM-L6-v2 are known by; a test compares it with the model itself.
const SHIPPED_WEIGHTS: &str = "c7464e0285056dc5ffcb4ba2861cfde3";
/// Bytes of a digest that other files know a model by.
const ID_BYTES: usize = 16;

/// The model's files, read.
pub struct Model {
    /// Its name, for people and for what is exported.
    pub(super) name: String,
    /// Shape and pooling.
    pub(super) config: BertConfig,
    /// Whether its folder divides vectors by their length.
    pub(super) is_normalized: bool,
    /// Tensors.
    pub(super) weights: Weights,
    /// Text to ids.
    pub(super) tokenizer: Tokenizer,
    /// What the weights are known by.
    weights_id: String,
}

impl Model {
    /// Reads `config.json`, `tokenizer.json` and `model.safetensors` of all-MiniLM-L6-v2.
    ///
    /// # Errors
    /// Those of [`Self::from_folder`].
    pub fn read(config: &[u8], tokenizer: &[u8], weights: &[u8]) -> Result<Self, EngineError> {
        let files = [("config.json", config), ("tokenizer.json", tokenizer), ("model.safetensors", weights)];
        let files = files.map(|(name, bytes)| (name.to_owned(), Cow::Borrowed(bytes)));
        Self::from_folder(BASE_MODEL, &files.into())
    }

    /// Reads the folder of a sentence-transformers model: the files that
    /// [`wanted_files`](crate::encoder::wanted_files) names.
    ///
    /// # Errors
    /// [`EngineError::Encoder`] or [`EngineError::Text`] naming the file that cannot be read, or what of it is not
    /// supported.
    pub fn from_folder(name: &str, files: &FolderFiles) -> Result<Self, EngineError> {
        let folder = Folder::read(files)?;
        let content = |name: &str| {
            files.get(name).ok_or_else(|| EngineError::from(EncoderError::MissingFile(name.to_owned())))
        };
        let tokenizer =
            Tokenizer::new(content(&folder.tokenizer)?, folder.max_tokens, folder.prefixes.clone())?;
        if folder.lowers_case && tokenizer.keeps_case() {
            let reason =
                "do_lower_case is set, and the tokenizer keeps upper case; it has to lower texts itself";
            let file = "sentence_bert_config.json".to_owned();
            return Err(EncoderError::Unsupported { file, reason: reason.to_owned() }.into());
        }
        let weights = Weights::from_safetensors(content(&folder.weights)?, &folder.config)?;
        let (is_whole, is_normalized) = (folder.is_whole, folder.is_normalized);
        let model = Self::new(name, folder.config, is_normalized, weights, tokenizer);
        // Three files alone do not say how the tokens become one vector; of one model it is known.
        if is_whole || model.is_shipped() {
            return Ok(model);
        }
        Err(EncoderError::MissingFile("modules.json".to_owned()).into())
    }

    /// Puts the parts together.
    pub(super) fn new(
        name: &str,
        config: BertConfig,
        is_normalized: bool,
        weights: Weights,
        tokenizer: Tokenizer,
    ) -> Self {
        let weights_id = hex(&weights.fingerprint());
        let mut model = Self { name: name.to_owned(), config, is_normalized, weights, tokenizer, weights_id };
        if model.is_shipped() {
            model.name = BASE_MODEL.to_owned();
        }
        model
    }

    /// The same model with other words in front of queries or passages, where they are given.
    pub fn with_prefixes(mut self, query: Option<String>, passage: Option<String>) -> Self {
        let mut prefixes = self.tokenizer.prefixes().clone();
        prefixes.query = query.unwrap_or(prefixes.query);
        prefixes.passage = passage.unwrap_or(prefixes.passage);
        self.tokenizer = self.tokenizer.with_prefixes(prefixes);
        self
    }

    /// Its name, for people and for what is exported.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Tokens of a text that are read.
    pub fn max_tokens(&self) -> usize {
        self.tokenizer.max_tokens()
    }

    /// Bytes of the weights in f32.
    pub fn size_bytes(&self) -> usize {
        self.weights.iter().map(|(_, tensor)| size_of_val(&*tensor.data)).sum()
    }

    /// Whether it puts words in front of queries or passages.
    pub fn has_prefixes(&self) -> bool {
        !self.tokenizer.prefixes().is_empty()
    }

    /// The prefixes that a model of its name is known to want, if it has none.
    pub fn missing_prefixes(&self) -> Option<Prefixes> {
        Prefixes::known_for(&self.name).filter(|_| !self.has_prefixes())
    }

    /// Whether it is all-MiniLM-L6-v2, whose vectors ship with the sample.
    pub fn is_shipped(&self) -> bool {
        self.weights_id == SHIPPED_WEIGHTS
            && self.config.pooling == Pooling::Mean
            && self.tokenizer.max_tokens() == MAX_TOKENS
    }

    /// What files of the model's making say of it.
    pub fn recipe(&self) -> Recipe {
        Recipe {
            name: self.name.clone(),
            id: (!self.is_shipped()).then(|| self.weights_id.clone()),
            pooling: self.config.pooling,
            is_normalized: self.is_normalized,
            max_tokens: self.tokenizer.max_tokens(),
            prefixes: self.tokenizer.prefixes().clone(),
        }
    }

    /// What a file of this model's vectors says of their maker; nothing if they are those of all-MiniLM-L6-v2.
    pub fn maker(&self) -> Option<Maker> {
        Some(Maker { id: self.vectors_id()?, name: self.in_words() })
    }

    /// What vectors of passages are known by; none if they are those of all-MiniLM-L6-v2.
    pub(super) fn vectors_id(&self) -> Option<String> {
        let is_plain = self.is_shipped() && self.tokenizer.prefixes().of(Role::Passage).is_empty();
        (!is_plain).then(|| self.passages_id())
    }

    /// Digest of all that a passage's vector depends on, but for its text.
    pub fn passages_id(&self) -> String {
        let prefix = self.tokenizer.prefixes().of(Role::Passage);
        let limit = self.tokenizer.max_tokens().to_string();
        let parts = [self.weights_id.as_str(), self.config.pooling.name(), &limit, prefix];
        hex(&Sha256::digest(parts.join("\n")))
    }

    /// Model, precision, limit, pooling and prefixes in words.
    pub fn in_words(&self) -> String {
        let name = self.name.rsplit('/').next().unwrap_or_default();
        let (limit, pooling) = (self.tokenizer.max_tokens(), self.config.pooling.in_words());
        let prefixes = match self.tokenizer.prefixes() {
            prefixes if prefixes.is_empty() => String::new(),
            prefixes => {
                format!(", '{}' before queries and '{}' before passages", prefixes.query, prefixes.passage)
            }
        };
        format!("{name}, f32, {limit} tokens, {pooling} pooling{prefixes}")
    }
}

/// The beginning of a digest in hexadecimal digits.
fn hex(digest: &[u8]) -> String {
    digest.iter().take(ID_BYTES).map(|byte| format!("{byte:02x}")).collect()
}
