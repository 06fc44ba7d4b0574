//! The model's own files: `config.json`, `model.safetensors` and `tokenizer.json`.

use crate::adapters::bert;
use crate::tensors::{entry, of, with_claimed_length, with_header};
use crate::{cases, refused};
use figret::encoder::{BertConfig, Weights};
use figret::text::Tokenizer;

const CONFIG: &str = r#"{"vocab_size": 8, "hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8, "max_position_embeddings": 256, "layer_norm_eps": 1e-12, "hidden_act": "gelu", "model_type": "bert"}"#;

fn config(json: &str) -> String {
    match BertConfig::from_json(json.as_bytes()) {
        Ok(config) => format!("{} layers read.", config.num_hidden_layers),
        Err(error) => refused(&error, &error.remedy()),
    }
}

fn configured(from: &str, to: &str) -> String {
    let changed = CONFIG.replace(from, to);
    assert_ne!(changed, CONFIG);
    config(&changed)
}

fn weights(bytes: &[u8]) -> String {
    match Weights::from_safetensors(bytes, &bert()) {
        Ok(weights) => format!("{} tensors read.", weights.names().count()),
        Err(error) => refused(&error, &error.remedy()),
    }
}

/// All weights of a small encoder, the first of them changed.
fn first_tensor(shape: Option<&[usize]>, value: f32) -> String {
    let expected = Weights::expected_tensors(&bert());
    let tensor = |(i, (name, whole)): (usize, &'static (String, Vec<usize>))| {
        (name.as_str(), shape.filter(|_| i == 0).unwrap_or(whole), if i == 0 { value } else { 0.5 })
    };
    let expected: &'static Vec<_> = Box::leak(Box::new(expected));
    let tensors: Vec<(&str, &[usize], f32)> = expected.iter().enumerate().map(tensor).collect();
    weights(&of(&tensors))
}

fn one_entry(entry: &str, bytes: usize) -> String {
    weights(&with_header(&format!("{{\"embeddings.word_embeddings.weight\": {entry}}}"), &vec![0; bytes]))
}

/// A tokenizer of four tokens.
pub(crate) const TOKENIZER: &str = r###"{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
    "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]}, "decoder": null,
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
    "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3}}}"###;

fn tokenizer(json: &str) -> String {
    match Tokenizer::from_json(json.as_bytes()) {
        Ok(tokenizer) => match tokenizer.encode("a b") {
            Ok(ids) => format!("Read; 'a b' is {ids:?}."),
            Err(error) => refused(&error, &error.remedy()),
        },
        Err(error) => refused(&error, &error.remedy()),
    }
}

fn with_part(from: &str, to: &str) -> String {
    let changed = TOKENIZER.replace(from, to);
    assert_ne!(changed, TOKENIZER);
    tokenizer(&changed)
}

