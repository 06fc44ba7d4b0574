//! Who learns: the CPU's student or the GPU's, behind one face.
//!
//! A step is begun, and what it came to is taken later: the GPU answers when it is done, and the next steps need
//! not wait for that. What a step teaches, the trainer decides.

use super::lessons::Lessons;
use super::{TrainError, Trainer};
use crate::encoder::candle::AdamWSettings;
use crate::encoder::{CandleEncoder, CandleStudent, EncoderError, GpuEncoder, GpuStudent, LoraAdapter};
use crate::gpu::{Download, GpuTensor};
use crate::ops::list_loss::{MAX_CANDIDATES, Term, Terms, list_loss, oracle};
use crate::text::PackedTokens;
use std::collections::VecDeque;

/// Steps under way on a GPU before the first answer is awaited.
const GPU_STEPS_UNDER_WAY: usize = 3;
/// Memory for what the GPU keeps of one pass, unless told otherwise.
const PASS_LIMIT_BYTES: usize = 192 << 20;

/// One step's work.
pub(super) struct Lesson<'a> {
    /// Token ids of the queries.
    pub(super) queries: Vec<&'a [u32]>,
    /// Losses, in the order of their queries.
    pub(super) terms: Vec<Term>,
    /// Temperature of the scores.
    pub(super) gamma: f64,
    /// Learning rate.
    pub(super) learning_rate: f64,
}

/// What one step came to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    /// Loss of every term, unweighted.
    pub(super) losses: Vec<f64>,
    /// Norm of the gradient before clipping.
    pub(super) grad_norm: f64,
}

/// A query tower that is being taught.
pub struct Student(Kind);

enum Kind {
    Cpu { student: Box<CandleStudent>, done: VecDeque<Outcome> },
    Gpu(Box<GpuLearner>),
}

impl Student {
    /// Begins with `adapter` on the CPU.
    ///
    /// # Errors
    /// [`TrainError::Encoder`] if the adapter does not fit.
    pub fn on_cpu(
        encoder: &CandleEncoder,
        adapter: &LoraAdapter,
        settings: AdamWSettings,
    ) -> Result<Self, TrainError> {
        let student = Box::new(CandleStudent::new(encoder, adapter, settings)?);
        Ok(Self(Kind::Cpu { student, done: VecDeque::new() }))
    }

    /// Begins with `adapter` on the encoder's GPU; the vectors of the trainer's lessons go there too.
    ///
    /// # Errors
    /// [`TrainError::Encoder`] if the adapter does not fit, [`TrainError::ListTooLong`].
    pub fn on_gpu(
        encoder: &GpuEncoder,
        adapter: &LoraAdapter,
        settings: AdamWSettings,
        trainer: &Trainer,
    ) -> Result<Self, TrainError> {
        let (length, limit) = (trainer.longest_list(), MAX_CANDIDATES as usize);
        if length > limit {
            return Err(TrainError::ListTooLong { length, limit });
        }
        let lessons = trainer.lessons();
        let student = GpuStudent::of_adapter(encoder, adapter, settings)?;
        let shape = [(lessons.vectors().len() / lessons.width()) as u32, lessons.width() as u32];
        let vectors = student.gpu().upload(&shape, lessons.vectors());
        let max_tokens = student.max_tokens(PASS_LIMIT_BYTES);
        let learner = GpuLearner { student, vectors, max_tokens, under_way: VecDeque::new() };
        Ok(Self(Kind::Gpu(Box::new(learner))))
    }

    /// Begins a step.
    ///
    /// # Errors
    /// [`TrainError::LossNotFinite`] with step 0, the trainer knows its number; or those of the encoder.
    pub(super) fn begin(&mut self, lesson: &Lesson, vectors: &Lessons) -> Result<(), TrainError> {
        match &mut self.0 {
            Kind::Cpu { student, done } => done.push_back(step_on_cpu(student, lesson, vectors)?),
            Kind::Gpu(learner) => learner.begin(lesson)?,
        }
        Ok(())
    }

    /// Whether so many steps are under way that the oldest should be awaited before another begins.
    pub(super) fn is_busy(&self) -> bool {
        match &self.0 {
            Kind::Cpu { done, .. } => !done.is_empty(),
            Kind::Gpu(learner) => learner.under_way.len() >= GPU_STEPS_UNDER_WAY,
        }
    }

    /// Awaits the oldest step under way; none if there is none.
    ///
    /// # Errors
    /// [`TrainError::LossNotFinite`] if it went wrong: the weights are those before that step.
    pub(super) async fn finish_oldest(&mut self) -> Result<Option<Outcome>, TrainError> {
        match &mut self.0 {
            Kind::Cpu { done, .. } => Ok(done.pop_front()),
            Kind::Gpu(learner) => learner.finish_oldest().await,
        }
    }

