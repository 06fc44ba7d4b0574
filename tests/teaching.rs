//! Teaching end to end on the CPU: it learns, it repeats itself, and nothing judged reaches it.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{assert_close, cosine, fixtures, gpu_or_skip, model, model_bytes};
use figret::data::{Collection, NamedBytes, assemble};
use figret::encoder::{Learned, LoraConfig, LoraPair, Scope, Targets};
use figret::engine::{
    BackendChoice, Engine, ExportForm, MappedCollection, Model, NEIGHBORS, Role, SELF_TEST_TEXTS, Taught,
    TeachEvent, Tower,
};
use figret::export::{TextVectors, WrittenModel, read_vectors};
use figret::train::{LessonPlan, Method, Schedule, Share, Standing, Towers, TrainSettings};
use std::collections::{BTreeMap, HashMap};

const CORPUS: &str = r#"{"_id":"frost","title":"Frost","text":"A thin white coat on the fins is normal; the unit clears it by itself."}
{"_id":"ice","title":"Ice","text":"Solid clear ice thicker than a finger after two defrosts needs a technician."}
{"_id":"noise","title":"Noise","text":"A hiss or a click during defrost is the four-way valve."}
{"_id":"water","title":"Water","text":"Fill the circuit to 1.5 bar with a hose at the filling valve."}
{"_id":"app","title":"App","text":"The phone app needs the gateway Link and a 2.4 GHz network."}
{"_id":"bill","title":"Bill","text":"The energy chart shows what the unit used, by day and month."}
"#;
const QUERIES: &str = r#"{"_id":"t1","text":"white stuff on the outdoor unit"}
{"_id":"t2","text":"how do I refill it"}
"#;
const QRELS: &str = "query-id\tcorpus-id\tscore\nt1\tfrost\t2\nt2\twater\t1\n";
const FEEDBACK: &str = r#"{"query_id":"n1","query":"why does it look like winter on the back?","preferences":[{"doc_id":"frost","score":3},{"doc_id":"ice","score":1},{"doc_id":"app","score":0}],"guidance":[{"objective":"relevance","query":"why does it look like winter on the back?","positive":{"doc_id":"frost"},"negatives":[{"doc_id":"ice"}]}]}
{"query_id":"n2","query":"gauge is low","preferences":[{"doc_id":"bill","score":0},{"doc_id":"water","score":3}],"guidance":[{"objective":"purity","query":"gauge is low","positive":{"text":"Fill the circuit to 1.5 bar."},"negatives":[{"text":"Among many other things that one may do in spring, fill the circuit to 1.5 bar."}]}]}
{"query_id":"n3","query":"no connection on my telephone","preferences":[{"doc_id":"noise","score":0},{"doc_id":"app","score":2}],"guidance":[]}
{"query_id":"n4","query":"strange sound","preferences":[{"doc_id":"bill","score":0},{"doc_id":"noise","score":3}],"guidance":[]}
"#;

fn files(parts: &[(&str, &str)]) -> Vec<NamedBytes> {
    let file = |(name, text): &(&str, &str)| NamedBytes {
        name: (*name).to_owned(),
        bytes: text.as_bytes().to_vec(),
    };
    parts.iter().map(file).collect()
}

fn collection(feedback: &str) -> Collection {
    let parts = [
        ("corpus.jsonl", CORPUS),
        ("queries.jsonl", QUERIES),
        ("qrels/test.tsv", QRELS),
        ("feedback.jsonl", feedback),
    ];
    let assembled = assemble(files(&parts), None).unwrap();
    assert_eq!(assembled.refused, []);
    assembled.collection
}

fn pairs(taught: &Taught) -> &BTreeMap<String, LoraPair> {
    match &taught.learned {
        Learned::Adapter(adapter) => &adapter.pairs,
        Learned::Weights(_) => unreachable!("an adapter was taught"),
    }
}

fn settings(steps: usize) -> TrainSettings {
    TrainSettings {
        scope: Scope::Adapter(LoraConfig { rank: 4, alpha: 8.0, targets: Targets::QueryValue }),
        steps,
        batch_queries: 4,
        learning_rate: 3e-3,
        validation_share: 0.0,
        ..TrainSettings::default().of_method(Method::Figret)
    }
}

