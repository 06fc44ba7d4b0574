//! Vectors as they were computed, by the texts' hashes: what is kept comes back to the last bit.
//!
//! What ships with a collection is half as large and rounded; see [`super::TextVectors`].

use super::recipe::metadata;
use super::vectors::{KEY_BYTES, key};
use super::{ExportError, Maker};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::HashMap;

const FILE: &str = "vectors.safetensors";
const FLOAT_BYTES: usize = 4;

/// Vectors of one width by text; a text is known by the first half of its SHA-256.
#[derive(Debug, Clone, Default)]
pub struct KeptVectors {
    width: usize,
    maker: Option<Maker>,
    /// `[rows, width]`, row-major.
    values: Vec<f32>,
    row_by_text: HashMap<[u8; KEY_BYTES], usize>,
}

impl KeptVectors {
    /// The vector of exactly this text, if there is one.
    pub fn get(&self, text: &str) -> Option<&[f32]> {
        let start = self.row_by_text.get(&key(text))? * self.width;
        self.values.get(start..start + self.width)
    }

    /// Number of texts.
    pub fn len(&self) -> usize {
        self.row_by_text.len()
    }

    /// Whether it holds no text.
    pub fn is_empty(&self) -> bool {
        self.row_by_text.is_empty()
    }

    /// Width of a vector; 0 if there is none.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The model that made them, where the files name one.
    pub fn maker(&self) -> Option<&Maker> {
        self.maker.as_ref()
    }

    /// Writes vectors: `keys` `[n, 16]` u8 and `vectors` `[n, width]` f32, in the order given.
    ///
    /// # Errors
    /// [`ExportError::BadFile`] if `vectors` is not `[texts, width]`.
    pub fn write(
        texts: &[&str],
        vectors: &[f32],
        width: usize,
        maker: Option<&Maker>,
    ) -> Result<Vec<u8>, ExportError> {
        let keys: Vec<u8> = texts.iter().flat_map(|text| key(text)).collect();
        let values: Vec<u8> = vectors.iter().flat_map(|x| x.to_le_bytes()).collect();
        let view = |dtype, shape, data| TensorView::new(dtype, shape, data).map_err(|e| bad(e.to_string()));
        let views = [
            ("keys", view(Dtype::U8, vec![texts.len(), KEY_BYTES], &keys)?),
            ("vectors", view(Dtype::F32, vec![texts.len(), width], &values)?),
        ];
        safetensors::serialize(views, metadata(maker)).map_err(|e| bad(e.to_string()))
    }

    /// Adds what [`Self::write`] wrote.
    ///
    /// # Errors
    /// [`ExportError::BadFile`] if the file is not such a file, or of another width or model than what is there; nothing
    /// is added then.
    pub fn read(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        let file = SafeTensors::deserialize(bytes).map_err(|e| bad(e.to_string()))?;
        let tensor = |name: &str, dtype| {
            let view = file.tensor(name).map_err(|e| bad(e.to_string()))?;
            if view.dtype() == dtype {
                Ok(view)
            } else {
                Err(bad(format!("tensor '{name}' is not {dtype:?}")))
            }
        };
        let keys = tensor("keys", Dtype::U8)?;
        let vectors = tensor("vectors", Dtype::F32)?;
        let (&[n, KEY_BYTES], &[rows, width]) = (keys.shape(), vectors.shape()) else {
            return Err(bad("the tensors are not keys [n, 16] and vectors [n, width]".to_owned()));
        };
        if n != rows || width == 0 || (self.width != 0 && self.width != width) {
            return Err(bad(format!("{n} keys, but {rows} vectors of width {width}")));
        }
        let maker = Maker::of_file(bytes, FILE)?;
        if self.width != 0 && self.maker != maker {
            return Err(bad("another model made these vectors than those before them".to_owned()));
        }
        let first = self.values.len() / width;
        (self.width, self.maker) = (width, maker);
        let values = vectors.data().as_chunks::<FLOAT_BYTES>().0;
        self.values.extend(values.iter().map(|&float| f32::from_le_bytes(float)));
        let keys = keys.data().as_chunks::<KEY_BYTES>().0;
        self.row_by_text.extend(keys.iter().enumerate().map(|(i, &key)| (key, first + i)));
        Ok(())
    }
}

fn bad(reason: String) -> ExportError {
    ExportError::BadFile { file: FILE, reason }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    fn read(parts: &[(&[&str], &[f32])]) -> Result<KeptVectors, ExportError> {
        let mut vectors = KeptVectors::default();
        for (texts, values) in parts {
            vectors.read(&KeptVectors::write(texts, values, values.len() / texts.len(), None)?)?;
        }
        Ok(vectors)
    }

    #[test]
    fn vectors_come_back_to_the_last_bit() {
        let third = 1.0 / 3.0;
        let vectors = read(&[(&["one", "two"], &[third, -0.1, 1e-7, 0.7])]).unwrap();
        assert_eq!((vectors.len(), vectors.width()), (2, 2));
        assert_eq!(vectors.get("one"), Some(&[third, -0.1][..]));
        assert_eq!(vectors.get("two"), Some(&[1e-7, 0.7][..]));
        assert_eq!(vectors.get("One"), None);
    }

    #[test]
    fn parts_are_put_together_and_the_last_of_a_text_counts() {
        let vectors = read(&[(&["one", "two"], &[1.0, 2.0]), (&["three", "one"], &[3.0, 4.0])]).unwrap();
        let found = ["one", "two", "three"].map(|text| vectors.get(text).unwrap()[0]);
        assert_eq!(found, [4.0, 2.0, 3.0]);
        assert_eq!(vectors.len(), 3);
    }

    #[test]
    fn vectors_of_two_models_do_not_mix() {
        let maker = Maker { id: "0a".into(), name: "other".into() };
        let mut vectors = read(&[(&["one"], &[1.0, 0.0])]).unwrap();
        let others = KeptVectors::write(&["two"], &[0.0, 1.0], 2, Some(&maker)).unwrap();
        assert!(vectors.read(&others).is_err() && vectors.len() == 1);
        let mut alone = KeptVectors::default();
        alone.read(&others).unwrap();
        assert_eq!(alone.maker(), Some(&maker));
    }

    #[test]
    fn a_wrong_size_or_file_is_refused() {
        assert!(KeptVectors::write(&["one"], &[0.0; 3], 2, None).is_err());
        assert!(KeptVectors::default().read(b"not safetensors").is_err());
        assert!(read(&[(&["one"], &[1.0, 2.0]), (&["two"], &[1.0])]).is_err());
        let shipped = super::super::write_vectors(&["one"], &[0.5, 0.5], 2, None).unwrap();
        assert!(KeptVectors::default().read(&shipped).is_err());
    }
}
