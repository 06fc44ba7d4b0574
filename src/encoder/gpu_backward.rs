//! The encoder's backward pass on the GPU: from the gradient of the embeddings to that of every trained tensor.
//!
//! The forward pass here keeps what the backward pass needs; the fast one is in `gpu_forward.rs`. Which tensors
//! are trained and what becomes of their gradients, the [`Sink`] decides.

use super::gpu_forward::{GpuEncoder, Layer, Linear};
use super::{BertConfig, EncoderError};
use crate::gpu::{GpuError, GpuTensor};
use crate::ops::attention::{Work, attention};
use crate::ops::attention_grad::attention_grad;
use crate::ops::embed_grad::{self, Uses};
use crate::ops::embed_layer_norm::embed_layer_norm;
use crate::ops::gelu::gelu;
use crate::ops::layer_norm::layer_norm;
use crate::ops::layer_norm_grad::{self, InputGrad};
use crate::ops::linear::{Epilogue, linear};
use crate::ops::linear_grad::{self, Columns, InputEpilogue};
use crate::ops::pool_normalize::{pool_normalize, pool_normalize_grad};
use crate::text::PackedTokens;

/// A linear layer inside an encoder layer; query, key and value are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Qkv,
    AttentionOutput,
    Intermediate,
    Output,
}

impl Place {
    pub(super) const ALL: [Self; 4] = [Self::Qkv, Self::AttentionOutput, Self::Intermediate, Self::Output];

    /// Names the modules inside the layer, in the order of their rows.
    pub(super) fn modules(self) -> &'static [&'static str] {
        match self {
            Self::Qkv => &["attention.self.query", "attention.self.key", "attention.self.value"],
            Self::AttentionOutput => &["attention.output.dense"],
            Self::Intermediate => &["intermediate.dense"],
            Self::Output => &["output.dense"],
        }
    }
}

/// One of the two LayerNorms of an encoder layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NormPlace {
    Attention,
    Output,
}

impl NormPlace {
    /// Names the module inside the layer.
    pub(super) fn modules(self) -> &'static [&'static str] {
        match self {
            Self::Attention => &["attention.output.LayerNorm"],
            Self::Output => &["output.LayerNorm"],
        }
    }
}

/// Takes the gradients as the backward pass finds them, and adds them to what it has.
pub(super) trait Sink {
    /// Whether the input of the linear layer at `place` is of use.
    fn wants(&self, place: (usize, Place)) -> bool;

    /// The linear layer at `place` had input `x` `[tokens, in]`; its output's gradient is `g` `[tokens, out]`.
    fn linear(&self, place: (usize, Place), x: &GpuTensor, g: &GpuTensor) -> Result<(), GpuError>;

    /// The LayerNorm at `place` had input `x`; its output's gradient is `dy`, both `[tokens, hidden]`.
    fn norm(
        &self,
        place: (usize, NormPlace),
        x: &GpuTensor,
        grad: &InputGrad,
        dy: &GpuTensor,
    ) -> Result<(), GpuError>;

    /// Whether the embedding is trained.
    fn wants_embedding(&self) -> bool {
        false
    }

    /// The way back has come to the embedding.
    fn embedding(&self, _pass: &EmbeddingPass) -> Result<(), GpuError> {
        Ok(())
    }
}

/// What the gradients of the embedding are formed from.
pub(super) struct EmbeddingPass<'a> {
    /// Token + position + type, `[tokens, hidden]`.
    pub(super) sum: GpuTensor,
    /// Its gradient.
    pub(super) grad: InputGrad,
    /// Gradient of what LayerNorm made of it.
    pub(super) dy: &'a GpuTensor,
    /// Which tokens used which row of words, positions and types.
    pub(super) uses: [Uses; 3],
}

/// What the backward pass needs of a forward pass.
pub(super) struct Saved {
    batch: PackedTokens,
    tokens: GpuTensor,
    work: Work,
    cu_seqlens: GpuTensor,
    layers: Vec<SavedLayer>,
    last: GpuTensor,
    /// The result, `[sequences, hidden]`.
    pub(super) embeddings: GpuTensor,
}

