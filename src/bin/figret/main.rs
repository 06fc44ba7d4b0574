//! The engine on the command line: index, search, evaluate, find poor samples, teach, experiment, export.
//!
//! Results go to stdout, as text or with `--json` as one JSON object; progress goes to stderr.

mod args;
mod beside;
mod commands;
mod evaluated;
mod evaluating;
mod experimenting;
mod export;
mod files;
mod index;
mod model;
mod report;
mod trial_files;

use args::{Args, Command};
use clap::Parser;
use std::process::ExitCode;

/// What went wrong, in words for a person.
type Outcome<T> = Result<T, String>;

fn main() -> ExitCode {
    let args = Args::parse();
    let outcome = pollster::block_on(run(&args));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("figret: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> Outcome<()> {
    let mut session = commands::Session::open(args).await?;
    match &args.command {
        Command::Index(asked) if asked.corpus.is_empty() => session.index(args).await,
        Command::Index(asked) => index::run(&session.engine, args, asked).await,
        Command::Search { query, depth, system } => session.search(args, query, *depth, system).await,
        Command::Evaluate(asked) => session.evaluate(args, asked).await,
        Command::Poor { below } => session.poor(args, *below).await,
        Command::Audit => session.audit(args).await,
        Command::Prompts(asked) => session.prompts(args, asked).await,
        Command::Feedback(given) => session.feedback(args, given),
        Command::Teach(teach) => session.teach(args, teach).await,
        Command::Experiment(asked) => experimenting::run(session, args, asked).await,
        Command::Export => session.export(args).await,
        Command::Embed { texts, role } => session.embed(args, texts, *role).await,
    }
}
