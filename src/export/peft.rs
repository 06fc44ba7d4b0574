//! A LoRA adapter as PEFT's files, and back.
//!
//! Format: `adapter_config.json` and `adapter_model.safetensors` as PEFT 0.18 to 0.21 write and read them for
//! a `BertModel`; keys `base_model.model.<module>.lora_A.weight`, without an adapter name.

use super::weights_file::{WeightsHeader, write_weights};
use super::{BASE_MODEL, ExportError, ExportedFile, Maker, Recipe};
use crate::encoder::{BertConfig, HostTensor, LoraAdapter, LoraConfig, LoraPair, Targets, Weights};
use crate::train::Towers;
use safetensors::tensor::{Dtype, SafeTensors};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// Name of the adapter's configuration file.
pub const ADAPTER_CONFIG: &str = "adapter_config.json";
/// Name of the adapter's weights file.
pub const ADAPTER_WEIGHTS: &str = "adapter_model.safetensors";

const PREFIX: &str = "base_model.model.";
/// Key of the weights' metadata that says which texts the adapter embeds; PEFT does not look at it.
pub(super) const TOWERS_KEY: &str = "figret_towers";

/// Writes `adapter_config.json`, `adapter_model.safetensors` and a `README.md` for an adapter of the model `base`.
///
/// # Errors
/// [`ExportError::BadFile`] if a tensor's shape does not fit its data.
pub fn write_adapter(
    adapter: &LoraAdapter,
    towers: Towers,
    base: &Recipe,
) -> Result<Vec<ExportedFile>, ExportError> {
    let file = |name: &str, bytes| ExportedFile { name: name.to_owned(), bytes };
    let readme = match towers {
        Towers::Query => include_str!("adapter_readme.md"),
        Towers::Both => include_str!("adapter_readme_both.md"),
    };
    Ok(vec![
        file(ADAPTER_CONFIG, config_json(&adapter.config, &base.name).into_bytes()),
        file(ADAPTER_WEIGHTS, weights(adapter, towers, base.maker().as_ref())?),
        file("README.md", base.fill(readme).into_bytes()),
    ])
}

/// Reads an adapter from files by name; folders before the name are ignored.
///
/// An adapter that does not say which texts it embeds is taken for one of queries.
///
/// # Errors
/// [`ExportError`] if a file is missing or does not describe a LoRA of this encoder.
pub fn read_adapter(files: &[ExportedFile], bert: &BertConfig) -> Result<(LoraAdapter, Towers), ExportError> {
    let config = read_config(find(files, ADAPTER_CONFIG)?)?;
    let bytes = find(files, ADAPTER_WEIGHTS)?;
    let weights = SafeTensors::deserialize(bytes).map_err(|e| bad_weights(e.to_string()))?;
    let mut pairs = BTreeMap::new();
    for layer in 0..bert.num_hidden_layers {
        for projection in config.targets.projections() {
            let module = format!("encoder.layer.{layer}.{projection}");
            let tensor = |factor: &str| read_tensor(&weights, &format!("{PREFIX}{module}.{factor}.weight"));
            pairs.insert(module.clone(), LoraPair { a: tensor("lora_A")?, b: tensor("lora_B")? });
        }
    }
    if weights.len() != pairs.len() * 2 {
        let extra = weights.len() - pairs.len() * 2;
        return Err(bad_weights(format!("{extra} tensors more than {ADAPTER_CONFIG} names")));
    }
    let adapter = LoraAdapter { config, pairs };
    adapter.check(bert).map_err(|e| bad_weights(e.to_string()))?;
    Ok((adapter, read_towers(bytes, ADAPTER_WEIGHTS)?))
}

/// Which texts the weights in `file` embed: queries, where they do not say.
pub(super) fn read_towers(weights: &[u8], file: &'static str) -> Result<Towers, ExportError> {
    let bad = |reason| ExportError::BadFile { file, reason };
    let (_, header) = SafeTensors::read_metadata(weights).map_err(|e| bad(e.to_string()))?;
    let towers = header.metadata().as_ref().and_then(|metadata| metadata.get(TOWERS_KEY));
    let Some(name) = towers else { return Ok(Towers::Query) };
    Towers::from_name(name).ok_or_else(|| bad(format!("{TOWERS_KEY} is '{name}'; query and both are read")))
}

fn config_json(config: &LoraConfig, base: &str) -> String {
    let value = json!({
        "alpha_pattern": {},
        "auto_mapping": {
            "base_model_class": "BertModel",
            "parent_library": "transformers.models.bert.modeling_bert"
        },
        "base_model_name_or_path": base,
        "bias": "none",
        "fan_in_fan_out": false,
        "inference_mode": true,
        "init_lora_weights": true,
        "layers_pattern": null,
        "layers_to_transform": null,
        "lora_alpha": config.alpha,
        "lora_dropout": 0.0,
        "modules_to_save": null,
        "peft_type": "LORA",
        "r": config.rank,
        "rank_pattern": {},
        "revision": null,
        "target_modules": target_modules(config.targets),
        "task_type": "FEATURE_EXTRACTION",
        "use_dora": false,
        "use_rslora": false
    });
    format!("{value:#}\n")
}

