//! Our matrix kernel for wasm's 128-bit SIMD: a tile of the product in registers, both operands packed.
//!
//! The weight is packed once, in panels as wide as a tile; the other operand is packed per block of rows. The
//! tile is as large as the registers allow: with more rows the compiler keeps more values alive than there are.

use super::matmul::{Matrix, MatrixMut};
use crate::spread::{Work, spread, threads};
use std::sync::OnceLock;

/// Rows of a tile.
const ROWS: usize = if cfg!(feature = "relaxed-simd") { 3 } else { 4 };
/// Vectors of four columns across a tile; a fused multiply-add leaves a register for one more.
const VECTORS: usize = if cfg!(feature = "relaxed-simd") { 3 } else { 2 };
const COLUMNS: usize = 4 * VECTORS;
/// Rows packed at a time: 192 x 1536 values stay near the second-level cache.
const ROW_BLOCK: usize = 192;
/// Below this a block's weight panels cost more than a second thread saves.
const SMALL_ROW_BLOCK: usize = 24;

/// A weight `[rows, columns]` in panels, for x Wᵀ at once and for g W on first use.
pub(super) struct PackedWeight {
    rows: usize,
    columns: usize,
    transposed: Panels,
    plain: OnceLock<Panels>,
}

impl PackedWeight {
    /// Packs a row-major `[rows, columns]` weight for x Wᵀ.
    pub(super) fn new(rows: usize, columns: usize, source: &[f32]) -> Self {
        let transposed = Panels::new(columns, rows, |inner, column| source[column * columns + inner]);
        Self { rows, columns, transposed, plain: OnceLock::new() }
    }

    /// y += x Wᵀ; `x` is `[n, columns]`, `y` is `[n, rows]`.
    pub(super) fn add_times_transposed(&self, x: Matrix, y: MatrixMut) {
        self.transposed.add_product(x, y);
    }

    /// gx += g W; `source` is the weight that `self` was made from.
    pub(super) fn add_times(&self, source: &[f32], g: Matrix, gx: MatrixMut) {
        let columns = self.columns;
        let pack = || Panels::new(self.rows, columns, |inner, column| source[inner * columns + column]);
        self.plain.get_or_init(pack).add_product(g, gx);
    }
}

/// dW += gᵀ x; `g` is `[n, outputs]`, `x` `[n, inputs]`, `dst` `[outputs, inputs]`.
pub(super) fn add_outer(dst: &mut [f32], g: Matrix, x: Matrix) {
    let [g_rows, x_rows] = [g, x].map(|matrix| matrix.each_row().collect::<Vec<_>>());
    let (n, outputs, inputs) = (x.rows(), g.columns(), x.columns());
    let x = Panels::new(n, inputs, |row, column| x_rows[row][column]);
    let g: Vec<f32> = (0..outputs).flat_map(|output| g_rows.iter().map(move |row| row[output])).collect();
    x.add_product(Matrix::new(&g, outputs, n), MatrixMut::new(dst, outputs, inputs));
}

/// A right operand `[inner, columns]` as panels, each `[inner][COLUMNS]`, zero-padded.
struct Panels {
    inner: usize,
    values: Vec<f32>,
}

impl Panels {
    fn new(inner: usize, columns: usize, value: impl Fn(usize, usize) -> f32) -> Self {
        let mut values = vec![0.0; columns.div_ceil(COLUMNS) * inner * COLUMNS];
        for (panel, chunk) in values.chunks_exact_mut(inner * COLUMNS).enumerate() {
            for (i, lane) in chunk.chunks_exact_mut(COLUMNS).enumerate() {
                for (c, slot) in lane.iter_mut().enumerate() {
                    let column = panel * COLUMNS + c;
                    if column < columns {
                        *slot = value(i, column);
                    }
                }
            }
        }
        Self { inner, values }
    }

    /// y += x · self; `x` is `[n, inner]`, `y` is `[n, columns]`.
    fn add_product(&self, x: Matrix, y: MatrixMut) {
        let rows = rows_a_block(x.rows(), threads());
        spread(x.blocks(rows).zip(y.blocks(rows)), self);
    }

