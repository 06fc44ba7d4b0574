//! Losses over lists of texts: KL of preferences, contrastive and guidance terms, all of one form.
//!
//! Kernel: `shaders/list_loss.wgsl`. Reference loops: [`oracle`], below. What is on a list and what its target is,
//! `train` decides; a candidate that must not count is simply not on it.

use crate::gpu::{Gpu, GpuError, GpuTensor, Kernel, KernelInfo, folded};
use crate::{kernel, uniform};

const LOSS: Kernel<Params> = kernel!("list_loss", "lane_sum", "flat_grid");
/// Most candidates of one term.
pub const MAX_CANDIDATES: u32 = LOSS.constant("MAX_CANDIDATES");

/// The kernels of this op.
pub const KERNELS: &[KernelInfo] = &[LOSS.info()];

uniform! {
    /// Mirrors `struct Params` in the shader; `tests/shader_contracts.rs` compares the two.
    pub struct Params {
        /// Rows of the embeddings.
        pub queries: u32,
        /// Width of an embedding.
        pub hidden: u32,
        /// Temperature of the scores.
        pub gamma: f32,
    }
}

/// One loss: KL of `target` and the softmax of the query's scores over the candidates.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// Row of the query's embedding.
    pub query: usize,
    /// Weight in the sum that is minimised.
    pub weight: f64,
    /// Rows of the texts' vectors, and the probability that each should have; these sum to 1.
    pub candidates: Vec<(usize, f64)>,
}

/// The terms of a batch on the GPU.
pub struct Terms {
    starts: GpuTensor,
    terms: GpuTensor,
    candidates: GpuTensor,
    weights: GpuTensor,
    count: u32,
    /// Rows of vectors that the candidates need.
    texts: u32,
}

impl Terms {
    /// Uploads the terms of `queries` embeddings; `terms` are in the order of their queries.
    ///
    /// # Errors
    /// [`GpuError::Unsupported`] if a term has more than [`MAX_CANDIDATES`], or terms are out of order.
    pub fn new(gpu: &Gpu, queries: usize, terms: &[Term]) -> Result<Self, GpuError> {
        const OP: &str = "list_loss";
        let mut starts = vec![0];
        let (mut ranges, mut candidates) = (Vec::new(), Vec::new());
        for (i, term) in terms.iter().enumerate() {
            if term.candidates.len() > MAX_CANDIDATES as usize {
                let (value, supported) =
                    (term.candidates.len() as u32, "no more than MAX_CANDIDATES of the kernel");
                return Err(GpuError::Unsupported { op: OP, what: "candidates of a term", value, supported });
            }
            if term.query + 1 < starts.len() || term.query >= queries {
                let (value, supported) = (term.query as u32, "terms in the order of their queries");
                return Err(GpuError::Unsupported { op: OP, what: "query of a term", value, supported });
            }
            starts.resize(term.query + 1, i as u32);
            let first = candidates.len() as u32 / 2;
            for &(row, target) in &term.candidates {
                candidates.extend([row as u32, (target as f32).to_bits()]);
            }
            ranges.extend([first, candidates.len() as u32 / 2]);
        }
        starts.resize(queries + 1, terms.len() as u32);
        let weights: Vec<f32> = terms.iter().map(|term| term.weight as f32).collect();
        let count = terms.len() as u32;
        Ok(Self {
            starts: gpu.upload_u32(&[starts.len() as u32], &starts),
            terms: gpu.upload_u32(&[count, 2], &ranges),
            candidates: gpu.upload_u32(&[candidates.len() as u32 / 2, 2], &candidates),
            weights: gpu.upload(&[count], &weights),
            count,
            texts: candidates.chunks_exact(2).map(|candidate| candidate[0] + 1).max().unwrap_or(0),
        })
    }
}

/// What a batch's losses came to, on the GPU.
pub struct ListLoss {
    /// The losses, unweighted, `[terms]`.
    pub losses: GpuTensor,
    /// Gradient of their weighted sum with respect to the embeddings, `[queries, hidden]`.
    pub embeddings_grad: GpuTensor,
}

/// Forms the losses of `embeddings` `[queries, hidden]` against `vectors` `[texts, hidden]`.
///
/// Records one dispatch; nothing is read back.
///
/// # Errors
/// [`GpuError::Rank`], [`GpuError::Shape`] or [`GpuError::Element`] if an operand does not fit the terms.
pub fn list_loss(
    gpu: &Gpu,
    embeddings: &GpuTensor,
    vectors: &GpuTensor,
    terms: &Terms,
    gamma: f64,
) -> Result<ListLoss, GpuError> {
    const OP: &str = "list_loss";
    let [queries, hidden] = embeddings.expect_matrix(OP, "embeddings")?;
    let [texts, _] = vectors.expect_matrix(OP, "vectors")?;
    vectors.expect_shape(OP, "vectors", &[texts.max(terms.texts), hidden])?;
    let [starts] = terms.starts.expect_indices(OP, "starts")?;
    if starts != queries + 1 {
        let (expected, found) = (vec![queries + 1], vec![starts]);
        return Err(GpuError::Shape { op: OP, tensor: "starts", expected, found });
    }
    let (losses, embeddings_grad) = (gpu.alloc(&[terms.count]), gpu.alloc(&[queries, hidden]));
    let params = Params { queries, hidden, gamma: gamma as f32 };
    let Terms { starts, terms, candidates, weights, .. } = terms;
    let bindings = [embeddings, vectors, starts, terms, candidates, weights, &embeddings_grad, &losses];
    gpu.dispatch(&LOSS, &params, &bindings, folded(queries));
    Ok(ListLoss { losses, embeddings_grad })
}

