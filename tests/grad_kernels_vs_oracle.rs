//! Every kernel of teaching against the plain loops that define it: gradients, losses, clipping, AdamW.
//!
//! Needs an adapter; software Vulkan will do. Without one a test says so and stops, unless
//! `REQUIRE_GPU=1`, which CI sets, turns that into a failure.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{assert_close, bits, gpu_or_skip, noise};
use figret::gpu::{Gpu, GpuError, GpuTensor};
use figret::ops::adamw::{self, adamw};
use figret::ops::attention::{HEAD_DIM, Work};
use figret::ops::attention_grad::{self, attention_grad};
use figret::ops::clip_norm::{self, clip_norm};
use figret::ops::copy_rows::{self, copy_rows};
use figret::ops::embed_grad::{self, Uses};
use figret::ops::embed_layer_norm::Tables;
use figret::ops::gelu::gelu;
use figret::ops::layer_norm::Norm;
use figret::ops::layer_norm_grad;
use figret::ops::linear;
use figret::ops::linear_grad::{self, Columns, InputEpilogue};
use figret::ops::list_loss::{self, Goal, MAX_CANDIDATES, Term, Terms, list_loss};
use figret::ops::lora_merge::{self, lora_merge};
use figret::ops::pool_normalize::{self, Pooling};
use figret::ops::sum_rows::{self, Sum, sum_rows};
use figret::ops::tiling::Variant;
use pollster::block_on;

const EPS: f32 = 1e-12; // BERT's layer_norm_eps.
/// Around the tiles of 32 and 64, the steps of 16 and the slices of 64 rows; ranks of LoRA among them.
const SHAPES: [[usize; 3]; 7] =
    [[1, 4, 4], [31, 8, 36], [64, 32, 64], [65, 68, 60], [130, 384, 8], [33, 4, 384], [1100, 64, 68]];

#[test]
fn linear_input_by_every_kernel() {
    let Some(gpu) = gpu_or_skip() else { return };
    for [rows, columns, depth] in SHAPES {
        let [g, weight] = [noise("g", rows * columns), noise("weight", columns * depth)];
        let expected = linear_grad::oracle::input(&g, &weight, columns);
        let [g, weight] = [upload(&gpu, [rows, columns], &g), upload(&gpu, [columns, depth], &weight)];
        let mut first = None;
        for variant in Variant::ALL {
            let dx =
                linear_grad::input_by(&gpu, variant, Columns::all(&g), &weight, 1.0, InputEpilogue::None)
                    .unwrap();
            let label = format!("dx [{rows}, {depth}] from {columns}, {variant:?}");
            let dx = download(&gpu, &dx);
            assert_close(&dx, &expected, 1e-5, &label);
            assert_eq!(*first.get_or_insert(bits(&dx)), bits(&dx), "{label}: other bits than the first");
        }
    }
}

#[test]
fn linear_input_of_a_part_with_each_epilogue() {
    let Some(gpu) = gpu_or_skip() else { return };
    let [rows, stride, offset, columns, depth] = [37, 96, 32, 48, 40];
    let all = noise("g", rows * stride);
    let part: Vec<f32> = all.chunks(stride).flat_map(|row| row[offset..offset + columns].to_vec()).collect();
    let [weight, other] = [noise("weight", columns * depth), noise("other", rows * depth)];
    let product = linear_grad::oracle::input(&part, &weight, columns);
    let scaled: Vec<f32> = product.iter().map(|value| 2.5 * value).collect();
    let summed: Vec<f32> = scaled.iter().zip(&other).map(|(value, other)| value + other).collect();
    let derived: Vec<f32> = scaled
        .iter()
        .zip(&other)
        .map(|(value, &x)| value * linear_grad::oracle::gelu_derivative(x))
        .collect();

    let (all, weight) = (upload(&gpu, [rows, stride], &all), upload(&gpu, [columns, depth], &weight));
    let other = upload(&gpu, [rows, depth], &other);
    for variant in Variant::ALL {
        let cases = [("none", InputEpilogue::None, &scaled), ("added", InputEpilogue::Add(&other), &summed)];
        for (name, other, expected) in
            cases.into_iter().chain([("GELU", InputEpilogue::GeluAt(&other), &derived)])
        {
            let g = Columns::part(&all, offset as u32, columns as u32);
            let dx = linear_grad::input_by(&gpu, variant, g, &weight, 2.5, other).unwrap();
            assert_close(&download(&gpu, &dx), expected, 1e-5, &format!("{name}, {variant:?}"));
        }
    }
}