    /// Adds the product with one panel, whose columns begin at `column`.
    fn add_panel(&self, column: usize, packed: &[f32], panel: &[f32], y: &mut [&mut [f32]]) {
        for (group, y) in packed.chunks_exact(self.inner * ROWS).zip(y.chunks_mut(ROWS)) {
            add_tile(group, panel, y, column);
        }
    }
}

/// y += x · self for a block of rows.
impl Work<(Matrix<'_>, MatrixMut<'_>)> for Panels {
    fn run(&self, (x, y): (Matrix, MatrixMut)) {
        let packed = pack_rows(x);
        let mut y: Vec<&mut [f32]> = y.each_row().collect();
        for (panel, b) in self.values.chunks_exact(self.inner * COLUMNS).enumerate() {
            self.add_panel(panel * COLUMNS, &packed, b, &mut y);
        }
    }
}

/// Rows packed at a time: about two blocks a thread, so that a thread that is held up leaves less to wait for.
fn rows_a_block(rows: usize, threads: usize) -> usize {
    if threads == 1 {
        return ROW_BLOCK;
    }
    let share = rows.div_ceil(2 * threads).next_multiple_of(ROWS);
    share.clamp(SMALL_ROW_BLOCK, ROW_BLOCK)
}

/// Lays rows out in groups, each `[inner][ROWS]`, zero-padded.
fn pack_rows(x: Matrix) -> Vec<f32> {
    let (rows, inner): (Vec<&[f32]>, usize) = (x.each_row().collect(), x.columns());
    let mut packed = vec![0.0; rows.len().div_ceil(ROWS) * inner * ROWS];
    for (group, rows) in packed.chunks_exact_mut(inner * ROWS).zip(rows.chunks(ROWS)) {
        if let Some(rows) = rows.first_chunk::<ROWS>() {
            for (i, lane) in group.as_chunks_mut::<ROWS>().0.iter_mut().enumerate() {
                *lane = rows.map(|row| row[i]);
            }
        } else {
            for (row, values) in rows.iter().enumerate() {
                group.chunks_exact_mut(ROWS).zip(*values).for_each(|(lane, &value)| lane[row] = value);
            }
        }
    }
    packed
}

/// y += a · b for `a` `[inner][ROWS]`, `b` `[inner][COLUMNS]` and the columns of `y` that begin at `column`.
#[cfg(target_arch = "wasm32")]
#[cfg_attr(feature = "relaxed-simd", target_feature(enable = "relaxed-simd"))]
fn add_tile(a: &[f32], b: &[f32], y: &mut [&mut [f32]], column: usize) {
    use core::arch::wasm32::{f32x4_add, f32x4_splat, v128, v128_load, v128_load32_splat, v128_store};
    let mut sums = [[f32x4_splat(0.0); VECTORS]; ROWS];
    let inner = (a.len() / ROWS).min(b.len() / COLUMNS);
    let (mut a, mut b) = (a.as_ptr(), b.as_ptr());
    for _ in 0..inner {
        // SAFETY: both have `inner` steps of these lengths; checked indexing is slower here.
        unsafe {
            let vectors: [v128; VECTORS] = std::array::from_fn(|i| v128_load(b.add(4 * i).cast()));
            for (row, sums) in sums.iter_mut().enumerate() {
                let value = v128_load32_splat(a.add(row).cast());
                for (sum, &b) in sums.iter_mut().zip(&vectors) {
                    *sum = multiply_add(value, b, *sum);
                }
            }
            (a, b) = (a.add(ROWS), b.add(COLUMNS));
        }
    }
    for (row, sums) in y.iter_mut().zip(sums) {
        let (chunks, rest) = row[column..].as_chunks_mut::<4>();
        for (chunk, sum) in chunks.iter_mut().zip(sums) {
            let chunk = chunk.as_mut_ptr().cast::<v128>();
            // SAFETY: the chunk has the four values of a vector, which need not be aligned.
            unsafe { v128_store(chunk, f32x4_add(v128_load(chunk), sum)) };
        }
        if let Some(sum) = sums.get(chunks.len()) {
            rest.iter_mut().zip(lanes(*sum)).for_each(|(y, sum)| *y += sum);
        }
    }
}

