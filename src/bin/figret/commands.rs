//! The commands: each drives the engine's jobs to their end and reports.

use super::Outcome;
use super::args::{Args, FeedbackArgs, PromptsArgs, Stage, TeachArgs};
use super::{files, model, report};
use figret::data::{Feedback, Queries, Query, TextRef};
use figret::engine::{
    EmbeddingJob, Engine, EngineError, MeasuringJob, Role, SampleFigures, Taught, TeachEvent, TeachingJob,
    Tower,
};
use figret::export::{ExportedFile, write_vectors};
use figret::feedback::{Answers, AskSettings, Known, RequestSettings, merge, write_batch, write_feedback};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// An engine with the collection open.
pub(crate) struct Session {
    pub(crate) engine: Engine,
}

impl Session {
    /// Opens model, collection, vectors and adapter as the arguments say.
    pub(crate) async fn open(args: &Args) -> Outcome<Self> {
        let model = model::read_model(args)?;
        let (mut engine, backend) = Engine::open(model, args.backend.into()).await.map_err(words)?;
        eprintln!("on {}{}", backend.device, report::self_test(backend.self_test_cosine));
        if !backend.note.is_empty() {
            eprintln!("not on the GPU: {}", backend.note);
        }
        if args.command.needs_collection() {
            let vectors = files::read_text_vectors(args, engine.model())?;
            engine.open_collection(files::read_collection(args)?, vectors, true).map_err(words)?;
        }
        if let Some(folder) = &args.adapter {
            let learned = engine.read_learned(&files::read_taught_files(folder)?);
            let (learned, towers) = learned.map_err(|error| match &error {
                EngineError::Export(export) => format!("{error}. {}", export.remedy()),
                _ => error.to_string(),
            })?;
            engine.load_learned(learned, towers).map_err(words)?;
        }
        Ok(Self { engine })
    }

    /// `figret index`
    pub(crate) async fn index(&mut self, args: &Args) -> Outcome<()> {
        let out = out_folder(args, "index")?;
        let start = Instant::now();
        let texts = self.texts_to_ship()?;
        let job = self.engine.embedding(texts.clone(), Role::Passage, Tower::Baseline).map_err(words)?;
        let job = embed(job, "texts").await?;
        let (tokens, at_limit) = (job.tokens_done(), job.at_token_limit());
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (width, maker) = (self.engine.config().hidden_size, self.engine.model().maker());
        let bytes = write_vectors(&texts, &job.into_vectors(), width, maker.as_ref());
        let bytes = bytes.map_err(|e| e.to_string())?;
        let name = "embeddings.safetensors".to_owned();
        files::write_files(&out, &[ExportedFile { name, bytes }])?;
        let limit = self.engine.model().max_tokens();
        report::indexed(args, &out, [texts.len(), tokens], [at_limit, limit], start.elapsed());
        Ok(())
    }

    /// `figret search`
    pub(crate) async fn search(
        &mut self,
        args: &Args,
        query: &str,
        depth: usize,
        systems: &[String],
    ) -> Outcome<()> {
        let systems = self.systems(systems)?;
        self.finish_indexes().await?;
        let collection = self.engine.collection().map_err(words)?.clone();
        let known = collection.queries.get(query);
        let text = known.map_or(query, |query| query.text.as_str());
        let before = self.embed_one(text, Tower::Baseline).await?;
        let after =
            if self.engine.has_tuned() { Some(self.embed_one(text, Tower::Tuned).await?) } else { None };
        let query_id = known.map(|query| query.id.as_str());
        if systems.is_empty() {
            let search = self.engine.searching(before, after, query_id, depth).map_err(words)?;
            let found = search.run().await.map_err(words)?;
            report::found(args, text, &found, &collection.corpus);
            return Ok(());
        }
        let vectors = [Some(before.as_slice()), after.as_deref()];
        let ranked = self.engine.rank_by(&systems, text, vectors, query_id, depth).map_err(words)?;
        let columns: Vec<_> = systems.iter().map(|system| system.name()).zip(&ranked).collect();
        report::found_by(args, text, &columns, &collection.corpus);
        Ok(())
    }

