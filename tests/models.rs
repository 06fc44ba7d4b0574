//! Models of every kind that is read, against recordings of sentence-transformers, and folders that are refused.
//!
//! The recorded models are small and random; `tests/fixtures/make_models.py` makes them. GPU tests need an adapter,
//! see `common::gpu_or_skip`.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{assert_close, gpu_or_skip, model_bytes};
use figret::encoder::{CandleEncoder, Folder, FolderFiles, GpuEncoder, Pooling, Weights, wanted_files};
use figret::engine::{BackendChoice, Engine, EngineError, Model, Role, Tower};
use figret::text::{PackedTokens, Tokenizer};
use pollster::block_on;
use safetensors::SafeTensors;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

const KINDS: [&str; 3] = ["cls-prompts", "mean-cosine", "default-bf16"];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models")
}

/// Every file of a kind's folder that is read.
fn files(kind: &str) -> FolderFiles<'static> {
    let folder = fixtures().join(kind);
    let read = |name: &str| std::fs::read(folder.join(name)).ok().map(Cow::Owned);
    let mut files = FolderFiles::from([("modules.json".to_owned(), read("modules.json").unwrap())]);
    for (name, _) in wanted_files(Some(&files["modules.json"])).unwrap() {
        files.extend(read(&name).map(|bytes| (name, bytes)));
    }
    files
}

fn model(kind: &str) -> Model {
    Model::from_folder(kind, &files(kind)).unwrap()
}

fn texts() -> Vec<String> {
    let file: serde_json::Value =
        serde_json::from_slice(&std::fs::read(fixtures().join("texts.json")).unwrap()).unwrap();
    serde_json::from_value(file["texts"].clone()).unwrap()
}

/// The vectors of a kind in a role, each divided by its length.
fn recorded(kind: &str, role: &str) -> Vec<f32> {
    let bytes = std::fs::read(fixtures().join(format!("{kind}.safetensors"))).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let view = file.tensor(role).unwrap();
    let values: Vec<f32> =
        view.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    let unit = |row: &[f32]| {
        let length = row.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
        row.iter().map(|x| (f64::from(*x) / length) as f32).collect::<Vec<_>>()
    };
    values.chunks_exact(view.shape()[1]).flat_map(unit).collect()
}

fn embed(engine: &Engine, role: Role) -> Vec<f32> {
    let mut job = engine.embedding(texts(), role, Tower::Baseline).unwrap();
    while block_on(job.advance()).unwrap() {}
    job.into_vectors()
}

#[test]
fn every_kind_embeds_as_recorded() {
    for kind in KINDS {
        let (engine, report) = block_on(Engine::open(model(kind), BackendChoice::Cpu)).unwrap();
        assert_eq!(report.self_test_cosine, None, "nothing is stored of it");
        for (role, name) in [(Role::Query, "query"), (Role::Passage, "passage")] {
            assert_close(&embed(&engine, role), &recorded(kind, name), 1e-5, &format!("{kind}, {name}"));
        }
    }
}

/// Heads of another width than 32 are what the GPU's kernels do not have.
#[test]
fn the_gpu_embeds_as_recorded_or_says_that_it_cannot() {
    if gpu_or_skip().is_none() {
        return;
    }
    let gpu = BackendChoice::Gpu { allow_software: true };
    for kind in ["cls-prompts", "default-bf16"] {
        let (engine, report) = block_on(Engine::open(model(kind), gpu)).unwrap();
        let cosine = report.self_test_cosine.unwrap();
        assert!(report.is_gpu && cosine >= 0.9999, "{kind}: {cosine}");
        for (role, name) in [(Role::Query, "query"), (Role::Passage, "passage")] {
            assert_close(&embed(&engine, role), &recorded(kind, name), 1e-5, &format!("{kind}, {name}"));
        }
    }
    let Err(refused) = block_on(Engine::open(model("mean-cosine"), gpu)) else { panic!("heads of 16") };
    assert_eq!(refused.to_string(), "config.json: attention heads are 16 wide; the GPU path has 32");
    let (_, report) = block_on(Engine::open(model("mean-cosine"), BackendChoice::Auto)).unwrap();
    assert!(!report.is_gpu, "what the GPU cannot do the CPU does");
}

#[test]
fn what_a_folder_says_is_read() {
    let folder = |kind: &str| Folder::read(&files(kind)).unwrap();
    let (cls, mean, default) = (folder(KINDS[0]), folder(KINDS[1]), folder(KINDS[2]));
    let of = |f: &Folder| (f.config.pooling, f.is_normalized, f.max_tokens, f.config.num_attention_heads);
    assert_eq!(of(&cls), (Pooling::Cls, true, 24, 1));
    assert_eq!(of(&mean), (Pooling::Mean, false, 16, 2));
    assert_eq!(of(&default), (Pooling::Mean, true, 24, 1));
    let prefixes = |f: &Folder| (f.prefixes.query.clone(), f.prefixes.passage.clone());
    assert_eq!(prefixes(&cls), ("query: ".into(), "passage: ".into()));
    assert_eq!(prefixes(&mean), (String::new(), String::new()));
    assert_eq!(prefixes(&default), (String::new(), String::new()), "the default prompt is for neither");
}

