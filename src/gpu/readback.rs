//! The one place that waits: copying results back to the host.
//!
//! A download is started and read in two steps, so that the next batch can be recorded in between.

use super::faults::{Faults, Verdict};
use super::{Gpu, GpuError, GpuTensor, Scalar};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// A copy under way from the device; see [`Gpu::start_download`].
#[must_use = "a download that is not read hides the errors of its batch"]
pub struct Download {
    device: wgpu::Device,
    faults: Faults,
    verdict: Verdict,
    staging: wgpu::Buffer,
    size_bytes: u64,
    /// What the copy is a part of; later work is not waited for.
    submission: Option<wgpu::SubmissionIndex>,
    mapped: Signal,
    scalar: Scalar,
}

impl Gpu {
    /// Submits what is recorded together with a copy of `tensor` to the host, and returns at once.
    pub fn start_download(&self, tensor: &GpuTensor) -> Download {
        self.begin();
        let size_bytes = tensor.size_bytes();
        let device = &self.inner.device;
        let staging = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("readback"),
            size: size_bytes.max(4),
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        let submission = self.submit_with(|encoder| {
            if let Some(buffer) = tensor.buffer() {
                encoder.copy_buffer_to_buffer(buffer, 0, &staging, 0, size_bytes);
            }
        });
        let mapped = Signal::default();
        let done = mapped.clone();
        staging.map_async(wgpu::MapMode::Read, .., move |result| done.set(result.map_err(|e| e.to_string())));
        Download {
            device: device.clone(),
            faults: self.inner.faults.clone(),
            verdict: self.take_verdict(),
            staging,
            size_bytes,
            submission,
            mapped,
            scalar: tensor.scalar(),
        }
    }

    /// Copies a tensor of floats to the host, after everything recorded so far.
    ///
    /// # Errors
    /// See [`Download::read`].
    pub async fn download(&self, tensor: &GpuTensor) -> Result<Vec<f32>, GpuError> {
        self.start_download(tensor).read().await
    }

    /// Copies a tensor of indices to the host, after everything recorded so far.
    ///
    /// # Errors
    /// See [`Download::read_u32`].
    pub async fn download_u32(&self, tensor: &GpuTensor) -> Result<Vec<u32>, GpuError> {
        self.start_download(tensor).read_u32().await
    }
}

impl Download {
    /// Waits for the floats and for the verdict on the batches that led to them.
    ///
    /// # Errors
    /// The first [`GpuError`] of those batches, or [`GpuError::Element`] if the tensor holds indices.
    pub async fn read(self) -> Result<Vec<f32>, GpuError> {
        self.read_as(Scalar::F32).await
    }

    /// Waits for the indices and for the verdict on the batches that led to them.
    ///
    /// # Errors
    /// The first [`GpuError`] of those batches, or [`GpuError::Element`] if the tensor holds floats.
    pub async fn read_u32(self) -> Result<Vec<u32>, GpuError> {
        self.read_as(Scalar::U32).await
    }

    async fn read_as<T: bytemuck::Pod>(self, expected: Scalar) -> Result<Vec<T>, GpuError> {
        // Natively this blocks until the copy is done; in a browser it does nothing, the event loop does.
        let until = wgpu::PollType::Wait { submission_index: self.submission, timeout: None };
        // A device that was lost knows no submission; it says that it was lost when all of it is waited for.
        let polled =
            self.device.poll(until).or_else(|_| self.device.poll(wgpu::PollType::wait_indefinitely()));
        self.verdict.settle(&self.faults).await?;
        polled.map_err(|error| GpuError::DeviceLost(error.to_string()))?;
        let mapped = self.mapped.await;
        self.faults.check()?;
        mapped.map_err(GpuError::Readback)?;
        if self.scalar != expected {
            return Err(GpuError::Element { op: "download", tensor: "tensor", expected, found: self.scalar });
        }
        // An empty tensor has a staging buffer too: zero bytes cannot be mapped everywhere.
        let bytes =
            self.staging.get_mapped_range(..).map_err(|error| GpuError::Readback(error.to_string()))?;
        let values = bytemuck::pod_collect_to_vec(&bytes[..self.size_bytes as usize]);
        drop(bytes);
        self.staging.destroy();
        Ok(values)
    }
}

/// A future that the device's callback completes.
#[derive(Clone, Default)]
struct Signal {
    state: Arc<Mutex<SignalState>>,
}

#[derive(Default)]
struct SignalState {
    result: Option<Result<(), String>>,
    waker: Option<Waker>,
}

impl Signal {
    fn set(&self, result: Result<(), String>) {
        let mut state = self.lock();
        state.result = Some(result);
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, SignalState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Future for Signal {
    type Output = Result<(), String>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.lock();
        match state.result.take() {
            Some(result) => Poll::Ready(result),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
