//! Whether the retriever learnt what the guidance teaches: objective probes on guidance that was not taught.
//!
//! Judged queries have no part in it, and it says nothing about how good a search is.

use super::embedding::EmbeddingJob;
use super::{Engine, EngineError, Tower};
use crate::data::{Guidance, Objective, TextRef};
use crate::eval::{Probe, ProbeResult, ProbeScores, probe_objectives};
use crate::retrieve::{Index, dot};
use crate::text::Role;
use crate::train::{HeldOut, Towers, TrainSettings};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// How often the better text of held-out guidance is preferred, before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct Probed {
    /// By objective; one without examples is not there.
    pub objectives: BTreeMap<Objective, ProbeResult>,
    /// Feedback queries whose guidance was held out.
    pub queries: usize,
    /// Examples in all.
    pub examples: usize,
    /// Whether the split was drawn again from settings, because nobody saw the lesson: true if those were its settings.
    pub is_assumed: bool,
}

/// Scores the held-out examples by both towers: embeds their queries, and texts that the LLM wrote.
pub struct ProbingJob {
    examples: Vec<Guidance>,
    queries: usize,
    is_assumed: bool,
    /// Of texts that the LLM wrote, by the base model.
    shipped: Vectors,
    before: Side,
    after: Side,
}

/// Vectors by text.
type Vectors = HashMap<String, Vec<f32>>;

/// One tower's part.
struct Side {
    index: Arc<Index>,
    /// The examples' queries.
    questions: EmbeddingJob,
    /// The texts that the LLM wrote and that have no vector yet; none if they keep the base model's vectors.
    written: Option<EmbeddingJob>,
}

/// What one tower scores with.
struct Scorer<'a> {
    index: &'a Index,
    questions: &'a Vectors,
    written: &'a Vectors,
}

impl Engine {
    /// Begins to probe base model and adapter on guidance that the adapter was not taught.
    ///
    /// Which that is the lesson has said; of a loaded adapter it is the validation split of a lesson with `assumed`.
    ///
    /// # Errors
    /// [`EngineError::NoFeedback`], [`EngineError::NotReady`] if nothing was taught or a tower's passages have no
    /// vectors, [`EngineError::Train`] if `assumed` could teach nothing.
    pub fn probing(&self, assumed: &TrainSettings) -> Result<ProbingJob, EngineError> {
        let shelf = self.shelf()?;
        let collection = &shelf.collection;
        let feedback = collection.feedback.as_ref().ok_or(EngineError::NoFeedback)?;
        let tuned = self.tuned.as_ref().ok_or(EngineError::NotReady("nothing was taught yet"))?;
        let held_out = match &tuned.held_out {
            Some(held_out) => held_out.clone(),
            None => HeldOut::of_settings(feedback, collection.corpus.len(), assumed)?,
        };
        let examples: Vec<Guidance> = held_out.guidance(feedback).into_iter().cloned().collect();
        let questions = distinct(examples.iter().map(|example| example.query.as_str()));
        let written = distinct(examples.iter().flat_map(written));
        let shipped = |text: &String| Some((text.clone(), shelf.shipped.get(text)?.to_vec()));
        let shipped: Vectors = written.iter().filter_map(shipped).collect();
        let missing = written.iter().filter(|text| !shipped.contains_key(*text)).cloned().collect();
        let side = |tower, written: Option<Vec<String>>| {
            let index = self.index_of(tower)?.shared();
            let written = written.map(|texts| self.embedding(texts, Role::Passage, tower)).transpose()?;
            Ok::<_, EngineError>(Side {
                index,
                questions: self.embedding(questions.clone(), Role::Query, tower)?,
                written,
            })
        };
        let before = side(Tower::Baseline, Some(missing))?;
        let after = side(Tower::Tuned, (tuned.towers == Towers::Both).then_some(written))?;
        let (queries, is_assumed) = (held_out.queries(), tuned.held_out.is_none());
        Ok(ProbingJob { examples, queries, is_assumed, shipped, before, after })
    }
}

impl ProbingJob {
    /// Does one piece of the work; returns whether there is more.
    ///
    /// # Errors
    /// Those of embedding.
    pub async fn advance(&mut self) -> Result<bool, EngineError> {
        let sides = [&mut self.before, &mut self.after].into_iter();
        let jobs = sides.flat_map(|side| [Some(&mut side.questions), side.written.as_mut()]);
        let next = jobs.flatten().find(|job| !job.is_done());
        if let Some(job) = next {
            job.advance().await?;
        }
        Ok(self.done() < self.total())
    }

    /// Texts embedded.
    pub fn done(&self) -> usize {
        self.jobs().map(EmbeddingJob::done).sum()
    }

    /// Texts to embed, those twice that both towers embed.
    pub fn total(&self) -> usize {
        self.jobs().map(EmbeddingJob::total).sum()
    }

    fn jobs(&self) -> impl Iterator<Item = &EmbeddingJob> {
        let sides = [&self.before, &self.after].into_iter();
        sides.flat_map(|side| [Some(&side.questions), side.written.as_ref()]).flatten()
    }

