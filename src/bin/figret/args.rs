//! The command line's arguments.

use clap::{Parser, Subcommand, ValueEnum};
use figret::encoder::{LoraConfig, Targets};
use figret::engine::BackendChoice;
use figret::train::{Schedule, Share, TrainSettings};
use std::path::PathBuf;

/// Teach all-MiniLM-L6-v2 with an LLM's feedback, and measure whether it helped.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Args {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Folder with corpus.jsonl, queries.jsonl, qrels/*.tsv and feedback.jsonl (BEIR layout), or a zip of it.
    #[arg(long, global = true, default_value = "www/demo")]
    pub(crate) collection: PathBuf,
    /// Judgements to use instead of the collection's own.
    #[arg(long, global = true)]
    pub(crate) qrels: Option<PathBuf>,
    /// LLM feedback to use instead of the collection's own.
    #[arg(long, global = true)]
    pub(crate) feedback: Option<PathBuf>,
    /// Folder of a PEFT adapter: search and evaluate use it for the queries.
    #[arg(long, global = true)]
    pub(crate) adapter: Option<PathBuf>,
    /// Vectors written by `index`; passages that it lacks are embedded.
    #[arg(long, global = true)]
    pub(crate) vectors: Option<PathBuf>,
    /// Folder to write to: vectors (index) or the adapter (teach).
    #[arg(long, global = true)]
    pub(crate) out: Option<PathBuf>,
    /// Where to compute.
    #[arg(long, global = true, value_enum, default_value_t = Backend::Auto)]
    pub(crate) backend: Backend,
    /// Folder of config.json, tokenizer.json and model.safetensors.
    #[arg(long, global = true, default_value = "models/all-MiniLM-L6-v2")]
    pub(crate) model: PathBuf,
    /// Seed of everything random.
    #[arg(long, global = true, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Leave out lines that cannot be used instead of stopping at them.
    #[arg(long, global = true)]
    pub(crate) leave_out_bad_lines: bool,
    /// Print one JSON object on stdout.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Embed the passages, and the texts that the LLM wrote, into OUT/embeddings.safetensors.
    Index,
    /// Rank the passages for one query.
    Search {
        /// The query's text, or the id of one of the collection's queries.
        query: String,
        /// Passages to print.
        #[arg(long, default_value_t = 10)]
        depth: usize,
    },
    /// Measure the retriever on the judged queries.
    Evaluate,
    /// Teach the query encoder from the feedback, and compare before with after.
    Teach(TeachArgs),
}

/// Where to compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Backend {
    /// A real GPU if there is one, the CPU otherwise.
    Auto,
    /// The GPU; a software adapter will do.
    Gpu,
    /// The CPU.
    Cpu,
}

impl From<Backend> for BackendChoice {
    fn from(backend: Backend) -> Self {
        match backend {
            Backend::Auto => Self::Auto,
            Backend::Gpu => Self::Gpu { allow_software: true },
            Backend::Cpu => Self::Cpu,
        }
    }
}

/// How to teach; what is not given has the engine's default.
#[derive(Debug, clap::Args)]
pub(crate) struct TeachArgs {
    /// LoRA rank, 1 to 64.
    #[arg(long)]
    rank: Option<usize>,
    /// LoRA alpha [default: twice the rank].
    #[arg(long)]
    alpha: Option<f32>,
    /// Adapted projections.
    #[arg(long, value_enum)]
    targets: Option<TargetsArg>,
    /// Optimiser steps.
    #[arg(long)]
    steps: Option<usize>,
    /// Queries in a step.
    #[arg(long)]
    batch: Option<usize>,
    /// Peak learning rate.
    #[arg(long)]
    learning_rate: Option<f64>,
    /// Share of preference data in the first step.
    #[arg(long)]
    preference_from: Option<f64>,
    /// Share of preference data in the last step.
    #[arg(long)]
    preference_to: Option<f64>,
    /// How the share moves.
    #[arg(long, value_enum)]
    schedule: Option<ScheduleArg>,
    /// Weight of the contrastive term.
    #[arg(long)]
    contrastive_weight: Option<f64>,
    /// Weight of the preference (KL) term.
    #[arg(long)]
    preference_weight: Option<f64>,
    /// Share of the feedback queries kept for validation.
    #[arg(long)]
    validation_share: Option<f64>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TargetsArg {
    QueryValue,
    AllLinear,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ScheduleArg {
    Linear,
    Step,
}

impl TeachArgs {
    /// The settings that these arguments ask for.
    pub(crate) fn settings(&self, seed: u64) -> TrainSettings {
        let default = TrainSettings::default();
        let rank = self.rank.unwrap_or(default.lora.rank);
        let targets = match self.targets {
            Some(TargetsArg::QueryValue) => Targets::QueryValue,
            Some(TargetsArg::AllLinear) => Targets::AllLinear,
            None => default.lora.targets,
        };
        let schedule = match self.schedule {
            Some(ScheduleArg::Linear) => Schedule::Linear,
            Some(ScheduleArg::Step) => Schedule::Step,
            None => default.share.schedule,
        };
        TrainSettings {
            lora: LoraConfig { rank, alpha: self.alpha.unwrap_or(2.0 * rank as f32), targets },
            steps: self.steps.unwrap_or(default.steps),
            batch_queries: self.batch.unwrap_or(default.batch_queries),
            learning_rate: self.learning_rate.unwrap_or(default.learning_rate),
            share: Share {
                from: self.preference_from.unwrap_or(default.share.from),
                to: self.preference_to.unwrap_or(default.share.to),
                schedule,
            },
            contrastive_weight: self.contrastive_weight.unwrap_or(default.contrastive_weight),
            preference_weight: self.preference_weight.unwrap_or(default.preference_weight),
            validation_share: self.validation_share.unwrap_or(default.validation_share),
            seed,
            ..default
        }
    }
}
