//! Every message between the page and the worker, both directions; plain data, no behaviour.
//!
//! `cargo xtask codegen` writes `www/protocol.js` from this file. Engine types stay out of here: the worker
//! copies them into these. A request ends in exactly one of `Done`, `Failed` and `Cancelled`.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// What the page sends: an id of the page's choice and what to do.
#[derive(Debug, Deserialize)]
pub struct Envelope {
    /// Chosen by the page; every event about this request carries it.
    pub request_id: u32,
    /// What to do.
    pub request: Request,
}

/// What the page may ask of the engine.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Request {
    /// Loads the model and picks a backend. Progress: `Model`. Reply: `Engine`.
    Open {
        /// `auto`, `gpu` or `cpu`.
        backend: String,
        /// Accept a software adapter when asked for the GPU.
        allow_software: bool,
        /// Folder of the model files, ending in a slash.
        model_base: String,
        /// Files of the model that the person gave; what is not among them comes from the folder.
        files: Vec<NamedFile>,
        /// Another model than the one that ships; `files` are of its folder then.
        model: Option<ModelWish>,
    },
    /// Opens the sample collection that ships with the page. Reply: `Collection`.
    OpenSample {
        /// Folder of the sample, ending in a slash.
        base: String,
    },
    /// Reads files that the person gave, a zip or a folder's content included. A corpus among them starts a new
    /// collection; without one they are added to the open one. Reply: `Collection`.
    OpenFiles {
        /// The files; what each one is, is found out from its name and content.
        files: Vec<NamedFile>,
        /// Leave out lines that cannot be used; otherwise one such line stops the opening.
        leave_out_bad_lines: bool,
        /// Read one of the files as another tool's feedback, whatever it looks like.
        import: Option<ImportWish>,
    },
    /// Embeds the passages that have no vector yet. Progress: `Indexing`, and `Vectors` if they are wanted. Reply:
    /// `Indexed`.
    Index {
        /// Seconds from one `Vectors` to the next; without it there are none.
        vectors_every: Option<f64>,
    },
    /// The passages' vectors, to be kept and taken back. Reply: `Vectors`.
    Vectors {
        /// As they are after teaching, rather than the base model's.
        tuned: bool,
    },
    /// Takes back vectors of the open collection's passages; what they cover is not embedded again. Reply: `Nothing`.
    TakeVectors {
        /// Files of `Vectors`, in any order.
        files: Vec<NamedFile>,
    },
    /// Measures the retriever as it is now on the judged queries. Progress: `Embedding`. Reply: `Evaluation`.
    Evaluate {},
    /// Ranks the passages for one text, before and after teaching. Reply: `Search`.
    Search {
        /// The query's text.
        query: String,
        /// The collection's id of the query, if it is one of its own; grades are shown then.
        query_id: Option<String>,
        /// Passages per column.
        depth: u32,
        /// Rank by BM25 too, and by its fusion with the retriever; absent for no.
        baselines: Option<bool>,
    },
    /// Teaches. Progress: `Embedding`, then `Teaching`, and a `Checkpoint` now and then. Reply: `Taught`.
    Teach {
        /// The last checkpoint of a teaching with the same settings and collection, to go on from there.
        checkpoint: Option<ByteBuf>,
        /// How to teach.
        settings: TeachSettings,
    },
    /// Halts the teaching `target` until it is resumed. Reply: `Nothing`.
    Pause {
        /// `request_id` of the teaching.
        target: u32,
    },
    /// Goes on with the teaching `target`. Reply: `Nothing`.
    Resume {
        /// `request_id` of the teaching.
        target: u32,
    },
    /// Ends the teaching `target` early and keeps what has been learnt. Reply: `Nothing`.
    Stop {
        /// `request_id` of the teaching.
        target: u32,
    },
    /// Gives up the request `target`; nothing of it is kept. Reply: `Nothing`.
    Cancel {
        /// `request_id` of any running request.
        target: u32,
    },
    /// Compares before and after on the judged queries. Progress: `Embedding`. Reply: `Comparison`.
    Compare {
        /// Measures by name (`ndcg@10`, `recall@100`, `map` and so on) for an evaluation of baselines too; absent for
        /// none.
        measures: Option<Vec<String>>,
    },
    /// Places the passages and the judged queries on a plane, before and after; both must be compared already.
    /// Reply: `Map`.
    Map {},
    /// Writes a file of the evaluation. Progress: `Embedding`. Reply: `File`.
    ExportEvaluation {
        /// `run` or `qrels` (TREC), or `per_query` (CSV).
        part: String,
        /// Of a run: the system, as in a `SystemItem`.
        system: Option<String>,
        /// Of figures by query: measures by name.
        measures: Option<Vec<String>>,
    },
    /// Writes the adapter as PEFT files, or taught weights as `model.safetensors`. Reply: `Adapter`.
    ExportAdapter {},
    /// Writes the taught model as a zip that sentence-transformers loads, and reads it back. Progress: `Exporting`.
    /// Reply: `Model`.
    ExportModel {},
    /// Loads a PEFT adapter or taught weights as the state after teaching. Reply: `Taught`.
    LoadAdapter {
        /// `adapter_config.json` and `adapter_model.safetensors`, or `model.safetensors`, or a zip of them.
        files: Vec<NamedFile>,
        /// The queries that taught it, if it was taught here: it is refused if one of them is judged.
        taught_on: Option<Vec<String>>,
        /// The passages' vectors as it embeds them, if it moves passages and they were kept.
        vectors: Option<ByteBuf>,
    },
    /// Embeds texts. Reply: `Embeddings`.
    Embed {
        /// The texts.
        texts: Vec<String>,
        /// Use the taught query encoder rather than the base model.
        tuned: bool,
    },
    /// The prompts for the LLM as they come with the program. Reply: `Prompts`.
    Prompts {},
    /// Writes what to ask the LLM next; what was taught, if anything was, finds the candidates. Progress: `Embedding`.
    /// Reply: `Asks`.
    Ask {
        /// What to ask.
        wishes: AskWishes,
    },
    /// Takes the LLM's answers into the feedback. Reply: `Answers`.
    TakeAnswers {
        /// The answers.
        answers: AnswerFiles,
    },
    /// Looks for what is known to go wrong in the last round's feedback. Progress: `Embedding`. Reply: `Audit`.
    Audit {},
    /// Leaves lines and examples of the last round's feedback out. Reply: `Collection`.
    LeaveOut {
        /// What the audit has named.
        places: Vec<PlaceItem>,
    },
    /// Plans an experiment, and runs the trials of it that are not kept. Progress: `Embedding`, then `Trialing`, and a
    /// `Trial` for each that is done. A stop keeps these. Reply: `Experiment`.
    Experiment {
        /// Which, and how.
        wishes: ExperimentWishes,
    },
    /// What the feedback teaches about one query. Reply: `QueryFeedback`.
    FeedbackOn {
        /// The query's text.
        query: String,
    },
    /// Grades rankings that were made elsewhere for one judged query. Reply: `Judged`.
    Judge {
        /// The collection's id of the query.
        query_id: String,
        /// Passage ids, best first, of each ranking.
        rankings: Vec<Vec<String>>,
    },
    /// Evaluates rankings that were made elsewhere for the judged queries; one that is missing counts 0. Reply:
    /// `Systems`.
    EvaluateRankings {
        /// The rankings.
        rankings: Vec<QueryRankings>,
        /// Measures by name.
        measures: Vec<String>,
    },
}

