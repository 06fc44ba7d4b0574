//! The engine against itself, natively: what a teaching step costs in forward passes, what a search takes, and how
//! fast the matrix kernels are.
//!
//! `cargo xtask bench` runs it and puts its figures beside those of the peers; prints one JSON object a figure.
//! Medians of five rounds after a warm-up; what belongs to one ratio is measured in turns.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark stops at the first surprise")]

use figret::encoder::candle::AdamWSettings;
use figret::encoder::{
    BertConfig, CandleEncoder, CandleStudent, GpuEncoder, GpuStudent, Learned, LoraConfig, Scope, Targets,
    Weights,
};
use figret::gpu::{Gpu, GpuOptions};
use figret::ops::linear::{Epilogue, linear_by};
use figret::ops::linear_grad::{Columns, InputEpilogue, input_by, weight_by};
use figret::ops::sum_rows::Sum;
use figret::ops::tiling::Variant;
use figret::text::PackedTokens;
use pollster::block_on;
use serde_json::json;
use std::hint::black_box;
use std::time::Instant;

mod search;

const ROUNDS: usize = 5;
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/models/all-MiniLM-L6-v2/");
const ADAMW: AdamWSettings = AdamWSettings { weight_decay: 0.01, max_grad_norm: 1.0 };

fn main() {
    let has = |wanted: &str| std::env::args().any(|argument| argument == wanted);
    let is_quick = has("--quick");
    let model = Model::read();
    if has("--answer") {
        return answer(&model);
    }
    teaching_on_cpu(&model);
    let gpu = block_on(Gpu::open(GpuOptions { allow_software: true }));
    match &gpu {
        Ok(gpu) => {
            teaching_on_gpu(gpu, &model, is_quick);
            kernels(gpu);
        }
        Err(error) => say("teach.gpu_query_lora_vs_3_forward", json!(null), &error.to_string()),
    }
    search::run(gpu.as_ref().map_err(ToString::to_string), is_quick);
}

/// Takes a step on the CPU for every line of input, `step layers`, and says how long it took; for the duel with PyTorch.
fn answer(model: &Model) {
    let encoder = CandleEncoder::new(&model.config, &model.weights).unwrap();
    let [.., layers, _] = model.scopes();
    let mut student = CandleStudent::new(&encoder, &model.weights, &layers.1, ADAMW).unwrap();
    let batch = batch(16);
    let grad = vec![0.01_f32; 16 * model.config.hidden_size];
    for line in std::io::stdin().lines() {
        assert_eq!(line.unwrap(), "step layers");
        let start = Instant::now();
        student.forward(&batch).unwrap();
        student.learn(&grad, 1e-6).unwrap();
        println!("{}", json!({ "ms": start.elapsed().as_secs_f64() * 1e3 }));
    }
}

/// A figure with its name in the report and how it was measured.
fn say(figure: &str, value: serde_json::Value, detail: &str) {
    println!("{}", json!({ "figure": figure, "value": value, "detail": detail }));
}

