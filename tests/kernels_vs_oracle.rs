//! Every kernel against the plain loops that define it.
//!
//! Needs an adapter; software Vulkan will do. Without one a test says so and stops, unless
//! `REQUIRE_GPU=1`, which CI sets, turns that into a failure.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{assert_close, bits, gpu_or_skip, noise};
use figret::gpu::{Gpu, GpuError, GpuTensor};
use figret::ops::attention::{self, HEAD_DIM, Work};
use figret::ops::embed_layer_norm::{self, Tables};
use figret::ops::layer_norm::{self, Norm};
use figret::ops::linear::{self, Epilogue, linear_by};
use figret::ops::pool_normalize::{self, Pooling};
use figret::ops::scores::{self, scores};
use figret::ops::tiling::{Tilings, Variant};
use figret::ops::tiling_measure::measure;
use figret::ops::top_k::{self, MAX_K};
use pollster::block_on;
use std::time::Duration;

const EPS: f32 = 1e-12; // BERT's layer_norm_eps.

#[test]
fn layer_norm() {
    let Some(gpu) = gpu_or_skip() else { return };
    // Below, at and above one stride of the 64 lanes; 384 is MiniLM's hidden size.
    for [rows, hidden] in [[1, 1], [3, 63], [5, 64], [2, 65], [4, 384], [2, 1000]] {
        let x = noise("x", rows * hidden);
        let [gamma, beta] = ["gamma", "beta"].map(|name| noise(name, hidden));
        let y = layer_norm::layer_norm(&gpu, &upload(&gpu, [rows, hidden], &x), &norm(&gpu, &gamma, &beta))
            .unwrap();
        let expected = layer_norm::oracle::layer_norm(&x, &gamma, &beta, EPS.into());
        assert_close(&download(&gpu, &y), &expected, 1e-5, &format!("y [{rows}, {hidden}]"));
    }
}

#[test]
fn layer_norm_takes_out_a_large_mean() {
    let Some(gpu) = gpu_or_skip() else { return };
    let x: Vec<f32> = noise("x", 384).iter().map(|value| 100.0 + value).collect();
    let [gamma, beta] = [1.0, 0.0].map(|value| vec![value; 384]);
    let y = layer_norm::layer_norm(&gpu, &upload(&gpu, [1, 384], &x), &norm(&gpu, &gamma, &beta)).unwrap();
    let expected = layer_norm::oracle::layer_norm(&x, &gamma, &beta, EPS.into());
    assert_close(&download(&gpu, &y), &expected, 1e-4, "y about a mean of 100");
}

#[test]
fn layer_norm_of_more_rows_than_one_dimension_of_a_grid() {
    let Some(gpu) = gpu_or_skip() else { return };
    let [rows, hidden] = [70_000, 2];
    let x = noise("x", rows * hidden);
    let [gamma, beta] = ["gamma", "beta"].map(|name| noise(name, hidden));
    let y =
        layer_norm::layer_norm(&gpu, &upload(&gpu, [rows, hidden], &x), &norm(&gpu, &gamma, &beta)).unwrap();
    let expected = layer_norm::oracle::layer_norm(&x, &gamma, &beta, EPS.into());
    assert_close(&download(&gpu, &y), &expected, 1e-4, "y [70000, 2]");
}

#[test]
fn embed_layer_norm() {
    let Some(gpu) = gpu_or_skip() else { return };
    let (vocab, max_positions) = (50, 9);
    for hidden in [1, 63, 64, 65, 384, 1000] {
        let words = noise("words", vocab * hidden);
        let positions = noise("positions", max_positions * hidden);
        let types = noise("types", 2 * hidden);
        let [gamma, beta] = ["gamma", "beta"].map(|name| noise(name, hidden));
        let tokens = [[0, 0], [49, 8], [7, 1], [7, 2], [1, 0]];

        let tables = Tables {
            words: upload(&gpu, [vocab, hidden], &words),
            positions: upload(&gpu, [max_positions, hidden], &positions),
            types: upload(&gpu, [2, hidden], &types),
        };
        let tokens_gpu = gpu.upload_u32(&[5, 2], tokens.as_flattened());
        let norm = norm(&gpu, &gamma, &beta);
        let y = embed_layer_norm::embed_layer_norm(&gpu, &tokens_gpu, &tables, &norm).unwrap();
        let tables = [&words, &positions, &types].map(Vec::as_slice);
        let expected =
            embed_layer_norm::oracle::embed_layer_norm(&tokens, tables, [&gamma, &beta], EPS.into());
        assert_close(&download(&gpu, &y), &expected, 1e-5, &format!("y [5, {hidden}]"));
    }
}

