//! The command line's arguments.

use super::index::Shard;
use clap::{Parser, Subcommand, ValueEnum};
use figret::data::ImportFormat;
use figret::encoder::{LoraConfig, Scope, Targets};
use figret::engine::{BackendChoice, Role, System};
use figret::eval::Measure;
use figret::experiment::Experiment;
use figret::train::{DEFAULT_LORA, Method, Schedule, Share, Towers, TrainSettings};
use std::path::PathBuf;

/// Teach a small embedding model with an LLM's feedback, and measure whether it helped.
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
    /// LLM feedback to use instead of the collection's own; once for each round.
    #[arg(long, global = true)]
    pub(crate) feedback: Vec<PathBuf>,
    /// The tool that wrote the feedback, if it is not to be told from its content: flag-embedding, llm-embedder,
    /// sentence-transformers, tevatron, trl, llama-index or quepid.
    #[arg(long, global = true, value_parser = import_format)]
    pub(crate) feedback_format: Option<ImportFormat>,
    /// Folder of a PEFT adapter: search, evaluate and embed use it, export merges it into the model.
    #[arg(long, global = true)]
    pub(crate) adapter: Option<PathBuf>,
    /// Vectors written by `index`: embeddings.safetensors, or a folder of Parquet; passages that it lacks are embedded.
    #[arg(long, global = true)]
    pub(crate) vectors: Option<PathBuf>,
    /// What to write: a folder of vectors (index), of the adapter (teach) or of an experiment's trials and results, a
    /// model's folder or .zip (export), a file of requests (prompts) or of feedback (feedback).
    #[arg(long, global = true)]
    pub(crate) out: Option<PathBuf>,
    /// Where to compute.
    #[arg(long, global = true, value_enum, default_value_t = Backend::Auto)]
    pub(crate) backend: Backend,
    /// Folder of a sentence-transformers model: BERT with mean or CLS pooling.
    #[arg(long, global = true, default_value = "models/all-MiniLM-L6-v2")]
    pub(crate) model: PathBuf,
    /// The model's name in what is exported [default: the folder's].
    #[arg(long, global = true)]
    pub(crate) model_name: Option<String>,
    /// Words in front of every query [default: what the model's folder says].
    #[arg(long, global = true)]
    pub(crate) query_prefix: Option<String>,
    /// Words in front of every passage [default: what the model's folder says].
    #[arg(long, global = true)]
    pub(crate) passage_prefix: Option<String>,
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
    /// Embed the passages, and the texts that the LLM wrote, into OUT/embeddings.safetensors; or, with --corpus, a
    /// corpus of any size into Parquet.
    Index(IndexArgs),
    /// Rank the passages for one query.
    Search {
        /// The query's text, or the id of one of the collection's queries.
        query: String,
        /// Passages to print.
        #[arg(long, default_value_t = 10)]
        depth: usize,
        /// Rankings to print: before, after, bm25, hybrid-before, hybrid-after, or hybrid (of the retriever at hand)
        /// [default: before, and after with an adapter].
        #[arg(long, value_delimiter = ',')]
        system: Vec<String>,
    },
    /// Measure the retriever on the judged queries, beside baselines if wanted.
    Evaluate(EvaluateArgs),
    /// List the feedback queries whose candidates the retriever orders poorly.
    Poor {
        /// pref-NDCG@10 under which a query is poor.
        #[arg(long, default_value_t = figret::train::POOR_BELOW)]
        below: f64,
    },
    /// Look for what is known to go wrong in an LLM's feedback.
    Audit,
    /// Write what to ask an LLM, as an OpenAI batch file.
    Prompts(PromptsArgs),
    /// Make feedback of what the LLM has answered.
    Feedback(FeedbackArgs),
    /// Teach the query encoder from the feedback, and compare before with after.
    Teach(TeachArgs),
    /// Try the method itself, over several seeds: efficiency, robustness, ablation, sensitivity or transfer.
    ///
    /// Each finished trial is a file in OUT/trials, so that the same command goes on where it was interrupted; trials
    /// that several experiments share are run once. Writes OUT/NAME.json, OUT/NAME.md (table) and OUT/NAME.svg (plot).
    Experiment(ExperimentArgs),
    /// Write the model with an adapter merged into it as a sentence-transformers folder, or a .zip of it.
    Export,
    /// Print the embeddings of texts, by the adapter if one is given.
    Embed {
        /// File of texts, one a line.
        texts: PathBuf,
        /// What they are, for a model with prefixes.
        #[arg(long, value_enum)]
        role: Option<RoleArg>,
    },
}

