//! The low-rank updates of an adapter while they are trained on the GPU.
//!
//! Both passes run on the merged weights, as for any others; dW is never formed (docs/gradients.md, "LoRA").

use super::gpu_backward::{NormPlace, Place, Sink};
use super::gpu_forward::GpuEncoder;
use super::gpu_student::{Parameter, Trained};
use super::lora::tensor_names;
use super::{EncoderError, HostTensor, LoraAdapter, LoraPair};
use crate::gpu::{Gpu, GpuError, GpuTensor};
use crate::ops::layer_norm_grad::InputGrad;
use crate::ops::linear::{Epilogue, linear};
use crate::ops::linear_grad::{self, Columns, InputEpilogue};
use crate::ops::lora_merge::lora_merge;
use crate::ops::sum_rows::Sum;
use std::collections::BTreeMap;

/// Every update of an adapter, and the weights that they are added to.
pub(super) struct Updates {
    base: GpuEncoder,
    updates: Vec<Update>,
    rank: usize,
    scale: f32,
}

/// The update of one projection.
struct Update {
    name: String,
    layer: usize,
    place: Place,
    /// First row of the projection in the weight at `place`.
    first_row: u32,
    rows: u32,
    a: Parameter,
    b: Parameter,
}

impl Updates {
    /// Puts `adapter` on the GPU, and gives it an encoder whose weights it may change.
    pub(super) fn new(base: &GpuEncoder, adapter: &LoraAdapter) -> Result<(Self, GpuEncoder), EncoderError> {
        adapter.check(&base.config)?;
        let mut tower = base.clone();
        let mut updates = Vec::with_capacity(adapter.pairs.len());
        for layer in 0..tower.layers.len() {
            for projection in adapter.config.targets.projections() {
                let name = format!("encoder.layer.{layer}.{projection}");
                let pair = &adapter.pairs[&name];
                updates.push(Update::new(&base.gpu, name, layer, projection, pair)?);
            }
        }
        for update in &updates {
            let weight = &mut tower.linear_mut(update.layer, update.place).weight;
            if weight.is_same(&base.linear(update.layer, update.place).weight) {
                *weight = copied(&base.gpu, weight)?;
            }
        }
        let (rank, scale) = (adapter.config.rank, adapter.config.scale());
        let updates = Self { base: base.clone(), updates, rank, scale };
        updates.apply(&tower)?;
        Ok((updates, tower))
    }

    /// Reads one tensor of every parameter, by the names of [`LoraAdapter::tensors`].
    pub(super) async fn read(
        &self,
        tensor: impl Fn(&Parameter) -> &GpuTensor,
    ) -> Result<BTreeMap<String, HostTensor>, EncoderError> {
        let mut tensors = BTreeMap::new();
        for update in &self.updates {
            let a = self.base.gpu.download(tensor(&update.a)).await?;
            let b = self.base.gpu.download(tensor(&update.b)).await?;
            let names = tensor_names(&update.name);
            tensors.extend(names.into_iter().zip(unpadded(&a, &b, update.rows as usize, self.rank)));
        }
        Ok(tensors)
    }
}

impl Trained for Updates {
    fn parameters(&self) -> Vec<&Parameter> {
        self.updates.iter().flat_map(|update| [&update.a, &update.b]).collect()
    }

    fn parameters_mut(&mut self) -> Vec<&mut Parameter> {
        self.updates.iter_mut().flat_map(|update| [&mut update.a, &mut update.b]).collect()
    }

    /// Writes the updates into the tower's weights.
    fn apply(&self, tower: &GpuEncoder) -> Result<(), GpuError> {
        for Update { layer, place, first_row, a, b, .. } in &self.updates {
            let weight = &self.base.linear(*layer, *place).weight;
            let merged = &tower.linear(*layer, *place).weight;
            lora_merge(&self.base.gpu, weight, [&a.value, &b.value], self.scale, *first_row, merged)?;
        }
        Ok(())
    }
}