#[test]
fn linear_weight_by_every_kernel() {
    let Some(gpu) = gpu_or_skip() else { return };
    for [rows, columns, depth] in SHAPES {
        let [g, x] = [noise("g", rows * columns), noise("x", rows * depth)];
        let once = linear_grad::oracle::weight(&g, &x, columns);
        let twice: Vec<f32> = once.iter().map(|value| 1.5 * value).collect();
        let [g, x] = [upload(&gpu, [rows, columns], &g), upload(&gpu, [rows, depth], &x)];
        let mut first = None;
        for variant in Variant::ALL {
            let dw = upload(&gpu, [columns, depth], &vec![0.0; columns * depth]);
            let add = |factor| {
                let sum = Sum { into: &dw, factor };
                linear_grad::weight_by(&gpu, variant, Columns::all(&g), &x, sum).unwrap();
            };
            add(1.0);
            let label = format!("dW [{columns}, {depth}] over {rows}, {variant:?}");
            let values = download(&gpu, &dw);
            assert_close(&values, &once, 1e-5, &label);
            assert_eq!(
                *first.get_or_insert(bits(&values)),
                bits(&values),
                "{label}: other bits than the first"
            );
            add(0.5);
            assert_close(&download(&gpu, &dw), &twice, 1e-5, &format!("{label}, accumulated"));
        }
    }
}

#[test]
fn linear_weight_of_a_part() {
    let Some(gpu) = gpu_or_skip() else { return };
    let [rows, stride, offset, columns, depth] = [70, 96, 64, 32, 44];
    let [all, x] = [noise("g", rows * stride), noise("x", rows * depth)];
    let part: Vec<f32> = all.chunks(stride).flat_map(|row| row[offset..offset + columns].to_vec()).collect();
    let expected = linear_grad::oracle::weight(&part, &x, columns);
    let [all, x] = [upload(&gpu, [rows, stride], &all), upload(&gpu, [rows, depth], &x)];
    for variant in Variant::ALL {
        let dw = upload(&gpu, [columns, depth], &vec![0.0; columns * depth]);
        let g = Columns::part(&all, offset as u32, columns as u32);
        linear_grad::weight_by(&gpu, variant, g, &x, Sum { into: &dw, factor: 1.0 }).unwrap();
        assert_close(&download(&gpu, &dw), &expected, 1e-5, &format!("dW of a part, {variant:?}"));
    }
}

#[test]
fn linear_sizes_that_the_kernels_cannot_read_are_refused() {
    let Some(gpu) = gpu_or_skip() else { return };
    let (g, weight) = (gpu.alloc(&[2, 8]), gpu.alloc(&[8, 6]));
    let refused = linear_grad::input(&gpu, Columns::all(&g), &weight, 1.0, InputEpilogue::None);
    assert!(matches!(refused, Err(GpuError::Unsupported { what: "depth", .. })));
    let refused =
        linear_grad::input(&gpu, Columns::part(&g, 4, 8), &gpu.alloc(&[8, 8]), 1.0, InputEpilogue::None);
    assert!(matches!(refused, Err(GpuError::Shape { tensor: "g", .. })));
}

#[test]
fn sum_of_rows() {
    let Some(gpu) = gpu_or_skip() else { return };
    for [rows, columns] in [[1, 1], [63, 65], [64, 64], [65, 384], [1100, 7]] {
        let x = noise("x", rows * columns);
        let sums = gpu.upload(&[columns as u32], &vec![0.0; columns]);
        let x_gpu = upload(&gpu, [rows, columns], &x);
        sum_rows(&gpu, &x_gpu, Sum { into: &sums, factor: 1.0 }).unwrap();
        let expected = sum_rows::oracle::sum_rows(&x, columns);
        assert_close(&download(&gpu, &sums), &expected, 1e-5, &format!("sum of [{rows}, {columns}]"));
    }
}

