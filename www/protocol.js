// Every message between the page and the worker. Generated from src/web/protocol.rs by `cargo xtask codegen`;
// do not edit.

/** Tells one version of the messages from another: what one page has kept, another may not understand. */
export const SHAPE = '9808977b495e5109';

/** Makes a request; refuses fields that are missing or unknown, so that a typing error is seen here. */
function request(kind, required, optional, fields) {
  for (const name of required) {
    if (fields[name] === undefined) throw new TypeError(`request ${kind}: field ${name} is missing`);
  }
  for (const name of Object.keys(fields)) {
    if (!required.includes(name) && !optional.includes(name)) {
      throw new TypeError(`request ${kind}: field ${name} is unknown`);
    }
  }
  return { kind, ...fields };
}

/** Constructors of the requests, one for each kind. */
export const requests = {
  /**
   * Loads the model and picks a backend. Progress: `Model`. Reply: `Engine`.
   * @param {Omit<RequestOpen, 'kind'>} fields
   * @returns {RequestOpen}
   */
  open: (fields) => request('open', ['backend', 'allow_software', 'model_base', 'files'], ['model'], fields),

  /**
   * Opens the sample collection that ships with the page. Reply: `Collection`.
   * @param {Omit<RequestOpenSample, 'kind'>} fields
   * @returns {RequestOpenSample}
   */
  openSample: (fields) => request('open_sample', ['base'], [], fields),

  /**
   * Reads files that the person gave, a zip or a folder's content included. A corpus among them starts a new
   * collection; without one they are added to the open one. Reply: `Collection`.
   * @param {Omit<RequestOpenFiles, 'kind'>} fields
   * @returns {RequestOpenFiles}
   */
  openFiles: (fields) => request('open_files', ['files', 'leave_out_bad_lines'], ['import'], fields),

  /**
   * Embeds the passages that have no vector yet. Progress: `Indexing`, and `Vectors` if they are wanted. Reply:
   * `Indexed`.
   * @param {Omit<RequestIndex, 'kind'>} fields
   * @returns {RequestIndex}
   */
  index: (fields = {}) => request('index', [], ['vectors_every'], fields),

  /**
   * The passages' vectors, to be kept and taken back. Reply: `Vectors`.
   * @param {Omit<RequestVectors, 'kind'>} fields
   * @returns {RequestVectors}
   */
  vectors: (fields) => request('vectors', ['tuned'], [], fields),

  /**
   * Takes back vectors of the open collection's passages; what they cover is not embedded again. Reply: `Nothing`.
   * @param {Omit<RequestTakeVectors, 'kind'>} fields
   * @returns {RequestTakeVectors}
   */
  takeVectors: (fields) => request('take_vectors', ['files'], [], fields),

  /**
   * Measures the retriever as it is now on the judged queries. Progress: `Embedding`. Reply: `Evaluation`.
   * @param {Omit<RequestEvaluate, 'kind'>} fields
   * @returns {RequestEvaluate}
   */
  evaluate: (fields = {}) => request('evaluate', [], [], fields),

  /**
   * Ranks the passages for one text, before and after teaching. Reply: `Search`.
   * @param {Omit<RequestSearch, 'kind'>} fields
   * @returns {RequestSearch}
   */
  search: (fields) => request('search', ['query', 'depth'], ['query_id', 'baselines'], fields),

  /**
   * Teaches. Progress: `Embedding`, then `Teaching`, and a `Checkpoint` now and then. Reply: `Taught`.
   * @param {Omit<RequestTeach, 'kind'>} fields
   * @returns {RequestTeach}
   */
  teach: (fields) => request('teach', ['settings'], ['checkpoint'], fields),

  /**
   * Halts the teaching `target` until it is resumed. Reply: `Nothing`.
   * @param {Omit<RequestPause, 'kind'>} fields
   * @returns {RequestPause}
   */
  pause: (fields) => request('pause', ['target'], [], fields),

  /**
   * Goes on with the teaching `target`. Reply: `Nothing`.
   * @param {Omit<RequestResume, 'kind'>} fields
   * @returns {RequestResume}
   */
  resume: (fields) => request('resume', ['target'], [], fields),

  /**
   * Ends the teaching `target` early and keeps what has been learnt. Reply: `Nothing`.
   * @param {Omit<RequestStop, 'kind'>} fields
   * @returns {RequestStop}
   */
  stop: (fields) => request('stop', ['target'], [], fields),

  /**
   * Gives up the request `target`; nothing of it is kept. Reply: `Nothing`.
   * @param {Omit<RequestCancel, 'kind'>} fields
   * @returns {RequestCancel}
   */
  cancel: (fields) => request('cancel', ['target'], [], fields),

  /**
   * Compares before and after on the judged queries. Progress: `Embedding`. Reply: `Comparison`.
   * @param {Omit<RequestCompare, 'kind'>} fields
   * @returns {RequestCompare}
   */
  compare: (fields = {}) => request('compare', [], ['measures'], fields),

  /**
   * Places the passages and the judged queries on a plane, before and after; both must be compared already.
   * Reply: `Map`.
   * @param {Omit<RequestMap, 'kind'>} fields
   * @returns {RequestMap}
   */
  map: (fields = {}) => request('map', [], [], fields),

  /**
   * Writes a file of the evaluation. Progress: `Embedding`. Reply: `File`.
   * @param {Omit<RequestExportEvaluation, 'kind'>} fields
   * @returns {RequestExportEvaluation}
   */
  exportEvaluation: (fields) => request('export_evaluation', ['part'], ['system', 'measures'], fields),

  /**
   * Writes the adapter as PEFT files, or taught weights as `model.safetensors`. Reply: `Adapter`.
   * @param {Omit<RequestExportAdapter, 'kind'>} fields
   * @returns {RequestExportAdapter}
   */
  exportAdapter: (fields = {}) => request('export_adapter', [], [], fields),

  /**
   * Writes the taught model as a zip that sentence-transformers loads, and reads it back. Progress: `Exporting`.
   * Reply: `Model`.
   * @param {Omit<RequestExportModel, 'kind'>} fields
   * @returns {RequestExportModel}
   */
  exportModel: (fields = {}) => request('export_model', [], [], fields),

  /**
   * Loads a PEFT adapter or taught weights as the state after teaching. Reply: `Taught`.
   * @param {Omit<RequestLoadAdapter, 'kind'>} fields
   * @returns {RequestLoadAdapter}
   */
  loadAdapter: (fields) => request('load_adapter', ['files'], ['taught_on', 'vectors'], fields),

  /**
   * Embeds texts. Reply: `Embeddings`.
   * @param {Omit<RequestEmbed, 'kind'>} fields
   * @returns {RequestEmbed}
   */
  embed: (fields) => request('embed', ['texts', 'tuned'], [], fields),

  /**
   * The prompts for the LLM as they come with the program. Reply: `Prompts`.
   * @param {Omit<RequestPrompts, 'kind'>} fields
   * @returns {RequestPrompts}
   */
  prompts: (fields = {}) => request('prompts', [], [], fields),

  /**
   * Writes what to ask the LLM next; what was taught, if anything was, finds the candidates. Progress: `Embedding`.
   * Reply: `Asks`.
   * @param {Omit<RequestAsk, 'kind'>} fields
   * @returns {RequestAsk}
   */
  ask: (fields) => request('ask', ['wishes'], [], fields),

  /**
   * Takes the LLM's answers into the feedback. Reply: `Answers`.
   * @param {Omit<RequestTakeAnswers, 'kind'>} fields
   * @returns {RequestTakeAnswers}
   */
  takeAnswers: (fields) => request('take_answers', ['answers'], [], fields),

  /**
   * Looks for what is known to go wrong in the last round's feedback. Progress: `Embedding`. Reply: `Audit`.
   * @param {Omit<RequestAudit, 'kind'>} fields
   * @returns {RequestAudit}
   */
  audit: (fields = {}) => request('audit', [], [], fields),

  /**
   * Leaves lines and examples of the last round's feedback out. Reply: `Collection`.
   * @param {Omit<RequestLeaveOut, 'kind'>} fields
   * @returns {RequestLeaveOut}
   */
  leaveOut: (fields) => request('leave_out', ['places'], [], fields),

  /**
   * Plans an experiment, and runs the trials of it that are not kept. Progress: `Embedding`, then `Trialing`, and a
   * `Trial` for each that is done. A stop keeps these. Reply: `Experiment`.
   * @param {Omit<RequestExperiment, 'kind'>} fields
   * @returns {RequestExperiment}
   */
  experiment: (fields) => request('experiment', ['wishes'], [], fields),

  /**
   * What the feedback teaches about one query. Reply: `QueryFeedback`.
   * @param {Omit<RequestFeedbackOn, 'kind'>} fields
   * @returns {RequestFeedbackOn}
   */
  feedbackOn: (fields) => request('feedback_on', ['query'], [], fields),

  /**
   * Grades rankings that were made elsewhere for one judged query. Reply: `Judged`.
   * @param {Omit<RequestJudge, 'kind'>} fields
   * @returns {RequestJudge}
   */
  judge: (fields) => request('judge', ['query_id', 'rankings'], [], fields),

  /**
   * Evaluates rankings that were made elsewhere for the judged queries; one that is missing counts 0. Reply:
   * `Systems`.
   * @param {Omit<RequestEvaluateRankings, 'kind'>} fields
   * @returns {RequestEvaluateRankings}
   */
  evaluateRankings: (fields) => request('evaluate_rankings', ['rankings', 'measures'], [], fields),
};

