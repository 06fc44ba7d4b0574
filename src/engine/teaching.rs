//! Teaching as a job: embed what the LLM wrote, then step after step, with looks at the samples between them.

mod checkpoint;
mod recovering;
mod steps;
mod validation;

use super::backend::{LastingEncoder, is_of_device};
use super::embedding::EmbeddingJob;
use super::passage_index::PassageIndex;
use super::{Engine, EngineError, Model, Tower};
use crate::data::Collection;
use crate::encoder::candle::AdamWSettings;
use crate::encoder::{Encoder, Learned, Snapshot};
use crate::export::{Lesson, TextVectors};
use crate::text::Role;
use crate::train::{
    ClosedLists, LessonPlan, Lessons, PreferenceLesson, RoundReport, Rounds, Sample, StepReport, Student,
    Towers, TrainError, TrainSettings, Trainer,
};
use checkpoint::Checkpoint;
use std::sync::Arc;
use steps::Steps;
use validation::Validation;

/// What a piece of teaching did.
#[derive(Debug, Clone, PartialEq)]
pub enum TeachEvent {
    /// Texts that the LLM wrote were embedded.
    Embedding {
        /// Texts done.
        done: usize,
        /// Texts in all.
        total: usize,
    },
    /// The student is ready; nDCG@10 of the validation split by the LLM's gains by the base model.
    Ready {
        /// None without validation queries.
        validation: Option<f64>,
    },
    /// A round begins, or the last one has ended.
    Round(Box<RoundReport>),
    /// Steps are under way, none was finished by this piece of work.
    Working,
    /// The device was lost; on another one, or on the CPU, the teaching goes on after this many steps.
    Recovered {
        /// Steps done.
        step: usize,
        /// nDCG@10 of the validation split by the base model.
        validation: Option<f64>,
    },
    /// A step was taken.
    Step {
        /// What it did.
        report: Box<StepReport>,
        /// nDCG@10 of the validation split by the LLM's gains, if it was looked at.
        validation: Option<f64>,
    },
}

/// What a teaching came to.
#[derive(Debug, Clone)]
pub struct Taught {
    /// The adapter or the weights.
    pub learned: Learned,
    /// How it was taught.
    pub settings: TrainSettings,
    /// The texts that it embeds.
    pub towers: Towers,
    /// Steps done.
    pub steps: usize,
    /// Steps after which that was as it is; 0 if nothing was better than the base model.
    pub kept_step: usize,
    /// Whether fewer steps were done than were asked for.
    pub stopped_early: bool,
    /// Every query that was taught or validated on.
    pub queries: Vec<String>,
    /// Samples that preference lessons came from.
    pub preference_queries: usize,
    /// Guidance lessons by objective.
    pub guidance: [usize; 3],
    /// Feedback queries kept for validation.
    pub validation_queries: usize,
    /// nDCG@10 on them by the LLM's gains, before and after.
    pub validation: Option<[f64; 2]>,
    /// The feedback queries.
    pub samples: Vec<Sample>,
    /// The rounds and every sample's story; empty where all samples are taught in one round.
    pub rounds: Rounds,
}

impl Taught {
    /// What a model card says of it.
    pub(super) fn lesson(&self, collection: &str) -> Lesson {
        Lesson {
            collection: collection.to_owned(),
            settings: self.settings.clone(),
            steps: self.steps,
            kept_step: self.kept_step,
            queries: self.queries.len(),
            preference_queries: self.preference_queries,
            guidance: self.guidance,
            validation_queries: self.validation_queries,
        }
    }
}

/// A teaching in progress. Stopping is simply not advancing any more.
pub struct TeachingJob {
    model: Arc<Model>,
    collection: Arc<Collection>,
    index: PassageIndex,
    settings: TrainSettings,
    base: LastingEncoder,
    /// Made once; the steps begin with them again when a device is lost.
    lessons: Option<Arc<Lessons>>,
    /// Where to go on from: what was given, or the latest one taken.
    checkpoint: Option<Vec<u8>>,
    phase: Phase,
}

enum Phase {
    Embedding { plan: Box<LessonPlan>, written: Vec<f32>, missing: Vec<usize>, job: Box<EmbeddingJob> },
    Steps(Box<Steps>),
    Failed,
}

