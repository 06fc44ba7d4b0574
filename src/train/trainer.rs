//! One teaching: deals lessons, forms their losses, and hands the student the gradient.

use super::batches::{Batch, Dealer};
use super::lessons::{GuidanceLesson, Lessons, PreferenceLesson, VectorRow};
use super::losses::{Loss, first_against_all, kl_divergence, softmax};
use super::{LearningRate, TrainError, TrainSettings};
use crate::data::{Corpus, Objective};
use crate::encoder::CandleStudent;
use crate::text::PackedTokens;
use std::collections::HashMap;

/// What one step did.
#[derive(Debug, Clone, PartialEq)]
pub struct StepReport {
    /// Step, from 1.
    pub step: usize,
    /// Mean loss over the step's lessons, all terms weighted.
    pub loss: f64,
    /// Mean KL of the preference lessons, unweighted; none if the step held none.
    pub preference_loss: Option<f64>,
    /// Mean contrastive loss of the preference lessons, unweighted.
    pub contrastive_loss: Option<f64>,
    /// Mean loss of the guidance lessons.
    pub guidance_loss: Option<f64>,
    /// Share of preference data that the curriculum asked for.
    pub preference_share: f64,
    /// Preference lessons in the step.
    pub preference_count: usize,
    /// Guidance lessons in the step, by objective.
    pub guidance_counts: [usize; 3],
    /// Learning rate.
    pub learning_rate: f64,
    /// Norm of the gradient before clipping.
    pub grad_norm: f64,
    /// One lesson of the step, in words.
    pub example: Option<Example>,
}

/// A lesson in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// `preference` or the objective's name.
    pub objective: &'static str,
    /// The query.
    pub query: String,
    /// What should win.
    pub better: String,
    /// What should lose.
    pub worse: String,
}

/// A teaching in progress: everything but the student.
pub struct Trainer {
    settings: TrainSettings,
    lessons: Lessons,
    tokens: HashMap<String, Vec<u32>>,
    dealer: Dealer,
    step: usize,
}

impl Trainer {
    /// Prepares a teaching; `tokens` gives a query's token ids.
    ///
    /// # Errors
    /// Those of `tokens`.
    pub fn new<E>(
        settings: TrainSettings,
        lessons: Lessons,
        tokens: impl Fn(&str) -> Result<Vec<u32>, E>,
    ) -> Result<Self, E> {
        let queries = lessons.queries();
        let tokens = queries.into_iter().map(|query| Ok((query.to_owned(), tokens(query)?)));
        let tokens = tokens.collect::<Result<_, E>>()?;
        let dealer = Dealer::new(lessons.plan.preferences.len(), lessons.plan.guidance.len(), settings.seed);
        Ok(Self { settings, tokens, dealer, lessons, step: 0 })
    }

    /// The lessons.
    pub fn lessons(&self) -> &Lessons {
        &self.lessons
    }

    /// Steps done.
    pub fn steps_done(&self) -> usize {
        self.step
    }

    /// Whether every step is done.
    pub fn is_done(&self) -> bool {
        self.step >= self.settings.steps
    }

    /// Takes one step; `corpus` only lends its words to the example.
    ///
    /// # Errors
    /// [`TrainError::LossNotFinite`], or those of the student; the student is unchanged then.
    pub fn step(&mut self, student: &mut CandleStudent, corpus: &Corpus) -> Result<StepReport, TrainError> {
        let (step, steps) = (self.step, self.settings.steps);
        let share = self.settings.share.at(step, steps);
        let learning_rate = LearningRate { peak: self.settings.learning_rate }.at(step, steps);
        let batch = self.dealer.deal(self.settings.batch_queries, share);

        let embeddings = student.forward(&self.packed(&batch))?;
        let losses = self.losses(&batch, &embeddings);
        if !losses.weighted.is_finite() {
            return Err(TrainError::LossNotFinite { step: step + 1 });
        }
        let grad_norm = student.learn(&losses.embeddings_grad, learning_rate)?;
        self.step += 1;
        Ok(StepReport {
            step: self.step,
            loss: losses.weighted,
            preference_loss: mean(losses.preference, batch.preferences.len()),
            contrastive_loss: mean(losses.contrastive, batch.preferences.len()),
            guidance_loss: mean(losses.guidance, batch.guidance.len()),
            preference_share: share,
            preference_count: batch.preferences.len(),
            guidance_counts: self.objective_counts(&batch),
            learning_rate,
            grad_norm,
            example: self.example(&batch, corpus),
        })
    }

    /// The queries of a batch, preference lessons first.
    fn packed(&self, batch: &Batch) -> PackedTokens {
        let preferences = batch.preferences.iter().map(|&i| &self.lessons.plan.preferences[i].query);
        let guidance = batch.guidance.iter().map(|&i| &self.lessons.plan.guidance[i].query);
        PackedTokens::new(preferences.chain(guidance).map(|query| &self.tokens[query]))
    }

    /// All losses of a batch and their gradient with respect to the embeddings, `[lessons, width]`.
    fn losses(&self, batch: &Batch, embeddings: &[f32]) -> Losses {
        let plan = &self.lessons.plan;
        let preferences: Vec<_> = batch.preferences.iter().map(|&i| &plan.preferences[i]).collect();
        let guidance: Vec<_> = batch.guidance.iter().map(|&i| &plan.guidance[i]).collect();
        let lessons = preferences.len() + guidance.len();
        let mut losses = Losses::new(lessons, embeddings.len());
        let width = self.lessons.width();
        let mut rows = embeddings.chunks_exact(width).zip(losses.embeddings_grad.chunks_exact_mut(width));

        for (lesson, (query, grad)) in preferences.iter().zip(&mut rows) {
            let mut term = Term { trainer: self, query, grad, lessons };
            losses.preference += term.preference(lesson);
            losses.contrastive += term.contrastive(lesson, &preferences);
        }
        for (lesson, (query, grad)) in guidance.iter().zip(&mut rows) {
            let mut term = Term { trainer: self, query, grad, lessons };
            losses.guidance += term.guidance(lesson, &guidance);
        }
        losses.weighted = (losses.preference * self.settings.preference_weight
            + losses.contrastive * self.settings.contrastive_weight
            + losses.guidance)
            / lessons as f64;
        losses
    }

