//! One answer for each request, by the engine.
//!
//! The engine is never borrowed across an await: jobs run on their own, and their results are put back.

use super::convert;
use super::failure::{Stop, bad_lines, failure};
use super::fetch::fetch_bytes;
use super::keeping::Keeping;
use super::model_files::{self, Loading, Stage};
use super::other_model;
use super::protocol::{
    CollectionInfo, Comparison, ImportWish, IndexInfo, ModelWish, NamedFile, Progress, Reply, Request,
    SearchResult,
};
use super::tilings;
use super::worker::Caller;
use crate::data::{
    Assembled, Collection, Feedback, NamedBytes, assemble, assemble_choosing, expand_archives,
};
use crate::engine::{BackendChoice, EmbeddingJob, Engine, EngineError, Model, Role, System, Tower};
use crate::export::{ExportedFile, TextVectors, read_vectors};
use serde_bytes::ByteBuf;
use std::cell::{Cell, RefCell, RefMut};
use std::sync::Arc;

/// Files of the sample collection, and the vectors that ship with it.
const SAMPLE_FILES: [&str; 5] =
    ["corpus.jsonl", "queries.jsonl", "qrels/test.tsv", "feedback.jsonl", "feedback_round2.jsonl"];
const SAMPLE_VECTORS: &str = "embeddings.safetensors";
const SAMPLE_NAME: &str = "Norrvik support library";

/// What the worker holds between requests.
#[derive(Default)]
pub(super) struct Session {
    opened: RefCell<Option<Engine>>,
    /// SHA-256 of the weights' file, of a model that did not ship with the page.
    weights_sha256: RefCell<Option<String>>,
    /// Losses of a device that the page has been told of.
    told_losses: Cell<u32>,
    /// An indexing that was given up; it goes on where it stopped if the same passages are asked for again.
    unfinished: RefCell<Option<EmbeddingJob>>,
}

pub(super) type Answer = Result<Reply, Stop>;

impl Session {
    /// Answers one request; the page hears of a device that was lost on the way.
    pub(super) async fn answer(&self, caller: &Caller, request: Request) -> Answer {
        let answer = self.answer_request(caller, request).await;
        self.tell_losses(caller);
        answer
    }

    /// Tells the page what the engine runs on by now, if that has changed.
    pub(super) fn tell_losses(&self, caller: &Caller) {
        let Ok(engine) = self.engine() else { return };
        let report = engine.backend();
        if report.losses > self.told_losses.replace(report.losses) {
            let weights_sha256 = self.weights_sha256.borrow().clone();
            caller.progress(Progress::Backend(convert::engine_info(
                &report,
                engine.model(),
                weights_sha256,
                0.0,
            )));
        }
    }

    async fn answer_request(&self, caller: &Caller, request: Request) -> Answer {
        match request {
            Request::Open { backend, allow_software, model_base, files, model } => {
                let choice = choice(&backend, allow_software)?;
                self.open(caller, choice, (&model_base, model), files).await
            }
            Request::OpenSample { base } => self.open_sample(&base).await,
            Request::OpenFiles { files, leave_out_bad_lines, import } => {
                self.open_files(files, leave_out_bad_lines, import)
            }
            Request::Index { vectors_every } => self.index(caller, vectors_every).await,
            Request::Vectors { tuned } => self.vectors(if tuned { Tower::Tuned } else { Tower::Baseline }),
            Request::TakeVectors { files } => self.take_vectors(&files),
            Request::Evaluate {} => self.evaluate(caller).await,
            Request::Search { query, query_id, depth, baselines } => {
                self.search(query, query_id, depth as usize, baselines.unwrap_or_default()).await
            }
            Request::Teach { checkpoint, settings } => {
                self.teach(caller, convert::train_settings(settings)?, checkpoint).await
            }
            Request::Compare { measures } => self.compare(caller, measures).await,
            Request::Map {} => self.map(caller).await,
            Request::ExportEvaluation { part, system, measures } => {
                self.export_evaluation(caller, &part, system, measures).await
            }
            Request::ExportAdapter {} => self.export_adapter(),
            Request::ExportModel {} => self.export_model(caller).await,
            Request::LoadAdapter { files, taught_on, vectors } => {
                self.load_adapter(caller, files, taught_on, vectors).await
            }
            Request::Embed { texts, tuned } => self.embed(texts, tuned).await,
            Request::Prompts {} => self.prompts(),
            Request::Ask { wishes } => self.ask(caller, wishes).await,
            Request::TakeAnswers { answers } => self.take_answers(answers),
            Request::Audit {} => self.audit(caller).await,
            Request::Experiment { wishes } => self.experiment(caller, wishes).await,
            Request::LeaveOut { places } => self.leave_out(&places),
            Request::FeedbackOn { query } => self.feedback_on(&query),
            Request::Judge { query_id, rankings } => self.judge(&query_id, &rankings),
            Request::EvaluateRankings { rankings, measures } => {
                self.evaluate_rankings(caller, rankings, &measures).await
            }
            Request::Pause { .. }
            | Request::Resume { .. }
            | Request::Stop { .. }
            | Request::Cancel { .. } => Ok(Reply::Nothing {}),
        }
    }

