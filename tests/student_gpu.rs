//! Teaching on the GPU against candle's autograd and against the recording of PyTorch and PEFT.
//!
//! Needs the model and an adapter; software Vulkan will do, see `common::gpu_or_skip`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::fixtures::Recording;
use common::plain_bert::PlainBert;
use common::{assert_close, gpu_or_skip, model, noise};
use figret::encoder::candle::AdamWSettings;
use figret::encoder::{
    EncoderError, GpuEncoder, GpuStudent, Learned, LoraAdapter, LoraConfig, LoraPair, Scope, Targets,
};
use figret::gpu::{Gpu, GpuTensor};
use figret::ops::list_loss::{Goal, Term, Terms, list_loss};
use figret::text::PackedTokens;
use pollster::block_on;
use std::collections::BTreeMap;

const HIDDEN: usize = 384;
const PLAIN: AdamWSettings = AdamWSettings { weight_decay: 0.0, max_grad_norm: f64::INFINITY };

#[test]
fn twenty_steps_follow_the_recording() {
    let Some(gpu) = gpu_or_skip() else { return };
    let recording = Recording::lora_step();
    let settings = AdamWSettings { weight_decay: recording.weight_decay, ..PLAIN };
    let mut student = student(&gpu, &recording.adapter("init"), settings);
    let batch =
        PackedTokens::new(recording.queries.iter().map(|query| model().tokenizer.encode(query).unwrap()));
    let n = recording.queries.len();
    let vectors = gpu.upload(&[n as u32, HIDDEN as u32], &recording.passages());
    let one_hot = |i: usize| (0..n).map(|row| (row, if row == i { 1.0 } else { 0.0 })).collect();
    let terms: Vec<Term> = (0..n)
        .map(|i| Term { goal: Goal::Order, query: i, weight: 1.0 / n as f64, candidates: one_hot(i) })
        .collect();

    for (step, expected) in recording.losses.iter().enumerate() {
        let embeddings = student.forward(&batch).unwrap();
        let terms = Terms::new(&gpu, n, n, &terms).unwrap();
        let found = list_loss(&gpu, &embeddings, &vectors, terms, recording.temperature).unwrap();
        student.backward(&found.embeddings_grad).unwrap();
        if step == 0 {
            for (name, pair) in gradients(&student) {
                let expected = recording.pair("grad", &name);
                assert_close(&pair.a.data, &expected.a.data, 1e-4, &format!("dA of {name}"));
                assert_close(&pair.b.data, &expected.b.data, 1e-4, &format!("dB of {name}"));
            }
        }
        student.step(recording.learning_rate).unwrap();
        let loss = mean(&download(&gpu, &found.losses));
        assert!((loss - expected).abs() < 1e-3, "loss {loss} of step {step}, expected {expected}");
    }
    for (name, pair) in pairs(block_on(student.learned()).unwrap()) {
        let expected = recording.pair("final", &name);
        assert_close(&pair.a.data, &expected.a.data, 5e-3, &format!("final A of {name}"));
        assert_close(&pair.b.data, &expected.b.data, 5e-3, &format!("final B of {name}"));
    }
}

/// Rank 5 is padded to 8 on the GPU; texts of one token and of several tiles are among the batch.
#[test]
fn gradients_equal_candles_autograd_for_all_linear_layers() {
    let Some(gpu) = gpu_or_skip() else { return };
    let adapter = adapter(5, Targets::AllLinear);
    let tokens = tokens();
    let grad = noise("grad", tokens.len() * HIDDEN);
    let plain = PlainBert::new(&model().config, &model().weights, &adapter);
    let (expected_embeddings, expected) = plain.embeddings_and_gradients(&tokens, &grad);

    let mut student = student(&gpu, &adapter, PLAIN);
    let embeddings = student.forward(&PackedTokens::new(&tokens)).unwrap();
    student.backward(&upload(&gpu, &grad)).unwrap();
    assert_close(&download(&gpu, &embeddings), &expected_embeddings, 1e-5, "embeddings");
    let found = gradients(&student);
    assert_eq!(found.len(), 36);
    for (name, pair) in found {
        assert_close(&pair.a.data, &expected[&name].0, 1e-4, &format!("dA of {name}"));
        assert_close(&pair.b.data, &expected[&name].1, 1e-4, &format!("dB of {name}"));
    }
}

