//! Exact search at the size it is made for: against brute force in f64, and the GPU's hits against the CPU's.
//!
//! The GPU needs an adapter; see `common::gpu_or_skip`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{gpu_or_skip, noise};
use figret::engine::GpuIndex;
use figret::gpu::Gpu;
use figret::retrieve::{Hit, Index};
use pollster::block_on;
use std::sync::Arc;

const WIDTH: usize = 384;
/// Scores nearer than this to each other are a tie.
const TIE: f64 = 1e-6;

#[test]
fn the_top_10_of_100_000_vectors_are_those_of_brute_force() {
    let passages = 100_000;
    let vectors = unit_vectors("passages", passages);
    let index = index_of(&vectors);
    assert_eq!(index.size_bytes(), 768 * passages);
    for query in unit_vectors("queries", 3).chunks_exact(WIDTH) {
        let exact = |vector: &[f32]| -> f64 {
            vector.iter().zip(query).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
        };
        let scores: Vec<f64> = vectors.chunks_exact(WIDTH).map(exact).collect();
        let mut expected: Vec<usize> = (0..passages).collect();
        expected.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(b.cmp(&a)));

        let hits = index.top_k(query, 10).unwrap();
        assert_eq!(hits.len(), 10);
        for (hit, &best) in hits.iter().zip(&expected) {
            let is_tie = (scores[hit.position] - scores[best]).abs() < TIE;
            assert!(hit.position == best || is_tie, "{} in the place of {best}", hit.position);
            assert!((f64::from(hit.score) - scores[hit.position]).abs() < TIE);
        }
        let ranks = index.ranks(query, &expected[..10]).unwrap();
        assert!(ranks.into_iter().flatten().zip(1_usize..).all(|(rank, place)| rank.abs_diff(place) <= 1));
    }
}

#[test]
fn the_gpu_finds_what_the_cpu_finds_in_any_number_of_shards() {
    let Some(gpu) = gpu_or_skip() else { return };
    // More queries than are scored at once; one more row than whole shards hold.
    let (passages, queries) = (6_001, unit_vectors("queries", 19));
    let index = Arc::new(index_of(&unit_vectors("passages", passages)));
    for (shard_rows, shards) in [(10_000, 1), (3_000, 3), (6_000, 2)] {
        let on_gpu = GpuIndex::in_shards(&gpu, &index, shard_rows);
        assert_eq!(on_gpu.shards(), shards);
        for k in [0, 1, 10, 1000, 1008, 1009, 7_000] {
            let found = block_on(on_gpu.top_k(&queries, k)).unwrap();
            assert_eq!(found, by_cpu(&index, &queries, k), "{shards} shards, k {k}");
        }
    }
    assert_eq!(GpuIndex::new(&gpu, &index).shards(), 1);
}

#[test]
fn ties_come_in_the_order_of_the_cpu() {
    let Some(gpu) = gpu_or_skip() else { return };
    // Five vectors over and over: far more equal scores than are proposed.
    let vectors = unit_vectors("passages", 5).repeat(600);
    expect_cpu_hits(&gpu, &vectors, &unit_vectors("queries", 2));
}

#[test]
fn scores_that_differ_by_rounding_alone_come_in_the_order_of_the_cpu() {
    let Some(gpu) = gpu_or_skip() else { return };
    // The same values in 3,072 orders: the order of adding alone tells the scores apart, and a GPU has another.
    let values = unit_vectors("passages", 1);
    let mut vectors = Vec::new();
    for row in 0..8 * WIDTH {
        let mut vector = values.clone();
        vector.rotate_left(row % WIDTH);
        vector[..40 * (row / WIDTH)].reverse();
        vectors.extend(vector);
    }
    expect_cpu_hits(&gpu, &vectors, &[0.05; WIDTH]);
}

#[test]
fn the_gpu_refuses_a_bad_query_and_knows_an_empty_index() {
    let Some(gpu) = gpu_or_skip() else { return };
    let index = Arc::new(index_of(&unit_vectors("passages", 40)));
    let on_gpu = GpuIndex::new(&gpu, &index);
    assert!(block_on(on_gpu.top_k(&[0.1; WIDTH + 1], 3)).is_err());
    assert!(block_on(on_gpu.top_k(&[f32::NAN; WIDTH], 3)).is_err());
    let empty = GpuIndex::new(&gpu, &Arc::new(index_of(&[])));
    assert_eq!(block_on(empty.top_k(&[0.1; WIDTH], 3)).unwrap(), [vec![]]);
}

fn expect_cpu_hits(gpu: &Gpu, vectors: &[f32], queries: &[f32]) {
    let index = Arc::new(index_of(vectors));
    let on_gpu = GpuIndex::in_shards(gpu, &index, 1_100);
    for k in [1, 10, 700] {
        assert_eq!(block_on(on_gpu.top_k(queries, k)).unwrap(), by_cpu(&index, queries, k), "k {k}");
    }
}

fn by_cpu(index: &Index, queries: &[f32], k: usize) -> Vec<Vec<Hit>> {
    queries.chunks_exact(WIDTH).map(|query| index.top_k(query, k).unwrap()).collect()
}

fn index_of(vectors: &[f32]) -> Index {
    let ids: Vec<String> = (0..vectors.len() / WIDTH).map(|id| format!("{id:07}")).collect();
    Index::new(&ids, vectors.to_vec(), WIDTH).unwrap()
}

/// Vectors of about unit length whose values are halves, so that an index holds exactly them.
fn unit_vectors(name: &str, n: usize) -> Vec<f32> {
    let scale = (3.0 / WIDTH as f32).sqrt();
    let value = |value: f32| half::f16::from_f32(value * scale).to_f32();
    noise(name, n * WIDTH).into_iter().map(value).map(|x| if x.abs() < 1e-4 { 0.0 } else { x }).collect()
}