const EVENT_KINDS = ['ready', 'progress', 'done', 'failed', 'cancelled'];

/**
 * Calls the handler of the event's kind and gives what that returns.
 * @param {Event} event
 * @param {{ [K in Event['kind']]: (event: Extract<Event, { kind: K }>) => unknown }} handlers
 * @throws {TypeError} if the kind is unknown or has no handler.
 */
export function dispatch(event, handlers) {
  if (!EVENT_KINDS.includes(event.kind)) throw new TypeError(`unknown kind of event: ${event.kind}`);
  const handler = handlers[event.kind];
  if (handler === undefined) throw new TypeError(`no handler for events of kind ${event.kind}`);
  return handler(event);
}

/**
 * What the page sends: an id of the page's choice and what to do.
 * @typedef {object} Envelope
 * @property {number} request_id Chosen by the page; every event about this request carries it.
 * @property {Request} request What to do.
 */

/**
 * What the page may ask of the engine.
 * @typedef {RequestOpen | RequestOpenSample | RequestOpenFiles | RequestIndex | RequestVectors | RequestTakeVectors | RequestEvaluate | RequestSearch | RequestTeach | RequestPause | RequestResume | RequestStop | RequestCancel | RequestCompare | RequestMap | RequestExportEvaluation | RequestExportAdapter | RequestExportModel | RequestLoadAdapter | RequestEmbed | RequestPrompts | RequestAsk | RequestTakeAnswers | RequestAudit | RequestLeaveOut | RequestExperiment | RequestFeedbackOn | RequestJudge | RequestEvaluateRankings} Request
 */

/**
 * Loads the model and picks a backend. Progress: `Model`. Reply: `Engine`.
 * @typedef {object} RequestOpen
 * @property {'open'} kind
 * @property {string} backend `auto`, `gpu` or `cpu`.
 * @property {boolean} allow_software Accept a software adapter when asked for the GPU.
 * @property {string} model_base Folder of the model files, ending in a slash.
 * @property {NamedFile[]} files Files of the model that the person gave; what is not among them comes from the folder.
 * @property {ModelWish | null} [model] Another model than the one that ships; `files` are of its folder then.
 */

/**
 * Opens the sample collection that ships with the page. Reply: `Collection`.
 * @typedef {object} RequestOpenSample
 * @property {'open_sample'} kind
 * @property {string} base Folder of the sample, ending in a slash.
 */

/**
 * Reads files that the person gave, a zip or a folder's content included. A corpus among them starts a new
 * collection; without one they are added to the open one. Reply: `Collection`.
 * @typedef {object} RequestOpenFiles
 * @property {'open_files'} kind
 * @property {NamedFile[]} files The files; what each one is, is found out from its name and content.
 * @property {boolean} leave_out_bad_lines Leave out lines that cannot be used; otherwise one such line stops the opening.
 * @property {ImportWish | null} [import] Read one of the files as another tool's feedback, whatever it looks like.
 */

/**
 * Embeds the passages that have no vector yet. Progress: `Indexing`, and `Vectors` if they are wanted. Reply:
 * `Indexed`.
 * @typedef {object} RequestIndex
 * @property {'index'} kind
 * @property {number | null} [vectors_every] Seconds from one `Vectors` to the next; without it there are none.
 */

/**
 * The passages' vectors, to be kept and taken back. Reply: `Vectors`.
 * @typedef {object} RequestVectors
 * @property {'vectors'} kind
 * @property {boolean} tuned As they are after teaching, rather than the base model's.
 */

/**
 * Takes back vectors of the open collection's passages; what they cover is not embedded again. Reply: `Nothing`.
 * @typedef {object} RequestTakeVectors
 * @property {'take_vectors'} kind
 * @property {NamedFile[]} files Files of `Vectors`, in any order.
 */

/**
 * Measures the retriever as it is now on the judged queries. Progress: `Embedding`. Reply: `Evaluation`.
 * @typedef {object} RequestEvaluate
 * @property {'evaluate'} kind
 */

/**
 * Ranks the passages for one text, before and after teaching. Reply: `Search`.
 * @typedef {object} RequestSearch
 * @property {'search'} kind
 * @property {string} query The query's text.
 * @property {string | null} [query_id] The collection's id of the query, if it is one of its own; grades are shown then.
 * @property {number} depth Passages per column.
 * @property {boolean | null} [baselines] Rank by BM25 too, and by its fusion with the retriever; absent for no.
 */

/**
 * Teaches. Progress: `Embedding`, then `Teaching`, and a `Checkpoint` now and then. Reply: `Taught`.
 * @typedef {object} RequestTeach
 * @property {'teach'} kind
 * @property {Uint8Array | null} [checkpoint] The last checkpoint of a teaching with the same settings and collection, to go on from there.
 * @property {TeachSettings} settings How to teach.
 */

/**
 * Halts the teaching `target` until it is resumed. Reply: `Nothing`.
 * @typedef {object} RequestPause
 * @property {'pause'} kind
 * @property {number} target `request_id` of the teaching.
 */

