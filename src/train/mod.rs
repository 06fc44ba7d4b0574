//! FiGRet's teaching: lessons from the LLM's feedback, a curriculum over them, losses and steps.
//!
//! Says which texts a query should prefer; the gradient of that and the steps along it are the work of `ops` and
//! `encoder`. Never sees the judgements.

mod batches;
mod closed_lists;
mod held_out;
mod lessons;
mod rounds;
mod schedule;
mod student;
mod trainer;

pub use closed_lists::{ClosedLists, mean};
pub use held_out::HeldOut;
pub use lessons::{
    GuidanceLesson, LessonPlan, LessonTexts, Lessons, PreferenceLesson, Sample, SampleId, VectorRow,
};
pub use rounds::{RoundReport, Rounds, Standing};
pub use schedule::{LearningRate, Schedule, Share};
pub use student::Student;
pub use trainer::{Example, StepReport, Trainer, TrainerState};

use crate::encoder::{EncoderError, LoraConfig, Scope, Targets};

/// pref-NDCG@10 under which a sample is poor, unless told otherwise \[C\].
pub const POOR_BELOW: f64 = 0.7;

/// What kind of feedback teaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Preferences: the best candidate against the other queries' best candidates, and a tenth of the order of the list.
    ContrastAndOrder,
    /// Guidance and preferences under the curriculum (arXiv 2411.03957).
    Figret,
    /// The LLM's best candidate against the other queries' best candidates: contrastive fine-tuning as usual.
    Standard,
    /// The order of each closed list alone.
    Preference,
    /// Guidance alone.
    Guidance,
}

impl Method {
    /// All methods.
    pub const ALL: [Self; 5] =
        [Self::ContrastAndOrder, Self::Figret, Self::Standard, Self::Preference, Self::Guidance];

    /// Returns its name on the command line and on the page.
    pub fn name(self) -> &'static str {
        match self {
            Self::ContrastAndOrder => "contrast-and-order",
            Self::Figret => "figret",
            Self::Standard => "standard",
            Self::Preference => "preference",
            Self::Guidance => "guidance",
        }
    }
}

/// Which texts move while the encoder is taught.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Towers {
    /// Queries alone; passages keep the base model's vectors, and an index that exists stays valid.
    #[default]
    Query,
    /// Queries and passages; the corpus is embedded again afterwards.
    Both,
}

impl Towers {
    /// Returns its name in files and on the page.
    pub fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Both => "both",
        }
    }

    /// Finds towers by their name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Query, Self::Both].into_iter().find(|towers| towers.name() == name)
    }
}

/// How to teach. Defaults marked \[C\] are this project's choice, \[P\] the paper's.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainSettings {
    /// Which texts move \[C\].
    pub towers: Towers,
    /// What of the encoder is trained \[C\].
    pub scope: Scope,
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
    /// Whether a best candidate of gain 1 or 2 counts a third or two thirds in the contrastive term \[C\].
    pub weigh_by_gain: bool,
    /// Whether the batch's other guidance lends its better texts as negatives \[C\].
    pub guidance_in_batch: bool,
    /// Weight of the retention term over passages of the corpus; 0 turns it off \[C\].
    pub retention_weight: f64,
    /// Passages in a step that the retention term looks at \[C\].
    pub retention_passages: usize,
    /// Which guidance to use: relevance, comprehensiveness, purity.
    pub objectives: [bool; 3],
    /// Sample curriculum: the steps are cut into so many rounds \[P\]; how many is chosen \[C\].
    pub rounds: usize,
    /// Whether a round teaches its poor samples only \[P\], or all of them.
    pub poor_only: bool,
    /// pref-NDCG@10 under which a sample is poor \[C\].
    pub poor_below: f64,
    /// Share of the feedback queries kept for validation \[C\].
    pub validation_share: f64,
    /// Whether the state that was best on the validation queries is kept, instead of the last \[C\].
    pub keep_best: bool,
    /// Memory for what a pass keeps, in MiB; a larger batch goes through in pieces, with the same result.
    pub pass_memory_mib: usize,
    /// Seed of the initial adapter, of the validation split and of the order of the lessons.
    pub seed: u64,
}

/// The adapter unless told otherwise \[C\].
pub const DEFAULT_LORA: LoraConfig = LoraConfig { rank: 8, alpha: 16.0, targets: Targets::QueryValue };
/// Peak learning rate of an adapter unless told otherwise \[C\].
const ADAPTER_LEARNING_RATE: f64 = 3e-4;
/// Peak learning rate of whole weights unless told otherwise \[C\].
const WEIGHTS_LEARNING_RATE: f64 = 5e-5;

