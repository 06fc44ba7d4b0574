//! What one trial came to, small enough to be kept by the hundred.

use serde::{Deserialize, Serialize};

/// What one trial came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellOutcome {
    /// What it is known by.
    pub key: String,
    /// Its seed.
    pub seed: u64,
    /// Steps that were done.
    pub steps: usize,
    /// The step whose state was kept; 0 if nothing was better than the base model.
    pub kept_step: usize,
    /// Feedback queries that preference lessons came from.
    pub preference_queries: usize,
    /// Guidance lessons: relevance, comprehensiveness, purity.
    pub guidance: [usize; 3],
    /// Feedback queries that were kept for validation.
    pub validation_queries: usize,
    /// nDCG@10 on these by the LLM's gains, before and after; none without them.
    pub validation: Option<[f64; 2]>,
    /// Its figures, in the order of the design's collections; none if it could not be taught.
    pub judged: Vec<JudgedOutcome>,
    /// Why it could not be taught.
    pub failed: Option<String>,
}

/// Figures on the judged queries of one collection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgedOutcome {
    /// nDCG@10 before.
    pub before: f64,
    /// nDCG@10 after.
    pub after: f64,
    /// Two-sided p of the paired randomisation test.
    pub p: f64,
    /// Every judged query's change, in the order of their ids, rounded to six digits.
    pub changes: Vec<f64>,
}

impl JudgedOutcome {
    /// Mean change of nDCG@10.
    pub fn change(&self) -> f64 {
        self.after - self.before
    }
}
