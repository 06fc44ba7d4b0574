//! Opening a device and moving data to it.
//!
//! What runs on it is in `record.rs`, what comes back in `readback.rs`.

use super::faults::Faults;
use super::pool::{BufferPool, Memory};
use super::record::Recording;
use super::tensor::size_bytes;
use super::{GpuError, GpuTensor, Scalar};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What to accept when opening a device.
#[derive(Debug, Clone, Copy, Default)]
pub struct GpuOptions {
    /// Whether an adapter that computes on the CPU will do; right for tests, wrong for speed.
    pub allow_software: bool,
}

/// A device, its queue, and the batch that is being recorded. Cloning shares all of it.
#[derive(Clone)]
pub struct Gpu {
    pub(super) inner: Rc<Inner>,
}

pub(super) struct Inner {
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    pub(super) faults: Faults,
    pub(super) pool: Rc<BufferPool>,
    pub(super) recording: RefCell<Recording>,
    /// See [`Gpu::note`].
    notes: RefCell<BTreeMap<[u32; 4], u32>>,
    adapter_name: String,
    software: bool,
}

/// Bytes written in one call; a browser copies each piece once more.
const UPLOAD_PIECE_BYTES: usize = 8 << 20;

impl Gpu {
    /// Opens the fastest adapter.
    ///
    /// # Errors
    /// [`GpuError::NoAdapter`], [`GpuError::NoDevice`], or [`GpuError::SoftwareAdapter`] if there is only
    /// a software adapter and `options` does not allow it.
    pub async fn open(options: GpuOptions) -> Result<Self, GpuError> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let power_preference = wgpu::PowerPreference::HighPerformance;
        let adapter = instance
            .request_adapter(&wgpu::RequestAdapterOptions { power_preference, ..Default::default() })
            .await
            .map_err(|error| GpuError::NoAdapter(error.to_string()))?;

        let info = adapter.get_info();
        let adapter_name = describe(&info);
        let software = is_software(&info);
        if software && !options.allow_software {
            return Err(GpuError::SoftwareAdapter(adapter_name));
        }
        let required_limits = wanted_limits(&adapter.limits());
        let (device, queue) = adapter
            .request_device(&wgpu::DeviceDescriptor { required_limits, ..Default::default() })
            .await
            .map_err(|error| GpuError::NoDevice(error.to_string()))?;