cases! {
    config_no_json: "a configuration that is no JSON",
        config("model: bert") =>
        "Refused: config.json: expected value at line 1 column 1. Take all files from one download of the model.";
    config_without_field: "a configuration that lacks a field",
        configured("\"hidden_size\": 4, ", "") =>
        "Refused: config.json: missing field `hidden_size` at line 1 column 192. Take all files from one download of the model.";
    config_of_long_words: "a configuration with a text of 100,000 characters where a number belongs",
        configured("8,", &format!("\"{}\",", "8".repeat(100_000))) =>
        "Refused: config.json: invalid type: string \"8888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888888. Take all files from one download of the model.";
    config_of_another_model: "the configuration of another architecture",
        configured("\"bert\"", "\"gpt2\"") =>
        "Refused: config.json: model_type is 'gpt2', not 'bert'. Choose a BERT model with mean or CLS pooling, such as all-MiniLM-L12-v2, bge-small-en-v1.5 or e5-small-v2.";
    config_of_many_layers: "a configuration of 10^18 layers",
        configured("\"num_hidden_layers\": 1", "\"num_hidden_layers\": 1000000000000000000") =>
        "Refused: config.json: num_hidden_layers is 1000000000000000000, not between 1 and 256. Take all files from one download of the model.";
    config_of_width_0: "a width of 0",
        configured("\"hidden_size\": 4", "\"hidden_size\": 0") =>
        "Refused: config.json: hidden_size is 0, not between 1 and 1048576. Take all files from one download of the model.";
    config_of_no_heads: "no attention heads",
        configured("\"num_attention_heads\": 2", "\"num_attention_heads\": 0") =>
        "Refused: config.json: num_attention_heads is 0, not between 1 and 1048576. Take all files from one download of the model.";
    config_of_uneven_heads: "heads that do not divide the width",
        configured("\"num_attention_heads\": 2", "\"num_attention_heads\": 3") =>
        "Refused: config.json: hidden_size 4 is not a multiple of num_attention_heads 3. Take all files from one download of the model.";
    config_of_negative_epsilon: "a negative epsilon",
        configured("1e-12", "-1") =>
        "Refused: config.json: layer_norm_eps is -1, not 0 or more. Take all files from one download of the model.";
    weights_good: "whole weights, to show that the others are refused for what is changed in them",
        first_tensor(None, 0.5) =>
        "21 tensors read.";
    weights_empty: "weights of no bytes",
        weights(b"") =>
        "Refused: model.safetensors: header too small. Take all files from one download of the model.";
    weights_html: "an HTML page under the name of the weights",
        weights(b"<!DOCTYPE html><title>404</title>") =>
        "Refused: model.safetensors: header too large. Take all files from one download of the model.";
    weights_header_beyond_file: "a header that claims 50 MB of a file of 10 bytes",
        weights(&with_claimed_length(50_000_000, "{}", b"")) =>
        "Refused: model.safetensors: invalid header length. Take all files from one download of the model.";
    weights_huge_header: "a header that claims 16 exabytes",
        weights(&with_claimed_length(u64::MAX, "{}", b"")) =>
        "Refused: model.safetensors: header too large. Take all files from one download of the model.";
    weights_beyond_numbers: "a shape whose product is beyond all numbers",
        one_entry(&entry("F32", "[9223372036854775807, 4]", 0, 16), 16) =>
        "Refused: model.safetensors: overflow computing buffer size from shape and/or element type. Take all files from one download of the model.";
    weights_of_whole_numbers: "weights of whole numbers",
        one_entry(&entry("I64", "[8, 4]", 0, 256), 256) =>
        "Refused: model.safetensors: tensor 'embeddings.word_embeddings.weight' has type I64; f32, f16 and bf16 are read. Take all files from one download of the model.";
    weights_missing: "a tensor that is missing",
        weights(&of(&[("x", &[1], 0.5)])) =>
        "Refused: model.safetensors has no tensor 'embeddings.word_embeddings.weight'. Take all files from one download of the model.";
    weights_of_wrong_shape: "a tensor of another shape",
        first_tensor(Some(&[9, 4]), 0.5) =>
        "Refused: model.safetensors: tensor 'embeddings.word_embeddings.weight' has shape [9, 4], config.json asks for [8, 4]. Take all files from one download of the model.";
    weights_of_nan: "weights with NaN",
        first_tensor(None, f32::NAN) =>
        "Refused: model.safetensors: tensor 'embeddings.word_embeddings.weight' holds a value that is not finite. Take all files from one download of the model.";
    tokenizer_good: "a whole tokenizer, to show that the others are refused for what is changed in them",
        tokenizer(TOKENIZER) =>
        "Read; 'a b' is [1, 3, 0, 2].";
    tokenizer_no_json: "a tokenizer that is no JSON",
        tokenizer("[UNK]\n[CLS]\n") =>
        "Refused: tokenizer.json cannot be read: expected value at line 1 column 2. Take all files from one download of the model.";
    tokenizer_of_a_list: "a tokenizer that is a list",
        tokenizer("[]") =>
        "Refused: tokenizer.json cannot be read: invalid length 0, expected struct Parts with 5 elements at line 1 column 2. Take all files from one download of the model.";
    tokenizer_of_patterns: "a tokenizer with a pattern that takes for ever on some texts",
        with_part(r#"{"type": "BertPreTokenizer"}"#, r#"{"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated", "invert": false}"#) =>
        "Refused: tokenizer.json cannot be read: its pre_tokenizer is Split; BertPreTokenizer is read. Take all files from one download of the model.";
    tokenizer_of_replacing: "a tokenizer whose normalizer makes texts longer and longer",
        with_part(r#""BertNormalizer""#, r#""Replace", "pattern": {"Regex": "."}, "content": "aaaaaaaaaa""#) =>
        "Refused: tokenizer.json cannot be read: its normalizer is Replace; BertNormalizer is read. Take all files from one download of the model.";
    tokenizer_of_another_model: "a tokenizer of another kind of model",
        with_part("WordPiece", "BPE") =>
        "Refused: tokenizer.json cannot be read: its model is BPE; WordPiece is read. Take all files from one download of the model.";
    tokenizer_of_long_words: "words of a billion characters searched for pieces",
        with_part("\"max_input_chars_per_word\": 100", "\"max_input_chars_per_word\": 1000000000") =>
        "Refused: tokenizer.json cannot be read: max_input_chars_per_word is 1000000000, more than 1000. Take all files from one download of the model.";
    tokenizer_without_unknown: "a vocabulary without the token for unknown words",
        with_part("\"[UNK]\": 0, ", "") =>
        "Refused: a text cannot be tokenized: WordPiece error: Missing [UNK] token from the vocabulary. Leave the text out, or take the tokenizer.json that belongs to the model.";
    tokenizer_with_padding: "padding to a billion tokens: not done",
        with_part("\"padding\": null", r#""padding": {"strategy": {"Fixed": 1000000000}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"}"#) =>
        "Read; 'a b' is [1, 3, 0, 2].";
}
