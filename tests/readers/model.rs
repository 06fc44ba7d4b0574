//! The readers of the model's files, of adapters and of vectors.

use super::{is_told, parts};
use figret::encoder::{BertConfig, Weights};
use figret::export::{
    ADAPTER_CONFIG, ADAPTER_WEIGHTS, ExportedFile, Recipe, read_adapter, read_vectors, write_adapter,
};
use figret::text::{MAX_TOKENS, Tokenizer};

/// An encoder that is small enough for seeds.
pub fn small_bert() -> BertConfig {
    let json = br#"{"vocab_size": 8, "hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 8, "max_position_embeddings": 256, "layer_norm_eps": 1e-12, "hidden_act": "gelu",
        "model_type": "bert"}"#;
    BertConfig::from_json(json).unwrap_or_else(|e| panic!("{e}"))
}

/// Reads `adapter_config.json` and, after it, `adapter_model.safetensors`; what is written is read back.
pub fn adapter(bytes: &[u8]) {
    let file = |(name, part): (&str, &[u8])| ExportedFile { name: name.into(), bytes: part.to_vec() };
    let files: Vec<_> = [ADAPTER_CONFIG, ADAPTER_WEIGHTS].into_iter().zip(parts(bytes)).map(file).collect();
    match read_adapter(&files, &small_bert()) {
        Err(error) => is_told("adapter_", &error.to_string(), &error.remedy()),
        Ok((adapter, towers)) => {
            let written =
                write_adapter(&adapter, towers, &Recipe::default()).unwrap_or_else(|e| panic!("{e}"));
            let again = read_adapter(&written, &small_bert()).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(again, (adapter, towers));
        }
    }
}

/// Reads vectors.
pub fn vectors(bytes: &[u8]) {
    match read_vectors(bytes) {
        Err(error) => is_told("embeddings.safetensors", &error.to_string(), &error.remedy()),
        Ok(vectors) => assert!(vectors.width() > 0 && !vectors.is_empty()),
    }
}

/// Reads `config.json`.
pub fn config(bytes: &[u8]) {
    match BertConfig::from_json(bytes) {
        Err(error) => is_told("config.json", &error.to_string(), &error.remedy()),
        Ok(config) => {
            assert!(config.head_dim() > 0);
            assert!(Weights::expected_tensors(&config).len() < 10_000);
        }
    }
}

/// Reads `model.safetensors`.
pub fn weights(bytes: &[u8]) {
    match Weights::from_safetensors(bytes, &small_bert()) {
        Err(error) => is_told("model.safetensors", &error.to_string(), &error.remedy()),
        Ok(weights) => assert!(weights.names().count() > 0),
    }
}

/// Reads `tokenizer.json` and tokenizes a text with it.
pub fn tokenizer(bytes: &[u8]) {
    match Tokenizer::from_json(bytes) {
        Err(error) => is_told("tokenizer.json", &error.to_string(), &error.remedy()),
        Ok(tokenizer) => {
            let text = "Some text [CLS] with punctuation, a 漢字, é, e\u{301} and a tab\t.";
            match (tokenizer.encode(text), tokenizer.count(text)) {
                (Ok(ids), Ok(count)) => assert_eq!(ids.len(), count.min(MAX_TOKENS)),
                (Err(error), _) | (_, Err(error)) => is_told("text", &error.to_string(), &error.remedy()),
            }
        }
    }
}
