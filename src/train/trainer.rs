//! One teaching: deals lessons, says what their losses are, and gathers what the steps came to.

use super::batches::{Batch, Dealer, DealerState};
use super::lessons::{GuidanceLesson, Lessons, PreferenceLesson, SampleId, VectorRow};
use super::student::{Lesson, Outcome, Student};
use super::{LearningRate, Towers, TrainError, TrainSettings};
use crate::data::{Corpus, Objective};
use crate::ops::list_loss::{Goal, Term};
use crate::ops::oracle::softmax;
use crate::text::Role;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

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
    /// Mean of 1 - cosine between a passage's embedding and the base model's; none if retention is off.
    pub retention_loss: Option<f64>,
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
    lessons: Arc<Lessons>,
    /// Token ids of the queries.
    tokens: HashMap<String, Vec<u32>>,
    /// Token ids of the texts that move besides queries, by row: retention passages, and candidates of both towers.
    texts: BTreeMap<VectorRow, Vec<u32>>,
    dealer: Dealer,
    /// Steps begun.
    begun: usize,
    /// Steps whose outcome is known.
    done: usize,
    under_way: VecDeque<Begun>,
    /// Whether each of the last guidance lessons was won, the latest last.
    won: VecDeque<bool>,
}

/// Where a teaching is between two steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainerState {
    steps: usize,
    won: VecDeque<bool>,
    dealer: DealerState,
}

/// Guidance lessons by which success is judged.
const SUCCESS_WINDOW: usize = 64;

/// What is known of a step before its outcome.
struct Begun {
    kinds: Vec<TermKind>,
    /// Weight of every term in the loss.
    weights: Vec<f64>,
    /// Its losses are still zero.
    report: StepReport,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum TermKind {
    Preference,
    Contrastive,
    Guidance,
    Retention,
}

impl Trainer {
    /// Prepares a teaching of all lessons of the first round; `tokens` gives the token ids of a text in its role.
    ///
    /// # Errors
    /// Those of `tokens`.
    pub fn new<E>(
        settings: TrainSettings,
        lessons: impl Into<Arc<Lessons>>,
        corpus: &Corpus,
        tokens: impl Fn(Role, &str) -> Result<Vec<u32>, E>,
    ) -> Result<Self, E> {
        let lessons = lessons.into();
        let queries = lessons.queries();
        let queries = queries.into_iter().map(|query| Ok((query.to_owned(), tokens(Role::Query, query)?)));
        let moving = match settings.towers {
            Towers::Query => lessons.plan.retention.iter().copied().collect(),
            Towers::Both => lessons.taught_rows(),
        };
        let texts =
            moving.into_iter().map(|row| Ok((row, tokens(Role::Passage, &lessons.text(row, corpus))?)));
        let mut trainer = Self {
            tokens: queries.collect::<Result<_, E>>()?,
            texts: texts.collect::<Result<_, E>>()?,
            dealer: Dealer::new(lessons.plan.retention.len(), settings.seed),
            settings,
            lessons,
            begun: 0,
            done: 0,
            under_way: VecDeque::new(),
            won: VecDeque::new(),
        };
        trainer.begin_round(1, None);
        Ok(trainer)
    }

    /// Teaches a round's lessons from now on, those of `samples` only if given; returns whether there are any.
    pub fn begin_round(&mut self, round: usize, samples: Option<&BTreeSet<SampleId>>) -> bool {
        let plan = &self.lessons.plan;
        let is_taught = |sample: SampleId| samples.is_none_or(|samples| samples.contains(&sample));
        let lists = plan.lists_of_round(round).into_iter();
        let preferences: Vec<usize> =
            lists.filter(|(sample, _)| is_taught(*sample)).map(|(_, i)| i).collect();
        let guidance = plan.guidance.iter().enumerate();
        let guidance = guidance.filter(|(_, lesson)| lesson.round <= round && is_taught(lesson.sample));
        let guidance: Vec<usize> = guidance.map(|(i, _)| i).collect();
        let has_lessons = !(preferences.is_empty() && guidance.is_empty());
        self.dealer.take(preferences, guidance, round);
        has_lessons
    }

