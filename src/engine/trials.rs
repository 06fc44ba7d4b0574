//! One trial of an experiment: teach on treated feedback, then judge what was taught on every collection at hand.
//!
//! Leaves the open collection, and what was taught there, as they are. Which trials there are is `experiment`'s work.

use super::backend::{Backend, LastingEncoder};
use super::embedding::EmbeddingJob;
use super::measuring::MeasuringJob;
use super::passage_index::PassageIndex;
use super::{Engine, EngineError, Model, Taught, TeachingJob, Tower};
use crate::data::{Collection, TextRef};
use crate::encoder::Learned;
use crate::eval::{self, Evaluation};
use crate::experiment::{Cell, CellOutcome, JudgedOutcome, collection_digest};
use crate::text::Role;
use crate::train::{Towers, TrainError};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

/// A measured collection on which what was taught elsewhere can be judged. Cloning shares it.
#[derive(Clone)]
pub struct Bench {
    model: Arc<Model>,
    backend: Rc<Backend>,
    collection: Arc<Collection>,
    index: PassageIndex,
    before: Arc<Evaluation>,
}

/// A trial in progress. Stopping is simply not advancing any more.
pub struct TrialJob {
    key: String,
    seed: u64,
    benches: Vec<Bench>,
    steps: usize,
    steps_done: usize,
    phase: Phase,
    outcome: CellOutcome,
}

enum Phase {
    Teaching(Box<TeachingJob>),
    Judging(Box<Judging>),
    Done,
}

struct Judging {
    learned: Rc<Learned>,
    job: MeasuringJob,
}

impl Engine {
    /// Begins to embed the texts that the LLM wrote and that have no vector yet, so that not every trial does.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if no collection is open.
    pub fn embedding_written(&self) -> Result<EmbeddingJob, EngineError> {
        let shelf = self.shelf()?;
        let lines = shelf.collection.feedback.iter().flat_map(|feedback| &feedback.queries);
        let guidance = lines.flat_map(|line| &line.guidance);
        let written = guidance.flat_map(|g| g.negatives.iter().chain([&g.positive]));
        let texts: BTreeSet<&String> = written
            .filter_map(|text| match text {
                TextRef::Text(text) => Some(text),
                TextRef::Passage(_) => None,
            })
            .collect();
        let missing = texts.into_iter().filter(|text| shelf.shipped.get(text).is_none());
        self.embedding(missing.cloned().collect(), Role::Passage, Tower::Baseline)
    }

    /// Takes the vectors of a finished [`Self::embedding_written`].
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if the job is not finished or no collection is open.
    pub fn take_written(&mut self, job: EmbeddingJob) -> Result<(), EngineError> {
        if !job.is_done() {
            return Err(EngineError::NotReady("the texts are not all embedded"));
        }
        let width = self.model.config.hidden_size;
        let shelf = self.shelf.as_mut().ok_or(EngineError::NotReady(super::NO_COLLECTION))?;
        let texts: Vec<String> = job.texts().map(str::to_owned).collect();
        for (text, vector) in texts.iter().zip(job.into_vectors().chunks_exact(width)) {
            shelf.shipped.insert(text, vector);
        }
        Ok(())
    }

    /// The open collection as one to judge on.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if its passages are not embedded or the base model was not measured on it.
    pub fn bench(&self) -> Result<Bench, EngineError> {
        Ok(Bench {
            model: Arc::clone(&self.model),
            backend: Rc::clone(&self.backend),
            collection: Arc::clone(self.collection()?),
            index: self.index_of(Tower::Baseline)?.clone(),
            before: Arc::new(self.measured(Tower::Baseline)?.evaluation.clone()),
        })
    }

    /// Begins a trial of the open collection's feedback, known by `key`, judged on `benches` in their order.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if passages are not embedded or are to move, [`EngineError::NoFeedback`], or
    /// [`EngineError::Train`] for settings out of range. Feedback that holds no lesson is an outcome of the trial.
    pub fn trial(&self, cell: &Cell, key: String, benches: &[Bench]) -> Result<TrialJob, EngineError> {
        let shelf = self.shelf()?;
        if cell.settings.towers != Towers::Query {
            return Err(EngineError::NotReady("a trial teaches queries alone"));
        }
        let index = self.index_of(Tower::Baseline)?.clone();
        let feedback = shelf.collection.feedback.as_ref().ok_or(EngineError::NoFeedback)?;
        let seed = cell.settings.seed;
        let feedback = Some(cell.treatment.apply(feedback, seed));
        let collection = Arc::new(Collection { feedback, ..Collection::clone(&shelf.collection) });
        let settings = cell.settings.clone();
        let mut trial = TrialJob {
            outcome: untaught(&key, seed),
            key,
            seed,
            benches: benches.to_vec(),
            steps: settings.steps,
            steps_done: 0,
            phase: Phase::Done,
        };
        match TeachingJob::new(self, &collection, index, &shelf.shipped, settings, None) {
            Ok(job) => trial.phase = Phase::Teaching(Box::new(job)),
            Err(error) => trial.fail(error)?,
        }
        Ok(trial)
    }

