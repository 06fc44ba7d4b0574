//! LoRA adapters: `adapter_config.json` and `adapter_model.safetensors`.

use crate::tensors::{entry, of, with_claimed_length, with_header};
use crate::{cases, refused};
use figret::encoder::BertConfig;
use figret::export::{ADAPTER_CONFIG, ADAPTER_WEIGHTS, ExportedFile, read_adapter};

/// An encoder of one layer.
pub(crate) fn bert() -> BertConfig {
    let json = br#"{"vocab_size": 8, "hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 8, "max_position_embeddings": 256, "layer_norm_eps": 1e-12, "hidden_act": "gelu",
        "model_type": "bert"}"#;
    BertConfig::from_json(json).unwrap()
}

const CONFIG: &str =
    r#"{"peft_type": "LORA", "r": 1, "lora_alpha": 16, "target_modules": ["query", "value"]}"#;
const QUERY_A: &str = "base_model.model.encoder.layer.0.attention.self.query.lora_A.weight";
const QUERY_B: &str = "base_model.model.encoder.layer.0.attention.self.query.lora_B.weight";
const VALUE_A: &str = "base_model.model.encoder.layer.0.attention.self.value.lora_A.weight";
const VALUE_B: &str = "base_model.model.encoder.layer.0.attention.self.value.lora_B.weight";

fn adapter(config: &str, weights: Vec<u8>) -> String {
    let files = [(ADAPTER_CONFIG, config.as_bytes().to_vec()), (ADAPTER_WEIGHTS, weights)];
    read(&files.map(|(name, bytes)| ExportedFile { name: name.into(), bytes }))
}

fn read(files: &[ExportedFile]) -> String {
    match read_adapter(files, &bert()) {
        Ok((adapter, _)) => format!("{} pairs read.", adapter.pairs.len()),
        Err(error) => refused(&error, &error.remedy()),
    }
}

fn good() -> Vec<u8> {
    of(&[(QUERY_A, &[1, 4], 0.5), (QUERY_B, &[4, 1], 0.5), (VALUE_A, &[1, 4], 0.5), (VALUE_B, &[4, 1], 0.5)])
}

/// The good weights under another configuration.
fn configured(from: &str, to: &str) -> String {
    let config = CONFIG.replace(from, to);
    assert_ne!(config, CONFIG);
    adapter(&config, good())
}

/// Weights under the good configuration.
fn weights(bytes: Vec<u8>) -> String {
    adapter(CONFIG, bytes)
}

fn query_a(shape: &[usize], value: f32) -> String {
    weights(of(&[
        (QUERY_A, shape, value),
        (QUERY_B, &[4, 1], 0.5),
        (VALUE_A, &[1, 4], 0.5),
        (VALUE_B, &[4, 1], 0.5),
    ]))
}

fn one_entry(entry: &str, bytes: usize) -> String {
    weights(with_header(&format!("{{{QUERY_A:?}: {entry}}}"), &vec![0; bytes]))
}

fn extra() -> String {
    weights(of(&[
        (QUERY_A, &[1, 4], 0.5),
        (QUERY_B, &[4, 1], 0.5),
        (VALUE_A, &[1, 4], 0.5),
        (VALUE_B, &[4, 1], 0.5),
        ("x", &[1], 0.5),
    ]))
}

