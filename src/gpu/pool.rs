//! Storage buffers that are used again, so that batch after batch allocates nothing.
//!
//! Passes run in the order of their recording, so a buffer may be handed out again while older
//! commands still use it. A write from the host does not wait for recorded commands: for it a buffer
//! must have been released before the last submit.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Free buffers above this sum are given back to the device, those that were free for longest first.
const MAX_FREE_BYTES: u64 = 256 << 20;
/// Smallest buffer; also keeps empty tensors bindable.
const MIN_BYTES: u64 = 256;

/// GPU memory taken for tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// What is taken now, buffers kept for the next batch included.
    pub allocated_bytes: u64,
    /// The most that was ever taken.
    pub peak_bytes: u64,
}

/// Free buffers by size.
#[derive(Default)]
pub(super) struct BufferPool {
    free: RefCell<BTreeMap<u64, Vec<FreeBuffer>>>,
    free_bytes: Cell<u64>,
    /// Bytes of all buffers that exist, free ones included.
    allocated_bytes: Cell<u64>,
    /// Most that it ever was.
    peak_bytes: Cell<u64>,
    /// Number of submits so far.
    submits: Cell<u64>,
    /// Most bytes that buffers may take; none while the device's own limit is the only one.
    limit_bytes: Cell<Option<u64>>,
}

struct FreeBuffer {
    buffer: wgpu::Buffer,
    /// Value of `submits` when the buffer was released.
    released: u64,
}

/// A buffer that goes back to its pool when the last tensor on it is dropped.
pub(super) struct PooledBuffer {
    buffer: Option<wgpu::Buffer>,
    pool: Rc<BufferPool>,
}

impl BufferPool {
    /// Takes a buffer of at least `size_bytes` that kernels will fill; its content is undefined.
    pub(super) fn take(self: &Rc<Self>, device: &wgpu::Device, size_bytes: u64) -> PooledBuffer {
        self.take_if(device, size_bytes, |_| true)
    }

    /// Takes a buffer of at least `size_bytes` that the host will write before the next submit.
    pub(super) fn take_for_upload(self: &Rc<Self>, device: &wgpu::Device, size_bytes: u64) -> PooledBuffer {
        let submits = self.submits.get();
        self.take_if(device, size_bytes, |free| free.released < submits)
    }

    /// Notes that everything recorded so far has been submitted.
    pub(super) fn note_submit(&self) {
        self.submits.set(self.submits.get() + 1);
    }

    /// Bytes of all buffers that exist, and the most that they ever were.
    pub(super) fn memory(&self) -> Memory {
        Memory { allocated_bytes: self.allocated_bytes.get(), peak_bytes: self.peak_bytes.get() }
    }

    /// Sets the most that buffers may take together.
    pub(super) fn limit(&self, bytes: u64) {
        self.limit_bytes.set(Some(bytes));
    }

    /// Whether a buffer of at least `size_bytes` can be had within the limit; gives back free ones that are in its way.
    pub(super) fn has_room_for(&self, size_bytes: u64) -> bool {
        let Some(limit) = self.limit_bytes.get() else { return true };
        let size = bucket(size_bytes);
        let is_free = self.free.borrow().get(&size).is_some_and(|buffers| !buffers.is_empty());
        while !is_free && self.allocated_bytes.get() + size > limit {
            if !self.give_back_oldest() {
                return false;
            }
        }
        true
    }

    fn take_if(
        self: &Rc<Self>,
        device: &wgpu::Device,
        size_bytes: u64,
        usable: impl Fn(&FreeBuffer) -> bool,
    ) -> PooledBuffer {
        let size = bucket(size_bytes);
        let found = self.free.borrow_mut().get_mut(&size).and_then(|buffers| {
            let at = buffers.iter().position(usable)?;
            Some(buffers.remove(at).buffer)
        });
        if found.is_some() {
            self.free_bytes.set(self.free_bytes.get() - size);
        }
        let buffer = found.unwrap_or_else(|| {
            self.allocated_bytes.set(self.allocated_bytes.get() + size);
            self.peak_bytes.set(self.peak_bytes.get().max(self.allocated_bytes.get()));
            create(device, size)
        });
        PooledBuffer { buffer: Some(buffer), pool: Rc::clone(self) }
    }

    fn release(&self, buffer: wgpu::Buffer) {
        let size = buffer.size();
        while self.free_bytes.get() + size > MAX_FREE_BYTES && self.give_back_oldest() {}
        self.free_bytes.set(self.free_bytes.get() + size);
        let free = FreeBuffer { buffer, released: self.submits.get() };
        self.free.borrow_mut().entry(size).or_default().push(free);
    }
}

impl BufferPool {
    /// Gives the buffer back to the device that has been free for longest; false if none is free.
    fn give_back_oldest(&self) -> bool {
        let mut free = self.free.borrow_mut();
        let oldest = free.iter().filter_map(|(size, buffers)| Some((buffers.first()?.released, *size))).min();
        let Some((_, size)) = oldest else { return false };
        let Some(buffers) = free.get_mut(&size) else { return false };
        let FreeBuffer { buffer, released } = buffers.remove(0);
        if buffers.is_empty() {
            free.remove(&size);
        }
        self.free_bytes.set(self.free_bytes.get() - size);
        self.allocated_bytes.set(self.allocated_bytes.get() - size);
        // Recorded commands may still use a buffer released since the last submit: dropping it is safe then.
        if released < self.submits.get() {
            buffer.destroy();
        }
        true
    }
}

impl PooledBuffer {
    /// The buffer itself; `None` only while it is being dropped.
    pub(super) fn get(&self) -> Option<&wgpu::Buffer> {
        self.buffer.as_ref()
    }
}

impl Drop for PooledBuffer {
    fn drop(&mut self) {
        if let Some(buffer) = self.buffer.take() {
            self.pool.release(buffer);
        }
    }
}

fn create(device: &wgpu::Device, size: u64) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("tensor"),
        size,
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

/// Rounds up to a quarter of a power of two, so that batches of similar size share buffers.
fn bucket(size_bytes: u64) -> u64 {
    let size = size_bytes.max(MIN_BYTES);
    let step = (size.next_power_of_two() / 8).max(MIN_BYTES / 4);
    size.next_multiple_of(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_what_is_asked_and_waste_at_most_a_quarter() {
        for size in [0, 1, 4, 255, 256, 257, 1000, 1024, 1025, 46_880_256] {
            let bucket = bucket(size);
            assert!(bucket >= size && bucket >= MIN_BYTES && bucket.is_multiple_of(4), "{size} -> {bucket}");
            assert!(size < 1024 || bucket * 4 <= size * 5, "{size} -> {bucket}");
        }
    }
}
