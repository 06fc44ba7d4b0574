//! The recordings in `tests/fixtures`, made by `make_fixtures.py` there.

use figret::encoder::{HostTensor, LoraAdapter, LoraConfig, LoraPair, Targets};
use safetensors::SafeTensors;
use serde::Deserialize;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");

/// Texts with the token ids and embeddings that sentence-transformers gave them.
pub struct Embeddings {
    pub texts: Vec<String>,
    pub token_ids: Vec<Vec<u32>>,
    pub embeddings: Vec<f32>,
}

/// Reads `texts.json` and `embeddings.safetensors`.
pub fn embeddings() -> Embeddings {
    #[derive(Deserialize)]
    struct Texts {
        texts: Vec<String>,
    }
    let Texts { texts } = serde_json::from_slice(&read("texts.json")).unwrap();
    let bytes = read("embeddings.safetensors");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let ids = |i: usize| {
        let view = file.tensor(&format!("token_ids_{i}")).unwrap();
        view.data().chunks_exact(4).map(|b| u32::from_le_bytes(b.try_into().unwrap())).collect()
    };
    Embeddings {
        token_ids: (0..texts.len()).map(ids).collect(),
        embeddings: tensor(&file, "embeddings").data.to_vec(),
        texts,
    }
}

/// Twenty AdamW steps of PyTorch and PEFT on the query tower.
#[derive(Deserialize)]
pub struct Recording {
    pub queries: Vec<String>,
    pub temperature: f64,
    pub learning_rate: f64,
    pub weight_decay: f64,
    pub losses: Vec<f64>,
    #[serde(skip)]
    bytes: Vec<u8>,
}

impl Recording {
    /// Reads `lora_step.json` and `lora_step.safetensors`.
    pub fn lora_step() -> Self {
        let mut recording: Self = serde_json::from_slice(&read("lora_step.json")).unwrap();
        recording.bytes = read("lora_step.safetensors");
        recording
    }

    /// The adapter at `init` or `final`.
    pub fn adapter(&self, moment: &str) -> LoraAdapter {
        let config = LoraConfig { rank: 8, alpha: 16.0, targets: Targets::QueryValue };
        let names = (0..6).flat_map(|layer| {
            ["query", "value"].map(|target| format!("encoder.layer.{layer}.attention.self.{target}"))
        });
        LoraAdapter { config, pairs: names.map(|name| (name.clone(), self.pair(moment, &name))).collect() }
    }

    /// The pair of a module at `init`, `grad` or `final`.
    pub fn pair(&self, moment: &str, module: &str) -> LoraPair {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        let short = module.replace("encoder.layer.", "").replace(".attention.self", "");
        LoraPair {
            a: tensor(&file, &format!("{moment}.{short}.lora_A")),
            b: tensor(&file, &format!("{moment}.{short}.lora_B")),
        }
    }

    /// The vectors of the passages, one for each query.
    pub fn passages(&self) -> Vec<f32> {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        tensor(&file, "passages").data.to_vec()
    }

    /// Cross-entropy of query i against passage i, and its gradient with respect to the embeddings.
    pub fn loss(&self, embeddings: &[f32]) -> (f64, Vec<f32>) {
        let passages = self.passages();
        let n = self.queries.len();
        let (mut loss, mut grad) = (0.0, Vec::new());
        for (i, query) in embeddings.chunks(384).enumerate() {
            let logits: Vec<f64> = passages.chunks(384).map(|p| dot(query, p) / self.temperature).collect();
            let largest = logits.iter().copied().fold(f64::MIN, f64::max);
            let total: f64 = logits.iter().map(|l| (l - largest).exp()).sum();
            loss -= (logits[i] - largest - total.ln()) / n as f64;
            let mut row = vec![0.0; 384];
            for (j, passage) in passages.chunks(384).enumerate() {
                let p = (logits[j] - largest).exp() / total - f64::from(u8::from(i == j));
                let factor = p / self.temperature / n as f64;
                row.iter_mut().zip(passage).for_each(|(g, &x)| *g += factor * f64::from(x));
            }
            grad.extend(row.into_iter().map(|g| g as f32));
        }
        (loss, grad)
    }
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(format!("{FOLDER}/{name}")).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn tensor(file: &SafeTensors, name: &str) -> HostTensor {
    let view = file.tensor(name).unwrap();
    let data = view.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    HostTensor { shape: view.shape().to_vec(), data }
}