/**
 * Goes on with the teaching `target`. Reply: `Nothing`.
 * @typedef {object} RequestResume
 * @property {'resume'} kind
 * @property {number} target `request_id` of the teaching.
 */

/**
 * Ends the teaching `target` early and keeps what has been learnt. Reply: `Nothing`.
 * @typedef {object} RequestStop
 * @property {'stop'} kind
 * @property {number} target `request_id` of the teaching.
 */

/**
 * Gives up the request `target`; nothing of it is kept. Reply: `Nothing`.
 * @typedef {object} RequestCancel
 * @property {'cancel'} kind
 * @property {number} target `request_id` of any running request.
 */

/**
 * Compares before and after on the judged queries. Progress: `Embedding`. Reply: `Comparison`.
 * @typedef {object} RequestCompare
 * @property {'compare'} kind
 * @property {string[] | null} [measures] Measures by name (`ndcg@10`, `recall@100`, `map` and so on) for an evaluation of baselines too; absent for none.
 */

/**
 * Places the passages and the judged queries on a plane, before and after; both must be compared already.
 * Reply: `Map`.
 * @typedef {object} RequestMap
 * @property {'map'} kind
 */

/**
 * Writes a file of the evaluation. Progress: `Embedding`. Reply: `File`.
 * @typedef {object} RequestExportEvaluation
 * @property {'export_evaluation'} kind
 * @property {string} part `run` or `qrels` (TREC), or `per_query` (CSV).
 * @property {string | null} [system] Of a run: the system, as in a `SystemItem`.
 * @property {string[] | null} [measures] Of figures by query: measures by name.
 */

/**
 * Writes the adapter as PEFT files, or taught weights as `model.safetensors`. Reply: `Adapter`.
 * @typedef {object} RequestExportAdapter
 * @property {'export_adapter'} kind
 */

/**
 * Writes the taught model as a zip that sentence-transformers loads, and reads it back. Progress: `Exporting`.
 * Reply: `Model`.
 * @typedef {object} RequestExportModel
 * @property {'export_model'} kind
 */

/**
 * Loads a PEFT adapter or taught weights as the state after teaching. Reply: `Taught`.
 * @typedef {object} RequestLoadAdapter
 * @property {'load_adapter'} kind
 * @property {NamedFile[]} files `adapter_config.json` and `adapter_model.safetensors`, or `model.safetensors`, or a zip of them.
 * @property {string[] | null} [taught_on] The queries that taught it, if it was taught here: it is refused if one of them is judged.
 * @property {Uint8Array | null} [vectors] The passages' vectors as it embeds them, if it moves passages and they were kept.
 */

/**
 * Embeds texts. Reply: `Embeddings`.
 * @typedef {object} RequestEmbed
 * @property {'embed'} kind
 * @property {string[]} texts The texts.
 * @property {boolean} tuned Use the taught query encoder rather than the base model.
 */

/**
 * The prompts for the LLM as they come with the program. Reply: `Prompts`.
 * @typedef {object} RequestPrompts
 * @property {'prompts'} kind
 */

/**
 * Writes what to ask the LLM next; what was taught, if anything was, finds the candidates. Progress: `Embedding`.
 * Reply: `Asks`.
 * @typedef {object} RequestAsk
 * @property {'ask'} kind
 * @property {AskWishes} wishes What to ask.
 */

/**
 * Takes the LLM's answers into the feedback. Reply: `Answers`.
 * @typedef {object} RequestTakeAnswers
 * @property {'take_answers'} kind
 * @property {AnswerFiles} answers The answers.
 */

/**
 * Looks for what is known to go wrong in the last round's feedback. Progress: `Embedding`. Reply: `Audit`.
 * @typedef {object} RequestAudit
 * @property {'audit'} kind
 */

/**
 * Leaves lines and examples of the last round's feedback out. Reply: `Collection`.
 * @typedef {object} RequestLeaveOut
 * @property {'leave_out'} kind
 * @property {PlaceItem[]} places What the audit has named.
 */

/**
 * Plans an experiment, and runs the trials of it that are not kept. Progress: `Embedding`, then `Trialing`, and a
 * `Trial` for each that is done. A stop keeps these. Reply: `Experiment`.
 * @typedef {object} RequestExperiment
 * @property {'experiment'} kind
 * @property {ExperimentWishes} wishes Which, and how.
 */

/**
 * What the feedback teaches about one query. Reply: `QueryFeedback`.
 * @typedef {object} RequestFeedbackOn
 * @property {'feedback_on'} kind
 * @property {string} query The query's text.
 */

/**
 * Grades rankings that were made elsewhere for one judged query. Reply: `Judged`.
 * @typedef {object} RequestJudge
 * @property {'judge'} kind
 * @property {string} query_id The collection's id of the query.
 * @property {string[][]} rankings Passage ids, best first, of each ranking.
 */

/**
 * Evaluates rankings that were made elsewhere for the judged queries; one that is missing counts 0. Reply:
 * `Systems`.
 * @typedef {object} RequestEvaluateRankings
 * @property {'evaluate_rankings'} kind
 * @property {QueryRankings[]} rankings The rankings.
 * @property {string[]} measures Measures by name.
 */

/**
 * A judged query as another system ranks passages for it.
 * @typedef {object} QueryRankings
 * @property {string} query_id The collection's id of the query.
 * @property {ScoredPassage[]} before Passages by the base model's vector, in any order.
 * @property {ScoredPassage[] | null} [after] Passages by the taught vector; absent while nothing was taught.
 */

/**
 * A passage of such a ranking.
 * @typedef {object} ScoredPassage
 * @property {string} passage_id Its id.
 * @property {number} score Higher is better.
 */

/**
 * A file to be read as another tool's feedback.
 * @typedef {object} ImportWish
 * @property {string} file Its name, as in a `FileReport`.
 * @property {string} format `flag-embedding`, `llm-embedder`, `sentence-transformers`, `tevatron`, `trl`, `llama-index` or `quepid`.
 */

/**
 * What to ask the LLM.
 * @typedef {object} AskWishes
 * @property {string} stage `preferences` for gains of what the retriever finds, `guidance` for examples on the queries it serves poorly.
 * @property {string} model The LLM's name, as its server knows it.
 * @property {number} round Round of the loop, from 1.
 * @property {number} candidates Candidates shown for a query.
 * @property {number} below pref-NDCG@10 under which a query is served poorly.
 * @property {number} relevance_pairs Confusable worse candidates that the best one is set against.
 * @property {NamedFile | null} [queries] Queries to ask gains for; without it, those of the feedback that are served poorly.
 * @property {PromptItem[]} prompts Prompts in place of those that come with the program; the version is not looked at.
 */

/**
 * An experiment.
 * @typedef {object} ExperimentWishes
 * @property {string} name `efficiency`, `robustness`, `ablation` or `sensitivity`.
 * @property {number[]} seeds Seeds.
 * @property {number} steps Steps of every trial.
 * @property {number} batch_queries Queries in a step.
 * @property {string[]} kept Texts of trials that were done before; those of other settings or files are passed over.
 * @property {boolean} run Run what is missing; otherwise it is only planned.
 */

/**
 * A prompt.
 * @typedef {object} PromptItem
 * @property {string} name `preference`, `relevance`, `comprehensiveness` or `purity`.
 * @property {string} text The whole file: version line, system part, user part with its placeholders.
 * @property {string} version Its version.
 */

