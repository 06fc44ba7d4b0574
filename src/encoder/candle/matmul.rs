//! Dense f32 products of the CPU path: y += x Wᵀ, gx += g W and dW += gᵀ x, and small ones for LoRA.
//!
//! Natively everything goes through the `gemm` crate. In wasm the products with a weight use our packed SIMD
//! kernel (`packed.rs`), which is faster there than `gemm`.

use gemm::Parallelism;
use std::ops::Range;
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
    pub(super) fn add_times_transposed(&self, x: Matrix, y: MatrixMut) {
        #[cfg(target_arch = "wasm32")]
        self.packed.add_times_transposed(x, y);
        #[cfg(not(target_arch = "wasm32"))]
        add_product(y, 1.0, x, Matrix::new(&self.source, self.rows, self.columns).transposed());
    }

    /// gx += g W; `g` is `[n, rows]`, `gx` is `[n, columns]`.
    pub(super) fn add_times(&self, g: Matrix, gx: MatrixMut) {
        #[cfg(target_arch = "wasm32")]
        self.packed.add_times(&self.source, g, gx);
        #[cfg(not(target_arch = "wasm32"))]
        add_product(gx, 1.0, g, Matrix::new(&self.source, self.rows, self.columns));
    }
}

/// A view of a matrix: rows that lie `row_stride` apart, or the transpose of that.
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

    /// Views some columns of row-major values, `width` in a row.
    pub(super) fn columns_of(data: &'a [f32], width: usize, columns: Range<usize>) -> Self {
        let rows = rows_of(data, width, &columns);
        let data = data.get(columns.start..).unwrap_or_default();
        Self { data, rows, columns: columns.len(), row_stride: width, column_stride: 1 }
    }

    /// Number of rows.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub(super) fn columns(&self) -> usize {
        self.columns
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

    /// The rows, of a view that is not transposed.
    pub(super) fn each_row(self) -> impl ExactSizeIterator<Item = &'a [f32]> + Clone {
        debug_assert_eq!(self.column_stride, 1, "a transposed view has no rows");
        self.data.chunks(self.row_stride).map(move |row| &row[..self.columns])
    }

    /// The same in blocks of `rows` rows.
    #[cfg(any(test, target_arch = "wasm32"))]
    pub(super) fn blocks(self, rows: usize) -> impl Iterator<Item = Self> {
        let row_stride = self.row_stride;
        let whole = self;
        self.data.chunks(rows * row_stride).map(move |data| Self {
            data,
            rows: data.len().div_ceil(row_stride),
            ..whole
        })
    }
}

/// The same to write to.
pub(super) struct MatrixMut<'a> {
    data: &'a mut [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
}

impl<'a> MatrixMut<'a> {
    /// As [`Matrix::new`].
    pub(super) fn new(data: &'a mut [f32], rows: usize, columns: usize) -> Self {
        assert_eq!(data.len(), rows * columns, "a matrix view needs rows x columns values");
        Self { data, rows, columns, row_stride: columns }
    }

    /// As [`Matrix::columns_of`].
    pub(super) fn columns_of(data: &'a mut [f32], width: usize, columns: Range<usize>) -> Self {
        let rows = rows_of(data, width, &columns);
        let data = data.get_mut(columns.start..).unwrap_or_default();
        Self { data, rows, columns: columns.len(), row_stride: width }
    }

    /// The rows.
    #[cfg(any(test, target_arch = "wasm32"))]
    pub(super) fn each_row(self) -> impl ExactSizeIterator<Item = &'a mut [f32]> {
        let columns = self.columns;
        self.data.chunks_mut(self.row_stride).map(move |row| &mut row[..columns])
    }

    /// The same in blocks of `rows` rows.
    #[cfg(any(test, target_arch = "wasm32"))]
    pub(super) fn blocks(self, rows: usize) -> impl Iterator<Item = Self> {
        let (columns, row_stride) = (self.columns, self.row_stride);
        self.data.chunks_mut(rows * row_stride).map(move |data| {
            let rows = data.len().div_ceil(row_stride);
            Self { data, rows, columns, row_stride }
        })
    }
}

/// Rows of values that are `width` in a row.
fn rows_of(data: &[f32], width: usize, columns: &Range<usize>) -> usize {
    assert!(columns.end <= width && data.len().is_multiple_of(width), "a matrix view needs whole rows");
    data.len() / width
}

/// dW += gᵀ x; `g` is `[n, outputs]`, `x` `[n, inputs]`, `dst` `[outputs, inputs]`.
pub(super) fn add_outer(dst: &mut [f32], g: Matrix, x: Matrix) {
    #[cfg(target_arch = "wasm32")]
    super::packed::add_outer(dst, g, x);
    #[cfg(not(target_arch = "wasm32"))]
    add_product(MatrixMut::new(dst, g.columns, x.columns), 1.0, g.transposed(), x);
}

/// dst += factor · lhs · rhs; `dst` is `[lhs.rows, rhs.columns]`.
pub(super) fn add_product(dst: MatrixMut, factor: f32, lhs: Matrix, rhs: Matrix) {
    assert_eq!(lhs.columns, rhs.rows, "inner dimensions");
    assert_eq!([dst.rows, dst.columns], [lhs.rows, rhs.columns], "destination size");
    // SAFETY: the strides of `Matrix` and `MatrixMut` stay inside `data` by construction, and `dst` is borrowed alone.
    unsafe {
        gemm::gemm(
            lhs.rows,
            rhs.columns,
            lhs.columns,
            dst.data.as_mut_ptr(),
            1,
            dst.row_stride as isize,
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
        w.add_times_transposed(Matrix::new(&[1.0, 1.0], 1, 2), MatrixMut::new(&mut y, 1, 3));
        assert_eq!(y, [13.0, 7.0, 11.0]);
        let mut gx = vec![0.0, 1.0];
        w.add_times(Matrix::new(&[1.0, 0.0, 2.0], 1, 3), MatrixMut::new(&mut gx, 1, 2));
        assert_eq!(gx, [11.0, 15.0]);
    }

    #[test]
    fn columns_of_a_wider_matrix() {
        // Two rows of four values; the two in the middle are read, and written.
        let wide = [9.0, 1.0, 2.0, 9.0, 9.0, 3.0, 4.0, 9.0];
        let x = Matrix::columns_of(&wide, 4, 1..3);
        assert_eq!(x.each_row().collect::<Vec<_>>(), [[1.0, 2.0], [3.0, 4.0]]);
        let mut y = [0.5; 8];
        let swap = WeightMatrix::new(2, 2, vec![0.0, 1.0, 1.0, 0.0].into());
        swap.add_times_transposed(x, MatrixMut::columns_of(&mut y, 4, 1..3));
        assert_eq!(y, [0.5, 2.5, 1.5, 0.5, 0.5, 4.5, 3.5, 0.5]);
        let mut dw = [0.0; 4];
        add_outer(&mut dw, x, x);
        assert_eq!(dw, [10.0, 14.0, 14.0, 20.0]);
        assert_eq!(Matrix::columns_of(&[], 4, 1..3).rows(), 0);
    }
}
