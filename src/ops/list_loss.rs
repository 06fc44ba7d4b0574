//! Losses over lists of texts: KL of preferences, contrastive and guidance terms, all of one form; and retention.
//!
//! Kernels: `shaders/list_loss.wgsl`, and `shaders/list_loss_texts.wgsl` where texts move too. Reference loops:
//! [`oracle`], below. What is on a list and what its target is, `train` decides; a candidate that must not count is
//! simply not on it.

use crate::gpu::{Gpu, GpuError, GpuTensor, Kernel, KernelInfo, folded};
use crate::{kernel, uniform};

const LOSS: Kernel<Params> = kernel!("list_loss", "lane_sum", "flat_grid");
const TEXTS: Kernel<TextsParams> = kernel!("list_loss_texts", "flat_grid");
/// Most candidates of one term.
pub const MAX_CANDIDATES: u32 = LOSS.constant("MAX_CANDIDATES");

/// The kernels of this op.
pub const KERNELS: &[KernelInfo] = &[LOSS.info(), TEXTS.info()];

uniform! {
    /// Mirrors `struct Params` in the shader; `tests/shader_contracts.rs` compares the two.
    pub struct Params {
        /// Rows of the embeddings.
        pub rows: u32,
        /// Rows of the vectors; a candidate from there on is a row of the embeddings.
        pub fixed: u32,
        /// Width of an embedding.
        pub hidden: u32,
        /// Temperature of the scores.
        pub gamma: f32,
    }
}

uniform! {
    /// Mirrors `struct Params` in `list_loss_texts`; `tests/shader_contracts.rs` compares the two.
    pub struct TextsParams {
        /// Rows of the embeddings.
        pub rows: u32,
        /// Width of an embedding.
        pub hidden: u32,
    }
}

/// What a term asks of the scores s of its candidates with their targets t.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// KL of t and softmax(s / gamma): the list is ordered as t says. The targets sum to 1.
    Order,
    /// Σ t (1 - s): the embedding stays near the vectors.
    Stay,
}

/// One loss.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// What it asks for.
    pub goal: Goal,
    /// Row of the query's embedding.
    pub query: usize,
    /// Weight in the sum that is minimised.
    pub weight: f64,
    /// Rows of the texts, and their targets. A row beyond the fixed vectors is one of the embeddings.
    pub candidates: Vec<(usize, f64)>,
}

/// The terms of a batch on the GPU; good for one use.
pub struct Terms {
    rows: u32,
    fixed: u32,
    starts: GpuTensor,
    terms: GpuTensor,
    candidates: GpuTensor,
    weights: GpuTensor,
    count: u32,
    /// Where each embedding is a candidate; none if none is.
    uses: Option<Uses>,
}

/// For each embedding, the candidates that it is and the embeddings that these are compared with.
struct Uses {
    starts: GpuTensor,
    uses: GpuTensor,
}

impl Terms {
    /// Uploads the terms of `rows` embeddings against `fixed` vectors; `terms` are in the order of their queries.
    ///
    /// # Errors
    /// [`GpuError::Unsupported`] if a term has more than [`MAX_CANDIDATES`], terms are out of order, or a row is in
    /// neither table.
    pub fn new(gpu: &Gpu, rows: usize, fixed: usize, terms: &[Term]) -> Result<Self, GpuError> {
        check(rows, fixed, terms)?;
        let mut starts = vec![0];
        let (mut ranges, mut candidates) = (Vec::new(), Vec::new());
        let mut uses: Vec<Vec<[u32; 2]>> = vec![Vec::new(); rows];
        for (i, term) in terms.iter().enumerate() {
            starts.resize(term.query + 1, i as u32);
            let first = candidates.len() as u32 / 2;
            for &(row, target) in &term.candidates {
                if let Some(uses) = row.checked_sub(fixed).and_then(|row| uses.get_mut(row)) {
                    uses.push([candidates.len() as u32 / 2, term.query as u32]);
                }
                candidates.extend([row as u32, (target as f32).to_bits()]);
            }
            ranges.extend([first, candidates.len() as u32 / 2]);
        }
        starts.resize(rows + 1, terms.len() as u32);
        let is_stay = |term: &Term| if term.goal == Goal::Stay { 1.0 } else { 0.0 };
        let weights: Vec<f32> = terms.iter().flat_map(|term| [term.weight as f32, is_stay(term)]).collect();
        let count = terms.len() as u32;
        Ok(Self {
            rows: rows as u32,
            fixed: fixed as u32,
            starts: gpu.upload_u32(&[starts.len() as u32], &starts),
            terms: gpu.upload_u32(&[count, 2], &ranges),
            candidates: gpu.upload_u32(&[candidates.len() as u32 / 2, 2], &candidates),
            weights: gpu.upload(&[count, 2], &weights),
            count,
            uses: Uses::new(gpu, &uses),
        })
    }
}