/**
 * What the LLM has answered.
 * @typedef {object} AnswerFiles
 * @property {NamedFile[]} files Output and error files of a batch service, in any order.
 * @property {EndpointReply[]} replies Responses of an endpoint.
 * @property {NamedFile | null} [queries] The queries that were asked about, if the feedback does not hold them yet.
 */

/**
 * The response of an endpoint to one request.
 * @typedef {object} EndpointReply
 * @property {string} custom_id The request's name.
 * @property {string} body The response's body as it came, that of an error included.
 */

/**
 * A line of the last round's feedback, or one guidance example of it.
 * @typedef {object} PlaceItem
 * @property {number} line Line of its file, from 1.
 * @property {number | null} [guidance] The example, from 1; absent for the line's preferences.
 */

/**
 * A file by name and content; its buffer is transferred, not copied.
 * @typedef {object} NamedFile
 * @property {string} name Name, with its path inside a folder if it came from one.
 * @property {Uint8Array} bytes Content.
 */

/**
 * How to teach; the page shows these with their defaults.
 * @typedef {object} TeachSettings
 * @property {string} towers `query`, or `both` to teach passages too; the corpus is embedded again then.
 * @property {string} scope What is trained: `adapter`, `layers` (every weight of the encoder layers) or `all`.
 * @property {number} rank LoRA rank of an adapter, 1 to 64.
 * @property {number} alpha LoRA alpha; updates are scaled by alpha / rank.
 * @property {string} targets `query_value` or `all_linear`.
 * @property {number} steps Optimiser steps.
 * @property {number} batch_queries Queries in a step.
 * @property {number} learning_rate Peak learning rate.
 * @property {number} preference_from Share of preference data in the first step, 0 to 1.
 * @property {number} preference_to Share of preference data in the last step, 0 to 1.
 * @property {string} schedule How the share moves from one to the other: `linear`, `step` or `paced`.
 * @property {number} contrastive_weight Weight of the contrastive term on preference data.
 * @property {number} preference_weight Weight of the preference (KL) term on preference data.
 * @property {number} beta Temperature of the gains in the preference target.
 * @property {number} gamma Temperature of the scores in every loss.
 * @property {boolean} relevance Use guidance of this objective.
 * @property {boolean} comprehensiveness Use guidance of this objective.
 * @property {boolean} purity Use guidance of this objective.
 * @property {boolean} weigh_by_gain Let a best candidate of gain 1 or 2 count a third or two thirds in the contrastive term.
 * @property {boolean} guidance_in_batch Let the batch's other guidance lend its better texts as negatives.
 * @property {number} retention_weight Weight of the term that holds the embeddings of passages in place; 0 turns it off.
 * @property {number} rounds Rounds of the sample curriculum.
 * @property {boolean} poor_only Teach a round's poor samples only.
 * @property {number} poor_below pref-NDCG@10 under which a sample is poor, 0 to 1.
 * @property {number} validation_share Share of the feedback queries kept for validation, 0 to 0.5.
 * @property {boolean} keep_best Keep the state that was best on the validation queries, instead of the last.
 * @property {number} pass_memory_mib Memory for what a pass keeps, in MiB; a larger batch goes through in pieces.
 * @property {number} seed Seed of the initial adapter and of the order of the batches.
 */

/**
 * Something that can be trained.
 * @typedef {object} ScopeSettings
 * @property {string} name `adapter`, `layers` or `all`.
 * @property {number} learning_rate Peak learning rate that goes with it.
 */

/**
 * A method and the settings that make it up.
 * @typedef {object} MethodSettings
 * @property {string} name `contrast-and-order`, `figret`, `standard`, `preference` or `guidance`.
 * @property {TeachSettings} settings The default settings with its shares and weights.
 */

/**
 * What the worker sends.
 * @typedef {EventReady | EventProgress | EventDone | EventFailed | EventCancelled} Event
 */

/**
 * The worker runs and takes requests.
 * @typedef {object} EventReady
 * @property {'ready'} kind
 * @property {TeachSettings} defaults Default settings for teaching.
 * @property {MethodSettings[]} methods The default settings as each method has them.
 * @property {ScopeSettings[]} scopes What can be trained.
 */

/**
 * A request is under way.
 * @typedef {object} EventProgress
 * @property {'progress'} kind
 * @property {number} request_id Which request.
 * @property {Progress} progress How far.
 */

/**
 * A request has ended well.
 * @typedef {object} EventDone
 * @property {'done'} kind
 * @property {number} request_id Which request.
 * @property {Reply} reply Its result.
 */

/**
 * A request has ended without a result; what was there before is still there.
 * @typedef {object} EventFailed
 * @property {'failed'} kind
 * @property {number} request_id Which request.
 * @property {Failure} failure Why, and what to do.
 */

/**
 * A request was given up at the person's wish.
 * @typedef {object} EventCancelled
 * @property {'cancelled'} kind
 * @property {number} request_id Which request.
 */

/**
 * How far a request is.
 * @typedef {ProgressModel | ProgressIndexing | ProgressVectors | ProgressEmbedding | ProgressTeaching | ProgressCheckpoint | ProgressRound | ProgressTrialing | ProgressTrial | ProgressRecovered | ProgressBackend | ProgressExporting} Progress
 */

/**
 * The model's files.
 * @typedef {object} ProgressModel
 * @property {'model'} kind
 * @property {number} loaded_bytes Bytes so far, over all files.
 * @property {number} total_bytes Bytes in all.
 * @property {string} source `network` or `cache`.
 * @property {string} stage `download`, `wait` while the connection is, `verify`, `prepare` or `self_test`.
 */

/**
 * Passages on their way into the index.
 * @typedef {object} ProgressIndexing
 * @property {'indexing'} kind
 * @property {number} done Passages done.
 * @property {number} total Passages in all.
 * @property {number} passages_per_second Measured so far.
 * @property {number | null} [seconds_left] Estimated from what is left; absent until the texts are tokenized and the first ones embedded.
 */

/**
 * Vectors of passages that were embedded since the last ones.
 * @typedef {object} ProgressVectors
 * @property {'vectors'} kind
 * @property {Uint8Array} bytes A file as `TakeVectors` takes it.
 */

/**
 * Queries, feedback texts, or passages that have moved, being embedded.
 * @typedef {object} ProgressEmbedding
 * @property {'embedding'} kind
 * @property {string} what `queries`, `feedback texts` or `passages`.
 * @property {number} done Texts done.
 * @property {number} total Texts in all.
 */

/**
 * A step of teaching.
 * @typedef {{ kind: 'teaching' } & TeachStep} ProgressTeaching
 */

/**
 * The teaching as it is now, to be kept and handed back if it is interrupted.
 * @typedef {object} ProgressCheckpoint
 * @property {'checkpoint'} kind
 * @property {Uint8Array} bytes A safetensors file.
 * @property {number} step Steps that it holds.
 */

/**
 * A round of teaching begins, or the last one has ended.
 * @typedef {{ kind: 'round' } & RoundInfo} ProgressRound
 */

