//! Multi-head attention over packed sequences, as one candle op: no padding, no mask, no transposes.
//!
//! What runs on every head is inlined, so that it is compiled for each SIMD extension (`spread.rs`).
//! The backward pass recomputes the probabilities from Q and K (Vaswani et al. 2017, section 3.2.1).

use super::math::{exp, largest, sum, sum_pairs};
use super::slices::{matrix, output, values};
use crate::spread::{Work, spread};
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};
use std::ops::Range;
use std::sync::Arc;

/// softmax(Q Kᵀ / √d) V within each sequence and head; all `[tokens, heads * head_dim]`.
pub(super) fn attention(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    sequences: &Arc<[Range<usize>]>,
    heads: usize,
) -> Result<Tensor> {
    let hidden = q.dim(1)?;
    let op = Attention { sequences: Arc::clone(sequences), heads, head_dim: hidden / heads };
    q.apply_op3(k, v, op)
}

struct Attention {
    sequences: Arc<[Range<usize>]>,
    heads: usize,
    head_dim: usize,
}

impl CustomOp3 for Attention {
    fn name(&self) -> &'static str {
        "packed-attention"
    }

    fn cpu_fwd(
        &self,
        q: &CpuStorage,
        q_layout: &Layout,
        k: &CpuStorage,
        k_layout: &Layout,
        v: &CpuStorage,
        v_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let inputs = [values(q, q_layout)?, values(k, k_layout)?, values(v, v_layout)?];
        let mut out = vec![0.0; inputs[0].len()];
        self.each_sequence([&mut out], &Forward(inputs));
        output(out, self.heads * self.head_dim)
    }

    fn bwd(
        &self,
        q: &Tensor,
        k: &Tensor,
        v: &Tensor,
        _out: &Tensor,
        g: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (q_all, k_all, v_all, g_all) = (matrix(q)?, matrix(k)?, matrix(v)?, matrix(g)?);
        let (mut dq, mut dk, mut dv) =
            (vec![0.0; q_all.len()], vec![0.0; q_all.len()], vec![0.0; q_all.len()]);
        self.each_sequence([&mut dq, &mut dk, &mut dv], &Backward([&q_all, &k_all, &v_all, &g_all]));
        let tensor = |values: Vec<f32>| Tensor::from_vec(values, q.shape(), q.device()).map(Some);
        Ok((tensor(dq)?, tensor(dk)?, tensor(dv)?))
    }
}

impl Attention {
    /// Does `work` on every head of every sequence, with the sequence's rows of each of `outputs`.
    fn each_sequence<const N: usize>(&self, outputs: [&mut Vec<f32>; N], work: &impl PerHead<N>) {
        let width = self.heads * self.head_dim;
        let mut rest = outputs.map(Vec::as_mut_slice);
        let pieces = self.sequences.iter().map(|sequence| {
            let rows = rest.each_mut().map(|rest| {
                let (rows, after) = std::mem::take(rest).split_at_mut(sequence.len() * width);
                *rest = after;
                rows
            });
            (sequence, rows)
        });
        spread(pieces.filter(|(sequence, _)| !sequence.is_empty()), &EveryHead { op: self, work });
    }
}

/// What is done on one head, with the rows of its sequence in each output.
trait PerHead<const N: usize>: Sync {
    fn run(&self, head: &Head, outputs: &mut [&mut [f32]; N]);
}

/// The work on a sequence, head by head.
struct EveryHead<'a, W> {
    op: &'a Attention,
    work: &'a W,
}

impl<W: PerHead<N>, const N: usize> Work<(&Range<usize>, [&mut [f32]; N])> for EveryHead<'_, W> {
    #[inline(always)]
    fn run(&self, (sequence, mut rows): (&Range<usize>, [&mut [f32]; N])) {
        let (start, len, dim) = (sequence.start, sequence.len(), self.op.head_dim);
        for head in 0..self.op.heads {
            self.work
                .run(&Head { start, len, dim, column: head * dim, width: self.op.heads * dim }, &mut rows);
        }
    }
}

/// From Q, K and V.
struct Forward<'a>([&'a [f32]; 3]);

impl PerHead<1> for Forward<'_> {
    #[inline(always)]
    fn run(&self, head: &Head, [out]: &mut [&mut [f32]; 1]) {
        let [q, k, v] = self.0.map(|all| head.gather(all));
        let p = head.probabilities(&q, &k);
        let mut o = vec![0.0; q.len()];
        add_rows(&mut o, &p, &v, head.len, head.dim);
        head.scatter(&o, out);
    }
}

/// From Q, K, V and the gradient of the output.
struct Backward<'a>([&'a [f32]; 4]);

