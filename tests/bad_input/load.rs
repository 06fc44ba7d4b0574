//! Collections as large as a person may bring: opened and searched, read and made into lessons, at linear cost.

use crate::cost::{Cost, cost_of};
use figret::data::{Assembled, Collection, NamedBytes, assemble};
use figret::engine::{BackendChoice, Engine, Model, TeachEvent, TeachingJob, Tower};
use figret::export::{read_vectors, write_vectors};
use figret::train::{LessonPlan, TrainSettings};
use std::fmt::Write as _;

#[path = "../common/mod.rs"]
mod common;

const PASSAGES: usize = 100_000;
const WIDTH: usize = 384;

fn collection(passages: usize, feedback_lines: usize) -> Vec<NamedBytes> {
    let mut corpus = String::new();
    (0..passages).for_each(|i| writeln!(corpus, "{{\"_id\": \"d{i}\", \"text\": \"passage {i}\"}}").unwrap());
    let mut files = vec![NamedBytes { name: "corpus.jsonl".into(), bytes: corpus.into_bytes() }];
    if feedback_lines > 0 {
        let feedback = feedback(feedback_lines, passages);
        files.push(NamedBytes { name: "feedback.jsonl".into(), bytes: feedback.into_bytes() });
    }
    files
}

/// Lines of ten preferences and two examples of guidance each.
fn feedback(lines: usize, passages: usize) -> String {
    let mut text = String::new();
    for i in 0..lines {
        let preference =
            |j: usize| format!("{{\"doc_id\": \"d{}\", \"score\": {}}}", (i * 10 + j) % passages, j % 4);
        let preferences: Vec<String> = (0..10).map(preference).collect();
        let preferences = preferences.join(", ");
        writeln!(
            text,
            "{{\"query_id\": \"q{i}\", \"query\": \"what about {i}?\", \"preferences\": [{preferences}], \"guidance\": [\
             {{\"objective\": \"purity\", \"positive\": {{\"text\": \"dense {i}\"}}, \"negatives\": [{{\"text\": \"sparse {i}\"}}]}}, \
             {{\"objective\": \"relevance\", \"query\": \"what else about {i}?\", \"positive\": {{\"doc_id\": \"d{}\"}}, \
             \"negatives\": [{{\"doc_id\": \"d{}\"}}]}}]}}",
            i % passages,
            (i + 1) % passages,
        )
        .unwrap();
    }
    text
}

/// Unit vectors of which each points somewhere else.
fn unit_vectors(n: usize) -> Vec<f32> {
    let mut vectors = common::noise("passages", n * WIDTH);
    for vector in vectors.chunks_exact_mut(WIDTH) {
        let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.iter_mut().for_each(|x| *x /= norm);
    }
    vectors
}