/// A judged query as another system ranks passages for it.
#[derive(Debug, Clone, Deserialize)]
pub struct QueryRankings {
    /// The collection's id of the query.
    pub query_id: String,
    /// Passages by the base model's vector, in any order.
    pub before: Vec<ScoredPassage>,
    /// Passages by the taught vector; absent while nothing was taught.
    pub after: Option<Vec<ScoredPassage>>,
}

/// A passage of such a ranking.
#[derive(Debug, Clone, Deserialize)]
pub struct ScoredPassage {
    /// Its id.
    pub passage_id: String,
    /// Higher is better.
    pub score: f64,
}

/// A file to be read as another tool's feedback.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ImportWish {
    /// Its name, as in a `FileReport`.
    pub file: String,
    /// `flag-embedding`, `llm-embedder`, `sentence-transformers`, `tevatron`, `trl`, `llama-index` or `quepid`.
    pub format: String,
}

/// What to ask the LLM.
#[derive(Debug, Deserialize)]
pub struct AskWishes {
    /// `preferences` for gains of what the retriever finds, `guidance` for examples on the queries it serves poorly.
    pub stage: String,
    /// The LLM's name, as its server knows it.
    pub model: String,
    /// Round of the loop, from 1.
    pub round: u32,
    /// Candidates shown for a query.
    pub candidates: u32,
    /// pref-NDCG@10 under which a query is served poorly.
    pub below: f64,
    /// Confusable worse candidates that the best one is set against.
    pub relevance_pairs: u32,
    /// Queries to ask gains for; without it, those of the feedback that are served poorly.
    pub queries: Option<NamedFile>,
    /// Prompts in place of those that come with the program; the version is not looked at.
    pub prompts: Vec<PromptItem>,
}

/// An experiment.
#[derive(Debug, Deserialize)]
pub struct ExperimentWishes {
    /// `efficiency`, `robustness`, `ablation` or `sensitivity`.
    pub name: String,
    /// Seeds.
    pub seeds: Vec<u32>,
    /// Steps of every trial.
    pub steps: u32,
    /// Queries in a step.
    pub batch_queries: u32,
    /// Texts of trials that were done before; those of other settings or files are passed over.
    pub kept: Vec<String>,
    /// Run what is missing; otherwise it is only planned.
    pub run: bool,
}

/// A prompt.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PromptItem {
    /// `preference`, `relevance`, `comprehensiveness` or `purity`.
    pub name: String,
    /// The whole file: version line, system part, user part with its placeholders.
    pub text: String,
    /// Its version.
    pub version: String,
}

/// What the LLM has answered.
#[derive(Debug, Deserialize)]
pub struct AnswerFiles {
    /// Output and error files of a batch service, in any order.
    pub files: Vec<NamedFile>,
    /// Responses of an endpoint.
    pub replies: Vec<EndpointReply>,
    /// The queries that were asked about, if the feedback does not hold them yet.
    pub queries: Option<NamedFile>,
}

/// The response of an endpoint to one request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EndpointReply {
    /// The request's name.
    pub custom_id: String,
    /// The response's body as it came, that of an error included.
    pub body: String,
}

/// A line of the last round's feedback, or one guidance example of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PlaceItem {
    /// Line of its file, from 1.
    pub line: u32,
    /// The example, from 1; absent for the line's preferences.
    pub guidance: Option<u32>,
}

/// A file by name and content; its buffer is transferred, not copied.
#[derive(Debug, Serialize, Deserialize)]
pub struct NamedFile {
    /// Name, with its path inside a folder if it came from one.
    pub name: String,
    /// Content.
    pub bytes: ByteBuf,
}

