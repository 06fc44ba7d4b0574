//! WordPiece by the `tokenizers` crate, as sentence-transformers runs it.
//!
//! Reads no other kind of tokenizer: their files may hold patterns that take for ever on some text.

use super::{Prefixes, Role};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use tokenizers::{NormalizedString, Normalizer, TruncationParams, utils::truncation::TruncationDirection};

/// Tokens of a text that all-MiniLM-L6-v2 reads, `[CLS]` and `[SEP]` included; the rest is cut off.
pub const MAX_TOKENS: usize = 256;

/// Bytes of a text that are tokenized first: enough for the limit of nearly every text.
const FIRST_BYTES: usize = 16 << 10;
/// Bytes after which a text is no longer read in search of more tokens; below, cutting changes no token.
const LAST_BYTES: usize = 1 << 20;
/// Characters of a word up to which the vocabulary is searched for its pieces, which takes their square.
const MAX_WORD_CHARS: usize = 1000;
/// Longest reason in a message, in characters.
const REASON_CHARS: usize = 200;

/// Why a text could not be turned into tokens.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// `tokenizer.json` is not a tokenizer of this kind.
    #[error("tokenizer.json cannot be read: {0}")]
    Load(String),
    /// The tokenizer cannot be written.
    #[error("the tokenizer cannot be written: {0}")]
    Save(String),
    /// The tokenizer refused a text.
    #[error("a text cannot be tokenized: {0}")]
    Encode(String),
}

impl TextError {
    /// Says what a person can do about it, in a sentence.
    pub fn remedy(&self) -> String {
        match self {
            Self::Load(_) | Self::Save(_) => "Take all files from one download of the model.".into(),
            Self::Encode(_) => {
                "Leave the text out, or take the tokenizer.json that belongs to the model.".into()
            }
        }
    }
}

/// Turns texts into token ids.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    max_tokens: usize,
    prefixes: Prefixes,
    /// The same without a limit, made when it is asked for first.
    whole: OnceLock<tokenizers::Tokenizer>,
}

impl Tokenizer {
    /// Reads a `tokenizer.json`, with truncation at [`MAX_TOKENS`] and without the padding that it asks for.
    ///
    /// # Errors
    /// [`TextError::Load`] if the file is not a tokenizer, or not BERT's.
    pub fn from_json(json: &[u8]) -> Result<Self, TextError> {
        Self::new(json, MAX_TOKENS, Prefixes::default())
    }

    /// Reads a `tokenizer.json` for a model that reads `max_tokens`, 3 at least, and wants those prefixes.
    ///
    /// # Errors
    /// As [`Self::from_json`].
    pub fn new(json: &[u8], max_tokens: usize, prefixes: Prefixes) -> Result<Self, TextError> {
        let parts: Parts = serde_json::from_slice(json).map_err(|e| load(&e))?;
        parts.check()?;
        let mut inner = tokenizers::Tokenizer::from_bytes(json).map_err(|e| load(&e))?;
        let truncation = TruncationParams {
            max_length: max_tokens,
            direction: TruncationDirection::Right,
            ..TruncationParams::default()
        };
        inner.with_truncation(Some(truncation)).map_err(|e| load(&e))?;
        inner.with_padding(None);
        Ok(Self { inner, max_tokens, prefixes, whole: OnceLock::new() })
    }

    /// Tokens of a text that the encoder reads, `[CLS]` and `[SEP]` included; the rest is cut off.
    pub fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    /// What it puts in front of texts.
    pub fn prefixes(&self) -> &Prefixes {
        &self.prefixes
    }

    /// The same with other words in front of texts.
    pub fn with_prefixes(mut self, prefixes: Prefixes) -> Self {
        self.prefixes = prefixes;
        self
    }

    /// Whether it keeps the difference of upper and lower case.
    pub fn keeps_case(&self) -> bool {
        let lowered = self.inner.get_normalizer().and_then(|normalizer| {
            let mut text = NormalizedString::from("A");
            normalizer.normalize(&mut text).ok().map(|()| text.get() == "a")
        });
        lowered != Some(true)
    }

    /// Writes it as a `tokenizer.json`: what was read, with truncation at its limit and without padding.
    ///
    /// # Errors
    /// [`TextError::Save`] if a part of it has no JSON.
    pub fn to_json(&self) -> Result<Vec<u8>, TextError> {
        self.inner.to_string(false).map(String::into_bytes).map_err(|e| TextError::Save(e.to_string()))
    }

    /// Counts the tokens of `text`, from `[CLS]` to `[SEP]`, nothing cut off.
    ///
    /// A text of megabytes is counted piece by piece; a word of more than 16 KiB may then count several times.
    ///
    /// # Errors
    /// [`TextError::Encode`] if the tokenizer refuses the text.
    pub fn count(&self, text: &str) -> Result<usize, TextError> {
        let whole = self.whole.get_or_init(|| {
            let mut whole = self.inner.clone();
            // Taking a limit away cannot be refused.
            let _infallible = whole.with_truncation(None);
            whole
        });
        let frame = ids(whole, "")?.len();
        let (mut count, mut rest) = (frame, text);
        loop {
            let (piece, after) = rest.split_at(cut_before_blank(rest, FIRST_BYTES).unwrap_or_else(|at| at));
            count += ids(whole, piece)?.len().saturating_sub(frame);
            if after.is_empty() {
                return Ok(count);
            }
            rest = after;
        }
    }