/// Kept of one layer; rows are tokens.
struct SavedLayer {
    /// Input, `[tokens, hidden]`.
    x: GpuTensor,
    qkv: GpuTensor,
    attended: GpuTensor,
    /// Before the first LayerNorm.
    attention_sum: GpuTensor,
    /// After it.
    normed: GpuTensor,
    /// Before GELU, `[tokens, inner]`; what comes after it is formed again where it is needed.
    inner_argument: GpuTensor,
    /// Before the second LayerNorm.
    output_sum: GpuTensor,
}

/// Bytes that a forward pass keeps for each token, and the backward pass's widest moment on top.
pub(super) fn bytes_per_token(config: &BertConfig) -> usize {
    let (hidden, inner) = (config.hidden_size, config.intermediate_size);
    let kept = config.num_hidden_layers * (8 * hidden + inner);
    let passing = 8 * hidden + 2 * inner;
    4 * (kept + passing)
}

impl GpuEncoder {
    /// Records the pass over a batch and keeps what [`Self::backward`] needs.
    ///
    /// # Errors
    /// Those of [`GpuEncoder::forward`].
    pub(super) fn forward_saving(&self, batch: &PackedTokens) -> Result<Saved, EncoderError> {
        let gpu = &self.gpu;
        let tokens = self.upload_tokens(batch)?;
        let work = Work::new(gpu, &batch.cu_seqlens);
        let cu_seqlens = gpu.upload_u32(&[batch.cu_seqlens.len() as u32], &batch.cu_seqlens);
        let mut last = embed_layer_norm(gpu, &tokens, &self.tables, &self.embedding_norm)?;
        let mut layers = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let (saved, y) = self.layer_saving(layer, last, &work)?;
            layers.push(saved);
            last = y;
        }
        let embeddings = pool_normalize(gpu, &last, &cu_seqlens, self.config.pooling)?;
        Ok(Saved { batch: batch.clone(), tokens, work, cu_seqlens, layers, last, embeddings })
    }

    fn layer_saving(
        &self,
        layer: &Layer,
        x: GpuTensor,
        work: &Work,
    ) -> Result<(SavedLayer, GpuTensor), GpuError> {
        let gpu = &self.gpu;
        let qkv = linear(gpu, &x, &layer.qkv.weight, Epilogue::Bias(&layer.qkv.bias))?;
        let attended = attention(gpu, &qkv, work, self.heads())?;
        let epilogue = Epilogue::BiasResidual(&layer.attention_output.bias, &x);
        let attention_sum = linear(gpu, &attended, &layer.attention_output.weight, epilogue)?;
        let normed = layer_norm(gpu, &attention_sum, &layer.attention_norm)?;

        let epilogue = Epilogue::Bias(&layer.intermediate.bias);
        let inner_argument = linear(gpu, &normed, &layer.intermediate.weight, epilogue)?;
        let inner = gelu(gpu, &inner_argument)?;
        let epilogue = Epilogue::BiasResidual(&layer.output.bias, &normed);
        let output_sum = linear(gpu, &inner, &layer.output.weight, epilogue)?;
        let y = layer_norm(gpu, &output_sum, &layer.output_norm)?;
        Ok((SavedLayer { x, qkv, attended, attention_sum, normed, inner_argument, output_sum }, y))
    }

    /// Records the way back from the embeddings' gradient `[sequences, hidden]`; `sink` takes what it finds.
    ///
    /// # Errors
    /// Those of the ops and of the sink.
    pub(super) fn backward(
        &self,
        saved: Saved,
        embeddings_grad: &GpuTensor,
        sink: &dyn Sink,
    ) -> Result<(), GpuError> {
        let gpu = &self.gpu;
        let Saved { batch, tokens, work, cu_seqlens, mut layers, last, embeddings } = saved;
        let pooled = [&embeddings, embeddings_grad];
        let mut dy = pool_normalize_grad(gpu, &last, &cu_seqlens, pooled, self.config.pooling)?;
        // A layer's memory is free for the next as soon as it is done.
        while let Some(layer) = layers.pop() {
            dy = self.layer_backward(layers.len(), &layer, &work, &dy, sink)?;
        }
        if sink.wants_embedding() {
            sink.embedding(&self.embedding_pass(&batch, &tokens, &dy)?)?;
        }
        Ok(())
    }

    /// Forms the sum under the embedding's LayerNorm again, and its gradient from `dy`.
    fn embedding_pass<'a>(
        &self,
        batch: &PackedTokens,
        tokens: &GpuTensor,
        dy: &'a GpuTensor,
    ) -> Result<EmbeddingPass<'a>, GpuError> {
        let gpu = &self.gpu;
        let sum = embed_grad::sum(gpu, tokens, &self.tables)?;
        let grad = layer_norm_grad::input(gpu, &sum, &self.embedding_norm, dy)?;
        let positions = batch.ranges().flat_map(|range| (0..).take(range.len()));
        let uses = [
            Uses::new(gpu, batch.ids.iter().copied()),
            Uses::new(gpu, positions),
            Uses::new(gpu, batch.ids.iter().map(|_| 0)),
        ];
        Ok(EmbeddingPass { sum, grad, dy, uses })
    }

    /// Goes back through one layer. The first one's input needs a gradient only if the embedding is trained.
    fn layer_backward(
        &self,
        index: usize,
        saved: &SavedLayer,
        work: &Work,
        dy: &GpuTensor,
        sink: &dyn Sink,
    ) -> Result<GpuTensor, GpuError> {
        let gpu = &self.gpu;
        let layer = &self.layers[index];
        let grad = layer_norm_grad::input(gpu, &saved.output_sum, &layer.output_norm, dy)?;
        sink.norm((index, NormPlace::Output), &saved.output_sum, &grad, dy)?;
        let d_sum = grad.x_grad;
        if sink.wants((index, Place::Output)) {
            sink.linear((index, Place::Output), &gelu(gpu, &saved.inner_argument)?, &d_sum)?;
        }
        let other = InputEpilogue::GeluAt(&saved.inner_argument);
        let d_inner = linear_grad::input(gpu, Columns::all(&d_sum), &layer.output.weight, 1.0, other)?;
        sink.linear((index, Place::Intermediate), &saved.normed, &d_inner)?;
        let other = InputEpilogue::Add(&d_sum);
        let dy = linear_grad::input(gpu, Columns::all(&d_inner), &layer.intermediate.weight, 1.0, other)?;

        let grad = layer_norm_grad::input(gpu, &saved.attention_sum, &layer.attention_norm, &dy)?;
        sink.norm((index, NormPlace::Attention), &saved.attention_sum, &grad, &dy)?;
        let d_sum = grad.x_grad;
        sink.linear((index, Place::AttentionOutput), &saved.attended, &d_sum)?;
        let weight = &layer.attention_output.weight;
        let d_attended = linear_grad::input(gpu, Columns::all(&d_sum), weight, 1.0, InputEpilogue::None)?;
        let d_qkv = attention_grad(gpu, &saved.qkv, work, self.heads(), &d_attended)?;
        sink.linear((index, Place::Qkv), &saved.x, &d_qkv)?;
        if index == 0 && !sink.wants_embedding() {
            return Ok(d_sum);
        }
        let other = InputEpilogue::Add(&d_sum);
        linear_grad::input(gpu, Columns::all(&d_qkv), &layer.qkv.weight, 1.0, other)
    }

    fn heads(&self) -> u32 {
        self.config.num_attention_heads as u32
    }

    pub(super) fn linear(&self, layer: usize, place: Place) -> &Linear {
        let layer = &self.layers[layer];
        match place {
            Place::Qkv => &layer.qkv,
            Place::AttentionOutput => &layer.attention_output,
            Place::Intermediate => &layer.intermediate,
            Place::Output => &layer.output,
        }
    }

    pub(super) fn linear_mut(&mut self, layer: usize, place: Place) -> &mut Linear {
        let layer = &mut self.layers[layer];
        match place {
            Place::Qkv => &mut layer.qkv,
            Place::AttentionOutput => &mut layer.attention_output,
            Place::Intermediate => &mut layer.intermediate,
            Place::Output => &mut layer.output,
        }
    }
}