/**
 * A trial of an experiment is under way.
 * @typedef {object} ProgressTrialing
 * @property {'trialing'} kind
 * @property {number} step Steps of its teaching that are done.
 * @property {number} steps Steps in all.
 * @property {number | null} [seconds_left] Estimated seconds until the last trial is done; none before the first one is.
 */

/**
 * A trial of an experiment is done.
 * @typedef {object} ProgressTrial
 * @property {'trial'} kind
 * @property {string} text What is to be kept of it.
 * @property {ExperimentReport} report The experiment with it.
 */

/**
 * The device was lost, and the lesson goes on after these steps; what came after them is done again.
 * @typedef {object} ProgressRecovered
 * @property {'recovered'} kind
 * @property {number} step Steps that count.
 */

/**
 * A device was lost on the way; this is what the engine runs on since, and why.
 * @typedef {{ kind: 'backend' } & EngineInfo} ProgressBackend
 */

/**
 * The model on its way into a zip.
 * @typedef {object} ProgressExporting
 * @property {'exporting'} kind
 * @property {string} stage `write`, then `check` while it is read back.
 */

/**
 * How the samples stand at the beginning of a round, or at the end.
 * @typedef {object} RoundInfo
 * @property {number} round Round, from 1; one more than there are at the end.
 * @property {number} rounds Rounds in all.
 * @property {number} steps_done Steps done before it.
 * @property {number} samples Samples with a useful candidate.
 * @property {number} poor Of these, poor ones, relapsed ones among them.
 * @property {number} mastered Samples that were poor once and are not now.
 * @property {number} relapsed Samples that were mastered and are poor again.
 * @property {number} mean Mean pref-NDCG@10 of the samples.
 * @property {number | null} [validation] nDCG@10 of the validation queries by the LLM's gains; absent without them.
 */

/**
 * A feedback query from round to round.
 * @typedef {object} SampleStory
 * @property {string} query_id Its id.
 * @property {string} query Its text.
 * @property {number[]} figures Its pref-NDCG@10 at the beginning of every round and at the end.
 * @property {string[]} standings Where it stood: `fine`, `poor`, `mastered` or `relapsed`.
 */

/**
 * One step of teaching.
 * @typedef {object} TeachStep
 * @property {number} step Steps done, from 1.
 * @property {number} steps Steps in all.
 * @property {number} loss Loss of the step, all terms.
 * @property {number | null} [preference_loss] Mean preference term of the step; absent if it held no preference data.
 * @property {number | null} [contrastive_loss] Mean contrastive term of the step; absent if it held no preference data.
 * @property {number | null} [guidance_loss] Mean guidance term of the step; absent if it held no guidance.
 * @property {number} preference_share Share of preference data that the curriculum asks for, 0 to 1.
 * @property {number} preference_count Queries of preference data in the step.
 * @property {[number, number, number]} guidance_counts Guidance examples in the step: relevance, comprehensiveness, purity.
 * @property {number} learning_rate Learning rate of the step.
 * @property {number} grad_norm Norm of the gradient before clipping.
 * @property {number | null} [validation] nDCG@10 of the validation queries by the LLM's gains, when it was measured at this step.
 * @property {number | null} [validation_before] The same by the base model, before the first step; absent without validation queries.
 * @property {number} elapsed_seconds Time since the first step, pauses left out.
 * @property {number} seconds_left Estimated from the steps so far.
 * @property {number} memory_bytes Memory in use: the GPU's, or the engine's own where the CPU teaches.
 * @property {LessonExample | null} [example] What is being read: one example of the step, in words.
 */

/**
 * One guidance example or preference list, in words.
 * @typedef {object} LessonExample
 * @property {string} objective `preference`, `relevance`, `comprehensiveness` or `purity`.
 * @property {string} query The query.
 * @property {string} better The text that should rank higher.
 * @property {string} worse The text that should rank lower.
 */

/**
 * The result of a request.
 * @typedef {ReplyNothing | ReplyEngine | ReplyCollection | ReplyIndexed | ReplyEvaluation | ReplySearch | ReplyTaught | ReplyComparison | ReplyAdapter | ReplyVectors | ReplyModel | ReplyFile | ReplyPrompts | ReplyAsks | ReplyAnswers | ReplyMap | ReplyAudit | ReplyExperiment | ReplyJudged | ReplySystems | ReplyQueryFeedback | ReplyEmbeddings} Reply
 */

/**
 * Nothing to say but that it is done.
 * @typedef {object} ReplyNothing
 * @property {'nothing'} kind
 */

/**
 * The engine is ready.
 * @typedef {{ kind: 'engine' } & EngineInfo} ReplyEngine
 */

/**
 * A collection is open.
 * @typedef {{ kind: 'collection' } & CollectionInfo} ReplyCollection
 */

/**
 * Every passage has a vector.
 * @typedef {{ kind: 'indexed' } & IndexInfo} ReplyIndexed
 */

/**
 * The base model's figures.
 * @typedef {{ kind: 'evaluation' } & Evaluation} ReplyEvaluation
 */

/**
 * Two rankings.
 * @typedef {{ kind: 'search' } & SearchResult} ReplySearch
 */

/**
 * Teaching has ended, or an adapter was loaded.
 * @typedef {{ kind: 'taught' } & TaughtInfo} ReplyTaught
 */

/**
 * Before against after.
 * @typedef {{ kind: 'comparison' } & Comparison} ReplyComparison
 */

/**
 * The files of what was taught.
 * @typedef {object} ReplyAdapter
 * @property {'adapter'} kind
 * @property {NamedFile[]} files `adapter_config.json`, `adapter_model.safetensors` and `README.md`, or `model.safetensors`.
 * @property {number} size_bytes Bytes of all files.
 * @property {string[]} taught_on The queries that taught it; none are known of a loaded adapter.
 */

/**
 * Vectors of the passages, a file as `TakeVectors` takes it.
 * @typedef {object} ReplyVectors
 * @property {'vectors'} kind
 * @property {Uint8Array} bytes The file.
 */

/**
 * The taught model as a sentence-transformers folder.
 * @typedef {object} ReplyModel
 * @property {'model'} kind
 * @property {NamedFile} file A zip of the folder.
 * @property {number} check_cosine Smallest cosine of eight sentences, by the zip's content against the taught model.
 */

/**
 * A file to be kept.
 * @typedef {{ kind: 'file' } & NamedFile} ReplyFile
 */

/**
 * The prompts.
 * @typedef {object} ReplyPrompts
 * @property {'prompts'} kind
 * @property {PromptItem[]} prompts Preference, relevance, comprehensiveness, purity.
 */

/**
 * What to ask the LLM.
 * @typedef {{ kind: 'asks' } & Asks} ReplyAsks
 */

/**
 * What came of the LLM's answers.
 * @typedef {{ kind: 'answers' } & AnswersInfo} ReplyAnswers
 */

/**
 * The passages and the judged queries on a plane.
 * @typedef {{ kind: 'map' } & MapInfo} ReplyMap
 */

/**
 * What was found in the feedback.
 * @typedef {{ kind: 'audit' } & AuditInfo} ReplyAudit
 */

/**
 * An experiment as far as it has come.
 * @typedef {{ kind: 'experiment' } & ExperimentReport} ReplyExperiment
 */

/**
 * Grades of rankings.
 * @typedef {object} ReplyJudged
 * @property {'judged'} kind
 * @property {number | null} [relevant] Relevant passages of the query; absent if it is not judged.
 * @property {JudgedRanking[]} rankings One a ranking.
 */