/// How to teach; the page shows these with their defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TeachSettings {
    /// `query`, or `both` to teach passages too; the corpus is embedded again then.
    pub towers: String,
    /// What is trained: `adapter`, `layers` (every weight of the encoder layers) or `all`.
    pub scope: String,
    /// LoRA rank of an adapter, 1 to 64.
    pub rank: u32,
    /// LoRA alpha; updates are scaled by alpha / rank.
    pub alpha: f32,
    /// `query_value` or `all_linear`.
    pub targets: String,
    /// Optimiser steps.
    pub steps: u32,
    /// Queries in a step.
    pub batch_queries: u32,
    /// Peak learning rate.
    pub learning_rate: f64,
    /// Share of preference data in the first step, 0 to 1.
    pub preference_from: f64,
    /// Share of preference data in the last step, 0 to 1.
    pub preference_to: f64,
    /// How the share moves from one to the other: `linear`, `step` or `paced`.
    pub schedule: String,
    /// Weight of the contrastive term on preference data.
    pub contrastive_weight: f64,
    /// Weight of the preference (KL) term on preference data.
    pub preference_weight: f64,
    /// Temperature of the gains in the preference target.
    pub beta: f64,
    /// Temperature of the scores in every loss.
    pub gamma: f64,
    /// Use guidance of this objective.
    pub relevance: bool,
    /// Use guidance of this objective.
    pub comprehensiveness: bool,
    /// Use guidance of this objective.
    pub purity: bool,
    /// Let a best candidate of gain 1 or 2 count a third or two thirds in the contrastive term.
    pub weigh_by_gain: bool,
    /// Let the batch's other guidance lend its better texts as negatives.
    pub guidance_in_batch: bool,
    /// Weight of the term that holds the embeddings of passages in place; 0 turns it off.
    pub retention_weight: f64,
    /// Rounds of the sample curriculum.
    pub rounds: u32,
    /// Teach a round's poor samples only.
    pub poor_only: bool,
    /// pref-NDCG@10 under which a sample is poor, 0 to 1.
    pub poor_below: f64,
    /// Share of the feedback queries kept for validation, 0 to 0.5.
    pub validation_share: f64,
    /// Keep the state that was best on the validation queries, instead of the last.
    pub keep_best: bool,
    /// Memory for what a pass keeps, in MiB; a larger batch goes through in pieces.
    pub pass_memory_mib: u32,
    /// Seed of the initial adapter and of the order of the batches.
    pub seed: u32,
}

/// Something that can be trained.
#[derive(Debug, Clone, Serialize)]
pub struct ScopeSettings {
    /// `adapter`, `layers` or `all`.
    pub name: String,
    /// Peak learning rate that goes with it.
    pub learning_rate: f64,
}

/// A method and the settings that make it up.
#[derive(Debug, Clone, Serialize)]
pub struct MethodSettings {
    /// `contrast-and-order`, `figret`, `standard`, `preference` or `guidance`.
    pub name: String,
    /// The default settings with its shares and weights.
    pub settings: TeachSettings,
}

/// What the worker sends.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// The worker runs and takes requests.
    Ready {
        /// Default settings for teaching.
        defaults: TeachSettings,
        /// The default settings as each method has them.
        methods: Vec<MethodSettings>,
        /// What can be trained.
        scopes: Vec<ScopeSettings>,
    },
    /// A request is under way.
    Progress {
        /// Which request.
        request_id: u32,
        /// How far.
        progress: Progress,
    },
    /// A request has ended well.
    Done {
        /// Which request.
        request_id: u32,
        /// Its result.
        reply: Reply,
    },
    /// A request has ended without a result; what was there before is still there.
    Failed {
        /// Which request.
        request_id: u32,
        /// Why, and what to do.
        failure: Failure,
    },
    /// A request was given up at the person's wish.
    Cancelled {
        /// Which request.
        request_id: u32,
    },
}

/// How far a request is.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Progress {
    /// The model's files.
    Model {
        /// Bytes so far, over all files.
        loaded_bytes: f64,
        /// Bytes in all.
        total_bytes: f64,
        /// `network` or `cache`.
        source: String,
        /// `download`, `wait` while the connection is, `verify`, `prepare` or `self_test`.
        stage: String,
    },
    /// Passages on their way into the index.
    Indexing {
        /// Passages done.
        done: u32,
        /// Passages in all.
        total: u32,
        /// Measured so far.
        passages_per_second: f64,
        /// Estimated from what is left; absent until the texts are tokenized and the first ones embedded.
        seconds_left: Option<f64>,
    },
    /// Vectors of passages that were embedded since the last ones.
    Vectors {
        /// A file as `TakeVectors` takes it.
        bytes: ByteBuf,
    },
    /// Queries, feedback texts, or passages that have moved, being embedded.
    Embedding {
        /// `queries`, `feedback texts` or `passages`.
        what: String,
        /// Texts done.
        done: u32,
        /// Texts in all.
        total: u32,
    },
    /// A step of teaching.
    Teaching(TeachStep),
    /// The teaching as it is now, to be kept and handed back if it is interrupted.
    Checkpoint {
        /// A safetensors file.
        bytes: ByteBuf,
        /// Steps that it holds.
        step: u32,
    },
    /// A round of teaching begins, or the last one has ended.
    Round(RoundInfo),
    /// A trial of an experiment is under way.
    Trialing {
        /// Steps of its teaching that are done.
        step: u32,
        /// Steps in all.
        steps: u32,
        /// Estimated seconds until the last trial is done; none before the first one is.
        seconds_left: Option<f64>,
    },
    /// A trial of an experiment is done.
    Trial {
        /// What is to be kept of it.
        text: String,
        /// The experiment with it.
        report: ExperimentReport,
    },
    /// The device was lost, and the lesson goes on after these steps; what came after them is done again.
    Recovered {
        /// Steps that count.
        step: u32,
    },
    /// A device was lost on the way; this is what the engine runs on since, and why.
    Backend(EngineInfo),
    /// The model on its way into a zip.
    Exporting {
        /// `write`, then `check` while it is read back.
        stage: String,
    },
}

/// How the samples stand at the beginning of a round, or at the end.
#[derive(Debug, Clone, Serialize)]
pub struct RoundInfo {
    /// Round, from 1; one more than there are at the end.
    pub round: u32,
    /// Rounds in all.
    pub rounds: u32,
    /// Steps done before it.
    pub steps_done: u32,
    /// Samples with a useful candidate.
    pub samples: u32,
    /// Of these, poor ones, relapsed ones among them.
    pub poor: u32,
    /// Samples that were poor once and are not now.
    pub mastered: u32,
    /// Samples that were mastered and are poor again.
    pub relapsed: u32,
    /// Mean pref-NDCG@10 of the samples.
    pub mean: f64,
    /// nDCG@10 of the validation queries by the LLM's gains; absent without them.
    pub validation: Option<f64>,
}

