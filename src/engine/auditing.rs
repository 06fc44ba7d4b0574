//! The audit of the open collection's feedback, with the base model's vectors.

use super::{EmbeddingJob, Engine, EngineError, Tower};
use crate::data::{Collection, Feedback, TextRef};
use crate::feedback::audit::{
    AuditInput, AuditReport, AuditSettings, BaseModel, Judged, audit, texts_to_embed,
};
use crate::retrieve::{Index, dot};
use crate::text::{Role, Tokenizer};
use crate::train::TrainSettings;
use std::borrow::Cow;
use std::collections::HashMap;

impl Engine {
    /// Begins to embed what [`Self::audit`] wants to know beside the passages: queries, and texts that the LLM wrote.
    ///
    /// # Errors
    /// [`EngineError::NoFeedback`] if there is nothing to audit.
    pub fn audit_embedding(&self) -> Result<EmbeddingJob, EngineError> {
        let (feedback, _) = rounds(self.collection()?)?;
        let [queries, written] = texts_to_embed(&feedback);
        let in_role = |role| move |text: &str| (role, text.to_owned());
        let texts = queries
            .into_iter()
            .map(in_role(Role::Query))
            .chain(written.into_iter().map(in_role(Role::Passage)));
        Ok(EmbeddingJob::new(&self.model, self.encoder(Tower::Baseline)?, texts))
    }

    /// Audits the last round's feedback; `vectors` are those of a finished [`Self::audit_embedding`].
    ///
    /// # Errors
    /// [`EngineError::NoFeedback`] if there is nothing to audit, [`EngineError::NotReady`] if the passages have no
    /// vectors.
    pub fn audit(&self, vectors: &[f32]) -> Result<AuditReport, EngineError> {
        let collection = self.collection()?;
        let index = self.index_of(Tower::Baseline)?.index();
        let (feedback, earlier) = rounds(collection)?;
        let [queries, written] = texts_to_embed(&feedback);
        let mut vectors = vectors.chunks_exact(index.width());
        let model = Baseline {
            index,
            tokenizer: &self.model.tokenizer,
            queries: queries.into_iter().zip(&mut vectors).collect(),
            written: written.into_iter().zip(&mut vectors).collect(),
        };
        let judged = Judged { queries: &collection.queries, qrels: &collection.qrels };
        // The better text has 95 % of the softmax from three temperatures on.
        let taught_margin = 3.0 * TrainSettings::default().gamma;
        Ok(audit(AuditInput {
            feedback: &feedback,
            corpus: &collection.corpus,
            model: &model,
            judged: (collection.qrels.query_ids().next().is_some()).then_some(judged),
            earlier: earlier.as_ref(),
            settings: AuditSettings {
                taught_margin,
                token_limit: self.model.tokenizer.max_tokens(),
                seed: 0,
            },
        }))
    }
}

/// The last round's lines as they were read, judged queries among them, and the lines of the rounds before it.
fn rounds(collection: &Collection) -> Result<(Feedback, Option<Feedback>), EngineError> {
    let lines = collection.all_feedback();
    let last = lines.iter().map(|line| line.round()).max().ok_or(EngineError::NoFeedback)?;
    let (last, earlier): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| line.round() == last);
    let earlier = (!earlier.is_empty()).then_some(Feedback { queries: earlier });
    Ok((Feedback { queries: last }, earlier))
}

/// The base model as the audit sees it.
struct Baseline<'a> {
    index: &'a Index,
    tokenizer: &'a Tokenizer,
    queries: HashMap<&'a str, &'a [f32]>,
    written: HashMap<&'a str, &'a [f32]>,
}

impl Baseline<'_> {
    fn vector(&self, text: &TextRef) -> Option<Cow<'_, [f32]>> {
        match text {
            TextRef::Passage(position) => self.index.vector(*position).map(Cow::Owned),
            TextRef::Text(text) => self.written.get(text.as_str()).copied().map(Cow::Borrowed),
        }
    }
}

impl BaseModel for Baseline<'_> {
    fn similarity(&self, query: &str, text: &TextRef) -> Option<f32> {
        Some(dot(self.queries.get(query)?, &self.vector(text)?))
    }

    fn likeness(&self, first: &TextRef, second: &TextRef) -> Option<f32> {
        Some(dot(&self.vector(first)?, &self.vector(second)?))
    }

    fn tokens(&self, text: &str) -> Option<usize> {
        // What is cut off is cut off with the prefix in front.
        let prefix = self.tokenizer.prefixes().of(Role::Passage);
        let whole = if prefix.is_empty() { Cow::Borrowed(text) } else { format!("{prefix}{text}").into() };
        self.tokenizer.count(&whole).ok()
    }
}
