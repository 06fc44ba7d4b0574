//! The evaluator as the page sees it: baselines beside before and after, tests, probes, and files to keep.

use super::convert::verdict_name;
use super::failure::{Stop, failure};
use super::protocol::{
    EvaluatedQuery, MeasureTest, NamedFile, ObjectiveProbe, Probes, Progress, Reply, SystemItem,
    SystemsEvaluation,
};
use super::session::Session;
use super::worker::Caller;
use crate::data::{Collection, Objective};
use crate::engine::{EngineError, Evaluated, Probed, System, SystemComparison};
use crate::eval::{EvalError, Figures, Measure, MeasureComparison, ProbeResult};
use crate::export::{write_per_query, write_qrels, write_run};
use crate::train::{TrainError, TrainSettings};
use serde_bytes::ByteBuf;

impl Session {
    /// Evaluates every system by the measures, with tests and probes; both towers are measured already.
    pub(super) async fn evaluate_systems(
        &self,
        caller: &Caller,
        measures: &[String],
    ) -> Result<SystemsEvaluation, Stop> {
        let evaluated = self.evaluated(caller, &parsed(measures)?).await?;
        let mut tests = evaluated.comparing(System::Before)?;
        while tests.advance() {
            caller.breathe().await?;
        }
        let (evaluated, compared) = tests.finish();
        let probes = self.probe(caller).await?;
        let collection = self.engine()?.collection()?.clone();
        Ok(systems_evaluation(&collection, &evaluated, &compared, probes.as_ref().map(probes_info)))
    }

    /// Writes a run, the judgements, or every query's figures.
    pub(super) async fn export_evaluation(
        &self,
        caller: &Caller,
        part: &str,
        system: Option<String>,
        measures: Option<Vec<String>>,
    ) -> Result<Reply, Stop> {
        let unknown = |what: String| failure("engine", format!("There is no {what}."), "");
        let (name, text) = match part {
            "qrels" => ("qrels.txt".to_owned(), write_qrels(&self.engine()?.collection()?.qrels)),
            "run" => {
                let name = system.unwrap_or_default();
                let system = System::from_name(&name).ok_or_else(|| unknown(format!("system '{name}'")))?;
                (format!("{name}.run"), self.run_of(caller, system).await?)
            }
            "per_query" => {
                let measures = parsed(&measures.unwrap_or_default())?;
                ("per_query.csv".to_owned(), self.per_query(caller, &measures).await?)
            }
            other => return Err(unknown(format!("part '{other}' of an evaluation"))),
        };
        Ok(Reply::File(NamedFile { name, bytes: ByteBuf::from(text.into_bytes()) }))
    }

    async fn run_of(&self, caller: &Caller, system: System) -> Result<String, Stop> {
        self.measure_both(caller).await?;
        let mut job = self.engine()?.running(system)?;
        while job.advance()? {
            caller.breathe().await?;
        }
        Ok(write_run(&job.into_run(), &format!("figret-{}", system.name())))
    }

    async fn per_query(&self, caller: &Caller, measures: &[Measure]) -> Result<String, Stop> {
        self.measure_both(caller).await?;
        let evaluated = self.evaluated(caller, measures).await?;
        let collection = self.engine()?.collection()?.clone();
        let columns: Vec<_> = evaluated.systems.iter().map(|(s, figures)| (s.name(), figures)).collect();
        let text = |id: &str| collection.queries.get(id).map(|query| query.text.as_str());
        Ok(write_per_query(&columns, text).map_err(EngineError::from)?)
    }

    async fn evaluated(&self, caller: &Caller, measures: &[Measure]) -> Result<Evaluated, Stop> {
        let mut job = self.engine()?.evaluating(&System::ALL, measures)?;
        while job.advance()? {
            caller.breathe().await?;
        }
        Ok(job.finish()?)
    }

