//! The formats that can be imported, by name.

/// A format in which people have judged or scored candidates already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImportFormat {
    /// FlagEmbedding: `query`, `pos`, `neg`, `pos_scores`, `neg_scores` a line.
    FlagEmbedding,
    /// LLM-Embedder: `query`, `pos`, `neg`, `teacher_scores` a line.
    LlmEmbedder,
    /// sentence-transformers: columns `anchor`, `positive`, `negative_1` and so on, `label`.
    SentenceTransformers,
    /// Tevatron 2: `query_text`, `positive_document_ids`, `negative_document_ids` a line.
    Tevatron,
    /// TRL: `prompt`, `chosen`, `rejected` a line.
    Trl,
    /// LlamaIndex's `EmbeddingQAFinetuneDataset`: one object of `queries`, `corpus`, `relevant_docs`.
    LlamaIndex,
    /// Quepid's ratings: columns `query`, `docid`, `rating`.
    Quepid,
}

impl ImportFormat {
    /// All formats, in the order in which they are offered.
    pub const ALL: [Self; 7] = [
        Self::FlagEmbedding,
        Self::LlmEmbedder,
        Self::SentenceTransformers,
        Self::Tevatron,
        Self::Trl,
        Self::LlamaIndex,
        Self::Quepid,
    ];

    /// Returns its name in arguments and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::FlagEmbedding => "flag-embedding",
            Self::LlmEmbedder => "llm-embedder",
            Self::SentenceTransformers => "sentence-transformers",
            Self::Tevatron => "tevatron",
            Self::Trl => "trl",
            Self::LlamaIndex => "llama-index",
            Self::Quepid => "quepid",
        }
    }

    /// Returns its name for a person to read.
    pub fn title(self) -> &'static str {
        match self {
            Self::FlagEmbedding => "FlagEmbedding",
            Self::LlmEmbedder => "LLM-Embedder",
            Self::SentenceTransformers => "sentence-transformers",
            Self::Tevatron => "Tevatron",
            Self::Trl => "TRL preference pairs",
            Self::LlamaIndex => "LlamaIndex dataset",
            Self::Quepid => "Quepid ratings",
        }
    }

    /// Finds a format by its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_found_by_name_and_have_names_of_their_own() {
        for format in ImportFormat::ALL {
            assert_eq!(ImportFormat::from_name(format.name()), Some(format));
        }
        assert_eq!(ImportFormat::from_name("TRL"), None);
    }
}