#[test]
fn linear_by_every_kernel() {
    let Some(gpu) = gpu_or_skip() else { return };
    // Around the tiles of 32 and 64, and around the steps of 4 and 16 along the depth.
    let shapes =
        [[1, 1, 4], [31, 33, 12], [32, 32, 16], [33, 63, 20], [65, 64, 384], [3, 1000, 384], [70, 65, 1000]];
    for [rows, columns, depth] in shapes {
        let x = noise("x", rows * depth);
        let weight = noise("weight", columns * depth);
        let product = linear::oracle::linear(&x, &weight, depth);
        let [x, weight] = [upload(&gpu, [rows, depth], &x), upload(&gpu, [columns, depth], &weight)];
        let mut first = None;
        for variant in Variant::ALL {
            let y = linear_by(&gpu, variant, &x, &weight, Epilogue::None).unwrap();
            let label = format!("y [{rows}, {columns}], depth {depth}, {variant:?}");
            let y = download(&gpu, &y);
            assert_close(&y, &product, 1e-5, &label);
            assert_eq!(*first.get_or_insert(bits(&y)), bits(&y), "{label}: other bits than the first");
        }
    }
}

#[test]
fn the_fastest_kernels_are_measured_as_long_as_there_is_time() {
    let Some(gpu) = gpu_or_skip() else { return };
    // Small enough for an adapter that computes on the CPU; three products each.
    let weights = [[32, 16], [16, 32]];
    let measured = |time| block_on(measure(&gpu, &weights, &[32], time)).unwrap().count();
    assert_eq!(measured(Duration::from_secs(600)), 6);
    assert_eq!(measured(Duration::ZERO), 0);
}