        let faults = Faults::watch(&device);
        let recording = RefCell::new(Recording::new(&device));
        let (pool, notes) = Default::default();
        let inner = Inner { device, queue, faults, pool, recording, notes, adapter_name, software };
        Ok(Self { inner: Rc::new(inner) })
    }

    /// Name of the adapter, for a person to read.
    pub fn adapter_name(&self) -> &str {
        &self.inner.adapter_name
    }

    /// Whether the adapter computes on the CPU.
    pub fn is_software(&self) -> bool {
        self.inner.software
    }

    /// Keeps what was found out about this device, by numbers that mean something to the caller alone.
    pub fn note(&self, of: [u32; 4], value: u32) {
        self.inner.notes.borrow_mut().insert(of, value);
    }

    /// What was noted.
    pub fn noted(&self, of: [u32; 4]) -> Option<u32> {
        self.inner.notes.borrow().get(&of).copied()
    }

    /// Most bytes that one tensor may have on this device.
    pub fn max_tensor_bytes(&self) -> u64 {
        let limits = self.inner.device.limits();
        limits.max_storage_buffer_binding_size.min(limits.max_buffer_size)
    }

    /// GPU memory taken for tensors by this device.
    pub fn memory(&self) -> Memory {
        self.inner.pool.memory()
    }

    /// Sets the most bytes that tensors may take together; a batch that needs more is [`GpuError::OutOfMemory`].
    pub fn limit_memory(&self, bytes: u64) {
        self.inner.pool.limit(bytes);
    }

    /// Gives the device and all its memory back at once; whatever follows is [`GpuError::DeviceLost`].
    ///
    /// A browser frees what is merely dropped only when it collects garbage.
    pub fn close(&self) {
        self.inner.device.destroy();
    }

    /// Allocates a tensor of floats for kernels to fill; its content is undefined.
    pub fn alloc(&self, shape: &[u32]) -> GpuTensor {
        self.alloc_of(shape, Scalar::F32)
    }

    /// Allocates a tensor of indices for kernels to fill; its content is undefined.
    pub fn alloc_u32(&self, shape: &[u32]) -> GpuTensor {
        self.alloc_of(shape, Scalar::U32)
    }

    /// Copies floats to the device.
    pub fn upload(&self, shape: &[u32], values: &[f32]) -> GpuTensor {
        self.upload_of(shape, Scalar::F32, bytemuck::cast_slice(values))
    }

    /// Copies indices to the device.
    pub fn upload_u32(&self, shape: &[u32], values: &[u32]) -> GpuTensor {
        self.upload_of(shape, Scalar::U32, bytemuck::cast_slice(values))
    }

    /// Copies f16 values, given as their bits, to the device: indices that hold two each, the first in the low bits.
    ///
    /// `shape` counts these pairs; a kernel reads one with `unpack2x16float`.
    pub fn upload_halves(&self, shape: &[u32], halves: &[u16]) -> GpuTensor {
        self.upload_of(shape, Scalar::U32, bytemuck::cast_slice(halves))
    }

    fn alloc_of(&self, shape: &[u32], scalar: Scalar) -> GpuTensor {
        let size = self.admit(shape);
        let inner = &self.inner;
        GpuTensor::new(inner.pool.take(&inner.device, size), shape, scalar)
    }

    fn upload_of(&self, shape: &[u32], scalar: Scalar, bytes: &[u8]) -> GpuTensor {
        let size = self.admit(shape);
        let inner = &self.inner;
        let tensor = GpuTensor::new(inner.pool.take_for_upload(&inner.device, size), shape, scalar);
        if tensor.size_bytes() != bytes.len() as u64 {
            let expected = shape.to_vec();
            let found = vec![(bytes.len() / 4) as u32];
            self.refuse(GpuError::Shape { op: "upload", tensor: "values", expected, found });
        } else if size == tensor.size_bytes() {
            self.write(&tensor, bytes);
        }
        tensor
    }

    /// Writes in pieces, flushing between them: one large write would hold a second copy as large.
    fn write(&self, tensor: &GpuTensor, bytes: &[u8]) {
        let Some(buffer) = tensor.buffer() else { return };
        let mut offset = 0;
        for piece in bytes.chunks(UPLOAD_PIECE_BYTES) {
            self.inner.queue.write_buffer(buffer, offset, piece);
            offset += piece.len() as u64;
            if piece.len() == UPLOAD_PIECE_BYTES {
                self.inner.queue.submit([]);
            }
        }
    }

    /// Opens the batch and returns the bytes to allocate; a tensor that is too large or has no room gets none.
    fn admit(&self, shape: &[u32]) -> u64 {
        self.begin();
        let size_bytes = size_bytes(shape);
        let limit_bytes = self.max_tensor_bytes();
        if size_bytes > limit_bytes {
            self.refuse(GpuError::TooLarge { size_bytes, limit_bytes });
            return 0;
        }
        if !self.inner.pool.has_room_for(size_bytes) {
            self.refuse(GpuError::OutOfMemory(format!("{size_bytes} bytes more than may be taken")));
            return 0;
        }
        size_bytes
    }
}

/// WebGPU's defaults or what the adapter has, whichever is less; tensors may be as large as it allows.
fn wanted_limits(adapter: &wgpu::Limits) -> wgpu::Limits {
    let wanted = wgpu::Limits {
        max_buffer_size: adapter.max_buffer_size,
        max_storage_buffer_binding_size: adapter.max_storage_buffer_binding_size,
        ..wgpu::Limits::defaults()
    };
    wanted.or_worse_values_from(adapter)
}

/// A browser gives no names and marks its fallback adapter as a CPU; a native driver gives its name.
fn is_software(info: &wgpu::AdapterInfo) -> bool {
    let names = format!("{} {}", info.name, info.driver).to_lowercase();
    let is_named_so = ["swiftshader", "llvmpipe", "lavapipe"].iter().any(|name| names.contains(name));
    info.device_type == wgpu::DeviceType::Cpu || is_named_so
}

fn describe(info: &wgpu::AdapterInfo) -> String {
    match (info.name.is_empty(), info.device_type) {
        (false, _) => info.name.clone(),
        (true, wgpu::DeviceType::Cpu) => "software adapter without a name".to_owned(),
        (true, _) => "adapter without a name".to_owned(),
    }
}
