//! How well the student orders the LLM's candidates on feedback queries that no lesson comes from.

use super::lessons::{Lessons, PreferenceLesson};
use super::{Student, TrainError};
use crate::eval::list_ndcg;
use crate::text::{PackedTokens, batches_by_tokens};

/// Tokens embedded at a time.
const TOKEN_BUDGET: usize = 1024;

/// The validation lists with their queries' tokens.
#[derive(Debug, Clone)]
pub struct Validation {
    /// Places of the lists in the plan, and their queries' tokens.
    batches: Vec<(Vec<usize>, PackedTokens)>,
}

impl Validation {
    /// Prepares the validation lists of `lessons`; `tokens` gives a query's token ids.
    ///
    /// # Errors
    /// Those of `tokens`.
    pub fn new<E>(lessons: &Lessons, tokens: impl Fn(&str) -> Result<Vec<u32>, E>) -> Result<Self, E> {
        let queries = lessons.plan.validation.iter().map(|lesson| tokens(&lesson.query));
        let queries: Vec<Vec<u32>> = queries.collect::<Result<_, _>>()?;
        let lengths: Vec<usize> = queries.iter().map(Vec::len).collect();
        let packed = |batch: &[usize]| PackedTokens::new(batch.iter().map(|&i| &queries[i]));
        let batches = batches_by_tokens(&lengths, TOKEN_BUDGET);
        Ok(Self { batches: batches.into_iter().map(|batch| (batch.clone(), packed(&batch))).collect() })
    }

    /// Number of lists.
    pub fn len(&self) -> usize {
        self.batches.iter().map(|(places, _)| places.len()).sum()
    }

    /// Whether there is nothing to validate on.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Mean pref-NDCG@10 of the validation lists under a student, 0 to 1; none without lists.
    ///
    /// # Errors
    /// Those of [`Student::embed`].
    pub async fn measure(&self, lessons: &Lessons, student: &Student) -> Result<Option<f64>, TrainError> {
        if self.is_empty() {
            return Ok(None);
        }
        let mut values = Vec::with_capacity(self.len());
        for (places, tokens) in &self.batches {
            let embeddings = student.embed(tokens).await?;
            for (&place, query) in places.iter().zip(embeddings.chunks_exact(lessons.width())) {
                let lesson = &lessons.plan.validation[place];
                values.extend(closed_list(lesson, |row| dot(query, lessons.vector(row))));
            }
        }
        Ok(Some(values.iter().sum::<f64>() / values.len() as f64))
    }
}

/// pref-NDCG@10 of one list; equal scores are ordered by row.
fn closed_list(lesson: &PreferenceLesson, score: impl Fn(usize) -> f32) -> Option<f64> {
    let (scored, gains): (Vec<_>, Vec<_>) =
        lesson.candidates.iter().map(|&(row, gain)| ((format!("{row:08}"), score(row)), gain)).unzip();
    list_ndcg(&scored, &gains)
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
