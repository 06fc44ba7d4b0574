//! Experiments as the page sees them: trial after trial, each handed out to be kept as soon as it is done.

use super::failure::{Stop, failure};
use super::protocol::{
    AttributeInfo, DrawingInfo, ExperimentReport, ExperimentWishes, Progress, Reply, ShapeInfo, TableRow,
    TextFile,
};
use super::session::{Session, seconds_since};
use super::worker::Caller;
use crate::engine::{Bench, EngineError, Tower};
use crate::experiment::{CellOutcome, Design, Drawing, Experiment, Plan, Shape, Trials, chart, table};
use crate::train::TrainSettings;

impl Session {
    /// Plans an experiment on the open collection, and runs what is missing of it if it is to be run.
    pub(super) async fn experiment(&self, caller: &Caller, wishes: ExperimentWishes) -> Result<Reply, Stop> {
        self.measure(caller, Tower::Baseline).await?;
        let bench = self.engine()?.bench()?;
        let mut trials = self.trials(&bench, &wishes)?;
        if wishes.run {
            self.embed_written(caller).await?;
            self.run_trials(caller, bench, &mut trials).await?;
        }
        Ok(Reply::Experiment(report(&trials)?))
    }

    /// The trials of an experiment, those that are kept taken in.
    fn trials(&self, bench: &Bench, wishes: &ExperimentWishes) -> Result<Trials, Stop> {
        let model = self.engine()?.model_digest();
        let plan = Plan::new(design(bench, wishes)?);
        let trials = Trials::new(plan, &[bench.digest()], &model);
        let mut trials = trials.map_err(EngineError::from)?;
        for text in &wishes.kept {
            if let Ok(outcome) = serde_json::from_str::<CellOutcome>(text) {
                trials.take(outcome);
            }
        }
        Ok(trials)
    }

    /// The texts that the LLM wrote, once for all trials.
    async fn embed_written(&self, caller: &Caller) -> Result<(), Stop> {
        let mut job = self.engine()?.embedding_written()?;
        while !job.is_done() {
            job.advance().await?;
            caller.progress(Progress::Embedding {
                what: "feedback texts".to_owned(),
                done: job.done() as u32,
                total: job.total() as u32,
            });
            caller.breathe().await?;
        }
        Ok(self.engine()?.take_written(job)?)
    }

    /// Runs trials until none is left or the person stops; the one under way is given up then.
    async fn run_trials(&self, caller: &Caller, bench: Bench, trials: &mut Trials) -> Result<(), Stop> {
        let (start, benches) = (js_sys::Date::now(), [bench]);
        let open = trials.open();
        for (i, (key, cell)) in open.iter().enumerate() {
            let mut job = self.engine()?.trial(cell, key.clone(), &benches)?;
            let per_trial = (i > 0).then(|| seconds_since(start) / i as f64);
            let mut shown = None;
            while job.advance().await? {
                let step = job.steps_done();
                if shown.replace(step) != Some(step) {
                    let share = step as f64 / job.steps() as f64;
                    let seconds_left = per_trial.map(|seconds| seconds * ((open.len() - i) as f64 - share));
                    let (step, steps) = (step as u32, job.steps() as u32);
                    caller.progress(Progress::Trialing { step, steps, seconds_left });
                }
                caller.breathe().await?;
                if caller.is_stopped() {
                    return Ok(());
                }
            }
            let outcome = job.finish()?;
            let text = as_json(&outcome)?;
            trials.take(outcome);
            caller.progress(Progress::Trial { text, report: report(trials)? });
        }
        Ok(())
    }
}

fn design(bench: &Bench, wishes: &ExperimentWishes) -> Result<Design, Stop> {
    let refused = |reason: String| failure("training", format!("{reason}."), "Change it and try again.");
    let experiment = Experiment::from_name(&wishes.name)
        .ok_or_else(|| refused(format!("There is no experiment '{}'", wishes.name)))?;
    let design = Design {
        experiment,
        seeds: wishes.seeds.iter().copied().map(u64::from).collect(),
        shares: Design::default_shares(experiment),
        base: TrainSettings {
            steps: wishes.steps as usize,
            batch_queries: wishes.batch_queries as usize,
            ..TrainSettings::default()
        },
        collections: vec![bench.name().to_owned()],
        teaches: vec![bench.teaches()],
    };
    design.fault().map_or(Ok(design), |fault| Err(refused(fault)))
}

fn report(trials: &Trials) -> Result<ExperimentReport, Stop> {
    let report = trials.report();
    let (table, drawing) = (table(&report), chart(&report));
    let file = |ending: &str, text| TextFile { name: format!("{}.{ending}", report.experiment), text };
    let files =
        vec![file("json", as_json(&report)?), file("md", report.markdown()), file("svg", drawing.svg())];
    Ok(ExperimentReport {
        name: report.experiment.to_owned(),
        done: report.done as u32,
        trials: report.cells as u32,
        summary: report.summary(),
        header: table.header,
        rows: table.rows.into_iter().map(|cells| TableRow { cells }).collect(),
        drawing: drawing_info(drawing),
        files,
    })
}

fn as_json(value: &impl serde::Serialize) -> Result<String, Stop> {
    serde_json::to_string(value)
        .map_err(|e| failure("engine", format!("A trial cannot be written: {e}."), ""))
}

fn drawing_info(drawing: Drawing) -> DrawingInfo {
    let attribute = |(name, value): (&str, String)| AttributeInfo { name: name.to_owned(), value };
    let shape = |shape: Shape| ShapeInfo {
        tag: shape.tag.to_owned(),
        attributes: shape.attributes.into_iter().map(attribute).collect(),
        text: shape.text,
    };
    DrawingInfo {
        width: drawing.width,
        height: drawing.height,
        label: drawing.label,
        shapes: drawing.shapes.into_iter().map(shape).collect(),
    }
}
