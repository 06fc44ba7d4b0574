//! Low-rank adapters on the host: PEFT's definition, initial values and merging.
//!
//! y = W x + b + (alpha / r) B A x, with A `[r, in]` and B `[out, r]` (Hu et al. 2021, arXiv 2106.09685).
//! Reading and writing PEFT's files is `export`'s work.

use super::{BertConfig, EncoderError, HostTensor, Weights};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::collections::BTreeMap;

/// Which projections carry an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Targets {
    /// Query and value of every attention.
    QueryValue,
    /// All six linear layers of every encoder layer.
    AllLinear,
}

impl Targets {
    /// Names the projections inside a layer, as in the weights.
    pub fn projections(self) -> &'static [&'static str] {
        match self {
            Self::QueryValue => &["attention.self.query", "attention.self.value"],
            Self::AllLinear => &[
                "attention.self.query",
                "attention.self.key",
                "attention.self.value",
                "attention.output.dense",
                "intermediate.dense",
                "output.dense",
            ],
        }
    }
}

/// Rank, scale and place of an adapter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoraConfig {
    /// Rank r of the update.
    pub rank: usize,
    /// Numerator of the scale alpha / r.
    pub alpha: f32,
    /// Adapted projections.
    pub targets: Targets,
}

impl LoraConfig {
    /// Factor of the update, alpha / r.
    pub fn scale(&self) -> f32 {
        self.alpha / self.rank as f32
    }
}

/// The two factors of one projection's update.
#[derive(Debug, Clone, PartialEq)]
pub struct LoraPair {
    /// A, `[r, in]`.
    pub a: HostTensor,
    /// B, `[out, r]`.
    pub b: HostTensor,
}

/// An adapter: one pair for each adapted projection, by module name
/// (`encoder.layer.0.attention.self.query`).
#[derive(Debug, Clone, PartialEq)]
pub struct LoraAdapter {
    /// Rank, scale and place.
    pub config: LoraConfig,
    /// The pairs.
    pub pairs: BTreeMap<String, LoraPair>,
}

impl LoraAdapter {
    /// Makes the adapter that PEFT starts from: A uniform in ±1/√in (Kaiming with a = √5), B zero.
    ///
    /// # Errors
    /// [`EncoderError::Adapter`] if the rank is not 1 to 64.
    pub fn initial(config: LoraConfig, bert: &BertConfig, seed: u64) -> Result<Self, EncoderError> {
        check_rank(config.rank)?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut pairs = BTreeMap::new();
        for layer in 0..bert.num_hidden_layers {
            for projection in config.targets.projections() {
                let [outputs, inputs] = projection_shape(bert, projection);
                let bound = 1.0 / (inputs as f32).sqrt();
                let a = (0..config.rank * inputs).map(|_| rng.random_range(-bound..bound)).collect();
                let pair = LoraPair {
                    a: HostTensor { shape: vec![config.rank, inputs], data: a },
                    b: HostTensor {
                        shape: vec![outputs, config.rank],
                        data: vec![0.0; outputs * config.rank].into(),
                    },
                };
                pairs.insert(format!("encoder.layer.{layer}.{projection}"), pair);
            }
        }
        Ok(Self { config, pairs })
    }

    /// Checks that every adapted projection is there with the shapes that `bert` asks for.
    ///
    /// # Errors
    /// [`EncoderError::Adapter`] naming the first tensor that is missing or does not fit.
    pub fn check(&self, bert: &BertConfig) -> Result<(), EncoderError> {
        check_rank(self.config.rank)?;
        if !self.config.scale().is_finite() {
            return Err(EncoderError::Adapter(format!("alpha {} is not a finite number", self.config.alpha)));
        }
        let expected = bert.num_hidden_layers * self.config.targets.projections().len();
        if self.pairs.len() != expected {
            return Err(EncoderError::Adapter(format!("{} pairs, expected {expected}", self.pairs.len())));
        }
        for layer in 0..bert.num_hidden_layers {
            for projection in self.config.targets.projections() {
                let name = format!("encoder.layer.{layer}.{projection}");
                let pair = self.pairs.get(&name);
                let pair = pair.ok_or_else(|| EncoderError::Adapter(format!("no pair for {name}")))?;
                let [outputs, inputs] = projection_shape(bert, projection);
                let rank = self.config.rank;
                if pair.a.shape != [rank, inputs] || pair.b.shape != [outputs, rank] {
                    return Err(EncoderError::Adapter(format!(
                        "{name} has A {:?} and B {:?}, expected [{rank}, {inputs}] and [{outputs}, {rank}]",
                        pair.a.shape, pair.b.shape
                    )));
                }
            }
        }
        Ok(())
    }

