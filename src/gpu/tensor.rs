//! A tensor on the GPU: a buffer, a shape, and the checks that every op makes of its operands.

use super::GpuError;
use super::pool::PooledBuffer;
use std::rc::Rc;

/// Kind of number in a tensor; both take four bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    /// 32-bit float.
    F32,
    /// 32-bit unsigned integer.
    U32,
}

/// A dense row-major tensor on the GPU. Cloning shares the buffer; the last clone gives it back.
#[derive(Clone)]
pub struct GpuTensor {
    buffer: Rc<PooledBuffer>,
    shape: Vec<u32>,
    scalar: Scalar,
}

impl GpuTensor {
    pub(super) fn new(buffer: PooledBuffer, shape: &[u32], scalar: Scalar) -> Self {
        Self { buffer: Rc::new(buffer), shape: shape.to_vec(), scalar }
    }

    /// Dimensions, outermost first.
    pub fn shape(&self) -> &[u32] {
        &self.shape
    }

    /// Kind of number.
    pub fn scalar(&self) -> Scalar {
        self.scalar
    }

    /// Whether both are clones of one tensor, on the same memory.
    pub fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.buffer, &other.buffer)
    }

    /// Size of the values.
    pub fn size_bytes(&self) -> u64 {
        size_bytes(&self.shape)
    }

    /// Returns `[rows, columns]` of a matrix of floats.
    ///
    /// # Errors
    /// [`GpuError::Rank`] or [`GpuError::Element`], naming `op` and `tensor`.
    pub fn expect_matrix(&self, op: &'static str, tensor: &'static str) -> Result<[u32; 2], GpuError> {
        self.expect_scalar(op, tensor, Scalar::F32)?;
        self.expect_dims(op, tensor)
    }

    /// Checks the shape of a tensor of floats.
    ///
    /// # Errors
    /// [`GpuError::Shape`] or [`GpuError::Element`], naming `op` and `tensor`.
    pub fn expect_shape(
        &self,
        op: &'static str,
        tensor: &'static str,
        shape: &[u32],
    ) -> Result<(), GpuError> {
        self.expect_scalar(op, tensor, Scalar::F32)?;
        if self.shape != shape {
            let (expected, found) = (shape.to_vec(), self.shape.clone());
            return Err(GpuError::Shape { op, tensor, expected, found });
        }
        Ok(())
    }

    /// Returns the dimensions of a tensor of indices.
    ///
    /// # Errors
    /// [`GpuError::Rank`] or [`GpuError::Element`], naming `op` and `tensor`.
    pub fn expect_indices<const RANK: usize>(
        &self,
        op: &'static str,
        tensor: &'static str,
    ) -> Result<[u32; RANK], GpuError> {
        self.expect_scalar(op, tensor, Scalar::U32)?;
        self.expect_dims(op, tensor)
    }

    pub(super) fn expect_scalar(
        &self,
        op: &'static str,
        tensor: &'static str,
        expected: Scalar,
    ) -> Result<(), GpuError> {
        if self.scalar != expected {
            return Err(GpuError::Element { op, tensor, expected, found: self.scalar });
        }
        Ok(())
    }

    fn expect_dims<const RANK: usize>(
        &self,
        op: &'static str,
        tensor: &'static str,
    ) -> Result<[u32; RANK], GpuError> {
        let found = &self.shape;
        <[u32; RANK]>::try_from(found.as_slice()).map_err(|_| GpuError::Rank {
            op,
            tensor,
            expected: RANK,
            found: found.clone(),
        })
    }

    pub(super) fn buffer(&self) -> Option<&wgpu::Buffer> {
        self.buffer.get()
    }

    /// Binds exactly the values, so that out-of-range reads stay inside this tensor.
    pub(super) fn binding(&self) -> Option<wgpu::BindingResource<'_>> {
        /// A `vec4f` is the widest element that a kernel reads.
        const WIDEST_BYTES: u64 = 16;
        let size = wgpu::BufferSize::new(self.size_bytes().max(WIDEST_BYTES));
        self.buffer()
            .map(|buffer| wgpu::BindingResource::Buffer(wgpu::BufferBinding { buffer, offset: 0, size }))
    }
}

/// Bytes of a tensor of this shape; both kinds of number take four.
pub(super) fn size_bytes(shape: &[u32]) -> u64 {
    shape.iter().fold(4, |bytes, &dim| bytes.saturating_mul(dim.into()))
}
