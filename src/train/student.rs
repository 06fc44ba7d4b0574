//! Who learns: the CPU's student or the GPU's, behind one face.
//!
//! A step is begun, and what it came to is taken later: the GPU answers when it is done, and the next steps need
//! not wait for that. What a step teaches, the trainer decides.

use super::lessons::Lessons;
use super::{TrainError, Trainer};
use crate::encoder::candle::AdamWSettings;
use crate::encoder::{
    BertConfig, CandleEncoder, CandleStudent, EncoderError, GpuEncoder, GpuStudent, Learned, Snapshot,
    Weights,
};
use crate::gpu::{Download, GpuTensor};
use crate::ops::copy_rows::copy_rows;
use crate::ops::list_loss::{MAX_CANDIDATES, Term, Terms, list_loss, oracle};
use crate::text::PackedTokens;
use std::collections::VecDeque;
use std::ops::Range;

/// Steps under way on a GPU before the first answer is awaited.
const GPU_STEPS_UNDER_WAY: usize = 3;

/// What candle's tape keeps of a token in a pass of all-MiniLM-L6-v2: by counting 147 KB in six layers, and room for
/// what is on its way.
const CPU_BYTES_PER_TOKEN: usize = 200_000;
/// 8 hidden and an inner width in each of that model's layers, to which the bytes grow alike.
const CPU_VALUES_PER_TOKEN: usize = 6 * (8 * 384 + 1536);

/// One step's work.
pub(super) struct Lesson<'a> {
    /// Token ids of every text that is embedded: queries, passages to stay, and the candidates if they move.
    pub(super) texts: Vec<&'a [u32]>,
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

/// An encoder that is being taught.
pub struct Student(Kind);

enum Kind {
    Cpu { student: Box<CandleStudent>, max_tokens: usize, done: VecDeque<Outcome> },
    Gpu(Box<GpuLearner>),
}

impl Student {
    /// Begins with `start` on the CPU; `base` are the weights that the encoder was made from.
    ///
    /// # Errors
    /// [`TrainError::Encoder`] if `start` does not fit.
    pub fn on_cpu(
        encoder: &CandleEncoder,
        base: &Weights,
        start: &Snapshot,
        settings: AdamWSettings,
        trainer: &Trainer,
    ) -> Result<Self, TrainError> {
        let student = Box::new(CandleStudent::resume(encoder, base, start, settings)?);
        let max_tokens = trainer.settings().pass_memory_bytes() / cpu_bytes_per_token(encoder.config());
        Ok(Self(Kind::Cpu { student, max_tokens, done: VecDeque::new() }))
    }

    /// Begins with `start` on the encoder's GPU; the vectors of the trainer's lessons go there too.
    ///
    /// # Errors
    /// [`TrainError::Encoder`] if `start` does not fit, [`TrainError::ListTooLong`].
    pub fn on_gpu(
        encoder: &GpuEncoder,
        base: &Weights,
        start: &Snapshot,
        settings: AdamWSettings,
        trainer: &Trainer,
    ) -> Result<Self, TrainError> {
        let (length, limit) = (trainer.longest_list(), MAX_CANDIDATES as usize);
        if length > limit {
            return Err(TrainError::ListTooLong { length, limit });
        }
        let lessons = trainer.lessons();
        let student = GpuStudent::resume(encoder, base, start, settings)?;
        let shape = [(lessons.vectors().len() / lessons.width()) as u32, lessons.width() as u32];
        let vectors = student.gpu().upload(&shape, lessons.vectors());
        let max_tokens = student.max_tokens(trainer.settings().pass_memory_bytes());
        let learner = GpuLearner { student, vectors, max_tokens, under_way: VecDeque::new() };
        Ok(Self(Kind::Gpu(Box::new(learner))))
    }

