//! What the trials add up to: one row a point, over its seeds, and set against the point that it varies.
//!
//! Figures only; words and pictures are made of it elsewhere.

use super::{At, CellOutcome, JudgedOutcome, Plan, Point};
use crate::eval;
use serde::Serialize;
use std::collections::HashMap;

/// An experiment as far as it has come.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The experiment's name.
    pub experiment: &'static str,
    /// What it asks.
    pub question: &'static str,
    /// Names of the collections.
    pub collections: Vec<String>,
    /// Judged queries of each, as far as known.
    pub judged_queries: Vec<usize>,
    /// nDCG@10 of the base model on each, as far as known.
    pub before: Vec<f64>,
    /// The seeds.
    pub seeds: Vec<u64>,
    /// Steps of every teaching.
    pub steps: usize,
    /// Queries in a step.
    pub batch_queries: usize,
    /// Trials done.
    pub done: usize,
    /// Trials in all.
    pub cells: usize,
    /// The rows, in the order of the plan.
    pub rows: Vec<Row>,
}

/// One point over its seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The line of the plot, or the group of rows.
    pub arm: String,
    /// Where it lies.
    pub at: At,
    /// Seeds that are there, in their order.
    pub seeds: Vec<u64>,
    /// Change of nDCG@10 by seed.
    pub changes: Vec<f64>,
    /// Two-sided p of the paired randomisation test by seed.
    pub p: Vec<f64>,
    /// Change of nDCG@10 over the seeds; none without one.
    pub change: Option<Spread>,
    /// Change of the validation figure over the seeds; none without validation queries.
    pub validation: Option<Spread>,
    /// Seeds in which no state was better than the base model by the validation figure, so that it was kept.
    pub kept_base: usize,
    /// Queries with preference lessons, and guidance lessons, on average over the seeds.
    pub lessons: Option<[f64; 2]>,
    /// Why seeds could not be taught.
    pub failed: Vec<String>,
    /// The row that it is set against; none for those that others are set against.
    pub against: Option<Against>,
}

/// Mean and range over seeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Smallest.
    pub min: f64,
    /// Largest.
    pub max: f64,
}

impl Spread {
    /// Spreads values; none of none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let min = values.iter().copied().reduce(f64::min)?;
        let max = values.iter().copied().reduce(f64::max)?;
        Some(Self { mean: values.iter().sum::<f64>() / values.len() as f64, min, max })
    }
}

/// A row against another: every query's change averaged over the seeds that both have, then compared query by query.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Against {
    /// The other row.
    pub name: String,
    /// Mean difference of nDCG@10, this minus the other.
    pub difference: f64,
    /// 95 % bootstrap interval of it, over queries.
    pub interval: [f64; 2],
    /// Two-sided p of the paired randomisation test over queries.
    pub p: f64,
    /// Seeds that both have.
    pub seeds: usize,
}

impl Report {
    /// Adds up the trials that are there; `keys` are those of [`Plan::cells`], in their order.
    pub fn new(plan: &Plan, keys: &[String], outcomes: &HashMap<String, CellOutcome>) -> Self {
        let design = &plan.design;
        let cells = plan.cells();
        let outcome = |point: &Point, seed: u64| {
            let cell = plan.cell(point, seed);
            let place = cells.iter().position(|other| *other == cell)?;
            outcomes.get(keys.get(place)?)
        };
        let of_point = |point: &Point| -> Vec<&CellOutcome> {
            design.seeds.iter().filter_map(|&seed| outcome(point, seed)).collect()
        };
        let row = |point: &Point| {
            let found = of_point(point);
            let against = point.reference.and_then(|i| plan.points.get(i));
            let against = against.and_then(|other| Against::new([point, other], [&found, &of_point(other)]));
            Row { against, ..Row::new(point, &found) }
        };
        let judged = keys.iter().find_map(|key| outcomes.get(key).filter(|found| found.failed.is_none()));
        let judged = judged.map(|found| found.judged.as_slice()).unwrap_or_default();
        Self {
            experiment: design.experiment.name(),
            question: design.experiment.question(),
            collections: design.collections.clone(),
            judged_queries: judged.iter().map(|judged| judged.changes.len()).collect(),
            before: judged.iter().map(|judged| judged.before).collect(),
            seeds: design.seeds.clone(),
            steps: design.base.steps,
            batch_queries: design.base.batch_queries,
            done: keys.iter().filter(|key| outcomes.contains_key(*key)).count(),
            cells: cells.len(),
            rows: plan.points.iter().map(row).collect(),
        }
    }
}