    /// The engine, for a short while: never across an await.
    pub(super) fn engine(&self) -> Result<RefMut<'_, Engine>, Stop> {
        RefMut::filter_map(self.opened.borrow_mut(), Option::as_mut)
            .map_err(|_| failure("not_ready", "The model is not loaded yet.".to_owned(), ""))
    }

    async fn open(
        &self,
        caller: &Caller,
        choice: BackendChoice,
        (model_base, wish): (&str, Option<ModelWish>),
        given: Vec<NamedFile>,
    ) -> Answer {
        let start = js_sys::Date::now();
        let (mut last, mut totals) = (0.0, (0.0, 0.0, "network"));
        let tell = |loading: Loading| {
            let source = if loading.from_cache { "cache" } else { "network" };
            totals = (loading.loaded_bytes as f64, loading.total_bytes as f64, source);
            // A chunk a message would flood the page.
            if loading.stage != Stage::Download || js_sys::Date::now() - last > 50.0 {
                last = js_sys::Date::now();
                let stage = match loading.stage {
                    Stage::Download => "download",
                    Stage::Wait => "wait",
                    Stage::Verify => "verify",
                };
                caller.progress(model_progress(totals, stage));
            }
        };
        let (model, weights_sha256) = match &wish {
            Some(wish) => read_other(caller, wish, given, tell).await?,
            None => (read_shipped(caller, model_base, given, tell).await?, None),
        };
        caller.progress(model_progress(totals, "self_test"));
        caller.breathe().await?;
        let kept = tilings::kept().await;
        let (engine, backend) = Engine::open_with(model, choice, kept.clone()).await?;
        tilings::keep_measured(engine.tilings(), kept.as_ref()).await;
        let seconds = seconds_since(start);
        let info = convert::engine_info(&backend, engine.model(), weights_sha256.clone(), seconds);
        *self.opened.borrow_mut() = Some(engine);
        *self.weights_sha256.borrow_mut() = weights_sha256;
        self.told_losses.set(0);
        self.unfinished.take();
        Ok(Reply::Engine(info))
    }

    async fn open_sample(&self, base: &str) -> Answer {
        let mut files = Vec::new();
        for name in SAMPLE_FILES {
            let bytes = fetch_bytes(&format!("{base}{name}"), |_| {}).await?;
            files.push(NamedBytes { name: name.to_owned(), bytes });
        }
        let is_shipped = self.engine()?.model().is_shipped();
        let vectors = if is_shipped { sample_vectors(base).await? } else { TextVectors::default() };
        let assembled = assemble(files, None).map_err(EngineError::from)?;
        self.open_assembled(assembled, vectors, Some(SAMPLE_NAME))
    }

    fn open_files(
        &self,
        files: Vec<NamedFile>,
        leave_out_bad_lines: bool,
        import: Option<ImportWish>,
    ) -> Answer {
        let files =
            files.into_iter().map(|f| NamedBytes { name: f.name, bytes: f.bytes.into_vec() }).collect();
        let base: Option<Arc<Collection>> = self.engine()?.collection().ok().cloned();
        let choice = import.map(convert::import_choice).transpose()?;
        let assembled =
            assemble_choosing(files, base.as_deref(), choice.as_ref()).map_err(EngineError::from)?;
        if !assembled.refused.is_empty() && !leave_out_bad_lines {
            let usable = assembled.files.iter().map(|file| file.records).sum();
            return Err(bad_lines(&assembled.refused, usable));
        }
        self.open_assembled(assembled, TextVectors::default(), None)
    }

    fn open_assembled(&self, mut assembled: Assembled, vectors: TextVectors, sample: Option<&str>) -> Answer {
        if let Some(name) = sample {
            assembled.collection.name = name.to_owned();
        }
        Ok(Reply::Collection(self.opened(assembled, vectors)?))
    }

    /// Puts other feedback in the place of the open collection's.
    pub(super) fn replace_feedback(&self, feedback: Feedback) -> Result<CollectionInfo, Stop> {
        let (collection, also_judged) = self.engine()?.collection()?.with_feedback(feedback);
        let (files, refused) = (Vec::new(), Vec::new());
        let assembled = Assembled { collection, is_new: false, files, refused, also_judged, import: None };
        self.opened(assembled, TextVectors::default())
    }

    fn opened(&self, assembled: Assembled, vectors: TextVectors) -> Result<CollectionInfo, Stop> {
        let mut engine = self.engine()?;
        engine.open_collection(assembled.collection.clone(), vectors, assembled.is_new)?;
        let embedded = if engine.is_indexed(Tower::Baseline) { assembled.collection.corpus.len() } else { 0 };
        let is_sample = assembled.collection.name == SAMPLE_NAME;
        Ok(convert::collection_info(&assembled, is_sample, embedded, engine.has_tuned()))
    }

    async fn index(&self, caller: &Caller, vectors_every: Option<f64>) -> Answer {
        let start = js_sys::Date::now();
        let mut keeping = Keeping::every(vectors_every);
        let mut job = self.engine()?.indexing(Tower::Baseline)?;
        if let Some(unfinished) =
            self.unfinished.take().filter(|unfinished| unfinished.texts().eq(job.texts()))
        {
            job = unfinished;
        }
        let (done_before, tokens_before) = (job.done(), job.tokens_done());
        let share_before = job.progress().unwrap_or_default();
        while !job.is_done() {
            job.advance().await?;
            let seconds = seconds_since(start);
            caller.progress(Progress::Indexing {
                done: job.done() as u32,
                total: job.total() as u32,
                passages_per_second: (job.done() - done_before) as f64 / seconds.max(1e-3),
                seconds_left: seconds_left(seconds, share_before, job.progress()),
            });
            self.tell_losses(caller);
            keeping.hand_out(caller, &mut job)?;
            if let Err(stop) = caller.breathe().await {
                self.unfinished.replace(Some(job));
                return Err(stop);
            }
        }
        let (embedded, tokens) = (job.total() - done_before, job.tokens_done() - tokens_before);
        let truncated = job.at_token_limit();
        let mut engine = self.engine()?;
        engine.finish_indexing(Tower::Baseline, job)?;
        Ok(Reply::Indexed(IndexInfo {
            passages: engine.collection()?.corpus.len() as u32,
            embedded: embedded as u32,
            elapsed_seconds: seconds_since(start),
            tokens: tokens as u32,
            truncated: truncated as u32,
            max_tokens: engine.model().max_tokens() as u32,
        }))
    }

    async fn evaluate(&self, caller: &Caller) -> Answer {
        let start = js_sys::Date::now();
        self.measure(caller, Tower::Baseline).await?;
        let engine = self.engine()?;
        Ok(Reply::Evaluation(convert::evaluation(engine.measured(Tower::Baseline)?, seconds_since(start))))
    }

    async fn compare(&self, caller: &Caller, measures: Option<Vec<String>>) -> Answer {
        self.measure_both(caller).await?;
        let evaluation = match measures {
            Some(measures) => Some(self.evaluate_systems(caller, &measures).await?),
            None => None,
        };
        let engine = self.engine()?;
        let compared = engine.compare()?;
        let towers = engine.learned()?.1;
        let backend = engine.backend();
        let of = (backend.device.as_str(), engine.model());
        let compared = convert::comparison(engine.collection()?, of, towers, compared);
        Ok(Reply::Comparison(Comparison { evaluation, ..compared }))
    }

    /// Measures base model and adapter, as far as that was not done yet.
    pub(super) async fn measure_both(&self, caller: &Caller) -> Result<(), Stop> {
        self.measure(caller, Tower::Baseline).await?;
        self.embed_again(caller).await?;
        self.measure(caller, Tower::Tuned).await
    }

    /// Embeds the passages as they are after teaching, if they have moved.
    pub(super) async fn embed_again(&self, caller: &Caller) -> Result<(), Stop> {
        let mut job = self.engine()?.indexing(Tower::Tuned)?;
        while job.advance().await? {
            caller.progress(Progress::Embedding {
                what: "passages".to_owned(),
                done: job.done() as u32,
                total: job.total() as u32,
            });
            caller.breathe().await?;
        }
        Ok(self.engine()?.finish_indexing(Tower::Tuned, job)?)
    }

    /// Measures a tower unless it was measured already.
    pub(super) async fn measure(&self, caller: &Caller, tower: Tower) -> Result<(), Stop> {
        if self.engine()?.measured(tower).is_ok() {
            return Ok(());
        }
        let mut job = self.engine()?.measuring(tower)?;
        while job.advance().await? {
            caller.progress(Progress::Embedding {
                what: "queries".to_owned(),
                done: job.done() as u32,
                total: job.total() as u32,
            });
            caller.breathe().await?;
        }
        self.engine()?.finish_measuring(job)?;
        Ok(())
    }

    async fn search(&self, query: String, query_id: Option<String>, depth: usize, baselines: bool) -> Answer {
        let start = js_sys::Date::now();
        let before = self.vectors_of(vec![query.clone()], Tower::Baseline).await?;
        let has_tuned = self.has_tuned_ranking()?;
        let after =
            if has_tuned { Some(self.vectors_of(vec![query.clone()], Tower::Tuned).await?) } else { None };
        let hybrid = if has_tuned { System::HybridAfter } else { System::HybridBefore };
        let vectors = [Some(before.as_slice()), after.as_deref()];
        let columns = if baselines {
            let systems = [System::Bm25, hybrid];
            self.engine()?.rank_by(&systems, &query, vectors, query_id.as_deref(), depth)?
        } else {
            Vec::new()
        };
        let search = self.engine()?.searching(before, after, query_id.as_deref(), depth)?;
        let found = search.run().await?;
        let corpus = &search.collection().corpus;
        let mut columns = columns.iter().map(|column| convert::ranked_passages(column, corpus));
        Ok(Reply::Search(SearchResult {
            query,
            query_id,
            before: convert::ranked_passages(&found.before, corpus),
            after: found.after.as_deref().map(|after| convert::ranked_passages(after, corpus)),
            relevant: found.relevant.map(|count| count as u32),
            ndcg_before: found.ndcg_at_10.map(|(before, _)| before),
            ndcg_after: found.ndcg_at_10.and_then(|(_, after)| after),
            bm25: columns.next(),
            hybrid: columns.next(),
            elapsed_ms: js_sys::Date::now() - start,
        }))
    }

    /// Passages that have moved may still be without vectors.
    pub(super) fn has_tuned_ranking(&self) -> Result<bool, Stop> {
        let engine = self.engine()?;
        Ok(engine.has_tuned() && engine.is_indexed(Tower::Tuned))
    }

    async fn embed(&self, texts: Vec<String>, tuned: bool) -> Answer {
        let rows = texts.len() as u32;
        let columns = self.engine()?.config().hidden_size as u32;
        let tower = if tuned { Tower::Tuned } else { Tower::Baseline };
        let vectors = self.vectors_of(texts, tower).await?;
        let bytes: Vec<u8> = vectors.iter().flat_map(|x| x.to_le_bytes()).collect();
        Ok(Reply::Embeddings { bytes: ByteBuf::from(bytes), rows, columns })
    }

    async fn vectors_of(&self, texts: Vec<String>, tower: Tower) -> Result<Vec<f32>, Stop> {
        let mut job = self.engine()?.embedding(texts, Role::Query, tower)?;
        while job.advance().await? {}
        Ok(job.into_vectors())
    }

    fn export_adapter(&self) -> Answer {
        let engine = self.engine()?;
        let files = engine.learned_files()?;
        let size_bytes = files.iter().map(|file| file.bytes.len() as u32).sum();
        let files = files.into_iter().map(|f| NamedFile { name: f.name, bytes: ByteBuf::from(f.bytes) });
        Ok(Reply::Adapter { files: files.collect(), size_bytes, taught_on: engine.taught_on()? })
    }

    async fn load_adapter(
        &self,
        caller: &Caller,
        files: Vec<NamedFile>,
        taught_on: Option<Vec<String>>,
        vectors: Option<ByteBuf>,
    ) -> Answer {
        let files =
            files.into_iter().map(|f| NamedBytes { name: f.name, bytes: f.bytes.into_vec() }).collect();
        let files = expand_archives(files).map_err(EngineError::from)?;
        let files: Vec<ExportedFile> =
            files.into_iter().map(|f| ExportedFile { name: f.name, bytes: f.bytes }).collect();
        let (learned, towers) = self.engine()?.read_learned(&files)?;
        let info = convert::loaded_info(&learned, towers);
        match taught_on {
            Some(taught_on) => self.restore_learned(learned, towers, &taught_on, vectors.as_ref())?,
            None => self.engine()?.load_learned(learned, towers)?,
        }
        self.embed_again(caller).await?;
        Ok(Reply::Taught(info))
    }
}