fn engine(feedback: &str) -> Engine {
    engine_on(BackendChoice::Cpu, feedback)
}

fn engine_on(backend: BackendChoice, feedback: &str) -> Engine {
    let [config, tokenizer, weights] = model_bytes();
    let model = Model::read(&config, &tokenizer, &weights).unwrap();
    let (mut engine, report) = pollster::block_on(Engine::open(model, backend)).unwrap();
    assert!(report.self_test_cosine.unwrap() > 0.999_99);
    engine.open_collection(collection(feedback), TextVectors::default(), true).unwrap();
    index(&mut engine);
    engine
}

fn index(engine: &mut Engine) {
    let mut job = engine.indexing(Tower::Baseline).unwrap();
    while pollster::block_on(job.advance()).unwrap() {}
    engine.finish_indexing(Tower::Baseline, job).unwrap();
}

fn measure(engine: &mut Engine, tower: Tower) {
    let mut job = engine.measuring(tower).unwrap();
    while pollster::block_on(job.advance()).unwrap() {}
    engine.finish_measuring(job).unwrap();
}

/// Teaches to the end; returns what was taught and the loss of every step.
fn teach(engine: &Engine, settings: TrainSettings) -> (Taught, Vec<f64>) {
    let mut job = engine.teaching(settings).unwrap();
    let mut losses = Vec::new();
    while !job.is_done() {
        if let TeachEvent::Step { report, .. } = pollster::block_on(job.advance()).unwrap() {
            losses.push(report.loss);
        }
    }
    (pollster::block_on(job.finish()).unwrap(), losses)
}

#[test]
fn a_handful_of_lessons_is_learnt_by_heart() {
    let engine = engine(FEEDBACK);
    let share = Share { from: 1.0, to: 1.0, ..TrainSettings::default().share };
    let settings = TrainSettings { preference_weight: 0.0, share, ..settings(30) };
    let (_, losses) = teach(&engine, settings);
    let (first, last) = (losses[0], losses[29]);
    assert!(last < 0.2 * first, "the contrastive loss went from {first} to {last} only");
}

#[test]
fn the_same_seed_teaches_the_same_and_another_seed_does_not() {
    let engine = engine(FEEDBACK);
    let (first, losses) = teach(&engine, settings(4));
    let (again, losses_again) = teach(&engine, settings(4));
    assert_eq!(losses, losses_again);
    assert_eq!(first.learned, again.learned);
    let (other, _) = teach(&engine, TrainSettings { seed: 1, ..settings(4) });
    assert_ne!(first.learned, other.learned);
}

#[test]
fn the_gpu_teaches_what_the_cpu_teaches() {
    if gpu_or_skip().is_none() {
        return;
    }
    let settings = TrainSettings { validation_share: 0.25, ..settings(6) };
    let (expected, expected_losses) = teach(&engine(FEEDBACK), settings.clone());
    let (found, losses) = teach(&engine_on(BackendChoice::Gpu { allow_software: true }, FEEDBACK), settings);
    assert_eq!(losses.len(), 6);
    for (step, (found, expected)) in losses.iter().zip(&expected_losses).enumerate() {
        assert!((found - expected).abs() < 1e-3, "loss {found} of step {step}, {expected} on the CPU");
    }
    assert_eq!(found.validation.is_some(), expected.validation.is_some());
    for (name, pair) in pairs(&found) {
        // AdamW turns the rounding of gradients near zero into whole steps; the largest values must agree.
        assert_close(&pair.b.data, &pairs(&expected)[name].b.data, 1e-2, &format!("B of {name}"));
    }
}

#[test]
fn both_towers_move_and_learn_what_the_query_tower_cannot() {
    let mut engine = engine(FEEDBACK);
    measure(&mut engine, Tower::Baseline);
    let settings = TrainSettings { towers: Towers::Both, learning_rate: 1e-3, ..settings(12) };
    let (taught, losses) = teach(&engine, settings);
    assert!(losses[11] < 0.5 * losses[0], "{losses:?}");
    let moved = drift(&engine, taught.learned.clone());
    assert!(moved > 1e-4, "the passages moved by {moved} only");

    engine.take_taught(&taught).unwrap();
    assert!(!engine.is_indexed(Tower::Tuned), "the passages have moved");
    assert!(engine.measuring(Tower::Tuned).is_err());
    let mut job = engine.indexing(Tower::Tuned).unwrap();
    while pollster::block_on(job.advance()).unwrap() {}
    engine.finish_indexing(Tower::Tuned, job).unwrap();
    assert!(engine.mapping().is_err(), "the tuned tower was not measured yet");
    measure(&mut engine, Tower::Tuned);
    assert_eq!(engine.compare().unwrap().0.queries, 2);
    assert_eq!(map(&engine).queries.len(), 2);
}