    /// Where the teaching is; none while steps are under way.
    pub fn state(&self) -> Option<TrainerState> {
        let state = || TrainerState { steps: self.done, won: self.won.clone(), dealer: self.dealer.state() };
        self.under_way.is_empty().then(state)
    }

    /// Goes on from a state of a trainer of the same settings and lessons, in the same round.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] if it does not fit the lessons.
    pub fn restore(&mut self, state: TrainerState) -> Result<(), TrainError> {
        self.dealer.restore(&state.dealer)?;
        (self.begun, self.done, self.won) = (state.steps, state.steps, state.won);
        Ok(())
    }

    /// The settings.
    pub fn settings(&self) -> &TrainSettings {
        &self.settings
    }

    /// The lessons.
    pub fn lessons(&self) -> &Lessons {
        &self.lessons
    }

    /// Length of the longest list that a step may hold.
    pub fn longest_list(&self) -> usize {
        let plan = &self.lessons.plan;
        let preferences = plan.preferences.iter().map(|lesson| lesson.candidates.len());
        let guidance =
            plan.guidance.iter().map(|lesson| lesson.negatives.len() + self.settings.batch_queries);
        preferences.chain(guidance).max().unwrap_or(0).max(self.settings.batch_queries)
    }

    /// Steps whose outcome is known.
    pub fn steps_done(&self) -> usize {
        self.done
    }

    /// Whether every step is done.
    pub fn is_done(&self) -> bool {
        self.done >= self.settings.steps
    }

    /// Keeps the student at work and returns what its oldest step came to, once that is known.
    ///
    /// No step after the `until`th begins, so that the student can be looked at as it is then. `corpus` only lends
    /// its words to the example.
    ///
    /// # Errors
    /// [`TrainError::LossNotFinite`], after which the student's weights are those of the last good step; or those of
    /// the student, after which nothing is known of its weights. The trainer cannot go on after either.
    pub async fn advance(
        &mut self,
        student: &mut Student,
        corpus: &Corpus,
        until: usize,
    ) -> Result<Option<StepReport>, TrainError> {
        let until = until.min(self.settings.steps);
        if self.begun < until && !student.is_busy() {
            self.begin(student, corpus)?;
        }
        if self.begun < until && !student.is_busy() {
            return Ok(None);
        }
        self.finish_oldest(student).await
    }

    /// Awaits the oldest step under way; none if there is none.
    ///
    /// # Errors
    /// Those of [`Self::advance`].
    pub async fn finish_oldest(&mut self, student: &mut Student) -> Result<Option<StepReport>, TrainError> {
        let Some(begun) = self.under_way.pop_front() else { return Ok(None) };
        let outcome = student.finish_oldest().await.map_err(|error| error.at_step(begun.report.step))?;
        self.done += usize::from(outcome.is_some());
        if let Some(outcome) = &outcome {
            self.won.extend(begun.won(outcome));
            self.won.drain(..self.won.len().saturating_sub(SUCCESS_WINDOW));
        }
        Ok(outcome.map(|outcome| begun.finish(&outcome)))
    }

    fn begin(&mut self, student: &mut Student, corpus: &Corpus) -> Result<(), TrainError> {
        let (step, steps) = (self.begun, self.settings.steps);
        let share = self.settings.share.at(step, steps, self.success());
        let learning_rate = LearningRate { peak: self.settings.learning_rate }.at(step, steps);
        let batch = self.dealer.deal(self.settings.batch_queries, share, self.settings.retention_passages);
        let (kinds, mut terms): (Vec<TermKind>, Vec<Term>) = self.terms(&batch).into_iter().unzip();
        let weights = terms.iter().map(|term| term.weight).collect();
        let texts = self.texts(&batch, &mut terms);
        let gamma = self.settings.gamma;
        student
            .begin(&Lesson { texts, terms, gamma, learning_rate }, &self.lessons)
            .map_err(|error| error.at_step(step + 1))?;
        self.begun += 1;
        let report = StepReport {
            step: self.begun,
            loss: 0.0,
            preference_loss: None,
            contrastive_loss: None,
            guidance_loss: None,
            retention_loss: None,
            preference_share: share,
            preference_count: batch.preferences.len(),
            guidance_counts: self.objective_counts(&batch),
            learning_rate,
            grad_norm: 0.0,
            example: self.example(&batch, corpus),
        };
        self.under_way.push_back(Begun { kinds, weights, report });
        Ok(())
    }

