//! What exported files say of the base model: its name, and how it turns a text into a vector.
//!
//! Knows nothing of weights; who reads such a file compares the ids.

use super::ExportError;
use crate::encoder::Pooling;
use crate::text::{MAX_TOKENS, Prefixes};
use safetensors::SafeTensors;
use std::collections::HashMap;

/// Hugging Face name of the model that ships with the page.
pub const BASE_MODEL: &str = "sentence-transformers/all-MiniLM-L6-v2";

/// Key of a safetensors file's metadata that says which model made it; a file without it belongs to [`BASE_MODEL`].
const MODEL_KEY: &str = "figret_model";

/// The base model as other files tell of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// Hugging Face name, or that of its folder.
    pub name: String,
    /// What its weights are known by; none for [`BASE_MODEL`].
    pub id: Option<String>,
    /// How the last layer becomes a vector.
    pub pooling: Pooling,
    /// Whether the folder divides vectors by their length.
    pub is_normalized: bool,
    /// Tokens of a text that are read.
    pub max_tokens: usize,
    /// What queries and passages want in front of them.
    pub prefixes: Prefixes,
}

impl Default for Recipe {
    /// That of [`BASE_MODEL`].
    fn default() -> Self {
        Self {
            name: BASE_MODEL.to_owned(),
            id: None,
            pooling: Pooling::Mean,
            is_normalized: true,
            max_tokens: MAX_TOKENS,
            prefixes: Prefixes::default(),
        }
    }
}

impl Recipe {
    /// The name without its owner's.
    pub fn short_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or_default()
    }

    /// Who made what is written with this model; none for [`BASE_MODEL`].
    pub(super) fn maker(&self) -> Option<Maker> {
        Some(Maker { id: self.id.clone()?, name: self.name.clone() })
    }

    /// Checks that what a safetensors file holds was made with this model, if the file names one.
    ///
    /// # Errors
    /// [`ExportError::BadFile`] if it names another.
    pub(super) fn check_made_for(&self, bytes: &[u8], file: &'static str) -> Result<(), ExportError> {
        match Maker::of_file(bytes, file)? {
            Some(maker) if Some(&maker.id) != self.id.as_ref() => {
                let reason = format!("it was made for {}, and the model is {}", maker.name, self.name);
                Err(ExportError::bad_file(file, &reason))
            }
            _ => Ok(()),
        }
    }

    /// Fills the places of a text about the model.
    pub(super) fn fill(&self, text: &str) -> String {
        let pooling = match self.pooling {
            Pooling::Mean => "mean pooling",
            Pooling::Cls => "the first token's state",
        };
        text.replace("{BASE_MODEL}", &self.name)
            .replace("{BASE_NAME}", self.short_name())
            .replace("{MAX_TOKENS}", &self.max_tokens.to_string())
            .replace("{POOLING}", pooling)
            .replace("{POOL}", self.pool_in_python())
            .replace("{NORM}", self.length_in_words())
            .replace("{PREFIXES}", &self.prefixes_in_words())
            .replace("{QUERY_PREFIX}", &in_python(&self.prefixes.query))
            .replace("{PASSAGE_PREFIX}", &in_python(&self.prefixes.passage))
    }

    fn pool_in_python(&self) -> &'static str {
        match self.pooling {
            Pooling::Mean => "(states * mask).sum(1) / mask.sum(1)",
            Pooling::Cls => "states[:, 0]",
        }
    }

    fn length_in_words(&self) -> &'static str {
        if self.is_normalized {
            "vectors have length 1, so their product is their cosine"
        } else {
            "vectors keep their length, so compare them by their cosine"
        }
    }

    fn prefixes_in_words(&self) -> String {
        if self.prefixes.is_empty() {
            return String::new();
        }
        let Prefixes { query, passage } = &self.prefixes;
        format!("\nIn front of a query stands `{query}`, in front of a passage `{passage}`.")
    }
}

/// Words within a Python text in double quotes.
fn in_python(words: &str) -> String {
    words.replace('\\', "\\\\").replace('"', "\\\"").replace(['\n', '\r'], " ")
}

/// The model that made vectors or an adapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maker {
    /// What it is known by.
    pub id: String,
    /// Its name, for people.
    pub name: String,
}

impl Maker {
    /// As metadata of a safetensors file.
    pub(super) fn metadata(&self) -> [(String, String); 1] {
        [(MODEL_KEY.to_owned(), format!("{} {}", self.id, self.name))]
    }

    /// Whom a safetensors file names; none if it names nobody.
    ///
    /// # Errors
    /// [`ExportError::BadFile`] if the file is no safetensors file.
    pub(super) fn of_file(bytes: &[u8], file: &'static str) -> Result<Option<Self>, ExportError> {
        let header = SafeTensors::read_metadata(bytes);
        let (_, header) = header.map_err(|e| ExportError::bad_file(file, &e.to_string()))?;
        let found = header.metadata().as_ref().and_then(|metadata| metadata.get(MODEL_KEY));
        Ok(found.map(|words| {
            let (id, name) = words.split_once(' ').unwrap_or((words, "another model"));
            Self { id: id.to_owned(), name: ExportError::shown(name) }
        }))
    }
}

/// The metadata of a file by this model; none for [`BASE_MODEL`].
pub(super) fn metadata(maker: Option<&Maker>) -> Option<HashMap<String, String>> {
    maker.map(|maker| maker.metadata().into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    fn other() -> Recipe {
        Recipe {
            name: "org/other".into(),
            id: Some("0a".into()),
            pooling: Pooling::Cls,
            is_normalized: false,
            max_tokens: 128,
            prefixes: Prefixes { query: "say \"q\": ".into(), passage: String::new() },
        }
    }

    #[test]
    fn a_text_tells_how_the_model_embeds() {
        let text = "{BASE_MODEL} {BASE_NAME} {MAX_TOKENS} {POOLING} {POOL}\"{QUERY_PREFIX}\"{PREFIXES}";
        assert_eq!(
            other().fill(text),
            "org/other other 128 the first token's state states[:, 0]\"say \\\"q\\\": \"\nIn front of a query stands `say \
             \"q\": `, in front of a passage ``."
        );
        let shipped = Recipe::default().fill("{BASE_NAME}, {POOLING}{PREFIXES}");
        assert_eq!(shipped, "all-MiniLM-L6-v2, mean pooling");
    }

    #[test]
    fn what_names_another_model_is_refused_and_what_names_none_is_not() {
        let file = |recipe: &Recipe| {
            let data = 0.5_f32.to_le_bytes();
            let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![1], &data).unwrap();
            safetensors::serialize([("x", view)], metadata(recipe.maker().as_ref())).unwrap()
        };
        let (shipped, other) = (Recipe::default(), other());
        assert!(other.check_made_for(&file(&other), "f").is_ok());
        assert!(shipped.check_made_for(&file(&shipped), "f").is_ok());
        assert!(other.check_made_for(&file(&shipped), "f").is_ok());
        assert_eq!(
            shipped.check_made_for(&file(&other), "f").unwrap_err().to_string(),
            "f: it was made for org/other, and the model is sentence-transformers/all-MiniLM-L6-v2"
        );
    }
}