/// A batch in pieces has the gradient of the whole, though its texts see each other in the losses.
#[test]
fn pieces_teach_what_the_whole_batch_teaches() {
    let whole = TrainSettings { towers: Towers::Both, ..settings(3) };
    let pieces = TrainSettings { pass_memory_mib: 16, ..whole.clone() };
    let mut backends = vec![BackendChoice::Cpu];
    if gpu_or_skip().is_some() {
        backends.push(BackendChoice::Gpu { allow_software: true });
    }
    let mut all = Vec::new();
    for backend in backends {
        let engine = engine_on(backend, FEEDBACK);
        all.push(teach(&engine, whole.clone()));
        all.push(teach(&engine, pieces.clone()));
    }
    let (expected, expected_losses) = &all[0];
    for (found, losses) in &all[1..] {
        for (found, expected) in losses.iter().zip(expected_losses) {
            assert!((found - expected).abs() < 1e-3, "{losses:?} where {expected_losses:?} are expected");
        }
        for (name, pair) in pairs(found) {
            assert_close(&pair.b.data, &pairs(expected)[name].b.data, 1e-2, &format!("B of {name}"));
        }
    }
}

#[test]
fn teaching_changes_queries_and_leaves_the_base_alone() {
    let mut engine = engine(FEEDBACK);
    measure(&mut engine, Tower::Baseline);
    let before = engine.measured(Tower::Baseline).unwrap().evaluation.clone();
    let (taught, _) = teach(&engine, settings(6));
    assert_eq!(taught.steps, 6);
    assert!(!taught.stopped_early);
    engine.take_taught(&taught).unwrap();
    measure(&mut engine, Tower::Tuned);
    measure(&mut engine, Tower::Baseline);
    let (comparison, measured, _) = engine.compare().unwrap();
    assert_eq!(measured.evaluation, before);
    assert_eq!(comparison.queries, 2);
    queries_move_on_the_map(&engine);
}

fn queries_move_on_the_map(engine: &Engine) {
    let mapped = map(engine);
    let passages = engine.collection().unwrap().corpus.len();
    assert_eq!(mapped.neighbors, NEIGHBORS.min(passages));
    assert_eq!(
        mapped.passages.iter().map(|(position, _)| *position).collect::<Vec<_>>(),
        (0..passages).collect::<Vec<_>>()
    );
    // The axes go through the passages' mean, and the first has the larger variance.
    let mean = |axis: usize| {
        mapped.passages.iter().map(|(_, at)| f64::from(at[axis])).sum::<f64>() / passages as f64
    };
    let variance =
        |axis: usize| mapped.passages.iter().map(|(_, at)| f64::from(at[axis]).powi(2)).sum::<f64>();
    assert!(mean(0).abs() < 1e-6 && mean(1).abs() < 1e-6);
    let ratio = mapped.shares[1] / mapped.shares[0];
    assert!((variance(1) / variance(0) - ratio).abs() < 1e-5 && ratio <= 1.0);
    assert!(mapped.shares[0] + mapped.shares[1] <= 1.0);
    for query in &mapped.queries {
        assert_ne!(query.before, query.after);
        // There are no more passages than neighbours, so all of them stay.
        assert_eq!(query.kept, mapped.neighbors);
    }
    assert_eq!(map(engine), mapped);
}

fn map(engine: &Engine) -> MappedCollection {
    let mut job = engine.mapping().unwrap();
    while pollster::block_on(job.advance()).unwrap() {}
    job.finish().unwrap()
}

