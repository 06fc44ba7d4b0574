//! The use cases in their order: open, index, search, measure, teach, compare, export; and trials of the method.
//!
//! The worker and the command line both call this. Long work is a job: a value whose `advance` does one
//! short piece, so that the caller decides when to pause, to cancel, or to answer something else in between.
//! No clocks, no files, no messages in here.

mod asking;
mod auditing;
mod backend;
mod baselines;
mod embedding;
mod evaluating;
mod exporting;
mod given_rankings;
mod gpu_index;
mod keeping;
mod mapping;
mod measuring;
mod model;
mod open;
mod passage_index;
mod probing;
mod samples;
mod searching;
mod self_test;
mod systems;
mod teaching;
mod trials;

pub use crate::ops::tiling::Tilings;
pub use embedding::EmbeddingJob;
pub use evaluating::{ComparingJob, Evaluated, EvaluatingJob, RunJob, SystemComparison};
pub use exporting::{EXPORT_COSINE, ExportForm, ExportedModel, ExportingJob};
pub use given_rankings::JudgedRankings;
pub use gpu_index::GpuIndex;
pub use mapping::{MOST_PASSAGES, MappedCollection, MappedQuery, MappingJob, NEIGHBORS};
pub use measuring::{Measured, MeasuringJob};
pub use model::Model;
pub use open::{BackendChoice, BackendReport};
pub use probing::{Probed, ProbingJob};
pub use samples::{SampleFigure, SampleFigures};
pub use searching::{Found, Ranked, Search};
pub use self_test::{SELF_TEST_COSINE, SELF_TEST_TEXTS};
pub use systems::System;
pub use teaching::{Taught, TeachEvent, TeachingJob};
pub use trials::{Bench, TrialJob};

pub use crate::text::Role;

use crate::data::{Collection, DataError, folded};
use crate::encoder::{BertConfig, Encoder, EncoderError, Learned};
use crate::eval::{self, EvalError};
use crate::export::{ExportError, KeptVectors, Lesson, TextVectors};
use crate::gpu::Gpu;
use crate::retrieve::{Bm25, Index, RetrieveError};
use crate::text::TextError;
use crate::train::{HeldOut, Towers, TrainError, TrainSettings};
use backend::{Backend, LastingEncoder};
use passage_index::PassageIndex;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