/// Opens a collection whose vectors are there already, and finds each tested passage by its own vector.
fn opened_and_searched() -> String {
    let [config, tokenizer, weights] = common::model_bytes();
    let model = Model::read(&config, &tokenizer, &weights).unwrap();
    let (mut engine, _) = pollster::block_on(Engine::open(model, BackendChoice::Cpu)).unwrap();
    let Collection { corpus, .. } = assemble(collection(PASSAGES, 0), None).unwrap().collection;
    let texts: Vec<String> = corpus.passages().iter().map(|passage| passage.embedding_text()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let vectors = unit_vectors(PASSAGES);
    let file = write_vectors(&texts, &vectors, WIDTH, None).unwrap();

    let (vectors_read, reading) = cost_of(|| read_vectors(&file).unwrap());
    let opened = assemble(collection(PASSAGES, 0), None).unwrap().collection;
    let (_, opening) = cost_of(|| engine.open_collection(opened, vectors_read, true).unwrap());
    assert!(engine.is_indexed(Tower::Baseline));
    let queries = [0, 1, 777, 50_000, PASSAGES - 1];
    let (_, searching) = cost_of(|| {
        for i in queries {
            let vector = vectors[i * WIDTH..(i + 1) * WIDTH].to_vec();
            let search = engine.searching(vector, None, None, 100).unwrap();
            let found = pollster::block_on(search.run()).unwrap();
            assert_eq!((found.before[0].position, found.before.len()), (i, 100));
        }
    });
    let all = [("reading", reading, 600), ("opening", opening, 600), ("searching", searching, 10)];
    for (what, cost, most_megabytes) in all {
        println!("{what}: {:.2} s, {} MB", cost.seconds, cost.peak_bytes / 1_000_000);
        assert!(cost.seconds < 10.0 && cost.peak_bytes < most_megabytes * 1_000_000, "{what}: {cost:?}");
    }
    format!("{} vectors read; {} queries find their passage first.", corpus.len(), queries.len())
}

fn taught(lines: usize) -> (Assembled, LessonPlan, Cost) {
    let files = collection(20_000, lines);
    let ((assembled, plan), cost) = cost_of(|| {
        let assembled = assemble(files, None).unwrap();
        let feedback = assembled.collection.feedback.as_ref().unwrap();
        let plan =
            LessonPlan::new(feedback, assembled.collection.corpus.len(), &TrainSettings::default()).unwrap();
        (assembled, plan)
    });
    println!("{lines} lines: {:.2} s, {} MB", cost.seconds, cost.peak_bytes / 1_000_000);
    (assembled, plan, cost)
}

/// Reads feedback and makes lessons of it; four times the lines may cost little more than four times as much.
fn read_and_planned() -> String {
    let (_, _, quarter) = taught(5_000);
    let (assembled, plan, whole) = taught(20_000);
    assert!(whole.seconds < 10.0 && whole.peak_bytes < 250_000_000, "{whole:?}");
    assert!(whole.seconds < 8.0 * quarter.seconds.max(0.1), "{quarter:?} and {whole:?}");
    let lines = assembled.collection.feedback.as_ref().unwrap().queries.len();
    let (samples, examples) = (plan.samples.len(), plan.guidance.len());
    assert_eq!(plan.preferences.len() + plan.validation.len(), samples);
    assert!(examples > samples);
    format!("{lines} lines read, {} refused; {samples} samples.", assembled.refused.len())
}

/// Teaches from all lines, with vectors that are there already: what was read until the first step, and two steps.
fn begun_and_taught() -> String {
    let [config, tokenizer, weights] = common::model_bytes();
    let model = Model::read(&config, &tokenizer, &weights).unwrap();
    let (mut engine, _) = pollster::block_on(Engine::open(model, BackendChoice::Cpu)).unwrap();
    let collection = assemble(collection(20_000, 20_000), None).unwrap().collection;
    let passages = collection.corpus.passages().iter().map(|passage| passage.embedding_text());
    let written = (0..20_000).flat_map(|i| [format!("dense {i}"), format!("sparse {i}")]);
    let texts: Vec<String> = passages.chain(written).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let vectors =
        read_vectors(&write_vectors(&texts, &unit_vectors(texts.len()), WIDTH, None).unwrap()).unwrap();
    engine.open_collection(collection, vectors, true).unwrap();

    let settings =
        TrainSettings { steps: 2, batch_queries: 4, validation_share: 0.0, ..TrainSettings::default() };
    let (mut job, _) = cost_of(|| engine.teaching(settings).unwrap());
    let (_, beginning) = cost_of(|| while !matches!(advance(&mut job), TeachEvent::Ready { .. }) {});
    let (_, teaching) = cost_of(|| {
        while !job.is_done() {
            advance(&mut job);
        }
    });
    println!("beginning: {:.2} s, {} MB", beginning.seconds, beginning.peak_bytes / 1_000_000);
    println!("two steps: {:.2} s, {} MB", teaching.seconds, teaching.peak_bytes / 1_000_000);
    assert!(beginning.seconds < 30.0 && beginning.peak_bytes < 600_000_000, "{beginning:?}");
    assert!(teaching.seconds < 20.0 && teaching.peak_bytes < 400_000_000, "{teaching:?}");
    let taught = pollster::block_on(job.finish()).unwrap();
    format!("{} steps; {} queries teach.", taught.steps, taught.queries.len())
}

fn advance(job: &mut TeachingJob) -> TeachEvent {
    pollster::block_on(job.advance()).unwrap()
}

/// One query with very many judgements costs as many steps as there are judgements.
fn planned_for_one_query() -> String {
    let preference = |i: usize| format!("{{\"doc_id\": \"d{i}\", \"score\": {}}}", i % 4);
    let preferences: Vec<String> = (0..PASSAGES).map(preference).collect();
    let line = format!(
        "{{\"query_id\": \"q\", \"query\": \"all of it?\", \"preferences\": [{}]}}\n",
        preferences.join(", ")
    );
    let mut files = collection(PASSAGES, 0);
    files.push(NamedBytes { name: "feedback.jsonl".into(), bytes: line.into_bytes() });
    let opened = assemble(files, None).unwrap().collection;
    let feedback = opened.feedback.as_ref().unwrap();
    let settings = TrainSettings { validation_share: 0.0, ..TrainSettings::default() };
    let (plan, cost) = cost_of(|| LessonPlan::new(feedback, PASSAGES, &settings).unwrap());
    println!("planning: {:.2} s, {} MB", cost.seconds, cost.peak_bytes / 1_000_000);
    assert!(cost.seconds < 2.0, "{cost:?}");
    format!("one list of {} candidates.", plan.preferences[0].candidates.len())
}

crate::cases! {
    passages_with_vectors: "100,000 passages with vectors computed before, opened and searched",
        opened_and_searched() =>
        "100000 vectors read; 5 queries find their passage first.";
    feedback_lines: "20,000 feedback lines of ten preferences and two examples each, read and made into lessons",
        read_and_planned() =>
        "20000 lines read, 0 refused; 20000 samples.";
    feedback_lines_taught: "20,000 such lines with vectors computed before, taught for two steps",
        begun_and_taught() =>
        "2 steps; 40000 queries teach.";
    judgements_of_one_query: "100,000 preferences of one query, made into a lesson",
        planned_for_one_query() =>
        "one list of 100000 candidates.";
}