#[test]
fn feedback_of_guidance_alone_teaches() {
    let line = FEEDBACK.lines().next().unwrap();
    let from = line.find("[{\"doc_id\"").unwrap();
    let to = line.find("\"guidance\"").unwrap();
    let line = format!("{}[],{}\n", &line[..from], &line[to..]);
    let (taught, losses) = teach(&engine(&line), settings(2));
    assert_eq!((taught.preference_queries, taught.guidance), (0, [1, 0, 0]));
    assert!(losses.iter().all(|loss| loss.is_finite()));
}

#[test]
fn a_judged_query_is_never_taught_by_its_line_or_by_guidance() {
    let judged_line =
        r#"{"query_id":"x","query":"How do I  refill it","preferences":[{"doc_id":"water","score":3}]}"#;
    let judged_guidance = FEEDBACK.replace(
        "\"relevance\",\"query\":\"why does it look like winter on the back?\"",
        "\"relevance\",\"query\":\"White stuff on the outdoor unit\"",
    );
    let (taught, _) = teach(&engine(&format!("{judged_guidance}{judged_line}\n")), settings(1));
    assert_eq!((taught.preference_queries, taught.guidance), (4, [0, 0, 1]));
    assert!(taught.queries.iter().all(|query| !query.to_lowercase().contains("refill")));
    assert!(taught.queries.iter().all(|query| !query.to_lowercase().contains("white stuff")));
}

#[test]
fn validation_queries_are_never_taught() {
    let engine = engine(FEEDBACK);
    let (taught, _) = teach(&engine, TrainSettings { validation_share: 0.5, ..settings(1) });
    assert_eq!((taught.validation_queries, taught.preference_queries), (2, 2));
    assert!(taught.validation.is_some());
}

#[test]
fn the_state_that_validation_likes_best_is_kept() {
    let engine = engine(FEEDBACK);
    // Steps far too large: what they lead to is not better than what was there.
    let settings = TrainSettings { validation_share: 0.5, learning_rate: 0.1, ..settings(8) };
    let mut job = engine.teaching(settings.clone()).unwrap();
    let mut looks = Vec::new();
    while !job.is_done() {
        match pollster::block_on(job.advance()).unwrap() {
            TeachEvent::Ready { validation } => looks.extend(validation),
            TeachEvent::Step { validation, .. } => looks.extend(validation),
            _ => {}
        }
    }
    let taught = pollster::block_on(job.finish()).unwrap();
    assert_eq!(looks.len(), 9, "one look before the first step and one after each");
    let best = looks.iter().copied().fold(0.0, f64::max);
    assert_eq!(taught.validation, Some([looks[0], best]));
    let first_best = looks.iter().position(|look| *look == best).unwrap();
    assert_eq!(taught.kept_step, first_best);
    let (last, _) = teach(&engine, TrainSettings { keep_best: false, ..settings });
    assert_eq!((last.kept_step, last.validation), (8, Some([looks[0], looks[8]])));
    assert_eq!(taught.learned == last.learned, first_best == 8);
}

/// What the LLM says here is the opposite of what the base model thinks, but for the last line.
const SURPRISING: &str = r#"{"query_id":"n1","query":"frost on the fins","preferences":[{"doc_id":"frost","score":0},{"doc_id":"bill","score":3}]}
{"query_id":"n2","query":"fill the circuit with water","preferences":[{"doc_id":"water","score":0},{"doc_id":"app","score":3}]}
{"query_id":"n3","query":"a hiss during defrost","preferences":[{"doc_id":"noise","score":3},{"doc_id":"app","score":0}]}
"#;

#[test]
fn rounds_without_a_poor_sample_are_refused_by_name() {
    let engine = engine(SURPRISING);
    let mut job = engine.teaching(TrainSettings { poor_only: true, poor_below: 0.1, ..settings(4) }).unwrap();
    let refused = loop {
        match pollster::block_on(job.advance()) {
            Ok(_) => {}
            Err(error) => break error.to_string(),
        }
    };
    assert!(refused.contains("no sample is under pref-NDCG@10 0.1"), "{refused}");
}