/// Depth of the rankings that are measured, as TREC runs have it.
pub const RUN_DEPTH: usize = 1000;

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No collection is open, or it has no vectors yet.
    #[error("{0}")]
    NotReady(&'static str),
    /// A file's vectors were made by another model than the open one.
    #[error(
        "the vectors were made by {made_by}, and the model is {model}; make them again with it, or leave them out"
    )]
    OtherVectors {
        /// The model that made them.
        made_by: String,
        /// The open model.
        model: String,
    },
    /// The backend gave other vectors than the expected ones.
    #[error(
        "the vectors differ from the expected ones (cosine {cosine:.6}, at least {SELF_TEST_COSINE} is needed)"
    )]
    SelfTest {
        /// Smallest cosine of the eight sentences.
        cosine: f64,
    },
    /// A model was written and gives other vectors than the taught one.
    #[error(
        "the written model's vectors differ from the taught model's (cosine {cosine:.7}, at least {EXPORT_COSINE} is \
         needed), so it is not handed out"
    )]
    ExportCheck {
        /// Smallest cosine of the eight sentences.
        cosine: f64,
    },
    /// The collection has no feedback.
    #[error("the collection has no feedback to teach with")]
    NoFeedback,
    /// The collection has no judged queries.
    #[error("the collection has no judged queries to measure on")]
    NoJudgements,
    /// Input files.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Tokenizing.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The encoder.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    /// Teaching.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// Ranking.
    #[error(transparent)]
    Retrieve(#[from] RetrieveError),
    /// Statistics.
    #[error(transparent)]
    Eval(#[from] EvalError),
    /// Reading or writing an adapter or vectors.
    #[error(transparent)]
    Export(#[from] ExportError),
}

/// The base model before or after it was taught.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tower {
    /// Before teaching.
    Baseline,
    /// After teaching; the passages are the same.
    Tuned,
}

/// The engine: a model on a backend, a collection, and what was taught.
pub struct Engine {
    model: Arc<Model>,
    backend: Rc<Backend>,
    shelf: Option<Shelf>,
    tuned: Option<Tuned>,
}

/// The open collection.
struct Shelf {
    collection: Arc<Collection>,
    index: Option<PassageIndex>,
    shipped: TextVectors,
    /// The index of words, once a baseline has asked for it.
    bm25: Option<Arc<Bm25>>,
    /// Vectors of passages that were taken back, while they do not cover all of them.
    kept: KeptVectors,
    measured: Option<Measured>,
}

/// What was taught or loaded.
struct Tuned {
    learned: Rc<Learned>,
    towers: Towers,
    encoder: LastingEncoder,
    /// The passages as this encoder embeds them; none while they are not embedded, or keep the base model's vectors.
    index: Option<PassageIndex>,
    /// The queries that taught it, folded; none are known of what was loaded.
    taught_on: HashSet<String>,
    /// How it was taught; not known of what was loaded.
    lesson: Option<Lesson>,
    /// What the lesson kept for validation.
    held_out: Option<HeldOut>,
    measured: Option<Measured>,
}

impl Engine {
    /// With nothing open.
    fn on(backend: Rc<Backend>) -> Self {
        Self { model: backend.model(), backend, shelf: None, tuned: None }
    }

    /// What the engine runs on now; a device that is lost is replaced when it is needed.
    pub fn backend(&self) -> BackendReport {
        self.backend.report()
    }

    /// The device; none where the CPU computes.
    pub fn gpu(&self) -> Option<Gpu> {
        match self.backend.baseline() {
            Encoder::Gpu(encoder) => Some(encoder.gpu().clone()),
            Encoder::Candle(_) => None,
        }
    }

    /// Opens a collection in place of the open one, whose vectors and figures are kept as far as they still hold.
    ///
    /// `shipped` are vectors made earlier by the same model: used for the passages if they cover all of them, and
    /// for the texts that the LLM wrote. What was taught is kept unless `is_new`, or unless one of the queries
    /// that taught it is judged now.
    ///
    /// # Errors
    /// [`EngineError::Retrieve`] if the shipped vectors do not fit; what was open stays open then.
    pub fn open_collection(
        &mut self,
        collection: Collection,
        shipped: TextVectors,
        is_new: bool,
    ) -> Result<(), EngineError> {
        self.check_vectors(shipped.width(), shipped.maker())?;
        let mut shelf = Shelf {
            collection: Arc::new(collection),
            index: None,
            shipped,
            kept: KeptVectors::default(),
            bm25: None,
            measured: None,
        };
        let (mut same_judgements, mut same_corpus) = (false, false);
        if let Some(old) = &self.shelf
            && old.collection.corpus == shelf.collection.corpus
        {
            same_corpus = true;
            same_judgements = shelf.collection.queries == old.collection.queries
                && shelf.collection.qrels == old.collection.qrels;
            let same_feedback = shelf.collection.feedback == old.collection.feedback;
            shelf.index.clone_from(&old.index);
            shelf.bm25.clone_from(&old.bm25);
            shelf.measured = old.measured.clone().filter(|_| same_judgements && same_feedback);
            if shelf.shipped.is_empty() {
                shelf.shipped.clone_from(&old.shipped);
            }
            shelf.kept.clone_from(&old.kept);
        }
        if shelf.index.is_none() {
            shelf.index =
                shelf.shipped_index()?.map(|index| PassageIndex::new(index, &self.backend.baseline()));
        }
        let judged = shelf.collection.judged_texts();
        self.tuned = self.tuned.take().filter(|tuned| !is_new && tuned.taught_on.is_disjoint(&judged));
        if let Some(tuned) = &mut self.tuned {
            tuned.measured = tuned.measured.take().filter(|_| same_judgements);
            tuned.index = tuned.index.take().filter(|_| same_corpus);
        }
        self.shelf = Some(shelf);
        Ok(())
    }

    /// The open collection.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if there is none.
    pub fn collection(&self) -> Result<&Arc<Collection>, EngineError> {
        Ok(&self.shelf()?.collection)
    }

    /// Whether every passage has a vector by a tower.
    pub fn is_indexed(&self, tower: Tower) -> bool {
        self.index_of(tower).is_ok()
    }

    /// Whether something was taught or loaded.
    pub fn has_tuned(&self) -> bool {
        self.tuned.is_some()
    }

    /// Begins to embed texts of one role by one of the towers.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if the tuned tower is asked for and nothing was taught.
    pub fn embedding(
        &self,
        texts: Vec<String>,
        role: Role,
        tower: Tower,
    ) -> Result<EmbeddingJob, EngineError> {
        let texts = texts.into_iter().map(|text| (role, text));
        Ok(EmbeddingJob::new(&self.model, self.encoder(tower)?, texts))
    }

    /// Begins to embed the passages for a tower; there is nothing to do if its index is ready.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if no collection is open, or nothing was taught that the tower could be.
    pub fn indexing(&self, tower: Tower) -> Result<EmbeddingJob, EngineError> {
        let shelf = self.shelf()?;
        let passages = shelf.collection.corpus.passages();
        let texts = match self.index_of(tower) {
            Ok(_) => Vec::new(),
            Err(_) => passages.iter().map(|passage| passage.embedding_text()).collect(),
        };
        let job = self.embedding(texts, Role::Passage, tower)?;
        Ok(if tower == Tower::Baseline { job.knowing(&shelf.kept) } else { job })
    }

    /// Takes the vectors of a finished [`Self::indexing`] of the same tower.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if the job is not finished or belongs to another collection.
    pub fn finish_indexing(&mut self, tower: Tower, job: EmbeddingJob) -> Result<(), EngineError> {
        if self.index_of(tower).is_ok() {
            return Ok(());
        }
        let shelf = self.shelf.as_mut().ok_or(EngineError::NotReady(NO_COLLECTION))?;
        let passages = shelf.collection.corpus.passages();
        if !job.is_done() || !job.texts().eq(passages.iter().map(|passage| passage.embedding_text())) {
            return Err(EngineError::NotReady("the passages are not all embedded"));
        }
        let index = new_index(&shelf.collection, job.into_vectors(), self.model.config.hidden_size)?;
        shelf.kept = KeptVectors::default();
        let index = Some(PassageIndex::new(index, &self.backend.baseline()));
        match (tower, &mut self.tuned) {
            (Tower::Baseline, _) => shelf.index = index,
            (Tower::Tuned, Some(tuned)) => tuned.index = index,
            (Tower::Tuned, None) => return Err(EngineError::NotReady("nothing was taught yet")),
        }
        Ok(())
    }

    /// Compares the measured baseline with the measured tuned tower on nDCG@10.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if one of them was not measured yet.
    pub fn compare(&self) -> Result<(eval::Comparison, &Measured, &Measured), EngineError> {
        let (before, after) = (self.measured(Tower::Baseline)?, self.measured(Tower::Tuned)?);
        let figures =
            |m: &Measured| m.evaluation.per_query.values().map(|q| q.ndcg_at_10).collect::<Vec<_>>();
        Ok((eval::compare(&figures(before), &figures(after), 0)?, before, after))
    }

    /// What was taught or loaded, and the texts that it embeds.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if nothing was taught.
    pub fn learned(&self) -> Result<(&Learned, Towers), EngineError> {
        let tuned = self.tuned()?;
        Ok((&tuned.learned, tuned.towers))
    }

    /// Takes a loaded adapter or loaded weights as the state after teaching.
    ///
    /// # Errors
    /// [`EngineError::Encoder`] if they do not fit the model; the old state is kept then.
    pub fn load_learned(&mut self, learned: Learned, towers: Towers) -> Result<(), EngineError> {
        self.set_tuned(learned, towers).map(drop)
    }

    /// Takes what was taught as the state after teaching.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if a query that taught it is judged in the collection that is open by now.
    pub fn take_taught(&mut self, taught: &Taught) -> Result<(), EngineError> {
        let taught_on: HashSet<String> = taught.queries.iter().map(|query| folded(query)).collect();
        self.check_not_judged(&taught_on)?;
        let lesson = taught.lesson(&self.collection()?.name);
        let tuned = self.set_tuned(taught.learned.clone(), taught.towers)?;
        tuned.held_out = Some(HeldOut::of_lesson(&taught.samples, &taught.queries));
        (tuned.taught_on, tuned.lesson) = (taught_on, Some(lesson));
        Ok(())
    }

    /// Nothing is known of how it was taught.
    fn set_tuned(&mut self, learned: Learned, towers: Towers) -> Result<&mut Tuned, EngineError> {
        let learned = Rc::new(learned);
        let encoder = LastingEncoder::tuned(&self.backend, &learned)?;
        Ok(self.tuned.insert(Tuned {
            learned,
            towers,
            encoder,
            index: None,
            taught_on: HashSet::new(),
            lesson: None,
            held_out: None,
            measured: None,
        }))
    }

    /// Shape of the model.
    pub fn config(&self) -> &BertConfig {
        &self.model.config
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Begins to teach the query tower from the open collection's feedback.
    ///
    /// # Errors
    /// [`EngineError::NoFeedback`] or [`EngineError::Train`] if there is nothing to teach.
    pub fn teaching(&self, settings: TrainSettings) -> Result<TeachingJob, EngineError> {
        self.new_teaching(settings, None)
    }

    /// Goes on with a teaching from [`TeachingJob::checkpoint`], on the same collection with the same settings.
    ///
    /// # Errors
    /// As [`Self::teaching`]. Whether the checkpoint fits shows when the steps begin.
    pub fn resume_teaching(
        &self,
        settings: TrainSettings,
        checkpoint: Vec<u8>,
    ) -> Result<TeachingJob, EngineError> {
        self.new_teaching(settings, Some(checkpoint))
    }

    fn new_teaching(
        &self,
        settings: TrainSettings,
        checkpoint: Option<Vec<u8>>,
    ) -> Result<TeachingJob, EngineError> {
        let shelf = self.shelf()?;
        let index = shelf.index.clone().ok_or(EngineError::NotReady(NOT_INDEXED))?;
        TeachingJob::new(self, &shelf.collection, index, &shelf.shipped, settings, checkpoint)
    }

    fn shelf(&self) -> Result<&Shelf, EngineError> {
        self.shelf.as_ref().ok_or(EngineError::NotReady(NO_COLLECTION))
    }

    /// The passages as a tower embeds them.
    fn index_of(&self, tower: Tower) -> Result<&PassageIndex, EngineError> {
        let index = match (tower, &self.tuned) {
            (Tower::Tuned, Some(Tuned { towers: Towers::Both, index, .. })) => index.as_ref(),
            _ => self.shelf()?.index.as_ref(),
        };
        index.ok_or(EngineError::NotReady(NOT_INDEXED))
    }

    fn encoder(&self, tower: Tower) -> Result<LastingEncoder, EngineError> {
        match tower {
            Tower::Baseline => Ok(LastingEncoder::baseline(&self.backend)),
            Tower::Tuned => self.tuned()?.encoder.renewed(),
        }
    }
}

const NO_COLLECTION: &str = "no collection is open";
const NOT_INDEXED: &str = "the passages are not embedded yet";

impl Shelf {
    /// The index from shipped vectors, if they cover every passage.
    fn shipped_index(&self) -> Result<Option<Index>, EngineError> {
        let mut vectors = Vec::new();
        for passage in self.collection.corpus.passages() {
            let Some(vector) = self.shipped.get(&passage.embedding_text()) else { return Ok(None) };
            vectors.extend(vector);
        }
        Ok(Some(new_index(&self.collection, vectors, self.shipped.width())?))
    }
}

fn new_index(collection: &Collection, vectors: Vec<f32>, width: usize) -> Result<Index, EngineError> {
    let ids: Vec<String> = collection.corpus.passages().iter().map(|passage| passage.id.clone()).collect();
    Ok(Index::new(&ids, vectors, width)?)
}