/// PEFT matches module names by their end; "output.dense" stands for both outputs and not for the pooler.
fn target_modules(targets: Targets) -> &'static [&'static str] {
    match targets {
        Targets::QueryValue => &["query", "value"],
        Targets::AllLinear => &["query", "key", "value", "intermediate.dense", "output.dense"],
    }
}

fn weights(adapter: &LoraAdapter, towers: Towers, maker: Option<&Maker>) -> Result<Vec<u8>, ExportError> {
    let factors = adapter.pairs.iter().flat_map(|(module, pair)| {
        let name = |factor| format!("{PREFIX}{module}.{factor}.weight");
        [(name("lora_A"), pair.a.clone()), (name("lora_B"), pair.b.clone())]
    });
    let mut bytes = Vec::new();
    write_weights(&Weights::from_tensors(factors.collect()), WeightsHeader { towers, maker }, &mut bytes)?;
    Ok(bytes)
}

/// The keys of `adapter_config.json` that decide what the adapter computes.
#[derive(Deserialize)]
struct PeftConfig {
    #[serde(default)]
    base_model_name_or_path: Option<String>,
    peft_type: String,
    r: usize,
    lora_alpha: f32,
    target_modules: Vec<String>,
    #[serde(default)]
    use_rslora: bool,
    #[serde(default)]
    use_dora: bool,
    #[serde(default)]
    fan_in_fan_out: bool,
    #[serde(default)]
    rank_pattern: Option<serde_json::Map<String, serde_json::Value>>,
    #[serde(default)]
    alpha_pattern: Option<serde_json::Map<String, serde_json::Value>>,
    #[serde(default)]
    modules_to_save: Option<Vec<String>>,
}

/// Checks that an adapter was made for the model `base`, as far as its files tell.
///
/// # Errors
/// [`ExportError::BadFile`] if they tell of another one.
pub(super) fn check_base(files: &[ExportedFile], base: &Recipe) -> Result<(), ExportError> {
    let bytes = find(files, ADAPTER_WEIGHTS)?;
    if Maker::of_file(bytes, ADAPTER_WEIGHTS)?.is_some() {
        return base.check_made_for(bytes, ADAPTER_WEIGHTS);
    }
    let config: PeftConfig =
        serde_json::from_slice(find(files, ADAPTER_CONFIG)?).map_err(|e| bad_config(e.to_string()))?;
    let name = config.base_model_name_or_path.unwrap_or_default();
    // Others may have been saved from any folder; of this one the name is known.
    if base.id.is_some() && name == BASE_MODEL {
        return Err(bad_config(format!("it was made for {BASE_MODEL}, and the model is {}", base.name)));
    }
    Ok(())
}

fn read_config(json: &[u8]) -> Result<LoraConfig, ExportError> {
    let config: PeftConfig = serde_json::from_slice(json).map_err(|e| bad_config(e.to_string()))?;
    if config.peft_type != "LORA" {
        return Err(bad_config(format!("peft_type is '{}'; only LORA is read", config.peft_type)));
    }
    let patterned = |map: &Option<serde_json::Map<_, _>>| map.as_ref().is_some_and(|map| !map.is_empty());
    let unsupported = [
        (config.use_rslora, "use_rslora"),
        (config.use_dora, "use_dora"),
        (config.fan_in_fan_out, "fan_in_fan_out"),
        (patterned(&config.rank_pattern), "rank_pattern"),
        (patterned(&config.alpha_pattern), "alpha_pattern"),
        (config.modules_to_save.is_some_and(|modules| !modules.is_empty()), "modules_to_save"),
    ];
    if let Some((_, key)) = unsupported.iter().find(|(set, _)| *set) {
        return Err(bad_config(format!("{key} is set; adapters with it are not supported")));
    }
    let targets = read_targets(&config.target_modules)?;
    Ok(LoraConfig { rank: config.r, alpha: config.lora_alpha, targets })
}

fn read_targets(names: &[String]) -> Result<Targets, ExportError> {
    let same = |targets: Targets| {
        let mut expected = target_modules(targets).to_vec();
        let mut found: Vec<&str> = names.iter().map(String::as_str).collect();
        expected.sort_unstable();
        found.sort_unstable();
        expected == found
    };
    [Targets::QueryValue, Targets::AllLinear].into_iter().find(|&targets| same(targets)).ok_or_else(|| {
        bad_config(format!(
            "target_modules are {names:?}; query and value, or all linear layers ({:?}), are read",
            target_modules(Targets::AllLinear)
        ))
    })
}

