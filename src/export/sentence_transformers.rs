//! The taught model as a folder that `SentenceTransformer(...)` loads, in memory or as a zip.
//!
//! Takes whole weights: whether an adapter was merged into them or every weight was taught makes no difference here.
//! Layout: that of sentence-transformers 2.0 and later.

use super::archive::{Archive, stored};
use super::card::Card;
use super::learned::MODEL_WEIGHTS;
use super::weights_file::{weights_bytes, write_weights};
use super::{ExportError, ExportedFile, model_files};
use crate::encoder::{BertConfig, Weights};
use crate::train::Towers;

/// Name of the folder, in the zip and in the card's example.
pub const MODEL_FOLDER: &str = "figret-model";

const CONFIG: &str = "config.json";
const TOKENIZER: &str = "tokenizer.json";

/// Everything that the folder will hold. The weights are those that were given, not a copy.
#[derive(Debug)]
pub struct ModelFolder {
    weights: Weights,
    towers: Towers,
    files: Vec<ExportedFile>,
}

/// Puts together a sentence-transformers folder: the weights in f32, the tokenizer, mean pooling, L2 normalization and
/// the model card.
///
/// # Errors
/// [`ExportError::BadFile`] if the tokenizer is not one of BERT.
pub fn sentence_transformers_folder(
    weights: &Weights,
    config: &BertConfig,
    tokenizer_json: &[u8],
    card: &Card,
) -> Result<ModelFolder, ExportError> {
    let mut files = vec![
        file(CONFIG, model_files::config(config)),
        file(TOKENIZER, tokenizer_json.to_vec()),
        file("modules.json", model_files::modules()),
        file("1_Pooling/config.json", model_files::pooling(config)),
        file("sentence_bert_config.json", model_files::limits()),
        file("config_sentence_transformers.json", model_files::similarity()),
        file("README.md", card.markdown().into_bytes()),
    ];
    files.extend(model_files::tokenizer(tokenizer_json)?);
    Ok(ModelFolder { weights: weights.clone(), towers: card.towers, files })
}

impl ModelFolder {
    /// Writes the files.
    ///
    /// # Errors
    /// [`ExportError::Write`] if a tensor's shape does not fit its data.
    pub fn into_files(self) -> Result<WrittenModel, ExportError> {
        let Self { weights, towers, mut files } = self;
        let mut bytes = Vec::with_capacity(weights_bytes(&weights, towers)?);
        write_weights(&weights, towers, &mut bytes)?;
        files.push(file(MODEL_WEIGHTS, bytes));
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(WrittenModel::Files(files))
    }

    /// Writes a zip of the folder [`MODEL_FOLDER`]; the weights go straight into it.
    ///
    /// # Errors
    /// [`ExportError::Write`] if a tensor's shape does not fit its data.
    pub fn into_zip(self) -> Result<WrittenModel, ExportError> {
        let Self { weights, towers, files } = self;
        let bytes =
            files.iter().map(|file| file.bytes.len()).sum::<usize>() + weights_bytes(&weights, towers)?;
        let mut archive = Archive::begin(MODEL_FOLDER, files.len() + 1, bytes);
        for file in &files {
            archive.add(file)?;
        }
        write_weights(&weights, towers, archive.file(MODEL_WEIGHTS)?)?;
        Ok(WrittenModel::Zip(archive.finish()?))
    }
}

/// A model as it leaves the engine.
#[derive(Debug)]
pub enum WrittenModel {
    /// The folder's files.
    Files(Vec<ExportedFile>),
    /// A zip of the folder.
    Zip(Vec<u8>),
}

impl WrittenModel {
    /// `config.json`, `tokenizer.json` and `model.safetensors` as they were written.
    ///
    /// # Errors
    /// [`ExportError::Write`] if one is not there.
    pub fn encoder_files(&self) -> Result<[&[u8]; 3], ExportError> {
        Ok([self.content(CONFIG)?, self.content(TOKENIZER)?, self.content(MODEL_WEIGHTS)?])
    }

    fn content(&self, name: &str) -> Result<&[u8], ExportError> {
        match self {
            Self::Files(files) => {
                let file = files.iter().find(|file| file.name == name);
                let content = file.map(|file| file.bytes.as_slice());
                content.ok_or_else(|| ExportError::Write(format!("{name} was not written")))
            }
            Self::Zip(zip) => stored(zip, MODEL_FOLDER, name),
        }
    }
}