#[test]
fn gelu_and_its_derivative_on_the_whole_axis() {
    let Some(gpu) = gpu_or_skip() else { return };
    let x: Vec<f32> = (-4000..4000).map(|i| i as f32 * 0.002).collect();
    let x_gpu = upload(&gpu, [2000, 4], &x);
    let expected: Vec<f32> = x.iter().map(|&x| linear::oracle::gelu(x)).collect();
    assert_close(&download(&gpu, &gelu(&gpu, &x_gpu).unwrap()), &expected, 1e-6, "gelu");
    // A product of ones with the identity leaves the derivative alone.
    let ones = upload(&gpu, [2000, 4], &[1.0; 8000]);
    let identity: Vec<f32> = (0..16).map(|i| if i % 5 == 0 { 1.0 } else { 0.0 }).collect();
    let identity = upload(&gpu, [4, 4], &identity);
    let expected: Vec<f32> = x.iter().map(|&x| linear_grad::oracle::gelu_derivative(x)).collect();
    for variant in Variant::ALL {
        let other = InputEpilogue::GeluAt(&x_gpu);
        let dx = linear_grad::input_by(&gpu, variant, Columns::all(&ones), &identity, 1.0, other).unwrap();
        assert_close(&download(&gpu, &dx), &expected, 2e-6, &format!("derivative of GELU, {variant:?}"));
    }
}

#[test]
fn layer_norm() {
    let Some(gpu) = gpu_or_skip() else { return };
    for [rows, hidden] in [[3, 7], [5, 64], [70, 65], [4, 384], [2, 1000]] {
        let [x, dy] = ["x", "dy"].map(|name| noise(name, rows * hidden));
        let gamma = noise("gamma", hidden);
        let [gamma_gpu, beta] = [(); 2].map(|()| gpu.upload(&[hidden as u32], &gamma));
        let norm = Norm { gamma: gamma_gpu, beta, eps: EPS };
        let [x_gpu, dy_gpu] = [&x, &dy].map(|values| upload(&gpu, [rows, hidden], values));
        let grad = layer_norm_grad::input(&gpu, &x_gpu, &norm, &dy_gpu).unwrap();
        let expected = layer_norm_grad::oracle::grad_input(&x, &gamma, &dy, EPS.into());
        assert_close(&download(&gpu, &grad.x_grad), &expected, 1e-5, &format!("dx [{rows}, {hidden}]"));

        let [dgamma, dbeta] = [(); 2].map(|()| gpu.upload(&[hidden as u32], &vec![0.0; hidden]));
        let sums = [&dgamma, &dbeta].map(|into| Sum { into, factor: 1.0 });
        layer_norm_grad::scale(&gpu, &x_gpu, &grad, &dy_gpu, sums).unwrap();
        let expected = layer_norm_grad::oracle::grad_scale(&x, &dy, hidden, EPS.into());
        for ((name, found), expected) in ["dgamma", "dbeta"].iter().zip([dgamma, dbeta]).zip(&expected) {
            assert_close(&download(&gpu, &found), expected, 1e-5, &format!("{name} of [{rows}, {hidden}]"));
        }
    }
}

#[test]
fn attention() {
    let Some(gpu) = gpu_or_skip() else { return };
    // One token, one tile less one, a tile, a tile and one, several tiles, an empty sequence between.
    for (heads, lengths) in [(1, vec![1]), (2, vec![31, 0, 32, 33]), (12, vec![5, 70])] {
        let bounds = cu_seqlens(&lengths);
        let (rows, hidden) = (bounds[bounds.len() - 1] as usize, heads * HEAD_DIM as usize);
        let qkv: Vec<f32> = noise("qkv", rows * 3 * hidden).iter().map(|value| value * 2.0).collect();
        let dout = noise("dout", rows * hidden);
        let [qkv_gpu, dout_gpu] =
            [(3 * hidden, &qkv), (hidden, &dout)].map(|(w, v)| upload(&gpu, [rows, w], v));
        let work = Work::new(&gpu, &bounds);
        let grad = attention_grad(&gpu, &qkv_gpu, &work, heads as u32, &dout_gpu).unwrap();
        let expected = attention_grad::oracle::attention_grad(&qkv, &dout, &bounds, heads, HEAD_DIM as usize);
        assert_close(&download(&gpu, &grad), &expected, 1e-5, &format!("dqkv, {heads} heads, {lengths:?}"));
    }
}

