//! The steps of a teaching, cut into rounds and looks: what is measured on the way, and what is kept.

use super::checkpoint::{Checkpoint, Header, digest};
use super::validation::Validation;
use super::{Taught, TeachEvent};
use crate::data::Corpus;
use crate::encoder::Learned;
use crate::engine::EngineError;
use crate::train::{
    ClosedLists, RoundReport, Rounds, SampleId, StepReport, Student, TrainError, TrainSettings, Trainer,
};
use serde::{Deserialize, Serialize};
use std::cell::OnceCell;

/// Looks at the validation split, the first one before the first step.
const LOOKS: usize = 8;

/// A teaching whose texts have vectors.
pub(super) struct Steps {
    settings: TrainSettings,
    trainer: Trainer,
    student: Student,
    /// The lists of every sample and round, in the order of the plan.
    samples: ClosedLists,
    validation: Validation,
    rounds: Rounds,
    /// The round that is taught, from 1; 0 before the first.
    round: usize,
    has_ended: bool,
    /// nDCG@10 of the validation split by the base model.
    before: Option<f64>,
    /// The same at the last look.
    latest: Option<f64>,
    best: Option<Best>,
    /// Of settings and lessons, which are many; made for the first checkpoint.
    digest: OnceCell<String>,
}

/// The state that the validation split likes best so far.
struct Best {
    validation: f64,
    step: usize,
    learned: Learned,
}

/// Where the steps are between two of them; figures as bits, which JSON would round.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Progress {
    rounds: Rounds,
    round: usize,
    has_ended: bool,
    before: Option<u64>,
    latest: Option<u64>,
    /// Figure and step.
    best: Option<(u64, usize)>,
}

impl Steps {
    /// Looks at the validation split before the first step.
    pub(super) async fn begin(
        settings: &TrainSettings,
        trainer: Trainer,
        student: Student,
        samples: ClosedLists,
        validation: Validation,
    ) -> Result<Self, EngineError> {
        let mut steps = Self::new(settings, trainer, student, samples, validation);
        steps.before = steps.look().await?;
        Ok(steps)
    }

    /// Goes on from a checkpoint of the same settings and lessons; the student does already.
    pub(super) fn resume(mut self, header: Header, best: Option<Learned>) -> Result<Self, EngineError> {
        let Header { trainer, progress, .. } = header;
        let Progress { rounds, round, has_ended, before, latest, best: figures } = progress;
        self.before = before.map(f64::from_bits);
        self.latest = latest.map(f64::from_bits);
        self.best = figures.zip(best).map(|((validation, step), learned)| Best {
            validation: f64::from_bits(validation),
            step,
            learned,
        });
        (self.rounds, self.round, self.has_ended) = (rounds, round, has_ended);
        let poor = (self.settings.poor_only && round > 0).then(|| self.rounds.poor());
        self.trainer.begin_round(round.max(1), poor.as_ref());
        self.trainer.restore(trainer)?;
        Ok(self)
    }

    /// What [`Self::resume`] goes on from; none while steps are under way.
    pub(super) async fn checkpoint(&self) -> Result<Option<Checkpoint>, EngineError> {
        let Some(trainer) = self.trainer.state() else { return Ok(None) };
        let progress = Progress {
            rounds: self.rounds.clone(),
            round: self.round,
            has_ended: self.has_ended,
            before: self.before.map(f64::to_bits),
            latest: self.latest.map(f64::to_bits),
            best: self.best.as_ref().map(|best| (best.validation.to_bits(), best.step)),
        };
        let digest = self.digest.get_or_init(|| digest(&self.settings, self.trainer.lessons())).clone();
        let best = self.best.as_ref().map(|best| best.learned.clone());
        Ok(Some(Checkpoint::new(digest, trainer, progress, self.student.snapshot().await?, best)))
    }

    /// Before the first step and the first look.
    pub(super) fn new(
        settings: &TrainSettings,
        trainer: Trainer,
        student: Student,
        samples: ClosedLists,
        validation: Validation,
    ) -> Self {
        Self {
            settings: settings.clone(),
            trainer,
            student,
            samples,
            validation,
            rounds: Rounds::new(settings),
            round: 0,
            has_ended: false,
            before: None,
            latest: None,
            best: None,
            digest: OnceCell::new(),
        }
    }

    /// Steps done.
    pub(super) fn done(&self) -> usize {
        self.trainer.steps_done()
    }

    /// Whether there is nothing left to do.
    pub(super) fn is_done(&self) -> bool {
        self.has_ended || (self.trainer.is_done() && !self.follows_samples())
    }

    /// Whether the last step is one after which the student is looked at, and no other is under way.
    pub(super) fn is_at_look(&self) -> bool {
        self.done() > 0 && self.done().is_multiple_of(self.settings.steps.div_ceil(LOOKS))
    }

    /// nDCG@10 of the validation split by the base model.
    pub(super) fn before(&self) -> Option<f64> {
        self.before
    }

