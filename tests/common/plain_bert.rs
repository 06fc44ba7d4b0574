//! The encoder once more, in candle's own ops: one text at a time, every op with candle's own backward pass.
//! Slow and short; the reference for ours.

use candle_core::backprop::GradStore;
use candle_core::{D, Device, Tensor, Var};
use figret::encoder::{BertConfig, HostTensor, LoraAdapter, Weights};
use std::collections::BTreeMap;

/// dA and dB of every pair, by module name.
pub type Gradients = BTreeMap<String, (Vec<f32>, Vec<f32>)>;

pub struct PlainBert<'a> {
    config: &'a BertConfig,
    weights: &'a Weights,
    scale: f64,
    variables: BTreeMap<String, (Var, Var)>,
    /// Weights that are trained themselves.
    trained: BTreeMap<String, Var>,
}

impl<'a> PlainBert<'a> {
    pub fn new(config: &'a BertConfig, weights: &'a Weights, adapter: &LoraAdapter) -> Self {
        let var = |t: &HostTensor| Var::from_slice(&t.data, t.shape.as_slice(), &Device::Cpu).unwrap();
        let variables =
            adapter.pairs.iter().map(|(name, pair)| (name.clone(), (var(&pair.a), var(&pair.b)))).collect();
        Self {
            config,
            weights,
            scale: f64::from(adapter.config.scale()),
            variables,
            trained: BTreeMap::new(),
        }
    }

    /// Without an adapter; the named weights are trained themselves.
    pub fn training(config: &'a BertConfig, weights: &'a Weights, names: &[String]) -> Self {
        let var = |name: &String| {
            let tensor = weights.tensor(name).unwrap();
            Var::from_slice(&tensor.data, tensor.shape.as_slice(), &Device::Cpu).unwrap()
        };
        let trained = names.iter().map(|name| (name.clone(), var(name))).collect();
        Self { config, weights, scale: 0.0, variables: BTreeMap::new(), trained }
    }

    /// The gradients of Σ embeddings · `grad` for every trained weight.
    pub fn weight_gradients(&self, texts: &[Vec<u32>], grad: &[f32]) -> BTreeMap<String, Vec<f32>> {
        let (_, grads) = self.backward(texts, grad);
        let flat = |var: &Var| grads.get(var).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        self.trained.iter().map(|(name, var)| (name.clone(), flat(var))).collect()
    }

    /// Embeddings of all texts, and the gradients of Σ embeddings · `grad` for every pair.
    pub fn embeddings_and_gradients(&self, texts: &[Vec<u32>], grad: &[f32]) -> (Vec<f32>, Gradients) {
        let (embeddings, grads) = self.backward(texts, grad);
        let flat = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let named = self
            .variables
            .iter()
            .map(|(name, (a, b))| (name.clone(), (flat(grads.get(a).unwrap()), flat(grads.get(b).unwrap()))));
        (flat(&embeddings), named.collect())
    }

    fn backward(&self, texts: &[Vec<u32>], grad: &[f32]) -> (Tensor, GradStore) {
        let rows: Vec<Tensor> = texts.iter().map(|ids| self.embed(ids)).collect();
        let embeddings = Tensor::stack(&rows, 0).unwrap();
        let grad = Tensor::from_slice(grad, embeddings.shape(), &Device::Cpu).unwrap();
        let grads = (&embeddings * grad).unwrap().sum_all().unwrap().backward().unwrap();
        (embeddings, grads)
    }

    fn embed(&self, ids: &[u32]) -> Tensor {
        let ids = Tensor::from_slice(ids, ids.len(), &Device::Cpu).unwrap();
        let n = ids.dim(0).unwrap();
        let words = self.weight("embeddings.word_embeddings.weight").index_select(&ids, 0).unwrap();
        let places = self.weight("embeddings.position_embeddings.weight").narrow(0, 0, n).unwrap();
        let kind = self.weight("embeddings.token_type_embeddings.weight").narrow(0, 0, 1).unwrap();
        let sum = (words + places).unwrap().broadcast_add(&kind).unwrap();
        let mut x = self.layer_norm(&sum, "embeddings.LayerNorm");
        for layer in 0..self.config.num_hidden_layers {
            x = self.layer(&x, &format!("encoder.layer.{layer}"));
        }
        let mean = x.mean(0).unwrap();
        let norm = mean.sqr().unwrap().sum_all().unwrap().sqrt().unwrap();
        mean.broadcast_div(&norm).unwrap()
    }

    fn layer(&self, x: &Tensor, prefix: &str) -> Tensor {
        let [q, k, v] = ["query", "key", "value"]
            .map(|name| self.heads(&self.linear(x, &format!("{prefix}.attention.self.{name}"))));
        let scale = 1.0 / (self.config.head_dim() as f64).sqrt();
        let scores = (q.matmul(&k.transpose(1, 2).unwrap().contiguous().unwrap()).unwrap() * scale).unwrap();
        let p = candle_nn::ops::softmax(&scores, D::Minus1).unwrap();
        let context = p.matmul(&v).unwrap().transpose(0, 1).unwrap().contiguous().unwrap();
        let context = context.reshape(x.shape()).unwrap();
        let attended = (self.linear(&context, &format!("{prefix}.attention.output.dense")) + x).unwrap();
        let attended = self.layer_norm(&attended, &format!("{prefix}.attention.output.LayerNorm"));
        let inner = self.linear(&attended, &format!("{prefix}.intermediate.dense")).gelu_erf().unwrap();
        let out = (self.linear(&inner, &format!("{prefix}.output.dense")) + attended).unwrap();
        self.layer_norm(&out, &format!("{prefix}.output.LayerNorm"))
    }

    fn heads(&self, x: &Tensor) -> Tensor {
        let heads = self.config.num_attention_heads;
        let shape = (x.dim(0).unwrap(), heads, self.config.head_dim());
        x.reshape(shape).unwrap().transpose(0, 1).unwrap().contiguous().unwrap()
    }

    fn linear(&self, x: &Tensor, module: &str) -> Tensor {
        let w = self.weight(&format!("{module}.weight"));
        let y = x.matmul(&w.t().unwrap()).unwrap();
        let y = y.broadcast_add(&self.weight(&format!("{module}.bias"))).unwrap();
        let Some((a, b)) = self.variables.get(module) else { return y };
        let update = x.matmul(&a.t().unwrap()).unwrap().matmul(&b.t().unwrap()).unwrap();
        (y + (update * self.scale).unwrap()).unwrap()
    }

    fn layer_norm(&self, x: &Tensor, module: &str) -> Tensor {
        let gamma = self.weight(&format!("{module}.weight"));
        let beta = self.weight(&format!("{module}.bias"));
        candle_nn::ops::layer_norm_slow(x, &gamma, &beta, self.config.layer_norm_eps as f32).unwrap()
    }

    fn weight(&self, name: &str) -> Tensor {
        if let Some(var) = self.trained.get(name) {
            return var.as_tensor().clone();
        }
        let tensor = self.weights.tensor(name).unwrap();
        Tensor::from_slice(&tensor.data, tensor.shape.as_slice(), &Device::Cpu).unwrap()
    }
}