#[test]
fn pooling() {
    let Some(gpu) = gpu_or_skip() else { return };
    let bounds = cu_seqlens(&[1, 0, 7, 64, 130]);
    for hidden in [1, 63, 65, 384] {
        let [x, dy] = [noise("x", 202 * hidden), noise("dy", 5 * hidden)];
        let bounds_gpu = gpu.upload_u32(&[6], &bounds);
        let x_gpu = upload(&gpu, [202, hidden], &x);
        let dy_gpu = upload(&gpu, [5, hidden], &dy);
        for pooling in [Pooling::Mean, Pooling::Cls] {
            let y = pool_normalize::pool_normalize(&gpu, &x_gpu, &bounds_gpu, pooling).unwrap();
            let pooled = [&y, &dy_gpu];
            let dx = pool_normalize::pool_normalize_grad(&gpu, &x_gpu, &bounds_gpu, pooled, pooling).unwrap();
            let expected = pool_normalize::oracle::pool_normalize_grad(&x, &bounds, &dy, hidden, pooling);
            if hidden == 1 {
                // A single column is ±1 after normalisation, whatever its length: the gradient is rounding.
                assert!(download(&gpu, &dx).iter().all(|dx| dx.abs() < 1e-4));
            } else {
                let label = format!("dx [202, {hidden}], {pooling:?}");
                assert_close(&download(&gpu, &dx), &expected, 1e-5, &label);
            }
        }
    }
}

#[test]
fn merging() {
    let Some(gpu) = gpu_or_skip() else { return };
    for [rows, columns, rank, first_row] in [[4, 4, 4, 0], [33, 68, 8, 7], [384, 384, 64, 384]] {
        let all_rows = rows + first_row + 3;
        let weight = noise("weight", all_rows * columns);
        let [a, b] = [noise("a", rank * columns), noise("b", rows * rank)];
        let merged = upload(&gpu, [all_rows, columns], &weight);
        let weight_gpu = upload(&gpu, [all_rows, columns], &weight);
        let pair = [&upload(&gpu, [rank, columns], &a), &upload(&gpu, [rows, rank], &b)];
        lora_merge(&gpu, &weight_gpu, pair, 0.5, first_row as u32, &merged).unwrap();
        let mut expected = weight.clone();
        let range = first_row * columns..(first_row + rows) * columns;
        let updated = lora_merge::oracle::lora_merge(&weight[range.clone()], &a, &b, rank, 0.5);
        expected[range].copy_from_slice(&updated);
        assert_close(
            &download(&gpu, &merged),
            &expected,
            1e-6,
            &format!("merged [{rows}, {columns}], r {rank}"),
        );
    }
}

#[test]
fn losses_over_lists() {
    let Some(gpu) = gpu_or_skip() else { return };
    let [queries, hidden, texts] = [5, 384, 90];
    let unit = |values: Vec<f32>| -> Vec<f32> {
        let length = |row: &[f32]| row.iter().map(|v| v * v).sum::<f32>().sqrt();
        values
            .chunks(hidden)
            .flat_map(|row| row.iter().map(|v| v / length(row)).collect::<Vec<_>>())
            .collect()
    };
    let [embeddings, vectors] = [("e", queries), ("v", texts)].map(|(name, n)| unit(noise(name, n * hidden)));
    let one_hot = |rows: std::ops::Range<usize>| -> Vec<(usize, f64)> {
        rows.clone().map(|row| (row, if row == rows.start { 1.0 } else { 0.0 })).collect()
    };
    let term = |query, weight, candidates| Term { goal: Goal::Order, query, weight, candidates };
    let terms = vec![
        term(0, 0.3, vec![(3, 0.5), (4, 0.25), (5, 0.25), (6, 0.0)]),
        term(0, 1.0, one_hot(10..12)),
        term(2, 1.0, one_hot(0..64)),
        term(2, 0.5, one_hot(20..85)),
        // Rows from `texts` on are embeddings: the first and the last one, and one that is its own query's rival.
        term(2, 0.4, vec![(texts, 1.0), (5, 0.0), (texts + 1, 0.0)]),
        Term { goal: Goal::Stay, ..term(3, 0.7, vec![(7, 1.0), (8, 0.5)]) },
        term(3, 1.5, vec![(texts + 4, 0.5), (texts, 0.5), (9, 0.0)]),
        term(4, 2.0, vec![(89, 1.0)]),
    ];
    let (expected, expected_de) = list_loss::oracle::list_loss(&embeddings, hidden, &vectors, &terms, 0.05);

    let on_gpu = Terms::new(&gpu, queries, texts, &terms).unwrap();
    let embeddings = upload(&gpu, [queries, hidden], &embeddings);
    let vectors = upload(&gpu, [texts, hidden], &vectors);
    let found = list_loss(&gpu, &embeddings, &vectors, on_gpu, 0.05).unwrap();
    let expected: Vec<f32> = expected.iter().map(|&loss| loss as f32).collect();
    assert_close(&download(&gpu, &found.losses), &expected, 1e-5, "losses");
    assert_close(&download(&gpu, &found.embeddings_grad), &expected_de, 1e-5, "de");
}

