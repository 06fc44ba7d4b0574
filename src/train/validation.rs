//! How well the student orders the LLM's candidates on feedback queries that no lesson comes from.

use super::TrainError;
use super::lessons::{Lessons, PreferenceLesson};
use crate::encoder::EncoderError;
use crate::eval::{pref_ndcg, rank_by_score};
use crate::text::PackedTokens;

/// The validation lists with their queries' tokens.
#[derive(Debug, Clone)]
pub struct Validation {
    batch: PackedTokens,
}

impl Validation {
    /// Prepares the validation lists of `lessons`; `tokens` gives a query's token ids.
    ///
    /// # Errors
    /// Those of `tokens`.
    pub fn new<E>(lessons: &Lessons, tokens: impl Fn(&str) -> Result<Vec<u32>, E>) -> Result<Self, E> {
        let queries = lessons.plan.validation.iter().map(|lesson| tokens(&lesson.query));
        Ok(Self { batch: PackedTokens::new(queries.collect::<Result<Vec<_>, _>>()?) })
    }

    /// Number of lists.
    pub fn len(&self) -> usize {
        self.batch.sequences()
    }

    /// Whether there is nothing to validate on.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Mean pref-NDCG@10 of the validation lists under an encoder, 0 to 1; none without lists.
    ///
    /// # Errors
    /// Those of `embed`.
    pub fn measure(
        &self,
        lessons: &Lessons,
        embed: impl FnOnce(&PackedTokens) -> Result<Vec<f32>, EncoderError>,
    ) -> Result<Option<f64>, TrainError> {
        if self.is_empty() {
            return Ok(None);
        }
        let embeddings = embed(&self.batch)?;
        let rows = embeddings.chunks_exact(lessons.width());
        let values = lessons.plan.validation.iter().zip(rows).filter_map(|(lesson, query)| {
            list_ndcg(lesson, |row| dot(query, lessons.vector(row)))
        });
        let values: Vec<f64> = values.collect();
        Ok(Some(values.iter().sum::<f64>() / values.len() as f64))
    }
}

fn list_ndcg(lesson: &PreferenceLesson, score: impl Fn(usize) -> f32) -> Option<f64> {
    let scored: Vec<(String, f32)> =
        lesson.candidates.iter().map(|&(row, _)| (format!("{row:08}"), score(row))).collect();
    let gains: Vec<u8> = lesson.candidates.iter().map(|&(_, gain)| gain).collect();
    let ranked: Vec<u8> = rank_by_score(&scored).into_iter().filter_map(|i| gains.get(i).copied()).collect();
    pref_ndcg(&ranked, &gains)
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