impl Row {
    fn new(point: &Point, found: &[&CellOutcome]) -> Self {
        let judged: Vec<(&CellOutcome, &JudgedOutcome)> =
            found.iter().filter_map(|cell| Some((*cell, cell.judged.get(point.judged_on)?))).collect();
        let changes: Vec<f64> = judged.iter().map(|(_, judged)| judged.change()).collect();
        let looks = judged.iter().filter_map(|(cell, _)| cell.validation);
        let validation: Vec<f64> = looks.map(|[before, after]| after - before).collect();
        let lessons = |count: fn(&CellOutcome) -> usize| {
            let counts: Vec<f64> = judged.iter().map(|(cell, _)| count(cell) as f64).collect();
            Spread::of(&counts).map(|spread| spread.mean)
        };
        let preferences = lessons(|cell| cell.preference_queries);
        let guidance = lessons(|cell| cell.guidance.iter().sum());
        Self {
            arm: point.arm.clone(),
            at: point.at.clone(),
            seeds: judged.iter().map(|(cell, _)| cell.seed).collect(),
            p: judged.iter().map(|(_, judged)| judged.p).collect(),
            change: Spread::of(&changes),
            changes,
            validation: Spread::of(&validation),
            kept_base: judged.iter().filter(|(cell, _)| cell.kept_step == 0).count(),
            lessons: preferences.zip(guidance).map(|(preferences, guidance)| [preferences, guidance]),
            failed: found.iter().filter_map(|cell| cell.failed.clone()).collect(),
            against: None,
        }
    }
}