impl Command {
    /// Whether it works on a collection; the others leave it closed.
    pub(crate) fn needs_collection(&self) -> bool {
        match self {
            Self::Export | Self::Embed { .. } => false,
            Self::Index(asked) => asked.corpus.is_empty(),
            _ => true,
        }
    }
}

/// What to embed in place of a collection.
#[derive(Debug, clap::Args)]
pub(crate) struct IndexArgs {
    /// Files of a corpus (.jsonl, .parquet), or folders of them, read piece by piece; writes OUT/part-*.parquet.
    #[arg(long, num_args = 1.., value_name = "PATH")]
    pub(crate) corpus: Vec<PathBuf>,
    /// Part of the corpus: every N-th passage from the I-th on. A part that is there already is kept.
    #[arg(long, value_name = "I/N", default_value = "1/1", requires = "corpus")]
    pub(crate) shard: Shard,
    /// Numbers of the vectors in Parquet.
    #[arg(long, value_enum, default_value_t = Precision::F32, requires = "corpus")]
    pub(crate) precision: Precision,
}

/// Numbers of stored vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Precision {
    /// Four bytes, which every reader of Parquet knows.
    F32,
    /// Two bytes, as the index in memory has them.
    F16,
}

impl Precision {
    /// Its name in files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
        }
    }
}

fn import_format(name: &str) -> Result<ImportFormat, String> {
    ImportFormat::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = ImportFormat::ALL.iter().map(|format| format.name()).collect();
        format!("there are {}", names.join(", "))
    })
}

/// What texts are to the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleArg {
    /// They are searched for.
    Query,
    /// They are found.
    Passage,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Query => Self::Query,
            RoleArg::Passage => Self::Passage,
        }
    }
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

/// What to measure, and what to write down of it.
#[derive(Debug, clap::Args)]
pub(crate) struct EvaluateArgs {
    /// Measures: ndcg@k, ndcg_exp@k, recall@k, P@k, map, mrr, mrr@k, success@k and judged@k.
    #[arg(long, value_delimiter = ',', default_value = "ndcg@10,recall@100,map,mrr")]
    pub(crate) measures: Vec<Measure>,
    /// Baselines to measure too: bm25, and hybrid (its reciprocal rank fusion with the retriever).
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(crate) baselines: Vec<Baseline>,
    /// Folder of another model to measure on the same queries; once for each.
    #[arg(long, value_name = "DIR")]
    pub(crate) beside: Vec<PathBuf>,
    /// Words in front of every query of the models beside, in their order; '' for none.
    #[arg(long, value_name = "WORDS")]
    pub(crate) beside_query_prefix: Vec<String>,
    /// Words in front of every passage of the models beside, in their order; '' for none.
    #[arg(long, value_name = "WORDS")]
    pub(crate) beside_passage_prefix: Vec<String>,
    /// What every other system is tested against: before, after, bm25, hybrid-before or hybrid-after.
    #[arg(long, default_value = "before", value_parser = system)]
    pub(crate) reference: System,
    /// Folder for a TREC run of every system, and the judgements.
    #[arg(long, value_name = "DIR")]
    pub(crate) runs: Option<PathBuf>,
    /// CSV file for every query's figures by every system.
    #[arg(long, value_name = "FILE")]
    pub(crate) per_query: Option<PathBuf>,
}

/// What needs no teaching.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Baseline {
    /// BM25.
    Bm25,
    /// Reciprocal rank fusion of BM25 and the retriever, before and after.
    Hybrid,
}

/// What to find out, and at what cost.
#[derive(Debug, clap::Args)]
pub(crate) struct ExperimentArgs {
    /// efficiency, robustness, ablation, sensitivity or transfer.
    #[arg(value_parser = experiment)]
    pub(crate) name: Experiment,
    /// Seeds; each draws its own validation queries, order of lessons, share of the feedback and faults.
    #[arg(long, value_delimiter = ',', default_value = "0,1,2")]
    pub(crate) seeds: Vec<u64>,
    /// Optimiser steps of every trial.
    #[arg(long, default_value_t = TrainSettings::default().steps)]
    pub(crate) steps: usize,
    /// Queries in a step.
    #[arg(long, default_value_t = TrainSettings::default().batch_queries)]
    pub(crate) batch: usize,
    /// Shares of the feedback, 0 to 1: those that teach (efficiency) or are wrong (robustness)
    /// [default: 0.1,0.3,1 and 0,0.25,0.5].
    #[arg(long, value_delimiter = ',')]
    pub(crate) shares: Vec<f64>,
    /// Second collection, for a transfer; it teaches too if it has feedback.
    #[arg(long, value_name = "PATH")]
    pub(crate) to: Option<PathBuf>,
    /// Vectors of the second collection, written by `index`.
    #[arg(long, value_name = "FILE")]
    pub(crate) to_vectors: Option<PathBuf>,
    /// Trials at a time, on the CPU; the threads are divided among them.
    #[arg(long, default_value_t = 1)]
    pub(crate) jobs: usize,
}

