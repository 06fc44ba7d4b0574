//! The CPU encoder and its gradients against recordings of sentence-transformers and PEFT, and against
//! candle's own autograd over plain ops.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::fixtures::{self, Recording};
use common::plain_bert::PlainBert;
use common::{assert_close, cosine, model};
use figret::encoder::candle::AdamWSettings;
use figret::encoder::{
    CandleEncoder, CandleStudent, Learned, LoraAdapter, LoraConfig, LoraPair, Scope, Targets,
};
use figret::text::PackedTokens;
use std::collections::BTreeMap;

#[test]
fn token_ids_equal_the_recording() {
    let recording = fixtures::embeddings();
    let model = model();
    assert_eq!(recording.texts.len(), 64);
    for (text, expected) in recording.texts.iter().zip(&recording.token_ids) {
        assert_eq!(&model.tokenizer.encode(text).unwrap(), expected, "{text:?}");
    }
}

#[test]
fn embeddings_equal_the_recording() {
    let recording = fixtures::embeddings();
    let model = model();
    let encoder = CandleEncoder::new(&model.config, &model.weights).unwrap();
    let found = encoder.embed(&PackedTokens::new(&recording.token_ids)).unwrap();
    for (i, (found, expected)) in found.chunks(384).zip(recording.embeddings.chunks(384)).enumerate() {
        let cosine = cosine(found, expected);
        assert!(cosine >= 0.999_999, "text {i}: cosine {cosine}");
    }
}

#[test]
fn a_text_is_embedded_alike_alone_and_in_company() {
    let recording = fixtures::embeddings();
    let model = model();
    let encoder = CandleEncoder::new(&model.config, &model.weights).unwrap();
    let together = encoder.embed(&PackedTokens::new(&recording.token_ids[..12])).unwrap();
    let alone = encoder.embed(&PackedTokens::new(&recording.token_ids[4..5])).unwrap();
    assert_close(&together[4 * 384..5 * 384], &alone, 1e-5, "the fifth text");
}

fn pairs(learned: Learned) -> BTreeMap<String, LoraPair> {
    match learned {
        Learned::Adapter(adapter) => adapter.pairs,
        Learned::Weights(_) => unreachable!("an adapter was taught"),
    }
}

/// First gradients, twenty losses and the final values of a PyTorch + PEFT run.
#[test]
fn twenty_steps_follow_the_peft_recording() {
    let recording = Recording::lora_step();
    let model = model();
    let encoder = CandleEncoder::new(&model.config, &model.weights).unwrap();
    let tokens: Vec<_> = recording.queries.iter().map(|q| model.tokenizer.encode(q).unwrap()).collect();
    let batch = PackedTokens::new(&tokens);
    let settings = AdamWSettings { weight_decay: recording.weight_decay, max_grad_norm: f64::INFINITY };
    let start = Learned::Adapter(recording.adapter("init"));
    let mut student = CandleStudent::new(&encoder, &model.weights, &start, settings).unwrap();

    let embeddings = student.forward(&batch).unwrap();
    let (_, grad) = recording.loss(&embeddings);
    student.backward(&grad).unwrap();
    for (name, pair) in pairs(start.with_tensors(student.gradients()).unwrap()) {
        let expected = recording.pair("grad", &name);
        assert_close(&pair.a.data, &expected.a.data, 1e-4, &format!("dA of {name}"));
        assert_close(&pair.b.data, &expected.b.data, 1e-4, &format!("dB of {name}"));
    }
    let mut student = CandleStudent::new(&encoder, &model.weights, &start, settings).unwrap();
    for (step, expected) in recording.losses.iter().enumerate() {
        let embeddings = student.forward(&batch).unwrap();
        let (loss, grad) = recording.loss(&embeddings);
        assert!((loss - expected).abs() < 1e-3, "loss {loss} of step {step}, expected {expected}");
        student.learn(&grad, recording.learning_rate).unwrap();
    }
    for (name, pair) in pairs(student.learned().unwrap()) {
        let expected = recording.pair("final", &name);
        assert_close(&pair.a.data, &expected.a.data, 5e-3, &format!("final A of {name}"));
        assert_close(&pair.b.data, &expected.b.data, 5e-3, &format!("final B of {name}"));
    }
}

/// Our ops' backward passes against candle's autograd over candle's own ops, tensor by tensor.
#[test]
fn gradients_equal_plain_candle_ops_for_all_linear_layers() {
    let model = model();
    let config = LoraConfig { rank: 4, alpha: 8.0, targets: Targets::AllLinear };
    let mut adapter = LoraAdapter::initial(config, &model.config, 7).unwrap();
    for pair in adapter.pairs.values_mut() {
        pair.b.data = common::noise("b", pair.b.data.len()).iter().map(|x| x * 0.02).collect();
    }
    let texts = ["short", "a somewhat longer query about heat pumps in winter", "why?"];
    let tokens: Vec<_> = texts.iter().map(|t| model.tokenizer.encode(t).unwrap()).collect();
    let embeddings_grad = common::noise("grad", texts.len() * 384);

    let encoder = CandleEncoder::new(&model.config, &model.weights).unwrap();
    let settings = AdamWSettings { weight_decay: 0.0, max_grad_norm: f64::INFINITY };
    let start = Learned::Adapter(adapter.clone());
    let mut student = CandleStudent::new(&encoder, &model.weights, &start, settings).unwrap();
    let found = student.forward(&PackedTokens::new(&tokens)).unwrap();
    student.backward(&embeddings_grad).unwrap();
    let found_grads = pairs(start.with_tensors(student.gradients()).unwrap());

    let plain = PlainBert::new(&model.config, &model.weights, &adapter);
    let (expected, expected_grads) = plain.embeddings_and_gradients(&tokens, &embeddings_grad);
    assert_close(&found, &expected, 1e-5, "embeddings");
    assert_eq!(found_grads.len(), 36);
    for (name, pair) in found_grads {
        let expected = &expected_grads[&name];
        assert_close(&pair.a.data, &expected.0, 1e-4, &format!("dA of {name}"));
        assert_close(&pair.b.data, &expected.1, 1e-4, &format!("dB of {name}"));
    }
}