/// The same mathematics in plain loops, `f64` inside: the definition the kernel is held to, and the CPU's way.
pub mod oracle {
    use super::Term;
    use crate::ops::oracle::{dot, softmax};

    /// Losses of the terms, and the gradient of their weighted sum with respect to `embeddings`.
    ///
    /// `embeddings` is `[queries, hidden]`, row-major; `vector` gives a text's vector by its row.
    pub fn list_loss<'a>(
        embeddings: &[f32],
        hidden: usize,
        vector: impl Fn(usize) -> &'a [f32],
        terms: &[Term],
        gamma: f64,
    ) -> (Vec<f64>, Vec<f32>) {
        let mut de = vec![0.0; embeddings.len()];
        let mut losses = Vec::with_capacity(terms.len());
        for term in terms {
            let range = term.query * hidden..(term.query + 1) * hidden;
            let logit = |&(row, _): &(usize, f64)| dot(&embeddings[range.clone()], vector(row)) / gamma;
            let p = softmax(&term.candidates.iter().map(logit).collect::<Vec<f64>>());
            let mut loss = 0.0;
            for (&(row, target), p) in term.candidates.iter().zip(&p) {
                if target > 0.0 {
                    loss += target * (target / p.max(f64::MIN_POSITIVE)).ln();
                }
                let factor = term.weight / gamma * (p - target);
                let de = &mut de[range.clone()];
                de.iter_mut().zip(vector(row)).for_each(|(de, &v)| *de += factor * f64::from(v));
            }
            losses.push(loss);
        }
        (losses, de.into_iter().map(|value| value as f32).collect())
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn term(weight: f64, candidates: &[(usize, f64)]) -> Term {
            Term { query: 0, weight, candidates: candidates.to_vec() }
        }

        #[test]
        fn values_by_hand() {
            // Two equal scores: probability one half; KL((½, ½) ‖ (½, ½)) = 0.
            let vectors = [[1.0_f32, 0.0], [1.0, 0.0]];
            let terms = [term(1.0, &[(0, 1.0), (1, 0.0)]), term(1.0, &[(0, 0.5), (1, 0.5)])];
            let (losses, de) = list_loss(&[0.6, 0.8], 2, |row| &vectors[row], &terms, 0.05);
            assert!((losses[0] - 2.0_f64.ln()).abs() < 1e-12 && losses[1].abs() < 1e-12);
            assert!(de.iter().all(|de| de.abs() < 1e-6), "equal vectors pull nowhere");
        }

        #[test]
        fn the_gradient_equals_finite_differences() {
            let vectors = [[0.3_f32, -0.2, 0.9], [0.5, 0.5, -0.1], [-0.7, 0.1, 0.2]];
            let terms =
                [term(0.3, &[(0, 0.7), (1, 0.0), (2, 0.3)]), term(1.0, &[(2, 1.0), (0, 0.0), (1, 0.0)])];
            let sum = |e: &[f32]| -> f64 {
                let (losses, _) = list_loss(e, 3, |row| &vectors[row], &terms, 0.5);
                losses.iter().zip(&terms).map(|(loss, term)| loss * term.weight).sum()
            };
            let e = [0.2_f32, 0.4, -0.6];
            let (_, de) = list_loss(&e, 3, |row| &vectors[row], &terms, 0.5);
            for i in 0..3 {
                let shifted = |h: f32| {
                    let mut e = e;
                    e[i] += h;
                    sum(&e)
                };
                let quotient = (shifted(0.0625) - shifted(-0.0625)) / 0.125;
                assert!(
                    (f64::from(de[i]) - quotient).abs() < 2e-2 * quotient.abs().max(0.1),
                    "{i}: {quotient}"
                );
            }
        }

        #[test]
        fn huge_scores_stay_finite() {
            let vectors = [[-1e4_f32], [1e4]];
            let (losses, de) =
                list_loss(&[1.0], 1, |row| &vectors[row], &[term(1.0, &[(0, 1.0), (1, 0.0)])], 0.05);
            assert!(losses[0].is_finite() && de[0].is_finite());
        }
    }
}
