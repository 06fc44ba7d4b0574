//! Which trials an experiment consists of, and where each stands in its table and plot.
//!
//! Runs nothing. A trial that several places ask for is run once.

use super::{Experiment, Fault, Treatment};
use crate::train::{Method, Schedule, Share, TrainSettings};
use serde::Serialize;

/// Weight of the retention term where an experiment turns it on.
const RETENTION_WEIGHT: f64 = 0.1;
/// Rounds of the sample curriculum where an experiment turns it on.
const ROUNDS: usize = 2;

/// What a person chose.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    /// The experiment.
    pub experiment: Experiment,
    /// Seeds: each draws its own validation split, order of lessons, share or fault.
    pub seeds: Vec<u64>,
    /// Shares of the feedback that teach (efficiency, above 0) or are wrong (robustness), 0 to 1, ascending.
    pub shares: Vec<f64>,
    /// What all trials have in common: steps, queries in a step, what is trained.
    pub base: TrainSettings,
    /// Names of the collections, two at least for a transfer.
    pub collections: Vec<String>,
    /// Whether each of these has feedback to teach with.
    pub teaches: Vec<bool>,
}

impl Design {
    /// The shares unless told otherwise.
    pub fn default_shares(experiment: Experiment) -> Vec<f64> {
        match experiment {
            Experiment::Efficiency => vec![0.1, 0.3, 1.0],
            Experiment::Robustness => vec![0.0, 0.25, 0.5],
            Experiment::Ablation | Experiment::Sensitivity | Experiment::Transfer => Vec::new(),
        }
    }

    /// Says what is wrong with it, in words; none if it can be planned.
    pub fn fault(&self) -> Option<String> {
        let is_share = |share: &f64| match self.experiment {
            Experiment::Efficiency => *share > 0.0 && *share <= 1.0,
            _ => (0.0..=1.0).contains(share),
        };
        if self.seeds.is_empty() {
            return Some("an experiment needs one seed at least".to_owned());
        }
        if let Some(share) = self.shares.iter().find(|share| !is_share(share)) {
            return Some(format!("a share is a number from 0 to 1, and not {share}"));
        }
        let uses_shares = !Self::default_shares(self.experiment).is_empty();
        if uses_shares == self.shares.is_empty() {
            return Some(match uses_shares {
                true => format!("{} needs a share of the feedback", self.experiment.name()),
                false => format!("{} takes no shares", self.experiment.name()),
            });
        }
        if self.experiment == Experiment::Transfer && self.collections.len() < 2 {
            return Some("transfer needs a second collection".to_owned());
        }
        None
    }
}

/// Where on its axis a point lies.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum At {
    /// A share of the feedback.
    Share(f64),
    /// A variant by its name.
    Name(String),
}

impl At {
    /// Returns it in words.
    pub fn words(&self) -> String {
        match self {
            Self::Share(share) => format!("{} %", (share * 1000.0).round() / 10.0),
            Self::Name(name) => name.clone(),
        }
    }
}

/// One row of the table: an arm at a place of the axis, over all seeds.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The line of the plot, or the group of rows.
    pub arm: String,
    /// Where it lies.
    pub at: At,
    /// What is taught; the seed is that of the cell.
    pub settings: TrainSettings,
    /// What is done to the feedback.
    pub treatment: Treatment,
    /// The collection that teaches, by its place in the design.
    pub source: usize,
    /// The collection that it is judged on.
    pub judged_on: usize,
    /// The point that it is set against, by its place in the plan.
    pub reference: Option<usize>,
}

/// One trial: a teaching, judged on every collection of the design.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// The collection that teaches.
    pub source: usize,
    /// How, with the seed.
    pub settings: TrainSettings,
    /// On what.
    pub treatment: Treatment,
}

/// The points of an experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What was chosen.
    pub design: Design,
    /// The rows, in the order of the table.
    pub points: Vec<Point>,
}

impl Plan {
    /// Plans a design.
    pub fn new(design: Design) -> Self {
        let points = match design.experiment {
            Experiment::Efficiency => efficiency(&design),
            Experiment::Robustness => robustness(&design),
            Experiment::Ablation => ablation(&design.base),
            Experiment::Sensitivity => sensitivity(&design.base),
            Experiment::Transfer => transfer(&design),
        };
        Self { design, points }
    }

    /// The cell of a point and a seed.
    pub fn cell(&self, point: &Point, seed: u64) -> Cell {
        let settings = TrainSettings { seed, ..point.settings.clone() };
        Cell { source: point.source, settings, treatment: point.treatment }
    }

    /// Every trial once, seed after seed, so that a part of them is an experiment with fewer seeds.
    pub fn cells(&self) -> Vec<Cell> {
        let mut cells: Vec<Cell> = Vec::new();
        for &seed in &self.design.seeds {
            for point in &self.points {
                let cell = self.cell(point, seed);
                if !cells.contains(&cell) {
                    cells.push(cell);
                }
            }
        }
        cells
    }
}