/// Every weight of the encoder, the embedding tables included. The key biases are left out: softmax does not see
/// them, their gradient is rounding.
#[test]
fn gradients_equal_plain_candle_ops_for_all_weights() {
    let model = model();
    let texts = ["short", "a somewhat longer query about heat pumps in winter", "why short?"];
    let tokens: Vec<_> = texts.iter().map(|t| model.tokenizer.encode(t).unwrap()).collect();
    let embeddings_grad = common::noise("grad", texts.len() * 384);
    let encoder = CandleEncoder::new(&model.config, &model.weights).unwrap();
    let settings = AdamWSettings { weight_decay: 0.0, max_grad_norm: f64::INFINITY };

    for (scope, count) in [(Scope::Layers, 6 * 16), (Scope::All, 6 * 16 + 5)] {
        let start = Learned::initial(scope, &model.weights, &model.config, 0).unwrap();
        let mut student = CandleStudent::new(&encoder, &model.weights, &start, settings).unwrap();
        // In two pieces, as a batch that does not fit the memory goes.
        for (piece, grad) in
            [(&tokens[..1], &embeddings_grad[..384]), (&tokens[1..], &embeddings_grad[384..])]
        {
            student.forward(&PackedTokens::new(piece)).unwrap();
            student.backward(grad).unwrap();
        }
        let found = student.gradients();
        assert_eq!(found.len(), count);
        let names: Vec<String> =
            found.keys().filter(|name| !name.ends_with("self.key.bias")).cloned().collect();
        let plain = PlainBert::training(&model.config, &model.weights, &names);
        for (name, expected) in plain.weight_gradients(&tokens, &embeddings_grad) {
            assert_close(&found[&name].data, &expected, 1e-4, &format!("d {name}"));
        }
    }
}

#[test]
fn steps_on_weights_follow_the_gradient_and_leave_the_encoder_alone() {
    let model = model();
    let encoder = CandleEncoder::new(&model.config, &model.weights).unwrap();
    let batch = PackedTokens::new([[101, 7592, 102]]);
    let before = encoder.embed(&batch).unwrap();
    let target = common::noise("target", 384);
    let grad: Vec<f32> = target.iter().map(|x| -x).collect();
    let settings = AdamWSettings { weight_decay: 0.01, max_grad_norm: 1.0 };
    let start = Learned::initial(Scope::All, &model.weights, &model.config, 0).unwrap();
    let mut student = CandleStudent::new(&encoder, &model.weights, &start, settings).unwrap();
    let mut along = Vec::new();
    for _ in 0..4 {
        let embeddings = student.forward(&batch).unwrap();
        along.push(embeddings.iter().zip(&target).map(|(e, t)| e * t).sum::<f32>());
        student.learn(&grad, 1e-4).unwrap();
    }
    assert!(along.windows(2).all(|pair| pair[1] > pair[0]), "each step follows the gradient: {along:?}");
    assert_eq!(encoder.embed(&batch).unwrap(), before);

    // What was learned is what was run.
    let taught = encoder.with_learned(&model.weights, &student.learned().unwrap()).unwrap();
    assert_eq!(taught.embed(&batch).unwrap(), student.embed(&batch).unwrap());
}

#[test]
fn an_adapter_beside_the_weights_equals_the_adapter_merged_into_them() {
    let recording = Recording::lora_step();
    let model = model();
    let adapter = recording.adapter("final");
    let encoder = CandleEncoder::new(&model.config, &model.weights).unwrap();
    let adapter = Learned::Adapter(adapter);
    let merged = CandleEncoder::new(&model.config, &adapter.merged_into(&model.weights).unwrap()).unwrap();
    let batch = PackedTokens::new([model.tokenizer.encode("does it matter where the update is?").unwrap()]);
    let beside = encoder.with_learned(&model.weights, &adapter).unwrap().embed(&batch).unwrap();
    assert_close(&beside, &merged.embed(&batch).unwrap(), 1e-5, "embedding");
}

#[test]
fn learning_without_a_forward_pass_or_with_nan_is_refused() {
    let model = model();
    let encoder = CandleEncoder::new(&model.config, &model.weights).unwrap();
    let config = LoraConfig { rank: 2, alpha: 4.0, targets: Targets::QueryValue };
    let start = Learned::initial(Scope::Adapter(config), &model.weights, &model.config, 0).unwrap();
    let settings = AdamWSettings { weight_decay: 0.0, max_grad_norm: 1.0 };
    let mut student = CandleStudent::new(&encoder, &model.weights, &start, settings).unwrap();
    assert!(student.learn(&[0.0; 384], 1e-3).is_err());
    student.forward(&PackedTokens::new([vec![101, 102]])).unwrap();
    assert!(student.learn(&[f32::NAN; 384], 1e-3).is_err());
    assert_eq!(student.learned().unwrap(), start, "a refused step changes nothing");
}

/// Counting cuts nothing off, where encoding does.
#[test]
fn tokens_beyond_the_limit_are_counted() {
    let tokenizer = &model().tokenizer;
    for (words, read) in [(0, 2), (3, 5), (254, 256), (255, 256), (700, 256)] {
        let text = vec!["water"; words].join(" ");
        assert_eq!(tokenizer.encode(&text).unwrap().len(), read, "{words} words");
        assert_eq!(tokenizer.count(&text).unwrap(), words + 2, "{words} words");
    }
}