impl Uses {
    fn new(gpu: &Gpu, uses: &[Vec<[u32; 2]>]) -> Option<Self> {
        let mut starts = vec![0];
        starts.extend(uses.iter().scan(0, |end, uses| {
            *end += uses.len() as u32;
            Some(*end)
        }));
        let uses: Vec<u32> = uses.iter().flatten().flatten().copied().collect();
        (!uses.is_empty()).then(|| Self {
            starts: gpu.upload_u32(&[starts.len() as u32], &starts),
            uses: gpu.upload_u32(&[uses.len() as u32 / 2, 2], &uses),
        })
    }
}

fn check(rows: usize, fixed: usize, terms: &[Term]) -> Result<(), GpuError> {
    let refuse = |what, value: usize, supported| {
        Err(GpuError::Unsupported { op: "list_loss", what, value: value as u32, supported })
    };
    for (i, term) in terms.iter().enumerate() {
        if term.candidates.len() > MAX_CANDIDATES as usize {
            let supported = "no more than MAX_CANDIDATES of the kernel";
            return refuse("candidates of a term", term.candidates.len(), supported);
        }
        let before = i.checked_sub(1).and_then(|before| terms.get(before)).map_or(0, |before| before.query);
        if term.query < before || term.query >= rows {
            return refuse("query of a term", term.query, "terms in the order of their queries");
        }
        if let Some((row, _)) = term.candidates.iter().find(|(row, _)| *row >= fixed + rows) {
            return refuse("row of a candidate", *row, "a row of the vectors or of the embeddings");
        }
    }
    Ok(())
}

/// What a batch's losses came to, on the GPU.
pub struct ListLoss {
    /// The losses, unweighted, `[terms]`.
    pub losses: GpuTensor,
    /// Gradient of their weighted sum with respect to the embeddings, `[rows, hidden]`.
    pub embeddings_grad: GpuTensor,
}

/// Forms the losses of `embeddings` `[rows, hidden]` against `vectors` `[fixed, hidden]` and against each other.
///
/// Records one dispatch, a second one where an embedding is a candidate; nothing is read back.
///
/// # Errors
/// [`GpuError::Rank`], [`GpuError::Shape`] or [`GpuError::Element`] if an operand does not fit the terms.
pub fn list_loss(
    gpu: &Gpu,
    embeddings: &GpuTensor,
    vectors: &GpuTensor,
    terms: Terms,
    gamma: f64,
) -> Result<ListLoss, GpuError> {
    const OP: &str = "list_loss";
    let [rows, hidden] = embeddings.expect_matrix(OP, "embeddings")?;
    embeddings.expect_shape(OP, "embeddings", &[terms.rows, hidden])?;
    vectors.expect_shape(OP, "vectors", &[terms.fixed, hidden])?;
    let (losses, embeddings_grad) = (gpu.alloc(&[terms.count]), gpu.alloc(&[rows, hidden]));
    let params = Params { rows, fixed: terms.fixed, hidden, gamma: gamma as f32 };
    let Terms { starts, terms, candidates, weights, uses, .. } = terms;
    let bindings = [embeddings, vectors, &starts, &terms, &candidates, &weights, &embeddings_grad, &losses];
    gpu.dispatch(&LOSS, &params, &bindings, folded(rows));
    if let Some(Uses { starts, uses }) = uses {
        let bindings = [embeddings, &candidates, &starts, &uses, &embeddings_grad];
        gpu.dispatch(&TEXTS, &TextsParams { rows, hidden }, &bindings, folded(rows));
    }
    Ok(ListLoss { losses, embeddings_grad })
}

/// The same mathematics in plain loops, `f64` inside: the definition the kernel is held to, and the CPU's way.
pub mod oracle {
    use super::{Goal, Term};
    use crate::ops::oracle::{dot, softmax};

    /// Losses of the terms, and the gradient of their weighted sum with respect to `embeddings`.
    ///
    /// `embeddings` is `[rows, hidden]` and `vectors` `[fixed, hidden]`, row-major; a candidate's row from `fixed` on is
    /// a row of the embeddings, which then has a gradient as a text too.
    pub fn list_loss(
        embeddings: &[f32],
        hidden: usize,
        vectors: &[f32],
        terms: &[Term],
        gamma: f64,
    ) -> (Vec<f64>, Vec<f32>) {
        let fixed = vectors.len() / hidden;
        let text = |row: usize| match row.checked_sub(fixed) {
            Some(row) => &embeddings[row * hidden..(row + 1) * hidden],
            None => &vectors[row * hidden..(row + 1) * hidden],
        };
        let mut de = vec![0.0; embeddings.len()];
        let mut losses = Vec::with_capacity(terms.len());
        for term in terms {
            let query = &embeddings[term.query * hidden..(term.query + 1) * hidden];
            let scores: Vec<f64> = term.candidates.iter().map(|&(row, _)| dot(query, text(row))).collect();
            let targets: Vec<f64> = term.candidates.iter().map(|&(_, target)| target).collect();
            let (loss, ds) = match term.goal {
                Goal::Order => order(&scores, &targets, gamma),
                Goal::Stay => stay(&scores, &targets),
            };
            for (&(row, _), ds) in term.candidates.iter().zip(ds) {
                let mut pull = |row: usize, towards: &[f32]| {
                    let de = &mut de[row * hidden..(row + 1) * hidden];
                    de.iter_mut().zip(towards).for_each(|(de, &v)| *de += term.weight * ds * f64::from(v));
                };
                pull(term.query, text(row));
                if let Some(row) = row.checked_sub(fixed) {
                    pull(row, query);
                }
            }
            losses.push(loss);
        }
        (losses, de.into_iter().map(|value| value as f32).collect())
    }