fn method_name(method: Method) -> &'static str {
    match method {
        Method::ContrastAndOrder => "contrast and order",
        Method::Figret => "FiGRet",
        Method::Standard => "standard contrastive",
        Method::Preference => "preferences only",
        Method::Guidance => "guidance only",
    }
}

fn point(arm: &str, at: At, settings: TrainSettings) -> Point {
    let arm = arm.to_owned();
    Point { arm, at, settings, treatment: Treatment::AsItIs, source: 0, judged_on: 0, reference: None }
}

fn figret(base: &TrainSettings) -> TrainSettings {
    base.clone().of_method(Method::Figret)
}

/// Every method against standard contrastive fine-tuning with the same lines and steps.
fn efficiency(design: &Design) -> Vec<Point> {
    let methods =
        [Method::Standard, Method::Figret, Method::Preference, Method::Guidance, Method::ContrastAndOrder];
    let mut points = Vec::new();
    for (arm, method) in methods.into_iter().enumerate() {
        for (i, &share) in design.shares.iter().enumerate() {
            let settings = design.base.clone().of_method(method);
            let treatment = if share == 1.0 { Treatment::AsItIs } else { Treatment::Share(share) };
            let reference = (arm > 0).then_some(i);
            let point = point(method_name(method), At::Share(share), settings);
            points.push(Point { treatment, reference, ..point });
        }
    }
    points
}

/// Every fault against the feedback as it is; guidance teaches nothing but in FiGRet.
fn robustness(design: &Design) -> Vec<Point> {
    let arms = [
        (Method::Figret, Fault::SwappedPreferences),
        (Method::Figret, Fault::SwappedGuidance),
        (Method::Figret, Fault::WrongQueries),
        (Method::ContrastAndOrder, Fault::SwappedPreferences),
        (Method::ContrastAndOrder, Fault::WrongQueries),
    ];
    let mut points = Vec::new();
    for (method, fault) in arms {
        let arm = format!("{}, {}", method_name(method), fault.name());
        let first = points.len();
        for &share in &design.shares {
            let treatment = if share == 0.0 { Treatment::AsItIs } else { Treatment::Spoilt(fault, share) };
            let has_reference = share > 0.0 && design.shares.first() == Some(&0.0);
            let point = point(&arm, At::Share(share), design.base.clone().of_method(method));
            points.push(Point { treatment, reference: has_reference.then_some(first), ..point });
        }
    }
    points
}

/// FiGRet without each of its parts, and with those that are off by default.
fn ablation(base: &TrainSettings) -> Vec<Point> {
    let full = figret(base);
    let without = |objective: usize| {
        let mut objectives = full.objectives;
        objectives[objective] = false;
        TrainSettings { objectives, ..full.clone() }
    };
    let middle = (full.share.from + full.share.to) / 2.0;
    let constant = Share { from: middle, to: middle, ..full.share };
    let variants = [
        ("as it is", full.clone()),
        ("without relevance guidance", without(0)),
        ("without comprehensiveness guidance", without(1)),
        ("without purity guidance", without(2)),
        ("without the order of the list (KL)", TrainSettings { preference_weight: 0.0, ..full.clone() }),
        ("without task curriculum (share 0.5 throughout)", TrainSettings { share: constant, ..full.clone() }),
        ("with sample curriculum (2 rounds of poor samples)", with_rounds(&full)),
        ("with retention (weight 0.1)", TrainSettings { retention_weight: RETENTION_WEIGHT, ..full.clone() }),
    ];
    let point = |(i, (name, settings)): (usize, (&str, TrainSettings))| Point {
        reference: (i > 0).then_some(0),
        ..point("FiGRet", At::Name(name.to_owned()), settings)
    };
    variants.into_iter().enumerate().map(point).collect()
}

fn with_rounds(settings: &TrainSettings) -> TrainSettings {
    TrainSettings { rounds: ROUNDS, poor_only: true, ..settings.clone() }
}