/// A feedback query from round to round.
#[derive(Debug, Clone, Serialize)]
pub struct SampleStory {
    /// Its id.
    pub query_id: String,
    /// Its text.
    pub query: String,
    /// Its pref-NDCG@10 at the beginning of every round and at the end.
    pub figures: Vec<f64>,
    /// Where it stood: `fine`, `poor`, `mastered` or `relapsed`.
    pub standings: Vec<String>,
}

/// One step of teaching.
#[derive(Debug, Clone, Serialize)]
pub struct TeachStep {
    /// Steps done, from 1.
    pub step: u32,
    /// Steps in all.
    pub steps: u32,
    /// Loss of the step, all terms.
    pub loss: f64,
    /// Mean preference term of the step; absent if it held no preference data.
    pub preference_loss: Option<f64>,
    /// Mean contrastive term of the step; absent if it held no preference data.
    pub contrastive_loss: Option<f64>,
    /// Mean guidance term of the step; absent if it held no guidance.
    pub guidance_loss: Option<f64>,
    /// Share of preference data that the curriculum asks for, 0 to 1.
    pub preference_share: f64,
    /// Queries of preference data in the step.
    pub preference_count: u32,
    /// Guidance examples in the step: relevance, comprehensiveness, purity.
    pub guidance_counts: [u32; 3],
    /// Learning rate of the step.
    pub learning_rate: f64,
    /// Norm of the gradient before clipping.
    pub grad_norm: f64,
    /// nDCG@10 of the validation queries by the LLM's gains, when it was measured at this step.
    pub validation: Option<f64>,
    /// The same by the base model, before the first step; absent without validation queries.
    pub validation_before: Option<f64>,
    /// Time since the first step, pauses left out.
    pub elapsed_seconds: f64,
    /// Estimated from the steps so far.
    pub seconds_left: f64,
    /// Memory in use: the GPU's, or the engine's own where the CPU teaches.
    pub memory_bytes: f64,
    /// What is being read: one example of the step, in words.
    pub example: Option<LessonExample>,
}

/// One guidance example or preference list, in words.
#[derive(Debug, Clone, Serialize)]
pub struct LessonExample {
    /// `preference`, `relevance`, `comprehensiveness` or `purity`.
    pub objective: String,
    /// The query.
    pub query: String,
    /// The text that should rank higher.
    pub better: String,
    /// The text that should rank lower.
    pub worse: String,
}

/// The result of a request.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reply {
    /// Nothing to say but that it is done.
    Nothing {},
    /// The engine is ready.
    Engine(EngineInfo),
    /// A collection is open.
    Collection(CollectionInfo),
    /// Every passage has a vector.
    Indexed(IndexInfo),
    /// The base model's figures.
    Evaluation(Evaluation),
    /// Two rankings.
    Search(SearchResult),
    /// Teaching has ended, or an adapter was loaded.
    Taught(TaughtInfo),
    /// Before against after.
    Comparison(Comparison),
    /// The files of what was taught.
    Adapter {
        /// `adapter_config.json`, `adapter_model.safetensors` and `README.md`, or `model.safetensors`.
        files: Vec<NamedFile>,
        /// Bytes of all files.
        size_bytes: u32,
        /// The queries that taught it; none are known of a loaded adapter.
        taught_on: Vec<String>,
    },
    /// Vectors of the passages, a file as `TakeVectors` takes it.
    Vectors {
        /// The file.
        bytes: ByteBuf,
    },
    /// The taught model as a sentence-transformers folder.
    Model {
        /// A zip of the folder.
        file: NamedFile,
        /// Smallest cosine of eight sentences, by the zip's content against the taught model.
        check_cosine: f64,
    },
    /// A file to be kept.
    File(NamedFile),
    /// The prompts.
    Prompts {
        /// Preference, relevance, comprehensiveness, purity.
        prompts: Vec<PromptItem>,
    },
    /// What to ask the LLM.
    Asks(Asks),
    /// What came of the LLM's answers.
    Answers(AnswersInfo),
    /// The passages and the judged queries on a plane.
    Map(MapInfo),
    /// What was found in the feedback.
    Audit(AuditInfo),
    /// An experiment as far as it has come.
    Experiment(ExperimentReport),
    /// Grades of rankings.
    Judged {
        /// Relevant passages of the query; absent if it is not judged.
        relevant: Option<u32>,
        /// One a ranking.
        rankings: Vec<JudgedRanking>,
    },
    /// Systems by measures.
    Systems(SystemsEvaluation),
    /// What the feedback teaches about a query.
    QueryFeedback {
        /// The lines about it; none if the feedback says nothing.
        lines: Vec<FeedbackLine>,
    },
    /// Vectors, row after row.
    Embeddings {
        /// Little-endian f32, `[rows, columns]`.
        bytes: ByteBuf,
        /// Texts.
        rows: u32,
        /// Width of a vector.
        columns: u32,
    },
}

/// Requests to the LLM, one by one and as a batch file.
#[derive(Debug, Serialize)]
pub struct Asks {
    /// The requests.
    pub asks: Vec<AskItem>,
    /// The same as an OpenAI batch file, in parts of at most 50,000 requests and 90 MB.
    pub files: Vec<NamedFile>,
    /// Queries without a useful candidate to write from.
    pub without_useful_candidate: u32,
    /// Queries left out because they are judged.
    pub judged: u32,
}

/// One request to the LLM.
#[derive(Debug, Clone, Serialize)]
pub struct AskItem {
    /// Its name.
    pub custom_id: String,
    /// `preference`, `relevance`, `comprehensiveness` or `purity`.
    pub kind: String,
    /// The query it is about.
    pub query: String,
    /// The body of a chat completion request, as JSON.
    pub body: String,
}

