//! Why prompts and requests cannot be used, and what is worth knowing about answers that can.
//!
//! A line of an answer file that gives nothing is a [`crate::data::Refusal`], as in every other file.

use super::AskKind;
use std::fmt;

/// What is wrong with a prompt or with a set of requests. `Display` says what, [`FeedbackError::remedy`] what
/// to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedbackError {
    /// A prompt does not begin with its kind and version.
    #[error("the {} prompt does not begin with its kind and version", kind.name())]
    PromptFirstLine {
        /// The prompt's kind.
        kind: AskKind,
    },
    /// A prompt lacks a part, or the part is empty.
    #[error("the {} prompt has no part '{heading}'", kind.name())]
    PromptPart {
        /// The prompt's kind.
        kind: AskKind,
        /// Heading of the part.
        heading: &'static str,
    },
    /// A prompt lacks a placeholder.
    #[error("the {} prompt has no placeholder {{{{{placeholder}}}}}", kind.name())]
    MissingPlaceholder {
        /// The prompt's kind.
        kind: AskKind,
        /// What is missing.
        placeholder: &'static str,
    },
    /// A prompt holds a placeholder that nothing stands for.
    #[error("the {} prompt has an unknown placeholder {{{{{placeholder}}}}}", kind.name())]
    UnknownPlaceholder {
        /// The prompt's kind.
        kind: AskKind,
        /// The placeholder.
        placeholder: String,
    },
    /// A prompt does not say that the answer is JSON.
    #[error("the {} prompt does not say JSON", kind.name())]
    PromptWithoutJson {
        /// The prompt's kind.
        kind: AskKind,
    },
    /// No model is named.
    #[error("no model is named")]
    NoModel,
    /// Two requests are the same.
    #[error("{custom_id} is asked twice")]
    AskedTwice {
        /// The request.
        custom_id: String,
    },
    /// One request alone exceeds what a batch file may hold.
    #[error("{custom_id} is {size_bytes} bytes long; a batch file holds {limit_bytes}")]
    RequestTooLong {
        /// The request.
        custom_id: String,
        /// Its size.
        size_bytes: usize,
        /// What a file may hold.
        limit_bytes: usize,
    },
    /// Feedback refers to a passage that the corpus lacks.
    #[error("the feedback on '{query_id}' refers to passage {position} (from 0), which the corpus lacks")]
    UnknownPassage {
        /// The query.
        query_id: String,
        /// Position in the corpus.
        position: usize,
    },
}

impl FeedbackError {
    /// Says what a person can do about it, in a sentence or two.
    pub fn remedy(&self) -> String {
        match self {
            Self::PromptFirstLine { kind } => {
                let line = format!("prompt {}, version 1", kind.name());
                format!(
                    "Begin with a line like '{line}'; a version has up to 8 letters, digits, dots or dashes."
                )
            }
            Self::PromptPart { heading, .. } => {
                format!(
                    "Write the heading '{heading}' on a line of its own, and text below; System comes first."
                )
            }
            Self::MissingPlaceholder { placeholder, .. } => {
                format!("Write {{{{{placeholder}}}}} where it belongs.")
            }
            Self::UnknownPlaceholder { kind, .. } => {
                let known: Vec<String> =
                    kind.placeholders().iter().map(|name| format!("{{{{{name}}}}}")).collect();
                format!("There are {}.", known.join(", "))
            }
            Self::PromptWithoutJson { .. } => {
                "Say that the answer is one JSON object; providers refuse JSON mode otherwise.".into()
            }
            Self::NoModel => "Name the model that the provider is to use.".into(),
            Self::AskedTwice { .. } => "Ask for each query once a round.".into(),
            Self::RequestTooLong { .. } => "Show fewer or shorter candidates.".into(),
            Self::UnknownPassage { .. } => "Use the corpus that the feedback was read against.".into(),
        }
    }
}

/// Something worth knowing about an answer that was used, or that needs no second asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// File name as given.
    pub file: String,
    /// Physical line, from 1.
    pub line: u64,
    /// What there is to know, without a full stop.
    pub text: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} line {}: {}.", self.file, self.line, self.text)
    }
}