    fn objective_counts(&self, batch: &Batch) -> [usize; 3] {
        let of = |i: &usize| self.lessons.plan.guidance[*i].objective;
        Objective::ALL.map(|objective| batch.guidance.iter().filter(|i| of(i) == objective).count())
    }

    /// Takes turns between guidance and preferences, so that the page shows both.
    fn example(&self, batch: &Batch, corpus: &Corpus) -> Option<Example> {
        let guidance = batch.guidance.first().map(|&i| &self.lessons.plan.guidance[i]);
        let preference = batch.preferences.first().map(|&i| &self.lessons.plan.preferences[i]);
        let text = |row: VectorRow| self.lessons.text(row, corpus);
        match (guidance, preference) {
            (Some(lesson), preference) if preference.is_none() || self.step % 2 == 1 => Some(Example {
                objective: lesson.objective.name(),
                query: lesson.query.clone(),
                better: text(lesson.positive),
                worse: lesson.negatives.first().map(|&row| text(row)).unwrap_or_default(),
            }),
            (_, Some(lesson)) => {
                let worst = lesson.candidates.iter().min_by_key(|(_, gain)| *gain);
                Some(Example {
                    objective: "preference",
                    query: lesson.query.clone(),
                    better: lesson.best().map(text).unwrap_or_default(),
                    worse: worst.map(|&(row, _)| text(row)).unwrap_or_default(),
                })
            }
            _ => None,
        }
    }
}

/// Sums over a batch, and the gradient of the weighted mean.
struct Losses {
    preference: f64,
    contrastive: f64,
    guidance: f64,
    /// Mean over the batch's lessons, the terms weighted.
    weighted: f64,
    embeddings_grad: Vec<f32>,
}

impl Losses {
    fn new(lessons: usize, values: usize) -> Self {
        debug_assert!(lessons > 0, "a batch holds at least one lesson");
        Self {
            preference: 0.0,
            contrastive: 0.0,
            guidance: 0.0,
            weighted: 0.0,
            embeddings_grad: vec![0.0; values],
        }
    }
}

/// One lesson's query embedding and where its gradient goes.
struct Term<'a> {
    trainer: &'a Trainer,
    query: &'a [f32],
    grad: &'a mut [f32],
    lessons: usize,
}

impl Term<'_> {
    /// KL between the LLM's gains and the student's scores over the closed list.
    fn preference(&mut self, lesson: &PreferenceLesson) -> f64 {
        let settings = &self.trainer.settings;
        let gains: Vec<f64> = lesson.candidates.iter().map(|&(_, g)| f64::from(g) / settings.beta).collect();
        let target = softmax(&gains);
        let rows: Vec<VectorRow> = lesson.candidates.iter().map(|&(row, _)| row).collect();
        self.apply(&rows, settings.preference_weight, |logits| kl_divergence(&target, logits))
    }

    /// The best candidate against the other queries' best candidates, those useful to this query left out.
    fn contrastive(&mut self, lesson: &PreferenceLesson, batch: &[&PreferenceLesson]) -> f64 {
        let Some(best) = lesson.best() else { return 0.0 };
        let useful = |row: VectorRow| lesson.candidates.iter().any(|&(r, gain)| r == row && gain > 0);
        let mut rows = vec![best];
        for other in batch.iter().filter_map(|other| other.best()) {
            if !useful(other) && !rows.contains(&other) {
                rows.push(other);
            }
        }
        self.apply(&rows, self.trainer.settings.contrastive_weight, first_against_all)
    }

    /// The better text against its worse ones and the better texts of other sources in the batch, those useful to
    /// this source left out.
    fn guidance(&mut self, lesson: &GuidanceLesson, batch: &[&GuidanceLesson]) -> f64 {
        let plan = &self.trainer.lessons.plan;
        let is_other = |other: &&&GuidanceLesson| {
            other.source != lesson.source
                && other.query != lesson.query
                && !plan.is_useful(lesson.source, other.positive)
        };
        let others = batch.iter().filter(is_other);
        let mut rows = vec![lesson.positive];
        for row in lesson.negatives.iter().copied().chain(others.map(|other| other.positive)) {
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        self.apply(&rows, 1.0, first_against_all)
    }

    /// Forms a loss over the cosines with `rows` and adds its share to the gradient; returns the loss.
    fn apply(&mut self, rows: &[VectorRow], weight: f64, loss: impl Fn(&[f64]) -> Loss) -> f64 {
        let gamma = self.trainer.settings.gamma;
        let vector = |row: VectorRow| self.trainer.lessons.vector(row);
        let logits: Vec<f64> = rows.iter().map(|&row| dot(self.query, vector(row)) / gamma).collect();
        let loss = loss(&logits);
        let factor = weight / gamma / self.lessons as f64;
        for (&row, logit_grad) in rows.iter().zip(&loss.logits_grad) {
            let scaled = (logit_grad * factor) as f32;
            self.grad.iter_mut().zip(vector(row)).for_each(|(grad, x)| *grad += scaled * x);
        }
        loss.value
    }
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

fn mean(sum: f64, count: usize) -> Option<f64> {
    (count > 0).then(|| sum / count as f64)
}