    /// Returns a digest of the model's weights.
    pub fn model_digest(&self) -> String {
        let mut hash = Sha256::new();
        for (name, tensor) in self.model.weights.iter() {
            hash.update(name);
            hash.update(bytemuck::cast_slice(&tensor.data));
        }
        hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Bench {
    /// The collection's name.
    pub fn name(&self) -> &str {
        &self.collection.name
    }

    /// Whether it has feedback to teach with.
    pub fn teaches(&self) -> bool {
        self.collection.feedback.as_ref().is_some_and(|feedback| !feedback.queries.is_empty())
    }

    /// What its texts, judgements and feedback are known by.
    pub fn digest(&self) -> String {
        collection_digest(&self.collection)
    }

    fn judging(&self, learned: &Rc<Learned>) -> Result<MeasuringJob, EngineError> {
        let encoder = LastingEncoder::tuned(&self.backend, learned)?;
        let queries = self.collection.judged_queries();
        let (ids, texts): (_, Vec<_>) =
            queries.map(|q| (q.id.clone(), (Role::Query, q.text.clone()))).unzip();
        let embedding = EmbeddingJob::new(&self.model, encoder, texts);
        let (collection, index) = (Arc::clone(&self.collection), self.index.clone());
        Ok(MeasuringJob::new(Tower::Tuned, collection, index, ids, embedding))
    }

    fn compare(&self, after: &Evaluation) -> Result<JudgedOutcome, EngineError> {
        let figures = |e: &Evaluation| e.per_query.values().map(|q| q.ndcg_at_10).collect::<Vec<f64>>();
        let (before, after) = (figures(&self.before), figures(after));
        let compared = eval::compare(&before, &after, 0)?;
        let round = |change: f64| (change * 1e6).round() / 1e6;
        let changes = before.iter().zip(&after).map(|(before, after)| round(after - before)).collect();
        Ok(JudgedOutcome { before: compared.before, after: compared.after, p: compared.p.value, changes })
    }
}

fn untaught(key: &str, seed: u64) -> CellOutcome {
    CellOutcome {
        key: key.to_owned(),
        seed,
        steps: 0,
        kept_step: 0,
        preference_queries: 0,
        guidance: [0; 3],
        validation_queries: 0,
        validation: None,
        judged: Vec::new(),
        failed: None,
    }
}

impl TrialJob {
    /// Does one piece of the work; returns whether there is more.
    ///
    /// # Errors
    /// Those of the encoder. What a teaching cannot do with its feedback is an outcome and no error.
    pub async fn advance(&mut self) -> Result<bool, EngineError> {
        match std::mem::replace(&mut self.phase, Phase::Done) {
            Phase::Done => {}
            Phase::Teaching(mut job) if !job.is_done() => {
                let advanced = job.advance().await;
                self.steps_done = job.steps_done();
                match advanced {
                    Ok(_) => self.phase = Phase::Teaching(job),
                    Err(error) => self.fail(error)?,
                }
            }
            Phase::Teaching(job) => {
                let taught = job.finish().await?;
                self.take(&taught);
                self.judge(Rc::new(taught.learned))?;
            }
            Phase::Judging(mut judging) => {
                if judging.job.advance().await? {
                    self.phase = Phase::Judging(judging);
                } else if let Some(bench) = self.benches.get(self.outcome.judged.len()) {
                    let measured = judging.job.into_measured()?;
                    self.outcome.judged.push(bench.compare(&measured.evaluation)?);
                    self.judge(judging.learned)?;
                }
            }
        }
        Ok(!matches!(self.phase, Phase::Done))
    }

    /// Steps of the teaching that are done.
    pub fn steps_done(&self) -> usize {
        self.steps_done
    }

    /// Steps of the teaching in all.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// What the trial came to.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if it is not finished.
    pub fn finish(self) -> Result<CellOutcome, EngineError> {
        match self.phase {
            Phase::Done => Ok(self.outcome),
            Phase::Teaching(_) | Phase::Judging(_) => Err(EngineError::NotReady("the trial is not finished")),
        }
    }

    fn take(&mut self, taught: &Taught) {
        self.outcome = CellOutcome {
            steps: taught.steps,
            kept_step: taught.kept_step,
            preference_queries: taught.preference_queries,
            guidance: taught.guidance,
            validation_queries: taught.validation_queries,
            validation: taught.validation,
            ..untaught(&self.key, self.seed)
        };
    }

    /// Goes on with the next collection, if there is one.
    fn judge(&mut self, learned: Rc<Learned>) -> Result<(), EngineError> {
        if let Some(bench) = self.benches.get(self.outcome.judged.len()) {
            let job = bench.judging(&learned)?;
            self.phase = Phase::Judging(Box::new(Judging { learned, job }));
        }
        Ok(())
    }

    /// Takes what is the feedback's or the settings' doing as the outcome.
    fn fail(&mut self, error: EngineError) -> Result<(), EngineError> {
        use TrainError::{LossNotFinite, NothingPoor, NothingToTeach};
        match error {
            EngineError::Train(reason @ (NothingToTeach | NothingPoor { .. } | LossNotFinite { .. })) => {
                let failed = Some(reason.to_string());
                self.outcome = CellOutcome { failed, ..untaught(&self.key, self.seed) };
                Ok(())
            }
            other => Err(other),
        }
    }
}
