//! In headless Chromium, inside a worker: the SIMD kernel, WebGPU and the tape as wasm.
//!
//! A small random model stands in for MiniLM, which is 90 MB; the end-to-end test embeds with the real one.

#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use figret::encoder::candle::AdamWSettings;
use figret::encoder::{
    BertConfig, CandleEncoder, CandleStudent, GpuEncoder, GpuStudent, HostTensor, LoraAdapter, LoraConfig,
    Targets, Weights,
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
    let settings = AdamWSettings { weight_decay: 0.01, max_grad_norm: 1.0 };
    let shape = [batch().sequences() as u32, config.hidden_size as u32];
    let grad = noise((shape[0] * shape[1]) as usize, 99);

    let encoder = CandleEncoder::new(&config, &weights).unwrap();
    let mut cpu = CandleStudent::new(&encoder, &adapter, settings).unwrap();
    cpu.forward(&batch()).unwrap();
    let expected = cpu.named_gradients(&grad).unwrap();

    let gpu = Gpu::open(GpuOptions { allow_software: true }).await.unwrap();
    let encoder = GpuEncoder::new(&gpu, &config, &weights).unwrap();
    let mut student = GpuStudent::of_adapter(&encoder, &adapter, settings).unwrap();
    student.forward(&batch()).unwrap();
    student.backward(&gpu.upload(&shape, &grad)).unwrap();
    let found = student.adapter_gradients().await.unwrap();
    assert_eq!(found.len(), 12);
    for (name, pair) in found {
        for (found, expected) in [(&pair.a, &expected[&name].a), (&pair.b, &expected[&name].b)] {
            let largest = expected.data.iter().fold(0.0, |largest: f32, x| largest.max(x.abs()));
            let difference = largest_difference(&found.data, &expected.data) / largest;
            assert!(difference < 1e-4, "{name}: {difference} of the largest value");
        }
    }

    cpu.forward(&batch()).unwrap();
    let norm = cpu.learn(&grad, 1e-3).unwrap();
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
    let encoder = CandleEncoder::new(&config, &weights(&config)).unwrap();
    let lora = LoraConfig { rank: 4, alpha: 8.0, targets: Targets::AllLinear };
    let adapter = LoraAdapter::initial(lora, &config, 0).unwrap();
    let settings = AdamWSettings { weight_decay: 0.0, max_grad_norm: 1.0 };
    let mut student = CandleStudent::new(&encoder, &adapter, settings).unwrap();
    let target = noise(batch().sequences() * config.hidden_size, 99);

    // The loss -Σ embedding · target falls when the embeddings turn towards the target.
    let grad: Vec<f32> = target.iter().map(|x| -x).collect();
    let mut losses = Vec::new();
    for _ in 0..15 {
        let embeddings = student.forward(&batch()).unwrap();
        losses.push(-embeddings.iter().zip(&target).map(|(e, t)| e * t).sum::<f32>());
        student.learn(&grad, 1e-2).unwrap();
    }
    assert!(losses[14] < losses[0] - 0.1, "{losses:?}");
    let taught = encoder.with_adapter(&student.adapter().unwrap()).unwrap().embed(&batch()).unwrap();
    assert!(largest_difference(&taught, &student.embed(&batch()).unwrap()) < 1e-6);
}