/**
 * Systems by measures.
 * @typedef {{ kind: 'systems' } & SystemsEvaluation} ReplySystems
 */

/**
 * What the feedback teaches about a query.
 * @typedef {object} ReplyQueryFeedback
 * @property {'query_feedback'} kind
 * @property {FeedbackLine[]} lines The lines about it; none if the feedback says nothing.
 */

/**
 * Vectors, row after row.
 * @typedef {object} ReplyEmbeddings
 * @property {'embeddings'} kind
 * @property {Uint8Array} bytes Little-endian f32, `[rows, columns]`.
 * @property {number} rows Texts.
 * @property {number} columns Width of a vector.
 */

/**
 * Requests to the LLM, one by one and as a batch file.
 * @typedef {object} Asks
 * @property {AskItem[]} asks The requests.
 * @property {NamedFile[]} files The same as an OpenAI batch file, in parts of at most 50,000 requests and 90 MB.
 * @property {number} without_useful_candidate Queries without a useful candidate to write from.
 * @property {number} judged Queries left out because they are judged.
 */

/**
 * One request to the LLM.
 * @typedef {object} AskItem
 * @property {string} custom_id Its name.
 * @property {string} kind `preference`, `relevance`, `comprehensiveness` or `purity`.
 * @property {string} query The query it is about.
 * @property {string} body The body of a chat completion request, as JSON.
 */

/**
 * What came of the LLM's answers.
 * @typedef {object} AnswersInfo
 * @property {CollectionInfo} collection The collection with its new feedback.
 * @property {number} preferences Queries that got preferences, new or in place of old ones.
 * @property {[number, number, number]} guidance Guidance examples added: relevance, comprehensiveness, purity.
 * @property {number} repeated Guidance examples that were there already.
 * @property {BadLine[]} refused Answers that gave nothing; the first 200.
 * @property {number} refused_count Answers that gave nothing, in all.
 * @property {string[]} notes What is worth knowing about answers that need no second asking.
 * @property {string[]} settled The `custom_id`s that need no second asking.
 * @property {NamedFile} file All feedback as a file.
 */

/**
 * The passages and the judged queries on a plane.
 * @typedef {object} MapInfo
 * @property {[number, number]} shares The share of the passages' variance along each axis, 0 to 1.
 * @property {MapPassage[]} passages The passages, by the base model.
 * @property {number} left_out Passages that were left out, evenly over the corpus, because there are too many to draw.
 * @property {boolean} passages_moved Whether the passages were taught, too, and lie elsewhere after the lesson.
 * @property {MapQuery[]} queries Every judged query.
 * @property {number} neighbors Nearest passages that were compared before and after.
 */

/**
 * A passage on the plane.
 * @typedef {object} MapPassage
 * @property {string} name Its title, or the beginning of its text.
 * @property {number} x Along the first axis.
 * @property {number} y Along the second axis.
 */

/**
 * A judged query on the plane.
 * @typedef {object} MapQuery
 * @property {string} query_id Its id.
 * @property {[number, number]} before Along both axes, by the base model.
 * @property {[number, number]} after Along both axes, as it was taught.
 * @property {number} kept How many of its nearest passages are the same before and after.
 */

/**
 * What was found in the feedback.
 * @typedef {object} AuditInfo
 * @property {number} queries Lines that were looked at.
 * @property {AuditFinding[]} findings What was found, the most severe first.
 * @property {string[]} absent Codes of what was looked for and not found.
 * @property {NotChecked[]} not_checked What could not be looked for.
 */

/**
 * One thing that was found.
 * @typedef {object} AuditFinding
 * @property {string} code Which check found it.
 * @property {string} severity `note`, `warning` or `serious`.
 * @property {string} found What was found, in words with numbers.
 * @property {string} means What that means.
 * @property {string} remedy What to do.
 * @property {AuditCase[]} cases The lines and examples it is about.
 * @property {PlaceItem[]} leave_out What could be left out; may be none although there are cases.
 */

/**
 * One line or example that a finding is about.
 * @typedef {object} AuditCase
 * @property {PlaceItem} place Where.
 * @property {string} detail What is the matter with it.
 */

/**
 * Something that could not be looked for.
 * @typedef {object} NotChecked
 * @property {string} code Which check.
 * @property {string} reason Why not.
 */

/**
 * How the feedback of another tool was understood.
 * @typedef {object} ImportInfo
 * @property {string} file The file.
 * @property {string} format Its format, as in an `ImportWish`.
 * @property {string} title The format's name.
 * @property {string} reason Why it was taken for that.
 * @property {string[]} others Formats that it might be as well.
 * @property {number} queries Feedback queries that it gave.
 * @property {number} scored Candidates with a score of the file's own.
 * @property {number} sided Candidates whose gain comes from being positive or negative.
 * @property {number} guidance Guidance examples.
 * @property {string[]} choices What was chosen where the file leaves it open.
 * @property {string[]} unmapped What could not be taken over.
 * @property {ImportedLine[]} first The first queries as they were understood.
 */

/**
 * One query of another tool's file as it was understood.
 * @typedef {object} ImportedLine
 * @property {number} line Line of the file, from 1.
 * @property {string} query The query.
 * @property {string[]} candidates Its candidates with their gains, as `id: gain`.
 * @property {number} guidance Guidance examples that it gave.
 */

/**
 * One line of feedback.
 * @typedef {object} FeedbackLine
 * @property {number} round Its round.
 * @property {CandidateGain[]} gains The candidates that the LLM has scored.
 * @property {GuidanceItem[]} guidance The examples that it has written.
 */

/**
 * A candidate of a feedback line.
 * @typedef {object} CandidateGain
 * @property {string} passage_id The passage's id.
 * @property {string} title The passage's title.
 * @property {number} gain Usefulness as the LLM sees it, 0 to 3.
 */

/**
 * A guidance example in words.
 * @typedef {object} GuidanceItem
 * @property {string} objective `relevance`, `comprehensiveness` or `purity`.
 * @property {string} query The query that it is for, which need not be the line's own.
 * @property {string} better The better text.
 * @property {string[]} worse The worse texts.
 */

/**
 * An experiment as far as it has come.
 * @typedef {object} ExperimentReport
 * @property {string} name `efficiency`, `robustness`, `ablation` or `sensitivity`.
 * @property {number} done Trials done.
 * @property {number} trials Trials in all.
 * @property {string} summary What was done and how to read the table, in words.
 * @property {string[]} header Names of the table's columns.
 * @property {TableRow[]} rows The table's rows.
 * @property {DrawingInfo} drawing The plot.
 * @property {TextFile[]} files The same as files: `.json`, `.md` and `.svg`.
 */

/**
 * A row of a table.
 * @typedef {object} TableRow
 * @property {string[]} cells Its cells, in words.
 */

/**
 * A file of text by name and content.
 * @typedef {object} TextFile
 * @property {string} name Name.
 * @property {string} text Content.
 */

/**
 * A picture as elements of SVG.
 * @typedef {object} DrawingInfo
 * @property {number} width Width in pixels.
 * @property {number} height Height in pixels.
 * @property {string} label What it shows, in a sentence.
 * @property {ShapeInfo[]} shapes From back to front.
 */