impl TeachingJob {
    pub(super) fn new(
        engine: &Engine,
        collection: &Arc<Collection>,
        index: PassageIndex,
        shipped: &TextVectors,
        settings: TrainSettings,
        checkpoint: Option<Vec<u8>>,
    ) -> Result<Self, EngineError> {
        settings.check()?;
        let feedback = collection.feedback.as_ref().ok_or(EngineError::NoFeedback)?;
        let plan = Box::new(LessonPlan::new(feedback, collection.corpus.len(), &settings)?);
        let hidden = engine.model.config.hidden_size;

        // What the LLM wrote needs vectors too; some may have been shipped with the collection.
        let mut written = Vec::new();
        let (mut missing, mut texts) = (Vec::new(), Vec::new());
        for (i, text) in plan.texts.written().into_iter().enumerate() {
            match shipped.get(text) {
                Some(vector) => written.extend(vector),
                None => {
                    written.resize(written.len() + hidden, 0.0);
                    missing.push(i);
                    texts.push(text.to_owned());
                }
            }
        }
        let job = Box::new(engine.embedding(texts, Role::Passage, Tower::Baseline)?);
        Ok(Self {
            model: Arc::clone(&engine.model),
            collection: Arc::clone(collection),
            index,
            settings,
            base: engine.encoder(Tower::Baseline)?,
            lessons: None,
            checkpoint,
            phase: Phase::Embedding { plan, written, missing, job },
        })
    }

    /// Whether every step is done.
    pub fn is_done(&self) -> bool {
        matches!(&self.phase, Phase::Steps(steps) if steps.is_done())
    }

    /// Steps done.
    pub fn steps_done(&self) -> usize {
        match &self.phase {
            Phase::Steps(steps) => steps.done(),
            Phase::Embedding { .. } | Phase::Failed => 0,
        }
    }

    /// Steps in all.
    pub fn steps(&self) -> usize {
        self.settings.steps
    }

    /// Rounds in all.
    pub fn rounds(&self) -> usize {
        self.settings.rounds
    }

    /// GPU memory taken for tensors; none where the CPU teaches.
    pub fn gpu_memory_bytes(&self) -> Option<u64> {
        match self.base.encoder() {
            Encoder::Gpu(encoder) => Some(encoder.gpu().memory().allocated_bytes),
            Encoder::Candle(_) => None,
        }
    }

    /// Does one piece of the work.
    ///
    /// When a device is lost the work goes on from the last checkpoint on another one, or on the CPU.
    ///
    /// # Errors
    /// Those of embedding and of a step; the job cannot go on then. What was learnt before a loss that is not
    /// finite can still be taken with [`Self::finish`].
    pub async fn advance(&mut self) -> Result<TeachEvent, EngineError> {
        let event = self.advance_here().await;
        self.or_elsewhere(event).await
    }

    async fn advance_here(&mut self) -> Result<TeachEvent, EngineError> {
        match &mut self.phase {
            Phase::Embedding { job, .. } if !job.is_done() => {
                job.advance().await?;
                Ok(TeachEvent::Embedding { done: job.done(), total: job.total() })
            }
            Phase::Embedding { .. } => {
                self.make_lessons()?;
                let steps = self.begin_steps().await?;
                let validation = steps.before();
                self.phase = Phase::Steps(Box::new(steps));
                Ok(TeachEvent::Ready { validation })
            }
            Phase::Steps(steps) => {
                let event = steps.advance(&self.collection.corpus).await?;
                if steps.is_at_look() && self.may_lose_much() {
                    self.checkpoint_here().await?;
                }
                Ok(event)
            }
            Phase::Failed => Err(EngineError::NotReady("the teaching has failed")),
        }
    }

    /// Awaits the oldest step that the device has begun, and begins no other; none if there is none.
    ///
    /// # Errors
    /// Those of a step.
    pub async fn settle(&mut self) -> Result<Option<TeachEvent>, EngineError> {
        let Phase::Steps(steps) = &mut self.phase else { return Ok(None) };
        match steps.settle().await {
            Ok(None) => Ok(None),
            event => {
                self.or_elsewhere(event.map(|event| event.unwrap_or(TeachEvent::Working))).await.map(Some)
            }
        }
    }