    /// Every A and B by PEFT's name, `<module>.lora_A.weight` and `<module>.lora_B.weight`.
    pub fn tensors(&self) -> BTreeMap<String, HostTensor> {
        let named = |(module, pair): (&String, &LoraPair)| {
            let [a, b] = tensor_names(module);
            [(a, pair.a.clone()), (b, pair.b.clone())]
        };
        self.pairs.iter().flat_map(named).collect()
    }

    /// Puts an adapter together from tensors named as [`Self::tensors`] does.
    ///
    /// # Errors
    /// [`EncoderError::Adapter`] if the other half of a pair is missing.
    pub fn from_tensors(
        config: LoraConfig,
        tensors: &BTreeMap<String, HostTensor>,
    ) -> Result<Self, EncoderError> {
        let find = |name: &String| {
            tensors.get(name).cloned().ok_or_else(|| EncoderError::Adapter(format!("no tensor {name}")))
        };
        let modules = tensors.keys().filter_map(|name| name.strip_suffix(".lora_A.weight"));
        let pairs = modules.map(|module| {
            let [a, b] = tensor_names(module);
            Ok((module.to_owned(), LoraPair { a: find(&a)?, b: find(&b)? }))
        });
        Ok(Self { config, pairs: pairs.collect::<Result<_, EncoderError>>()? })
    }

    /// Number of trained values.
    pub fn parameters(&self) -> usize {
        self.pairs.values().map(|pair| pair.a.data.len() + pair.b.data.len()).sum()
    }

    /// Returns W + (alpha / r) B A for every adapted projection, by weight name.
    ///
    /// # Errors
    /// [`EncoderError::MissingTensor`] if `base` lacks a projection.
    pub fn merged_into(&self, base: &Weights) -> Result<BTreeMap<String, HostTensor>, EncoderError> {
        let mut merged = BTreeMap::new();
        for (module, pair) in &self.pairs {
            let name = format!("{module}.weight");
            let weight = base.tensor(&name)?;
            merged.insert(name, merge(weight, pair, self.config.scale()));
        }
        Ok(merged)
    }
}

/// PEFT's names of a module's A and B.
pub(super) fn tensor_names(module: &str) -> [String; 2] {
    ["A", "B"].map(|factor| format!("{module}.lora_{factor}.weight"))
}

fn check_rank(rank: usize) -> Result<(), EncoderError> {
    if (1..=64).contains(&rank) {
        Ok(())
    } else {
        Err(EncoderError::Adapter(format!("rank {rank} is not 1 to 64")))
    }
}

/// `[out, in]` of a projection.
fn projection_shape(bert: &BertConfig, projection: &str) -> [usize; 2] {
    match projection {
        "intermediate.dense" => [bert.intermediate_size, bert.hidden_size],
        "output.dense" => [bert.hidden_size, bert.intermediate_size],
        _ => [bert.hidden_size, bert.hidden_size],
    }
}

fn merge(weight: &HostTensor, pair: &LoraPair, scale: f32) -> HostTensor {
    let rank = pair.a.shape[0];
    let inputs = pair.a.shape[1];
    let mut data = weight.data.to_vec();
    for (row, b) in data.chunks_exact_mut(inputs).zip(pair.b.data.chunks_exact(rank)) {
        for (&b, a) in b.iter().zip(pair.a.data.chunks_exact(inputs)) {
            row.iter_mut().zip(a).for_each(|(w, &a)| *w += scale * b * a);
        }
    }
    HostTensor { shape: weight.shape.clone(), data: data.into() }
}
