//! `figret evaluate`: systems side by side, tested, probed, and written down as files.

use super::Outcome;
use super::args::{Args, Baseline, EvaluateArgs};
use super::commands::{Session, progress_bar, words};
use super::evaluated::{self, Evaluation};
use super::files;
use figret::engine::{EngineError, Probed, System, Tower};
use figret::export::{ExportedFile, write_per_query, write_qrels, write_run};
use figret::train::{TrainError, TrainSettings};
use std::path::Path;

impl Session {
    /// `figret evaluate`
    pub(crate) async fn evaluate(&mut self, args: &Args, asked: &EvaluateArgs) -> Outcome<()> {
        let systems = self.systems_to_evaluate(asked)?;
        self.finish_indexes().await?;
        self.measure(Tower::Baseline).await?;
        if self.engine.has_tuned() {
            self.measure(Tower::Tuned).await?;
        }
        let mut job = self.engine.evaluating(&systems, &asked.measures).map_err(words)?;
        while job.advance().map_err(words)? {}
        let mut tests = job.finish().and_then(|found| found.comparing(asked.reference)).map_err(words)?;
        while tests.advance() {}
        let (evaluated, compared) = tests.finish();
        let probed = self.probe(args.seed).await?;
        let collection = self.engine.collection().map_err(words)?.clone();
        if let Some(folder) = &asked.runs {
            self.write_runs(folder, &systems)?;
        }
        if let Some(path) = &asked.per_query {
            let columns: Vec<_> = evaluated.systems.iter().map(|(s, figures)| (s.name(), figures)).collect();
            let text = |id: &str| collection.queries.get(id).map(|query| query.text.as_str());
            files::write_text(path, &write_per_query(&columns, text).map_err(|e| e.to_string())?)?;
        }
        let measured = self.engine.measured(self.tower()).map_err(words)?;
        let evaluation = Evaluation { measured, evaluated, reference: asked.reference, compared, probed };
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

    /// One run a system, gathered and written one after the other: a run of many queries is large.
    fn write_runs(&mut self, folder: &Path, systems: &[System]) -> Outcome<()> {
        for system in systems {
            let mut job = self.engine.running(*system).map_err(words)?;
            while job.advance().map_err(words)? {}
            let bytes = write_run(&job.into_run(), &format!("figret-{}", system.name())).into_bytes();
            files::write_files(folder, &[ExportedFile { name: format!("{}.run", system.name()), bytes }])?;
        }
        let bytes = write_qrels(&self.engine.collection().map_err(words)?.qrels).into_bytes();
        files::write_files(folder, &[ExportedFile { name: "qrels.txt".to_owned(), bytes }])
    }
}