#[test]
fn rounds_teach_the_poor_and_tell_what_became_of_them() {
    let engine = engine(SURPRISING);
    let settings = TrainSettings { rounds: 3, poor_only: true, learning_rate: 1e-2, ..settings(12) };
    let (taught, _) = teach(&engine, settings);
    let reports = taught.rounds.reports();
    let first = &reports[0];
    assert_eq!((first.round, first.steps_done, first.samples), (1, 0, 3));
    assert_eq!((first.poor, first.mastered), (2, 0), "{first:?}");
    let last = &reports[reports.len() - 1];
    assert!(last.mean > first.mean, "{first:?} to {last:?}");
    for story in taught.rounds.stories().values() {
        assert_eq!(story.len(), reports.len());
    }
    for (i, report) in reports.iter().enumerate() {
        let standing = |standing: Standing| {
            taught.rounds.stories().values().filter(|story| story[i].1 == standing).count()
        };
        assert_eq!(report.poor, standing(Standing::Poor) + standing(Standing::Relapsed));
        assert_eq!(report.mastered, standing(Standing::Mastered));
    }
}

#[test]
fn a_later_round_teaches_by_what_was_judged_for_it() {
    // For the second round the LLM has seen another candidate for the gauge and changed its mind about one.
    let second = r#"{"query_id":"n2","query":"gauge is low","preferences":[{"doc_id":"app","score":1},{"doc_id":"bill","score":2}],"guidance":[],"round":2}"#;
    let engine = engine(&format!("{FEEDBACK}{second}\n"));
    let settings = TrainSettings { rounds: 2, poor_below: 1.0, ..settings(2) };
    let feedback = engine.collection().unwrap().feedback.clone().unwrap();
    let plan = LessonPlan::new(&feedback, 6, &settings).unwrap();
    let gains = |round: usize| -> Vec<u8> {
        let lists = plan.lists_of_round(round);
        let list = lists.values().map(|&i| &plan.preferences[i]).find(|l| l.query == "gauge is low").unwrap();
        list.candidates.iter().map(|(_, gain)| *gain).collect()
    };
    assert_eq!((gains(1), gains(2)), (vec![0, 3], vec![2, 3, 1]));
    let (taught, _) = teach(&engine, settings);
    assert_eq!(taught.preference_queries, 4);
    assert_eq!(taught.rounds.reports().len(), 3, "two rounds and the end");
}

/// Interrupted after a step and begun again elsewhere: the same weights, the same step kept, the same rounds.
#[test]
fn a_teaching_goes_on_from_a_checkpoint_as_if_nothing_had_been() {
    let share = Share { schedule: Schedule::Paced, ..TrainSettings::default().share };
    let lora = Scope::Adapter(LoraConfig { rank: 4, alpha: 8.0, targets: Targets::AllLinear });
    let cases = [
        (BackendChoice::Cpu, TrainSettings { share, rounds: 2, ..settings(6) }),
        (BackendChoice::Cpu, TrainSettings { scope: Scope::Layers, validation_share: 0.5, ..settings(4) }),
        (BackendChoice::Gpu { allow_software: true }, TrainSettings { scope: lora, ..settings(4) }),
    ];
    for (backend, settings) in cases {
        if matches!(backend, BackendChoice::Gpu { .. }) && gpu_or_skip().is_none() {
            continue;
        }
        let engine = engine_on(backend, FEEDBACK);
        let (whole, _) = teach(&engine, settings.clone());

        let mut job = engine.teaching(settings.clone()).unwrap();
        while job.steps_done() < 3 {
            pollster::block_on(job.advance()).unwrap();
        }
        while pollster::block_on(job.settle()).unwrap().is_some() {}
        let steps = job.steps_done();
        let checkpoint = pollster::block_on(job.checkpoint()).unwrap().unwrap();
        drop(job);

        let other = engine_on(backend, FEEDBACK);
        let mut job = other.resume_teaching(settings.clone(), checkpoint.clone()).unwrap();
        while !job.is_done() {
            pollster::block_on(job.advance()).unwrap();
            assert!(job.steps_done() == 0 || job.steps_done() >= steps);
        }
        let resumed = pollster::block_on(job.finish()).unwrap();
        assert_eq!(resumed.learned, whole.learned);
        assert_eq!((resumed.steps, resumed.kept_step), (whole.steps, whole.kept_step));
        assert_eq!(resumed.rounds.reports().len(), whole.rounds.reports().len());

        // Not with other settings, and not from what is no checkpoint.
        let others = TrainSettings { seed: 9, ..settings.clone() };
        for (settings, bytes) in [(others, checkpoint.clone()), (settings, checkpoint[..99].to_vec())] {
            let mut job = other.resume_teaching(settings, bytes).unwrap();
            let refused = (0..50).find_map(|_| pollster::block_on(job.advance()).err());
            assert!(refused.is_some_and(|error| error.to_string().contains("checkpoint")));
        }
    }
}

