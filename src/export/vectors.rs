//! Vectors of texts as a safetensors file: f16 values and the texts' hashes, so that stale ones are noticed.

use super::recipe::metadata;
use super::{ExportError, Maker};
use half::f16;
use half::slice::HalfFloatSliceExt;
use half::vec::HalfFloatVecExt;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

pub(super) const FILE: &str = "embeddings.safetensors";
/// Bytes of what a text is known by.
pub const KEY_BYTES: usize = 16;

/// Unit vectors by text; a text is known by the first half of its SHA-256.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TextVectors {
    width: usize,
    maker: Option<Maker>,
    by_text: HashMap<[u8; KEY_BYTES], Vec<f16>>,
}

impl TextVectors {
    /// None yet, to be filled with those of a model's making.
    pub fn made_by(maker: Option<Maker>) -> Self {
        Self { maker, ..Self::default() }
    }

    /// The vector of exactly this text, if there is one.
    pub fn get(&self, text: &str) -> Option<Vec<f32>> {
        self.by_text.get(&key(text)).map(|vector| vector.to_f32_vec())
    }

    /// Number of texts.
    pub fn len(&self) -> usize {
        self.by_text.len()
    }

    /// Whether it holds no text.
    pub fn is_empty(&self) -> bool {
        self.by_text.is_empty()
    }

    /// Width of a vector; 0 if there is none.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The model that made them, where the file names one.
    pub fn maker(&self) -> Option<&Maker> {
        self.maker.as_ref()
    }

    /// Adds one text with its vector, rounded to f16.
    pub fn insert(&mut self, text: &str, vector: &[f32]) {
        self.insert_by_key(key(text), vector);
    }

    /// Adds the vector, rounded to f16, of a text that only its [`key`] is known of.
    pub fn insert_by_key(&mut self, key: [u8; KEY_BYTES], vector: &[f32]) {
        self.width = vector.len();
        self.by_text.insert(key, Vec::from_f32_slice(vector));
    }
}

/// Writes vectors, rounded to f16: `keys` `[n, 16]` u8 and `vectors` `[n, width]` f16, in the order given.
///
/// # Errors
/// [`ExportError::BadFile`] if `vectors` is not `[texts, width]`.
pub fn write_vectors(
    texts: &[&str],
    vectors: &[f32],
    width: usize,
    maker: Option<&Maker>,
) -> Result<Vec<u8>, ExportError> {
    let keys: Vec<u8> = texts.iter().flat_map(|text| key(text)).collect();
    let halves: Vec<u8> = vectors.iter().flat_map(|&x| f16::from_f32(x).to_le_bytes()).collect();
    let view = |dtype, shape, data| TensorView::new(dtype, shape, data).map_err(|e| bad(e.to_string()));
    let views = [
        ("keys", view(Dtype::U8, vec![texts.len(), KEY_BYTES], &keys)?),
        ("vectors", view(Dtype::F16, vec![texts.len(), width], &halves)?),
    ];
    safetensors::serialize(views, metadata(maker)).map_err(|e| bad(e.to_string()))
}

/// Reads what [`write_vectors`] wrote, of one text at least.
///
/// # Errors
/// [`ExportError::BadFile`] if the file is not such a file, or a value is not finite.
pub fn read_vectors(bytes: &[u8]) -> Result<TextVectors, ExportError> {
    let file = SafeTensors::deserialize(bytes).map_err(|e| bad(e.to_string()))?;
    let tensor = |name: &str, dtype| {
        let view = file.tensor(name).map_err(|e| bad(e.to_string()))?;
        if view.dtype() == dtype { Ok(view) } else { Err(bad(format!("tensor '{name}' is not {dtype:?}"))) }
    };
    let keys = tensor("keys", Dtype::U8)?;
    let vectors = tensor("vectors", Dtype::F16)?;
    let (&[n, KEY_BYTES], &[rows, width]) = (keys.shape(), vectors.shape()) else {
        return Err(bad("the tensors are not keys [n, 16] and vectors [n, width]".to_owned()));
    };
    if n == 0 || n != rows || width == 0 {
        return Err(bad(format!("{n} keys but {rows} vectors of width {width}")));
    }
    let values = vectors.data().as_chunks::<2>().0;
    if let Some(at) = values.iter().position(|&half| !f16::from_le_bytes(half).is_finite()) {
        return Err(bad(format!("vector {} (from 0) holds a value that is not finite", at / width)));
    }
    let rows = values.chunks_exact(width);
    let keys = keys.data().as_chunks::<KEY_BYTES>().0;
    let decode = |row: &[[u8; 2]]| -> Vec<f16> { row.iter().map(|&half| f16::from_le_bytes(half)).collect() };
    let maker = Maker::of_file(bytes, FILE)?;
    let by_text = keys.iter().zip(rows).map(|(&key, row)| (key, decode(row))).collect();
    Ok(TextVectors { width, maker, by_text })
}

/// What a text is known by: the first half of its SHA-256.
pub fn key(text: &str) -> [u8; KEY_BYTES] {
    let mut key = [0; KEY_BYTES];
    key.copy_from_slice(&Sha256::digest(text.as_bytes())[..KEY_BYTES]);
    key
}

fn bad(reason: String) -> ExportError {
    ExportError::bad_file(FILE, &reason)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_found_by_their_text_only() {
        let bytes = write_vectors(&["one", "two"], &[0.5, -0.25, 1.0, 0.0], 2, None).unwrap();
        let vectors = read_vectors(&bytes).unwrap();
        assert_eq!(vectors.len(), 2);
        assert_eq!(vectors.get("one"), Some(vec![0.5, -0.25]));
        assert_eq!(vectors.get("two"), Some(vec![1.0, 0.0]));
        assert_eq!(vectors.get("One"), None);
    }

    #[test]
    fn a_file_names_the_model_that_made_it() {
        let maker = Maker { id: "0a".into(), name: "org/some model".into() };
        let written = |maker| write_vectors(&["one"], &[0.5, 1.0], 2, maker).unwrap();
        assert_eq!(read_vectors(&written(Some(&maker))).unwrap().maker(), Some(&maker));
        assert_eq!(read_vectors(&written(None)).unwrap().maker(), None);
    }

    #[test]
    fn a_wrong_size_or_file_is_refused() {
        assert!(write_vectors(&["one"], &[0.0; 3], 2, None).is_err());
        assert!(read_vectors(b"not safetensors").is_err());
    }
}