/// The values of a vector.
#[cfg(target_arch = "wasm32")]
fn lanes(v: core::arch::wasm32::v128) -> [f32; 4] {
    use core::arch::wasm32::f32x4_extract_lane;
    [
        f32x4_extract_lane::<0>(v),
        f32x4_extract_lane::<1>(v),
        f32x4_extract_lane::<2>(v),
        f32x4_extract_lane::<3>(v),
    ]
}

/// a b + c, rounded once where the processor has such an instruction and the browser lets us name it.
#[cfg(target_arch = "wasm32")]
#[cfg_attr(feature = "relaxed-simd", target_feature(enable = "relaxed-simd"))]
#[inline]
fn multiply_add(
    a: core::arch::wasm32::v128,
    b: core::arch::wasm32::v128,
    c: core::arch::wasm32::v128,
) -> core::arch::wasm32::v128 {
    #[cfg(feature = "relaxed-simd")]
    return core::arch::wasm32::f32x4_relaxed_madd(a, b, c);
    #[cfg(not(feature = "relaxed-simd"))]
    return core::arch::wasm32::f32x4_add(c, core::arch::wasm32::f32x4_mul(a, b));
}

/// The same in plain loops, so that the packing is tested on every machine.
#[cfg(not(target_arch = "wasm32"))]
fn add_tile(a: &[f32], b: &[f32], y: &mut [&mut [f32]], column: usize) {
    for (r, row) in y.iter_mut().enumerate() {
        for (c, y) in row[column..].iter_mut().take(COLUMNS).enumerate() {
            *y += a
                .iter()
                .skip(r)
                .step_by(ROWS)
                .zip(b.iter().skip(c).step_by(COLUMNS))
                .map(|(a, b)| a * b)
                .sum::<f32>();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        (0..n).map(|_| next()).collect()
    }

    #[test]
    fn blocks_are_whole_tiles_and_enough_for_the_threads() {
        assert_eq!(rows_a_block(1000, 1), ROW_BLOCK);
        assert_eq!(rows_a_block(368, 2), 92usize.next_multiple_of(ROWS));
        assert_eq!(rows_a_block(8, 4), SMALL_ROW_BLOCK);
        assert_eq!(rows_a_block(100_000, 4), ROW_BLOCK);
        assert!([SMALL_ROW_BLOCK, ROW_BLOCK].iter().all(|rows| rows.is_multiple_of(12)));
    }

    #[test]
    fn all_products_at_awkward_sizes() {
        for (n, rows, columns) in [(1, 1, 1), (5, 7, 9), (6, 8, 8), (7, 9, 384), (200, 16, 12)] {
            let (w, x, g) = (noise(rows * columns, 1), noise(n * columns, 2), noise(n * rows, 3));
            let packed = PackedWeight::new(rows, columns, &w);
            let (mut y, mut gx) = (vec![0.5; n * rows], vec![0.25; n * columns]);
            let (x_rows, g_rows) = (Matrix::new(&x, n, columns), Matrix::new(&g, n, rows));
            packed.add_times_transposed(x_rows, MatrixMut::new(&mut y, n, rows));
            packed.add_times(&w, g_rows, MatrixMut::new(&mut gx, n, columns));
            let mut dw = vec![0.125; rows * columns];
            add_outer(&mut dw, g_rows, x_rows);
            for (i, found) in dw.iter().enumerate() {
                let (r, c) = (i / columns, i % columns);
                let sum: f32 = (0..n).map(|i| g[i * rows + r] * x[i * columns + c]).sum();
                assert!((found - 0.125 - sum).abs() < 1e-4, "dW[{r}, {c}] of {n}x{rows}x{columns}");
            }
            for i in 0..n {
                for r in 0..rows {
                    let sum: f32 = (0..columns).map(|c| x[i * columns + c] * w[r * columns + c]).sum();
                    assert!(
                        (y[i * rows + r] - 0.5 - sum).abs() < 1e-4,
                        "y[{i}, {r}] of {n}x{rows}x{columns}"
                    );
                }
                for c in 0..columns {
                    let sum: f32 = (0..rows).map(|r| g[i * rows + r] * w[r * columns + c]).sum();
                    let found = gx[i * columns + c] - 0.25;
                    assert!((found - sum).abs() < 1e-4, "gx[{i}, {c}] of {n}x{rows}x{columns}");
                }
            }
        }
    }
}