/// Whole weights: taught, written, read again, and only what the scope names is changed.
#[test]
fn weights_are_taught_and_come_home() {
    let engine = engine(FEEDBACK);
    for (scope, towers) in [(Scope::Layers, Towers::Query), (Scope::All, Towers::Both)] {
        let share = Share { from: 1.0, to: 1.0, ..TrainSettings::default().share };
        let settings = TrainSettings { scope, towers, share, learning_rate: 1e-4, ..settings(10) };
        let (taught, losses) = teach(&engine, settings);
        let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
        assert!(mean(&losses[7..]) < mean(&losses[..3]), "{scope:?}: {losses:?}");
        assert!(drift(&engine, taught.learned.clone()) > 1e-4);

        let base = &model().weights;
        let mut other = engine_on(BackendChoice::Cpu, FEEDBACK);
        other.take_taught(&taught).unwrap();
        let mut job = other.exporting(ExportForm::Files).unwrap();
        while pollster::block_on(job.advance()).unwrap() {}
        let WrittenModel::Files(files) = job.finish().unwrap().written else {
            unreachable!("files were asked for")
        };
        let (read, read_towers) = engine.read_learned(&files).unwrap();
        assert_eq!(read_towers, towers);
        let Learned::Weights(read) = read else { unreachable!("weights were written") };
        for (name, tensor) in read {
            let is_trained = name.starts_with("encoder.layer.")
                || (scope == Scope::All && name.starts_with("embeddings."));
            let is_changed = base.tensor(&name).unwrap() != &tensor;
            assert!(is_trained || !is_changed, "{scope:?} changed {name}");
            assert!(is_changed || !is_trained || name.ends_with("key.bias"), "{scope:?} left {name}");
        }
    }
}

#[test]
fn retention_holds_the_passages_in_place() {
    let engine = engine(FEEDBACK);
    let moved = |retention_weight: f64| {
        let settings = TrainSettings {
            retention_weight,
            learning_rate: 1e-2,
            scope: Scope::Adapter(LoraConfig { rank: 4, alpha: 8.0, targets: Targets::AllLinear }),
            ..settings(20)
        };
        let mut job = engine.teaching(settings).unwrap();
        let mut last = None;
        while !job.is_done() {
            if let TeachEvent::Step { report, .. } = pollster::block_on(job.advance()).unwrap() {
                last = report.retention_loss;
            }
        }
        let learned = pollster::block_on(job.finish()).unwrap().learned;
        (last, drift(&engine, learned))
    };
    let ((off, free), (on, held)) = (moved(0.0), moved(20.0));
    assert!(off.is_none() && on.is_some_and(|loss| loss.is_finite()), "{off:?} {on:?}");
    assert!(held < 0.5 * free, "passages moved by {held} with retention, by {free} without");
}

/// Mean of 1 - cosine between the passages' embeddings by an adapter and by the base model.
fn drift(engine: &Engine, learned: Learned) -> f64 {
    let [config, tokenizer, weights] = model_bytes();
    let model = Model::read(&config, &tokenizer, &weights).unwrap();
    let (mut tuned, _) = pollster::block_on(Engine::open(model, BackendChoice::Cpu)).unwrap();
    tuned.load_learned(learned, Towers::Query).unwrap();
    let passages = engine.collection().unwrap().corpus.passages();
    let texts: Vec<String> = passages.iter().map(|passage| passage.embedding_text()).collect();
    let embed = |tower: Tower| {
        let mut job = tuned.embedding(texts.clone(), Role::Query, tower).unwrap();
        while pollster::block_on(job.advance()).unwrap() {}
        job.into_vectors()
    };
    let (before, after) = (embed(Tower::Baseline), embed(Tower::Tuned));
    let pairs = before.chunks(384).zip(after.chunks(384));
    pairs.map(|(before, after)| 1.0 - cosine(before, after)).sum::<f64>() / texts.len() as f64
}