fn experiment(name: &str) -> Result<Experiment, String> {
    Experiment::from_name(name).ok_or_else(|| {
        let names = Experiment::ALL.map(Experiment::name);
        format!("there are {}", names.join(", "))
    })
}

fn system(name: &str) -> Result<System, String> {
    System::from_name(name).ok_or_else(|| {
        let names = System::ALL.map(System::name);
        format!("there are {}", names.join(", "))
    })
}

/// What to ask.
#[derive(Debug, clap::Args)]
pub(crate) struct PromptsArgs {
    /// Gains of the candidates that the retriever finds, or guidance on the queries whose gains are known.
    #[arg(long, value_enum)]
    pub(crate) stage: Stage,
    /// The LLM's name, as its server knows it.
    #[arg(long)]
    pub(crate) llm: String,
    /// Queries to ask gains for (JSONL, csv or tsv); without it, those of the feedback that are served poorly.
    #[arg(long)]
    pub(crate) queries: Option<PathBuf>,
    /// Candidates shown for a query.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=20))]
    pub(crate) candidates: u8,
    /// pref-NDCG@10 under which a query is served poorly.
    #[arg(long, default_value_t = figret::train::POOR_BELOW)]
    pub(crate) below: f64,
    /// Round of the loop, from 1.
    #[arg(long, default_value_t = 1)]
    pub(crate) round: u16,
    /// Confusable worse candidates that the best one is set against.
    #[arg(long, default_value_t = 2)]
    pub(crate) relevance_pairs: usize,
    /// A prompt of your own: preference, relevance, comprehensiveness or purity, and its file.
    #[arg(long, value_name = "KIND=FILE")]
    pub(crate) prompt: Vec<String>,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stage {
    /// Gains.
    Preferences,
    /// Guidance.
    Guidance,
}

/// What came back.
#[derive(Debug, clap::Args)]
pub(crate) struct FeedbackArgs {
    /// Output and error files of the provider, in any order.
    #[arg(long, required = true, num_args = 1..)]
    pub(crate) batch_output: Vec<PathBuf>,
    /// The queries that were asked about, if the feedback does not hold them yet.
    #[arg(long)]
    pub(crate) queries: Option<PathBuf>,
    /// Feedback that the answers join.
    #[arg(long)]
    pub(crate) merge_into: Option<PathBuf>,
    /// The batch file; what has no usable answer is written to OUT.again.jsonl.
    #[arg(long)]
    pub(crate) requests: Option<PathBuf>,
}

/// How to teach; what is not given has the engine's default.
#[derive(Debug, clap::Args)]
pub(crate) struct TeachArgs {
    /// What kind of feedback teaches; sets the shares and weights, which the flags below may still change.
    #[arg(long, value_enum, default_value_t = MethodArg::ContrastAndOrder)]
    method: MethodArg,
    /// Which texts move: queries alone, or passages too, which are embedded again then.
    #[arg(long, value_enum)]
    scope: Option<ScopeArg>,
    /// What is trained: a low-rank adapter, every weight of the encoder layers, or the embedding tables too.
    #[arg(long, value_enum, default_value_t = TrainArg::Adapter)]
    train: TrainArg,
    /// LoRA rank, 1 to 64.
    #[arg(long)]
    rank: Option<usize>,
    /// LoRA alpha [default: twice the rank].
    #[arg(long)]
    alpha: Option<f32>,
    /// Adapted projections.
    #[arg(long, value_enum)]
    targets: Option<TargetsArg>,
    /// Keep the teaching in this file while it goes on; if the file is there, go on from it.
    #[arg(long)]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Seconds after which that file is written anew.
    #[arg(long, default_value_t = 8)]
    pub(crate) checkpoint_seconds: u64,
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
    /// Let a best candidate of gain 1 or 2 count a third or two thirds in the contrastive term.
    #[arg(long)]
    weigh_by_gain: Option<bool>,
    /// Let the batch's other guidance lend its better texts as negatives.
    #[arg(long)]
    guidance_in_batch: Option<bool>,
    /// Temperature of the LLM's gains in the preference target; lower asks more of the best.
    #[arg(long)]
    beta: Option<f64>,
    /// Temperature of the scores in every loss.
    #[arg(long)]
    gamma: Option<f64>,
    /// Weight of the term that holds the embeddings of passages in place; 0 turns it off.
    #[arg(long)]
    retention_weight: Option<f64>,
    /// Rounds of the sample curriculum.
    #[arg(long)]
    rounds: Option<usize>,
    /// Teach a round's poor samples only.
    #[arg(long)]
    poor_only: Option<bool>,
    /// pref-NDCG@10 under which a sample is poor.
    #[arg(long)]
    poor_below: Option<f64>,
    /// Share of the feedback queries kept for validation.
    #[arg(long)]
    validation_share: Option<f64>,
    /// Keep the state that was best on the validation queries, instead of the last.
    #[arg(long)]
    keep_best: Option<bool>,
    /// Memory for what a pass keeps, in MiB; a larger batch goes through in pieces.
    #[arg(long)]
    pass_memory_mib: Option<usize>,
    /// Also write the taught model as a sentence-transformers folder, or a .zip of it.
    #[arg(long, value_name = "PATH")]
    pub(crate) export_model: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ScopeArg {
    Query,
    Both,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MethodArg {
    /// The best candidate against those of other queries, and a tenth of the order of the list.
    ContrastAndOrder,
    /// Guidance and preferences under the curriculum.
    Figret,
    /// The LLM's best candidate against those of other queries.
    Standard,
    /// The order of each closed list alone.
    Preference,
    /// Guidance alone.
    Guidance,
}

impl From<MethodArg> for Method {
    fn from(method: MethodArg) -> Self {
        match method {
            MethodArg::ContrastAndOrder => Self::ContrastAndOrder,
            MethodArg::Figret => Self::Figret,
            MethodArg::Standard => Self::Standard,
            MethodArg::Preference => Self::Preference,
            MethodArg::Guidance => Self::Guidance,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TrainArg {
    /// A low-rank adapter beside the weights.
    Adapter,
    /// Every weight of the encoder layers.
    Layers,
    /// Every weight.
    All,
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
    Paced,
}

impl TeachArgs {
    /// The settings that these arguments ask for.
    pub(crate) fn settings(&self, seed: u64) -> TrainSettings {
        let default = TrainSettings::default().of_method(self.method.into()).of_scope(self.what());
        let schedule = match self.schedule {
            Some(ScheduleArg::Linear) => Schedule::Linear,
            Some(ScheduleArg::Step) => Schedule::Step,
            Some(ScheduleArg::Paced) => Schedule::Paced,
            None => default.share.schedule,
        };
        let towers = match self.scope {
            Some(ScopeArg::Query) => Towers::Query,
            Some(ScopeArg::Both) => Towers::Both,
            None => default.towers,
        };
        TrainSettings {
            towers,
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
            weigh_by_gain: self.weigh_by_gain.unwrap_or(default.weigh_by_gain),
            guidance_in_batch: self.guidance_in_batch.unwrap_or(default.guidance_in_batch),
            beta: self.beta.unwrap_or(default.beta),
            gamma: self.gamma.unwrap_or(default.gamma),
            retention_weight: self.retention_weight.unwrap_or(default.retention_weight),
            rounds: self.rounds.unwrap_or(default.rounds),
            poor_only: self.poor_only.unwrap_or(default.poor_only),
            poor_below: self.poor_below.unwrap_or(default.poor_below),
            validation_share: self.validation_share.unwrap_or(default.validation_share),
            keep_best: self.keep_best.unwrap_or(default.keep_best),
            pass_memory_mib: self.pass_memory_mib.unwrap_or(default.pass_memory_mib),
            seed,
            ..default
        }
    }

    /// What these arguments ask to train.
    fn what(&self) -> Scope {
        let rank = self.rank.unwrap_or(DEFAULT_LORA.rank);
        let targets = match self.targets {
            Some(TargetsArg::QueryValue) => Targets::QueryValue,
            Some(TargetsArg::AllLinear) => Targets::AllLinear,
            None => DEFAULT_LORA.targets,
        };
        match self.train {
            TrainArg::Adapter => {
                Scope::Adapter(LoraConfig { rank, alpha: self.alpha.unwrap_or(2.0 * rank as f32), targets })
            }
            TrainArg::Layers => Scope::Layers,
            TrainArg::All => Scope::All,
        }
    }
}
