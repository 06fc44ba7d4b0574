//! BERT's embedding on the CPU: token, position and type 0 summed, then LayerNorm; forward and backward.
//!
//! Not an op on the tape, for nothing lies before it.

use super::layer_norm::LayerNorm;
use super::parameter::Gradient;
use crate::encoder::EncoderError;
use crate::text::PackedTokens;
use std::sync::Arc;

/// The tables that an embedding is summed from, and the LayerNorm over the sum.
pub(super) struct Embedding {
    pub(super) words: Arc<[f32]>,
    pub(super) positions: Arc<[f32]>,
    pub(super) token_type: Arc<[f32]>,
    pub(super) norm: LayerNorm,
    /// Where the gradients of words, positions and types go, if they are trained.
    pub(super) gradients: Option<[Arc<Gradient>; 3]>,
}

impl Embedding {
    /// Embeds every token, `[tokens, hidden]`.
    ///
    /// # Errors
    /// [`EncoderError::OutOfTable`] if a token id or a sequence exceeds the tables.
    pub(super) fn rows(&self, batch: &PackedTokens) -> Result<Vec<f32>, EncoderError> {
        Ok(self.norm.normalize(&self.sums(batch)?))
    }

    /// Adds to the gradients what the gradient of [`Self::rows`] comes to; nothing if the tables are not trained.
    ///
    /// # Errors
    /// As [`Self::rows`].
    pub(super) fn backward(&self, batch: &PackedTokens, rows_grad: &[f32]) -> Result<(), EncoderError> {
        let Some(gradients) = &self.gradients else { return Ok(()) };
        let hidden = self.norm.gamma.len();
        let grad = self.norm.backward(&self.sums(batch)?, rows_grad);
        let [mut words, mut positions, mut types] = gradients.each_ref().map(|gradient| gradient.sum());
        let mut rows = grad.chunks_exact(hidden);
        for sequence in batch.ranges() {
            let ids = batch.ids[sequence].iter().enumerate();
            for ((position, &id), row) in ids.zip(&mut rows) {
                add(&mut words, id as usize, row);
                add(&mut positions, position, row);
                add(&mut types, 0, row);
            }
        }
        Ok(())
    }

    /// Token + position + type 0, `[tokens, hidden]`.
    fn sums(&self, batch: &PackedTokens) -> Result<Vec<f32>, EncoderError> {
        let hidden = self.norm.gamma.len();
        let mut rows = Vec::with_capacity(batch.tokens() * hidden);
        for sequence in batch.ranges() {
            for (position, &id) in batch.ids[sequence].iter().enumerate() {
                let word = table_row(&self.words, id as usize, hidden, "token id")?;
                let place = table_row(&self.positions, position, hidden, "position")?;
                let sum = word.iter().zip(place).zip(&*self.token_type);
                rows.extend(sum.map(|((word, place), kind)| word + place + kind));
            }
        }
        Ok(rows)
    }
}

/// Adds to a row of a table.
fn add(table: &mut [f32], row: usize, grad: &[f32]) {
    let row = &mut table[row * grad.len()..(row + 1) * grad.len()];
    row.iter_mut().zip(grad).for_each(|(sum, g)| *sum += g);
}

fn table_row<'a>(
    table: &'a [f32],
    row: usize,
    width: usize,
    what: &'static str,
) -> Result<&'a [f32], EncoderError> {
    let limit = table.len() / width;
    table.get(row * width..(row + 1) * width).ok_or(EncoderError::OutOfTable { what, value: row, limit })
}
