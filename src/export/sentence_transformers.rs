//! The taught model as a folder that `SentenceTransformer(...)` loads, in memory or as a zip.
//!
//! Takes whole weights: whether an adapter was merged into them or every weight was taught makes no difference here.
//! Layout: that of sentence-transformers 2.0 and later.

use super::archive::{Archive, stored};
use super::card::Card;
use super::learned::MODEL_WEIGHTS;
use super::weights_file::{WeightsHeader, weights_bytes, write_weights};
use super::{ExportError, ExportedFile, Maker, model_files};
use crate::encoder::{BertConfig, FolderFiles, Weights, wanted_files};
use crate::train::Towers;
use std::borrow::Cow;

/// Name of the folder, in the zip and in the card's example.
pub const MODEL_FOLDER: &str = "figret-model";

const CONFIG: &str = "config.json";
const TOKENIZER: &str = "tokenizer.json";
const MODULES: &str = "modules.json";

/// Everything that the folder will hold. The weights are those that were given, not a copy.
#[derive(Debug)]
pub struct ModelFolder {
    weights: Weights,
    towers: Towers,
    maker: Option<Maker>,
    files: Vec<ExportedFile>,
}

/// Puts together a sentence-transformers folder: the weights in f32, the tokenizer, pooling, normalization, limit and
/// prompts of the base model, and the model card.
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
        file(MODULES, model_files::modules(card.base.is_normalized)),
        file("1_Pooling/config.json", model_files::pooling(config)),
        file("sentence_bert_config.json", model_files::limits(card.base.max_tokens)),
        file("config_sentence_transformers.json", model_files::prompts(&card.base.prefixes)),
        file("README.md", card.markdown().into_bytes()),
    ];
    files.extend(model_files::tokenizer(tokenizer_json, card.base.max_tokens)?);
    let maker = card.base.maker();
    Ok(ModelFolder { weights: weights.clone(), towers: card.towers, maker, files })
}

impl ModelFolder {
    /// Writes the files.
    ///
    /// # Errors
    /// [`ExportError::Write`] if a tensor's shape does not fit its data.
    pub fn into_files(self) -> Result<WrittenModel, ExportError> {
        let Self { weights, towers, maker, mut files } = self;
        let header = WeightsHeader { towers, maker: maker.as_ref() };
        let mut bytes = Vec::with_capacity(weights_bytes(&weights, header)?);
        write_weights(&weights, header, &mut bytes)?;
        files.push(file(MODEL_WEIGHTS, bytes));
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(WrittenModel::Files(files))
    }

    /// Writes a zip of the folder [`MODEL_FOLDER`]; the weights go straight into it.
    ///
    /// # Errors
    /// [`ExportError::Write`] if a tensor's shape does not fit its data.
    pub fn into_zip(self) -> Result<WrittenModel, ExportError> {
        let Self { weights, towers, maker, files } = self;
        let header = WeightsHeader { towers, maker: maker.as_ref() };
        let bytes =
            files.iter().map(|file| file.bytes.len()).sum::<usize>() + weights_bytes(&weights, header)?;
        let mut archive = Archive::begin(MODEL_FOLDER, files.len() + 1, bytes);
        for file in &files {
            archive.add(file)?;
        }
        write_weights(&weights, header, archive.file(MODEL_WEIGHTS)?)?;
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
    /// What a reader of the folder wants of it, as it was written.
    ///
    /// # Errors
    /// [`ExportError::Write`] if a file is not there.
    pub fn folder_files(&self) -> Result<FolderFiles<'_>, ExportError> {
        let wanted =
            wanted_files(Some(self.content(MODULES)?)).map_err(|e| ExportError::Write(e.to_string()))?;
        let names = wanted.into_iter().map(|(name, _)| name).chain([MODULES.to_owned()]);
        names.map(|name| Ok((name.clone(), Cow::Borrowed(self.content(&name)?)))).collect()
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
    use super::super::Recipe;
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
        let card = Card { base: Recipe::default(), towers: Towers::Query, lesson: None, comparison: None };
        sentence_transformers_folder(weights, &config(), TOKENIZER_JSON.as_bytes(), &card).unwrap()
    }

    fn values(written: &WrittenModel, name: &str) -> Vec<f32> {
        let files = written.folder_files().unwrap();
        let file = SafeTensors::deserialize(&files[MODEL_WEIGHTS]).unwrap();
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
        let files = written.folder_files().unwrap();
        let shape = BertConfig::from_json(&files[CONFIG]).unwrap();
        let read = Weights::from_safetensors(&files[MODEL_WEIGHTS], &shape).unwrap();
        assert!(read.iter().eq(base().iter()), "a tensor is missing or has changed");
        assert!(read.tensor("pooler.dense.bias").is_ok());
    }
}
