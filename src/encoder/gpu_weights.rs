//! Weights of the encoder while they are trained on the GPU: those of the layers, or all of them.

use super::gpu_backward::{EmbeddingPass, NormPlace, Place, Sink};
use super::gpu_forward::GpuEncoder;
use super::gpu_student::{Parameter, Trained};
use super::{EncoderError, HostTensor, Weights};
use crate::gpu::{Gpu, GpuError, GpuTensor};
use crate::ops::embed_grad;
use crate::ops::layer_norm::Norm;
use crate::ops::layer_norm_grad::{self, InputGrad};
use crate::ops::linear_grad::{self, Columns};
use crate::ops::sum_rows::sum_rows;
use std::collections::{BTreeMap, BTreeSet};

/// Names of the embedding tables, in the order of [`Embedding::tables`].
const TABLES: [&str; 3] = ["word", "position", "token_type"];

/// Weight and bias of every linear layer, scale and shift of every LayerNorm, and perhaps the embedding.
pub(super) struct TrainedWeights {
    gpu: Gpu,
    linear: BTreeMap<(usize, Place), [Parameter; 2]>,
    norm: BTreeMap<(usize, NormPlace), [Parameter; 2]>,
    embedding: Option<Embedding>,
}

struct Embedding {
    tables: [Parameter; 3],
    norm: [Parameter; 2],
}

impl TrainedWeights {
    /// Makes an encoder whose trained tensors have memory of their own, and their gradients and moments.
    ///
    /// `weights` hold the values to begin with, `trained` the names: all tensors of the layers, or of the model.
    pub(super) fn new(
        base: &GpuEncoder,
        weights: &Weights,
        trained: &BTreeSet<String>,
    ) -> Result<(Self, GpuEncoder), EncoderError> {
        let tower = base.with_replaced(weights, trained)?;
        let gpu = base.gpu.clone();
        let parameter = |value: &GpuTensor| Parameter::of(&gpu, value);
        let of_norm = |norm: &Norm| [parameter(&norm.gamma), parameter(&norm.beta)];
        let (mut linear, mut norm) = (BTreeMap::new(), BTreeMap::new());
        for (i, layer) in tower.layers.iter().enumerate() {
            for place in Place::ALL {
                let found = tower.linear(i, place);
                linear.insert((i, place), [parameter(&found.weight), parameter(&found.bias)]);
            }
            norm.insert((i, NormPlace::Attention), of_norm(&layer.attention_norm));
            norm.insert((i, NormPlace::Output), of_norm(&layer.output_norm));
        }
        let tables = &tower.tables;
        let embedding = trained.contains(&table_name(TABLES[0])).then(|| Embedding {
            tables: [&tables.words, &tables.positions, &tables.types].map(parameter),
            norm: of_norm(&tower.embedding_norm),
        });
        Ok((Self { gpu, linear, norm, embedding }, tower))
    }

    /// Reads one tensor of every parameter, by the names of [`Weights`].
    pub(super) async fn read(
        &self,
        tensor: impl Fn(&Parameter) -> &GpuTensor,
    ) -> Result<BTreeMap<String, HostTensor>, EncoderError> {
        let mut tensors = BTreeMap::new();
        for (names, parameter) in self.named() {
            let values = self.gpu.download(tensor(parameter)).await?;
            let mut shape: Vec<usize> = parameter.value.shape().iter().map(|&dim| dim as usize).collect();
            if let Some(rows) = shape.first_mut() {
                *rows /= names.len();
            }
            let parts = values.chunks_exact(values.len() / names.len());
            for (name, part) in names.into_iter().zip(parts) {
                tensors.insert(name, HostTensor { shape: shape.clone(), data: part.into() });
            }
        }
        Ok(tensors)
    }

    /// Every parameter, always in the same order, with the tensors that it is stacked from.
    fn named(&self) -> Vec<(Vec<String>, &Parameter)> {
        let in_layer = |layer: usize, modules: &[&str], kind: &str| -> Vec<String> {
            modules.iter().map(|module| format!("encoder.layer.{layer}.{module}.{kind}")).collect()
        };
        let linear = self.linear.iter().map(|((layer, place), pair)| (*layer, place.modules(), pair));
        let norm = self.norm.iter().map(|((layer, place), pair)| (*layer, place.modules(), pair));
        let mut named = Vec::new();
        for (layer, modules, pair) in linear.chain(norm) {
            for (parameter, kind) in pair.iter().zip(["weight", "bias"]) {
                named.push((in_layer(layer, modules, kind), parameter));
            }
        }
        if let Some(embedding) = &self.embedding {
            let tables = TABLES.iter().zip(&embedding.tables);
            named.extend(tables.map(|(kind, parameter)| (vec![table_name(kind)], parameter)));
            let norm = ["weight", "bias"].iter().zip(&embedding.norm);
            named.extend(
                norm.map(|(kind, parameter)| (vec![format!("embeddings.LayerNorm.{kind}")], parameter)),
            );
        }
        named
    }
}

fn table_name(kind: &str) -> String {
    format!("embeddings.{kind}_embeddings.weight")
}

impl Trained for TrainedWeights {
    fn parameters(&self) -> Vec<&Parameter> {
        self.named().into_iter().map(|(_, parameter)| parameter).collect()
    }

    fn parameters_mut(&mut self) -> Vec<&mut Parameter> {
        let layers = self.linear.values_mut().flatten().chain(self.norm.values_mut().flatten());
        let embedding = self.embedding.iter_mut();
        layers.chain(embedding.flat_map(|found| found.tables.iter_mut().chain(&mut found.norm))).collect()
    }

    /// The parameters are the tower's own tensors.
    fn apply(&self, _tower: &GpuEncoder) -> Result<(), GpuError> {
        Ok(())
    }
}

impl Sink for TrainedWeights {
    fn wants(&self, place: (usize, Place)) -> bool {
        self.linear.contains_key(&place)
    }

    fn wants_embedding(&self) -> bool {
        self.embedding.is_some()
    }

    fn linear(&self, place: (usize, Place), x: &GpuTensor, g: &GpuTensor) -> Result<(), GpuError> {
        let Some([weight, bias]) = self.linear.get(&place) else { return Ok(()) };
        linear_grad::weight(&self.gpu, Columns::all(g), x, weight.sum())?;
        sum_rows(&self.gpu, g, bias.sum())
    }

    fn norm(
        &self,
        place: (usize, NormPlace),
        x: &GpuTensor,
        grad: &InputGrad,
        dy: &GpuTensor,
    ) -> Result<(), GpuError> {
        let Some(pair) = self.norm.get(&place) else { return Ok(()) };
        layer_norm_grad::scale(&self.gpu, x, grad, dy, pair.each_ref().map(Parameter::sum))
    }

    fn embedding(&self, pass: &EmbeddingPass) -> Result<(), GpuError> {
        let Some(embedding) = &self.embedding else { return Ok(()) };
        let norm = embedding.norm.each_ref().map(Parameter::sum);
        layer_norm_grad::scale(&self.gpu, &pass.sum, &pass.grad, pass.dy, norm)?;
        for (table, uses) in embedding.tables.iter().zip(&pass.uses) {
            embed_grad::rows(&self.gpu, uses, &pass.grad.x_grad, &table.gradient)?;
        }
        Ok(())
    }
}