    /// The answer.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if the job is not finished, [`EngineError::Eval`] if a score is not finite.
    pub fn finish(self) -> Result<Probed, EngineError> {
        if self.done() < self.total() {
            return Err(EngineError::NotReady("the examples are not all embedded"));
        }
        let (before, after) = (self.before, self.after);
        let [asked_before, asked_after] = [before.questions, after.questions].map(vectors);
        let mut texts = self.shipped;
        texts.extend(before.written.map(vectors).unwrap_or_default());
        let texts_after = after.written.map(vectors);
        let texts_after = texts_after.as_ref().unwrap_or(&texts);
        let before = Scorer { index: &before.index, questions: &asked_before, written: &texts };
        let after = Scorer { index: &after.index, questions: &asked_after, written: texts_after };
        let objectives = probe(&self.examples, &before, &after)?;
        let (queries, is_assumed) = (self.queries, self.is_assumed);
        Ok(Probed { objectives, queries, examples: self.examples.len(), is_assumed })
    }
}

fn probe(
    examples: &[Guidance],
    before: &Scorer,
    after: &Scorer,
) -> Result<BTreeMap<Objective, ProbeResult>, EngineError> {
    let probe = |example: &Guidance| {
        let (before, after) = (before.scores(example)?, after.scores(example)?);
        Some(Probe { objective: example.objective, before, after })
    };
    let probes: Option<Vec<_>> = examples.iter().map(probe).collect();
    Ok(probe_objectives(&probes.ok_or(EngineError::NotReady("an example lacks a vector"))?)?)
}

impl Scorer<'_> {
    fn scores(&self, example: &Guidance) -> Option<ProbeScores> {
        let query = self.questions.get(&example.query)?;
        let score = |text: &TextRef| Some(dot(query, &self.vector(text)?));
        let worse: Option<Vec<f32>> = example.negatives.iter().map(score).collect();
        Some(ProbeScores { better: score(&example.positive)?, worse: worse? })
    }

    fn vector(&self, text: &TextRef) -> Option<Vec<f32>> {
        match text {
            TextRef::Passage(position) => self.index.vector(*position),
            TextRef::Text(text) => self.written.get(text).cloned(),
        }
    }
}

/// The texts of an example that are no passages.
fn written(example: &Guidance) -> impl Iterator<Item = &str> {
    let texts = example.negatives.iter().chain([&example.positive]);
    texts.filter_map(|text| match text {
        TextRef::Text(text) => Some(text.as_str()),
        TextRef::Passage(_) => None,
    })
}

fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    texts.collect::<BTreeSet<_>>().into_iter().map(str::to_owned).collect()
}

/// The vectors of a finished job, by text.
fn vectors(mut job: EmbeddingJob) -> Vectors {
    let vectors = job.take_vectors();
    let width = (vectors.len() / job.total().max(1)).max(1);
    job.texts().map(str::to_owned).zip(vectors.chunks_exact(width).map(<[f32]>::to_vec)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn example(objective: Objective, query: &str, better: TextRef, worse: &[TextRef]) -> Guidance {
        Guidance { objective, query: query.into(), positive: better, negatives: worse.to_vec() }
    }

    fn table(rows: &[(&str, [f32; 2])]) -> Vectors {
        rows.iter().map(|(text, vector)| ((*text).to_owned(), vector.to_vec())).collect()
    }

    #[test]
    fn passages_and_written_texts_are_scored_by_each_side_s_own_vectors() {
        let passage = TextRef::Passage;
        let text = |words: &str| TextRef::Text(words.to_owned());
        let ids = ["p0", "p1"].map(str::to_owned);
        let index = Index::new(&ids, vec![1.0, 0.0, 0.0, 1.0], 2).unwrap();
        let (asked_before, asked_after) = (table(&[("q", [0.9, 0.1])]), table(&[("q", [0.1, 0.9])]));
        let (texts, moved) = (table(&[("dense", [0.5, 0.5])]), table(&[("dense", [0.0, 2.0])]));
        let before = Scorer { index: &index, questions: &asked_before, written: &texts };
        let after = Scorer { index: &index, questions: &asked_after, written: &moved };
        let examples = [
            example(Objective::Relevance, "q", passage(1), &[passage(0)]),
            example(Objective::Purity, "q", text("dense"), &[passage(0), passage(1)]),
        ];
        let found = probe(&examples, &before, &after).unwrap();
        let counts = |o: Objective| (found[&o].before.count, found[&o].after.count, found[&o].gained);
        // Before: p1 0.1 under p0 0.9; dense 0.5 between. After: 0.9 over 0.1; dense 1.8 over both.
        assert_eq!(counts(Objective::Relevance), (0, 1, 1));
        assert_eq!(counts(Objective::Purity), (0, 1, 1));
        assert_eq!(found[&Objective::Purity].chance, 1.0 / 3.0);
        assert_eq!(found.len(), 2);
        let unmoved = Scorer { written: &texts, ..after };
        assert_eq!(probe(&examples, &before, &unmoved).unwrap()[&Objective::Purity].after.count, 0);
    }

    #[test]
    fn an_example_without_a_vector_is_an_error() {
        let index = Index::new(&["p0".to_owned()], vec![1.0, 0.0], 2).unwrap();
        let (asked, none) = (table(&[("q", [1.0, 0.0])]), table(&[]));
        let scorer = Scorer { index: &index, questions: &asked, written: &none };
        let lacking = [
            example(Objective::Purity, "q", TextRef::Text("new".into()), &[TextRef::Passage(0)]),
            example(Objective::Purity, "q", TextRef::Passage(0), &[TextRef::Passage(1)]),
            example(Objective::Purity, "other", TextRef::Passage(0), &[TextRef::Passage(0)]),
        ];
        for example in lacking {
            assert!(matches!(probe(&[example], &scorer, &scorer), Err(EngineError::NotReady(_))));
        }
    }
}