    /// KL(t ‖ p) with p = softmax(s / γ), and its gradient (p - t) / γ with respect to the scores.
    fn order(scores: &[f64], targets: &[f64], gamma: f64) -> (f64, Vec<f64>) {
        let p = softmax(&scores.iter().map(|score| score / gamma).collect::<Vec<f64>>());
        let part =
            |(&t, &p): (&f64, &f64)| if t > 0.0 { t * (t / p.max(f64::MIN_POSITIVE)).ln() } else { 0.0 };
        let loss = targets.iter().zip(&p).map(part).sum();
        (loss, p.iter().zip(targets).map(|(p, t)| (p - t) / gamma).collect())
    }

    /// Σ t (1 - s), and its gradient -t.
    fn stay(scores: &[f64], targets: &[f64]) -> (f64, Vec<f64>) {
        let loss = scores.iter().zip(targets).map(|(s, t)| t * (1.0 - s)).sum();
        (loss, targets.iter().map(|t| -t).collect())
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn term(weight: f64, candidates: &[(usize, f64)]) -> Term {
            Term { goal: Goal::Order, query: 0, weight, candidates: candidates.to_vec() }
        }

        #[test]
        fn values_by_hand() {
            // Two equal scores: probability one half; KL((½, ½) ‖ (½, ½)) = 0.
            let vectors = [1.0_f32, 0.0, 1.0, 0.0];
            let terms = [term(1.0, &[(0, 1.0), (1, 0.0)]), term(1.0, &[(0, 0.5), (1, 0.5)])];
            let (losses, de) = list_loss(&[0.6, 0.8], 2, &vectors, &terms, 0.05);
            assert!((losses[0] - 2.0_f64.ln()).abs() < 1e-12 && losses[1].abs() < 1e-12);
            assert!(de.iter().all(|de| de.abs() < 1e-6), "equal vectors pull nowhere");
        }

        #[test]
        fn staying_where_one_is_costs_nothing() {
            let stay = Term { goal: Goal::Stay, ..term(0.5, &[(0, 1.0)]) };
            let stay = [stay];
            let (losses, de) = list_loss(&[0.6, 0.8], 2, &[0.6, 0.8], &stay, 0.05);
            assert!(losses[0].abs() < 1e-7, "{losses:?}");
            assert_eq!(de, [-0.3, -0.4], "the pull is along the vector, weighted, without the temperature");
            let (losses, _) = list_loss(&[0.6, 0.8], 2, &[-0.8, 0.6], &stay, 0.05);
            assert!((losses[0] - 1.0).abs() < 1e-7, "orthogonal vectors cost 1: {losses:?}");
        }

        #[test]
        fn the_gradient_equals_finite_differences() {
            let vectors = [0.3_f32, -0.2, 0.9, 0.5, 0.5, -0.1, -0.7, 0.1, 0.2];
            // Rows 3 to 5 are the embeddings themselves; the second one is a query and a candidate of the first.
            let terms = [
                term(0.3, &[(0, 0.7), (1, 0.0), (2, 0.3)]),
                term(1.0, &[(2, 1.0), (4, 0.0), (5, 0.0)]),
                Term { query: 1, ..term(0.8, &[(5, 1.0), (0, 0.0)]) },
                Term { query: 1, goal: Goal::Stay, ..term(0.7, &[(1, 1.0)]) },
            ];
            let sum = |e: &[f32]| -> f64 {
                let (losses, _) = list_loss(e, 3, &vectors, &terms, 0.5);
                losses.iter().zip(&terms).map(|(loss, term)| loss * term.weight).sum()
            };
            let e = [0.2_f32, 0.4, -0.6, 0.7, -0.3, 0.1, -0.2, 0.8, 0.5];
            let (_, de) = list_loss(&e, 3, &vectors, &terms, 0.5);
            for i in 0..e.len() {
                let shifted = |h: f32| {
                    let mut e = e;
                    e[i] += h;
                    sum(&e)
                };
                let quotient = (shifted(0.0625) - shifted(-0.0625)) / 0.125;
                assert!(
                    (f64::from(de[i]) - quotient).abs() < 2e-2 * quotient.abs().max(0.1),
                    "{i}: {} and {quotient}",
                    de[i]
                );
            }
        }

        #[test]
        fn huge_scores_stay_finite() {
            let terms = [term(1.0, &[(0, 1.0), (1, 0.0)])];
            let (losses, de) = list_loss(&[1.0], 1, &[-1e4, 1e4], &terms, 0.05);
            assert!(losses[0].is_finite() && de[0].is_finite());
        }
    }
}