    /// Share of the last guidance lessons that the student has won; 0 before there were any.
    fn success(&self) -> f64 {
        self.won.iter().filter(|won| **won).count() as f64 / self.won.len().max(1) as f64
    }

    /// Token ids of a batch's texts: queries of preference lessons, of guidance lessons, passages that are to stay,
    /// and the candidates if they move, which the terms then find there.
    fn texts(&self, batch: &Batch, terms: &mut [Term]) -> Vec<&[u32]> {
        let plan = &self.lessons.plan;
        let preferences = batch.preferences.iter().map(|&i| &plan.preferences[i].query);
        let guidance = batch.guidance.iter().map(|&i| &plan.guidance[i].query);
        let mut texts: Vec<&[u32]> =
            preferences.chain(guidance).map(|query| self.tokens[query].as_slice()).collect();
        texts.extend(batch.retention.iter().map(|&i| self.texts[&plan.retention[i]].as_slice()));
        if self.settings.towers == Towers::Both {
            self.add_candidates(terms, &mut texts);
        }
        texts
    }

    /// Adds every candidate's tokens to the texts once and points the terms at their places there, which lie beyond
    /// the fixed vectors.
    fn add_candidates<'a>(&'a self, terms: &mut [Term], texts: &mut Vec<&'a [u32]>) {
        let mut places = HashMap::new();
        let ordered = terms.iter_mut().filter(|term| term.goal == Goal::Order);
        for (row, _) in ordered.flat_map(|term| &mut term.candidates) {
            let place = *places.entry(*row).or_insert_with(|| {
                texts.push(&self.texts[row]);
                texts.len() - 1
            });
            *row = self.lessons.rows() + place;
        }
    }

    /// All losses of a batch, in the order of its texts; their weighted sum is the mean over the lessons, and the
    /// retention term's mean over its passages.
    fn terms(&self, batch: &Batch) -> Vec<(TermKind, Term)> {
        let plan = &self.lessons.plan;
        let preferences: Vec<_> = batch.preferences.iter().map(|&i| &plan.preferences[i]).collect();
        let guidance: Vec<_> = batch.guidance.iter().map(|&i| &plan.guidance[i]).collect();
        let lessons = (preferences.len() + guidance.len()) as f64;
        let settings = &self.settings;
        let mut terms = Vec::new();
        let mut add = |kind, query, weight: f64, candidates: Vec<(VectorRow, f64)>| {
            if weight > 0.0 && !candidates.is_empty() {
                let goal = if kind == TermKind::Retention { Goal::Stay } else { Goal::Order };
                terms.push((kind, Term { goal, query, weight, candidates }));
            }
        };
        for (query, lesson) in preferences.iter().enumerate() {
            let weight = settings.preference_weight / lessons;
            add(TermKind::Preference, query, weight, self.preference(lesson));
            let weight = settings.contrastive_weight * self.trust(lesson) / lessons;
            add(TermKind::Contrastive, query, weight, contrastive(lesson, &preferences));
        }
        for (i, lesson) in guidance.iter().enumerate() {
            add(TermKind::Guidance, preferences.len() + i, 1.0 / lessons, self.guidance(lesson, &guidance));
        }
        let first_passage = preferences.len() + guidance.len();
        let weight = settings.retention_weight / batch.retention.len() as f64;
        for (i, &passage) in batch.retention.iter().enumerate() {
            add(TermKind::Retention, first_passage + i, weight, vec![(plan.retention[passage], 1.0)]);
        }
        terms
    }

    /// How much a best candidate counts: all of it, or as much as its gain says.
    fn trust(&self, lesson: &PreferenceLesson) -> f64 {
        let gain = lesson.best().map_or(0.0, |(_, gain)| f64::from(gain));
        if self.settings.weigh_by_gain { gain / 3.0 } else { 1.0 }
    }