    /// `figret poor`
    pub(crate) async fn poor(&mut self, args: &Args, below: f64) -> Outcome<()> {
        if !(0.0..=1.0).contains(&below) {
            return Err(format!("--below is a pref-NDCG@10, 0 to 1, and not {below}"));
        }
        self.finish_indexes().await?;
        let figures = self.sample_figures().await?.1;
        report::poor(args, &figures, below);
        Ok(())
    }

    /// `figret audit`
    pub(crate) async fn audit(&mut self, args: &Args) -> Outcome<()> {
        self.finish_index(Tower::Baseline).await?;
        let job = embed(self.engine.audit_embedding().map_err(words)?, "texts").await?;
        report::audited(args, &self.engine.audit(&job.into_vectors()).map_err(words)?);
        Ok(())
    }

    /// `figret prompts`
    pub(crate) async fn prompts(&mut self, args: &Args, asked: &PromptsArgs) -> Outcome<()> {
        let out = args.out.clone().ok_or("prompts needs --out FILE to write to")?;
        let prompts = files::read_prompts(asked)?;
        let settings = AskSettings { round: asked.round, relevance_pairs: asked.relevance_pairs };
        self.finish_indexes().await?;
        let list = match asked.stage {
            Stage::Preferences => {
                let queries = self.queries_to_ask(asked).await?;
                let vectors = self.embed_queries(queries.iter().map(|q| q.text.clone()).collect()).await?;
                let (tower, n) = (self.tower(), asked.candidates.into());
                self.engine.ask_preferences(tower, &queries, &vectors, n, &prompts, settings)
            }
            Stage::Guidance => {
                let (vectors, figures) = self.sample_figures().await?;
                let (tower, below) = (self.tower(), asked.below);
                self.engine.ask_guidance(tower, &vectors, &figures, below, &prompts, settings)
            }
        };
        let list = list.map_err(words)?;
        let request = RequestSettings::new(&asked.llm);
        let parts =
            write_batch(&list.asks, &prompts, &request).map_err(|e| format!("{e}. {}", e.remedy()))?;
        let written = files::write_parts(&out, &parts)?;
        report::asked(args, &list, &written);
        Ok(())
    }

    /// Those of a file, or the samples that the retriever orders poorly, as well as those without a useful candidate.
    async fn queries_to_ask(&self, asked: &PromptsArgs) -> Outcome<Vec<Query>> {
        if let Some(path) = &asked.queries {
            return Ok(files::read_query_file(path)?.iter().cloned().collect());
        }
        if self.engine.collection().map_err(words)?.feedback.is_none() {
            return Err("prompts needs --queries FILE, or feedback to go on from".to_owned());
        }
        let (_, figures) = self.sample_figures().await?;
        self.engine.queries_to_ask(&figures, asked.below).map_err(words)
    }

    /// `figret feedback`
    pub(crate) fn feedback(&self, args: &Args, given: &FeedbackArgs) -> Outcome<()> {
        let out = args.out.clone().ok_or("feedback needs --out FILE to write to")?;
        let collection = self.engine.collection().map_err(words)?;
        let existing = match &given.merge_into {
            Some(path) => files::read_feedback_file(path, &collection.corpus)?,
            None => Feedback::default(),
        };
        let queries = match &given.queries {
            Some(path) => files::read_query_file(path)?,
            None => Queries::default(),
        };
        let mut answers = Answers::default();
        for path in &given.batch_output {
            let (name, bytes) = files::named(path)?;
            answers.read_file(&name, &bytes).map_err(|e| format!("{e}. {}", e.remedy()))?;
        }
        let judged = collection.judged_texts();
        let known = Known { corpus: &collection.corpus, queries: &queries, judged: &judged, asks: &[] };
        let merged = merge(answers, &known, existing);
        let text = write_feedback(&merged.feedback, &collection.corpus)
            .map_err(|e| format!("{e}. {}", e.remedy()))?;
        files::write_text(&out, &text)?;
        let unanswered = files::write_unanswered(given.requests.as_deref(), &out, &merged.settled)?;
        report::merged(args, &out, &merged, unanswered);
        Ok(())
    }

