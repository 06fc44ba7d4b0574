//! The device is lost in the middle of indexing, teaching and searching, or has too little memory: the work goes on
//! elsewhere from where it was, and comes to what it would have come to.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{assert_close, cosine, gpu_or_skip, model_bytes, noise};
use figret::data::{Collection, NamedBytes, assemble};
use figret::encoder::{LoraConfig, Scope, Targets};
use figret::engine::{BackendChoice, Engine, GpuIndex, Model, Role, Taught, TeachEvent, Tower};
use figret::export::TextVectors;
use figret::gpu::{Gpu, GpuError};
use figret::retrieve::Index;
use figret::train::{Method, TrainSettings};
use pollster::block_on;
use std::sync::Arc;

const CORPUS: &str = r#"{"_id":"frost","text":"A thin white coat on the fins is normal."}
{"_id":"water","text":"Fill the circuit to 1.5 bar."}
{"_id":"app","text":"The app needs the gateway."}
"#;
const FEEDBACK: &str = r#"{"query_id":"n1","query":"winter on the back?","preferences":[{"doc_id":"frost","score":3},{"doc_id":"app","score":0}]}
{"query_id":"n2","query":"gauge is low","preferences":[{"doc_id":"app","score":0},{"doc_id":"water","score":3}],"guidance":[{"objective":"purity","query":"gauge is low","positive":{"text":"Fill it."},"negatives":[{"text":"In spring, fill it."}]}]}
"#;
const SOFTWARE: BackendChoice = BackendChoice::Gpu { allow_software: true };

fn collection() -> Collection {
    let file = |(name, text): (&str, &str)| NamedBytes { name: name.into(), bytes: text.into() };
    let files = [("corpus.jsonl", CORPUS), ("feedback.jsonl", FEEDBACK)].map(file);
    assemble(files.into(), None).unwrap().collection
}

fn opened(backend: BackendChoice) -> Engine {
    let [config, tokenizer, weights] = model_bytes();
    let model = Model::read(&config, &tokenizer, &weights).unwrap();
    let mut engine = block_on(Engine::open(model, backend)).unwrap().0;
    engine.open_collection(collection(), TextVectors::default(), true).unwrap();
    engine
}

fn indexed(backend: BackendChoice) -> Engine {
    let mut engine = opened(backend);
    let mut job = engine.indexing(Tower::Baseline).unwrap();
    while block_on(job.advance()).unwrap() {}
    engine.finish_indexing(Tower::Baseline, job).unwrap();
    engine
}

fn settings() -> TrainSettings {
    TrainSettings {
        scope: Scope::Adapter(LoraConfig { rank: 4, alpha: 8.0, targets: Targets::QueryValue }),
        steps: 5,
        batch_queries: 2,
        learning_rate: 3e-3,
        validation_share: 0.0,
        ..TrainSettings::default().of_method(Method::Figret)
    }
}

fn lose_device(engine: &Engine) {
    engine.gpu().unwrap().close();
}

/// What a lesson came to.
struct Lesson {
    taught: Taught,
    /// Of every step, the last time that it was done.
    losses: Vec<f64>,
    /// The steps after which it went on elsewhere.
    gone_on_from: Vec<usize>,
}

/// Teaches to the end and loses the device once so many steps are done, again and again.
fn teach(engine: &Engine, losses_after: &[usize]) -> Lesson {
    let mut job = engine.teaching(settings()).unwrap();
    let (mut lost_after, mut losses, mut gone_on_from) =
        (losses_after.iter().peekable(), Vec::new(), Vec::new());
    while !job.is_done() {
        match block_on(job.advance()).unwrap() {
            TeachEvent::Recovered { step, .. } => {
                gone_on_from.push(step);
                losses.truncate(step);
            }
            TeachEvent::Step { report, .. } => {
                losses.push(report.loss);
                assert_eq!(losses.len(), report.step);
                if lost_after.next_if(|after| **after <= report.step).is_some() {
                    lose_device(engine);
                }
            }
            _ => {}
        }
    }
    Lesson { taught: block_on(job.finish()).unwrap(), losses, gone_on_from }
}

/// What the tower embeds that was taught.
fn query_vectors(engine: &mut Engine, taught: &Taught) -> Vec<f32> {
    engine.take_taught(taught).unwrap();
    let queries = ["winter on the back?", "gauge is low", "another question"].map(str::to_owned);
    let mut job = engine.embedding(queries.into(), Role::Query, Tower::Tuned).unwrap();
    while block_on(job.advance()).unwrap() {}
    job.into_vectors()
}

#[test]
fn a_lesson_goes_on_from_its_checkpoint_on_a_new_device_bit_for_bit() {
    if gpu_or_skip().is_none() {
        return;
    }
    let engine = indexed(SOFTWARE);
    let undisturbed = teach(&engine, &[]);
    let lesson = teach(&engine, &[2]);
    assert_eq!(lesson.gone_on_from, [2]);
    assert_eq!(lesson.losses, undisturbed.losses);
    assert_eq!(lesson.taught.learned, undisturbed.taught.learned);
    assert_eq!(lesson.taught.steps, 5);
    let report = engine.backend();
    assert!(report.is_gpu && report.losses == 1 && report.note.contains("lost"), "{report:?}");
}

