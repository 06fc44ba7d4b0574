//! The engine's values as the protocol's plain data.

use super::failure::{Stop, failure, shown};
use super::protocol::{
    self, AuditCase, AuditFinding, AuditInfo, CollectionInfo, EngineInfo, Evaluation, FeedbackEvaluation,
    FeedbackInfo, FileReport, ImportInfo, ImportWish, ImportedLine, LessonExample, Measures, MethodSettings,
    PlaceItem, QueryChange, QueryItem, RankedPassage, RoundInfo, SampleItem, SampleStory, ScopeSettings,
    TaughtInfo, TeachSettings, TeachStep,
};
use crate::data::{
    Assembled, Collection, Corpus, Feedback, ImportChoice, ImportFormat, ImportReport, PreviewLine,
};
use crate::encoder::{Learned, LoraConfig, Scope, Targets};
use crate::engine::{BackendReport, Measured, Model, Ranked, SampleFigure, SampleFigures, Taught};
use crate::eval::{self, RANDOMIZATION_DRAWS, Verdict};
use crate::export::Recipe;
use crate::feedback::audit::{self, AuditReport, Case, Finding, Part, Place};
use crate::train::{
    DEFAULT_LORA, Method, POOR_BELOW, RoundReport, Sample, SampleId, Schedule, Share, Standing, StepReport,
    Towers, TrainSettings,
};
use std::collections::HashSet;

impl From<&TrainSettings> for TeachSettings {
    fn from(settings: &TrainSettings) -> Self {
        let [relevance, comprehensiveness, purity] = settings.objectives;
        let lora = match settings.scope {
            Scope::Adapter(lora) => lora,
            Scope::Layers | Scope::All => DEFAULT_LORA,
        };
        Self {
            towers: settings.towers.name().to_owned(),
            scope: settings.scope.name().to_owned(),
            rank: lora.rank as u32,
            alpha: lora.alpha,
            targets: targets_name(lora.targets).to_owned(),
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
            weigh_by_gain: settings.weigh_by_gain,
            guidance_in_batch: settings.guidance_in_batch,
            retention_weight: settings.retention_weight,
            rounds: settings.rounds as u32,
            poor_only: settings.poor_only,
            poor_below: settings.poor_below,
            validation_share: settings.validation_share,
            keep_best: settings.keep_best,
            pass_memory_mib: settings.pass_memory_mib as u32,
            seed: settings.seed as u32,
        }
    }
}

pub(super) fn methods() -> Vec<MethodSettings> {
    let settings = |method: Method| MethodSettings {
        name: method.name().to_owned(),
        settings: (&TrainSettings::default().of_method(method)).into(),
    };
    Method::ALL.map(settings).to_vec()
}

/// What can be trained, with the learning rate that goes with it.
pub(super) fn scopes() -> Vec<ScopeSettings> {
    let settings = |scope: Scope| ScopeSettings {
        name: scope.name().to_owned(),
        learning_rate: TrainSettings::default().of_scope(scope).learning_rate,
    };
    [Scope::Adapter(DEFAULT_LORA), Scope::Layers, Scope::All].map(settings).to_vec()
}