    /// Begins a step.
    ///
    /// # Errors
    /// [`TrainError::LossNotFinite`] with step 0, the trainer knows its number; or those of the encoder.
    pub(super) fn begin(&mut self, lesson: &Lesson, vectors: &Lessons) -> Result<(), TrainError> {
        match &mut self.0 {
            Kind::Cpu { student, max_tokens, done } => {
                done.push_back(step_on_cpu(student, *max_tokens, lesson, vectors)?);
            }
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

    /// The state after every step begun so far.
    ///
    /// # Errors
    /// Those of the encoder.
    pub async fn snapshot(&self) -> Result<Snapshot, EncoderError> {
        match &self.0 {
            Kind::Cpu { student, .. } => student.snapshot(),
            Kind::Gpu(learner) => learner.student.snapshot().await,
        }
    }

    /// What has been learned by every step begun so far.
    ///
    /// # Errors
    /// Those of the encoder.
    pub async fn learned(&self) -> Result<Learned, EncoderError> {
        match &self.0 {
            Kind::Cpu { student, .. } => student.learned(),
            Kind::Gpu(learner) => learner.student.learned().await,
        }
    }
}

/// As [`GpuLearner::begin`].
fn step_on_cpu(
    student: &mut CandleStudent,
    max_tokens: usize,
    lesson: &Lesson,
    vectors: &Lessons,
) -> Result<Outcome, TrainError> {
    let packed = |piece: &Range<usize>| PackedTokens::new(&lesson.texts[piece.clone()]);
    let pieces = pieces(&lesson.texts, max_tokens);
    let is_whole = pieces.len() == 1;
    let mut embeddings = Vec::new();
    for piece in &pieces {
        let batch = packed(piece);
        embeddings.extend(if is_whole { student.forward(&batch)? } else { student.embed(&batch)? });
    }
    let width = vectors.width();
    let (losses, grad) =
        oracle::list_loss(&embeddings, width, vectors.vectors(), &lesson.terms, lesson.gamma);
    if !losses.iter().all(|loss| loss.is_finite()) {
        return Err(TrainError::LossNotFinite { step: 0 });
    }
    for piece in &pieces {
        if !is_whole {
            student.forward(&packed(piece))?;
        }
        student.backward(&grad[piece.start * width..piece.end * width])?;
    }
    Ok(Outcome { losses, grad_norm: student.step(lesson.learning_rate)? })
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
    losses: Download,
    state: Download,
}

impl GpuLearner {
    /// Embeds, forms the losses, and goes the way back.
    ///
    /// A batch of several pieces is embedded first without keeping anything, for texts may see each other in the
    /// losses, and then once more piece by piece (Gao et al. 2021, arXiv 2101.06983).
    fn begin(&mut self, lesson: &Lesson) -> Result<(), EncoderError> {
        let gpu = self.student.gpu().clone();
        let packed = |piece: &Range<usize>| PackedTokens::new(&lesson.texts[piece.clone()]);
        let pieces = pieces(&lesson.texts, self.max_tokens);
        let [fixed, hidden] = self.vectors.expect_matrix("list_loss", "vectors")?;
        let embeddings = match pieces.as_slice() {
            [only] => self.student.forward(&packed(only))?,
            several => {
                let all = gpu.alloc(&[lesson.texts.len() as u32, hidden]);
                for piece in several {
                    let part = self.student.begin_embedding(&packed(piece))?;
                    copy_rows(&gpu, &part, 0..piece.len() as u32, &all, piece.start as u32)?;
                }
                all
            }
        };
        let terms = Terms::new(&gpu, lesson.texts.len(), fixed as usize, &lesson.terms)?;
        let found = list_loss(&gpu, &embeddings, &self.vectors, terms, lesson.gamma)?;
        if let [_] = pieces.as_slice() {
            self.student.backward(&found.embeddings_grad)?;
        } else {
            for piece in &pieces {
                self.student.forward(&packed(piece))?;
                let rows = piece.start as u32..piece.end as u32;
                let part = gpu.alloc(&[rows.len() as u32, hidden]);
                copy_rows(&gpu, &found.embeddings_grad, rows, &part, 0)?;
                self.student.backward(&part)?;
            }
        }
        let losses = gpu.start_download(&found.losses);
        self.student.step(lesson.learning_rate)?;
        let state = gpu.start_download(self.student.state());
        self.under_way.push_back(UnderWay { losses, state });
        Ok(())
    }

    async fn finish_oldest(&mut self) -> Result<Option<Outcome>, TrainError> {
        let Some(UnderWay { losses, state }) = self.under_way.pop_front() else { return Ok(None) };
        let losses = losses.read().await.map_err(EncoderError::from)?.into_iter().map(f64::from).collect();
        let state = state.read().await.map_err(EncoderError::from)?;
        match state[..] {
            [norm, _, _, 0.0] => Ok(Some(Outcome { losses, grad_norm: norm.into() })),
            _ => Err(TrainError::LossNotFinite { step: 0 }),
        }
    }
}

/// Bytes that candle's tape keeps of a token.
fn cpu_bytes_per_token(config: &BertConfig) -> usize {
    let values = config.num_hidden_layers * (8 * config.hidden_size + config.intermediate_size);
    (values * CPU_BYTES_PER_TOKEN).div_ceil(CPU_VALUES_PER_TOKEN)
}

/// Cuts texts into runs of at most `max_tokens` tokens, or of one text.
fn pieces(texts: &[&[u32]], max_tokens: usize) -> Vec<Range<usize>> {
    let mut pieces: Vec<Range<usize>> = Vec::new();
    let mut tokens = 0;
    for (i, text) in texts.iter().enumerate() {
        match pieces.last_mut() {
            Some(piece) if tokens + text.len() <= max_tokens => piece.end = i + 1,
            _ => {
                pieces.push(i..i + 1);
                tokens = 0;
            }
        }
        tokens += text.len();
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn pieces_hold_every_text_once_and_fit() {
        let texts: [&[u32]; 5] = [&[0; 3], &[0; 4], &[0; 9], &[0; 1], &[0; 2]];
        assert_eq!(pieces(&texts, 7), [0..2, 2..3, 3..5]);
        assert_eq!(pieces(&texts, 100).first(), Some(&(0..5)));
        assert_eq!(pieces(&texts, 1).len(), 5);
        assert!(pieces(&[], 7).is_empty());
    }
}