/// Both backends add in their own order, and AdamW turns the rounding of gradients near zero into whole steps: what the
/// adapter embeds is compared, not its weights one by one.
#[test]
fn a_lesson_whose_devices_keep_being_lost_goes_on_on_the_cpu() {
    if gpu_or_skip().is_none() {
        return;
    }
    let mut on_cpu = indexed(BackendChoice::Cpu);
    let undisturbed = teach(&on_cpu, &[]);
    let mut engine = indexed(SOFTWARE);
    let lesson = teach(&engine, &[1, 2, 3]);
    assert_eq!(lesson.gone_on_from, [1, 2, 3]);
    let report = engine.backend();
    assert!(!report.is_gpu && report.losses == 3, "{report:?}");
    assert!(engine.gpu().is_none());
    assert_eq!(lesson.taught.steps, 5);
    for (found, expected) in lesson.losses.iter().zip(&undisturbed.losses) {
        assert!((found - expected).abs() < 1e-3, "{:?}, {:?}", lesson.losses, undisturbed.losses);
    }
    let expected = query_vectors(&mut on_cpu, &undisturbed.taught);
    let found = query_vectors(&mut engine, &lesson.taught);
    assert_close(&found, &expected, 2e-3, "what was taught embeds");
}

#[test]
fn a_lesson_ends_well_though_its_device_is_lost_after_the_last_step() {
    if gpu_or_skip().is_none() {
        return;
    }
    let engine = indexed(SOFTWARE);
    let undisturbed = teach(&engine, &[]);
    let lesson = teach(&engine, &[5]);
    assert_eq!(engine.backend().losses, 1);
    assert_eq!((lesson.taught.steps, &lesson.taught.learned), (5, &undisturbed.taught.learned));
}

#[test]
fn indexing_goes_on_on_a_new_device_and_keeps_what_it_has() {
    if gpu_or_skip().is_none() {
        return;
    }
    let engine = opened(SOFTWARE);
    // Long enough that each is a batch of its own.
    let text = |i: usize| format!("passage {i}: {}", "the unit clears the frost by itself ".repeat(20));
    let texts: Vec<String> = (0..4).map(text).collect();
    let embedded = |lose_after: Option<usize>| {
        let mut job = engine.embedding(texts.clone(), Role::Query, Tower::Baseline).unwrap();
        let mut lose_after = lose_after;
        while block_on(job.advance()).unwrap() {
            if lose_after.take_if(|done| *done <= job.done()).is_some() {
                lose_device(&engine);
                let done = job.done();
                block_on(job.advance()).unwrap();
                assert_eq!(job.done(), done, "what had come back stays");
            }
        }
        (job.tokens_done(), job.into_vectors())
    };
    let undisturbed = embedded(None);
    assert_eq!(embedded(Some(2)), undisturbed);
    assert_eq!(engine.backend().losses, 1);
}

#[test]
fn too_little_memory_means_smaller_pieces_and_then_the_cpu() {
    let Some(gpu) = gpu_or_skip() else { return };
    drop(gpu);
    let engine = opened(SOFTWARE);
    let texts: Vec<String> =
        (0..12).map(|i| format!("the unit number {i} clears the frost by itself")).collect();
    let embedded = || {
        let mut job = engine.embedding(texts.clone(), Role::Query, Tower::Baseline).unwrap();
        while block_on(job.advance()).unwrap() {}
        job.into_vectors()
    };
    let expected = embedded();
    let all_at_once = engine.gpu().unwrap().memory();
    // Room for the weights and for a part of what a batch of all texts takes.
    let gpu = engine.gpu().unwrap();
    let weights = weights_bytes(&gpu);
    gpu.limit_memory(weights + (all_at_once.peak_bytes - weights) / 2);
    assert_close(&embedded(), &expected, 1e-5, "in smaller pieces");
    assert!(engine.backend().is_gpu && engine.backend().losses == 0, "{:?}", engine.backend());

    gpu.limit_memory(weights);
    let found = embedded();
    let least = found.chunks(384).zip(expected.chunks(384)).map(|(a, b)| cosine(a, b)).fold(1.0, f64::min);
    assert!(least > 0.999_99, "{least}");
    let report = engine.backend();
    assert!(!report.is_gpu && report.note.contains("out of memory"), "{report:?}");
}

/// What all free buffers leave when they are given back.
fn weights_bytes(gpu: &Gpu) -> u64 {
    gpu.limit_memory(0);
    let _refused = gpu.alloc(&[1 << 20]);
    assert!(matches!(block_on(gpu.check()), Err(GpuError::OutOfMemory(_))));
    gpu.memory().allocated_bytes
}

#[test]
fn a_search_on_a_lost_device_finds_what_the_cpu_finds() {
    let Some(gpu) = gpu_or_skip() else { return };
    let ids: Vec<String> = (0..300).map(|i| format!("d{i}")).collect();
    let index = Arc::new(Index::new(&ids, noise("passages", 300 * 64), 64).unwrap());
    let on_gpu = GpuIndex::new(&gpu, &index);
    let query = noise("query", 64);
    assert_eq!(block_on(on_gpu.top_k(&query, 5)).unwrap()[0], index.top_k(&query, 5).unwrap());
    gpu.close();
    let lost = block_on(on_gpu.top_k(&query, 5)).unwrap_err();
    assert!(lost.to_string().contains("lost"), "{lost}");

    // The engine, whose query is embedded by the device that is gone.
    let engine = indexed(SOFTWARE);
    let hits = || {
        let mut job =
            engine.embedding(vec!["why is it white?".into()], Role::Query, Tower::Baseline).unwrap();
        while block_on(job.advance()).unwrap() {}
        let search = engine.searching(job.into_vectors(), None, None, 3).unwrap();
        block_on(search.run()).unwrap()
    };
    let before = hits();
    lose_device(&engine);
    assert_eq!(hits(), before);
    assert_eq!(engine.backend().losses, 1);
}