impl Against {
    fn new(points: [&Point; 2], found: [&[&CellOutcome]; 2]) -> Option<Self> {
        let [point, other] = points;
        let changes = |cells: &[&CellOutcome], judged_on: usize, seed: u64| {
            let cell = cells.iter().find(|cell| cell.seed == seed)?;
            Some(cell.judged.get(judged_on)?.changes.clone())
        };
        let mut sums: Option<[Vec<f64>; 2]> = None;
        let mut seeds = 0;
        for seed in found[0].iter().map(|cell| cell.seed) {
            let own = changes(found[0], point.judged_on, seed);
            let Some((own, others)) = own.zip(changes(found[1], other.judged_on, seed)) else { continue };
            let [sum, other_sum] =
                sums.get_or_insert_with(|| [vec![0.0; own.len()], vec![0.0; others.len()]]);
            sum.iter_mut().zip(&own).for_each(|(sum, change)| *sum += change);
            other_sum.iter_mut().zip(&others).for_each(|(sum, change)| *sum += change);
            seeds += 1;
        }
        let means = sums?.map(|sums| sums.iter().map(|sum| sum / f64::from(seeds)).collect::<Vec<f64>>());
        let compared = eval::compare(&means[1], &means[0], 0).ok()?;
        let name = if other.arm == point.arm { other.at.words() } else { other.arm.clone() };
        Some(Self {
            name,
            difference: compared.mean_change,
            interval: compared.bca_interval,
            p: compared.p.value,
            seeds: seeds as usize,
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::plan::tests::design;
    use super::super::{Cell, Experiment};
    use super::*;
    use crate::train::Method;

    fn outcome(key: &str, cell: &Cell, change: f64, kept_step: usize) -> CellOutcome {
        let judged = JudgedOutcome { before: 0.5, after: 0.5 + change, p: 0.03, changes: vec![change; 8] };
        CellOutcome {
            key: key.to_owned(),
            seed: cell.settings.seed,
            steps: 40,
            kept_step,
            preference_queries: 10,
            guidance: [1, 2, 3],
            validation_queries: 5,
            validation: Some([0.6, 0.6 + change]),
            judged: vec![judged],
            failed: None,
        }
    }

    /// FiGRet gains a hundredth more with each seed, everything else stays; `of` says which trials are there.
    pub(crate) fn report(experiment: Experiment, of: impl Fn(&Cell) -> bool) -> Report {
        let plan =
            Plan::new(super::super::Design { collections: vec!["<one>".into()], ..design(experiment) });
        let cells = plan.cells();
        let keys: Vec<String> = (0..cells.len()).map(|i| format!("key {i}")).collect();
        let outcomes = keys.iter().zip(&cells).filter(|(_, cell)| of(cell)).map(|(key, cell)| {
            let is_figret = cell.settings.method() == Some(Method::Figret);
            let change = if is_figret { 0.01 * (cell.settings.seed + 1) as f64 } else { 0.0 };
            (key.clone(), outcome(key, cell, change, usize::from(is_figret)))
        });
        Report::new(&plan, &keys, &outcomes.collect())
    }

    #[test]
    fn a_row_has_mean_and_range_of_its_seeds() {
        let report = report(Experiment::Efficiency, |_| true);
        assert_eq!((report.done, report.cells, report.judged_queries.as_slice()), (45, 45, &[8][..]));
        let figret = &report.rows[3];
        assert_eq!((figret.arm.as_str(), &figret.at), ("FiGRet", &At::Share(0.1)));
        let change = figret.change.unwrap_or(Spread { mean: 0.0, min: 0.0, max: 0.0 });
        assert!((change.mean - 0.02).abs() < 1e-12 && (change.min - 0.01).abs() < 1e-12);
        assert!((change.max - 0.03).abs() < 1e-12);
        assert_eq!((figret.kept_base, report.rows[0].kept_base), (0, 3));
        assert_eq!(figret.lessons, Some([10.0, 6.0]));
    }

    #[test]
    fn a_row_is_set_against_its_reference_query_by_query() {
        let report = report(Experiment::Efficiency, |_| true);
        assert!(report.rows[..3].iter().all(|row| row.against.is_none()));
        let against = report.rows[3].against.clone();
        let against = against.map(|a| (a.name, (a.difference * 1e6).round(), a.seeds, a.p));
        // All of 8 queries rise by the same: 2 of 256 patterns of signs.
        assert_eq!(against, Some(("standard contrastive".to_owned(), 20_000.0, 3, 2.0 / 256.0)));
    }

    #[test]
    fn seeds_that_are_not_there_yet_are_not_counted() {
        let report = report(Experiment::Efficiency, |cell| {
            cell.settings.seed == 0 || cell.settings.method() == Some(Method::Figret)
        });
        assert_eq!(report.rows[0].seeds, [0]);
        assert_eq!(report.rows[3].seeds, [0, 1, 2]);
        let against = report.rows[3].against.as_ref().map(|a| (a.seeds, (a.difference * 1e6).round()));
        assert_eq!(against, Some((1, 10_000.0)), "seed 0 alone is there on both sides");
        assert_eq!(report.done, 15 + 2 * 3);
    }

    #[test]
    fn nothing_done_is_a_report_without_figures() {
        let report = report(Experiment::Ablation, |_| false);
        assert_eq!((report.done, report.rows.len()), (0, 8));
        assert!(report.rows.iter().all(|row| row.change.is_none() && row.against.is_none()));
        assert!(report.before.is_empty());
    }
}
