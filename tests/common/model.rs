//! The model that `cargo xtask model` fetches, loaded once for all tests of a file.

use figret::encoder::{BertConfig, Weights};
use figret::text::Tokenizer;
use std::path::PathBuf;
use std::sync::OnceLock;

pub struct Model {
    pub config: BertConfig,
    pub weights: Weights,
    pub tokenizer: Tokenizer,
}

/// Loads `models/all-MiniLM-L6-v2`.
pub fn model() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| {
        let config = BertConfig::from_json(&read("config.json")).unwrap();
        Model {
            weights: Weights::from_safetensors(&read("model.safetensors"), &config).unwrap(),
            tokenizer: Tokenizer::from_json(&read("tokenizer.json")).unwrap(),
            config,
        }
    })
}

/// The bytes of `config.json`, `tokenizer.json` and `model.safetensors`.
pub fn model_bytes() -> [Vec<u8>; 3] {
    ["config.json", "tokenizer.json", "model.safetensors"].map(read)
}

fn read(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("models/all-MiniLM-L6-v2").join(name);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}; `cargo xtask model` fetches it", path.display()))
}