#[test]
fn what_is_kept_follows_what_is_opened() {
    let mut engine = engine(FEEDBACK);
    measure(&mut engine, Tower::Baseline);
    let (taught, _) = teach(&engine, settings(1));
    engine.take_taught(&taught).unwrap();
    let add = |engine: &mut Engine, parts: &[(&str, &str)]| {
        let base = engine.collection().unwrap().clone();
        let assembled = assemble(files(parts), Some(&base)).unwrap();
        engine.open_collection(assembled.collection, TextVectors::default(), assembled.is_new).unwrap();
    };

    // Other feedback: vectors and adapter stay, the baseline's figures on the old feedback do not.
    add(&mut engine, &[("feedback.jsonl", FEEDBACK.lines().next().unwrap())]);
    assert!(engine.is_indexed(Tower::Baseline) && engine.has_tuned());
    assert!(engine.measured(Tower::Baseline).is_err());

    // Judgements of a query that was taught: the adapter must not be measured on it.
    let queries = format!("{QUERIES}{{\"_id\":\"t3\",\"text\":\"Gauge is low\"}}\n");
    let qrels = format!("{QRELS}t3\twater\t1\n");
    add(&mut engine, &[("queries.jsonl", &queries), ("qrels/test.tsv", &qrels)]);
    assert!(engine.is_indexed(Tower::Baseline) && !engine.has_tuned());
    assert!(engine.take_taught(&taught).is_err());

    // Another corpus: nothing stays.
    add(&mut engine, &[("corpus.jsonl", "{\"_id\":\"a\",\"text\":\"one passage\"}\n")]);
    assert!(!engine.is_indexed(Tower::Baseline));
    index(&mut engine);
    let mut job = engine.embedding(vec!["anything".to_owned()], Role::Query, Tower::Baseline).unwrap();
    while pollster::block_on(job.advance()).unwrap() {}
    let found =
        pollster::block_on(engine.searching(job.into_vectors(), None, None, 10).unwrap().run()).unwrap();
    assert_eq!(found.before.len(), 1);
}

#[test]
fn the_self_test_holds_what_was_recorded() {
    let recording = fixtures::embeddings();
    let stored = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/self_test.f32")).unwrap();
    let stored: Vec<f32> = stored.chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    for (text, stored) in SELF_TEST_TEXTS.iter().zip(stored.chunks(384)) {
        let i = recording.texts.iter().position(|recorded| recorded == text).unwrap();
        assert_eq!(stored, &recording.embeddings[i * 384..(i + 1) * 384], "{text}");
    }
}

/// The vectors that ship with the sample are those of its texts: all are there, and a few are made again.
#[test]
fn the_shipped_vectors_are_those_of_the_sample() {
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/www/demo/");
    let read = |name: &str| std::fs::read(format!("{demo}{name}")).unwrap();
    let names = ["corpus.jsonl", "queries.jsonl", "qrels/test.tsv", "feedback.jsonl"];
    let parts = names.map(|name| NamedBytes { name: name.to_owned(), bytes: read(name) });
    let sample = assemble(parts.to_vec(), None).unwrap().collection;
    let shipped = read_vectors(&read("embeddings.safetensors")).unwrap();
    let texts: Vec<String> = sample.corpus.passages().iter().map(|p| p.embedding_text()).collect();
    assert!(texts.iter().all(|text| shipped.get(text).is_some()), "a passage has no shipped vector");

    let engine = engine(FEEDBACK);
    let again: Vec<String> = texts.iter().step_by(37).cloned().collect();
    let mut job = engine.embedding(again.clone(), Role::Query, Tower::Baseline).unwrap();
    while pollster::block_on(job.advance()).unwrap() {}
    let by_text: HashMap<&String, Vec<f32>> =
        again.iter().zip(job.into_vectors().chunks(384).map(<[f32]>::to_vec)).collect();
    for (text, vector) in by_text {
        let cosine = cosine(&shipped.get(text).unwrap(), &vector);
        assert!(cosine > 0.999_999, "cosine {cosine} of {text}");
    }
}