fn read_tensor(weights: &SafeTensors, name: &str) -> Result<HostTensor, ExportError> {
    let view = weights.tensor(name).map_err(|_| bad_weights(format!("no tensor '{name}'")))?;
    if view.dtype() != Dtype::F32 {
        return Err(bad_weights(format!("tensor '{name}' has type {:?}; F32 is read", view.dtype())));
    }
    let data: Vec<f32> =
        view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    if data.iter().any(|x| !x.is_finite()) {
        return Err(bad_weights(format!("tensor '{name}' holds a value that is not finite")));
    }
    Ok(HostTensor { shape: view.shape().to_vec(), data: data.into() })
}

fn find<'a>(files: &'a [ExportedFile], name: &'static str) -> Result<&'a [u8], ExportError> {
    let file = files.iter().find(|file| file.name.rsplit(['/', '\\']).next() == Some(name));
    file.map(|file| file.bytes.as_slice()).ok_or(ExportError::MissingFile(name))
}

fn bad_config(reason: String) -> ExportError {
    ExportError::bad_file(ADAPTER_CONFIG, &reason)
}

fn bad_weights(reason: String) -> ExportError {
    ExportError::bad_file(ADAPTER_WEIGHTS, &reason)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    fn bert() -> BertConfig {
        let json = br#"{"vocab_size":30522,"hidden_size":384,"num_hidden_layers":6,"num_attention_heads":12,
            "intermediate_size":1536,"max_position_embeddings":512,"layer_norm_eps":1e-12,"hidden_act":"gelu",
            "model_type":"bert"}"#;
        BertConfig::from_json(json).unwrap()
    }

    fn adapter(targets: Targets) -> LoraAdapter {
        LoraAdapter::initial(LoraConfig { rank: 8, alpha: 16.0, targets }, &bert(), 1).unwrap()
    }

    #[test]
    fn what_is_written_is_read_back() {
        for targets in [Targets::QueryValue, Targets::AllLinear] {
            let adapter = adapter(targets);
            for towers in [Towers::Query, Towers::Both] {
                let mut files = write_adapter(&adapter, towers, &Recipe::default()).unwrap();
                files[0].name = format!("folder/{}", files[0].name);
                assert_eq!(read_adapter(&files, &bert()).unwrap(), (adapter.clone(), towers));
            }
        }
    }

    #[test]
    fn the_same_adapter_is_the_same_file() {
        let adapter = adapter(Targets::QueryValue);
        let write = || write_adapter(&adapter, Towers::Query, &Recipe::default()).unwrap();
        let first = write();
        // A header in the order of a hash map would differ every other time.
        assert!((0..8).all(|_| write() == first));
    }

    #[test]
    fn names_and_bytes_are_those_that_peft_reads() {
        let files = write_adapter(&adapter(Targets::QueryValue), Towers::Query, &Recipe::default()).unwrap();
        let (header_size, header) = SafeTensors::read_metadata(&files[1].bytes).unwrap();
        // Rank 8 on two projections of six layers: 2 x 8 x 384 values of 4 bytes, twelve times.
        assert_eq!(files[1].bytes.len() - 8 - header_size, 294_912);
        assert_eq!(header.metadata().as_ref().unwrap()["format"], "pt");
        let a = "base_model.model.encoder.layer.5.attention.self.value.lora_A.weight";
        assert_eq!(header.info(a).unwrap().shape, [8, 384]);
        assert_eq!(header.info(&a.replace("lora_A", "lora_B")).unwrap().shape, [384, 8]);
    }

    #[test]
    fn refusals_name_the_file_and_the_reason() {
        let files = write_adapter(&adapter(Targets::QueryValue), Towers::Query, &Recipe::default()).unwrap();
        let message = |files: &[ExportedFile]| read_adapter(files, &bert()).unwrap_err().to_string();
        assert!(message(&files[..1]).starts_with("adapter_model.safetensors is missing"));

        let mut dora = files.clone();
        let text = String::from_utf8(dora[0].bytes.clone()).unwrap();
        dora[0].bytes = text.replace("\"use_dora\": false", "\"use_dora\": true").into_bytes();
        assert_eq!(
            message(&dora),
            "adapter_config.json: use_dora is set; adapters with it are not supported"
        );

        let mut rank = files.clone();
        rank[0].bytes = text.replace("\"r\": 8", "\"r\": 4").into_bytes();
        assert!(message(&rank).contains("expected [4, 384]"), "{}", message(&rank));

        let mut cut = files;
        cut[1].bytes.truncate(1000);
        assert!(message(&cut).starts_with("adapter_model.safetensors: "));
    }
}
