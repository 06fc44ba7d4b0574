//! How well the student orders the LLM's candidates: pref-NDCG of closed lists, of samples or of the validation split.

use super::lessons::{Lessons, PreferenceLesson, VectorRow};
use super::{Student, TrainError};
use crate::eval::list_ndcg;
use crate::retrieve::dot;
use crate::text::{PackedTokens, batches_by_tokens};
use std::collections::{BTreeSet, HashMap};

/// Tokens embedded at a time.
const TOKEN_BUDGET: usize = 1024;

/// Closed lists with their queries' tokens.
#[derive(Debug, Clone)]
pub struct ClosedLists {
    lists: Vec<PreferenceLesson>,
    /// Places in `lists`, and their queries' tokens.
    queries: Batches,
    /// Rows of the candidates, and their tokens; none where they keep the vectors of the lessons.
    candidates: Batches,
}

/// Places of texts, and their tokens, a batch at a time.
type Batches = Vec<(Vec<usize>, PackedTokens)>;

impl ClosedLists {
    /// Prepares lists whose candidates keep their vectors; `tokens` gives a query's token ids.
    ///
    /// # Errors
    /// Those of `tokens`.
    pub fn new<E>(
        lists: Vec<PreferenceLesson>,
        tokens: impl Fn(&str) -> Result<Vec<u32>, E>,
    ) -> Result<Self, E> {
        let queries = lists.iter().map(|lesson| tokens(&lesson.query)).enumerate();
        let queries = batches(queries.map(|(i, tokens)| Ok((i, tokens?))).collect::<Result<_, E>>()?);
        Ok(Self { lists, queries, candidates: Vec::new() })
    }

    /// Lets the student embed the candidates too; `tokens` gives a row's token ids.
    ///
    /// # Errors
    /// Those of `tokens`.
    pub fn with_candidates<E>(
        mut self,
        tokens: impl Fn(VectorRow) -> Result<Vec<u32>, E>,
    ) -> Result<Self, E> {
        let rows: BTreeSet<VectorRow> =
            self.lists.iter().flat_map(|list| &list.candidates).map(|(row, _)| *row).collect();
        let texts = rows.into_iter().map(|row| Ok((row, tokens(row)?)));
        self.candidates = batches(texts.collect::<Result<_, E>>()?);
        Ok(self)
    }

    /// The lists, in the order of their figures.
    pub fn lists(&self) -> &[PreferenceLesson] {
        &self.lists
    }

    /// The student's embeddings of the lists' queries, in the order of the lists, `[lists, width]`.
    ///
    /// # Errors
    /// Those of [`Student::embed`].
    pub async fn embed_queries(&self, width: usize, student: &Student) -> Result<Vec<f32>, TrainError> {
        let embeddings = embed(&self.queries, width, student).await?;
        let mut queries = Vec::with_capacity(self.lists.len() * width);
        for place in 0..self.lists.len() {
            queries.extend_from_slice(embeddings.get(&place).ok_or(TrainError::MissingVector)?);
        }
        Ok(queries)
    }

    /// pref-NDCG@10 of every list under a student, 0 to 1; equal scores are ordered by row.
    ///
    /// # Errors
    /// Those of [`Student::embed`].
    pub async fn measure(&self, lessons: &Lessons, student: &Student) -> Result<Vec<f64>, TrainError> {
        let candidates = embed(&self.candidates, lessons.width(), student).await?;
        let vector = |row| candidates.get(&row).map_or_else(|| lessons.vector(row), Vec::as_slice);
        let mut values = vec![0.0; self.lists.len()];
        for (place, query) in embed(&self.queries, lessons.width(), student).await? {
            values[place] = pref_ndcg(&self.lists[place], |row| dot(&query, vector(row)));
        }
        Ok(values)
    }
}

fn batches(texts: Vec<(usize, Vec<u32>)>) -> Batches {
    let lengths: Vec<usize> = texts.iter().map(|(_, tokens)| tokens.len()).collect();
    let batch = |batch: Vec<usize>| {
        let packed = PackedTokens::new(batch.iter().map(|&i| &texts[i].1));
        (batch.into_iter().map(|i| texts[i].0).collect(), packed)
    };
    batches_by_tokens(&lengths, TOKEN_BUDGET).into_iter().map(batch).collect()
}

/// Embeddings by the texts' places.
async fn embed(
    batches: &Batches,
    width: usize,
    student: &Student,
) -> Result<HashMap<usize, Vec<f32>>, TrainError> {
    let mut embeddings = HashMap::new();
    for (places, tokens) in batches {
        let vectors = student.embed(tokens).await?;
        embeddings.extend(places.iter().copied().zip(vectors.chunks_exact(width).map(<[f32]>::to_vec)));
    }
    Ok(embeddings)
}

/// Returns the mean of figures; none of none.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// A lesson's list has a useful candidate, without which there would be no figure.
fn pref_ndcg(lesson: &PreferenceLesson, score: impl Fn(usize) -> f32) -> f64 {
    let (scored, gains): (Vec<_>, Vec<_>) =
        lesson.candidates.iter().map(|&(row, gain)| ((format!("{row:08}"), score(row)), gain)).unzip();
    list_ndcg(&scored, &gains).unwrap_or_default()
}