/// What came of the LLM's answers.
#[derive(Debug, Serialize)]
pub struct AnswersInfo {
    /// The collection with its new feedback.
    pub collection: CollectionInfo,
    /// Queries that got preferences, new or in place of old ones.
    pub preferences: u32,
    /// Guidance examples added: relevance, comprehensiveness, purity.
    pub guidance: [u32; 3],
    /// Guidance examples that were there already.
    pub repeated: u32,
    /// Answers that gave nothing; the first 200.
    pub refused: Vec<BadLine>,
    /// Answers that gave nothing, in all.
    pub refused_count: u32,
    /// What is worth knowing about answers that need no second asking.
    pub notes: Vec<String>,
    /// The `custom_id`s that need no second asking.
    pub settled: Vec<String>,
    /// All feedback as a file.
    pub file: NamedFile,
}

/// The passages and the judged queries on a plane.
#[derive(Debug, Clone, Serialize)]
pub struct MapInfo {
    /// The share of the passages' variance along each axis, 0 to 1.
    pub shares: [f64; 2],
    /// The passages, by the base model.
    pub passages: Vec<MapPassage>,
    /// Passages that were left out, evenly over the corpus, because there are too many to draw.
    pub left_out: u32,
    /// Whether the passages were taught, too, and lie elsewhere after the lesson.
    pub passages_moved: bool,
    /// Every judged query.
    pub queries: Vec<MapQuery>,
    /// Nearest passages that were compared before and after.
    pub neighbors: u32,
}

/// A passage on the plane.
#[derive(Debug, Clone, Serialize)]
pub struct MapPassage {
    /// Its title, or the beginning of its text.
    pub name: String,
    /// Along the first axis.
    pub x: f64,
    /// Along the second axis.
    pub y: f64,
}

/// A judged query on the plane.
#[derive(Debug, Clone, Serialize)]
pub struct MapQuery {
    /// Its id.
    pub query_id: String,
    /// Along both axes, by the base model.
    pub before: [f64; 2],
    /// Along both axes, as it was taught.
    pub after: [f64; 2],
    /// How many of its nearest passages are the same before and after.
    pub kept: u32,
}

/// What was found in the feedback.
#[derive(Debug, Clone, Serialize)]
pub struct AuditInfo {
    /// Lines that were looked at.
    pub queries: u32,
    /// What was found, the most severe first.
    pub findings: Vec<AuditFinding>,
    /// Codes of what was looked for and not found.
    pub absent: Vec<String>,
    /// What could not be looked for.
    pub not_checked: Vec<NotChecked>,
}

/// One thing that was found.
#[derive(Debug, Clone, Serialize)]
pub struct AuditFinding {
    /// Which check found it.
    pub code: String,
    /// `note`, `warning` or `serious`.
    pub severity: String,
    /// What was found, in words with numbers.
    pub found: String,
    /// What that means.
    pub means: String,
    /// What to do.
    pub remedy: String,
    /// The lines and examples it is about.
    pub cases: Vec<AuditCase>,
    /// What could be left out; may be none although there are cases.
    pub leave_out: Vec<PlaceItem>,
}

/// One line or example that a finding is about.
#[derive(Debug, Clone, Serialize)]
pub struct AuditCase {
    /// Where.
    pub place: PlaceItem,
    /// What is the matter with it.
    pub detail: String,
}

/// Something that could not be looked for.
#[derive(Debug, Clone, Serialize)]
pub struct NotChecked {
    /// Which check.
    pub code: String,
    /// Why not.
    pub reason: String,
}

/// How the feedback of another tool was understood.
#[derive(Debug, Clone, Serialize)]
pub struct ImportInfo {
    /// The file.
    pub file: String,
    /// Its format, as in an `ImportWish`.
    pub format: String,
    /// The format's name.
    pub title: String,
    /// Why it was taken for that.
    pub reason: String,
    /// Formats that it might be as well.
    pub others: Vec<String>,
    /// Feedback queries that it gave.
    pub queries: u32,
    /// Candidates with a score of the file's own.
    pub scored: u32,
    /// Candidates whose gain comes from being positive or negative.
    pub sided: u32,
    /// Guidance examples.
    pub guidance: u32,
    /// What was chosen where the file leaves it open.
    pub choices: Vec<String>,
    /// What could not be taken over.
    pub unmapped: Vec<String>,
    /// The first queries as they were understood.
    pub first: Vec<ImportedLine>,
}

/// One query of another tool's file as it was understood.
#[derive(Debug, Clone, Serialize)]
pub struct ImportedLine {
    /// Line of the file, from 1.
    pub line: u32,
    /// The query.
    pub query: String,
    /// Its candidates with their gains, as `id: gain`.
    pub candidates: Vec<String>,
    /// Guidance examples that it gave.
    pub guidance: u32,
}

/// One line of feedback.
#[derive(Debug, Clone, Serialize)]
pub struct FeedbackLine {
    /// Its round.
    pub round: u32,
    /// The candidates that the LLM has scored.
    pub gains: Vec<CandidateGain>,
    /// The examples that it has written.
    pub guidance: Vec<GuidanceItem>,
}

/// A candidate of a feedback line.
#[derive(Debug, Clone, Serialize)]
pub struct CandidateGain {
    /// The passage's id.
    pub passage_id: String,
    /// The passage's title.
    pub title: String,
    /// Usefulness as the LLM sees it, 0 to 3.
    pub gain: u8,
}

/// A guidance example in words.
#[derive(Debug, Clone, Serialize)]
pub struct GuidanceItem {
    /// `relevance`, `comprehensiveness` or `purity`.
    pub objective: String,
    /// The query that it is for, which need not be the line's own.
    pub query: String,
    /// The better text.
    pub better: String,
    /// The worse texts.
    pub worse: Vec<String>,
}