/// The key biases are left out: softmax does not see them, their gradient is rounding.
#[test]
fn gradients_equal_candles_autograd_for_all_weights() {
    let Some(gpu) = gpu_or_skip() else { return };
    let tokens = tokens();
    let grad = noise("grad", tokens.len() * HIDDEN);
    let gradients = |scope| {
        let mut student = student_of(&gpu, scope);
        student.forward(&PackedTokens::new(&tokens)).unwrap();
        student.backward(&upload(&gpu, &grad)).unwrap();
        block_on(student.gradients()).unwrap()
    };
    let layers = gradients(Scope::Layers);
    assert_eq!(layers.len(), 6 * 16, "weight and bias of six linear layers and two LayerNorms in each layer");
    let found = gradients(Scope::All);
    assert_eq!(found.len(), 6 * 16 + 5, "and three tables and a LayerNorm");
    assert!(layers.iter().all(|(name, gradient)| found[name] == *gradient));

    let names: Vec<String> = found.keys().filter(|name| !name.ends_with("self.key.bias")).cloned().collect();
    let plain = PlainBert::training(&model().config, &model().weights, &names);
    for (name, expected) in plain.weight_gradients(&tokens, &grad) {
        assert_close(&found[&name].data, &expected, 1e-4, &format!("d {name}"));
    }
}

#[test]
fn steps_on_the_weights_change_them_and_not_the_encoder_that_they_came_from() {
    let Some(gpu) = gpu_or_skip() else { return };
    let encoder = GpuEncoder::new(&gpu, &model().config, &model().weights).unwrap();
    let batch = PackedTokens::new([[101, 7592, 102]]);
    let before = block_on(encoder.embed(&batch)).unwrap();
    let target = noise("target", HIDDEN);
    let start = initial(Scope::All);
    let mut student = GpuStudent::new(&encoder, &model().weights, &start, PLAIN).unwrap();
    let mut along = Vec::new();
    for _ in 0..4 {
        let embeddings = student.forward(&batch).unwrap();
        student.backward(&upload(&gpu, &target.iter().map(|x| -x).collect::<Vec<f32>>())).unwrap();
        student.step(1e-4).unwrap();
        along.push(download(&gpu, &embeddings).iter().zip(&target).map(|(e, t)| e * t).sum::<f32>());
    }
    assert!(along.windows(2).all(|pair| pair[1] > pair[0]), "each step follows the gradient: {along:?}");
    assert_eq!(block_on(encoder.embed(&batch)).unwrap(), before);

    // What is read back is what was run.
    let again = encoder.with_learned(&model().weights, &block_on(student.learned()).unwrap()).unwrap();
    assert_close(
        &block_on(again.embed(&batch)).unwrap(),
        &block_on(student.embed(&batch)).unwrap(),
        1e-6,
        "taught",
    );
}

#[test]
fn a_batch_in_two_pieces_has_the_same_gradient() {
    let Some(gpu) = gpu_or_skip() else { return };
    let (adapter, tokens) = (adapter(4, Targets::QueryValue), tokens());
    let grad = noise("grad", tokens.len() * HIDDEN);
    let in_pieces = |pieces: &[(usize, usize)]| {
        let mut student = student(&gpu, &adapter, PLAIN);
        for &(start, end) in pieces {
            student.forward(&PackedTokens::new(&tokens[start..end])).unwrap();
            student.backward(&upload(&gpu, &grad[start * HIDDEN..end * HIDDEN])).unwrap();
        }
        gradients(&student)
    };
    let whole = in_pieces(&[(0, tokens.len())]);
    for (name, pair) in in_pieces(&[(0, 2), (2, tokens.len())]) {
        assert_close(&pair.a.data, &whole[&name].a.data, 1e-5, &format!("dA of {name}"));
        assert_close(&pair.b.data, &whole[&name].b.data, 1e-5, &format!("dB of {name}"));
    }
}

#[test]
fn the_same_steps_give_the_same_bits() {
    let Some(gpu) = gpu_or_skip() else { return };
    let batch = PackedTokens::new(tokens());
    let grad = noise("grad", batch.sequences() * HIDDEN);
    let taught = || {
        let mut student =
            student(&gpu, &adapter(4, Targets::AllLinear), AdamWSettings { max_grad_norm: 1.0, ..PLAIN });
        for _ in 0..2 {
            student.forward(&batch).unwrap();
            student.backward(&upload(&gpu, &grad)).unwrap();
            student.step(1e-3).unwrap();
        }
        block_on(student.learned()).unwrap()
    };
    let (first, second) = (taught(), taught());
    assert_eq!(first, second);
    assert_ne!(first, Learned::Adapter(adapter(4, Targets::AllLinear)));
}

#[test]
fn a_step_that_goes_wrong_is_noted_and_changes_nothing() {
    let Some(gpu) = gpu_or_skip() else { return };
    let mut student =
        student(&gpu, &adapter(4, Targets::QueryValue), AdamWSettings { max_grad_norm: 1.0, ..PLAIN });
    let batch = PackedTokens::new([[101, 7592, 102]]);
    let mut step = |grad: f32| {
        student.forward(&batch).unwrap();
        student.backward(&upload(&gpu, &[grad; HIDDEN])).unwrap();
        student.step(1e-3).unwrap();
        (download(&gpu, student.state()), block_on(student.learned()).unwrap())
    };
    let (state, good) = step(0.1);
    assert_eq!(state[3], 0.0);
    for grad in [f32::NAN, 0.1] {
        let (state, learned) = step(grad);
        assert_eq!(state[3], 2.0, "the step that went wrong");
        assert_eq!(learned, good);
    }
}