    /// KL between the LLM's gains and the student's scores over the closed list.
    fn preference(&self, lesson: &PreferenceLesson) -> Vec<(VectorRow, f64)> {
        let gain = |&(_, gain): &(VectorRow, u8)| f64::from(gain) / self.settings.beta;
        let target = softmax(&lesson.candidates.iter().map(gain).collect::<Vec<f64>>());
        lesson.candidates.iter().map(|&(row, _)| row).zip(target).collect()
    }

    /// The better text against its worse ones and, if asked for, the better texts of the batch's other samples, those
    /// useful to this sample left out.
    fn guidance(&self, lesson: &GuidanceLesson, batch: &[&GuidanceLesson]) -> Vec<(VectorRow, f64)> {
        let plan = &self.lessons.plan;
        let is_other = |other: &&&GuidanceLesson| {
            self.settings.guidance_in_batch
                && other.sample != lesson.sample
                && other.query != lesson.query
                && !plan.is_useful(lesson.sample, other.positive)
        };
        let others = batch.iter().filter(is_other).map(|other| other.positive);
        first_against(lesson.positive, lesson.negatives.iter().copied().chain(others))
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
            (Some(lesson), preference) if preference.is_none() || self.begun % 2 == 1 => Some(Example {
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
                    better: lesson.best().map(|(row, _)| text(row)).unwrap_or_default(),
                    worse: worst.map(|&(row, _)| text(row)).unwrap_or_default(),
                })
            }
            _ => None,
        }
    }
}

/// The best candidate against the other queries' best candidates, those useful to this query left out.
fn contrastive(lesson: &PreferenceLesson, batch: &[&PreferenceLesson]) -> Vec<(VectorRow, f64)> {
    let Some((best, _)) = lesson.best() else { return Vec::new() };
    let useful = |row: VectorRow| lesson.candidates.iter().any(|&(r, gain)| r == row && gain > 0);
    let others = batch.iter().filter_map(|other| other.best()).map(|(row, _)| row);
    first_against(best, others.filter(|&row| !useful(row)))
}

/// A list on which `first` alone should win, each text once: InfoNCE (van den Oord et al. 2018, equation 4).
fn first_against(first: VectorRow, others: impl Iterator<Item = VectorRow>) -> Vec<(VectorRow, f64)> {
    let mut candidates = vec![(first, 1.0)];
    for row in others {
        if candidates.iter().all(|&(listed, _)| listed != row) {
            candidates.push((row, 0.0));
        }
    }
    candidates
}

impl Begun {
    /// Whether the better text of each guidance lesson was the likelier one against all others together.
    fn won<'a>(&'a self, outcome: &'a Outcome) -> impl Iterator<Item = bool> + 'a {
        let losses = self.kinds.iter().zip(&outcome.losses);
        losses
            .filter(|(kind, _)| **kind == TermKind::Guidance)
            .map(|(_, loss)| *loss < std::f64::consts::LN_2)
    }

    fn count(&self, kind: TermKind) -> usize {
        self.kinds.iter().filter(|k| **k == kind).count()
    }

    fn finish(self, outcome: &Outcome) -> StepReport {
        let mean_of = |kind: TermKind, count: usize| {
            let losses = self.kinds.iter().zip(&outcome.losses).filter(|(k, _)| **k == kind);
            (count > 0).then(|| losses.map(|(_, loss)| loss).sum::<f64>() / count as f64)
        };
        let (preferences, guidance) =
            (self.report.preference_count, self.report.guidance_counts.iter().sum::<usize>());
        StepReport {
            loss: self.weights.iter().zip(&outcome.losses).map(|(weight, loss)| weight * loss).sum(),
            preference_loss: mean_of(TermKind::Preference, preferences),
            contrastive_loss: mean_of(TermKind::Contrastive, preferences),
            guidance_loss: mean_of(TermKind::Guidance, guidance),
            retention_loss: mean_of(TermKind::Retention, self.count(TermKind::Retention)),
            grad_norm: outcome.grad_norm,
            ..self.report
        }
    }
}