/// An experiment as far as it has come.
#[derive(Debug, Clone, Serialize)]
pub struct ExperimentReport {
    /// `efficiency`, `robustness`, `ablation` or `sensitivity`.
    pub name: String,
    /// Trials done.
    pub done: u32,
    /// Trials in all.
    pub trials: u32,
    /// What was done and how to read the table, in words.
    pub summary: String,
    /// Names of the table's columns.
    pub header: Vec<String>,
    /// The table's rows.
    pub rows: Vec<TableRow>,
    /// The plot.
    pub drawing: DrawingInfo,
    /// The same as files: `.json`, `.md` and `.svg`.
    pub files: Vec<TextFile>,
}

/// A row of a table.
#[derive(Debug, Clone, Serialize)]
pub struct TableRow {
    /// Its cells, in words.
    pub cells: Vec<String>,
}

/// A file of text by name and content.
#[derive(Debug, Clone, Serialize)]
pub struct TextFile {
    /// Name.
    pub name: String,
    /// Content.
    pub text: String,
}

/// A picture as elements of SVG.
#[derive(Debug, Clone, Serialize)]
pub struct DrawingInfo {
    /// Width in pixels.
    pub width: f64,
    /// Height in pixels.
    pub height: f64,
    /// What it shows, in a sentence.
    pub label: String,
    /// From back to front.
    pub shapes: Vec<ShapeInfo>,
}

/// A line, a mark, or words.
#[derive(Debug, Clone, Serialize)]
pub struct ShapeInfo {
    /// `path` or `text`.
    pub tag: String,
    /// Names and values.
    pub attributes: Vec<AttributeInfo>,
    /// Its words; empty for a path.
    pub text: String,
}

