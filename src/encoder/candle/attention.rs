//! Multi-head attention over packed sequences: no padding, no mask, no transposes of whole tensors.
//!
//! What runs on every head is inlined, so that it is compiled for each SIMD extension (`spread.rs`).
//! The backward pass recomputes the probabilities from Q and K (Vaswani et al. 2017, section 3.2.1).

use super::math::{exp, largest, sum, sum_pairs};
use crate::spread::{Work, spread};
use std::ops::Range;

/// Keys are padded with zeros to a multiple of this.
const LANES: usize = 8;

/// softmax(Q Kᵀ / √d) V within each sequence and head.
///
/// Q, K and V lie side by side, `[tokens, 3 * hidden]` with hidden = heads * head_dim.
pub(super) struct Attention<'a> {
    pub(super) sequences: &'a [Range<usize>],
    pub(super) heads: usize,
    pub(super) head_dim: usize,
}

impl Attention<'_> {
    /// Returns the heads' outputs, `[tokens, hidden]`.
    pub(super) fn forward(&self, qkv: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; qkv.len() / 3];
        spread(self.pieces(&mut out, self.heads * self.head_dim), &Forward { op: self, qkv });
        out
    }

    /// Returns the gradient of Q, K and V from that of the output.
    pub(super) fn backward(&self, qkv: &[f32], g: &[f32]) -> Vec<f32> {
        let mut dqkv = vec![0.0; qkv.len()];
        let pieces = self.pieces(&mut dqkv, 3 * self.heads * self.head_dim);
        spread(pieces, &Backward { op: self, qkv, g });
        dqkv
    }
}

/// A sequence and its rows of an output.
type Piece<'a> = (&'a Range<usize>, &'a mut [f32]);

impl Attention<'_> {
    /// Parts an output, `[tokens, width]`, by sequence.
    fn pieces<'a>(&'a self, out: &'a mut [f32], width: usize) -> impl Iterator<Item = Piece<'a>> {
        let mut rest = out;
        let pieces = self.sequences.iter().map(move |sequence| {
            let (rows, after) = std::mem::take(&mut rest).split_at_mut(sequence.len() * width);
            rest = after;
            (sequence, rows)
        });
        pieces.filter(|(sequence, _)| !sequence.is_empty())
    }

    /// Where Q, K, V of a head begin in a row of `[tokens, 3 * hidden]`.
    fn columns(&self, head: usize) -> [usize; 3] {
        [0, 1, 2].map(|part| (part * self.heads + head) * self.head_dim)
    }
}

/// The output from Q, K and V.
struct Forward<'a> {
    op: &'a Attention<'a>,
    qkv: &'a [f32],
}

impl Work<Piece<'_>> for Forward<'_> {
    #[inline(always)]
    fn run(&self, (sequence, out): Piece) {
        let (len, dim, heads) = (sequence.len(), self.op.head_dim, self.op.heads);
        let rows =
            Rows { data: &self.qkv[sequence.start * 3 * heads * dim..], width: 3 * heads * dim, len, dim };
        let mut room = Room::default();
        for head in 0..heads {
            let [q, k, v] = self.op.columns(head);
            rows.gather(q, &mut room.q);
            rows.gather_transposed(k, &mut room.k_transposed);
            rows.gather(v, &mut room.v);
            room.form_probabilities(len, dim);
            cleared(&mut room.out, len * dim);
            add_product(&mut room.out, (&room.p, len), &room.v, dim);
            scatter(&room.out, dim, out, heads * dim, head * dim);
        }
    }
}

/// The gradients of Q, K and V from them and that of the output, g.
struct Backward<'a> {
    op: &'a Attention<'a>,
    qkv: &'a [f32],
    g: &'a [f32],
}

impl Work<Piece<'_>> for Backward<'_> {
    #[inline(always)]
    fn run(&self, (sequence, dqkv): Piece) {
        let (len, dim, heads) = (sequence.len(), self.op.head_dim, self.op.heads);
        let width = 3 * heads * dim;
        let rows = Rows { data: &self.qkv[sequence.start * width..], width, len, dim };
        let g_rows = Rows { data: &self.g[sequence.start * heads * dim..], width: heads * dim, len, dim };
        let mut room = Room::default();
        for head in 0..heads {
            let columns = self.op.columns(head);
            let [q, k, v] = columns;
            rows.gather(q, &mut room.q);
            rows.gather(k, &mut room.k);
            rows.gather_transposed(k, &mut room.k_transposed);
            rows.gather_transposed(v, &mut room.v_transposed);
            g_rows.gather(head * dim, &mut room.g);
            room.form_probabilities(len, dim);
            room.form_scores_grad(len, dim);
            for (part, column) in columns.into_iter().enumerate() {
                room.form_grad(part, len, dim);
                scatter(&room.out, dim, dqkv, width, column);
            }
        }
    }
}

/// The rows of one sequence in a matrix `[tokens, width]`, and the width of a head.
struct Rows<'a> {
    data: &'a [f32],
    width: usize,
    len: usize,
    dim: usize,
}

impl Rows<'_> {
    /// Copies a head, `[len, dim]`, from the columns that begin at `column`.
    #[inline(always)]
    fn gather(&self, column: usize, head: &mut Vec<f32>) {
        head.clear();
        for row in self.data.chunks(self.width).take(self.len) {
            head.extend_from_slice(&row[column..column + self.dim]);
        }
    }

    /// The same transposed, `[dim, padded(len)]`.
    #[inline(always)]
    fn gather_transposed(&self, column: usize, head: &mut Vec<f32>) {
        let stride = padded(self.len);
        cleared(head, self.dim * stride);
        for (i, row) in self.data.chunks(self.width).take(self.len).enumerate() {
            for (d, &value) in row[column..column + self.dim].iter().enumerate() {
                head[d * stride + i] = value;
            }
        }
    }
}

