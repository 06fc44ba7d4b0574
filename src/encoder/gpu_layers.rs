//! All weights of the encoder layers while they are trained on the GPU; the embedding tables stay.

use super::gpu_backward::{NormPlace, Place, Sink};
use super::gpu_forward::GpuEncoder;
use super::gpu_student::{Parameter, Trained};
use super::{EncoderError, HostTensor, Weights};
use crate::gpu::{Gpu, GpuError, GpuTensor};
use crate::ops::layer_norm_grad::{self, InputGrad};
use crate::ops::linear_grad::{self, Columns};
use crate::ops::sum_rows::{Sum, sum_rows};
use std::collections::BTreeMap;

/// Weight and bias of every linear layer, scale and shift of every LayerNorm.
pub(super) struct Layers {
    gpu: Gpu,
    linear: BTreeMap<(usize, Place), [Parameter; 2]>,
    norm: BTreeMap<(usize, NormPlace), [Parameter; 2]>,
}

impl Layers {
    /// Makes an encoder whose layers have memory of their own, and their gradients and moments.
    pub(super) fn new(base: &GpuEncoder, weights: &Weights) -> Result<(Self, GpuEncoder), EncoderError> {
        let of_a_layer = |name: &&String| name.starts_with("encoder.layer.");
        let tower = base.with_replaced(weights, &weights.names().filter(of_a_layer).cloned().collect())?;
        let gpu = base.gpu.clone();
        let (mut linear, mut norm) = (BTreeMap::new(), BTreeMap::new());
        for (i, layer) in tower.layers.iter().enumerate() {
            for place in Place::ALL {
                let found = tower.linear(i, place);
                linear
                    .insert((i, place), [&found.weight, &found.bias].map(|value| Parameter::of(&gpu, value)));
            }
            let norms =
                [(NormPlace::Attention, &layer.attention_norm), (NormPlace::Output, &layer.output_norm)];
            for (place, found) in norms {
                norm.insert((i, place), [&found.gamma, &found.beta].map(|value| Parameter::of(&gpu, value)));
            }
        }
        Ok((Self { gpu, linear, norm }, tower))
    }

    /// Reads one tensor of every parameter, by the names of [`Weights`].
    pub(super) async fn read(
        &self,
        tensor: impl Fn(&Parameter) -> &GpuTensor,
    ) -> Result<BTreeMap<String, HostTensor>, EncoderError> {
        let mut tensors = BTreeMap::new();
        let linear = self.linear.iter().map(|((layer, place), pair)| (*layer, place.modules(), pair));
        let norm = self.norm.iter().map(|((layer, place), pair)| (*layer, place.modules(), pair));
        for (layer, modules, pair) in linear.chain(norm) {
            for (parameter, kind) in pair.iter().zip(["weight", "bias"]) {
                let values = self.gpu.download(tensor(parameter)).await?;
                let mut shape: Vec<usize> = parameter.value.shape().iter().map(|&dim| dim as usize).collect();
                if let Some(rows) = shape.first_mut() {
                    *rows /= modules.len();
                }
                for (module, part) in modules.iter().zip(values.chunks_exact(values.len() / modules.len())) {
                    let name = format!("encoder.layer.{layer}.{module}.{kind}");
                    tensors.insert(name, HostTensor { shape: shape.clone(), data: part.into() });
                }
            }
        }
        Ok(tensors)
    }
}

impl Trained for Layers {
    fn parameters(&self) -> Vec<&Parameter> {
        self.linear.values().chain(self.norm.values()).flatten().collect()
    }

    /// The parameters are the tower's own tensors.
    fn apply(&self, _tower: &GpuEncoder) -> Result<(), GpuError> {
        Ok(())
    }
}

impl Sink for Layers {
    fn wants(&self, place: (usize, Place)) -> bool {
        self.linear.contains_key(&place)
    }

    fn linear(&self, place: (usize, Place), x: &GpuTensor, g: &GpuTensor) -> Result<(), GpuError> {
        let Some([weight, bias]) = self.linear.get(&place) else { return Ok(()) };
        let sum = |parameter| Sum { into: gradient_of(parameter), factor: 1.0 };
        linear_grad::weight(&self.gpu, Columns::all(g), x, sum(weight))?;
        sum_rows(&self.gpu, g, sum(bias))
    }

    fn norm(
        &self,
        place: (usize, NormPlace),
        x: &GpuTensor,
        grad: &InputGrad,
        dy: &GpuTensor,
    ) -> Result<(), GpuError> {
        let Some(pair) = self.norm.get(&place) else { return Ok(()) };
        let sum = |parameter| Sum { into: gradient_of(parameter), factor: 1.0 };
        layer_norm_grad::scale(&self.gpu, x, grad, dy, pair.each_ref().map(sum))
    }
}

fn gradient_of(parameter: &Parameter) -> &GpuTensor {
    &parameter.gradient
}
