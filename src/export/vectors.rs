//! Vectors of texts as a safetensors file: values and the texts' hashes, so that stale ones are noticed.
//!
//! f16 is half the size and ships with a collection; f32 is for what has to come back as it was.

use super::ExportError;
use half::f16;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

const FILE: &str = "embeddings.safetensors";
const KEY_BYTES: usize = 16;

/// Unit vectors by text; a text is known by the first half of its SHA-256.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TextVectors {
    width: usize,
    by_text: HashMap<[u8; KEY_BYTES], Vec<f32>>,
}

impl TextVectors {
    /// The vector of exactly this text, if there is one.
    pub fn get(&self, text: &str) -> Option<&[f32]> {
        self.by_text.get(&key(text)).map(Vec::as_slice)
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

    /// Adds one text with its vector.
    pub fn insert(&mut self, text: &str, vector: &[f32]) {
        self.width = vector.len();
        self.by_text.insert(key(text), vector.to_vec());
    }

    /// Adds what another holds; both must be of one width if neither is empty.
    ///
    /// # Errors
    /// [`ExportError::BadFile`] if the widths differ.
    pub fn extend(&mut self, other: Self) -> Result<(), ExportError> {
        if !self.is_empty() && !other.is_empty() && self.width != other.width {
            return Err(bad(format!(
                "vectors of width {} among others of width {}",
                other.width, self.width
            )));
        }
        self.width = self.width.max(other.width);
        self.by_text.extend(other.by_text);
        Ok(())
    }
}

/// Writes vectors, rounded to f16: `keys` `[n, 16]` u8 and `vectors` `[n, width]` f16, in the order given.
///
/// # Errors
/// [`ExportError::BadFile`] if `vectors` is not `[texts, width]`.
pub fn write_vectors(texts: &[&str], vectors: &[f32], width: usize) -> Result<Vec<u8>, ExportError> {
    let halves: Vec<u8> = vectors.iter().flat_map(|&x| f16::from_f32(x).to_le_bytes()).collect();
    write(texts, Dtype::F16, &halves, width)
}

/// Writes vectors as they are: `keys` `[n, 16]` u8 and `vectors` `[n, width]` f32, in the order given.
///
/// # Errors
/// [`ExportError::BadFile`] if `vectors` is not `[texts, width]`.
pub fn write_exact_vectors(texts: &[&str], vectors: &[f32], width: usize) -> Result<Vec<u8>, ExportError> {
    let floats: Vec<u8> = vectors.iter().flat_map(|x| x.to_le_bytes()).collect();
    write(texts, Dtype::F32, &floats, width)
}

fn write(texts: &[&str], dtype: Dtype, values: &[u8], width: usize) -> Result<Vec<u8>, ExportError> {
    let keys: Vec<u8> = texts.iter().flat_map(|text| key(text)).collect();
    let view = |dtype, shape, data| TensorView::new(dtype, shape, data).map_err(|e| bad(e.to_string()));
    let views = [
        ("keys", view(Dtype::U8, vec![texts.len(), KEY_BYTES], &keys)?),
        ("vectors", view(dtype, vec![texts.len(), width], values)?),
    ];
    safetensors::serialize(views, None).map_err(|e| bad(e.to_string()))
}

/// Reads what [`write_vectors`] or [`write_exact_vectors`] wrote.
///
/// # Errors
/// [`ExportError::BadFile`] if the file is not such a file.
pub fn read_vectors(bytes: &[u8]) -> Result<TextVectors, ExportError> {
    let file = SafeTensors::deserialize(bytes).map_err(|e| bad(e.to_string()))?;
    let tensor = |name: &str, dtypes: &[Dtype]| {
        let view = file.tensor(name).map_err(|e| bad(e.to_string()))?;
        if dtypes.contains(&view.dtype()) {
            Ok(view)
        } else {
            Err(bad(format!("tensor '{name}' is not {dtypes:?}")))
        }
    };
    let keys = tensor("keys", &[Dtype::U8])?;
    let vectors = tensor("vectors", &[Dtype::F16, Dtype::F32])?;
    let (&[n, KEY_BYTES], &[rows, width]) = (keys.shape(), vectors.shape()) else {
        return Err(bad("the tensors are not keys [n, 16] and vectors [n, width]".to_owned()));
    };
    if n != rows || width == 0 {
        return Err(bad(format!("{n} keys but {rows} vectors of width {width}")));
    }
    let is_half = vectors.dtype() == Dtype::F16;
    let decode = if is_half { decode_halves } else { decode_floats };
    let rows = vectors.data().chunks_exact(width * if is_half { 2 } else { 4 });
    let keys = keys.data().as_chunks::<KEY_BYTES>().0;
    Ok(TextVectors { width, by_text: keys.iter().zip(rows).map(|(&key, row)| (key, decode(row))).collect() })
}

fn decode_halves(row: &[u8]) -> Vec<f32> {
    row.as_chunks::<2>().0.iter().map(|&half| f16::from_le_bytes(half).to_f32()).collect()
}

fn decode_floats(row: &[u8]) -> Vec<f32> {
    row.as_chunks::<4>().0.iter().map(|&float| f32::from_le_bytes(float)).collect()
}

fn key(text: &str) -> [u8; KEY_BYTES] {
    let mut key = [0; KEY_BYTES];
    key.copy_from_slice(&Sha256::digest(text.as_bytes())[..KEY_BYTES]);
    key
}

fn bad(reason: String) -> ExportError {
    ExportError::BadFile { file: FILE, reason }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_found_by_their_text_only() {
        let bytes = write_vectors(&["one", "two"], &[0.5, -0.25, 1.0, 0.0], 2).unwrap();
        let vectors = read_vectors(&bytes).unwrap();
        assert_eq!(vectors.len(), 2);
        assert_eq!(vectors.get("one"), Some(&[0.5, -0.25][..]));
        assert_eq!(vectors.get("two"), Some(&[1.0, 0.0][..]));
        assert_eq!(vectors.get("One"), None);
    }

    #[test]
    fn exact_vectors_come_back_to_the_last_bit() {
        let third = 1.0 / 3.0;
        let bytes = write_exact_vectors(&["one", "two"], &[third, -0.1, 1e-7, 0.7], 2).unwrap();
        let vectors = read_vectors(&bytes).unwrap();
        assert_eq!(vectors.get("one"), Some(&[third, -0.1][..]));
        assert_eq!(vectors.get("two"), Some(&[1e-7, 0.7][..]));
    }

    #[test]
    fn parts_are_put_together_if_they_are_of_one_width() {
        let part = |text: &str, vector: &[f32]| {
            read_vectors(&write_exact_vectors(&[text], vector, vector.len()).unwrap()).unwrap()
        };
        let mut all = TextVectors::default();
        all.extend(part("one", &[0.5, 0.25])).unwrap();
        all.extend(part("two", &[1.0, 0.0])).unwrap();
        assert_eq!((all.len(), all.width()), (2, 2));
        assert_eq!(all.get("one"), Some(&[0.5, 0.25][..]));
        assert!(all.extend(part("three", &[1.0])).is_err());
        assert_eq!(all.len(), 2);
    }

    #[test]
    fn a_wrong_size_or_file_is_refused() {
        assert!(write_vectors(&["one"], &[0.0; 3], 2).is_err());
        assert!(write_exact_vectors(&["one"], &[0.0; 3], 2).is_err());
        assert!(read_vectors(b"not safetensors").is_err());
    }
}
