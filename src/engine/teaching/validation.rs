//! How well a student serves the feedback queries that no lesson comes from, by the LLM's gains.
//!
//! Where passages keep their vectors, their whole ranking counts; where they move, embedding all of them for every look
//! would take longer than teaching, and the order of the judged candidates has to do.

use crate::data::Corpus;
use crate::engine::EngineError;
use crate::engine::passage_index::PassageIndex;
use crate::eval::{Grades, ndcg_at};
use crate::retrieve::Hit;
use crate::train::{ClosedLists, Lessons, Student, mean};

const DEPTH: usize = 10;

/// The validation split.
pub(super) struct Validation {
    lists: ClosedLists,
    /// The passages, and what the LLM gave them for each list's query.
    corpus: Option<(PassageIndex, Vec<Grades>)>,
    ids: Vec<String>,
}

impl Validation {
    /// Prepares to look at the order of the lists alone.
    pub(super) fn of_lists(lists: ClosedLists) -> Self {
        Self { lists, corpus: None, ids: Vec::new() }
    }

    /// Prepares to look at the ranking of the whole corpus; a passage that the LLM has not judged gains nothing.
    pub(super) fn over_corpus(
        lists: ClosedLists,
        lessons: &Lessons,
        corpus: &Corpus,
        index: &PassageIndex,
    ) -> Self {
        let ids: Vec<String> = corpus.passages().iter().map(|passage| passage.id.clone()).collect();
        let grade =
            |&(row, gain): &(usize, u8)| Some((ids.get(lessons.passage(row)?)?.clone(), i32::from(gain)));
        let grades = lists.lists().iter().map(|list| list.candidates.iter().filter_map(grade).collect());
        let corpus = Some((index.clone(), grades.collect()));
        Self { lists, corpus, ids }
    }

    /// Number of queries.
    pub(super) fn len(&self) -> usize {
        self.lists.lists().len()
    }

    /// Mean nDCG@10 by the LLM's gains; none without a query.
    pub(super) async fn measure(
        &self,
        lessons: &Lessons,
        student: &Student,
    ) -> Result<Option<f64>, EngineError> {
        let Some((index, grades)) = &self.corpus else {
            return Ok(mean(&self.lists.measure(lessons, student).await?));
        };
        let queries = self.lists.embed_queries(lessons.width(), student).await?;
        let rankings = index.top_k(&queries, DEPTH).await?;
        let figure = |(hits, grades): (&Vec<Hit>, &Grades)| {
            let ranked: Vec<&str> =
                hits.iter().filter_map(|hit| self.ids.get(hit.position)).map(String::as_str).collect();
            ndcg_at(&ranked, grades, DEPTH)
        };
        Ok(mean(&rankings.iter().zip(grades).map(figure).collect::<Vec<_>>()))
    }
}