    /// As [`Self::encode`], with the prefix of its role in front of the text.
    ///
    /// # Errors
    /// As [`Self::encode`].
    pub fn encode_as(&self, role: Role, text: &str) -> Result<Vec<u32>, TextError> {
        match self.prefixes.of(role) {
            "" => self.encode(text),
            prefix => self.encode(&format!("{prefix}{text}")),
        }
    }

    /// Returns the token ids of `text`, from `[CLS]` to `[SEP]`, 2 to [`Self::max_tokens`] of them.
    ///
    /// Looks at no more of a text than it takes to find them, and at its first 1 MiB at most.
    ///
    /// # Errors
    /// [`TextError::Encode`] if the tokenizer refuses the text.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, TextError> {
        let mut limit = FIRST_BYTES;
        loop {
            let is_last = limit >= LAST_BYTES;
            let head = match cut_before_blank(text, limit) {
                Ok(at) => text.get(..at),
                Err(at) if is_last => text.get(..at),
                Err(_) => None,
            };
            if let Some(head) = head {
                let ids = ids(&self.inner, head)?;
                if ids.len() >= self.max_tokens || is_last || head.len() == text.len() {
                    return Ok(ids);
                }
            }
            limit *= 4;
        }
    }
}

/// Where to cut a text so that at most `limit` bytes are in front and no word is cut; `Err` where that would cut one.
fn cut_before_blank(text: &str, limit: usize) -> Result<usize, usize> {
    if text.len() <= limit {
        return Ok(text.len());
    }
    let head = text.as_bytes().get(1..limit).unwrap_or_default();
    match head.iter().rposition(u8::is_ascii_whitespace) {
        Some(at) => Ok(at + 1),
        None => Err(text.floor_char_boundary(limit)),
    }
}

fn ids(tokenizer: &tokenizers::Tokenizer, text: &str) -> Result<Vec<u32>, TextError> {
    let encoding = tokenizer.encode_fast(text, true).map_err(|e| TextError::Encode(e.to_string()))?;
    Ok(encoding.get_ids().to_vec())
}

/// The kinds of a tokenizer's parts.
#[derive(Deserialize)]
struct Parts {
    model: Part,
    normalizer: Part,
    pre_tokenizer: Part,
    post_processor: Part,
    decoder: Option<Part>,
}

#[derive(Deserialize)]
struct Part {
    #[serde(rename = "type")]
    kind: String,
    max_input_chars_per_word: Option<usize>,
    /// Of a template: what becomes of a text.
    #[serde(default)]
    single: Vec<Piece>,
    /// Of a template: the tokens that it may name.
    #[serde(default)]
    special_tokens: BTreeMap<String, IgnoredAny>,
}

/// A piece of a template.
#[derive(Deserialize)]
enum Piece {
    Sequence { id: String },
    SpecialToken { id: String },
}

impl Parts {
    fn check(&self) -> Result<(), TextError> {
        let parts = [
            ("model", Some(&self.model), &["WordPiece"][..]),
            ("normalizer", Some(&self.normalizer), &["BertNormalizer"]),
            ("pre_tokenizer", Some(&self.pre_tokenizer), &["BertPreTokenizer"]),
            ("post_processor", Some(&self.post_processor), &["TemplateProcessing", "BertProcessing"]),
            ("decoder", self.decoder.as_ref(), &["WordPiece"]),
        ];
        for (name, part, read) in parts {
            if let Some(part) = part.filter(|part| !read.contains(&part.kind.as_str())) {
                return Err(load(&format!("its {name} is {}; {} is read", part.kind, read.join(" or "))));
            }
        }
        let Part { single, special_tokens, .. } = &self.post_processor;
        for piece in single {
            // The library believes that both are there.
            let is_known = match piece {
                Piece::Sequence { id } => id == "A",
                Piece::SpecialToken { id } => special_tokens.contains_key(id),
            };
            if !is_known {
                return Err(load(&"its post_processor names what is not there"));
            }
        }
        match self.model.max_input_chars_per_word {
            Some(chars) if chars > MAX_WORD_CHARS => {
                Err(load(&format!("max_input_chars_per_word is {chars}, more than {MAX_WORD_CHARS}")))
            }
            _ => Ok(()),
        }
    }
}

