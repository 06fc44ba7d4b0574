//! The operations of the encoder and of the search, one file each: contract, wrapper, oracle.
//!
//! An op checks its operands, allocates its result and records a dispatch; it never reads back.
//! At the foot of each file `mod oracle` says in plain loops what its kernel computes.

pub mod attention;
pub mod embed_layer_norm;
pub mod layer_norm;
pub mod linear;
pub mod pool_normalize;
pub mod scores;
pub mod top_k;

use crate::gpu::KernelInfo;

/// Every kernel of the crate; a test holds `shaders/` against this list.
pub fn kernels() -> Vec<KernelInfo> {
    [
        attention::KERNELS,
        embed_layer_norm::KERNELS,
        layer_norm::KERNELS,
        linear::KERNELS,
        pool_normalize::KERNELS,
        top_k::KERNELS,
    ]
    .concat()
}
