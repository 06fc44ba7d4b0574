//! An encoder layer as one candle op, with a way back of its own.
//!
//! As single ops on candle's tape the products would wait for what lies between them: the tape sets the gradient of
//! every operand to zero, adds to it, and allocates both times.

use super::CandleEncoder;
use super::attention::Attention;
use super::gelu::{gelu, gelu_backward};
use super::layer_norm::LayerNorm;
use super::linear::{Linear, Lora, Projections};
use super::slices::{output, values, view};
use candle_core::{CpuStorage, CustomOp1, Error, Layout, Result, Shape, Tensor};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// The projections of a layer, in the order of `Targets::AllLinear`.
pub(super) const PROJECTIONS: usize = 6;
/// Query, key and value read the same input.
const QUERY_KEY_VALUE: Range<usize> = 0..3;
const ATTENTION_OUTPUT: Range<usize> = 3..4;
const INTERMEDIATE: Range<usize> = 4..5;
const OUTPUT: Range<usize> = 5..6;

/// The weights of a layer.
pub(super) struct Layer {
    pub(super) linear: [Linear; PROJECTIONS],
    pub(super) attention_norm: LayerNorm,
    pub(super) output_norm: LayerNorm,
}

/// The pairs of a layer, by projection.
pub(super) type LayerLora = [Option<Lora>; PROJECTIONS];

/// Layer `index` of an encoder.
pub(super) struct LayerOp {
    encoder: CandleEncoder,
    index: usize,
    sequences: Arc<[Range<usize>]>,
    /// What the way back needs; nothing if there is none.
    saved: Option<Mutex<Option<Saved>>>,
}

/// Values on the way from x to y, `[tokens, _]` each.
struct Saved {
    qkv: Vec<f32>,
    context: Vec<f32>,
    /// Before and after the first LayerNorm.
    attention_sum: Vec<f32>,
    attended: Vec<f32>,
    /// Before and after GELU.
    inner: Vec<f32>,
    activated: Vec<f32>,
    /// Before the second LayerNorm.
    output_sum: Vec<f32>,
}

/// Returns the output of a layer, `[tokens, hidden]`.
pub(super) fn encoder_layer(
    x: &Tensor,
    encoder: &CandleEncoder,
    index: usize,
    sequences: &Arc<[Range<usize>]>,
) -> Result<Tensor> {
    let saved = x.track_op().then(|| Mutex::new(None));
    x.apply_op1(LayerOp { encoder: encoder.clone(), index, sequences: Arc::clone(sequences), saved })
}

impl CustomOp1 for LayerOp {
    fn name(&self) -> &'static str {
        "encoder-layer"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = values(x, layout)?;
        let (y, saved) = self.forward(x);
        if let Some(slot) = &self.saved {
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(saved);
        }
        output(y, self.encoder.base.config.hidden_size)
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let slot = self.saved.as_ref().map(|slot| slot.lock().unwrap_or_else(PoisonError::into_inner).take());
        let saved = slot.flatten().ok_or_else(|| Error::Msg("a layer has one way back".to_owned()).bt())?;
        let dx = self.backward(&view(x)?, saved, &view(dy)?);
        dx.map(|dx| Tensor::from_vec(dx, x.shape(), x.device())).transpose()
    }
}

impl LayerOp {
    fn layer(&self) -> &Layer {
        &self.encoder.base.layers[self.index]
    }

    fn project(&self, range: Range<usize>) -> Projections<'_> {
        Projections {
            layers: &self.layer().linear[range.clone()],
            lora: &self.encoder.lora[self.index][range],
        }
    }

    fn attention(&self) -> Attention<'_> {
        let config = &self.encoder.base.config;
        let heads = config.num_attention_heads;
        Attention { sequences: &self.sequences, heads, head_dim: config.hidden_size / heads }
    }

    fn forward(&self, x: &[f32]) -> (Vec<f32>, Saved) {
        let qkv = self.project(QUERY_KEY_VALUE).forward(x);
        let context = self.attention().forward(&qkv);
        let mut attention_sum = self.project(ATTENTION_OUTPUT).forward(&context);
        add(&mut attention_sum, x);
        let attended = self.layer().attention_norm.normalize(&attention_sum);
        let inner = self.project(INTERMEDIATE).forward(&attended);
        let activated = gelu(&inner);
        let mut output_sum = self.project(OUTPUT).forward(&activated);
        add(&mut output_sum, &attended);
        let y = self.layer().output_norm.normalize(&output_sum);
        (y, Saved { qkv, context, attention_sum, attended, inner, activated, output_sum })
    }

    /// The gradient of x from that of y, unless nothing that is trained lies before the layer.
    ///
    /// Each sum feeds a projection and the residual, so the gradient of one is added to that of the other.
    fn backward(&self, x: &[f32], saved: Saved, dy: &[f32]) -> Option<Vec<f32>> {
        let mut d_attended = self.layer().output_norm.backward(&saved.output_sum, dy);
        let mut d_inner = vec![0.0; saved.inner.len()];
        self.project(OUTPUT).backward(&saved.activated, &d_attended, Some(&mut d_inner));
        gelu_backward(&saved.inner, &mut d_inner);
        self.project(INTERMEDIATE).backward(&saved.attended, &d_inner, Some(&mut d_attended));

        let mut dx = self.layer().attention_norm.backward(&saved.attention_sum, &d_attended);
        let mut d_context = vec![0.0; saved.context.len()];
        self.project(ATTENTION_OUTPUT).backward(&saved.context, &dx, Some(&mut d_context));
        let d_qkv = self.attention().backward(&saved.qkv, &d_context);
        let is_deep = self.index > 0 || self.encoder.base.embedding.gradients.is_some();
        self.project(QUERY_KEY_VALUE).backward(x, &d_qkv, is_deep.then_some(&mut dx));
        is_deep.then_some(dx)
    }
}

fn add(sum: &mut [f32], x: &[f32]) {
    sum.iter_mut().zip(x).for_each(|(sum, x)| *sum += x);
}