impl PerHead<3> for Backward<'_> {
    #[inline(always)]
    fn run(&self, head: &Head, outputs: &mut [&mut [f32]; 3]) {
        let inputs = self.0.map(|all| head.gather(all));
        for (output, gradient) in outputs.iter_mut().zip(head.backward(&inputs)) {
            head.scatter(&gradient, output);
        }
    }
}

/// One head of one sequence: `len` rows of `dim` columns inside a `[tokens, width]` matrix.
struct Head {
    start: usize,
    len: usize,
    dim: usize,
    column: usize,
    width: usize,
}

impl Head {
    /// The head's columns in rows from `start` on.
    fn rows(&self, start: usize) -> impl Iterator<Item = Range<usize>> {
        let (width, column, dim) = (self.width, self.column, self.dim);
        (start..start + self.len).map(move |row| row * width + column..row * width + column + dim)
    }

    #[inline(always)]
    fn gather(&self, all: &[f32]) -> Vec<f32> {
        let mut head = Vec::with_capacity(self.len * self.dim);
        self.rows(self.start).for_each(|row| head.extend_from_slice(&all[row]));
        head
    }

    /// Writes the head into the rows of its sequence.
    #[inline(always)]
    fn scatter(&self, head: &[f32], sequence: &mut [f32]) {
        self.rows(0)
            .zip(head.chunks_exact(self.dim))
            .for_each(|(row, values)| sequence[row].copy_from_slice(values));
    }

    /// softmax(q kᵀ / √dim), `[len, len]`.
    #[inline(always)]
    fn probabilities(&self, q: &[f32], k: &[f32]) -> Vec<f32> {
        let scale = (self.dim as f32).sqrt().recip();
        let scaled: Vec<f32> = q.iter().map(|q| q * scale).collect();
        let mut p = vec![0.0; self.len * self.len];
        add_rows(&mut p, &scaled, &transposed(k, self.dim), self.dim, self.len);
        for row in p.chunks_exact_mut(self.len) {
            softmax(row);
        }
        p
    }

    /// dq, dk, dv from q, k, v and the gradient g of the output, all `[len, dim]`.
    #[inline(always)]
    fn backward(&self, [q, k, v, g]: &[Vec<f32>; 4]) -> [Vec<f32>; 3] {
        let (len, dim) = (self.len, self.dim);
        let p = self.probabilities(q, k);
        let mut dv = vec![0.0; len * dim];
        add_rows(&mut dv, &transposed(&p, len), g, len, dim);

        // dP = g vᵀ; dS = P (dP - rowsum(P dP)); dq = dS k / √d, dk = dSᵀ q / √d.
        let mut ds = vec![0.0; len * len];
        add_rows(&mut ds, g, &transposed(v, dim), dim, len);
        let scale = (dim as f32).sqrt().recip();
        for (ds, p) in ds.chunks_exact_mut(len).zip(p.chunks_exact(len)) {
            let mean = sum_pairs(ds, p, |ds, p| ds * p);
            ds.iter_mut().zip(p).for_each(|(ds, p)| *ds = p * (*ds - mean) * scale);
        }
        let (mut dq, mut dk) = (vec![0.0; len * dim], vec![0.0; len * dim]);
        add_rows(&mut dq, &ds, k, len, dim);
        add_rows(&mut dk, &transposed(&ds, len), q, len, dim);
        [dq, dk, dv]
    }
}

/// out += left · right for `left` `[_, inner]` and `right` `[inner, columns]`: sums of scaled rows.
#[inline(always)]
fn add_rows(out: &mut [f32], left: &[f32], right: &[f32], inner: usize, columns: usize) {
    /// Width of MiniLM's heads: so many sums stay in registers.
    const HEAD: usize = 32;
    if columns == HEAD {
        for (out, left) in out.as_chunks_mut::<HEAD>().0.iter_mut().zip(left.chunks_exact(inner)) {
            let mut sums = *out;
            for (&factor, row) in left.iter().zip(right.as_chunks::<HEAD>().0) {
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum += factor * value;
                }
            }
            *out = sums;
        }
        return;
    }
    for (out, left) in out.chunks_exact_mut(columns).zip(left.chunks_exact(inner)) {
        for (&factor, row) in left.iter().zip(right.chunks_exact(columns)) {
            for (out, value) in out.iter_mut().zip(row) {
                *out += factor * value;
            }
        }
    }
}

#[inline(always)]
fn transposed(rows: &[f32], columns: usize) -> Vec<f32> {
    let count = rows.len() / columns;
    let mut out = vec![0.0; rows.len()];
    for (i, row) in rows.chunks_exact(columns).enumerate() {
        for (c, &value) in row.iter().enumerate() {
            out[c * count + i] = value;
        }
    }
    out
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
