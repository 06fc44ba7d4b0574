//! Recording a batch of dispatches and submitting it as one compute pass.
//!
//! Nothing here waits for the device; errors are kept for whoever reads a result.

use super::faults::{ErrorScopes, Verdict};
use super::kernel::Pipeline;
use super::pace::Pace;
use super::{Gpu, GpuError, GpuTensor, Kernel, KernelInfo, Uniform};
use std::collections::HashMap;
use std::rc::Rc;

/// Most dispatches in one submit; the arena below has a slot for each.
const MAX_DISPATCHES: usize = 256;
/// A dynamic uniform offset is a multiple of this on every WebGPU device.
const SLOT_BYTES: usize = 256;

/// The batch under way, and the pipelines compiled so far.
pub(super) struct Recording {
    scopes: Option<ErrorScopes>,
    verdict: Verdict,
    dispatches: Vec<Dispatch>,
    /// Parameters of all dispatches, one slot each, written once per submit.
    params: Vec<u8>,
    arena: wgpu::Buffer,
    pace: Pace,
    pipelines: HashMap<&'static str, Rc<Pipeline>>,
}

struct Dispatch {
    pipeline: Rc<Pipeline>,
    bind_group: wgpu::BindGroup,
    grid: [u32; 3],
}

impl Recording {
    pub(super) fn new(device: &wgpu::Device) -> Self {
        let arena = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("params"),
            size: (MAX_DISPATCHES * SLOT_BYTES) as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        Self {
            scopes: None,
            verdict: Verdict::default(),
            dispatches: Vec::new(),
            params: Vec::new(),
            arena,
            pace: Pace::default(),
            pipelines: HashMap::new(),
        }
    }

    fn pipeline(&mut self, device: &wgpu::Device, kernel: &KernelInfo) -> Rc<Pipeline> {
        let compiled =
            self.pipelines.entry(kernel.label).or_insert_with(|| Rc::new(Pipeline::new(device, kernel)));
        Rc::clone(compiled)
    }

    fn is_full(&self) -> bool {
        self.dispatches.len() >= self.pace.limit(MAX_DISPATCHES)
    }

    fn push_params(&mut self, params: &[u8]) {
        self.params.extend_from_slice(params);
        self.params.resize(self.params.len().next_multiple_of(SLOT_BYTES), 0);
    }
}

impl Gpu {
    /// Records one dispatch of `kernel` over `grid` workgroups; `tensors` are its bindings from 1 on.
    ///
    /// An empty grid records nothing. Errors surface when a result of the batch is read.
    pub fn dispatch<P: Uniform>(
        &self,
        kernel: &Kernel<P>,
        params: &P,
        tensors: &[&GpuTensor],
        grid: [u32; 3],
    ) {
        if grid.contains(&0) {
            return;
        }
        let limit = self.inner.device.limits().max_compute_workgroups_per_dimension;
        if grid.iter().any(|&workgroups| workgroups > limit) {
            self.refuse(GpuError::Grid { kernel: kernel.info().label, grid, limit });
        }
        self.begin();
        if self.inner.recording.borrow().is_full() {
            self.submit();
            self.begin();
        }
        let recording = &mut *self.inner.recording.borrow_mut();
        if recording.verdict.is_refused() {
            return;
        }
        let pipeline = recording.pipeline(&self.inner.device, &kernel.info());
        let bind_group = self.bind(&pipeline, &recording.arena, size_of::<P>() as u64, tensors);
        recording.push_params(bytemuck::bytes_of(params));
        recording.dispatches.push(Dispatch { pipeline, bind_group, grid });
    }

    /// Sends what has been recorded to the device and returns at once.
    pub fn submit(&self) {
        self.submit_with(|_| ());
    }

    /// Submits, with more commands encoded after the dispatches; none if nothing was recorded.
    pub(super) fn submit_with(
        &self,
        then: impl FnOnce(&mut wgpu::CommandEncoder),
    ) -> Option<wgpu::SubmissionIndex> {
        let recording = &mut *self.inner.recording.borrow_mut();
        let scopes = recording.scopes.take()?;
        if !recording.dispatches.is_empty() {
            self.inner.queue.write_buffer(&recording.arena, 0, &recording.params);
        }
        let mut encoder =
            self.inner.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encode(&mut encoder, &recording.dispatches);
        then(&mut encoder);
        let submission = self.inner.queue.submit([encoder.finish()]);
        if !recording.dispatches.is_empty() {
            recording.pace.watch(&self.inner.queue, recording.dispatches.len());
        }
        recording.dispatches.clear();
        recording.params.clear();
        recording.verdict.add(scopes);
        self.inner.pool.note_submit();
        Some(submission)
    }

    /// Submits, waits, and says whether everything since the last check was sound.
    ///
    /// # Errors
    /// The first [`GpuError`] of the work recorded since the last check or download.
    pub async fn check(&self) -> Result<(), GpuError> {
        self.submit();
        let verdict = self.take_verdict();
        verdict.settle(&self.inner.faults).await
    }

    /// Opens error scopes around the batch, unless they are open.
    pub(super) fn begin(&self) {
        let mut recording = self.inner.recording.borrow_mut();
        recording.scopes.get_or_insert_with(|| ErrorScopes::open(&self.inner.device));
    }

    /// Notes an error found before the device saw it.
    pub(super) fn refuse(&self, error: GpuError) {
        self.inner.recording.borrow_mut().verdict.refuse(error);
    }

    /// Hands over the verdict on everything submitted so far.
    pub(super) fn take_verdict(&self) -> Verdict {
        std::mem::take(&mut self.inner.recording.borrow_mut().verdict)
    }

    fn bind(
        &self,
        pipeline: &Pipeline,
        arena: &wgpu::Buffer,
        params_bytes: u64,
        tensors: &[&GpuTensor],
    ) -> wgpu::BindGroup {
        let size = wgpu::BufferSize::new(params_bytes);
        let params = wgpu::BindingResource::Buffer(wgpu::BufferBinding { buffer: arena, offset: 0, size });
        let resources = std::iter::once(params).chain(tensors.iter().filter_map(|tensor| tensor.binding()));
        let entries: Vec<_> = (0..)
            .zip(resources)
            .map(|(binding, resource)| wgpu::BindGroupEntry { binding, resource })
            .collect();
        self.inner.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.layout,
            entries: &entries,
        })
    }
}

fn encode(encoder: &mut wgpu::CommandEncoder, dispatches: &[Dispatch]) {
    let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
    for (slot, dispatch) in dispatches.iter().enumerate() {
        let [x, y, z] = dispatch.grid;
        pass.set_pipeline(&dispatch.pipeline.pipeline);
        pass.set_bind_group(0, &dispatch.bind_group, &[(slot * SLOT_BYTES) as u32]);
        pass.dispatch_workgroups(x, y, z);
    }
}

/// Folds a row of workgroups into two dimensions; the kernel unfolds it with `flat_index`.
pub fn folded(workgroups: u32) -> [u32; 3] {
    /// WebGPU allows 65,535 in one dimension.
    const WIDTH: u32 = 1 << 15;
    [workgroups.min(WIDTH), workgroups.div_ceil(WIDTH), 1]
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn a_folded_grid_covers_every_workgroup() {
        assert_eq!(folded(0)[0], 0);
        assert_eq!(folded(1), [1, 1, 1]);
        assert_eq!(folded(1 << 15), [1 << 15, 1, 1]);
        let [x, y, _] = folded(100_000);
        assert!(x * y >= 100_000 && x <= 65_535 && y <= 65_535);
    }
}