/**
 * A line, a mark, or words.
 * @typedef {object} ShapeInfo
 * @property {string} tag `path` or `text`.
 * @property {AttributeInfo[]} attributes Names and values.
 * @property {string} text Its words; empty for a path.
 */

/**
 * An attribute of a shape.
 * @typedef {object} AttributeInfo
 * @property {string} name Name.
 * @property {string} value Value.
 */

/**
 * Another model than the one that ships: the folder of a sentence-transformers model.
 * @typedef {object} ModelWish
 * @property {string} name What it is called, on the page and in what is exported.
 * @property {string} url Address of its folder, ending in a slash; its files are kept in this browser under it.
 * @property {boolean} is_online Whether what is neither given nor kept is fetched from there.
 * @property {string | null} [query_prefix] Words in front of every query, in place of the folder's.
 * @property {string | null} [passage_prefix] Words in front of every passage, in place of the folder's.
 */

/**
 * What the engine runs on.
 * @typedef {object} EngineInfo
 * @property {string} backend `gpu` or `cpu`.
 * @property {string} device Adapter or CPU path in words, for the badge.
 * @property {number | null} [self_test_cosine] Smallest cosine of the eight fixed sentences with the vectors that they should have, at least 0.9999; none for another model than the one that ships on the CPU, which has nothing to be compared with.
 * @property {string} note Why the GPU is not used, if it is not; empty if it is.
 * @property {string} model Model and precision in words.
 * @property {string} name Its name, for what is exported.
 * @property {string} pooling `mean` or `cls`.
 * @property {number} max_tokens Tokens of a text that are read.
 * @property {number} size_bytes Bytes of its weights in f32.
 * @property {boolean} is_shipped Whether it is the model that ships, whose vectors come with the sample.
 * @property {string | null} [weights_sha256] SHA-256 of the weights' file, of another model than the one that ships.
 * @property {string} query_prefix What stands in front of a query.
 * @property {string} passage_prefix What stands in front of a passage.
 * @property {[string, string] | null} [known_prefixes] What a model of its name is known to want in front of queries and passages, if it has neither.
 * @property {number} elapsed_seconds Time from the request to here.
 */

/**
 * What is open.
 * @typedef {object} CollectionInfo
 * @property {string} name Name of the collection.
 * @property {boolean} is_sample Whether it is the sample that ships with the page.
 * @property {boolean} is_new Whether it replaces what was open, rather than adding to it.
 * @property {boolean} has_tuned Whether the state after teaching is still there.
 * @property {number} passages Passages.
 * @property {number} passages_embedded Passages that have a vector already.
 * @property {number} queries Queries.
 * @property {number} judged_queries Queries with at least one judgement.
 * @property {number} judgements Judgements.
 * @property {FeedbackInfo | null} [feedback] What the feedback holds, if there is any.
 * @property {QueryItem[]} query_list The judged queries.
 * @property {FileReport[]} files What each file was taken for.
 * @property {BadLine[]} left_out Lines that were left out.
 * @property {number} left_out_count Lines left out in all; `left_out` holds the first 200.
 * @property {ImportInfo | null} [import] How the feedback was understood, if another tool wrote it.
 */

/**
 * What a feedback file holds.
 * @typedef {object} FeedbackInfo
 * @property {number} queries Queries with feedback, of all rounds.
 * @property {number} rounds Rounds that the feedback is of.
 * @property {number} preference_queries Queries with a useful candidate: these teach by preference.
 * @property {number} without_useful_candidate Queries whose candidates are all of gain 0; they teach nothing by preference.
 * @property {number} preferences Preference scores.
 * @property {[number, number, number]} guidance Guidance examples: relevance, comprehensiveness, purity.
 * @property {number} also_judged Feedback queries and guidance examples about judged queries; they were left out of teaching.
 */

/**
 * A query of the collection.
 * @typedef {object} QueryItem
 * @property {string} query_id Its id.
 * @property {string} text Its text.
 */

/**
 * What a file was taken for.
 * @typedef {object} FileReport
 * @property {string} name Name as given.
 * @property {string} role `corpus`, `queries`, `qrels`, `feedback` or `ignored`.
 * @property {number} records Records used.
 * @property {number} left_out Records left out.
 */

/**
 * A line that cannot be used.
 * @typedef {object} BadLine
 * @property {string} file File name.
 * @property {number} line Line, from 1.
 * @property {string} reason What is wrong.
 * @property {string} remedy What to do.
 */

/**
 * The index is ready.
 * @typedef {object} IndexInfo
 * @property {number} passages Passages.
 * @property {number} embedded Embedded now; the others had a vector.
 * @property {number} elapsed_seconds Time for those.
 * @property {number} tokens Tokens embedded now.
 * @property {number} truncated Passages cut off at the token limit.
 * @property {number} max_tokens Tokens of a text that are read.
 */

/**
 * Mean measures over the judged queries.
 * @typedef {object} Measures
 * @property {number} ndcg_at_10 nDCG@10, linear gain.
 * @property {number} recall_at_100 Recall@100.
 * @property {number} map Mean average precision.
 * @property {number} mrr Mean reciprocal rank.
 */

/**
 * The base model on the judged queries.
 * @typedef {object} Evaluation
 * @property {number} queries Judged queries.
 * @property {number} without_relevant Judged queries without a relevant passage; they count 0.
 * @property {Measures} measures Means.
 * @property {FeedbackEvaluation | null} [feedback] pref-NDCG@10 of the feedback queries by the base model, if there is feedback.
 * @property {number} elapsed_seconds Time taken.
 */

/**
 * How well the retriever orders what the LLM has scored.
 * @typedef {object} FeedbackEvaluation
 * @property {number} queries Feedback queries with a useful candidate.
 * @property {number} mean Mean pref-NDCG@10.
 * @property {number} chance Its expected value under a random order.
 * @property {number} poor Queries under the threshold.
 * @property {number} threshold The threshold.
 * @property {number} without_useful Feedback queries whose candidates are all useless: they teach nothing by preference.
 * @property {SampleItem[]} samples Every one of `queries`, in the order of the feedback.
 */

/**
 * A feedback query and how the base model orders its candidates.
 * @typedef {object} SampleItem
 * @property {string} query_id Its id.
 * @property {string} query Its text.
 * @property {number} pref_ndcg Its pref-NDCG@10.
 */

/**
 * Two rankings of the passages for one query.
 * @typedef {object} SearchResult
 * @property {string} query The query's text.
 * @property {string | null} [query_id] Its id, if it is the collection's own.
 * @property {RankedPassage[]} before Ranking of the base model.
 * @property {RankedPassage[] | null} [after] Ranking after teaching; absent while nothing was taught.
 * @property {number | null} [relevant] Relevant passages of the query, if it is judged.
 * @property {number | null} [ndcg_before] nDCG@10 before, if the query is judged.
 * @property {number | null} [ndcg_after] nDCG@10 after, if the query is judged and something was taught.
 * @property {RankedPassage[] | null} [bm25] Ranking by BM25, if baselines were asked for; `other_rank` is the base model's.
 * @property {RankedPassage[] | null} [hybrid] Reciprocal rank fusion of BM25 and the retriever as it is, if asked for; `other_rank` is the base model's.
 * @property {number} elapsed_ms Time for the whole request.
 */