pub(super) fn train_settings(settings: TeachSettings) -> Result<TrainSettings, Stop> {
    let targets = [Targets::QueryValue, Targets::AllLinear];
    let targets = targets.into_iter().find(|&t| targets_name(t) == settings.targets);
    let schedule = [Schedule::Linear, Schedule::Step, Schedule::Paced];
    let schedule = schedule.into_iter().find(|&s| schedule_name(s) == settings.schedule);
    let unknown = |name| failure("training", format!("The setting '{name}' is not known."), "");
    let towers = Towers::from_name(&settings.towers).ok_or_else(|| unknown(&settings.towers))?;
    let targets = targets.ok_or_else(|| unknown(&settings.targets))?;
    let schedule = schedule.ok_or_else(|| unknown(&settings.schedule))?;
    let lora = LoraConfig { rank: settings.rank as usize, alpha: settings.alpha, targets };
    let scope = [Scope::Adapter(lora), Scope::Layers, Scope::All];
    let scope = scope.into_iter().find(|scope| scope.name() == settings.scope);
    Ok(TrainSettings {
        towers,
        scope: scope.ok_or_else(|| unknown(&settings.scope))?,
        steps: settings.steps as usize,
        batch_queries: settings.batch_queries as usize,
        learning_rate: settings.learning_rate,
        share: Share { from: settings.preference_from, to: settings.preference_to, schedule },
        contrastive_weight: settings.contrastive_weight,
        preference_weight: settings.preference_weight,
        beta: settings.beta,
        gamma: settings.gamma,
        objectives: [settings.relevance, settings.comprehensiveness, settings.purity],
        weigh_by_gain: settings.weigh_by_gain,
        guidance_in_batch: settings.guidance_in_batch,
        retention_weight: settings.retention_weight,
        rounds: settings.rounds as usize,
        poor_only: settings.poor_only,
        poor_below: settings.poor_below,
        validation_share: settings.validation_share,
        keep_best: settings.keep_best,
        pass_memory_mib: settings.pass_memory_mib as usize,
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
        Schedule::Paced => "paced",
    }
}

pub(super) fn engine_info(
    report: &BackendReport,
    model: &Model,
    weights_sha256: Option<String>,
    elapsed_seconds: f64,
) -> EngineInfo {
    let Recipe { name, pooling, max_tokens, prefixes, .. } = model.recipe();
    let known = model.missing_prefixes().map(|known| [known.query, known.passage]);
    EngineInfo {
        backend: if report.is_gpu { "gpu" } else { "cpu" }.to_owned(),
        device: report.device.clone(),
        self_test_cosine: report.self_test_cosine,
        note: report.note.clone(),
        model: model.in_words(),
        name,
        pooling: pooling.name().to_owned(),
        max_tokens: max_tokens as u32,
        size_bytes: model.size_bytes() as f64,
        is_shipped: model.is_shipped(),
        weights_sha256,
        query_prefix: prefixes.query,
        passage_prefix: prefixes.passage,
        known_prefixes: known,
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
        import: assembled.import.as_ref().map(import_info),
    }
}

pub(super) fn import_choice(wish: ImportWish) -> Result<ImportChoice, Stop> {
    let unknown = || failure("bad_file", format!("There is no format '{}'.", wish.format), "");
    let format = ImportFormat::from_name(&wish.format).ok_or_else(unknown)?;
    Ok(ImportChoice { file: wish.file, format })
}

fn import_info(report: &ImportReport) -> ImportInfo {
    let line = |line: &PreviewLine| ImportedLine {
        line: line.line as u32,
        query: line.query.clone(),
        candidates: line.candidates.iter().map(|(id, gain)| format!("{id}: {gain}")).collect(),
        guidance: line.guidance.len() as u32,
    };
    ImportInfo {
        file: report.file.clone(),
        format: report.format.name().to_owned(),
        title: report.format.title().to_owned(),
        reason: report.reason.clone(),
        others: report.others.iter().map(|format| format.name().to_owned()).collect(),
        queries: report.queries as u32,
        scored: report.scored as u32,
        sided: report.sided as u32,
        guidance: report.guidance as u32,
        choices: report.choices.clone(),
        unmapped: report.unmapped.clone(),
        first: report.first.iter().map(line).collect(),
    }
}

pub(super) fn audit_info(report: &AuditReport) -> AuditInfo {
    let case = |case: &Case| AuditCase { place: place_item(&case.place), detail: case.detail.clone() };
    let finding = |finding: &Finding| AuditFinding {
        code: finding.code.name().to_owned(),
        severity: finding.severity.name().to_owned(),
        found: finding.found.clone(),
        means: finding.means.clone(),
        remedy: finding.remedy.clone(),
        cases: finding.cases.iter().map(case).collect(),
        leave_out: finding.leave_out().iter().map(place_item).collect(),
    };
    let not_checked = |missing: &audit::NotChecked| protocol::NotChecked {
        code: missing.code.name().to_owned(),
        reason: missing.reason.clone(),
    };
    AuditInfo {
        queries: report.counts.queries as u32,
        findings: report.findings.iter().map(finding).collect(),
        absent: report.absent.iter().map(|code| code.name().to_owned()).collect(),
        not_checked: report.not_checked.iter().map(not_checked).collect(),
    }
}

fn place_item(place: &Place) -> PlaceItem {
    let guidance = match place.part {
        Part::Preferences => None,
        Part::Guidance(i) => Some(i as u32 + 1),
    };
    PlaceItem { line: place.line as u32, guidance }
}

/// The place that the page means; examples count from 1 there.
pub(super) fn place(item: &PlaceItem) -> Place {
    let part = match item.guidance.and_then(|i| i.checked_sub(1)) {
        None => Part::Preferences,
        Some(i) => Part::Guidance(i as usize),
    };
    Place { line: item.line.into(), part }
}

fn feedback_info(collection: &Collection, also_judged: usize) -> Option<FeedbackInfo> {
    let feedback = collection.feedback.as_ref()?;
    let latest = Feedback { queries: feedback.latest().into_iter().cloned().collect() };
    let rounds: HashSet<usize> = feedback.queries.iter().map(|line| line.round()).collect();
    Some(FeedbackInfo {
        queries: latest.queries.len() as u32,
        rounds: rounds.len() as u32,
        preference_queries: latest.preference_queries() as u32,
        without_useful_candidate: latest.without_useful_candidate() as u32,
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
        feedback: measured.samples.as_ref().map(feedback_evaluation),
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

fn feedback_evaluation(figures: &SampleFigures) -> FeedbackEvaluation {
    let sample = |sample: &SampleFigure| SampleItem {
        query_id: sample.query_id.clone(),
        query: sample.query.clone(),
        pref_ndcg: sample.pref_ndcg,
    };
    FeedbackEvaluation {
        queries: figures.samples.len() as u32,
        mean: figures.mean(),
        chance: figures.chance(),
        poor: figures.poor(POOR_BELOW).count() as u32,
        threshold: POOR_BELOW,
        without_useful: figures.without_useful as u32,
        samples: figures.samples.iter().map(sample).collect(),
    }
}

/// What a step's report does not know.
pub(super) struct StepTimes {
    pub(super) steps: usize,
    pub(super) rounds: usize,
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
        kept_step: taught.kept_step as u32,
        rounds: taught
            .rounds
            .reports()
            .iter()
            .map(|report| round_info(report, taught.rounds.count()))
            .collect(),
        stories: stories(taught),
        ..loaded_info(&taught.learned, taught.towers)
    }
}

pub(super) fn loaded_info(learned: &Learned, towers: Towers) -> TaughtInfo {
    let (scope, adapter) = match learned {
        Learned::Adapter(adapter) => ("adapter", Some(adapter)),
        Learned::Weights(_) => ("weights", None),
    };
    let targets = adapter.map_or(&[][..], |adapter| adapter.config.targets.projections());
    TaughtInfo {
        origin: "loaded".to_owned(),
        stopped_early: false,
        steps: 0,
        elapsed_seconds: 0.0,
        parameters: learned.parameters() as u32,
        scope: scope.to_owned(),
        rank: adapter.map_or(0, |adapter| adapter.config.rank as u32),
        targets: targets.iter().map(|&target| target.to_owned()).collect(),
        towers: towers.name().to_owned(),
        preference_queries: 0,
        guidance: [0; 3],
        validation_queries: 0,
        validation: None,
        kept_step: 0,
        rounds: Vec::new(),
        stories: Vec::new(),
    }
}

pub(super) fn round_info(report: &RoundReport, of: usize) -> RoundInfo {
    RoundInfo {
        round: report.round as u32,
        rounds: of as u32,
        steps_done: report.steps_done as u32,
        samples: report.samples as u32,
        poor: report.poor as u32,
        mastered: report.mastered as u32,
        relapsed: report.relapsed as u32,
        mean: report.mean,
        validation: report.validation,
    }
}

/// The samples' ways through the rounds, the poorest beginning first, equal ones by id.
fn stories(taught: &Taught) -> Vec<SampleStory> {
    let story = |(sample, looks): (&SampleId, &Vec<(f64, Standing)>)| {
        let Sample { query_id, query, .. } = taught.samples.get(*sample)?.clone();
        let (figures, standings) =
            looks.iter().map(|(figure, standing)| (*figure, standing.name().to_owned())).unzip();
        Some(SampleStory { query_id, query, figures, standings })
    };
    let mut stories: Vec<SampleStory> = taught.rounds.stories().iter().filter_map(story).collect();
    let first = |story: &SampleStory| story.figures.first().copied().unwrap_or_default();
    stories.sort_by(|a, b| first(a).total_cmp(&first(b)).then_with(|| a.query_id.cmp(&b.query_id)));
    stories
}

pub(super) fn comparison(
    collection: &Collection,
    (device, model): (&str, &Model),
    towers: Towers,
    (found, before, after): (eval::Comparison, &Measured, &Measured),
) -> protocol::Comparison {
    let p_method = if found.p.exact {
        "exact".to_owned()
    } else {
        format!("{RANDOMIZATION_DRAWS} draws, seed {}", found.seed)
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
        verdict: verdict_name(found.verdict).to_owned(),
        per_query: query_changes(collection, before, after),
        conditions: format!("{device}, {}; {}", model.in_words(), passages_in_words(towers)),
        evaluation: None,
    }
}

pub(super) fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Better => "better",
        Verdict::Worse => "worse",
        Verdict::NoClearDifference => "no_clear_difference",
    }
}

fn passages_in_words(towers: Towers) -> &'static str {
    match towers {
        Towers::Query => "the passages' vectors are the same before and after",
        Towers::Both => "the passages are embedded by the taught model after teaching",
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
