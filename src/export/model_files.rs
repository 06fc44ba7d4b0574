//! The small files of a sentence-transformers folder, from the model's shape, its recipe and its tokenizer.
//!
//! They say what the base model's own files say, in the layout of sentence-transformers 2.

use super::{ExportError, ExportedFile};
use crate::encoder::{BertConfig, Pooling};
use crate::text::Prefixes;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;

/// The special tokens by the names that transformers gives them.
const SPECIAL_TOKENS: [(&str, &str); 5] = [
    ("cls_token", "[CLS]"),
    ("mask_token", "[MASK]"),
    ("pad_token", "[PAD]"),
    ("sep_token", "[SEP]"),
    ("unk_token", "[UNK]"),
];

/// `config.json`: the shape, and the values that transformers gives to BERT where the engine has no use for them.
pub(super) fn config(config: &BertConfig) -> Vec<u8> {
    text(&json!({
        "architectures": ["BertModel"],
        "attention_probs_dropout_prob": 0.1,
        "hidden_act": config.hidden_act,
        "hidden_dropout_prob": 0.1,
        "hidden_size": config.hidden_size,
        "initializer_range": 0.02,
        "intermediate_size": config.intermediate_size,
        "layer_norm_eps": config.layer_norm_eps,
        "max_position_embeddings": config.max_position_embeddings,
        "model_type": config.model_type,
        "num_attention_heads": config.num_attention_heads,
        "num_hidden_layers": config.num_hidden_layers,
        "pad_token_id": 0,
        "position_embedding_type": "absolute",
        "torch_dtype": "float32",
        "type_vocab_size": config.type_vocab_size,
        "use_cache": true,
        "vocab_size": config.vocab_size
    }))
}

/// `modules.json`: transformer, pooling, and perhaps normalization, which has no files.
pub(super) fn modules(is_normalized: bool) -> Vec<u8> {
    let module = |i: usize, path: &str, name: &str| json!({"idx": i, "name": i.to_string(), "path": path, "type": format!("sentence_transformers.models.{name}")});
    let mut modules = vec![module(0, "", "Transformer"), module(1, "1_Pooling", "Pooling")];
    if is_normalized {
        modules.push(module(2, "2_Normalize", "Normalize"));
    }
    text(&json!(modules))
}

/// `1_Pooling/config.json`: the mean over all tokens, or the first one.
pub(super) fn pooling(config: &BertConfig) -> Vec<u8> {
    text(&json!({
        "word_embedding_dimension": config.hidden_size,
        "pooling_mode_cls_token": config.pooling == Pooling::Cls,
        "pooling_mode_mean_tokens": config.pooling == Pooling::Mean,
        "pooling_mode_max_tokens": false,
        "pooling_mode_mean_sqrt_len_tokens": false
    }))
}

/// `sentence_bert_config.json`: the limit of tokens.
pub(super) fn limits(max_tokens: usize) -> Vec<u8> {
    text(&json!({"max_seq_length": max_tokens, "do_lower_case": false}))
}

/// `config_sentence_transformers.json`: what stands in front of texts, and that vectors are compared by cosine.
pub(super) fn prompts(prefixes: &Prefixes) -> Vec<u8> {
    let prompts = match prefixes {
        prefixes if prefixes.is_empty() => json!({}),
        Prefixes { query, passage } => json!({"query": query, "document": passage, "passage": passage}),
    };
    text(&json!({"prompts": prompts, "default_prompt_name": null, "similarity_fn_name": "cosine"}))
}

/// What stands in a `tokenizer.json` of BERT.
#[derive(Deserialize)]
struct TokenizerJson {
    normalizer: Normalizer,
    model: WordPiece,
}

#[derive(Deserialize)]
struct Normalizer {
    lowercase: bool,
    handle_chinese_chars: bool,
    strip_accents: Option<bool>,
}

#[derive(Deserialize)]
struct WordPiece {
    vocab: HashMap<String, usize>,
}