#[test]
fn prefixes_of_ones_own_replace_those_of_the_folder() {
    let given = model("mean-cosine").with_prefixes(Some("query: ".into()), None);
    let (engine, _) = block_on(Engine::open(given, BackendChoice::Cpu)).unwrap();
    let plain = recorded("mean-cosine", "passage");
    assert_close(&embed(&engine, Role::Passage), &plain, 1e-5, "passages stay");
    let width = engine.config().hidden_size;
    let queries = embed(&engine, Role::Query);
    assert!(common::cosine(&queries[..width], &plain[..width]) < 0.99, "a query has the prefix in front");
}

/// A folder's weights are known again, whatever they are stored as.
#[test]
fn the_shipped_model_is_known_by_its_weights() {
    let [config, tokenizer, weights] = model_bytes();
    let shipped = Model::read(&config, &tokenizer, &weights).unwrap();
    assert!(shipped.is_shipped() && shipped.maker().is_none() && shipped.recipe().id.is_none());
    assert_eq!(shipped.in_words(), "all-MiniLM-L6-v2, f32, 256 tokens, mean pooling");
    let prefixed = shipped.with_prefixes(None, Some("passage: ".into()));
    assert!(prefixed.is_shipped() && prefixed.maker().is_some(), "its passages have other vectors");
    for kind in KINDS {
        assert!(!model(kind).is_shipped() && model(kind).maker().is_some());
    }
}

fn refusal(kind: &str, name: &str, change: impl Fn(&str) -> String) -> String {
    let mut files = files(kind);
    let text = String::from_utf8(files[name].to_vec()).unwrap();
    let changed = change(&text);
    assert_ne!(changed, text, "{name}");
    files.insert(name.to_owned(), Cow::Owned(changed.into_bytes()));
    match Model::from_folder(kind, &files) {
        Ok(_) => "taken".to_owned(),
        Err(error @ EngineError::Encoder(_)) => error.to_string(),
        Err(error) => panic!("{error}"),
    }
}

fn replaced(kind: &str, name: &str, from: &str, to: &str) -> String {
    refusal(kind, name, |text| text.replace(from, to))
}

#[test]
fn what_is_not_supported_is_refused_by_file_and_reason() {
    let pooling = "1_Pooling/config.json";
    let supported = "Transformer, Pooling and perhaps Normalize, in this order, are supported";
    for (name, from, to, expected) in [
        ("config.json", "\"bert\"", "\"roberta\"", "config.json: model_type is 'roberta', not 'bert'".to_owned()),
        ("config.json", "\"gelu\"", "\"relu\"", "config.json: hidden_act is 'relu', not 'gelu'".to_owned()),
        (
            "config.json",
            "\"is_decoder\": false",
            "\"is_decoder\": true",
            "config.json: is_decoder is set; an encoder reads a text as a whole".to_owned(),
        ),
        (
            "config.json",
            "\"is_decoder\": false",
            "\"position_embedding_type\": \"relative_key\"",
            "config.json: position_embedding_type is 'relative_key', not 'absolute'".to_owned(),
        ),
        (
            "config.json",
            "\"is_decoder\": false",
            "\"quantization_config\": {\"bits\": 8}",
            "config.json: quantization_config is set; f32, f16 and bf16 are read".to_owned(),
        ),
        (pooling, "\"cls\"", "\"max\"", format!("{pooling}: the pooling is max; mean and cls are supported")),
        (
            pooling,
            "\"cls\"",
            "[\"cls\", \"lasttoken\"]",
            format!("{pooling}: the pooling is cls and lasttoken; mean and cls are supported"),
        ),
        (
            pooling,
            "\"include_prompt\": true",
            "\"include_prompt\": false",
            format!("{pooling}: include_prompt is off; prefixes are pooled with the text"),
        ),
        (pooling, "32", "64", format!("{pooling}: the vectors are 64 wide, config.json says 32")),
        (
            "modules.json",
            "normalize.Normalize",
            "dense.Dense",
            format!("modules.json: the modules are Transformer, Pooling, Dense; {supported}"),
        ),
        (
            "modules.json",
            "\"path\": \"1_Pooling\"",
            "\"path\": \"../secret\"",
            "modules.json: '../secret' is no path inside the folder".to_owned(),
        ),
        (
            "tokenizer_config.json",
            "\"model_max_length\": 24",
            "\"model_max_length\": 2",
            "tokenizer_config.json: the limit is 2 tokens, not 3 to the 48 positions of config.json".to_owned(),
        ),
        (
            "config_sentence_transformers.json",
            "\"default_prompt_name\": null",
            "\"default_prompt_name\": \"none\"",
            "config_sentence_transformers.json: default_prompt_name is 'none', and there is no such prompt".to_owned(),
        ),
        (
            "config_sentence_transformers.json",
            "\"cosine\"",
            "\"manhattan\"",
            "config_sentence_transformers.json: vectors are compared by 'manhattan', which is no cosine of theirs; \
             cosine is supported"
                .to_owned(),
        ),
        (
            "sentence_bert_config.json",
            "feature-extraction",
            "fill-mask",
            "sentence_bert_config.json: transformer_task is 'fill-mask', not 'feature-extraction'".to_owned(),
        ),
    ] {
        assert_eq!(replaced("cls-prompts", name, from, to), expected);
    }
    assert_eq!(
        replaced("cls-prompts", "config_sentence_transformers.json", "\"cosine\"", "\"dot\""),
        "taken"
    );
}

