//! The trials of an experiment by their keys: which are done, which are open.
//!
//! Runs none of them.

use super::{Cell, CellOutcome, Plan, Report, cell_key};
use crate::train::TrainError;
use std::collections::HashMap;

/// The trials of an experiment.
pub struct Trials {
    plan: Plan,
    keys: Vec<String>,
    cells: Vec<Cell>,
    done: HashMap<String, CellOutcome>,
}

impl Trials {
    /// Lists the trials of a plan; `digests` are those of the design's collections, `model` that of the model.
    ///
    /// # Errors
    /// [`TrainError::Setting`] if a trial's settings are out of range.
    pub fn new(plan: Plan, digests: &[String], model: &str) -> Result<Self, TrainError> {
        let cells = plan.cells();
        cells.iter().try_for_each(|cell| cell.settings.check())?;
        let keys = cells.iter().map(|cell| cell_key(cell, digests, model)).collect();
        Ok(Self { plan, keys, cells, done: HashMap::new() })
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Trials in all.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no trial.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Trials that are done.
    pub fn done(&self) -> usize {
        self.done.len()
    }

    /// Takes what a trial came to; returns whether it belongs to this experiment.
    pub fn take(&mut self, outcome: CellOutcome) -> bool {
        let is_known = self.keys.contains(&outcome.key);
        if is_known {
            self.done.insert(outcome.key.clone(), outcome);
        }
        is_known
    }

    /// Returns the trials that are not done, in the order in which they are to be run.
    pub fn open(&self) -> Vec<(String, Cell)> {
        let all = self.keys.iter().zip(&self.cells);
        let open = all.filter(|(key, _)| !self.done.contains_key(*key));
        open.map(|(key, cell)| (key.clone(), cell.clone())).collect()
    }

    /// Adds up what is done.
    pub fn report(&self) -> Report {
        Report::new(&self.plan, &self.keys, &self.done)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::super::plan::tests::design;
    use super::super::{Design, Experiment};
    use super::*;
    use crate::train::TrainSettings;

    fn outcome(key: &str) -> CellOutcome {
        serde_json::from_value(serde_json::json!({
            "key": key, "seed": 0, "steps": 1, "kept_step": 1, "preference_queries": 1, "guidance": [0, 0, 0],
            "validation_queries": 0, "validation": null, "judged": [], "failed": null
        }))
        .unwrap()
    }

    #[test]
    fn what_is_done_is_not_run_again_and_strangers_are_not_taken() {
        let mut trials = Trials::new(Plan::new(design(Experiment::Ablation)), &["a".into()], "m").unwrap();
        let open = trials.open();
        assert_eq!((open.len(), trials.len(), trials.done()), (24, 24, 0));
        assert!(trials.take(outcome(&open[3].0)));
        assert!(!trials.take(outcome("stranger")));
        assert_eq!((trials.open().len(), trials.done(), trials.report().done), (23, 1, 1));
        assert!(trials.open().iter().all(|(key, _)| *key != open[3].0));
    }

    #[test]
    fn experiments_share_the_trials_that_they_have_in_common() {
        let keys = |experiment| -> Vec<String> {
            let trials = Trials::new(Plan::new(design(experiment)), &["a".into()], "m").unwrap();
            trials.open().into_iter().map(|(key, _)| key).collect()
        };
        let (efficiency, robustness) = (keys(Experiment::Efficiency), keys(Experiment::Robustness));
        // FiGRet and the default on all of the feedback, by three seeds.
        assert_eq!(robustness.iter().filter(|key| efficiency.contains(key)).count(), 6);
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let base = TrainSettings { steps: 1, ..TrainSettings::default() };
        let design = Design { base, ..design(Experiment::Sensitivity) };
        assert!(Trials::new(Plan::new(design), &[], "m").is_err(), "two rounds need two steps");
    }
}