/// `tokenizer_config.json`, `special_tokens_map.json` and `vocab.txt`, for readers that want more than
/// `tokenizer.json`.
///
/// # Errors
/// [`ExportError::BadFile`] if it is not a WordPiece tokenizer with BERT's special tokens.
pub(super) fn tokenizer(tokenizer_json: &[u8], max_tokens: usize) -> Result<[ExportedFile; 3], ExportError> {
    let bad = |reason: String| ExportError::BadFile { file: "tokenizer.json", reason };
    let parsed: TokenizerJson = serde_json::from_slice(tokenizer_json).map_err(|e| bad(e.to_string()))?;
    let vocab = &parsed.model.vocab;
    if let Some((_, token)) = SPECIAL_TOKENS.iter().find(|(_, token)| !vocab.contains_key(*token)) {
        return Err(bad(format!("the vocabulary has no {token}")));
    }
    let special: serde_json::Map<String, Value> =
        SPECIAL_TOKENS.iter().map(|&(name, token)| (name.to_owned(), json!(token))).collect();
    let mut config = special.clone();
    config.insert("do_lower_case".to_owned(), json!(parsed.normalizer.lowercase));
    config.insert("model_max_length".to_owned(), json!(max_tokens));
    config.insert("strip_accents".to_owned(), json!(parsed.normalizer.strip_accents));
    config.insert("tokenize_chinese_chars".to_owned(), json!(parsed.normalizer.handle_chinese_chars));
    config.insert("tokenizer_class".to_owned(), json!("BertTokenizer"));
    let file = |name: &str, bytes| ExportedFile { name: name.to_owned(), bytes };
    Ok([
        file("tokenizer_config.json", text(&Value::Object(config))),
        file("special_tokens_map.json", text(&Value::Object(special))),
        file(
            "vocab.txt",
            vocab_txt(vocab).ok_or_else(|| bad("the ids of the vocabulary have gaps".to_owned()))?,
        ),
    ])
}

/// One token a line, its id the line's number from 0.
fn vocab_txt(vocab: &HashMap<String, usize>) -> Option<Vec<u8>> {
    let mut tokens = vec![None; vocab.len()];
    for (token, &id) in vocab {
        *tokens.get_mut(id)? = Some(token.as_str());
    }
    let mut lines = tokens.into_iter().collect::<Option<Vec<&str>>>()?.join("\n");
    lines.push('\n');
    Some(lines.into_bytes())
}

fn text(value: &Value) -> Vec<u8> {
    format!("{value:#}\n").into_bytes()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    fn tokenizer_json(vocab: &str) -> String {
        format!(
            r#"{{"normalizer":{{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,
            "strip_accents":null,"lowercase":true}},"model":{{"type":"WordPiece","vocab":{vocab}}}}}"#
        )
    }

    const VOCAB: &str = r###"{"[PAD]":0,"##s":5,"[UNK]":1,"[CLS]":2,"[SEP]":3,"[MASK]":4,"é":6}"###;

    #[test]
    fn the_vocabulary_is_in_the_order_of_its_ids() {
        let [config, special, vocab] = tokenizer(tokenizer_json(VOCAB).as_bytes(), 256).unwrap();
        assert_eq!(vocab.name, "vocab.txt");
        assert_eq!(vocab.bytes, "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n##s\né\n".as_bytes());
        let config: Value = serde_json::from_slice(&config.bytes).unwrap();
        assert_eq!((&config["do_lower_case"], &config["model_max_length"]), (&json!(true), &json!(256)));
        let special: Value = serde_json::from_slice(&special.bytes).unwrap();
        assert_eq!(special["mask_token"], "[MASK]");
    }

    #[test]
    fn another_tokenizer_is_refused() {
        let message = |vocab: &str| tokenizer(tokenizer_json(vocab).as_bytes(), 256).unwrap_err().to_string();
        assert_eq!(message(&VOCAB.replace("[SEP]", "</s>")), "tokenizer.json: the vocabulary has no [SEP]");
        assert_eq!(
            message(&VOCAB.replace("\"é\":6", "\"é\":9")),
            "tokenizer.json: the ids of the vocabulary have gaps"
        );
        assert!(tokenizer(b"{}", 256).is_err());
    }

    #[test]
    fn the_shape_is_read_back_as_it_was() {
        let json = br#"{"vocab_size":30522,"hidden_size":384,"num_hidden_layers":6,"num_attention_heads":12,
            "intermediate_size":1536,"max_position_embeddings":512,"layer_norm_eps":1e-12,"hidden_act":"gelu",
            "model_type":"bert"}"#;
        let shape = BertConfig::from_json(json).unwrap();
        assert_eq!(BertConfig::from_json(&config(&shape)).unwrap(), shape);
    }
}
