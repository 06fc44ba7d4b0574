//! The operations of the encoder and of the search, one file each: contract, wrapper, oracle.
//!
//! An op checks its operands, allocates its result and records a dispatch; it never reads back.
//! At the foot of each file `mod oracle` says in plain loops what its kernel computes.

pub mod adamw;
pub mod attention;
pub mod attention_grad;
pub mod clip_norm;
pub mod copy_rows;
pub mod embed_grad;
pub mod embed_layer_norm;
pub mod gelu;
pub mod layer_norm;
pub mod layer_norm_grad;
pub mod linear;
pub mod linear_grad;
pub mod list_loss;
pub mod lora_merge;
pub mod pool_normalize;
pub mod scores;
pub mod sum_rows;
pub mod tiling;
pub mod tiling_measure;
pub mod top_k;

use crate::gpu::{GpuError, KernelInfo};

/// What several oracles are made of.
pub mod oracle {
    /// softmax(x), stable for any finite x.
    pub fn softmax(x: &[f64]) -> Vec<f64> {
        let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let exps: Vec<f64> = x.iter().map(|x| (x - largest).exp()).collect();
        let total: f64 = exps.iter().sum();
        exps.iter().map(|e| e / total).collect()
    }

    /// Σ a b, in f64.
    pub fn dot(a: &[f32], b: &[f32]) -> f64 {
        a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    }
}

/// Refuses a size that kernels reading four values at once cannot take.
fn expect_fours(op: &'static str, what: &'static str, value: u32) -> Result<(), GpuError> {
    if value.is_multiple_of(4) {
        return Ok(());
    }
    let supported = "the kernels read four at once and need a multiple of 4";
    Err(GpuError::Unsupported { op, what, value, supported })
}

/// Every kernel of the crate; a test holds `shaders/` against this list.
pub fn kernels() -> Vec<KernelInfo> {
    [
        adamw::KERNELS,
        attention::KERNELS,
        attention_grad::KERNELS,
        clip_norm::KERNELS,
        copy_rows::KERNELS,
        embed_grad::KERNELS,
        embed_layer_norm::KERNELS,
        gelu::KERNELS,
        layer_norm::KERNELS,
        layer_norm_grad::KERNELS,
        linear::KERNELS,
        linear_grad::KERNELS,
        list_loss::KERNELS,
        lora_merge::KERNELS,
        pool_normalize::KERNELS,
        scores::KERNELS,
        sum_rows::KERNELS,
        top_k::KERNELS,
    ]
    .concat()
}
