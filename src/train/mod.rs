//! FiGRet's teaching: lessons from the LLM's feedback, a curriculum over them, losses and steps.
//!
//! Says which texts a query should prefer; the gradient of that and the steps along it are the work of `ops` and
//! `encoder`. Never sees the judgements.

mod batches;
mod lessons;
mod schedule;
mod student;
mod trainer;
mod validation;

pub use lessons::{GuidanceLesson, LessonPlan, LessonTexts, Lessons, PreferenceLesson};
pub use schedule::{LearningRate, Schedule, Share};
pub use student::Student;
pub use trainer::{Example, StepReport, Trainer};
pub use validation::Validation;

use crate::encoder::{EncoderError, LoraConfig};

/// How to teach. Defaults marked \[C\] are this project's choice, \[P\] the paper's.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainSettings {
    /// The adapter's rank, scale and place \[C\].
    pub lora: LoraConfig,
    /// Optimiser steps \[C\].
    pub steps: usize,
    /// Queries in a step \[C\].
    pub batch_queries: usize,
    /// Peak learning rate \[C\].
    pub learning_rate: f64,
    /// AdamW's decoupled weight decay \[C\].
    pub weight_decay: f64,
    /// Limit of the gradient's norm \[C\].
    pub max_grad_norm: f64,
    /// Task curriculum: the share of preference data grows \[P\]; its values are chosen \[C\].
    pub share: Share,
    /// Weight of the contrastive term on preference data \[C\].
    pub contrastive_weight: f64,
    /// Weight of the KL term on preference data \[C\].
    pub preference_weight: f64,
    /// Temperature of the gains in the preference target \[C\].
    pub beta: f64,
    /// Temperature of the scores in every loss \[C\].
    pub gamma: f64,
    /// Which guidance to use: relevance, comprehensiveness, purity.
    pub objectives: [bool; 3],
    /// Share of the feedback queries kept for validation \[C\].
    pub validation_share: f64,
    /// Seed of the initial adapter, of the validation split and of the order of the lessons.
    pub seed: u64,
}

impl Default for TrainSettings {
    fn default() -> Self {
        Self {
            lora: LoraConfig { rank: 8, alpha: 16.0, targets: crate::encoder::Targets::QueryValue },
            steps: 200,
            batch_queries: 16,
            learning_rate: 3e-4,
            weight_decay: 0.01,
            max_grad_norm: 1.0,
            share: Share { from: 0.1, to: 0.9, schedule: Schedule::Linear },
            contrastive_weight: 1.0,
            preference_weight: 0.3,
            beta: 1.0,
            gamma: 0.05,
            objectives: [true; 3],
            validation_share: 0.1,
            seed: 0,
        }
    }
}

impl TrainSettings {
    /// Checks that every value lies where teaching makes sense.
    ///
    /// # Errors
    /// [`TrainError::Setting`] naming the first value that does not.
    pub fn check(&self) -> Result<(), TrainError> {
        let bad = |name, rule| Err(TrainError::Setting { name, rule });
        let positive = |x: f64| x.is_finite() && x > 0.0;
        let share = |x: f64| (0.0..=1.0).contains(&x);
        if !(1..=64).contains(&self.lora.rank) {
            return bad("rank", "1 to 64");
        }
        if !positive(self.lora.alpha.into()) {
            return bad("alpha", "above 0");
        }
        if self.steps == 0 {
            return bad("steps", "at least 1");
        }
        if self.batch_queries == 0 {
            return bad("queries in a step", "at least 1");
        }
        if !positive(self.max_grad_norm) {
            return bad("limit of the gradient's norm", "above 0");
        }
        if !positive(self.learning_rate) || self.learning_rate > 0.1 {
            return bad("learning rate", "above 0 and at most 0.1");
        }
        if !positive(self.beta) || !positive(self.gamma) {
            return bad("temperature", "above 0");
        }
        if !share(self.share.from) || !share(self.share.to) {
            return bad("share of preference data", "0 to 1");
        }
        if !(0.0..=0.5).contains(&self.validation_share) {
            return bad("validation share", "0 to 0.5");
        }
        let weight = |x: f64| x.is_finite() && x >= 0.0;
        if !weight(self.contrastive_weight) || !weight(self.preference_weight) || !weight(self.weight_decay) {
            return bad("weight", "0 or more");
        }
        if self.contrastive_weight + self.preference_weight == 0.0 {
            return bad("weights of the preference data", "not all 0");
        }
        Ok(())
    }
}

/// Why teaching cannot begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A setting is out of its range.
    #[error("{name} must be {rule}")]
    Setting {
        /// Which setting.
        name: &'static str,
        /// Its range in words.
        rule: &'static str,
    },
    /// The feedback holds nothing that these settings would teach.
    #[error("the feedback holds no lesson: every list is without a useful candidate and no guidance is used")]
    NothingToTeach,
    /// A lesson refers to a text that was not embedded.
    #[error("a lesson's text has no vector")]
    MissingVector,
    /// The loss is not a number; the adapter is as it was before the step.
    #[error("the loss of step {step} is not finite; lower the learning rate")]
    LossNotFinite {
        /// Step, from 1.
        step: usize,
    },
    /// A step may hold a list that the GPU's kernel has no room for.
    #[error(
        "a list of {length} texts is too long for the GPU, which takes {limit}; take fewer queries in a step or teach on the CPU"
    )]
    ListTooLong {
        /// Texts on the longest list.
        length: usize,
        /// Most that the kernel takes.
        limit: usize,
    },
    /// The encoder failed.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
}

impl TrainError {
    /// Names the step, which only the trainer knows.
    fn at_step(self, step: usize) -> Self {
        match self {
            Self::LossNotFinite { .. } => Self::LossNotFinite { step },
            other => other,
        }
    }
}
