//! Files of vectors that were computed before.

use crate::tensors::{entry, with_header};
use crate::{cases, refused};
use figret::export::read_vectors;

fn read(bytes: &[u8]) -> String {
    match read_vectors(bytes) {
        Ok(vectors) => format!("{} vectors of {} read.", vectors.len(), vectors.width()),
        Err(error) => refused(&error, &error.remedy()),
    }
}

fn file(keys: &str, vectors: &str, data: &[u8]) -> String {
    read(&with_header(&format!("{{\"keys\": {keys}, \"vectors\": {vectors}}}"), data))
}

/// A file of `n` keys, and vectors of a type and shape over `bytes` bytes of one value.
fn vectors(n: usize, dtype: &str, shape: &str, data: &[u8]) -> String {
    let keys = entry("U8", &format!("[{n}, 16]"), 0, 16 * n);
    let all = [&vec![7; 16 * n][..], data].concat();
    file(&keys, &entry(dtype, shape, 16 * n, all.len()), &all)
}

cases! {
    good_one: "a whole file, to show that the others are refused for what is changed in them",
        vectors(1, "F16", "[1, 2]", &[0, 0x3C, 0, 0]) =>
        "1 vectors of 2 read.";
    no_safetensors: "a file of something else",
        read(b"numpy") =>
        "Refused: embeddings.safetensors: header too small. Make the vectors again with `figret index`, or do without them.";
    no_vectors: "a file without vectors",
        vectors(0, "F16", "[0, 384]", &[]) =>
        "Refused: embeddings.safetensors: 0 keys but 0 vectors of width 384. Make the vectors again with `figret index`, or do without them.";
    width_beyond_numbers: "no vectors of a width of 2^63",
        vectors(0, "F16", "[0, 9223372036854775808]", &[]) =>
        "Refused: embeddings.safetensors: 0 keys but 0 vectors of width 9223372036854775808. Make the vectors again with `figret index`, or do without them.";
    fewer_vectors: "two keys and one vector",
        vectors(2, "F16", "[1, 2]", &[0; 4]) =>
        "Refused: embeddings.safetensors: 2 keys but 1 vectors of width 2. Make the vectors again with `figret index`, or do without them.";
    other_type: "vectors of f32",
        vectors(1, "F32", "[1, 1]", &[0; 4]) =>
        "Refused: embeddings.safetensors: tensor 'vectors' is not F16. Make the vectors again with `figret index`, or do without them.";
    infinite: "a vector with an infinite value",
        vectors(1, "F16", "[1, 2]", &[0, 0, 0, 0x7C]) =>
        "Refused: embeddings.safetensors: vector 0 (from 0) holds a value that is not finite. Make the vectors again with `figret index`, or do without them.";
    other_names: "tensors of other names",
        read(&with_header(&format!("{{\"x\": {}}}", entry("U8", "[1]", 0, 1)), &[0])) =>
        "Refused: embeddings.safetensors: tensor `keys` not found. Make the vectors again with `figret index`, or do without them.";
}