    /// Embeds a batch by the weights after every step begun so far, `[sequences, hidden]`.
    ///
    /// # Errors
    /// Those of the encoder.
    pub async fn embed(&self, batch: &PackedTokens) -> Result<Vec<f32>, EncoderError> {
        match &self.0 {
            Kind::Cpu { student, .. } => student.embed(batch),
            Kind::Gpu(learner) => learner.student.embed(batch).await,
        }
    }

    /// The adapter after every step begun so far.
    ///
    /// # Errors
    /// Those of the encoder.
    pub async fn adapter(&self) -> Result<LoraAdapter, EncoderError> {
        match &self.0 {
            Kind::Cpu { student, .. } => student.adapter(),
            Kind::Gpu(learner) => learner.student.adapter().await,
        }
    }
}

fn step_on_cpu(
    student: &mut CandleStudent,
    lesson: &Lesson,
    vectors: &Lessons,
) -> Result<Outcome, TrainError> {
    let embeddings = student.forward(&PackedTokens::new(&lesson.queries))?;
    let vector = |row| vectors.vector(row);
    let (losses, grad) = oracle::list_loss(&embeddings, vectors.width(), vector, &lesson.terms, lesson.gamma);
    if !losses.iter().all(|loss| loss.is_finite()) {
        return Err(TrainError::LossNotFinite { step: 0 });
    }
    Ok(Outcome { losses, grad_norm: student.learn(&grad, lesson.learning_rate)? })
}

struct GpuLearner {
    student: GpuStudent,
    vectors: GpuTensor,
    /// Most tokens in one pass; a larger batch goes through in pieces.
    max_tokens: usize,
    under_way: VecDeque<UnderWay>,
}

/// A step whose results are on their way to the host.
struct UnderWay {
    losses: Vec<Download>,
    state: Download,
}

impl GpuLearner {
    /// Queries do not see each other, only vectors that stand still: pieces have the gradient of the whole.
    fn begin(&mut self, lesson: &Lesson) -> Result<(), TrainError> {
        let gpu = self.student.gpu().clone();
        let mut losses = Vec::new();
        for piece in pieces(&lesson.queries, self.max_tokens) {
            let terms: Vec<Term> = lesson
                .terms
                .iter()
                .filter(|term| piece.contains(&term.query))
                .map(|term| Term { query: term.query - piece.start, ..term.clone() })
                .collect();
            let terms = Terms::new(&gpu, piece.len(), &terms).map_err(EncoderError::from)?;
            let embeddings = self.student.forward(&PackedTokens::new(&lesson.queries[piece]))?;
            let found = list_loss(&gpu, &embeddings, &self.vectors, &terms, lesson.gamma);
            let found = found.map_err(EncoderError::from)?;
            self.student.backward(&found.embeddings_grad)?;
            losses.push(gpu.start_download(&found.losses));
        }
        self.student.step(lesson.learning_rate)?;
        let state = gpu.start_download(self.student.state());
        self.under_way.push_back(UnderWay { losses, state });
        Ok(())
    }

    async fn finish_oldest(&mut self) -> Result<Option<Outcome>, TrainError> {
        let Some(UnderWay { losses: downloads, state }) = self.under_way.pop_front() else {
            return Ok(None);
        };
        let mut losses = Vec::new();
        for download in downloads {
            losses.extend(download.read().await.map_err(EncoderError::from)?.into_iter().map(f64::from));
        }
        let state = state.read().await.map_err(EncoderError::from)?;
        match state[..] {
            [norm, _, _, 0.0] => Ok(Some(Outcome { losses, grad_norm: norm.into() })),
            _ => Err(TrainError::LossNotFinite { step: 0 }),
        }
    }
}

/// Cuts queries into runs of at most `max_tokens` tokens, or of one query.
fn pieces(queries: &[&[u32]], max_tokens: usize) -> Vec<std::ops::Range<usize>> {
    let mut pieces: Vec<std::ops::Range<usize>> = Vec::new();
    let mut tokens = 0;
    for (i, query) in queries.iter().enumerate() {
        match pieces.last_mut() {
            Some(piece) if tokens + query.len() <= max_tokens => piece.end = i + 1,
            _ => {
                pieces.push(i..i + 1);
                tokens = 0;
            }
        }
        tokens += query.len();
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn pieces_hold_every_query_once_and_fit() {
        let queries: [&[u32]; 5] = [&[0; 3], &[0; 4], &[0; 9], &[0; 1], &[0; 2]];
        assert_eq!(pieces(&queries, 7), [0..2, 2..3, 3..5]);
        assert_eq!(pieces(&queries, 100).first(), Some(&(0..5)));
        assert_eq!(pieces(&queries, 1).len(), 5);
        assert!(pieces(&[], 7).is_empty());
    }
}