/// Median milliseconds of each piece of work, all of them in turns, after one round that does not count.
fn medians_ms<const N: usize>(mut work: [&mut dyn FnMut(); N]) -> [f64; N] {
    let mut times = [(); N].map(|()| Vec::new());
    for round in 0..=ROUNDS {
        for (work, times) in work.iter_mut().zip(&mut times) {
            let start = Instant::now();
            work();
            if round > 0 {
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[ROUNDS / 2]
    })
}

struct Model {
    config: BertConfig,
    weights: Weights,
}

impl Model {
    fn read() -> Self {
        let read =
            |name: &str| std::fs::read(format!("{FOLDER}{name}")).expect("run `cargo xtask model` first");
        let config = BertConfig::from_json(&read("config.json")).unwrap();
        let weights = Weights::from_safetensors(&read("model.safetensors"), &config).unwrap();
        Self { config, weights }
    }

    /// What a teaching of each scope starts from.
    fn scopes(&self) -> [(&'static str, Learned); 4] {
        let lora = |rank: usize, targets| LoraConfig { rank, alpha: 2.0 * rank as f32, targets };
        let scopes = [
            ("query_lora", Scope::Adapter(lora(8, Targets::QueryValue))),
            ("all_linear_lora", Scope::Adapter(lora(32, Targets::AllLinear))),
            ("layers", Scope::Layers),
            ("all", Scope::All),
        ];
        scopes.map(|(name, scope)| (name, Learned::initial(scope, &self.weights, &self.config, 0).unwrap()))
    }
}

/// Queries of 23 tokens, as long as the sample's are on average.
fn batch(queries: u32) -> PackedTokens {
    PackedTokens::new((0..queries).map(|i| (0..23).map(|j| 1000 + 97 * i + 13 * j).collect::<Vec<u32>>()))
}

fn compare(figure: &str, detail: &str, [forward, step]: [f64; 2]) {
    let detail = format!("{detail}; step {step:.0} ms, forward pass {forward:.0} ms");
    say(figure, json!(step / (3.0 * forward)), &detail);
}

fn teaching_on_cpu(model: &Model) {
    let encoder = CandleEncoder::new(&model.config, &model.weights).unwrap();
    let batch = batch(16);
    let grad = vec![0.01_f32; 16 * model.config.hidden_size];
    for (name, start) in model.scopes() {
        let mut student = CandleStudent::new(&encoder, &model.weights, &start, ADAMW).unwrap();
        let times = medians_ms([&mut || drop(black_box(encoder.embed(&batch).unwrap())), &mut || {
            student.forward(&batch).unwrap();
            black_box(student.learn(&grad, 1e-6).unwrap());
        }]);
        let detail = format!("CPU, {} tokens", batch.tokens());
        compare(&format!("teach.cpu_{name}_vs_3_forward"), &detail, times);
    }
}

fn teaching_on_gpu(gpu: &Gpu, model: &Model, is_quick: bool) {
    let encoder = GpuEncoder::new(gpu, &model.config, &model.weights).unwrap();
    let queries = match (gpu.is_software(), is_quick) {
        (true, true) => 1,
        (true, false) => 4,
        (false, _) => 64,
    };
    let batch = batch(queries);
    let hidden = model.config.hidden_size as u32;
    let grad = gpu.upload(&[queries, hidden], &vec![0.01; (queries * hidden) as usize]);
    for (name, start) in model.scopes() {
        let mut student = GpuStudent::new(&encoder, &model.weights, &start, ADAMW).unwrap();
        let times =
            medians_ms([&mut || drop(black_box(block_on(encoder.embed(&batch)).unwrap())), &mut || {
                student.forward(&batch).unwrap();
                student.backward(&grad).unwrap();
                student.step(1e-6).unwrap();
                black_box(block_on(gpu.download(student.state())).unwrap());
            }]);
        let peak_mib = gpu.memory().peak_bytes >> 20;
        let detail = format!("{}, {} tokens, peak {peak_mib} MiB", gpu.adapter_name(), batch.tokens());
        compare(&format!("teach.gpu_{name}_vs_3_forward"), &detail, times);
    }
}

/// The three products of a linear layer at the shapes of the feed-forward block.
fn kernels(gpu: &Gpu) {
    let (rows, columns, depth) = if gpu.is_software() { (256, 1536, 384) } else { (4096, 1536, 384) };
    let tensor = |shape: [u32; 2]| gpu.upload(&shape, &vec![0.01; (shape[0] * shape[1]) as usize]);
    let (x, weight, g) = (tensor([rows, depth]), tensor([columns, depth]), tensor([rows, columns]));
    let dw = tensor([columns, depth]);
    let gflop = 2.0 * f64::from(rows) * f64::from(columns) * f64::from(depth) / 1e9;
    for variant in Variant::ALL {
        let wait = || block_on(gpu.check()).unwrap();
        let times = medians_ms([
            &mut || {
                linear_by(gpu, variant, &x, &weight, Epilogue::None).unwrap();
                wait();
            },
            &mut || {
                input_by(gpu, variant, Columns::all(&g), &weight, 1.0, InputEpilogue::None).unwrap();
                wait();
            },
            &mut || {
                weight_by(gpu, variant, Columns::all(&g), &x, Sum { into: &dw, factor: 1.0 }).unwrap();
                wait();
            },
        ]);
        for (name, ms) in ["forward", "input_gradient", "weight_gradient"].iter().zip(times) {
            let figure = format!("teach.gemm_{name}_{variant:?}_gflops").to_lowercase();
            let detail = format!("{}, [{rows}, {columns}, {depth}], {ms:.1} ms", gpu.adapter_name());
            say(&figure, json!(gflop / ms * 1e3), &detail);
        }
    }
}
