//! Many texts to vectors, a short piece at a time.

use super::backend::LastingEncoder;
use super::{EngineError, Model};
use crate::encoder::{Embedding, Encoder};
use crate::export::KeptVectors;
use crate::text::{PackedTokens, Role, batches_by_tokens};
use std::collections::VecDeque;
use std::sync::Arc;

/// Texts tokenized in one piece.
const TEXTS_PER_PIECE: usize = 256;
/// Batches that a GPU has at once, so that it need not wait for the host between them.
const GPU_BATCHES: usize = 2;

/// Embeds texts: first tokenizes all of them, then embeds batches of similar length.
pub struct EmbeddingJob {
    model: Arc<Model>,
    encoder: LastingEncoder,
    texts: Vec<String>,
    /// What each text is, by place.
    roles: Vec<Role>,
    tokens: Vec<Vec<u32>>,
    batches: Vec<Vec<usize>>,
    under_way: VecDeque<UnderWay>,
    vectors: Vec<f32>,
    /// Whether a text has its vector.
    has_vector: Vec<bool>,
    /// Places of the texts whose vectors were not given out yet.
    fresh: Vec<usize>,
    done: usize,
    tokens_done: usize,
    /// Of the texts that had no vector; known once they are tokenized.
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
    pub(super) fn new(
        model: &Arc<Model>,
        encoder: LastingEncoder,
        texts: impl IntoIterator<Item = (Role, String)>,
    ) -> Self {
        let (roles, texts): (Vec<Role>, Vec<String>) = texts.into_iter().unzip();
        let vectors = vec![0.0; texts.len() * model.config.hidden_size];
        Self {
            model: Arc::clone(model),
            encoder,
            tokens: Vec::with_capacity(texts.len()),
            has_vector: vec![false; texts.len()],
            fresh: Vec::new(),
            texts,
            roles,
            batches: Vec::new(),
            under_way: VecDeque::new(),
            vectors,
            done: 0,
            tokens_done: 0,
            tokens_total: None,
        }
    }

    /// The same job without the texts that have a vector already.
    pub(super) fn knowing(mut self, vectors: &KeptVectors) -> Self {
        let hidden = self.model.config.hidden_size;
        for ((text, row), has_vector) in
            self.texts.iter().zip(self.vectors.chunks_exact_mut(hidden)).zip(&mut self.has_vector)
        {
            let vector = vectors.get(text).filter(|vector| vector.len() == hidden && !*has_vector);
            if let Some(vector) = vector {
                row.copy_from_slice(vector);
                *has_vector = true;
                self.done += 1;
            }
        }
        self
    }

    /// Does one piece of the work; returns whether there is more.
    ///
    /// What a device has not answered when it is lost is embedded by the one in its place, or by the CPU.
    ///
    /// # Errors
    /// [`EngineError::Text`] or [`EngineError::Encoder`]; the job cannot go on then.
    pub async fn advance(&mut self) -> Result<bool, EngineError> {
        if self.tokens.len() < self.texts.len() {
            self.tokenize_piece()?;
        } else if let Err(error) = self.embed_piece().await {
            self.encoder.recover(error).await?;
            self.plan_batches();
        }
        Ok(!self.is_done())
    }

    async fn embed_piece(&mut self) -> Result<(), EngineError> {
        self.begin_batches()?;
        self.finish_batch().await
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

    /// Writes the vectors that were made since the last call, as [`KeptVectors`] reads them; none if there are none.
    ///
    /// # Errors
    /// [`EngineError::Export`] if they cannot be written.
    pub fn fresh_vectors(&mut self) -> Result<Option<Vec<u8>>, EngineError> {
        let fresh = std::mem::take(&mut self.fresh);
        if fresh.is_empty() {
            return Ok(None);
        }
        let hidden = self.model.config.hidden_size;
        let texts: Vec<&str> = fresh.iter().map(|&i| self.texts[i].as_str()).collect();
        let rows = fresh.iter().flat_map(|&i| &self.vectors[i * hidden..(i + 1) * hidden]);
        let vectors: Vec<f32> = rows.copied().collect();
        Ok(Some(KeptVectors::write(&texts, &vectors, hidden, self.model.maker().as_ref())?))
    }

    /// Texts embedded here that fill the encoder's limit; what is longer was cut off.
    pub fn at_token_limit(&self) -> usize {
        self.tokens.iter().filter(|tokens| tokens.len() == self.model.tokenizer.max_tokens()).count()
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
        let texts = self.texts.iter().zip(&self.roles).zip(&self.has_vector).skip(from);
        for ((text, role), has_vector) in texts.take(TEXTS_PER_PIECE) {
            let tokenizer = &self.model.tokenizer;
            self.tokens.push(if *has_vector { Vec::new() } else { tokenizer.encode_as(*role, text)? });
        }
        if self.tokens.len() == self.texts.len() {
            self.plan_batches();
        }
        Ok(())
    }

    /// Puts every text without a vector into a batch.
    fn plan_batches(&mut self) {
        self.under_way.clear();
        let open: Vec<usize> = (0..self.texts.len()).filter(|&i| !self.has_vector[i]).collect();
        let lengths: Vec<usize> = open.iter().map(|&i| self.tokens[i].len()).collect();
        self.tokens_total = Some(self.tokens_done + lengths.iter().sum::<usize>());
        let batches = batches_by_tokens(&lengths, self.encoder.token_budget());
        let places = |batch: Vec<usize>| batch.into_iter().map(|i| open[i]).collect();
        self.batches = batches.into_iter().map(places).collect();
    }

    fn begin_batches(&mut self) -> Result<(), EngineError> {
        let most = if matches!(self.encoder.encoder(), Encoder::Gpu(_)) { GPU_BATCHES } else { 1 };
        while self.under_way.len() < most
            && let Some(texts) = self.batches.pop()
        {
            let packed = PackedTokens::new(texts.iter().map(|&i| &self.tokens[i]));
            let (tokens, embedding) = (packed.tokens(), self.encoder.encoder().begin(&packed)?);
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
            self.has_vector[i] = true;
        }
        self.done += texts.len();
        self.fresh.extend(texts);
        self.tokens_done += tokens;
        Ok(())
    }
}