#[test]
fn terms_that_the_kernel_cannot_take_are_refused() {
    let Some(gpu) = gpu_or_skip() else { return };
    let term = |query, count: u32| Term {
        goal: Goal::Order,
        query,
        weight: 1.0,
        candidates: vec![(0, 0.0); count as usize],
    };
    for terms in [vec![term(0, MAX_CANDIDATES + 1)], vec![term(1, 1), term(0, 1)], vec![term(2, 1)]] {
        assert!(matches!(Terms::new(&gpu, 2, 1, &terms), Err(GpuError::Unsupported { .. })));
    }
    let beyond = Term { candidates: vec![(3, 1.0)], ..term(0, 0) };
    assert!(matches!(Terms::new(&gpu, 2, 1, &[beyond]), Err(GpuError::Unsupported { .. })));
    let terms = Terms::new(&gpu, 1, 9, &[Term { candidates: vec![(9, 1.0)], ..term(0, 0) }]).unwrap();
    let refused = list_loss(&gpu, &gpu.alloc(&[1, 8]), &gpu.alloc(&[8, 8]), terms, 0.05);
    assert!(matches!(refused, Err(GpuError::Shape { tensor: "vectors", .. })));
}

#[test]
fn rows_are_copied_and_no_others() {
    let Some(gpu) = gpu_or_skip() else { return };
    for (columns, from, to) in [(3, 0..2, 1), (384, 1..4, 0), (64, 2..2, 3), (5, 3..4, 5)] {
        let (x, mut y) = (noise("x", 4 * columns), noise("y", 6 * columns));
        let on_gpu = [upload(&gpu, [4, columns], &x), upload(&gpu, [6, columns], &y)];
        copy_rows(&gpu, &on_gpu[0], from.start as u32..from.end as u32, &on_gpu[1], to as u32).unwrap();
        copy_rows::oracle::copy_rows(&x, from, &mut y, to, columns);
        assert_eq!(download(&gpu, &on_gpu[1]), y, "{columns} columns");
    }
    let refused = copy_rows(&gpu, &gpu.alloc(&[4, 8]), 2..5, &gpu.alloc(&[9, 8]), 0);
    assert!(matches!(refused, Err(GpuError::Shape { tensor: "x", .. })));
    let refused = copy_rows(&gpu, &gpu.alloc(&[4, 8]), 0..4, &gpu.alloc(&[6, 8]), 3);
    assert!(matches!(refused, Err(GpuError::Shape { tensor: "y", .. })));
}

#[test]
fn embeddings_are_summed_and_their_tables_get_each_tokens_gradient() {
    let Some(gpu) = gpu_or_skip() else { return };
    let batches = [(3, vec![[0, 0]]), (384, vec![[4, 0], [1, 1], [4, 2], [4, 0], [0, 1]])];
    for (hidden, tokens) in batches {
        let (words, positions, types) =
            (noise("words", 5 * hidden), noise("positions", 3 * hidden), noise("types", 2 * hidden));
        let tables = Tables {
            words: upload(&gpu, [5, hidden], &words),
            positions: upload(&gpu, [3, hidden], &positions),
            types: upload(&gpu, [2, hidden], &types),
        };
        let on_gpu = gpu.upload_u32(&[tokens.len() as u32, 2], tokens.as_flattened());
        let found = download(&gpu, &embed_grad::sum(&gpu, &on_gpu, &tables).unwrap());
        let expected = embed_grad::oracle::sum(&tokens, [&words, &positions, &types], hidden);
        assert_close(&found, &expected, 1e-6, "sum");

        // On top of what is there already.
        let (g, mut table) = (noise("g", tokens.len() * hidden), words);
        let ids: Vec<u32> = tokens.iter().map(|token| token[0]).collect();
        let uses = Uses::new(&gpu, ids.iter().copied());
        let g_on_gpu = upload(&gpu, [tokens.len(), hidden], &g);
        embed_grad::rows(&gpu, &uses, &g_on_gpu, &tables.words).unwrap();
        embed_grad::oracle::rows(&ids, &g, &mut table, hidden);
        assert_close(&download(&gpu, &tables.words), &table, 1e-5, "table");
    }
    let uses = Uses::new(&gpu, [0, 1].into_iter());
    let refused = embed_grad::rows(&gpu, &uses, &gpu.alloc(&[3, 8]), &gpu.alloc(&[5, 8]));
    assert!(matches!(refused, Err(GpuError::Shape { tensor: "order", .. })));
    let refused = embed_grad::rows(&gpu, &uses, &gpu.alloc(&[2, 8]), &gpu.alloc(&[5, 4]));
    assert!(matches!(refused, Err(GpuError::Shape { tensor: "table", .. })));
}