/**
 * A ranking with what is judged in it.
 * @typedef {object} JudgedRanking
 * @property {(number | null)[]} grades A grade a passage, absent where nobody has judged it.
 * @property {number} ndcg nDCG@10.
 */

/**
 * A passage in a ranking.
 * @typedef {object} RankedPassage
 * @property {number} rank Rank, from 1.
 * @property {number | null} [other_rank] Rank in the other column, however deep; absent if there is no other column.
 * @property {string} passage_id Its id.
 * @property {string} title Its title.
 * @property {string} text Its text.
 * @property {number} score Higher is better: a cosine, -1 to 1; in a baseline's column its own score.
 * @property {number | null} [grade] Grade, if it was judged for this query.
 */

/**
 * What teaching gave.
 * @typedef {object} TaughtInfo
 * @property {string} origin `taught` or `loaded`.
 * @property {boolean} stopped_early Whether it was ended before its last step.
 * @property {number} steps Steps done; 0 for a loaded adapter.
 * @property {number} elapsed_seconds Time of the steps.
 * @property {number} parameters Trained parameters.
 * @property {string} scope What was trained: `adapter` or `weights`.
 * @property {number} rank LoRA rank; 0 where there is no adapter.
 * @property {string[]} targets Projections that carry an adapter.
 * @property {string} towers Texts that it embeds: `query`, or `both` for passages too.
 * @property {number} preference_queries Queries with preference data that lessons were drawn from.
 * @property {[number, number, number]} guidance Guidance examples that lessons were drawn from: relevance, comprehensiveness, purity.
 * @property {number} validation_queries Feedback queries kept for validation.
 * @property {[number, number] | null} [validation] nDCG@10 on them by the LLM's gains, before and after.
 * @property {number} kept_step Steps after which the adapter was as it is; 0 if nothing was better than the base model.
 * @property {RoundInfo[]} rounds How the samples stood, round by round; empty where all are taught in one round.
 * @property {SampleStory[]} stories Every sample's way through the rounds, the poorest beginning first.
 */

/**
 * Before against after on the judged queries.
 * @typedef {object} Comparison
 * @property {number} queries Judged queries.
 * @property {number} without_relevant Judged queries without a relevant passage.
 * @property {Measures} before Base model.
 * @property {Measures} after Taught model.
 * @property {[number, number, number]} won_tied_lost Queries better, equal and worse in nDCG@10.
 * @property {number} mean_change Mean change in nDCG@10.
 * @property {[number, number]} interval 95 % interval of the mean change: paired bootstrap over queries, percentile.
 * @property {number} p_value Two-sided p of the paired randomisation test.
 * @property {string} p_method Whether `p_value` counts all sign patterns (`exact`) or draws them (`100000 draws, seed 0`).
 * @property {number | null} [detectable_change] Smallest mean change that this many queries can show (80 % power, 5 % level); absent for one query.
 * @property {string} verdict `better`, `worse` or `no_clear_difference`.
 * @property {QueryChange[]} per_query Every judged query, sorted by change, best first.
 * @property {string} conditions What is equal on both sides: engine, precision, truncation, pooling.
 * @property {SystemsEvaluation | null} [evaluation] Baselines beside before and after, if measures were asked for.
 */

/**
 * Several systems on the judged queries, by any measures.
 * @typedef {object} SystemsEvaluation
 * @property {string[]} measures The measures by name, in the order of every list of values.
 * @property {number} queries Judged queries.
 * @property {SystemItem[]} systems The systems: before, after and the baselines.
 * @property {string} reference The system that the others are tested against.
 * @property {EvaluatedQuery[]} per_query Every judged query.
 * @property {Probes | null} [probes] Whether the retriever prefers what held-out guidance prefers; absent without such guidance.
 */

/**
 * One system.
 * @typedef {object} SystemItem
 * @property {string} name `before`, `after`, `bm25`, `hybrid-before` or `hybrid-after`.
 * @property {number[]} means Means, one a measure.
 * @property {number} missing Judged queries without a ranking; they count 0.
 * @property {number} nothing_judged Judged queries without a judged passage among their first ten.
 * @property {MeasureTest[]} tests The tests against the reference, one a measure that can be tested; none for the reference itself.
 * @property {string | null} [not_tested] Why there are no tests, if there are none although it is not the reference.
 */

/**
 * A system against the reference in one measure.
 * @typedef {object} MeasureTest
 * @property {string} measure The measure.
 * @property {number} mean_change Mean change.
 * @property {[number, number, number]} won_tied_lost Queries better, equal and worse.
 * @property {[number, number]} interval 95 % interval of the mean change: bootstrap over queries, BCa.
 * @property {number} p_randomization Two-sided p of the paired randomisation test.
 * @property {number | null} [p_t_test] Two-sided p of the paired t test; absent where there is none.
 * @property {number} p_holm `p_randomization`, adjusted by Holm for the number of measures.
 * @property {number | null} [detectable_change] Smallest mean change that this many queries can show (80 % power, 5 % level); absent for one query.
 * @property {string} verdict By `p_holm`: `better`, `worse` or `no_clear_difference`.
 */

/**
 * One judged query.
 * @typedef {object} EvaluatedQuery
 * @property {string} query_id Its id.
 * @property {string} text Its text.
 * @property {number[][]} values Its figures by system and measure, in their orders.
 */

/**
 * How often the better text of held-out guidance is preferred.
 * @typedef {object} Probes
 * @property {number} queries Feedback queries whose guidance was held out.
 * @property {number} examples Examples in all.
 * @property {boolean} is_assumed Whether the split was drawn again from the default settings, because the adapter was loaded.
 * @property {ObjectiveProbe[]} objectives By objective; one without examples is not there.
 */

/**
 * The answer for one objective.
 * @typedef {object} ObjectiveProbe
 * @property {string} objective `relevance`, `comprehensiveness` or `purity`.
 * @property {number} examples Examples.
 * @property {number} before Share preferred before, 0 to 1.
 * @property {[number, number]} before_interval Its 95 % interval (Wilson).
 * @property {number} after Share preferred after, 0 to 1.
 * @property {[number, number]} after_interval Its 95 % interval (Wilson).
 * @property {number} chance The share that a random order would reach.
 * @property {[number, number]} gained_lost Examples preferred only after, and only before.
 * @property {number} p_value Two-sided p of the exact McNemar test.
 */

/**
 * One judged query before and after.
 * @typedef {object} QueryChange
 * @property {string} query_id Its id.
 * @property {string} text Its text.
 * @property {number} before nDCG@10 before.
 * @property {number} after nDCG@10 after.
 */

/**
 * Why a request failed and what a person can do.
 * @typedef {object} Failure
 * @property {string} code One of `model_fetch`, `model_hash`, `model`, `no_adapter`, `self_test`, `bad_lines`, `bad_file`, `not_ready`, `no_feedback`, `no_judgements`, `measure`, `adapter`, `export`, `training`, `gpu`, `engine`.
 * @property {string} message What happened, with file and line where there is one.
 * @property {string} hint What to do.
 * @property {BadLine[]} bad_lines For `bad_lines`: the lines, at most 200 of them.
 * @property {number} bad_line_count For `bad_lines`: how many in all.
 * @property {number} usable_count For `bad_lines`: how many records could be used.
 */
