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

/// Loads `models/all-MiniLM-L6-v2`, or that folder inside `FIGRET_MODELS`.
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

/// Folder of the model's files.
pub fn model_folder() -> PathBuf {
    let models = std::env::var_os("FIGRET_MODELS").map(PathBuf::from);
    let models = models.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("models"));
    models.join("all-MiniLM-L6-v2")
}

fn read(name: &str) -> Vec<u8> {
    let path = model_folder().join(name);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}; `cargo xtask model` fetches it", path.display()))
}