fn file(name: &str, bytes: Vec<u8>) -> ExportedFile {
    ExportedFile { name: name.to_owned(), bytes }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;
    use crate::encoder::{HostTensor, LoraAdapter, LoraConfig, LoraPair, Targets};
    use crate::train::Towers;
    use safetensors::SafeTensors;
    use std::collections::BTreeMap;

    const QUERY: &str = "encoder.layer.0.attention.self.query.weight";
    const TOKENIZER_JSON: &str = r#"{"normalizer":{"handle_chinese_chars":true,"strip_accents":null,
        "lowercase":true},"model":{"vocab":{"[PAD]":0,"[UNK]":1,"[CLS]":2,"[SEP]":3,"[MASK]":4}}}"#;

    fn config() -> BertConfig {
        let json = br#"{"vocab_size":5,"hidden_size":4,"num_hidden_layers":1,"num_attention_heads":2,
            "intermediate_size":6,"max_position_embeddings":8,"layer_norm_eps":1e-12,"hidden_act":"gelu",
            "model_type":"bert"}"#;
        BertConfig::from_json(json).unwrap()
    }

    /// Every value is its place in its tensor.
    fn base() -> Weights {
        let pooler =
            [("pooler.dense.weight".to_owned(), vec![4, 4]), ("pooler.dense.bias".to_owned(), vec![4])];
        let counted = |(name, shape): (String, Vec<usize>)| {
            let data = (0..shape.iter().product()).map(|i: usize| i as f32).collect();
            (name, HostTensor { shape, data })
        };
        Weights::from_tensors(
            Weights::expected_tensors(&config()).into_iter().chain(pooler).map(counted).collect(),
        )
    }

    /// Rank 1, alpha 2, so the scale is 2; B of the value projection is zero.
    fn adapter() -> LoraAdapter {
        let tensor =
            |shape: [usize; 2], data: [f32; 4]| HostTensor { shape: shape.into(), data: data.into() };
        let pair = |b| LoraPair { a: tensor([1, 4], [1.0, -2.0, 0.5, 0.0]), b: tensor([4, 1], b) };
        let module = |name: &str| format!("encoder.layer.0.attention.self.{name}");
        LoraAdapter {
            config: LoraConfig { rank: 1, alpha: 2.0, targets: Targets::QueryValue },
            pairs: BTreeMap::from([
                (module("query"), pair([0.25, 0.0, -1.0, 3.0])),
                (module("value"), pair([0.0; 4])),
            ]),
        }
    }

    fn folder(weights: &Weights) -> ModelFolder {
        let card = Card { towers: Towers::Query, lesson: None, comparison: None };
        sentence_transformers_folder(weights, &config(), TOKENIZER_JSON.as_bytes(), &card).unwrap()
    }

    fn values(written: &WrittenModel, name: &str) -> Vec<f32> {
        let [.., weights] = written.encoder_files().unwrap();
        let file = SafeTensors::deserialize(weights).unwrap();
        let view = file.tensor(name).unwrap();
        view.data().as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
    }

    #[test]
    fn merged_weights_are_base_plus_scaled_b_times_a() {
        adapter().check(&config()).unwrap();
        let merged = base().with_replaced(adapter().merged_into(&base()).unwrap()).unwrap();
        let written = folder(&merged).into_files().unwrap();
        // Row i of W is 4i to 4i + 3; 2 B A has the rows 2 b [1, -2, 0.5, 0].
        #[rustfmt::skip]
        let expected = [
            0.5,  0.0,  2.25, 3.0,
            4.0,  5.0,  6.0,  7.0,
            6.0, 13.0,  9.0, 11.0,
            18.0, 1.0, 17.0, 15.0,
        ];
        assert_eq!(values(&written, QUERY), expected);
        let others = base();
        for (name, tensor) in others.iter().filter(|(name, _)| *name != QUERY) {
            assert_eq!(values(&written, name), *tensor.data, "{name}");
        }
    }

    #[test]
    fn the_folder_has_every_file_and_the_zip_has_the_same() {
        let WrittenModel::Files(files) = folder(&base()).into_files().unwrap() else { panic!("no files") };
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        let expected = [
            "1_Pooling/config.json",
            "README.md",
            "config.json",
            "config_sentence_transformers.json",
            "model.safetensors",
            "modules.json",
            "sentence_bert_config.json",
            "special_tokens_map.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "vocab.txt",
        ];
        assert_eq!(names, expected);
        let WrittenModel::Zip(zip) = folder(&base()).into_zip().unwrap() else { panic!("no zip") };
        for file in files {
            assert_eq!(stored(&zip, MODEL_FOLDER, &file.name).unwrap(), file.bytes, "{}", file.name);
        }
    }

    #[test]
    fn what_is_written_is_a_model_again() {
        let written = folder(&base()).into_zip().unwrap();
        let [shape, _, weights] = written.encoder_files().unwrap();
        let shape = BertConfig::from_json(shape).unwrap();
        let read = Weights::from_safetensors(weights, &shape).unwrap();
        assert!(read.iter().eq(base().iter()), "a tensor is missing or has changed");
        assert!(read.tensor("pooler.dense.bias").is_ok());
    }
}
