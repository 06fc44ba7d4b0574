//! The engine's values as the protocol's plain data.

use super::failure::{Stop, failure, shown};
use super::protocol::{
    self, CollectionInfo, EngineInfo, Evaluation, FeedbackEvaluation, FeedbackInfo, FileReport,
    LessonExample, Measures, QueryChange, QueryItem, RankedPassage, TaughtInfo, TeachSettings, TeachStep,
};
use crate::data::{Assembled, Collection, Corpus};
use crate::encoder::{LoraAdapter, LoraConfig, Targets};
use crate::engine::{BackendReport, Measured, POOR_THRESHOLD, Ranked, Taught};
use crate::eval::{self, RANDOMIZATION_DRAWS, Verdict};
use crate::text::MAX_TOKENS;
use crate::train::{Schedule, Share, StepReport, TrainSettings};

impl From<&TrainSettings> for TeachSettings {
    fn from(settings: &TrainSettings) -> Self {
        let [relevance, comprehensiveness, purity] = settings.objectives;
        Self {
            rank: settings.lora.rank as u32,
            alpha: settings.lora.alpha,
            targets: targets_name(settings.lora.targets).to_owned(),
            steps: settings.steps as u32,
            batch_queries: settings.batch_queries as u32,
            learning_rate: settings.learning_rate,
            preference_from: settings.share.from,
            preference_to: settings.share.to,
            schedule: schedule_name(settings.share.schedule).to_owned(),
            contrastive_weight: settings.contrastive_weight,
            preference_weight: settings.preference_weight,
            beta: settings.beta,
            gamma: settings.gamma,
            relevance,
            comprehensiveness,
            purity,
            validation_share: settings.validation_share,
            seed: settings.seed as u32,
        }
    }
}

pub(super) fn train_settings(settings: TeachSettings) -> Result<TrainSettings, Stop> {
    let targets = [Targets::QueryValue, Targets::AllLinear];
    let targets = targets.into_iter().find(|&t| targets_name(t) == settings.targets);
    let schedule = [Schedule::Linear, Schedule::Step];
    let schedule = schedule.into_iter().find(|&s| schedule_name(s) == settings.schedule);
    let unknown = |name| failure("training", format!("The setting '{name}' is not known."), "");
    let targets = targets.ok_or_else(|| unknown(&settings.targets))?;
    let schedule = schedule.ok_or_else(|| unknown(&settings.schedule))?;
    Ok(TrainSettings {
        lora: LoraConfig { rank: settings.rank as usize, alpha: settings.alpha, targets },
        steps: settings.steps as usize,
        batch_queries: settings.batch_queries as usize,
        learning_rate: settings.learning_rate,
        share: Share { from: settings.preference_from, to: settings.preference_to, schedule },
        contrastive_weight: settings.contrastive_weight,
        preference_weight: settings.preference_weight,
        beta: settings.beta,
        gamma: settings.gamma,
        objectives: [settings.relevance, settings.comprehensiveness, settings.purity],
        validation_share: settings.validation_share,
        seed: settings.seed.into(),
        ..TrainSettings::default()
    })
}

fn targets_name(targets: Targets) -> &'static str {
    match targets {
        Targets::QueryValue => "query_value",
        Targets::AllLinear => "all_linear",
    }
}

fn schedule_name(schedule: Schedule) -> &'static str {
    match schedule {
        Schedule::Linear => "linear",
        Schedule::Step => "step",
    }
}

pub(super) fn engine_info(report: &BackendReport, elapsed_seconds: f64) -> EngineInfo {
    EngineInfo {
        backend: if report.is_gpu { "gpu" } else { "cpu" }.to_owned(),
        device: report.device.clone(),
        self_test_cosine: report.self_test_cosine,
        note: report.note.clone(),
        model: format!("all-MiniLM-L6-v2, f32, {MAX_TOKENS} tokens, mean pooling"),
        elapsed_seconds,
    }
}

pub(super) fn collection_info(
    assembled: &Assembled,
    is_sample: bool,
    embedded: usize,
    has_tuned: bool,
) -> CollectionInfo {
    let collection = &assembled.collection;
    let judged = || collection.qrels.query_ids().filter_map(|id| collection.queries.get(id));
    let file = |file: &crate::data::FileReport| FileReport {
        name: file.name.clone(),
        role: file.role_name().to_owned(),
        records: file.records as u32,
        left_out: file.left_out as u32,
    };
    CollectionInfo {
        name: collection.name.clone(),
        is_sample,
        is_new: assembled.is_new,
        has_tuned,
        passages: collection.corpus.len() as u32,
        passages_embedded: embedded as u32,
        queries: collection.queries.len() as u32,
        judged_queries: judged().count() as u32,
        judgements: collection.qrels.judgements() as u32,
        feedback: feedback_info(collection, assembled.also_judged),
        query_list: judged().map(|q| QueryItem { query_id: q.id.clone(), text: q.text.clone() }).collect(),
        files: assembled.files.iter().map(file).collect(),
        left_out: shown(&assembled.refused),
        left_out_count: assembled.refused.len() as u32,
    }
}

fn feedback_info(collection: &Collection, also_judged: usize) -> Option<FeedbackInfo> {
    let feedback = collection.feedback.as_ref()?;
    Some(FeedbackInfo {
        queries: feedback.queries.len() as u32,
        preference_queries: feedback.preference_queries() as u32,
        without_useful_candidate: feedback.without_useful_candidate() as u32,
        preferences: feedback.preference_count() as u32,
        guidance: feedback.guidance_counts().map(|count| count as u32),
        also_judged: also_judged as u32,
    })
}

