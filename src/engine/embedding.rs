//! Many texts to vectors, a short piece at a time.

use super::{EngineError, Model};
use crate::encoder::Encoder;
use crate::text::{MAX_TOKENS, PackedTokens, batches_by_tokens};
use std::sync::Arc;

/// Texts tokenized in one piece.
const TEXTS_PER_PIECE: usize = 256;

/// Embeds texts: first tokenizes all of them, then embeds batches of similar length.
pub struct EmbeddingJob {
    model: Arc<Model>,
    encoder: Encoder,
    texts: Vec<String>,
    token_budget: usize,
    tokens: Vec<Vec<u32>>,
    batches: Vec<Vec<usize>>,
    vectors: Vec<f32>,
    done: usize,
    tokens_done: usize,
    /// Known once every text is tokenized.
    tokens_total: Option<usize>,
}

impl EmbeddingJob {
    pub(super) fn new(model: &Arc<Model>, encoder: Encoder, texts: Vec<String>, token_budget: usize) -> Self {
        let vectors = vec![0.0; texts.len() * model.config.hidden_size];
        Self {
            model: Arc::clone(model),
            encoder,
            tokens: Vec::with_capacity(texts.len()),
            texts,
            token_budget,
            batches: Vec::new(),
            vectors,
            done: 0,
            tokens_done: 0,
            tokens_total: None,
        }
    }

    /// Does one piece of the work; returns whether there is more.
    ///
    /// # Errors
    /// [`EngineError::Text`] or [`EngineError::Encoder`]; the job cannot go on then.
    pub async fn advance(&mut self) -> Result<bool, EngineError> {
        if self.tokens.len() < self.texts.len() {
            self.tokenize_piece()?;
        } else if let Some(batch) = self.batches.pop() {
            self.embed_batch(&batch).await?;
        }
        Ok(!self.is_done())
    }

    /// Texts with a vector.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Texts in all.
    pub fn total(&self) -> usize {
        self.texts.len()
    }

    /// Whether every text has a vector.
    pub fn is_done(&self) -> bool {
        self.done == self.texts.len()
    }

    /// Share of the tokens that are embedded, above 0 to 1; none before the first batch.
    pub fn progress(&self) -> Option<f64> {
        let total = self.tokens_total?;
        (self.tokens_done > 0).then(|| self.tokens_done as f64 / total as f64)
    }

    /// The texts, in the order of the vectors.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(String::as_str)
    }

    /// Tokens embedded so far.
    pub fn tokens_done(&self) -> usize {
        self.tokens_done
    }

    /// Texts that fill the encoder's limit; what is longer was cut off.
    pub fn at_token_limit(&self) -> usize {
        self.tokens.iter().filter(|tokens| tokens.len() == MAX_TOKENS).count()
    }

    /// The vectors in the order of the texts, `[texts, hidden]`; zeros for texts not done.
    pub fn into_vectors(self) -> Vec<f32> {
        self.vectors
    }

    /// The vectors of a finished job, leaving the job empty-handed.
    pub(super) fn take_vectors(&mut self) -> Vec<f32> {
        std::mem::take(&mut self.vectors)
    }

    fn tokenize_piece(&mut self) -> Result<(), EngineError> {
        let from = self.tokens.len();
        for text in self.texts.iter().skip(from).take(TEXTS_PER_PIECE) {
            self.tokens.push(self.model.tokenizer.encode(text)?);
        }
        if self.tokens.len() == self.texts.len() {
            let lengths: Vec<usize> = self.tokens.iter().map(Vec::len).collect();
            self.tokens_total = Some(lengths.iter().sum());
            self.batches = batches_by_tokens(&lengths, self.token_budget);
        }
        Ok(())
    }

    async fn embed_batch(&mut self, batch: &[usize]) -> Result<(), EngineError> {
        let packed = PackedTokens::new(batch.iter().map(|&i| &self.tokens[i]));
        let embedded = self.encoder.embed(&packed).await?;
        let hidden = self.model.config.hidden_size;
        for (&i, vector) in batch.iter().zip(embedded.chunks_exact(hidden)) {
            self.vectors[i * hidden..(i + 1) * hidden].copy_from_slice(vector);
        }
        self.done += batch.len();
        self.tokens_done += packed.tokens();
        Ok(())
    }
}