/// An attribute of a shape.
#[derive(Debug, Clone, Serialize)]
pub struct AttributeInfo {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

/// Another model than the one that ships: the folder of a sentence-transformers model.
#[derive(Debug, Clone, Deserialize)]
pub struct ModelWish {
    /// What it is called, on the page and in what is exported.
    pub name: String,
    /// Address of its folder, ending in a slash; its files are kept in this browser under it.
    pub url: String,
    /// Whether what is neither given nor kept is fetched from there.
    pub is_online: bool,
    /// Words in front of every query, in place of the folder's.
    pub query_prefix: Option<String>,
    /// Words in front of every passage, in place of the folder's.
    pub passage_prefix: Option<String>,
}

/// What the engine runs on.
#[derive(Debug, Clone, Serialize)]
pub struct EngineInfo {
    /// `gpu` or `cpu`.
    pub backend: String,
    /// Adapter or CPU path in words, for the badge.
    pub device: String,
    /// Smallest cosine of the eight fixed sentences with the vectors that they should have, at least 0.9999; none for
    /// another model than the one that ships on the CPU, which has nothing to be compared with.
    pub self_test_cosine: Option<f64>,
    /// Why the GPU is not used, if it is not; empty if it is.
    pub note: String,
    /// Model and precision in words.
    pub model: String,
    /// Its name, for what is exported.
    pub name: String,
    /// `mean` or `cls`.
    pub pooling: String,
    /// Tokens of a text that are read.
    pub max_tokens: u32,
    /// Bytes of its weights in f32.
    pub size_bytes: f64,
    /// Whether it is the model that ships, whose vectors come with the sample.
    pub is_shipped: bool,
    /// SHA-256 of the weights' file, of another model than the one that ships.
    pub weights_sha256: Option<String>,
    /// What stands in front of a query.
    pub query_prefix: String,
    /// What stands in front of a passage.
    pub passage_prefix: String,
    /// What a model of its name is known to want in front of queries and passages, if it has neither.
    pub known_prefixes: Option<[String; 2]>,
    /// Time from the request to here.
    pub elapsed_seconds: f64,
}

/// What is open.
#[derive(Debug, Clone, Serialize)]
pub struct CollectionInfo {
    /// Name of the collection.
    pub name: String,
    /// Whether it is the sample that ships with the page.
    pub is_sample: bool,
    /// Whether it replaces what was open, rather than adding to it.
    pub is_new: bool,
    /// Whether the state after teaching is still there.
    pub has_tuned: bool,
    /// Passages.
    pub passages: u32,
    /// Passages that have a vector already.
    pub passages_embedded: u32,
    /// Queries.
    pub queries: u32,
    /// Queries with at least one judgement.
    pub judged_queries: u32,
    /// Judgements.
    pub judgements: u32,
    /// What the feedback holds, if there is any.
    pub feedback: Option<FeedbackInfo>,
    /// The judged queries.
    pub query_list: Vec<QueryItem>,
    /// What each file was taken for.
    pub files: Vec<FileReport>,
    /// Lines that were left out.
    pub left_out: Vec<BadLine>,
    /// Lines left out in all; `left_out` holds the first 200.
    pub left_out_count: u32,
    /// How the feedback was understood, if another tool wrote it.
    pub import: Option<ImportInfo>,
}

/// What a feedback file holds.
#[derive(Debug, Clone, Serialize)]
pub struct FeedbackInfo {
    /// Queries with feedback, of all rounds.
    pub queries: u32,
    /// Rounds that the feedback is of.
    pub rounds: u32,
    /// Queries with a useful candidate: these teach by preference.
    pub preference_queries: u32,
    /// Queries whose candidates are all of gain 0; they teach nothing by preference.
    pub without_useful_candidate: u32,
    /// Preference scores.
    pub preferences: u32,
    /// Guidance examples: relevance, comprehensiveness, purity.
    pub guidance: [u32; 3],
    /// Feedback queries and guidance examples about judged queries; they were left out of teaching.
    pub also_judged: u32,
}

/// A query of the collection.
#[derive(Debug, Clone, Serialize)]
pub struct QueryItem {
    /// Its id.
    pub query_id: String,
    /// Its text.
    pub text: String,
}

/// What a file was taken for.
#[derive(Debug, Clone, Serialize)]
pub struct FileReport {
    /// Name as given.
    pub name: String,
    /// `corpus`, `queries`, `qrels`, `feedback` or `ignored`.
    pub role: String,
    /// Records used.
    pub records: u32,
    /// Records left out.
    pub left_out: u32,
}

/// A line that cannot be used.
#[derive(Debug, Clone, Serialize)]
pub struct BadLine {
    /// File name.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// What is wrong.
    pub reason: String,
    /// What to do.
    pub remedy: String,
}

/// The index is ready.
#[derive(Debug, Clone, Serialize)]
pub struct IndexInfo {
    /// Passages.
    pub passages: u32,
    /// Embedded now; the others had a vector.
    pub embedded: u32,
    /// Time for those.
    pub elapsed_seconds: f64,
    /// Tokens embedded now.
    pub tokens: u32,
    /// Passages cut off at the token limit.
    pub truncated: u32,
    /// Tokens of a text that are read.
    pub max_tokens: u32,
}

/// Mean measures over the judged queries.
#[derive(Debug, Clone, Serialize)]
pub struct Measures {
    /// nDCG@10, linear gain.
    pub ndcg_at_10: f64,
    /// Recall@100.
    pub recall_at_100: f64,
    /// Mean average precision.
    pub map: f64,
    /// Mean reciprocal rank.
    pub mrr: f64,
}

/// The base model on the judged queries.
#[derive(Debug, Clone, Serialize)]
pub struct Evaluation {
    /// Judged queries.
    pub queries: u32,
    /// Judged queries without a relevant passage; they count 0.
    pub without_relevant: u32,
    /// Means.
    pub measures: Measures,
    /// pref-NDCG@10 of the feedback queries by the base model, if there is feedback.
    pub feedback: Option<FeedbackEvaluation>,
    /// Time taken.
    pub elapsed_seconds: f64,
}

/// How well the retriever orders what the LLM has scored.
#[derive(Debug, Clone, Serialize)]
pub struct FeedbackEvaluation {
    /// Feedback queries with a useful candidate.
    pub queries: u32,
    /// Mean pref-NDCG@10.
    pub mean: f64,
    /// Its expected value under a random order.
    pub chance: f64,
    /// Queries under the threshold.
    pub poor: u32,
    /// The threshold.
    pub threshold: f64,
    /// Feedback queries whose candidates are all useless: they teach nothing by preference.
    pub without_useful: u32,
    /// Every one of `queries`, in the order of the feedback.
    pub samples: Vec<SampleItem>,
}

/// A feedback query and how the base model orders its candidates.
#[derive(Debug, Clone, Serialize)]
pub struct SampleItem {
    /// Its id.
    pub query_id: String,
    /// Its text.
    pub query: String,
    /// Its pref-NDCG@10.
    pub pref_ndcg: f64,
}

/// Two rankings of the passages for one query.
#[derive(Debug, Clone, Serialize)]
pub struct SearchResult {
    /// The query's text.
    pub query: String,
    /// Its id, if it is the collection's own.
    pub query_id: Option<String>,
    /// Ranking of the base model.
    pub before: Vec<RankedPassage>,
    /// Ranking after teaching; absent while nothing was taught.
    pub after: Option<Vec<RankedPassage>>,
    /// Relevant passages of the query, if it is judged.
    pub relevant: Option<u32>,
    /// nDCG@10 before, if the query is judged.
    pub ndcg_before: Option<f64>,
    /// nDCG@10 after, if the query is judged and something was taught.
    pub ndcg_after: Option<f64>,
    /// Ranking by BM25, if baselines were asked for; `other_rank` is the base model's.
    pub bm25: Option<Vec<RankedPassage>>,
    /// Reciprocal rank fusion of BM25 and the retriever as it is, if asked for; `other_rank` is the base model's.
    pub hybrid: Option<Vec<RankedPassage>>,
    /// Time for the whole request.
    pub elapsed_ms: f64,
}

/// A ranking with what is judged in it.
#[derive(Debug, Clone, Serialize)]
pub struct JudgedRanking {
    /// A grade a passage, absent where nobody has judged it.
    pub grades: Vec<Option<i32>>,
    /// nDCG@10.
    pub ndcg: f64,
}

/// A passage in a ranking.
#[derive(Debug, Clone, Serialize)]
pub struct RankedPassage {
    /// Rank, from 1.
    pub rank: u32,
    /// Rank in the other column, however deep; absent if there is no other column.
    pub other_rank: Option<u32>,
    /// Its id.
    pub passage_id: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// Higher is better: a cosine, -1 to 1; in a baseline's column its own score.
    pub score: f64,
    /// Grade, if it was judged for this query.
    pub grade: Option<i32>,
}

/// What teaching gave.
#[derive(Debug, Clone, Serialize)]
pub struct TaughtInfo {
    /// `taught` or `loaded`.
    pub origin: String,
    /// Whether it was ended before its last step.
    pub stopped_early: bool,
    /// Steps done; 0 for a loaded adapter.
    pub steps: u32,
    /// Time of the steps.
    pub elapsed_seconds: f64,
    /// Trained parameters.
    pub parameters: u32,
    /// What was trained: `adapter` or `weights`.
    pub scope: String,
    /// LoRA rank; 0 where there is no adapter.
    pub rank: u32,
    /// Projections that carry an adapter.
    pub targets: Vec<String>,
    /// Texts that it embeds: `query`, or `both` for passages too.
    pub towers: String,
    /// Queries with preference data that lessons were drawn from.
    pub preference_queries: u32,
    /// Guidance examples that lessons were drawn from: relevance, comprehensiveness, purity.
    pub guidance: [u32; 3],
    /// Feedback queries kept for validation.
    pub validation_queries: u32,
    /// nDCG@10 on them by the LLM's gains, before and after.
    pub validation: Option<[f64; 2]>,
    /// Steps after which the adapter was as it is; 0 if nothing was better than the base model.
    pub kept_step: u32,
    /// How the samples stood, round by round; empty where all are taught in one round.
    pub rounds: Vec<RoundInfo>,
    /// Every sample's way through the rounds, the poorest beginning first.
    pub stories: Vec<SampleStory>,
}

/// Before against after on the judged queries.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// Judged queries.
    pub queries: u32,
    /// Judged queries without a relevant passage.
    pub without_relevant: u32,
    /// Base model.
    pub before: Measures,
    /// Taught model.
    pub after: Measures,
    /// Queries better, equal and worse in nDCG@10.
    pub won_tied_lost: [u32; 3],
    /// Mean change in nDCG@10.
    pub mean_change: f64,
    /// 95 % interval of the mean change: paired bootstrap over queries, percentile.
    pub interval: [f64; 2],
    /// Two-sided p of the paired randomisation test.
    pub p_value: f64,
    /// Whether `p_value` counts all sign patterns (`exact`) or draws them (`100000 draws, seed 0`).
    pub p_method: String,
    /// Smallest mean change that this many queries can show (80 % power, 5 % level); absent for one query.
    pub detectable_change: Option<f64>,
    /// `better`, `worse` or `no_clear_difference`.
    pub verdict: String,
    /// Every judged query, sorted by change, best first.
    pub per_query: Vec<QueryChange>,
    /// What is equal on both sides: engine, precision, truncation, pooling.
    pub conditions: String,
    /// Baselines beside before and after, if measures were asked for.
    pub evaluation: Option<SystemsEvaluation>,
}