/// Room for the matrices of one head, used again for the next.
///
/// q, k, v, g and out are `[len, dim]`, the transposed ones `[dim, padded(len)]`, the others `[len, padded(len)]`.
#[derive(Default)]
struct Room {
    q: Vec<f32>,
    scaled_q: Vec<f32>,
    k: Vec<f32>,
    k_transposed: Vec<f32>,
    v: Vec<f32>,
    v_transposed: Vec<f32>,
    g: Vec<f32>,
    p: Vec<f32>,
    ds: Vec<f32>,
    turned: Vec<f32>,
    out: Vec<f32>,
}

impl Room {
    /// P = softmax(q kᵀ / √dim).
    #[inline(always)]
    fn form_probabilities(&mut self, len: usize, dim: usize) {
        let (scale, stride) = ((dim as f32).sqrt().recip(), padded(len));
        self.scaled_q.clear();
        self.scaled_q.extend(self.q.iter().map(|q| q * scale));
        cleared(&mut self.p, len * stride);
        add_product(&mut self.p, (&self.scaled_q, dim), &self.k_transposed, stride);
        for row in self.p.chunks_exact_mut(stride) {
            softmax(&mut row[..len]);
        }
    }

    /// dS = P (dP - rowsum(P dP)) / √dim with dP = g vᵀ.
    #[inline(always)]
    fn form_scores_grad(&mut self, len: usize, dim: usize) {
        let (scale, stride) = ((dim as f32).sqrt().recip(), padded(len));
        cleared(&mut self.ds, len * stride);
        add_product(&mut self.ds, (&self.g, dim), &self.v_transposed, stride);
        for (ds, p) in self.ds.chunks_exact_mut(stride).zip(self.p.chunks_exact(stride)) {
            let (ds, p) = (&mut ds[..len], &p[..len]);
            let mean = sum_pairs(ds, p, |ds, p| ds * p);
            ds.iter_mut().zip(p).for_each(|(ds, p)| *ds = p * (*ds - mean) * scale);
        }
    }

    /// The gradient of Q, K or V, by its place: dS k, dSᵀ q, Pᵀ g.
    #[inline(always)]
    fn form_grad(&mut self, part: usize, len: usize, dim: usize) {
        let (left, right) = match part {
            0 => (&self.ds, &self.k),
            1 => (turn(&self.ds, len, &mut self.turned), &self.q),
            _ => (turn(&self.p, len, &mut self.turned), &self.g),
        };
        cleared(&mut self.out, len * dim);
        add_product(&mut self.out, (left, len), right, dim);
    }
}

/// Length of a row with one value for each of `len` keys.
fn padded(len: usize) -> usize {
    len.next_multiple_of(LANES)
}

#[inline(always)]
fn cleared(values: &mut Vec<f32>, len: usize) {
    values.clear();
    values.resize(len, 0.0);
}

/// Transposes `[len, padded(len)]`.
#[inline(always)]
fn turn<'a>(rows: &[f32], len: usize, turned: &'a mut Vec<f32>) -> &'a Vec<f32> {
    let stride = padded(len);
    cleared(turned, len * stride);
    for (i, row) in rows.chunks_exact(stride).enumerate() {
        for (c, &value) in row[..len].iter().enumerate() {
            turned[c * stride + i] = value;
        }
    }
    turned
}

/// Writes a head, `[len, dim]`, into the columns of a matrix that begin at `column`.
#[inline(always)]
fn scatter(head: &[f32], dim: usize, rows: &mut [f32], width: usize, column: usize) {
    for (row, values) in rows.chunks_exact_mut(width).zip(head.chunks_exact(dim)) {
        row[column..column + dim].copy_from_slice(values);
    }
}

/// out += left · right, row by row: `right` is `[inner, columns]`, `left` comes with `inner` and may have longer rows.
#[inline(always)]
fn add_product(out: &mut [f32], (left, inner): (&[f32], usize), right: &[f32], columns: usize) {
    let mut column = 0;
    while column + 32 <= columns {
        add_columns::<32>(out, (left, inner), right, columns, column);
        column += 32;
    }
    while column + LANES <= columns {
        add_columns::<LANES>(out, (left, inner), right, columns, column);
        column += LANES;
    }
    while column < columns {
        add_columns::<1>(out, (left, inner), right, columns, column);
        column += 1;
    }
}

/// The same for `N` columns, so few that their sums stay in registers.
#[inline(always)]
fn add_columns<const N: usize>(
    out: &mut [f32],
    (left, inner): (&[f32], usize),
    right: &[f32],
    columns: usize,
    column: usize,
) {
    let stride = left.len() / (out.len() / columns);
    for (out, left) in out.chunks_exact_mut(columns).zip(left.chunks_exact(stride)) {
        let Some(out) = out[column..].first_chunk_mut::<N>() else { return };
        let mut sums = *out;
        for (&factor, row) in left[..inner].iter().zip(right.chunks_exact(columns)) {
            let Some(row) = row[column..].first_chunk::<N>() else { return };
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += factor * value;
            }
        }
        *out = sums;
    }
}

#[inline(always)]
fn softmax(row: &mut [f32]) {
    let largest = largest(row);
    for x in row.iter_mut() {
        *x = exp(*x - largest);
    }
    let total = sum(row, |x| x).recip();
    for x in row.iter_mut() {
        *x *= total;
    }
}