    /// Joins what was planned with the vectors of its texts.
    fn make_lessons(&mut self) -> Result<(), EngineError> {
        let phase = std::mem::replace(&mut self.phase, Phase::Failed);
        let Phase::Embedding { plan, mut written, missing, job } = phase else {
            return Err(EngineError::NotReady("the texts are embedded already"));
        };
        let hidden = self.model.config.hidden_size;
        for (i, vector) in missing.into_iter().zip(job.into_vectors().chunks_exact(hidden)) {
            written[i * hidden..(i + 1) * hidden].copy_from_slice(vector);
        }
        let lessons = plan.with_vectors(hidden, |position| self.index.index().vector(position), &written)?;
        self.lessons = Some(Arc::new(lessons));
        Ok(())
    }

    /// The steps, from the checkpoint on if there is one.
    async fn begin_steps(&self) -> Result<Steps, EngineError> {
        let lessons = self.lessons.as_ref().ok_or(EngineError::NotReady("the lessons are not made yet"))?;
        let tokens = |role: Role, text: &str| self.model.tokenizer.encode_as(role, text);
        let corpus = &self.collection.corpus;
        let closed_lists = |lists: &[PreferenceLesson]| {
            let lists = ClosedLists::new(lists.to_vec(), |query| tokens(Role::Query, query))?;
            match self.settings.towers {
                Towers::Query => Ok(lists),
                Towers::Both => {
                    lists.with_candidates(|row| tokens(Role::Passage, &lessons.text(row, corpus)))
                }
            }
        };
        let validation = closed_lists(&lessons.plan.validation)?;
        let validation = match self.settings.towers {
            Towers::Query => Validation::over_corpus(validation, lessons, corpus, &self.index),
            Towers::Both => Validation::of_lists(validation),
        };
        let samples = closed_lists(&lessons.plan.preferences)?;
        let trainer = Trainer::new(self.settings.clone(), Arc::clone(lessons), corpus, tokens)?;
        let Model { config, weights, .. } = &*self.model;
        let initial = Learned::initial(self.settings.scope, weights, config, self.settings.seed)?;
        let Some(bytes) = &self.checkpoint else {
            let student = self.student(&trainer, &Snapshot::fresh(initial))?;
            return Steps::begin(&self.settings, trainer, student, samples, validation).await;
        };
        let Checkpoint { header, student, best } = Checkpoint::read(bytes, &initial)?;
        if header.digest != checkpoint::digest(&self.settings, trainer.lessons()) {
            return Err(TrainError::Checkpoint("it was taken with other settings or feedback").into());
        }
        let student = self.student(&trainer, &student)?;
        Steps::new(&self.settings, trainer, student, samples, validation).resume(header, best)
    }

    fn student(&self, trainer: &Trainer, start: &Snapshot) -> Result<Student, EngineError> {
        let weights = &self.model.weights;
        let adamw = AdamWSettings {
            weight_decay: self.settings.weight_decay,
            max_grad_norm: self.settings.max_grad_norm,
        };
        Ok(match self.base.encoder() {
            Encoder::Candle(encoder) => Student::on_cpu(encoder, weights, start, adamw, trainer)?,
            Encoder::Gpu(encoder) => Student::on_gpu(encoder, weights, start, adamw, trainer)?,
        })
    }

    /// Ends the teaching and returns what has been learnt so far.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if no step was taken, or those of the steps still under way.
    pub async fn finish(mut self) -> Result<Taught, EngineError> {
        let mut most_done = self.steps_done();
        loop {
            // Steps that the device has begun count: the weights have them. What a lost device has done is done again.
            match self.settle().await {
                Ok(Some(_)) => most_done = most_done.max(self.steps_done()),
                Ok(None) if self.steps_done() < most_done => drop(self.advance().await?),
                Ok(None) | Err(EngineError::Train(TrainError::LossNotFinite { .. })) => {
                    match self.finish_here().await {
                        Err(error) if is_of_device(&error) => drop(self.go_on_elsewhere(error).await?),
                        taught => return taught,
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn finish_here(&mut self) -> Result<Taught, EngineError> {
        match &mut self.phase {
            Phase::Steps(steps) if steps.done() > 0 => steps.finish().await,
            _ => Err(EngineError::NotReady("no step was taken yet")),
        }
    }
}
