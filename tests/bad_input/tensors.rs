//! Safetensors files, good and bad, written by hand: the library would refuse to write the bad ones.

/// A file of tensors of f32: name, shape and value of all its elements.
pub(crate) fn of(tensors: &[(&str, &[usize], f32)]) -> Vec<u8> {
    let mut data = Vec::new();
    let mut entries = Vec::new();
    for (name, shape, value) in tensors {
        let start = data.len();
        data.extend((0..shape.iter().product::<usize>()).flat_map(|_| value.to_le_bytes()));
        entries.push(format!("{name:?}: {}", entry("F32", &format!("{shape:?}"), start, data.len())));
    }
    with_header(&format!("{{{}}}", entries.join(", ")), &data)
}

/// What a header says of a tensor.
pub(crate) fn entry(dtype: &str, shape: &str, start: usize, end: usize) -> String {
    format!(r#"{{"dtype": "{dtype}", "shape": {shape}, "data_offsets": [{start}, {end}]}}"#)
}

/// A file of any header.
pub(crate) fn with_header(header: &str, data: &[u8]) -> Vec<u8> {
    with_claimed_length(header.len() as u64, header, data)
}

/// A file that claims a length of its header.
pub(crate) fn with_claimed_length(length: u64, header: &str, data: &[u8]) -> Vec<u8> {
    [&length.to_le_bytes(), header.as_bytes(), data].concat()
}
