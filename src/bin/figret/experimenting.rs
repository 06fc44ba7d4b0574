//! `figret experiment`: trial after trial, each kept as soon as it is done.

use super::Outcome;
use super::args::{Args, Backend, Command, ExperimentArgs};
use super::commands::{Session, embed, progress_bar, words};
use super::trial_files::TrialFiles;
use figret::engine::{Bench, Tower};
use figret::experiment::{Cell, CellOutcome, Design, Experiment, Plan, Trials};
use figret::train::TrainSettings;
use indicatif::ProgressBar;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Collections that teach or judge, measured by the base model.
struct Rig {
    sessions: Vec<Session>,
    benches: Vec<Bench>,
}

/// What the workers share.
struct Work {
    files: TrialFiles,
    bar: ProgressBar,
    state: Mutex<State>,
}

/// Trials that nobody has begun, and all of them.
struct State {
    open: VecDeque<(String, Cell)>,
    trials: Trials,
}

/// `figret experiment`
pub(crate) async fn run(session: Session, args: &Args, asked: &ExperimentArgs) -> Outcome<()> {
    let folder = args.out.as_deref().ok_or("experiment needs --out DIR to keep its trials in")?;
    check(args, asked)?;
    let rig = Rig::new(session, args, asked).await?;
    let work = Work::new(&rig, TrialFiles::open(folder)?, asked)?;
    if asked.jobs > 1 {
        drop(rig);
        work.share(args, asked)?;
    } else {
        rig.work(&work).await?;
    }
    work.bar.finish_and_clear();
    let report = work.state().trials.report();
    work.files.write(&report)?;
    match args.json {
        true => println!("{}", serde_json::to_string(&report).map_err(|e| e.to_string())?),
        false => println!("{}", report.markdown()),
    }
    Ok(())
}

fn check(args: &Args, asked: &ExperimentArgs) -> Outcome<()> {
    if args.adapter.is_some() {
        return Err("an experiment begins from the base model; leave --adapter out".to_owned());
    }
    if asked.name == Experiment::Transfer && asked.to.is_none() {
        return Err("transfer needs a second collection; name it with --to".to_owned());
    }
    if asked.name != Experiment::Transfer {
        // Known before anything is embedded.
        design(&[], asked)?;
    }
    if asked.jobs > 1 && args.backend != Backend::Cpu {
        return Err("several --jobs at a time compute on the CPU; add --backend cpu".to_owned());
    }
    Ok(())
}

impl Rig {
    async fn new(session: Session, args: &Args, asked: &ExperimentArgs) -> Outcome<Self> {
        let mut sessions = vec![session];
        if let Some(to) = &asked.to {
            let args = Args {
                command: Command::Audit,
                collection: to.clone(),
                qrels: None,
                feedback: Vec::new(),
                feedback_format: None,
                adapter: None,
                vectors: asked.to_vectors.clone(),
                out: None,
                backend: args.backend,
                model: args.model.clone(),
                model_name: args.model_name.clone(),
                query_prefix: args.query_prefix.clone(),
                passage_prefix: args.passage_prefix.clone(),
                seed: args.seed,
                leave_out_bad_lines: args.leave_out_bad_lines,
                json: args.json,
            };
            sessions.push(Session::open(&args).await?);
        }
        let mut benches = Vec::new();
        for session in &mut sessions {
            session.finish_index(Tower::Baseline).await?;
            session.measure(Tower::Baseline).await?;
            let written = session.engine.embedding_written().map_err(words)?;
            let written = embed(written, "texts that the LLM wrote").await?;
            session.engine.take_written(written).map_err(words)?;
            benches.push(session.engine.bench().map_err(words)?);
        }
        Ok(Self { sessions, benches })
    }

    /// Takes trials until there are none left.
    async fn work(&self, work: &Work) -> Outcome<()> {
        while let Some((key, cell)) = work.next() {
            let session = self.sessions.get(cell.source).ok_or("there is no such collection")?;
            let mut job = session.engine.trial(&cell, key, &self.benches).map_err(words)?;
            let mut seen = 0;
            while job.advance().await.map_err(words)? {
                work.bar.inc((job.steps_done() - seen) as u64);
                seen = job.steps_done();
            }
            // A round without poor samples ends before the last step.
            work.bar.inc((job.steps() - seen) as u64);
            work.keep(job.finish().map_err(words)?)?;
        }
        Ok(())
    }
}

impl Work {
    fn new(rig: &Rig, files: TrialFiles, asked: &ExperimentArgs) -> Outcome<Self> {
        let session = rig.sessions.first().ok_or("there is no collection")?;
        let digests: Vec<String> = rig.benches.iter().map(Bench::digest).collect();
        let plan = Plan::new(design(&rig.benches, asked)?);
        let trials = Trials::new(plan, &digests, &session.engine.model_digest());
        let mut trials = trials.map_err(|e| e.to_string())?;
        files.read_into(&mut trials)?;
        let open = VecDeque::from(trials.open());
        eprintln!("{}: {} trials, {} of them done already", asked.name.name(), trials.len(), trials.done());
        let bar = progress_bar(open.len() * asked.steps, "steps");
        Ok(Self { files, bar, state: Mutex::new(State { open, trials }) })
    }

    /// Several workers with a part of the threads and an engine each: an engine does not leave its thread.
    fn share(&self, args: &Args, asked: &ExperimentArgs) -> Outcome<()> {
        let threads = (rayon::current_num_threads() / asked.jobs).max(1);
        let worker = || -> Outcome<()> {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.map_err(|e| e.to_string())?.install(|| {
                pollster::block_on(async {
                    let session = Session::open(args).await?;
                    Rig::new(session, args, asked).await?.work(self).await
                })
            })
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..asked.jobs).map(|_| scope.spawn(worker)).collect();
            workers.into_iter().try_for_each(|worker| {
                worker.join().unwrap_or_else(|_| Err("a worker of the experiment broke".to_owned()))
            })
        })
    }

    fn next(&self) -> Option<(String, Cell)> {
        self.state().open.pop_front()
    }

    fn keep(&self, outcome: CellOutcome) -> Outcome<()> {
        self.files.keep(&outcome)?;
        let mut state = self.state();
        state.trials.take(outcome);
        self.bar.set_message(format!("{} of {} trials done", state.trials.done(), state.trials.len()));
        self.files.write(&state.trials.report())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn design(benches: &[Bench], asked: &ExperimentArgs) -> Outcome<Design> {
    let shares = match asked.shares.is_empty() {
        true => Design::default_shares(asked.name),
        false => asked.shares.clone(),
    };
    let base = TrainSettings { steps: asked.steps, batch_queries: asked.batch, ..TrainSettings::default() };
    let design = Design {
        experiment: asked.name,
        seeds: asked.seeds.clone(),
        shares,
        base,
        collections: benches.iter().map(|bench| bench.name().to_owned()).collect(),
        teaches: benches.iter().map(Bench::teaches).collect(),
    };
    match design.fault() {
        Some(fault) => Err(fault),
        None => Ok(design),
    }
}