/// Vectors that the model that ships made of the sample.
async fn sample_vectors(base: &str) -> Result<TextVectors, Stop> {
    let vectors = fetch_bytes(&format!("{base}{SAMPLE_VECTORS}"), |_| {}).await?;
    Ok(read_vectors(&vectors).map_err(EngineError::from)?)
}

async fn read_shipped(
    caller: &Caller,
    base: &str,
    given: Vec<NamedFile>,
    tell: impl FnMut(Loading),
) -> Result<Model, Stop> {
    let [config, tokenizer, weights] = model_files::load(base, given, tell).await?;
    caller.breathe().await?;
    Ok(Model::read(&config, &tokenizer, &weights)?)
}

/// The model and the SHA-256 of its weights' file.
async fn read_other(
    caller: &Caller,
    wish: &ModelWish,
    given: Vec<NamedFile>,
    tell: impl FnMut(Loading),
) -> Result<(Model, Option<String>), Stop> {
    let loaded = other_model::load(wish, given, tell).await?;
    caller.breathe().await?;
    let model = Model::from_folder(&wish.name, &loaded.files)?;
    let model = model.with_prefixes(wish.query_prefix.clone(), wish.passage_prefix.clone());
    Ok((model, Some(loaded.weights_sha256)))
}

/// Estimates what is left from the share done in `seconds`; none before anything was done in them.
fn seconds_left(seconds: f64, share_before: f64, share: Option<f64>) -> Option<f64> {
    let share = share.filter(|share| *share > share_before)?;
    Some(seconds / (share - share_before) * (1.0 - share))
}

pub(super) fn seconds_since(start_ms: f64) -> f64 {
    (js_sys::Date::now() - start_ms) / 1000.0
}

fn choice(backend: &str, allow_software: bool) -> Result<BackendChoice, Stop> {
    match backend {
        "auto" => Ok(BackendChoice::Auto),
        "gpu" => Ok(BackendChoice::Gpu { allow_software }),
        "cpu" => Ok(BackendChoice::Cpu),
        _ => Err(failure("no_adapter", format!("'{backend}' is no backend."), "Use auto, gpu or cpu.")),
    }
}

fn model_progress((loaded_bytes, total_bytes, source): (f64, f64, &str), stage: &str) -> Progress {
    Progress::Model { loaded_bytes, total_bytes, source: source.to_owned(), stage: stage.to_owned() }
}