impl Sink for Updates {
    fn wants(&self, (layer, place): (usize, Place)) -> bool {
        self.updates.iter().any(|update| update.layer == layer && update.place == place)
    }

    fn linear(&self, (layer, place): (usize, Place), x: &GpuTensor, g: &GpuTensor) -> Result<(), GpuError> {
        let (gpu, scale) = (&self.base.gpu, self.scale);
        for update in self.updates.iter().filter(|update| update.layer == layer && update.place == place) {
            let g = Columns::part(g, update.first_row, update.rows);
            // dB = s gᵀ h with h = x Aᵀ, dA = uᵀ x with u = s g B.
            let h = linear(gpu, x, &update.a.value, Epilogue::None)?;
            let db = Sum { into: &update.b.gradient, factor: scale };
            linear_grad::weight(gpu, g, &h, db)?;
            let u = linear_grad::input(gpu, g, &update.b.value, scale, InputEpilogue::None)?;
            let da = Sum { into: &update.a.gradient, factor: 1.0 };
            linear_grad::weight(gpu, Columns::all(&u), x, da)?;
        }
        Ok(())
    }

    fn norm(
        &self,
        _place: (usize, NormPlace),
        _x: &GpuTensor,
        _grad: &InputGrad,
        _dy: &GpuTensor,
    ) -> Result<(), GpuError> {
        Ok(())
    }
}

impl Update {
    fn new(
        gpu: &Gpu,
        name: String,
        layer: usize,
        projection: &str,
        pair: &LoraPair,
    ) -> Result<Self, EncoderError> {
        let rows = pair.b.shape[0] as u32;
        let place_of = |place: &Place| Some((*place, place.modules().iter().position(|&m| m == projection)?));
        let found = Place::ALL.iter().find_map(place_of);
        let (place, part) =
            found.ok_or_else(|| EncoderError::Adapter(format!("no layer is called {projection}")))?;
        let first_row = part as u32 * rows;
        let (rank, columns) = (pair.a.shape[0], pair.a.shape[1]);
        let padded = padded(rank);
        let mut a = pair.a.data.to_vec();
        a.resize(padded * columns, 0.0);
        let b: Vec<f32> = pair.b.data.chunks_exact(rank).flat_map(|row| padded_row(row, padded)).collect();
        Ok(Self {
            name,
            layer,
            place,
            first_row,
            rows,
            a: Parameter::of(gpu, &gpu.upload(&[padded as u32, columns as u32], &a)),
            b: Parameter::of(gpu, &gpu.upload(&[rows, padded as u32], &b)),
        })
    }
}

/// The kernels read four values at once; zeros beyond the rank stay zeros (docs/gradients.md, "LoRA").
fn padded(rank: usize) -> usize {
    rank.next_multiple_of(4)
}

fn padded_row(row: &[f32], width: usize) -> impl Iterator<Item = f32> {
    row.iter().copied().chain(std::iter::repeat_n(0.0, width - row.len()))
}

/// A and B.
fn unpadded(a: &[f32], b: &[f32], rows: usize, rank: usize) -> [HostTensor; 2] {
    let columns = a.len() / padded(rank);
    let b = b.chunks_exact(padded(rank)).flat_map(|row| row[..rank].to_vec()).collect::<Vec<f32>>();
    [
        HostTensor { shape: vec![rank, columns], data: a[..rank * columns].into() },
        HostTensor { shape: vec![rows, rank], data: b.into() },
    ]
}

/// A weight with the same values in memory of its own: an update of zeros.
fn copied(gpu: &Gpu, weight: &GpuTensor) -> Result<GpuTensor, EncoderError> {
    let [rows, columns] = weight.expect_matrix("copy", "weight")?;
    let zeros = |shape: [u32; 2]| gpu.upload(&shape, &vec![0.0; (shape[0] * shape[1]) as usize]);
    let copy = gpu.alloc(&[rows, columns]);
    lora_merge(gpu, weight, [&zeros([4, columns]), &zeros([rows, 4])], 0.0, 0, &copy)?;
    Ok(copy)
}
