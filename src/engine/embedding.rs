//! Many texts to vectors, a short piece at a time.

use super::{EngineError, Model};
use crate::encoder::{Embedding, Encoder};
use crate::text::{MAX_TOKENS, PackedTokens, batches_by_tokens};
use std::collections::VecDeque;
use std::sync::Arc;

/// Texts tokenized in one piece.
const TEXTS_PER_PIECE: usize = 256;
/// Batches that a GPU has at once, so that it need not wait for the host between them.
const GPU_BATCHES: usize = 2;

/// Embeds texts: first tokenizes all of them, then embeds batches of similar length.
pub struct EmbeddingJob {
    model: Arc<Model>,
    encoder: Encoder,
    texts: Vec<String>,
    token_budget: usize,
    tokens: Vec<Vec<u32>>,
    batches: Vec<Vec<usize>>,
    under_way: VecDeque<UnderWay>,
    vectors: Vec<f32>,
    done: usize,
    tokens_done: usize,
    /// Known once every text is tokenized.
    tokens_total: Option<usize>,
}

/// A batch that was begun.
struct UnderWay {
    /// Places of its texts.
    texts: Vec<usize>,
    tokens: usize,
    embedding: Embedding,
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
            under_way: VecDeque::new(),
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
        } else {
            self.begin_batches()?;
            self.finish_batch().await?;
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

    fn begin_batches(&mut self) -> Result<(), EngineError> {
        let most = if matches!(self.encoder, Encoder::Gpu(_)) { GPU_BATCHES } else { 1 };
        while self.under_way.len() < most
            && let Some(texts) = self.batches.pop()
        {
            let packed = PackedTokens::new(texts.iter().map(|&i| &self.tokens[i]));
            let (tokens, embedding) = (packed.tokens(), self.encoder.begin(&packed)?);
            self.under_way.push_back(UnderWay { texts, tokens, embedding });
        }
        Ok(())
    }

    async fn finish_batch(&mut self) -> Result<(), EngineError> {
        let Some(UnderWay { texts, tokens, embedding }) = self.under_way.pop_front() else { return Ok(()) };
        let embedded = embedding.read().await?;
        let hidden = self.model.config.hidden_size;
        for (&i, vector) in texts.iter().zip(embedded.chunks_exact(hidden)) {
            self.vectors[i * hidden..(i + 1) * hidden].copy_from_slice(vector);
        }
        self.done += texts.len();
        self.tokens_done += tokens;
        Ok(())
    }
}