cases! {
    good_one: "a whole adapter, to show that the others are refused for what is changed in them",
        adapter(CONFIG, good()) =>
        "2 pairs read.";
    one_file: "one of its two files",
        read(&[ExportedFile { name: ADAPTER_CONFIG.into(), bytes: CONFIG.into() }]) =>
        "Refused: adapter_model.safetensors is missing. Choose both files of the adapter, the model.safetensors of taught weights, or a zip of them.";
    config_no_json: "a configuration that is no JSON",
        adapter("r: 8", good()) =>
        "Refused: adapter_config.json: expected value at line 1 column 1. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    config_breaks_off: "a configuration that breaks off",
        adapter(&CONFIG[..40], good()) =>
        "Refused: adapter_config.json: EOF while parsing a string at line 1 column 40. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    config_of_long_words: "a configuration with a text of 100,000 characters where a number belongs",
        configured("1,", &format!("\"{}\",", "8".repeat(100_000))) =>
        "Refused: adapter_config.json: invalid type: string \"8888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    other_method: "a method other than LoRA",
        configured("LORA", "IA3") =>
        "Refused: adapter_config.json: peft_type is 'IA3'; only LORA is read. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    rank_0: "rank 0",
        configured("\"r\": 1", "\"r\": 0") =>
        "Refused: adapter_model.safetensors: adapter: rank 0 is not 1 to 64. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    rank_of_a_billion: "a rank of 10^18",
        configured("\"r\": 1", "\"r\": 1000000000000000000") =>
        "Refused: adapter_model.safetensors: adapter: rank 1000000000000000000 is not 1 to 64. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    negative_rank: "a negative rank",
        configured("\"r\": 1", "\"r\": -1") =>
        "Refused: adapter_config.json: invalid value: integer `-1`, expected usize at line 1 column 29. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    infinite_alpha: "an alpha beyond all numbers",
        configured("16", "1e39") =>
        "Refused: adapter_model.safetensors: adapter: alpha inf is not a finite number. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    dora: "DoRA",
        configured("\"r\"", "\"use_dora\": true, \"r\"") =>
        "Refused: adapter_config.json: use_dora is set; adapters with it are not supported. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    other_targets: "an adapter of other layers",
        configured("\"value\"", "\"lm_head\"") =>
        "Refused: adapter_config.json: target_modules are [\"query\", \"lm_head\"]; query and value, or all linear layers ([\"query\", \"key\", \"value\", \"intermediate.dense\", \"output.dense\"]), are read. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    empty: "weights of no bytes",
        weights(Vec::new()) =>
        "Refused: adapter_model.safetensors: header too small. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    breaks_off: "weights that break off",
        weights(good()[..300].to_vec()) =>
        "Refused: adapter_model.safetensors: invalid header length. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    header_beyond_file: "a header that claims more than the file has",
        weights(with_claimed_length(9000, "{}", b"")) =>
        "Refused: adapter_model.safetensors: invalid header length. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    huge_header: "a header that claims 16 exabytes",
        weights(with_claimed_length(u64::MAX, "{}", b"")) =>
        "Refused: adapter_model.safetensors: header too large. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    header_no_json: "a header that is no JSON",
        weights(with_header("{nonsense}", b"")) =>
        "Refused: adapter_model.safetensors: invalid JSON in header: key must be a string at line 1 column 2. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    deep_header: "a header of 100,000 brackets",
        weights(with_header(&"[".repeat(100_000), b"")) =>
        "Refused: adapter_model.safetensors: invalid JSON in header: invalid type: sequence, expected struct HashMetadata at line 1 column 0. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    shape_beyond_numbers: "a shape whose product is beyond all numbers",
        one_entry(&entry("F32", "[4294967296, 4294967296, 4]", 0, 16), 16) =>
        "Refused: adapter_model.safetensors: overflow computing buffer size from shape and/or element type. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    shape_beyond_data: "a shape that claims more than its bytes",
        one_entry(&entry("F32", "[1000000, 1000000]", 0, 16), 16) =>
        "Refused: adapter_model.safetensors: invalid shape, data type, or offset for tensor. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    place_beyond_file: "bytes that lie beyond the file",
        one_entry(&entry("F32", "[1, 4]", 0, 16), 8) =>
        "Refused: adapter_model.safetensors: incomplete metadata, file not fully covered. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    place_backwards: "bytes that end before they begin",
        one_entry(&entry("F32", "[1, 4]", 16, 0), 16) =>
        "Refused: adapter_model.safetensors: invalid offset for tensor `base_model.model.encoder.layer.0.attention.self.query.lora_A.weight`. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    overlapping: "two tensors that share bytes",
        weights(with_header(&format!("{{{QUERY_A:?}: {}, {QUERY_B:?}: {}}}", entry("F32", "[1, 4]", 0, 16), entry("F32", "[1, 4]", 8, 24)), &[0; 24])) =>
        "Refused: adapter_model.safetensors: invalid offset for tensor `base_model.model.encoder.layer.0.attention.self.query.lora_B.weight`. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    missing_tensor: "a tensor that is missing",
        weights(of(&[(QUERY_A, &[1, 4], 0.5)])) =>
        "Refused: adapter_model.safetensors: no tensor 'base_model.model.encoder.layer.0.attention.self.query.lora_B.weight'. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    extra_tensor: "a tensor too many",
        extra() =>
        "Refused: adapter_model.safetensors: 1 tensors more than adapter_config.json names. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    wrong_shape: "a tensor of another shape",
        query_a(&[2, 4], 0.5) =>
        "Refused: adapter_model.safetensors: adapter: encoder.layer.0.attention.self.query has A [2, 4] and B [4, 1], expected [1, 4] and [4, 1]. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    wrong_type: "a tensor of whole numbers",
        one_entry(&entry("I32", "[1, 4]", 0, 16), 16) =>
        "Refused: adapter_model.safetensors: tensor 'base_model.model.encoder.layer.0.attention.self.query.lora_A.weight' has type I32; F32 is read. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
    nan: "a tensor with NaN",
        query_a(&[1, 4], f32::NAN) =>
        "Refused: adapter_model.safetensors: tensor 'base_model.model.encoder.layer.0.attention.self.query.lora_A.weight' holds a value that is not finite. Choose the files of a LoRA adapter for this model, as PEFT saves them.";
}