/// Beside the weights that the page needs anyway.
#[test]
fn memory_stays_within_its_bounds() {
    const MIB: u64 = 1 << 20;
    let peak_bytes = |scope: Scope| -> Option<u64> {
        let gpu = gpu_or_skip()?;
        let encoder = GpuEncoder::new(&gpu, &model().config, &model().weights).unwrap();
        let weights_bytes = gpu.memory().allocated_bytes;
        let mut student = GpuStudent::new(&encoder, &model().weights, &initial(scope), PLAIN).unwrap();
        let batch = PackedTokens::new(vec![(2000..2032).collect::<Vec<u32>>(); 32]);
        student.forward(&batch).unwrap();
        student.backward(&upload(&gpu, &noise("grad", 32 * HIDDEN))).unwrap();
        student.step(1e-4).unwrap();
        block_on(gpu.check()).unwrap();
        Some(gpu.memory().peak_bytes - weights_bytes)
    };
    let lora = LoraConfig { rank: 8, alpha: 16.0, targets: Targets::QueryValue };
    let (Some(adapter), Some(layers)) = (peak_bytes(Scope::Adapter(lora)), peak_bytes(Scope::Layers)) else {
        return;
    };
    println!("1,024 tokens: adapter {} MiB, layers {} MiB", adapter / MIB, layers / MIB);
    assert!(adapter < 256 * MIB, "an adapter takes {} MiB for a pass of 1,024 tokens", adapter / MIB);

    // What grows with the tokens is four times as much for 4,096 of them; weights, gradients and moments are not.
    let fixed = 4 * 4 * 10_646_784;
    let at_4096 = fixed + 4 * (layers - fixed);
    assert!(at_4096 < 1024 * MIB, "all layers take {} MiB for a pass of 4,096 tokens", at_4096 / MIB);
}

#[test]
fn steps_in_the_wrong_order_are_refused() {
    let Some(gpu) = gpu_or_skip() else { return };
    let mut student = student(&gpu, &adapter(4, Targets::QueryValue), PLAIN);
    assert!(matches!(student.backward(&gpu.alloc(&[1, 384])), Err(EncoderError::Teaching(_))));
    assert!(matches!(student.step(1e-3), Err(EncoderError::Teaching(_))));
}

fn student(gpu: &Gpu, adapter: &LoraAdapter, settings: AdamWSettings) -> GpuStudent {
    let encoder = GpuEncoder::new(gpu, &model().config, &model().weights).unwrap();
    GpuStudent::new(&encoder, &model().weights, &Learned::Adapter(adapter.clone()), settings).unwrap()
}

fn student_of(gpu: &Gpu, scope: Scope) -> GpuStudent {
    let encoder = GpuEncoder::new(gpu, &model().config, &model().weights).unwrap();
    GpuStudent::new(&encoder, &model().weights, &initial(scope), PLAIN).unwrap()
}

fn initial(scope: Scope) -> Learned {
    Learned::initial(scope, &model().weights, &model().config, 0).unwrap()
}

/// The gradients of an adapter's student as pairs.
fn gradients(student: &GpuStudent) -> BTreeMap<String, LoraPair> {
    let like = block_on(student.learned()).unwrap();
    pairs(like.with_tensors(block_on(student.gradients()).unwrap()).unwrap())
}

fn pairs(learned: Learned) -> BTreeMap<String, LoraPair> {
    match learned {
        Learned::Adapter(adapter) => adapter.pairs,
        Learned::Weights(_) => unreachable!("an adapter was taught"),
    }
}

/// An adapter whose B is not zero, so that A has a gradient too.
fn adapter(rank: usize, targets: Targets) -> LoraAdapter {
    let config = LoraConfig { rank, alpha: 2.0 * rank as f32, targets };
    let mut adapter = LoraAdapter::initial(config, &model().config, 7).unwrap();
    for pair in adapter.pairs.values_mut() {
        pair.b.data = noise("b", pair.b.data.len()).iter().map(|x| x * 0.02).collect();
    }
    adapter
}

fn tokens() -> Vec<Vec<u32>> {
    let texts = ["ice on the fins", "", "does the outdoor unit need a drain? the neighbour's does, it seems"];
    let mut tokens: Vec<_> = texts.iter().map(|text| model().tokenizer.encode(text).unwrap()).collect();
    tokens.push((0..70).map(|i| 2000 + 7 * i).collect());
    tokens
}

fn upload(gpu: &Gpu, grad: &[f32]) -> GpuTensor {
    gpu.upload(&[(grad.len() / HIDDEN) as u32, HIDDEN as u32], grad)
}

fn download(gpu: &Gpu, tensor: &GpuTensor) -> Vec<f32> {
    block_on(gpu.download(tensor)).unwrap()
}

fn mean(values: &[f32]) -> f64 {
    values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64
}