/// Several systems on the judged queries, by any measures.
#[derive(Debug, Clone, Serialize)]
pub struct SystemsEvaluation {
    /// The measures by name, in the order of every list of values.
    pub measures: Vec<String>,
    /// Judged queries.
    pub queries: u32,
    /// The systems: before, after and the baselines.
    pub systems: Vec<SystemItem>,
    /// The system that the others are tested against.
    pub reference: String,
    /// Every judged query.
    pub per_query: Vec<EvaluatedQuery>,
    /// Whether the retriever prefers what held-out guidance prefers; absent without such guidance.
    pub probes: Option<Probes>,
}

/// One system.
#[derive(Debug, Clone, Serialize)]
pub struct SystemItem {
    /// `before`, `after`, `bm25`, `hybrid-before` or `hybrid-after`.
    pub name: String,
    /// Means, one a measure.
    pub means: Vec<f64>,
    /// Judged queries without a ranking; they count 0.
    pub missing: u32,
    /// Judged queries without a judged passage among their first ten.
    pub nothing_judged: u32,
    /// The tests against the reference, one a measure that can be tested; none for the reference itself.
    pub tests: Vec<MeasureTest>,
    /// Why there are no tests, if there are none although it is not the reference.
    pub not_tested: Option<String>,
}

/// A system against the reference in one measure.
#[derive(Debug, Clone, Serialize)]
pub struct MeasureTest {
    /// The measure.
    pub measure: String,
    /// Mean change.
    pub mean_change: f64,
    /// Queries better, equal and worse.
    pub won_tied_lost: [u32; 3],
    /// 95 % interval of the mean change: bootstrap over queries, BCa.
    pub interval: [f64; 2],
    /// Two-sided p of the paired randomisation test.
    pub p_randomization: f64,
    /// Two-sided p of the paired t test; absent where there is none.
    pub p_t_test: Option<f64>,
    /// `p_randomization`, adjusted by Holm for the number of measures.
    pub p_holm: f64,
    /// Smallest mean change that this many queries can show (80 % power, 5 % level); absent for one query.
    pub detectable_change: Option<f64>,
    /// By `p_holm`: `better`, `worse` or `no_clear_difference`.
    pub verdict: String,
}

/// One judged query.
#[derive(Debug, Clone, Serialize)]
pub struct EvaluatedQuery {
    /// Its id.
    pub query_id: String,
    /// Its text.
    pub text: String,
    /// Its figures by system and measure, in their orders.
    pub values: Vec<Vec<f64>>,
}

/// How often the better text of held-out guidance is preferred.
#[derive(Debug, Clone, Serialize)]
pub struct Probes {
    /// Feedback queries whose guidance was held out.
    pub queries: u32,
    /// Examples in all.
    pub examples: u32,
    /// Whether the split was drawn again from the default settings, because the adapter was loaded.
    pub is_assumed: bool,
    /// By objective; one without examples is not there.
    pub objectives: Vec<ObjectiveProbe>,
}

/// The answer for one objective.
#[derive(Debug, Clone, Serialize)]
pub struct ObjectiveProbe {
    /// `relevance`, `comprehensiveness` or `purity`.
    pub objective: String,
    /// Examples.
    pub examples: u32,
    /// Share preferred before, 0 to 1.
    pub before: f64,
    /// Its 95 % interval (Wilson).
    pub before_interval: [f64; 2],
    /// Share preferred after, 0 to 1.
    pub after: f64,
    /// Its 95 % interval (Wilson).
    pub after_interval: [f64; 2],
    /// The share that a random order would reach.
    pub chance: f64,
    /// Examples preferred only after, and only before.
    pub gained_lost: [u32; 2],
    /// Two-sided p of the exact McNemar test.
    pub p_value: f64,
}

/// One judged query before and after.
#[derive(Debug, Clone, Serialize)]
pub struct QueryChange {
    /// Its id.
    pub query_id: String,
    /// Its text.
    pub text: String,
    /// nDCG@10 before.
    pub before: f64,
    /// nDCG@10 after.
    pub after: f64,
}

/// Why a request failed and what a person can do.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// One of `model_fetch`, `model_hash`, `model`, `no_adapter`, `self_test`, `bad_lines`, `bad_file`, `not_ready`,
    /// `no_feedback`, `no_judgements`, `measure`, `adapter`, `export`, `training`, `gpu`, `engine`.
    pub code: String,
    /// What happened, with file and line where there is one.
    pub message: String,
    /// What to do.
    pub hint: String,
    /// For `bad_lines`: the lines, at most 200 of them.
    pub bad_lines: Vec<BadLine>,
    /// For `bad_lines`: how many in all.
    pub bad_line_count: u32,
    /// For `bad_lines`: how many records could be used.
    pub usable_count: u32,
}