/// One setting of FiGRet after the other, the default first in each group.
fn sensitivity(base: &TrainSettings) -> Vec<Point> {
    let full = figret(base);
    let rounds = with_rounds(&full);
    let below = |poor_below: f64| (poor_below.to_string(), TrainSettings { poor_below, ..rounds.clone() });
    let from =
        |from: f64| (from.to_string(), TrainSettings { share: Share { from, ..full.share }, ..full.clone() });
    let to = |to: f64| (to.to_string(), TrainSettings { share: Share { to, ..full.share }, ..full.clone() });
    let shape = |name: &str, schedule| {
        (name.to_owned(), TrainSettings { share: Share { schedule, ..full.share }, ..full.clone() })
    };
    let groups = [
        ("threshold of poor samples (2 rounds)", [0.7, 0.5, 0.9].map(below)),
        ("a0, share of preferences at first", [0.1, 0.0, 0.5].map(from)),
        ("a1, share of preferences at last", [0.9, 0.5, 1.0].map(to)),
        (
            "shape of the curriculum",
            [("linear", Schedule::Linear), ("step", Schedule::Step), ("paced", Schedule::Paced)]
                .map(|(name, schedule)| shape(name, schedule)),
        ),
    ];
    let mut points = Vec::new();
    for (group, variants) in groups {
        let first = points.len();
        for (i, (name, settings)) in variants.into_iter().enumerate() {
            let name = if i == 0 { format!("{name} (default)") } else { name };
            let reference = (i > 0).then_some(first);
            points.push(Point { reference, ..point(group, At::Name(name), settings) });
        }
    }
    points
}

/// The project's default and FiGRet, taught on each collection with feedback, judged on all.
fn transfer(design: &Design) -> Vec<Point> {
    let mut points = Vec::new();
    for method in [Method::ContrastAndOrder, Method::Figret] {
        for source in (0..design.collections.len()).filter(|&i| design.teaches.get(i) == Some(&true)) {
            let arm = format!("{}, taught on {}", method_name(method), design.collections[source]);
            for (judged_on, name) in design.collections.iter().enumerate() {
                let point = point(&arm, At::Name(format!("judged on {name}")), {
                    design.base.clone().of_method(method)
                });
                points.push(Point { source, judged_on, ..point });
            }
        }
    }
    points
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn design(experiment: Experiment) -> Design {
        Design {
            experiment,
            seeds: vec![0, 1, 2],
            shares: Design::default_shares(experiment),
            base: TrainSettings { steps: 40, ..TrainSettings::default() },
            collections: vec!["one".into(), "two".into()],
            teaches: vec![true, false],
        }
    }

    #[test]
    fn a_trial_that_two_places_ask_for_is_run_once() {
        // 5 arms at 3 places, the clean ones of 2 methods instead of 5.
        let plan = Plan::new(design(Experiment::Robustness));
        assert_eq!(plan.points.len(), 15);
        assert_eq!(plan.cells().len(), 3 * 12);
        // 12 variants; the default stands in three groups of four.
        let plan = Plan::new(design(Experiment::Sensitivity));
        assert_eq!((plan.points.len(), plan.cells().len()), (12, 3 * 10));
    }

    #[test]
    fn seeds_come_one_after_the_other() {
        let cells = Plan::new(design(Experiment::Efficiency)).cells();
        let seeds: Vec<u64> = cells.iter().map(|cell| cell.settings.seed).collect();
        assert_eq!(cells.len(), 45);
        assert!(seeds.is_sorted() && seeds[14] == 0 && seeds[15] == 1);
    }

    #[test]
    fn every_point_is_set_against_one_of_the_same_kind() {
        for experiment in Experiment::ALL {
            let plan = Plan::new(design(experiment));
            for (i, point) in plan.points.iter().enumerate() {
                let Some(reference) = point.reference else { continue };
                let reference = &plan.points[reference];
                assert_ne!(plan.points[i], *reference);
                match experiment {
                    Experiment::Efficiency => assert_eq!(point.at, reference.at),
                    _ => assert_eq!(point.arm, reference.arm),
                }
                assert_eq!(reference.reference, None);
            }
        }
    }

    #[test]
    fn every_plan_can_be_taught() {
        for experiment in Experiment::ALL {
            let plan = Plan::new(design(experiment));
            assert!(plan.design.fault().is_none());
            assert!(
                plan.cells().iter().all(|cell| cell.settings.check().is_ok() && cell.settings.steps == 40)
            );
        }
    }

    #[test]
    fn only_what_has_feedback_teaches() {
        let plan = Plan::new(design(Experiment::Transfer));
        let places: Vec<_> = plan.points.iter().map(|point| (point.source, point.judged_on)).collect();
        assert_eq!(places, [(0, 0), (0, 1), (0, 0), (0, 1)]);
        assert_eq!(plan.cells().len(), 6);
    }

    #[test]
    fn a_design_that_makes_no_sense_is_refused() {
        let refused = |design: Design| design.fault().is_some();
        let good = design(Experiment::Efficiency);
        assert!(refused(Design { seeds: vec![], ..good.clone() }));
        assert!(refused(Design { shares: vec![0.0, 1.0], ..good.clone() }));
        assert!(refused(Design { shares: vec![f64::NAN], ..good.clone() }));
        assert!(refused(Design { shares: vec![], ..good }));
        assert!(refused(Design { shares: vec![0.5], ..design(Experiment::Ablation) }));
        assert!(refused(Design { collections: vec!["one".into()], ..design(Experiment::Transfer) }));
    }
}