    /// `figret teach`
    pub(crate) async fn teach(&mut self, args: &Args, teach: &TeachArgs) -> Outcome<()> {
        let out = out_folder(args, "teach")?;
        if args.adapter.is_some() {
            return Err("teach begins from the base model; leave --adapter out".to_owned());
        }
        self.finish_indexes().await?;
        self.measure(Tower::Baseline).await?;
        let start = Instant::now();
        let settings = teach.settings(args.seed);
        let checkpoint = teach.checkpoint.as_deref();
        let job = match checkpoint.map(files::read_checkpoint).transpose()?.flatten() {
            Some(bytes) => self.engine.resume_teaching(settings, bytes),
            None => self.engine.teaching(settings),
        };
        let interval = Duration::from_secs(teach.checkpoint_seconds);
        let taught = drive_teaching(job.map_err(words)?, checkpoint, interval).await?;
        let seconds = start.elapsed().as_secs_f64();
        self.engine.take_taught(&taught).map_err(words)?;
        self.write_learned(&out).await?;
        self.finish_index(Tower::Tuned).await?;
        self.measure(Tower::Tuned).await?;
        let probed = self.probe(args.seed).await?;
        let name = self.engine.collection().map_err(words)?.name.clone();
        if let Some(path) = &teach.export_model {
            self.write_model(path).await?;
        }
        let compared = self.engine.compare().map_err(words)?;
        report::taught(args, &name, &taught, seconds, compared, probed.as_ref());
        Ok(())
    }

    /// Every passage, and every text that the feedback's guidance holds, once.
    fn texts_to_ship(&self) -> Outcome<Vec<String>> {
        let collection = self.engine.collection().map_err(words)?;
        let mut texts: Vec<String> =
            collection.corpus.passages().iter().map(|p| p.embedding_text()).collect();
        let guidance = collection.feedback.iter().flat_map(|f| &f.queries).flat_map(|q| &q.guidance);
        for text in guidance.flat_map(|g| g.negatives.iter().chain([&g.positive])) {
            if let TextRef::Text(text) = text {
                texts.push(text.clone());
            }
        }
        let mut seen = HashSet::new();
        texts.retain(|text| seen.insert(text.clone()));
        Ok(texts)
    }

    /// The samples' embeddings by the tower at hand, and how it orders their candidates.
    async fn sample_figures(&self) -> Outcome<(Vec<f32>, SampleFigures)> {
        let vectors = self.embed_queries(self.engine.sample_texts().map_err(words)?).await?;
        let figures = self.engine.sample_figures(self.tower(), &vectors).map_err(words)?;
        Ok((vectors, figures))
    }

    async fn embed_queries(&self, texts: Vec<String>) -> Outcome<Vec<f32>> {
        let job = self.engine.embedding(texts, Role::Query, self.tower()).map_err(words)?;
        Ok(embed(job, "queries").await?.into_vectors())
    }

    /// The adapter's tower if one was given.
    pub(crate) fn tower(&self) -> Tower {
        if self.engine.has_tuned() { Tower::Tuned } else { Tower::Baseline }
    }

    /// Embeds the passages for the base model, and for the adapter if it moves them.
    pub(super) async fn finish_indexes(&mut self) -> Outcome<()> {
        self.finish_index(Tower::Baseline).await?;
        if self.engine.has_tuned() { self.finish_index(Tower::Tuned).await } else { Ok(()) }
    }

    pub(super) async fn finish_index(&mut self, tower: Tower) -> Outcome<()> {
        let job = embed(self.engine.indexing(tower).map_err(words)?, "passages").await?;
        self.engine.finish_indexing(tower, job).map_err(words)
    }