pub(super) fn evaluation(measured: &Measured, elapsed_seconds: f64) -> Evaluation {
    Evaluation {
        queries: measured.evaluation.queries() as u32,
        without_relevant: measured.evaluation.without_relevant as u32,
        measures: measures(&measured.evaluation.mean),
        feedback: measured.preference.map(|figures| FeedbackEvaluation {
            queries: figures.queries as u32,
            mean: figures.mean,
            chance: figures.chance,
            poor: figures.poor as u32,
            threshold: POOR_THRESHOLD,
        }),
        elapsed_seconds,
    }
}

fn measures(measures: &eval::Measures) -> Measures {
    Measures {
        ndcg_at_10: measures.ndcg_at_10,
        recall_at_100: measures.recall_at_100,
        map: measures.average_precision,
        mrr: measures.reciprocal_rank,
    }
}

pub(super) fn ranked_passages(ranked: &[Ranked], corpus: &Corpus) -> Vec<RankedPassage> {
    let passage = |ranked: &Ranked| {
        let passage = corpus.passages().get(ranked.position)?;
        Some(RankedPassage {
            rank: ranked.rank as u32,
            other_rank: ranked.other_rank.map(|rank| rank as u32),
            passage_id: passage.id.clone(),
            title: passage.title.clone(),
            text: passage.text.clone(),
            score: ranked.score.into(),
            grade: ranked.grade,
        })
    };
    ranked.iter().filter_map(passage).collect()
}

/// What a step's report does not know.
pub(super) struct StepTimes {
    pub(super) steps: usize,
    pub(super) elapsed_seconds: f64,
    pub(super) memory_bytes: f64,
}

pub(super) fn teach_step(report: StepReport, validation: [Option<f64>; 2], times: &StepTimes) -> TeachStep {
    let [before, now] = validation;
    let left = times.steps.saturating_sub(report.step);
    TeachStep {
        step: report.step as u32,
        steps: times.steps as u32,
        loss: report.loss,
        preference_loss: report.preference_loss,
        contrastive_loss: report.contrastive_loss,
        guidance_loss: report.guidance_loss,
        preference_share: report.preference_share,
        preference_count: report.preference_count as u32,
        guidance_counts: report.guidance_counts.map(|count| count as u32),
        learning_rate: report.learning_rate,
        grad_norm: report.grad_norm,
        validation: now,
        validation_before: before,
        elapsed_seconds: times.elapsed_seconds,
        seconds_left: times.elapsed_seconds / report.step.max(1) as f64 * left as f64,
        memory_bytes: times.memory_bytes,
        example: report.example.map(|example| LessonExample {
            objective: example.objective.to_owned(),
            query: example.query,
            better: example.better,
            worse: example.worse,
        }),
    }
}

pub(super) fn taught_info(taught: &Taught, elapsed_seconds: f64) -> TaughtInfo {
    TaughtInfo {
        origin: "taught".to_owned(),
        stopped_early: taught.stopped_early,
        steps: taught.steps as u32,
        elapsed_seconds,
        preference_queries: taught.preference_queries as u32,
        guidance: taught.guidance.map(|count| count as u32),
        validation_queries: taught.validation_queries as u32,
        validation: taught.validation,
        ..loaded_info(&taught.adapter)
    }
}

pub(super) fn loaded_info(adapter: &LoraAdapter) -> TaughtInfo {
    let targets = adapter.config.targets.projections();
    TaughtInfo {
        origin: "loaded".to_owned(),
        stopped_early: false,
        steps: 0,
        elapsed_seconds: 0.0,
        parameters: adapter.parameters() as u32,
        rank: adapter.config.rank as u32,
        targets: targets.iter().map(|&target| target.to_owned()).collect(),
        preference_queries: 0,
        guidance: [0; 3],
        validation_queries: 0,
        validation: None,
    }
}

pub(super) fn comparison(
    collection: &Collection,
    device: &str,
    (found, before, after): (eval::Comparison, &Measured, &Measured),
) -> protocol::Comparison {
    let p_method = if found.p.exact {
        "exact".to_owned()
    } else {
        format!("{RANDOMIZATION_DRAWS} draws, seed {}", found.seed)
    };
    let verdict = match found.verdict {
        Verdict::Better => "better",
        Verdict::Worse => "worse",
        Verdict::NoClearDifference => "no_clear_difference",
    };
    protocol::Comparison {
        queries: found.queries as u32,
        without_relevant: before.evaluation.without_relevant as u32,
        before: measures(&before.evaluation.mean),
        after: measures(&after.evaluation.mean),
        won_tied_lost: [found.outcomes.won, found.outcomes.tied, found.outcomes.lost].map(|n| n as u32),
        mean_change: found.mean_change,
        interval: found.interval,
        p_value: found.p.value,
        p_method,
        detectable_change: found.detectable_change,
        verdict: verdict.to_owned(),
        per_query: query_changes(collection, before, after),
        conditions: format!(
            "{device}, f32, {MAX_TOKENS} tokens, mean pooling; the passages' vectors are the same before and after"
        ),
    }
}

/// Every judged query, best change first, equal changes by id.
fn query_changes(collection: &Collection, before: &Measured, after: &Measured) -> Vec<QueryChange> {
    let pairs = before.evaluation.per_query.iter().zip(after.evaluation.per_query.values());
    let mut changes: Vec<QueryChange> = pairs
        .map(|((id, before), after)| QueryChange {
            query_id: id.clone(),
            text: collection.queries.get(id).map(|query| query.text.clone()).unwrap_or_default(),
            before: before.ndcg_at_10,
            after: after.ndcg_at_10,
        })
        .collect();
    changes.sort_by(|a, b| (b.after - b.before).total_cmp(&(a.after - a.before)));
    changes
}
