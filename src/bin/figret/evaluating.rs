//! `figret evaluate`: systems side by side, tested, probed, and written down as files.

use super::Outcome;
use super::args::{Args, Baseline, EvaluateArgs};
use super::beside::{self, Beside};
use super::commands::{Session, progress_bar, words};
use super::evaluated::{self, Evaluation, Tested};
use super::files;
use figret::engine::{Engine, EngineError, Evaluated, Probed, System, SystemComparison, Tower};
use figret::eval::{Figures, Measure, compare_figures};
use figret::export::{ExportedFile, write_per_query, write_qrels, write_run};
use figret::train::{TrainError, TrainSettings};
use std::path::Path;

/// Seed of every draw, as between systems.
const SEED: u64 = 0;

impl Session {
    /// `figret evaluate`
    pub(crate) async fn evaluate(&mut self, args: &Args, asked: &EvaluateArgs) -> Outcome<()> {
        let systems = self.systems_to_evaluate(asked)?;
        beside::check(asked)?;
        self.finish_indexes().await?;
        self.measure(Tower::Baseline).await?;
        if self.engine.has_tuned() {
            self.measure(Tower::Tuned).await?;
        }
        let mut job = self.engine.evaluating(&systems, &asked.measures).map_err(words)?;
        while job.advance().map_err(words)? {}
        let mut tests = job.finish().and_then(|found| found.comparing(asked.reference)).map_err(words)?;
        while tests.advance() {}
        let found = tests.finish();
        let probed = self.probe(args.seed).await?;
        let collection = self.engine.collection().map_err(words)?.clone();
        let beside = beside::measure(args, asked, &collection).await?;
        let (rows, compared) = joined(found, beside, asked.reference);
        if let Some(folder) = &asked.runs {
            self.write_runs(folder, &systems)?;
        }
        if let Some(path) = &asked.per_query {
            let columns: Vec<_> = rows.iter().map(|(name, figures)| (name.as_str(), figures)).collect();
            let text = |id: &str| collection.queries.get(id).map(|query| query.text.as_str());
            files::write_text(path, &write_per_query(&columns, text).map_err(|e| e.to_string())?)?;
        }
        let measured = self.engine.measured(self.tower()).map_err(words)?;
        let reference = asked.reference.name();
        let evaluation = Evaluation { measured, systems: rows, reference, compared, probed };
        evaluated::report(args, &collection.name, &evaluation);
        Ok(())
    }

    /// The systems of `search --system`; `hybrid` is that of the retriever at hand.
    pub(super) fn systems(&self, names: &[String]) -> Outcome<Vec<System>> {
        let hybrid = if self.engine.has_tuned() { System::HybridAfter } else { System::HybridBefore };
        let known = |name: &String| match name.as_str() {
            "hybrid" => Ok(hybrid),
            name => System::from_name(name).ok_or_else(|| format!("there is no system '{name}'")),
        };
        let systems = names.iter().map(known).collect::<Outcome<Vec<_>>>()?;
        self.check_adapter(&systems)?;
        Ok(systems)
    }

    /// Before, after with an adapter, and the baselines asked for.
    fn systems_to_evaluate(&self, asked: &EvaluateArgs) -> Outcome<Vec<System>> {
        let has_tuned = self.engine.has_tuned();
        let is_wanted = |system: &System| {
            let baseline = match system {
                System::Before | System::After => None,
                System::Bm25 => Some(Baseline::Bm25),
                System::HybridBefore | System::HybridAfter => Some(Baseline::Hybrid),
            };
            baseline.is_none_or(|baseline| asked.baselines.contains(&baseline))
                && (has_tuned || system.tower() != Some(Tower::Tuned))
        };
        let systems: Vec<System> = System::ALL.into_iter().filter(is_wanted).collect();
        self.check_adapter(&[asked.reference])?;
        if !systems.contains(&asked.reference) {
            let name = asked.reference.name();
            return Err(format!("--reference {name} is not evaluated; name it with --baselines"));
        }
        Ok(systems)
    }

    fn check_adapter(&self, systems: &[System]) -> Outcome<()> {
        let needs_it = |system: &&System| system.tower() == Some(Tower::Tuned);
        match systems.iter().find(needs_it).filter(|_| !self.engine.has_tuned()) {
            Some(system) => Err(format!("{} needs --adapter DIR", system.name())),
            None => Ok(()),
        }
    }

    /// Probes the adapter on guidance that its lesson did not teach; a loaded adapter is taken for one of a lesson of
    /// this seed. None without adapter or guidance.
    pub(super) async fn probe(&self, seed: u64) -> Outcome<Option<Probed>> {
        if !self.engine.has_tuned() {
            return Ok(None);
        }
        let mut job = match self.engine.probing(&TrainSettings { seed, ..TrainSettings::default() }) {
            Ok(job) => job,
            Err(EngineError::NoFeedback | EngineError::Train(TrainError::NothingToTeach)) => return Ok(None),
            Err(error) => return Err(words(error)),
        };
        let bar = progress_bar(job.total(), "texts of the probes");
        while job.advance().await.map_err(words)? {
            bar.set_position(job.done() as u64);
        }
        bar.finish_and_clear();
        let probed = job.finish().map_err(words)?;
        Ok(Some(probed).filter(|probed| probed.examples > 0))
    }

    /// The base model's figures, after it was measured.
    pub(super) fn figures(&mut self, measures: &[Measure]) -> Outcome<Figures> {
        let mut job = self.engine.evaluating(&[System::Before], measures).map_err(words)?;
        while job.advance().map_err(words)? {}
        let mut found = job.finish().map_err(words)?.systems;
        found.pop().map(|(_, figures)| figures).ok_or_else(|| "nothing was measured".to_owned())
    }

    /// One run a system, gathered and written one after the other: a run of many queries is large.
    fn write_runs(&mut self, folder: &Path, systems: &[System]) -> Outcome<()> {
        for system in systems {
            write_run_of(&mut self.engine, folder, *system, system.name())?;
        }
        let bytes = write_qrels(&self.engine.collection().map_err(words)?.qrels).into_bytes();
        files::write_files(folder, &[ExportedFile { name: "qrels.txt".to_owned(), bytes }])
    }
}

/// Writes the run of a system under a name.
pub(super) fn write_run_of(engine: &mut Engine, folder: &Path, system: System, name: &str) -> Outcome<()> {
    let mut job = engine.running(system).map_err(words)?;
    while job.advance().map_err(words)? {}
    let bytes = write_run(&job.into_run(), &format!("figret-{name}")).into_bytes();
    files::write_files(folder, &[ExportedFile { name: format!("{name}.run"), bytes }])
}

/// Something by the name of what was measured.
type Named<T> = Vec<(String, T)>;

/// Systems and models beside them as rows of one table, and all tests against `reference`.
fn joined(
    (evaluated, compared): (Evaluated, Vec<SystemComparison>),
    beside: Vec<Beside>,
    reference: System,
) -> (Named<Figures>, Named<Tested>) {
    let mut tests: Named<Tested> =
        compared.into_iter().map(|test| (test.system.name().to_owned(), test.measures)).collect();
    if let Some(reference) = evaluated.figures(reference) {
        let test = |(name, figures): &Beside| (name.clone(), compare_figures(reference, figures, SEED));
        tests.extend(beside.iter().map(test));
    }
    let systems = evaluated.systems.into_iter().map(|(system, figures)| (system.name().to_owned(), figures));
    (systems.chain(beside).collect(), tests)
}