impl Default for TrainSettings {
    fn default() -> Self {
        Self {
            towers: Towers::Query,
            scope: Scope::Adapter(DEFAULT_LORA),
            steps: 200,
            batch_queries: 16,
            learning_rate: ADAPTER_LEARNING_RATE,
            weight_decay: 0.01,
            max_grad_norm: 1.0,
            share: Share { from: 1.0, to: 1.0, schedule: Schedule::Linear },
            contrastive_weight: 1.0,
            preference_weight: 0.1,
            beta: 1.0,
            gamma: 0.05,
            weigh_by_gain: false,
            guidance_in_batch: true,
            retention_weight: 0.0,
            retention_passages: 2,
            objectives: [true; 3],
            rounds: 1,
            poor_only: false,
            poor_below: POOR_BELOW,
            validation_share: 0.2,
            keep_best: true,
            pass_memory_mib: 192,
            seed: 0,
        }
    }
}

impl TrainSettings {
    /// Returns the same settings with the shares and weights that make up a method.
    #[must_use]
    pub fn of_method(self, method: Method) -> Self {
        let (from, to, contrastive_weight, preference_weight) = match method {
            Method::ContrastAndOrder => (1.0, 1.0, 1.0, 0.1),
            Method::Figret => (0.1, 0.9, 1.0, 0.3),
            Method::Standard => (1.0, 1.0, 1.0, 0.0),
            Method::Preference => (1.0, 1.0, 0.0, 1.0),
            Method::Guidance => (0.0, 0.0, 1.0, 0.1),
        };
        Self { share: Share { from, to, ..self.share }, contrastive_weight, preference_weight, ..self }
    }

    /// Returns the same settings for another scope, with the learning rate that goes with it.
    #[must_use]
    pub fn of_scope(self, scope: Scope) -> Self {
        let learning_rate = match scope {
            Scope::Adapter(_) => ADAPTER_LEARNING_RATE,
            Scope::Layers | Scope::All => WEIGHTS_LEARNING_RATE,
        };
        Self { scope, learning_rate, ..self }
    }

    /// Finds the method whose shares and weights these are; none if they are of a person's own.
    pub fn method(&self) -> Option<Method> {
        Method::ALL.into_iter().find(|&method| self.clone().of_method(method) == *self)
    }

    /// Memory for what a pass keeps.
    pub(crate) fn pass_memory_bytes(&self) -> usize {
        self.pass_memory_mib << 20
    }

    /// Checks that every value lies where teaching makes sense.
    ///
    /// # Errors
    /// [`TrainError::Setting`] naming the first value that does not.
    pub fn check(&self) -> Result<(), TrainError> {
        let bad = |name, rule| Err(TrainError::Setting { name, rule });
        let positive = |x: f64| x.is_finite() && x > 0.0;
        let share = |x: f64| (0.0..=1.0).contains(&x);
        if let Scope::Adapter(lora) = self.scope {
            if !(1..=64).contains(&lora.rank) {
                return bad("rank", "1 to 64");
            }
            if !positive(lora.alpha.into()) {
                return bad("alpha", "above 0");
            }
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
        let weights =
            [self.contrastive_weight, self.preference_weight, self.retention_weight, self.weight_decay];
        if !weights.iter().all(|x| x.is_finite() && *x >= 0.0) {
            return bad("weight", "0 or more");
        }
        if self.rounds == 0 || self.rounds > self.steps {
            return bad("rounds", "at least 1 and no more than the steps");
        }
        if !(16..=65_536).contains(&self.pass_memory_mib) {
            return bad("memory of a pass", "16 to 65536 MiB");
        }
        if !share(self.poor_below) {
            return bad("pref-NDCG under which a sample is poor", "0 to 1");
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
    /// Rounds that look at poor samples only have none to look at.
    #[error("no sample is under pref-NDCG@10 {below}, so rounds of poor samples have nothing to teach")]
    NothingPoor {
        /// The threshold.
        below: f64,
    },
    /// A lesson refers to a text that was not embedded.
    #[error("a lesson's text has no vector")]
    MissingVector,
    /// A checkpoint does not belong to this teaching.
    #[error("the checkpoint does not fit: {0}; begin the teaching anew")]
    Checkpoint(&'static str),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_first_method() {
        let default = TrainSettings::default();
        assert_eq!(default.clone().of_method(Method::ALL[0]), default);
    }

    #[test]
    fn a_method_is_known_by_its_shares_and_weights() {
        for method in Method::ALL {
            let settings = TrainSettings { steps: 7, ..TrainSettings::default() }.of_method(method);
            assert_eq!(settings.method(), Some(method));
            assert_eq!(TrainSettings { contrastive_weight: 0.77, ..settings }.method(), None);
        }
    }
}