    /// None without guidance to probe with.
    async fn probe(&self, caller: &Caller) -> Result<Option<Probed>, Stop> {
        let probing = self.engine()?.probing(&TrainSettings::default());
        let mut job = match probing {
            Ok(job) => job,
            Err(EngineError::NoFeedback | EngineError::Train(TrainError::NothingToTeach)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        while job.advance().await? {
            caller.progress(Progress::Embedding {
                what: "texts of held-out guidance".to_owned(),
                done: job.done() as u32,
                total: job.total() as u32,
            });
            caller.breathe().await?;
        }
        Ok(Some(job.finish()?).filter(|probed| probed.examples > 0))
    }
}

pub(super) fn parsed(names: &[String]) -> Result<Vec<Measure>, Stop> {
    if names.is_empty() {
        return Err(failure("measure", "No measure was chosen.".to_owned(), "Choose one or more."));
    }
    let unknown = |e: EvalError| failure("measure", format!("{e}."), "Correct its name, or leave it out.");
    names.iter().map(|name| name.parse::<Measure>().map_err(unknown)).collect()
}

pub(super) fn systems_evaluation(
    collection: &Collection,
    evaluated: &Evaluated,
    compared: &[SystemComparison],
    probes: Option<Probes>,
) -> SystemsEvaluation {
    let first = evaluated.systems.first().map(|(_, figures)| figures);
    let item = |(system, figures): &(System, Figures)| {
        let compared = compared.iter().find(|c| c.system == *system).map(|c| &c.measures);
        let tests = compared.and_then(|c| c.as_deref().ok()).unwrap_or_default();
        SystemItem {
            name: system.name().to_owned(),
            means: figures.mean.clone(),
            missing: figures.missing as u32,
            nothing_judged: figures.nothing_judged as u32,
            tests: tests.iter().map(measure_test).collect(),
            not_tested: compared.and_then(|c| c.as_ref().err()).map(ToString::to_string),
        }
    };
    let query = |id: &String| EvaluatedQuery {
        query_id: id.clone(),
        text: collection.queries.get(id).map(|query| query.text.clone()).unwrap_or_default(),
        values: evaluated
            .systems
            .iter()
            .map(|(_, f)| f.per_query.get(id).map(|q| q.values.clone()).unwrap_or_default())
            .collect(),
    };
    SystemsEvaluation {
        measures: first.iter().flat_map(|f| &f.measures).map(Measure::to_string).collect(),
        queries: first.map_or(0, Figures::queries) as u32,
        systems: evaluated.systems.iter().map(item).collect(),
        reference: System::Before.name().to_owned(),
        per_query: first.iter().flat_map(|f| f.per_query.keys()).map(query).collect(),
        probes,
    }
}

fn measure_test(compared: &MeasureComparison) -> MeasureTest {
    let c = &compared.comparison;
    MeasureTest {
        measure: compared.measure.to_string(),
        mean_change: c.mean_change,
        won_tied_lost: [c.outcomes.won, c.outcomes.tied, c.outcomes.lost].map(|n| n as u32),
        interval: c.bca_interval,
        p_randomization: c.p.value,
        p_t_test: c.t_test.as_ref().ok().map(|test| test.p),
        p_holm: compared.adjusted_p,
        detectable_change: c.detectable_change,
        verdict: verdict_name(compared.verdict).to_owned(),
    }
}

fn probes_info(probed: &Probed) -> Probes {
    let objective = |(objective, r): (&Objective, &ProbeResult)| ObjectiveProbe {
        objective: objective.name().to_owned(),
        examples: r.before.trials as u32,
        before: r.before.share,
        before_interval: r.before.interval,
        after: r.after.share,
        after_interval: r.after.interval,
        chance: r.chance,
        gained_lost: [r.gained, r.lost].map(|n| n as u32),
        p_value: r.p,
    };
    Probes {
        queries: probed.queries as u32,
        examples: probed.examples as u32,
        is_assumed: probed.is_assumed,
        objectives: probed.objectives.iter().map(objective).collect(),
    }
}