fn load(reason: &dyn std::fmt::Display) -> TextError {
    let reason = reason.to_string();
    let shown = reason.chars().take(REASON_CHARS).map(|c| if c.is_control() { ' ' } else { c });
    TextError::Load(shown.collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn file() -> Value {
        json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
            "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                           "strip_accents": null, "lowercase": true},
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
            "decoder": null,
            "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                      "max_input_chars_per_word": 100,
                      "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3, "b": 4, "##b": 5}}
        })
    }

    fn tokenizer() -> Tokenizer {
        Tokenizer::from_json(file().to_string().as_bytes()).unwrap()
    }

    /// What the library makes of the whole text at once.
    fn at_once(tokenizer: &Tokenizer, text: &str) -> Vec<u32> {
        ids(&tokenizer.inner, text).unwrap()
    }

    #[test]
    fn a_long_text_gives_the_tokens_that_it_gives_at_once() {
        let tokenizer = tokenizer();
        for text in [
            "ab b ".repeat(20_000),
            format!("{} ab b", "x".repeat(FIRST_BYTES + 5)),
            format!("{}b", "ab, ".repeat(100) + &" ".repeat(FIRST_BYTES)),
            format!("a{}b", "\u{3000}é".repeat(FIRST_BYTES)),
            "漢".repeat(FIRST_BYTES),
            format!("{} a b ab", " ".repeat(2 * FIRST_BYTES)),
        ] {
            let start: String = text.chars().take(20).collect();
            assert_eq!(tokenizer.encode(&text).unwrap(), at_once(&tokenizer, &text), "{start}");
        }
        assert_eq!(tokenizer.encode("ab").unwrap(), [1, 3, 5, 2]);
        assert_eq!(tokenizer.encode("").unwrap(), [1, 2]);
    }

    #[test]
    fn a_limit_of_its_own_and_prefixes() {
        let prefixes = Prefixes { query: "b a".into(), passage: String::new() };
        let tokenizer = Tokenizer::new(file().to_string().as_bytes(), 5, prefixes).unwrap();
        assert_eq!(tokenizer.encode_as(Role::Passage, "ab").unwrap(), [1, 3, 5, 2]);
        // "b ab" and no more of it than five tokens.
        assert_eq!(tokenizer.encode_as(Role::Query, "b").unwrap(), [1, 4, 3, 5, 2]);
        assert_eq!(tokenizer.encode_as(Role::Query, "b a b").unwrap(), [1, 4, 3, 5, 2]);
        assert_eq!(tokenizer.encode(&"a ".repeat(9)).unwrap().len(), tokenizer.max_tokens());
        assert!(!tokenizer.keeps_case());
        let mut cased = file();
        cased["normalizer"]["lowercase"] = json!(false);
        assert!(Tokenizer::from_json(cased.to_string().as_bytes()).unwrap().keeps_case());
    }

    #[test]
    fn a_long_text_is_counted_piece_by_piece() {
        let tokenizer = tokenizer();
        assert_eq!(tokenizer.count("").unwrap(), 2);
        assert_eq!(tokenizer.count(&"ab b ".repeat(20_000)).unwrap(), 60_002);
        assert_eq!(tokenizer.count(&"漢".repeat(FIRST_BYTES)).unwrap(), FIRST_BYTES + 2);
    }

    #[test]
    fn a_template_that_names_what_is_not_there_is_refused() {
        let with = |piece: Value| {
            let mut file = file();
            file["post_processor"] = json!({
                "type": "TemplateProcessing", "single": [piece], "pair": [],
                "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [1], "tokens": ["[CLS]"]}}
            });
            Tokenizer::from_json(file.to_string().as_bytes())
        };
        assert!(with(json!({"Sequence": {"id": "A", "type_id": 0}})).is_ok());
        assert!(with(json!({"SpecialToken": {"id": "[CLS]", "type_id": 0}})).is_ok());
        for piece in [
            json!({"SpecialToken": {"id": "[=EP]", "type_id": 0}}),
            json!({"Sequence": {"id": "B", "type_id": 0}}),
        ] {
            let refused = with(piece).unwrap_err().to_string();
            assert!(refused.contains("its post_processor names what is not there"), "{refused}");
        }
    }

    #[test]
    fn other_kinds_of_tokenizers_are_refused() {
        for (part, kind, expected) in [
            ("model", "BPE", "its model is BPE; WordPiece is read"),
            ("pre_tokenizer", "Split", "its pre_tokenizer is Split; BertPreTokenizer is read"),
            (
                "post_processor",
                "ByteLevel",
                "its post_processor is ByteLevel; TemplateProcessing or BertProcessing is read",
            ),
            ("decoder", "Replace", "its decoder is Replace; WordPiece is read"),
        ] {
            let mut file = file();
            file[part] = json!({"type": kind, "pattern": {"Regex": "(a+)+$"}});
            let error = Tokenizer::from_json(file.to_string().as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), format!("tokenizer.json cannot be read: {expected}"));
        }
        let mut file = file();
        file["model"]["max_input_chars_per_word"] = json!(1_000_000_000);
        let error = Tokenizer::from_json(file.to_string().as_bytes()).unwrap_err().to_string();
        assert!(error.ends_with("max_input_chars_per_word is 1000000000, more than 1000"), "{error}");
    }
}