    /// Begins a round, or keeps the student at work.
    pub(super) async fn advance(&mut self, corpus: &Corpus) -> Result<TeachEvent, EngineError> {
        if self.follows_samples() && self.done() == self.rounds.steps(self.round).end {
            return Ok(TeachEvent::Round(Box::new(self.next_round().await?)));
        }
        let until = self.next_look();
        let report = self.trainer.advance(&mut self.student, corpus, until).await?;
        Ok(self.reported(report).await?.unwrap_or(TeachEvent::Working))
    }

    /// Awaits the oldest step that the device has begun; none if there is none.
    pub(super) async fn settle(&mut self) -> Result<Option<TeachEvent>, EngineError> {
        let report = self.trainer.finish_oldest(&mut self.student).await?;
        self.reported(report).await
    }

    /// Returns what was learnt: the state that the validation split liked best, or the last one.
    pub(super) async fn finish(&mut self) -> Result<Taught, EngineError> {
        self.look().await?;
        let (steps, mut kept_step, mut after) = (self.done(), self.done(), self.latest);
        let learned = match self.best.take() {
            Some(best) => {
                (kept_step, after) = (best.step, Some(best.validation));
                best.learned
            }
            None => self.student.learned().await?,
        };
        let lessons = self.trainer.lessons();
        Ok(Taught {
            learned,
            settings: self.settings.clone(),
            towers: self.settings.towers,
            steps,
            kept_step,
            stopped_early: steps < self.settings.steps,
            queries: lessons.queries().into_iter().map(str::to_owned).collect(),
            preference_queries: lessons.plan.lists_of_round(self.settings.rounds).len(),
            guidance: lessons.plan.guidance_counts(),
            validation_queries: self.validation.len(),
            validation: self.before.zip(after).map(|(before, after)| [before, after]),
            samples: lessons.plan.samples.clone(),
            rounds: self.rounds.clone(),
        })
    }

    /// Whether the samples' figures are wanted: to choose among them, or to tell of several rounds.
    fn follows_samples(&self) -> bool {
        self.settings.poor_only || self.settings.rounds > 1
    }

    /// The number of steps at which the student is looked at next.
    fn next_look(&self) -> usize {
        let next = |every: usize| (self.done() / every + 1) * every;
        let look = next(self.settings.steps.div_ceil(LOOKS));
        let round_end = self.rounds.steps(self.round.max(1)).end;
        look.min(round_end).min(self.settings.steps)
    }

    /// Adds a look at the validation split to a step after which there should be one; no other is under way then.
    async fn reported(&mut self, report: Option<StepReport>) -> Result<Option<TeachEvent>, EngineError> {
        let Some(report) = report else { return Ok(None) };
        let every = self.settings.steps.div_ceil(LOOKS);
        let is_round_end = (1..=self.rounds.count()).any(|round| self.rounds.steps(round).end == report.step);
        let validation =
            if report.step.is_multiple_of(every) || is_round_end { self.look().await? } else { None };
        Ok(Some(TeachEvent::Step { report: Box::new(report), validation }))
    }

    /// Measures the validation split, and keeps the student's state if it was never better.
    async fn look(&mut self) -> Result<Option<f64>, EngineError> {
        self.latest = self.validation.measure(self.trainer.lessons(), &self.student).await?;
        let Some(validation) = self.latest.filter(|_| self.settings.keep_best) else {
            return Ok(self.latest);
        };
        if self.best.as_ref().is_none_or(|best| validation > best.validation) {
            let (step, learned) = (self.done(), self.student.learned().await?);
            self.best = Some(Best { validation, step, learned });
        }
        Ok(self.latest)
    }

    /// Measures the samples as they stand and chooses those of the next round.
    async fn next_round(&mut self) -> Result<RoundReport, EngineError> {
        let helped = self.round_helped();
        self.round += 1;
        let figures = self.sample_figures().await?;
        let poor_before = self.rounds.reports().last().map_or(usize::MAX, |report| report.poor);
        let report = self.rounds.take(self.done(), figures, self.latest).clone();
        let poor = self.rounds.poor();
        let has_lessons = self.trainer.begin_round(self.round, self.settings.poor_only.then_some(&poor));
        // The end comes after the last round, when nothing is poor, and when a round was of no use.
        if self.settings.poor_only && self.round == 1 && !has_lessons {
            return Err(TrainError::NothingPoor { below: self.settings.poor_below }.into());
        }
        let is_over = self.round > self.rounds.count() || (self.settings.poor_only && poor.is_empty());
        self.has_ended = is_over || !has_lessons || !(helped || report.poor < poor_before);
        Ok(report)
    }

    /// Whether the validation split likes a state of the round that has just ended better than all before it.
    fn round_helped(&self) -> bool {
        let start = self.rounds.steps(self.round).start;
        self.best.as_ref().is_none_or(|best| best.step > start || self.round == 0)
    }

    /// pref-NDCG@10 of every sample with a useful candidate, by the list of the round.
    async fn sample_figures(&self) -> Result<Vec<(SampleId, f64)>, EngineError> {
        let lessons = self.trainer.lessons();
        let figures = self.samples.measure(lessons, &self.student).await?;
        let lists = lessons.plan.lists_of_round(self.round.min(self.rounds.count()));
        Ok(lists.into_iter().filter_map(|(sample, i)| Some((sample, *figures.get(i)?))).collect())
    }
}