#[test]
fn clipping_and_steps() {
    let Some(gpu) = gpu_or_skip() else { return };
    // Below, at and above a piece of 4,096, and several pieces.
    let sizes = [5, 4096, 4097, 20_000];
    let gradients: Vec<Vec<f32>> = sizes.iter().map(|&n| noise("gradient", n)).collect();
    let state = gpu.upload(&[4], &[0.0; 4]);
    let x_start = noise("x", 4097);
    let [x, m, v] =
        [x_start.clone(), vec![0.0; 4097], vec![0.0; 4097]].map(|values| gpu.upload(&[4097], &values));

    let norm = clip_norm::oracle::norm(&gradients);
    let limit = 0.25 * norm;
    let mut expected = [x_start.iter().map(|&x| f64::from(x)).collect(), vec![0.0; 4097], vec![0.0; 4097]];
    let clipped: Vec<f32> = gradients[2].iter().map(|g| g * 0.25).collect();
    for step in 1..=3 {
        // A step leaves its gradient at zero.
        let on_gpu: Vec<GpuTensor> = gradients.iter().map(|g| gpu.upload(&[g.len() as u32], g)).collect();
        let tensors: Vec<&GpuTensor> = on_gpu.iter().collect();
        clip_norm(&gpu, &tensors, (step, limit as f32), &state).unwrap();
        let params = adamw::Params::of_step(4097, step, 1e-2, 0.1);
        adamw(&gpu, &params, &on_gpu[2], &state, &x, [&m, &v]).unwrap();
        let [x, m, v] = &mut expected;
        adamw::oracle::adamw([x, m, v], &clipped, step as i32, 1e-2, 0.1);
        assert!(download(&gpu, &on_gpu[2]).iter().all(|&g| g == 0.0), "the gradient is still there");
    }
    assert_close(&download(&gpu, &state), &[norm as f32, 0.25, 3.0, 0.0], 1e-5, "state");
    for (name, (found, expected)) in ["x", "m", "v"].iter().zip([&x, &m, &v].into_iter().zip(&expected)) {
        let expected: Vec<f32> = expected.iter().map(|&value| value as f32).collect();
        assert_close(&download(&gpu, found), &expected, 1e-5, name);
    }
}

#[test]
fn a_norm_below_the_limit_is_not_scaled_up() {
    let Some(gpu) = gpu_or_skip() else { return };
    let (gradient, state) = (gpu.upload(&[4], &[0.5; 4]), gpu.upload(&[4], &[0.0; 4]));
    clip_norm(&gpu, &[&gradient], (7, 10.0), &state).unwrap();
    assert_eq!(download(&gpu, &state), [1.0, 1.0, 7.0, 0.0]);
}

#[test]
fn a_step_that_went_wrong_changes_nothing_and_neither_does_any_after_it() {
    let Some(gpu) = gpu_or_skip() else { return };
    for bad_value in [f32::NAN, f32::INFINITY, 1e30] {
        let state = gpu.upload(&[4], &[0.0; 4]);
        let [x, m, v] = [1.0, 0.0, 0.0].map(|value| gpu.upload(&[100], &[value; 100]));
        for (step, value) in [(1, 0.1), (2, bad_value), (3, 0.1)] {
            let gradient = &gpu.upload(&[100], &[value; 100]);
            clip_norm(&gpu, &[gradient], (step, 1.0), &state).unwrap();
            adamw(&gpu, &adamw::Params::of_step(100, step, 1e-2, 0.0), gradient, &state, &x, [&m, &v])
                .unwrap();
        }
        assert_eq!(download(&gpu, &state)[3], 2.0, "the first step that went wrong, by {bad_value}");
        // AdamW's first step is the learning rate whatever the gradient's size.
        assert_close(&download(&gpu, &x), &[0.99; 100], 1e-5, "x after one good step");
    }
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
