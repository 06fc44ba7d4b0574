//! The encoder on the GPU against recordings of sentence-transformers.
//!
//! Needs the model and an adapter; software Vulkan will do, see `common::gpu_or_skip`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{assert_close, cosine, fixtures, gpu_or_skip, model};
use figret::encoder::{EncoderError, GpuEncoder, HostTensor};
use figret::text::{PackedTokens, batches_by_tokens};
use pollster::block_on;
use std::collections::{BTreeMap, BTreeSet};

const HIDDEN: usize = 384;

#[test]
fn embeddings_equal_the_recording() {
    let Some(gpu) = gpu_or_skip() else { return };
    let recording = fixtures::embeddings();
    let encoder = GpuEncoder::new(&gpu, &model().config, &model().weights).unwrap();
    let lengths: Vec<usize> = recording.token_ids.iter().map(Vec::len).collect();
    let mut worst = 1.0_f64;
    for batch in batches_by_tokens(&lengths, 1024) {
        let packed = PackedTokens::new(batch.iter().map(|&i| &recording.token_ids[i]));
        let embeddings = block_on(encoder.embed(&packed)).unwrap();
        for (&i, embedding) in batch.iter().zip(embeddings.chunks(HIDDEN)) {
            let cosine = cosine(embedding, &recording.embeddings[i * HIDDEN..][..HIDDEN]);
            assert!(cosine >= 0.999_99, "text {i}: cosine {cosine}");
            worst = worst.min(cosine);
        }
    }
    println!("{}: worst cosine {worst:.9} of {} texts", gpu.adapter_name(), lengths.len());
}

#[test]
fn a_text_is_embedded_alike_alone_and_in_company() {
    let Some(gpu) = gpu_or_skip() else { return };
    let recording = fixtures::embeddings();
    let encoder = GpuEncoder::new(&gpu, &model().config, &model().weights).unwrap();
    let together = block_on(encoder.embed(&PackedTokens::new(&recording.token_ids[..6]))).unwrap();
    let alone = block_on(encoder.embed(&PackedTokens::new(&recording.token_ids[4..5]))).unwrap();
    assert_close(&together[4 * HIDDEN..5 * HIDDEN], &alone, 1e-6, "the fifth text");
}

#[test]
fn replaced_weights_count_and_the_others_stay() {
    let Some(gpu) = gpu_or_skip() else { return };
    let name = "encoder.layer.2.attention.self.value.weight";
    let weights = &model().weights;
    let original = weights.tensor(name).unwrap();
    let data = original.data.iter().map(|value| value * 0.5).collect();
    let halved = HostTensor { shape: original.shape.clone(), data };
    let replaced = weights.with_replaced(BTreeMap::from([(name.to_owned(), halved)])).unwrap();

    let batch = PackedTokens::new([[101, 7592, 2088, 102]]);
    let baseline = GpuEncoder::new(&gpu, &model().config, weights).unwrap();
    let tuned = baseline.with_replaced(&replaced, &BTreeSet::from([name.to_owned()])).unwrap();
    let afresh = GpuEncoder::new(&gpu, &model().config, &replaced).unwrap();

    let before = block_on(baseline.embed(&batch)).unwrap();
    let after = block_on(tuned.embed(&batch)).unwrap();
    assert_close(&after, &block_on(afresh.embed(&batch)).unwrap(), 1e-6, "shared against afresh");
    assert!(cosine(&before, &after) < 0.9999, "halving a projection changed nothing");
}

#[test]
fn no_texts_and_empty_texts_are_no_error() {
    let Some(gpu) = gpu_or_skip() else { return };
    let encoder = GpuEncoder::new(&gpu, &model().config, &model().weights).unwrap();
    let none: [&[u32]; 0] = [];
    assert!(block_on(encoder.embed(&PackedTokens::new(none))).unwrap().is_empty());
    let zeros = block_on(encoder.embed(&PackedTokens::new([[0_u32; 0]]))).unwrap();
    assert_eq!(zeros, [0.0; HIDDEN]);
}

#[test]
fn what_is_outside_the_tables_is_refused() {
    let Some(gpu) = gpu_or_skip() else { return };
    let encoder = GpuEncoder::new(&gpu, &model().config, &model().weights).unwrap();
    let refused = |ids: Vec<u32>| {
        matches!(encoder.forward(&PackedTokens::new([ids])), Err(EncoderError::OutOfTable { .. }))
    };
    assert!(refused(vec![101, 30_522, 102]));
    assert!(refused(vec![101; 513]));
}
