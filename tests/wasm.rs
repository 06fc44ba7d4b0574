//! In headless Chromium, inside a worker: the SIMD kernel, WebGPU and the tape as wasm.
//!
//! A small random model stands in for MiniLM, which is 90 MB; the end-to-end test embeds with the real one.

#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use figret::encoder::candle::AdamWSettings;
use figret::encoder::{
    BertConfig, CandleEncoder, CandleStudent, GpuEncoder, GpuStudent, HostTensor, Learned, LoraAdapter,
    LoraConfig, Scope, Targets, Weights,
};
use figret::gpu::{Gpu, GpuOptions};
use figret::text::PackedTokens;
use std::collections::BTreeMap;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

fn config() -> BertConfig {
    let json = br#"{"vocab_size":50,"hidden_size":64,"num_hidden_layers":2,"num_attention_heads":2,
        "intermediate_size":96,"max_position_embeddings":40,"layer_norm_eps":1e-12,"hidden_act":"gelu",
        "model_type":"bert"}"#;
    BertConfig::from_json(json).unwrap()
}

/// Values in ±0.2 that depend only on their place.
fn noise(n: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 8) as f32 / 8_388_608.0 - 1.0) * 0.2
    };
    (0..n).map(|_| next()).collect()
}

fn weights(config: &BertConfig) -> Weights {
    let tensors = Weights::expected_tensors(config).into_iter().enumerate().map(|(i, (name, shape))| {
        let n = shape.iter().product();
        let mut data = noise(n, i as u32);
        if name.ends_with("LayerNorm.weight") {
            data.iter_mut().for_each(|x| *x += 1.0);
        }
        (name, HostTensor { shape, data: data.into() })
    });
    Weights::from_tensors(tensors.collect::<BTreeMap<_, _>>())
}

fn batch() -> PackedTokens {
    PackedTokens::new([vec![1, 2, 3, 4, 5], vec![7, 9], (10..43).collect::<Vec<u32>>(), vec![49]])
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[wasm_bindgen_test]
async fn the_gpu_and_the_cpu_give_the_same_vectors() {
    let config = config();
    let weights = weights(&config);
    let cpu = CandleEncoder::new(&config, &weights).unwrap().embed(&batch()).unwrap();
    let gpu = Gpu::open(GpuOptions { allow_software: true }).await.unwrap();
    let gpu = GpuEncoder::new(&gpu, &config, &weights).unwrap().embed(&batch()).await.unwrap();
    let difference = largest_difference(&gpu, &cpu);
    assert!(difference < 1e-5, "the largest difference is {difference}");
}

#[wasm_bindgen_test]
async fn the_gpu_and_the_cpu_learn_the_same() {
    let config = config();
    let weights = weights(&config);
    let lora = LoraConfig { rank: 4, alpha: 8.0, targets: Targets::AllLinear };
    let mut adapter = LoraAdapter::initial(lora, &config, 0).unwrap();
    for (i, pair) in adapter.pairs.values_mut().enumerate() {
        pair.b.data = noise(pair.b.data.len(), i as u32 + 200).into();
    }
    learn_the_same(&config, &weights, &Learned::Adapter(adapter), 24).await;
    let all = Learned::initial(Scope::All, &weights, &config, 0).unwrap();
    learn_the_same(&config, &weights, &all, 2 * 16 + 5).await;
}

/// Every gradient and the embeddings after a step, on both; the key biases' gradient is rounding.
async fn learn_the_same(config: &BertConfig, weights: &Weights, start: &Learned, tensors: usize) {
    let settings = AdamWSettings { weight_decay: 0.01, max_grad_norm: 1.0 };
    let shape = [batch().sequences() as u32, config.hidden_size as u32];
    let grad = noise((shape[0] * shape[1]) as usize, 99);
    let encoder = CandleEncoder::new(config, weights).unwrap();
    let mut cpu = CandleStudent::new(&encoder, weights, start, settings).unwrap();
    cpu.forward(&batch()).unwrap();
    cpu.backward(&grad).unwrap();
    let expected = cpu.gradients();

    let gpu = Gpu::open(GpuOptions { allow_software: true }).await.unwrap();
    let encoder = GpuEncoder::new(&gpu, config, weights).unwrap();
    let mut student = GpuStudent::new(&encoder, weights, start, settings).unwrap();
    student.forward(&batch()).unwrap();
    student.backward(&gpu.upload(&shape, &grad)).unwrap();
    let found = student.gradients().await.unwrap();
    assert_eq!(found.len(), tensors);
    for (name, found) in found.iter().filter(|(name, _)| !name.ends_with("self.key.bias")) {
        let expected = &expected[name].data;
        let largest = expected.iter().fold(0.0, |largest: f32, x| largest.max(x.abs()));
        let difference = largest_difference(&found.data, expected) / largest;
        assert!(difference < 1e-4, "{name}: {difference} of the largest value");
    }

    let norm = cpu.step(1e-3).unwrap();
    student.step(1e-3).unwrap();
    let state = gpu.download(student.state()).await.unwrap();
    assert!((f64::from(state[0]) - norm).abs() < 1e-4 * norm, "norm {} and {norm}", state[0]);
    let difference =
        largest_difference(&student.embed(&batch()).await.unwrap(), &cpu.embed(&batch()).unwrap());
    assert!(difference < 1e-4, "after a step the largest difference is {difference}");
}

#[wasm_bindgen_test]
async fn a_software_adapter_is_refused_unless_asked_for() {
    assert!(Gpu::open(GpuOptions { allow_software: false }).await.is_err());
}

#[wasm_bindgen_test]
fn a_student_learns_what_it_is_shown() {
    let config = config();
    let weights = weights(&config);
    let encoder = CandleEncoder::new(&config, &weights).unwrap();
    let lora = LoraConfig { rank: 4, alpha: 8.0, targets: Targets::AllLinear };
    let settings = AdamWSettings { weight_decay: 0.0, max_grad_norm: 1.0 };
    let target = noise(batch().sequences() * config.hidden_size, 99);
    // The loss -Σ embedding · target falls when the embeddings turn towards the target.
    let grad: Vec<f32> = target.iter().map(|x| -x).collect();
    for (scope, learning_rate) in [(Scope::Adapter(lora), 1e-2), (Scope::Layers, 1e-3), (Scope::All, 1e-3)] {
        let start = Learned::initial(scope, &weights, &config, 0).unwrap();
        let mut student = CandleStudent::new(&encoder, &weights, &start, settings).unwrap();
        let mut losses = Vec::new();
        for _ in 0..15 {
            let embeddings = student.forward(&batch()).unwrap();
            losses.push(-embeddings.iter().zip(&target).map(|(e, t)| e * t).sum::<f32>());
            student.learn(&grad, learning_rate).unwrap();
        }
        assert!(losses[14] < losses[0] - 0.1, "{scope:?}: {losses:?}");
        let taught = encoder.with_learned(&weights, &student.learned().unwrap()).unwrap();
        let difference =
            largest_difference(&taught.embed(&batch()).unwrap(), &student.embed(&batch()).unwrap());
        assert!(difference < 1e-6, "{scope:?}: {difference}");
    }
}