    pub(super) async fn measure(&mut self, tower: Tower) -> Outcome<()> {
        let job = drive_measuring(self.engine.measuring(tower).map_err(words)?).await?;
        self.engine.finish_measuring(job).map_err(words)
    }

    async fn embed_one(&self, text: &str, tower: Tower) -> Outcome<Vec<f32>> {
        let mut job = self.engine.embedding(vec![text.to_owned()], Role::Query, tower).map_err(words)?;
        while job.advance().await.map_err(words)? {}
        Ok(job.into_vectors())
    }
}

/// Embeds without a bar of its own.
pub(crate) async fn embed_quietly(mut job: EmbeddingJob) -> Outcome<EmbeddingJob> {
    while job.advance().await.map_err(words)? {}
    Ok(job)
}

pub(crate) async fn embed(mut job: EmbeddingJob, what: &str) -> Outcome<EmbeddingJob> {
    let bar = progress_bar(job.total(), what);
    while !job.is_done() {
        job.advance().await.map_err(words)?;
        bar.set_position(job.done() as u64);
    }
    bar.finish_and_clear();
    Ok(job)
}

async fn drive_measuring(mut job: MeasuringJob) -> Outcome<MeasuringJob> {
    let bar = progress_bar(job.total(), "queries");
    while job.advance().await.map_err(words)? {
        bar.set_position(job.done() as u64);
    }
    bar.finish_and_clear();
    Ok(job)
}

/// Drives a teaching to its end; meanwhile `checkpoint` is written again and again, and removed at the end.
async fn drive_teaching(
    mut job: TeachingJob,
    checkpoint: Option<&Path>,
    interval: Duration,
) -> Outcome<Taught> {
    let bar = progress_bar(job.steps(), "steps");
    let mut written = Instant::now();
    while !job.is_done() {
        show_teaching(&bar, job.advance().await.map_err(words)?);
        if let Some(path) = checkpoint.filter(|_| written.elapsed() > interval) {
            while let Some(event) = job.settle().await.map_err(words)? {
                show_teaching(&bar, event);
            }
            if let Some(bytes) = job.checkpoint().await.map_err(words)? {
                files::replace(path, &bytes)?;
            }
            written = Instant::now();
        }
    }
    bar.finish_and_clear();
    let taught = job.finish().await.map_err(words)?;
    if let Some(path) = checkpoint {
        files::remove(path)?;
    }
    Ok(taught)
}

fn show_teaching(bar: &ProgressBar, event: TeachEvent) {
    match event {
        TeachEvent::Embedding { done, total } => bar.set_message(format!("{done} of {total} texts embedded")),
        TeachEvent::Ready { validation } => {
            bar.suspend(|| eprintln!("{}", report::validation(0, validation)));
        }
        TeachEvent::Working => {}
        TeachEvent::Recovered { step, .. } => {
            bar.suspend(|| eprintln!("the GPU was lost; the lesson goes on after step {step}"));
            bar.set_position(step as u64);
        }
        TeachEvent::Round(round) => bar.suspend(|| eprintln!("{}", report::round(&round))),
        TeachEvent::Step { report: step, validation } => {
            bar.set_position(step.step as u64);
            bar.set_message(format!("loss {:.4}", step.loss));
            if validation.is_some() {
                bar.suspend(|| eprintln!("{}", report::validation(step.step, validation)));
            }
        }
    }
}

pub(super) fn progress_bar(total: usize, what: &str) -> ProgressBar {
    let bar = ProgressBar::new(total as u64);
    let template = format!("{{bar:32}} {{pos}} of {{len}} {what}, {{eta}} left {{msg}}");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    bar
}

fn out_folder(args: &Args, command: &str) -> Outcome<PathBuf> {
    args.out.clone().ok_or_else(|| format!("{command} needs --out DIR to write to"))
}

pub(crate) fn words(error: EngineError) -> String {
    error.to_string()
}
