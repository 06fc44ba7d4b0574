//! What outlasts the program comes back as it was: vectors to the last bit, an adapter with the queries that taught it.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::model_bytes;
use figret::data::{Collection, NamedBytes, assemble};
use figret::encoder::{LoraConfig, Scope};
use figret::engine::{BackendChoice, EmbeddingJob, Engine, EngineError, Model, Tower};
use figret::export::{KeptVectors, Maker, TextVectors};
use figret::train::{DEFAULT_LORA, Towers, TrainSettings};

const PASSAGES: [&str; 4] = [
    r#"{"_id":"frost","title":"Frost","text":"A thin white coat on the fins is normal."}"#,
    r#"{"_id":"noise","title":"Noise","text":"A hiss during defrost is the four-way valve."}"#,
    r#"{"_id":"water","title":"Water","text":"Fill the circuit to 1.5 bar with a hose."}"#,
    r#"{"_id":"app","title":"App","text":"The phone app needs the gateway."}"#,
];
const QUERIES: &str = r#"{"_id":"t1","text":"white stuff outside"}"#;
const QRELS: &str = "query-id\tcorpus-id\tscore\nt1\tfrost\t1\n";
const FEEDBACK: &str = r#"{"query_id":"n1","query":"gauge is low","preferences":[{"doc_id":"app","score":0},{"doc_id":"water","score":3}]}
{"query_id":"n2","query":"strange sound","preferences":[{"doc_id":"app","score":0},{"doc_id":"noise","score":3}]}
"#;

fn collection(passages: &[&str]) -> Collection {
    let corpus = passages.join("\n");
    let parts = [("corpus.jsonl", corpus.as_str()), ("queries.jsonl", QUERIES), ("qrels/test.tsv", QRELS)];
    let file =
        |(name, text): (&str, &str)| NamedBytes { name: name.to_owned(), bytes: text.as_bytes().to_vec() };
    let mut files = parts.map(file).to_vec();
    // Feedback on passages that are not there would be refused.
    if passages.len() == PASSAGES.len() {
        files.push(file(("feedback.jsonl", FEEDBACK)));
    }
    assemble(files, None).unwrap().collection
}

fn engine(passages: &[&str]) -> Engine {
    let [config, tokenizer, weights] = model_bytes();
    let model = Model::read(&config, &tokenizer, &weights).unwrap();
    let (mut engine, _) = pollster::block_on(Engine::open(model, BackendChoice::Cpu)).unwrap();
    engine.open_collection(collection(passages), TextVectors::default(), true).unwrap();
    engine
}

fn read(bytes: &[u8]) -> KeptVectors {
    let mut vectors = KeptVectors::default();
    vectors.read(bytes).unwrap();
    vectors
}

fn finish(mut job: EmbeddingJob) -> EmbeddingJob {
    while pollster::block_on(job.advance()).unwrap() {}
    job
}

fn index(engine: &mut Engine) {
    let job = finish(engine.indexing(Tower::Baseline).unwrap());
    engine.finish_indexing(Tower::Baseline, job).unwrap();
}

/// Vectors that were given out and taken back are used as they are, and only the rest is embedded.
#[test]
fn indexing_goes_on_from_the_vectors_that_were_kept() {
    let mut whole = engine(&PASSAGES);
    index(&mut whole);
    let expected = read(&whole.passage_vectors(Tower::Baseline).unwrap());

    let half = engine(&PASSAGES[..2]);
    let mut job = finish(half.indexing(Tower::Baseline).unwrap());
    let kept = read(&job.fresh_vectors().unwrap().unwrap());
    assert_eq!(kept.len(), 2);
    assert!(job.fresh_vectors().unwrap().is_none(), "the same vectors were given out twice");

    let mut again = engine(&PASSAGES);
    again.take_vectors(kept).unwrap();
    assert!(!again.is_indexed(Tower::Baseline));
    let mut job = again.indexing(Tower::Baseline).unwrap();
    assert_eq!((job.done(), job.total()), (2, 4));
    job = finish(job);
    assert_eq!(read(&job.fresh_vectors().unwrap().unwrap()).len(), 2);
    again.finish_indexing(Tower::Baseline, job).unwrap();
    let found = read(&again.passage_vectors(Tower::Baseline).unwrap());
    assert!(again.collection().unwrap().corpus.passages().iter().all(|passage| {
        let text = passage.embedding_text();
        found.get(&text).is_some() && found.get(&text) == expected.get(&text)
    }));

    let mut third = engine(&PASSAGES);
    third.take_vectors(found).unwrap();
    assert!(third.is_indexed(Tower::Baseline));
    assert_eq!(third.indexing(Tower::Baseline).unwrap().total(), 0);
}

#[test]
fn vectors_of_another_model_are_refused() {
    let vectors = read(&KeptVectors::write(&["one"], &[1.0, 0.0], 2, None).unwrap());
    assert!(matches!(engine(&PASSAGES).take_vectors(vectors), Err(EngineError::OtherVectors { .. })));
    let maker = Maker { id: "0a".into(), name: "another".into() };
    let other = KeptVectors::write(&["one"], &[0.0; 384], 384, Some(&maker)).unwrap();
    let refused = engine(&PASSAGES).take_vectors(read(&other)).unwrap_err().to_string();
    assert!(
        refused.starts_with("the vectors were made by another, and the model is all-MiniLM-L6-v2,"),
        "{refused}"
    );
}

/// An adapter comes back with the queries that taught it, and is refused where one of them is judged.
#[test]
fn an_adapter_comes_back_with_what_taught_it() {
    let mut engine = engine(&PASSAGES);
    index(&mut engine);
    let settings = TrainSettings {
        scope: Scope::Adapter(LoraConfig { rank: 2, ..DEFAULT_LORA }),
        steps: 1,
        batch_queries: 2,
        validation_share: 0.0,
        ..TrainSettings::default()
    };
    let mut job = engine.teaching(settings).unwrap();
    while !job.is_done() {
        pollster::block_on(job.advance()).unwrap();
    }
    engine.take_taught(&pollster::block_on(job.finish()).unwrap()).unwrap();
    let taught_on = engine.taught_on().unwrap();
    assert_eq!(taught_on, ["gauge is low", "strange sound"]);

    let adapter = engine.learned().unwrap().0.clone();
    let vectors = read(&engine.passage_vectors(Tower::Baseline).unwrap());
    engine.restore_learned(adapter.clone(), Towers::Both, &taught_on, &vectors).unwrap();
    assert!(engine.is_indexed(Tower::Tuned));
    assert_eq!(engine.taught_on().unwrap(), taught_on);
    engine.restore_learned(adapter.clone(), Towers::Both, &taught_on, &KeptVectors::default()).unwrap();
    assert!(!engine.is_indexed(Tower::Tuned));

    let judged = ["White stuff outside".to_owned()];
    assert!(engine.restore_learned(adapter, Towers::Query, &judged, &vectors).is_err());
    assert_eq!(engine.taught_on().unwrap(), taught_on);
}
