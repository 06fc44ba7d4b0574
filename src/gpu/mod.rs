//! The only room that names wgpu: device, tensors, kernels, recorded batches, readback.
//!
//! It does not know what a kernel computes (that is [`crate::ops`]), and it never blocks inside a
//! batch: work is recorded, submitted, and waited for in one place, [`Download::read`].

mod device;
mod error;
mod faults;
mod kernel;
mod pace;
mod pool;
mod readback;
mod record;
mod tensor;

pub use device::{Gpu, GpuOptions};
pub use error::GpuError;
pub use kernel::{Kernel, KernelInfo, Uniform};
pub use pool::Memory;
pub use readback::Download;
pub use record::folded;
pub use tensor::{GpuTensor, Scalar};
