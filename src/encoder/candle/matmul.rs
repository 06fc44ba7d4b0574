//! Dense f32 products of the CPU path: y += x Wᵀ, gx += g W and dW += gᵀ x, and small ones for LoRA.
//!
//! Natively everything goes through the `gemm` crate. In wasm the products with a weight use our packed SIMD
//! kernel (`packed.rs`), which is faster there than `gemm`.

use gemm::Parallelism;
use std::sync::Arc;

/// A weight `[rows, columns]` = `[out, in]`, ready for both products.
pub(super) struct WeightMatrix {
    rows: usize,
    columns: usize,
    source: Arc<[f32]>,
    #[cfg(target_arch = "wasm32")]
    packed: super::packed::PackedWeight,
}

impl WeightMatrix {
    /// Takes a row-major `[rows, columns]` matrix.
    pub(super) fn new(rows: usize, columns: usize, source: Arc<[f32]>) -> Self {
        assert_eq!(source.len(), rows * columns, "a weight needs rows x columns values");
        Self {
            rows,
            columns,
            #[cfg(target_arch = "wasm32")]
            packed: super::packed::PackedWeight::new(rows, columns, &source),
            source,
        }
    }

    /// Width of the output, `rows` of the weight.
    pub(super) fn outputs(&self) -> usize {
        self.rows
    }

    /// Width of the input, `columns` of the weight.
    pub(super) fn inputs(&self) -> usize {
        self.columns
    }

    /// y += x Wᵀ; `x` is `[n, columns]`, `y` is `[n, rows]`.
    pub(super) fn add_times_transposed(&self, x: &[f32], y: &mut [f32]) {
        #[cfg(target_arch = "wasm32")]
        self.packed.add_times_transposed(x, y);
        #[cfg(not(target_arch = "wasm32"))]
        {
            let x = Matrix::new(x, x.len() / self.columns, self.columns);
            let w = Matrix::new(&self.source, self.rows, self.columns);
            add_product(y, 1.0, x, w.transposed());
        }
    }

    /// gx += g W; `g` is `[n, rows]`, `gx` is `[n, columns]`.
    pub(super) fn add_times(&self, g: &[f32], gx: &mut [f32]) {
        #[cfg(target_arch = "wasm32")]
        self.packed.add_times(&self.source, g, gx);
        #[cfg(not(target_arch = "wasm32"))]
        {
            let g = Matrix::new(g, g.len() / self.rows, self.rows);
            add_product(gx, 1.0, g, Matrix::new(&self.source, self.rows, self.columns));
        }
    }
}

/// A view of a row-major matrix, possibly transposed.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Views `rows * columns` row-major values.
    pub(super) fn new(data: &'a [f32], rows: usize, columns: usize) -> Self {
        assert_eq!(data.len(), rows * columns, "a matrix view needs rows x columns values");
        Self { data, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// Number of rows.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The same values with rows and columns exchanged.
    pub(super) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

/// dW += gᵀ x; `g` is `[n, outputs]`, `x` `[n, inputs]`, `dst` `[outputs, inputs]`.
pub(super) fn add_outer(dst: &mut [f32], g: &[f32], x: &[f32], [outputs, inputs]: [usize; 2]) {
    #[cfg(target_arch = "wasm32")]
    super::packed::add_outer(dst, g, x, [outputs, inputs]);
    #[cfg(not(target_arch = "wasm32"))]
    {
        let g = Matrix::new(g, g.len() / outputs, outputs);
        add_product(dst, 1.0, g.transposed(), Matrix::new(x, x.len() / inputs, inputs));
    }
}

/// dst += factor · lhs · rhs; `dst` is `[lhs.rows, rhs.columns]`, row-major.
pub(super) fn add_product(dst: &mut [f32], factor: f32, lhs: Matrix, rhs: Matrix) {
    assert_eq!(lhs.columns, rhs.rows, "inner dimensions");
    assert_eq!(dst.len(), lhs.rows * rhs.columns, "destination size");
    // SAFETY: the strides of `Matrix` stay inside `data` by construction, and `dst` has rows x columns values.
    unsafe {
        gemm::gemm(
            lhs.rows,
            rhs.columns,
            lhs.columns,
            dst.as_mut_ptr(),
            1,
            rhs.columns as isize,
            true,
            lhs.data.as_ptr(),
            lhs.column_stride as isize,
            lhs.row_stride as isize,
            rhs.data.as_ptr(),
            rhs.column_stride as isize,
            rhs.row_stride as isize,
            1.0,
            factor,
            false,
            false,
            false,
            parallelism(),
        );
    }
}

fn parallelism() -> Parallelism {
    if cfg!(target_arch = "wasm32") { Parallelism::None } else { Parallelism::Rayon(0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_by_hand() {
        // W = [[1, 2], [3, 4], [5, 6]], x = [[1, 1]].
        let w = WeightMatrix::new(3, 2, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0].into());
        let mut y = vec![10.0, 0.0, 0.0];
        w.add_times_transposed(&[1.0, 1.0], &mut y);
        assert_eq!(y, [13.0, 7.0, 11.0]);
        let mut gx = vec![0.0, 1.0];
        w.add_times(&[1.0, 0.0, 2.0], &mut gx);
        assert_eq!(gx, [11.0, 15.0]);
    }
}
