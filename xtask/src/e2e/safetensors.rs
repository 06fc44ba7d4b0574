//! Just enough of the safetensors format to check files: the header, and f32 tensors.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// The header and the bytes that follow it.
///
/// # Errors
/// When the file is too short for its header, or the header is no JSON object.
pub(super) fn parts(bytes: &[u8]) -> Result<(Value, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<8>().context("a safetensors file has at least 8 bytes")?;
    let length = usize::try_from(u64::from_le_bytes(*length))?;
    let (header, data) = rest.split_at_checked(length).context("the header is cut off")?;
    let header: Value = serde_json::from_slice(header).context("the header is no JSON")?;
    ensure!(header.is_object(), "the header is no JSON object");
    Ok((header, data))
}

/// The values of an f32 tensor.
///
/// # Errors
/// When there is no such tensor of that type.
pub(super) fn values(bytes: &[u8], name: &str) -> Result<Vec<f32>> {
    let (header, data) = parts(bytes)?;
    let tensor = &header[name];
    ensure!(tensor["dtype"] == "F32", "there is no f32 tensor {name}");
    let offset = |index: usize| tensor["data_offsets"][index].as_u64().map(|offset| offset as usize);
    let (start, end) = offset(0).zip(offset(1)).with_context(|| format!("{name} has no place"))?;
    let data = data.get(start..end).with_context(|| format!("{name} is cut off"))?;
    Ok(data.as_chunks::<4>().0.iter().map(|chunk| f32::from_le_bytes(*chunk)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
    }

    #[test]
    fn a_tensor_is_read() -> Result<()> {
        let header = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#;
        let data = [9.0f32, 1.5, -2.0].map(f32::to_le_bytes).concat();
        assert_eq!(values(&file(header, &data), "a")?, [1.5, -2.0]);
        Ok(())
    }

    #[test]
    fn broken_files_are_refused() {
        assert!(parts(b"short").is_err());
        assert!(parts(&file("{}", b"")[..9]).is_err());
        assert!(parts(&file("[1]", b"")).is_err());
        assert!(values(&file(r#"{"a":{"dtype":"F32","data_offsets":[0,8]}}"#, &[0; 4]), "a").is_err());
    }
}
