//! What can go wrong on the GPU, in terms that a person or the engine can act on.

use super::Scalar;

/// A failure of the device, or a tensor that does not fit an operation.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    /// No adapter at all: no driver, or a browser without WebGPU.
    #[error("no GPU adapter was found: {0}")]
    NoAdapter(String),
    /// The only adapter computes on the CPU, and the options did not allow that.
    #[error("'{0}' is a software adapter: it computes on the CPU and is slower than the CPU path")]
    SoftwareAdapter(String),
    /// The adapter was found but gave no device.
    #[error("the adapter gave no device: {0}")]
    NoDevice(String),
    /// The device is gone (driver reset, memory pressure, time limit); a new [`super::Gpu`] is needed.
    #[error("the GPU device was lost: {0}")]
    DeviceLost(String),
    /// The device could not allocate.
    #[error("the GPU is out of memory: {0}")]
    OutOfMemory(String),
    /// The device refused a command: a mistake in this program or a limit of the device.
    #[error("the GPU refused a command: {0}")]
    Validation(String),
    /// A result could not be mapped for reading.
    #[error("a GPU result could not be read: {0}")]
    Readback(String),
    /// One tensor would exceed what the device binds at once.
    #[error("a tensor of {size_bytes} bytes exceeds this device's limit of {limit_bytes} bytes")]
    TooLarge {
        /// What was asked for.
        size_bytes: u64,
        /// What the device binds at most.
        limit_bytes: u64,
    },
    /// A dispatch has more workgroups along one dimension than the device allows.
    #[error("{kernel}: a grid of {grid:?} workgroups exceeds this device's limit of {limit}")]
    Grid {
        /// Stem of the kernel.
        kernel: &'static str,
        /// The grid asked for.
        grid: [u32; 3],
        /// Workgroups per dimension that the device allows.
        limit: u32,
    },
    /// An operand has the wrong number of dimensions.
    #[error("{op}: {tensor} has shape {found:?} where {expected} dimensions are needed")]
    Rank {
        /// The operation.
        op: &'static str,
        /// Name of the operand in its contract.
        tensor: &'static str,
        /// Dimensions needed.
        expected: usize,
        /// Shape found.
        found: Vec<u32>,
    },
    /// An operand has the wrong shape.
    #[error("{op}: {tensor} has shape {found:?}, not {expected:?}")]
    Shape {
        /// The operation.
        op: &'static str,
        /// Name of the operand in its contract.
        tensor: &'static str,
        /// Shape needed.
        expected: Vec<u32>,
        /// Shape found.
        found: Vec<u32>,
    },
    /// An operand holds the other kind of numbers.
    #[error("{op}: {tensor} holds {found:?}, not {expected:?}")]
    Element {
        /// The operation.
        op: &'static str,
        /// Name of the operand in its contract.
        tensor: &'static str,
        /// Kind needed.
        expected: Scalar,
        /// Kind found.
        found: Scalar,
    },
    /// A size or an index is outside what the operation supports.
    #[error("{op}: {what} is {value}; {supported}")]
    Unsupported {
        /// The operation.
        op: &'static str,
        /// The size or index meant.
        what: &'static str,
        /// Its value.
        value: u32,
        /// What is supported, as a clause.
        supported: &'static str,
    },
}

impl From<wgpu::Error> for GpuError {
    fn from(error: wgpu::Error) -> Self {
        match error {
            wgpu::Error::OutOfMemory { source } => Self::OutOfMemory(source.to_string()),
            wgpu::Error::Validation { description, .. } | wgpu::Error::Internal { description, .. } => {
                Self::Validation(description)
            }
        }
    }
}