#[test]
fn what_was_measured_elsewhere_is_not_used() {
    let Some(gpu) = gpu_or_skip() else { return };
    let open = |kept| block_on(Tilings::for_device(&gpu, &[], kept)).unwrap();
    let kept = |json: &str| Some(serde_json::from_str(json).unwrap());
    let none = open(None);
    let case = r#"[[{"product":"forward","rows":32,"columns":4,"depth":4},"wide"]]"#;
    assert_eq!(open(kept(&format!(r#"{{"of":"another adapter","fastest":{case}}}"#))), none);
    let of = serde_json::to_value(&none).unwrap()["of"].to_string();
    assert_eq!(open(kept(&format!(r#"{{"of":{of},"fastest":{case}}}"#))).count(), 1);
}

#[test]
fn linear_epilogues() {
    let Some(gpu) = gpu_or_skip() else { return };
    let [rows, columns, depth] = [37, 41, 64];
    let x = noise("x", rows * depth);
    let weight = noise("weight", columns * depth);
    let [bias, residual] = [noise("bias", columns), noise("residual", rows * columns)];
    let mut biased = linear::oracle::linear(&x, &weight, depth);
    linear::oracle::add_bias(&mut biased, &bias);
    let activated: Vec<f32> = biased.iter().map(|&value| linear::oracle::gelu(value)).collect();
    let summed: Vec<f32> = biased.iter().zip(&residual).map(|(value, residual)| value + residual).collect();

    let [x, weight] = [upload(&gpu, [rows, depth], &x), upload(&gpu, [columns, depth], &weight)];
    let [bias, residual] = [gpu.upload(&[columns as u32], &bias), upload(&gpu, [rows, columns], &residual)];
    for variant in Variant::ALL {
        let cases = [
            ("bias", Epilogue::Bias(&bias), &biased),
            ("bias and GELU", Epilogue::BiasGelu(&bias), &activated),
            ("bias and residual", Epilogue::BiasResidual(&bias, &residual), &summed),
        ];
        for (name, epilogue, expected) in cases {
            let y = linear_by(&gpu, variant, &x, &weight, epilogue).unwrap();
            assert_close(&download(&gpu, &y), expected, 1e-5, &format!("{name}, {variant:?}"));
        }
    }
}

#[test]
fn gelu_is_right_on_the_whole_axis() {
    let Some(gpu) = gpu_or_skip() else { return };
    // Depth 4 with one non-zero weight passes the argument through unchanged.
    let arguments: Vec<f32> = (-4000..=4000).map(|i| i as f32 * 0.002).collect();
    let rows = arguments.len();
    let x: Vec<f32> = arguments.iter().flat_map(|&value| [value, 0.0, 0.0, 0.0]).collect();
    let [x, weight] = [upload(&gpu, [rows, 4], &x), upload(&gpu, [1, 4], &[1.0, 0.0, 0.0, 0.0])];
    let bias = gpu.upload(&[1], &[0.0]);
    for variant in Variant::ALL {
        let y = linear_by(&gpu, variant, &x, &weight, Epilogue::BiasGelu(&bias)).unwrap();
        let errors =
            download(&gpu, &y).into_iter().zip(&arguments).map(|(y, &x)| (y - linear::oracle::gelu(x)).abs());
        let worst = errors.fold(0.0, f32::max);
        println!("gelu, {variant:?}: worst absolute error {worst:.2e}");
        assert!(worst <= 1e-6, "gelu, {variant:?}: {worst}");
    }
}

#[test]
fn linear_refuses_what_it_cannot_do() {
    let Some(gpu) = gpu_or_skip() else { return };
    let [x, weight] = [gpu.alloc(&[2, 6]), gpu.alloc(&[3, 6])];
    let refused = linear::linear(&gpu, &x, &weight, Epilogue::None);
    assert!(matches!(refused, Err(GpuError::Unsupported { what: "depth", value: 6, .. })));
    let refused = linear::linear(&gpu, &x, &gpu.alloc(&[3, 8]), Epilogue::None);
    assert!(matches!(refused, Err(GpuError::Shape { tensor: "weight", .. })));
    let refused = linear::linear(&gpu, &gpu.alloc(&[6]), &weight, Epilogue::None);
    assert!(matches!(refused, Err(GpuError::Rank { tensor: "x", .. })));
    let refused = linear::linear(&gpu, &gpu.alloc_u32(&[2, 6]), &weight, Epilogue::None);
    assert!(matches!(refused, Err(GpuError::Element { tensor: "x", .. })));
}

#[test]
fn attention_stays_within_each_sequence() {
    let Some(gpu) = gpu_or_skip() else { return };
    // Sequences around the tile of 32 queries, an empty one, and the longest that BERT takes.
    let sequences: [&[u32]; 3] = [&[1], &[2, 31, 0, 32, 33, 65], &[512, 3]];
    for (heads, lengths) in [1, 3, 12].into_iter().zip(sequences) {
        let bounds = cu_seqlens(lengths);
        let rows = *bounds.last().unwrap() as usize;
        let hidden = heads * HEAD_DIM as usize;
        // Times 4, so that the softmax is far from even.
        let qkv: Vec<f32> = noise("qkv", rows * 3 * hidden).iter().map(|value| value * 4.0).collect();

        let work = Work::new(&gpu, &bounds);
        let out =
            attention::attention(&gpu, &upload(&gpu, [rows, 3 * hidden], &qkv), &work, heads as u32).unwrap();
        let expected = attention::oracle::attention(&qkv, &bounds, heads, HEAD_DIM as usize);
        assert_close(&download(&gpu, &out), &expected, 1e-5, &format!("out, lengths {lengths:?}"));
    }
}

#[test]
fn attention_survives_large_logits() {
    let Some(gpu) = gpu_or_skip() else { return };
    let bounds = [0, 40];
    let qkv: Vec<f32> = noise("qkv", 40 * 96).iter().map(|value| value * 100.0).collect();
    let work = Work::new(&gpu, &bounds);
    let out = attention::attention(&gpu, &upload(&gpu, [40, 96], &qkv), &work, 1).unwrap();
    let expected = attention::oracle::attention(&qkv, &bounds, 1, 32);
    assert_close(&download(&gpu, &out), &expected, 1e-3, "out of logits in the ten thousands");
}

#[test]
fn pool_normalize() {
    let Some(gpu) = gpu_or_skip() else { return };
    let bounds = cu_seqlens(&[1, 0, 7, 64, 130]);
    for hidden in [1, 63, 64, 65, 384, 1000] {
        let x = noise("x", 202 * hidden);
        let bounds_gpu = gpu.upload_u32(&[6], &bounds);
        let x_gpu = upload(&gpu, [202, hidden], &x);
        for pooling in [Pooling::Mean, Pooling::Cls] {
            let y = pool_normalize::pool_normalize(&gpu, &x_gpu, &bounds_gpu, pooling).unwrap();
            let expected = pool_normalize::oracle::pool_normalize(&x, &bounds, hidden, pooling);
            assert_close(&download(&gpu, &y), &expected, 1e-5, &format!("y [5, {hidden}], {pooling:?}"));
        }
    }
}

#[test]
fn scores_of_halves() {
    let Some(gpu) = gpu_or_skip() else { return };
    // Below, at and above a workgroup's 64 rows; 384 is MiniLM's hidden size.
    for [queries, rows, width] in [[1, 1, 8], [3, 63, 16], [2, 64, 384], [17, 65, 384], [1, 1000, 1000]] {
        let q = noise("queries", queries * width);
        let p = halves("passages", rows * width);
        let passages = gpu.upload_halves(&[rows as u32, width as u32 / 2], &p);
        let all = scores(&gpu, &upload(&gpu, [queries, width], &q), &passages).unwrap();
        let expected = scores::oracle::scores(&q, &p, width);
        assert_close(&download(&gpu, &all), &expected, 1e-5, &format!("scores [{queries}, {rows}, {width}]"));
    }
}

#[test]
fn scores_refuse_what_they_cannot_read() {
    let Some(gpu) = gpu_or_skip() else { return };
    let refused = scores(&gpu, &gpu.alloc(&[1, 12]), &gpu.alloc_u32(&[3, 6]));
    assert!(matches!(refused, Err(GpuError::Unsupported { what: "width", value: 12, .. })));
    let refused = scores(&gpu, &gpu.alloc(&[1, 16]), &gpu.alloc_u32(&[3, 16]));
    assert!(matches!(refused, Err(GpuError::Shape { tensor: "passages", .. })));
    let refused = scores(&gpu, &gpu.alloc(&[1, 16]), &gpu.alloc(&[3, 8]));
    assert!(matches!(refused, Err(GpuError::Element { tensor: "passages", .. })));
}

#[test]
fn top_k_of_scores() {
    let Some(gpu) = gpu_or_skip() else { return };
    // Below, at and above one tile of 2,048, several tiles, and several rounds.
    for [queries, passages, k] in
        [[1, 1, 10], [3, 10, 3], [2, 2048, 100], [2, 2049, 1], [2, 5000, 128], [1, 20_000, 1024]]
    {
        let all = noise("scores", queries * passages);
        let best = top_k::top_k(&gpu, &upload(&gpu, [queries, passages], &all), k as u32).unwrap();
        let expected: Vec<(f32, u32)> = top_k::oracle::top_k(&all, passages, k).concat();
        let rows = block_on(gpu.download_u32(&best.rows)).unwrap();
        let found: Vec<(f32, u32)> = download(&gpu, &best.scores).into_iter().zip(rows).collect();
        assert_eq!(found, expected, "{k} best of [{queries}, {passages}]");
    }
}

#[test]
fn top_k_breaks_ties_by_the_smaller_row() {
    let Some(gpu) = gpu_or_skip() else { return };
    let passages = 5000;
    let tied: Vec<f32> = (0..passages).map(|row| if row % 7 == 3 { 1.0 } else { 0.5 }).collect();
    let best = top_k::top_k(&gpu, &upload(&gpu, [1, passages], &tied), 100).unwrap();
    let rows = block_on(gpu.download_u32(&best.rows)).unwrap();
    assert_eq!(rows, (0..100).map(|i| i * 7 + 3).collect::<Vec<u32>>());
}

#[test]
fn top_k_of_nothing_and_of_too_much() {
    let Some(gpu) = gpu_or_skip() else { return };
    let none = top_k::top_k(&gpu, &gpu.alloc(&[2, 0]), 10).unwrap();
    assert_eq!(none.rows.shape(), [2, 0]);
    assert!(download(&gpu, &none.scores).is_empty());
    let refused = top_k::top_k(&gpu, &gpu.alloc(&[1, 2000]), MAX_K + 1);
    assert!(matches!(refused, Err(GpuError::Unsupported { what: "k", .. })));
}

/// The bits of noise in f16.
fn halves(name: &str, n: usize) -> Vec<u16> {
    noise(name, n).into_iter().map(|value| half::f16::from_f32(value).to_bits()).collect()
}

fn norm(gpu: &Gpu, gamma: &[f32], beta: &[f32]) -> Norm {
    let hidden = gamma.len() as u32;
    Norm { gamma: gpu.upload(&[hidden], gamma), beta: gpu.upload(&[hidden], beta), eps: EPS }
}

fn upload(gpu: &Gpu, shape: [usize; 2], values: &[f32]) -> GpuTensor {
    gpu.upload(&shape.map(|dim| dim as u32), values)
}

fn download(gpu: &Gpu, tensor: &GpuTensor) -> Vec<f32> {
    block_on(gpu.download(tensor)).unwrap()
}

fn cu_seqlens(lengths: &[u32]) -> Vec<u32> {
    let ends = lengths.iter().scan(0, |end, length| {
        *end += length;
        Some(*end)
    });
    std::iter::once(0).chain(ends).collect()
}