#[test]
fn what_the_old_layout_says_is_refused_too() {
    let pooling = "1_Pooling/config.json";
    let flags = |text: &str| {
        text.replace("\"pooling_mode_max_tokens\": false", "\"pooling_mode_max_tokens\": true")
            .replace("\"pooling_mode_mean_tokens\": true", "\"pooling_mode_mean_tokens\": false")
    };
    assert_eq!(
        refusal("mean-cosine", pooling, flags),
        format!("{pooling}: the pooling is max_tokens; mean and cls are supported")
    );
    let limits = "sentence_bert_config.json";
    assert_eq!(
        replaced("mean-cosine", limits, "16", "512"),
        format!("{limits}: the limit is 512 tokens, not 3 to the 48 positions of config.json")
    );
    let lower = replaced("mean-cosine", limits, "\"do_lower_case\": false", "\"do_lower_case\": true");
    assert_eq!(lower, "taken", "its tokenizer does that anyway");
    let mut files = files("mean-cosine");
    let dot = b"{\"similarity_fn_name\": \"dot\"}".to_vec();
    files.insert("config_sentence_transformers.json".to_owned(), Cow::Owned(dot));
    let Err(refused) = Model::from_folder("dot", &files) else { panic!("a product of unequal lengths") };
    assert_eq!(
        refused.to_string(),
        "config_sentence_transformers.json: vectors are compared by 'dot', which is no cosine without a Normalize module; \
         cosine is supported"
    );
}

#[test]
fn a_file_that_is_missing_is_named_with_what_to_do() {
    for (name, remedy) in [
        ("model.safetensors", "pytorch_model.bin"),
        ("modules.json", "1_Pooling/config.json"),
        ("1_Pooling/config.json", "one download"),
    ] {
        let mut files = files("cls-prompts");
        files.remove(name);
        let Err(EngineError::Encoder(refused)) = Model::from_folder("a", &files) else { panic!("{name}") };
        assert_eq!(refused.to_string(), format!("the model's folder has no {name}"));
        assert!(refused.remedy().contains(remedy), "{}", refused.remedy());
    }
}

/// Both backends and both poolings give the same gradients for the same weights.
#[test]
fn gradients_through_either_pooling_are_the_same_on_both_backends() {
    use figret::encoder::candle::AdamWSettings;
    use figret::encoder::{CandleStudent, GpuStudent, Learned, Scope};
    let Some(gpu) = gpu_or_skip() else { return };
    let files = files("cls-prompts");
    let folder = Folder::read(&files).unwrap();
    let weights = Weights::from_safetensors(&files["model.safetensors"], &folder.config).unwrap();
    let tokenizer = Tokenizer::from_json(&files["tokenizer.json"]).unwrap();
    let tokens: Vec<_> = ["heat", "a pump in the shed?"].map(|text| tokenizer.encode(text).unwrap()).into();
    let batch = PackedTokens::new(&tokens);
    let grad = common::noise("grad", tokens.len() * folder.config.hidden_size);
    let settings = AdamWSettings { weight_decay: 0.0, max_grad_norm: f64::INFINITY };
    for pooling in [Pooling::Mean, Pooling::Cls] {
        let config = figret::encoder::BertConfig { pooling, ..folder.config.clone() };
        let start = Learned::initial(Scope::All, &weights, &config, 0).unwrap();
        let cpu = CandleEncoder::new(&config, &weights).unwrap();
        let mut on_cpu = CandleStudent::new(&cpu, &weights, &start, settings).unwrap();
        on_cpu.forward(&batch).unwrap();
        on_cpu.backward(&grad).unwrap();
        let encoder = GpuEncoder::new(&gpu, &config, &weights).unwrap();
        let mut on_gpu = GpuStudent::new(&encoder, &weights, &start, settings).unwrap();
        on_gpu.forward(&batch).unwrap();
        on_gpu.backward(&gpu.upload(&[tokens.len() as u32, config.hidden_size as u32], &grad)).unwrap();
        let found = block_on(on_gpu.gradients()).unwrap();
        for (name, expected) in on_cpu.gradients() {
            // Softmax does not see the key biases: their gradient is rounding.
            if !name.ends_with("self.key.bias") {
                assert_close(&found[&name].data, &expected.data, 1e-4, &format!("{pooling:?}, d {name}"));
            }
        }
    }
}
