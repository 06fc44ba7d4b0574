//! Experiments about the method: what is tried, on what part of the feedback, and what the trials add up to.
//!
//! Plans, spoils, summarises and draws. Teaches nothing and measures nothing itself: that is the engine's work.

mod chart;
mod drawing;
mod key;
mod lines_chart;
mod outcome;
mod plan;
mod report;
mod rows_chart;
mod share;
mod spoil;
mod table;
mod trials;

pub use chart::chart;
pub use drawing::{Drawing, Shape};
use key::cell_key;
pub use key::collection_digest;
pub use outcome::{CellOutcome, JudgedOutcome};
pub use plan::{At, Cell, Design, Plan, Point};
pub use report::{Against, Report, Row, Spread};
pub use share::keep_share;
pub use spoil::{Fault, spoil};
pub use table::{Table, table};
pub use trials::Trials;

use crate::data::Feedback;

/// A question about the method that the paper leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Experiment {
    /// How much feedback each method needs.
    Efficiency,
    /// What wrong feedback does.
    Robustness,
    /// What each part of the method is good for.
    Ablation,
    /// How much its settings matter.
    Sensitivity,
    /// Whether what was taught on one collection helps on another.
    Transfer,
}

impl Experiment {
    /// All experiments.
    pub const ALL: [Self; 5] =
        [Self::Efficiency, Self::Robustness, Self::Ablation, Self::Sensitivity, Self::Transfer];

    /// Returns its name on the command line and on the page.
    pub fn name(self) -> &'static str {
        match self {
            Self::Efficiency => "efficiency",
            Self::Robustness => "robustness",
            Self::Ablation => "ablation",
            Self::Sensitivity => "sensitivity",
            Self::Transfer => "transfer",
        }
    }

    /// Finds an experiment by its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|experiment| experiment.name() == name)
    }

    /// Returns what it asks, in words.
    pub fn question(self) -> &'static str {
        match self {
            Self::Efficiency => "How much feedback does each method need?",
            Self::Robustness => "What does wrong feedback do?",
            Self::Ablation => "What is each part of the method good for?",
            Self::Sensitivity => "How much do the settings matter?",
            Self::Transfer => "Does what was taught on one collection help on another?",
        }
    }
}

/// What is done to the feedback before it teaches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Treatment {
    /// Nothing.
    AsItIs,
    /// A share of its queries is kept, above 0 to 1.
    Share(f64),
    /// A share of it, 0 to 1, is made wrong.
    Spoilt(Fault, f64),
}

impl Treatment {
    /// Returns the treated feedback, drawn by `seed`.
    pub fn apply(self, feedback: &Feedback, seed: u64) -> Feedback {
        match self {
            Self::AsItIs => feedback.clone(),
            Self::Share(share) => keep_share(feedback, share, seed),
            Self::Spoilt(fault, share) => spoil(feedback, fault, share, seed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn experiments_are_found_by_name() {
        for experiment in Experiment::ALL {
            assert_eq!(Experiment::from_name(experiment.name()), Some(experiment));
        }
        assert_eq!(Experiment::from_name("Efficiency"), None);
    }
}
