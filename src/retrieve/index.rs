//! A matrix of passage vectors in the order that decides ties, and exact top-k over it.
//!
//! Rows lie in descending order of passage id (byte by byte). "Equal score: the smaller row wins" is then
//! trec_eval's rule, score descending and id descending, for this module and for a kernel that reads
//! [`Index::vectors`]. Does not normalise: a dot product is a cosine because the encoder gives unit vectors.

use std::cmp::Ordering;

/// Partial sums of a dot product; independent, so that the compiler can keep them in vector registers.
const LANES: usize = 8;

/// Why an index cannot be built or asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RetrieveError {
    /// The vectors do not make one row an id.
    #[error("{values} values do not make {rows} vectors of width {width}")]
    Shape {
        /// Values given.
        values: usize,
        /// Ids given.
        rows: usize,
        /// Width asked for.
        width: usize,
    },
    /// Two passages have the same id, so that a tie between them has no order.
    #[error("passage id '{0}' is there twice")]
    DuplicateId(String),
    /// A passage vector holds NaN or an infinity.
    #[error("the vector of passage '{0}' holds a value that is not finite")]
    NotFinite(String),
    /// A query vector has another width than the index.
    #[error("the query vector is {found} wide, the index {expected}")]
    QueryWidth {
        /// Width of the index.
        expected: usize,
        /// Width of the query.
        found: usize,
    },
    /// A query's score is NaN.
    #[error("the query vector gives a score that is not a number")]
    NanScore,
    /// BM25 cannot be computed with these settings.
    #[error("BM25 needs k1 of 0 or more and b from 0 to 1, not k1 {k1} and b {b}")]
    Bm25Settings {
        /// k1 given.
        k1: f64,
        /// b given.
        b: f64,
    },
    /// A ranking holds a position that is not in the corpus.
    #[error("position {position} is not one of the {passages} passages")]
    UnknownPosition {
        /// The position.
        position: usize,
        /// Passages in the corpus.
        passages: usize,
    },
}

/// A retrieved passage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Position of the passage in the corpus.
    pub position: usize,
    /// Higher is better. Of [`Index`] a dot product, -1 to 1 for unit vectors; of others what they say.
    pub score: f32,
}

/// Passage vectors `[rows, width]`, rows in descending id order.
#[derive(Debug, Clone)]
pub struct Index {
    vectors: Vec<f32>,
    width: usize,
    /// Corpus position of each row.
    positions: Vec<usize>,
    /// Row of each corpus position.
    rows: Vec<usize>,
}

impl Index {
    /// Builds an index from ids and vectors `[ids, width]`, both in corpus order.
    ///
    /// # Errors
    /// [`RetrieveError::Shape`], [`RetrieveError::DuplicateId`] or [`RetrieveError::NotFinite`].
    pub fn new(ids: &[String], vectors: Vec<f32>, width: usize) -> Result<Self, RetrieveError> {
        if width == 0 || ids.len().checked_mul(width) != Some(vectors.len()) {
            return Err(RetrieveError::Shape { values: vectors.len(), rows: ids.len(), width });
        }
        let bad = ids.iter().zip(vectors.chunks_exact(width)).find(|(_, v)| !v.iter().all(|x| x.is_finite()));
        if let Some((id, _)) = bad {
            return Err(RetrieveError::NotFinite(id.clone()));
        }
        let positions = positions_by_id_descending(ids)?;
        let mut rows = vec![0; ids.len()];
        let mut ordered = Vec::with_capacity(vectors.len());
        for (row, &position) in positions.iter().enumerate() {
            rows[position] = row;
            ordered.extend_from_slice(&vectors[position * width..(position + 1) * width]);
        }
        Ok(Self { vectors: ordered, width, positions, rows })
    }

    /// Counts the passages.
    pub fn len(&self) -> usize {
        self.positions.len()
    }

    /// Tells whether there is no passage.
    pub fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    /// Returns the width of a vector.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns all vectors, `[rows, width]` row-major, in row order (not corpus order).
    pub fn vectors(&self) -> &[f32] {
        &self.vectors
    }

    /// Returns the corpus position of every row.
    pub fn positions(&self) -> &[usize] {
        &self.positions
    }

    /// Finds the row of a corpus position.
    pub fn row(&self, position: usize) -> Option<usize> {
        self.rows.get(position).copied()
    }

    /// Returns the vector of the passage at a corpus position.
    pub fn vector(&self, position: usize) -> Option<&[f32]> {
        let start = self.row(position)? * self.width;
        self.vectors.get(start..start + self.width)
    }

    /// Scores every passage against a query vector `[width]`; the result is in corpus order, `[passages]`.
    ///
    /// # Errors
    /// [`RetrieveError::QueryWidth`] or [`RetrieveError::NanScore`].
    pub fn scores(&self, query: &[f32]) -> Result<Vec<f32>, RetrieveError> {
        let by_row = self.scores_by_row(query)?;
        Ok(self.rows.iter().map(|&row| by_row[row]).collect())
    }

    /// Finds the `k` nearest passages, best first; all of them if there are fewer.
    ///
    /// Takes O(rows x width) for the scores, O(rows) to select and O(k log k) to sort. Equal scores: passage
    /// id descending.
    ///
    /// # Errors
    /// [`RetrieveError::QueryWidth`] or [`RetrieveError::NanScore`].
    pub fn top_k(&self, query: &[f32], k: usize) -> Result<Vec<Hit>, RetrieveError> {
        let scores = self.scores_by_row(query)?;
        let rows = best_rows(&scores, (0..scores.len()).collect(), k);
        Ok(rows.into_iter().map(|row| Hit { position: self.positions[row], score: scores[row] }).collect())
    }

    fn scores_by_row(&self, query: &[f32]) -> Result<Vec<f32>, RetrieveError> {
        if query.len() != self.width {
            return Err(RetrieveError::QueryWidth { expected: self.width, found: query.len() });
        }
        let scores: Vec<f32> = self.vectors.chunks_exact(self.width).map(|row| dot(row, query)).collect();
        if scores.iter().any(|score| score.is_nan()) {
            return Err(RetrieveError::NanScore);
        }
        Ok(scores)
    }
}

/// Selects the `k` best of `rows`, best first: score descending, equal scores by row. No score is NaN.
pub(super) fn best_rows(scores: &[f32], mut rows: Vec<usize>, k: usize) -> Vec<usize> {
    // The comparison is total; +0 and -0 tie, as they do in trec_eval.
    let best_first =
        |&a: &usize, &b: &usize| scores[b].partial_cmp(&scores[a]).unwrap_or(Ordering::Equal).then(a.cmp(&b));
    if 0 < k && k < rows.len() {
        rows.select_nth_unstable_by(k - 1, best_first);
    }
    rows.truncate(k);
    rows.sort_unstable_by(best_first);
    rows
}

/// Lists corpus positions in descending order of their ids.
pub(super) fn positions_by_id_descending(ids: &[String]) -> Result<Vec<usize>, RetrieveError> {
    let mut positions: Vec<usize> = (0..ids.len()).collect();
    positions.sort_unstable_by(|&a, &b| ids[b].cmp(&ids[a]));
    match positions.windows(2).find(|pair| ids[pair[0]] == ids[pair[1]]) {
        Some(pair) => Err(RetrieveError::DuplicateId(ids[pair[0]].clone())),
        None => Ok(positions),
    }
}

/// Returns the dot product, formed in one fixed order of additions, the same natively and in wasm.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a_lanes, a_rest) = a.as_chunks::<LANES>();
    let (b_lanes, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (a, b) in a_lanes.iter().zip(b_lanes) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    let [s0, s1, s2, s3, s4, s5, s6, s7] = sums;
    ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7)) + rest
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn ids(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    /// Sorts all passages by the rule itself: score descending, id descending.
    fn brute_force(ids: &[String], scores: &[f32], k: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..ids.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then_with(|| ids[b].cmp(&ids[a])));
        order.truncate(k);
        order
    }

    #[test]
    fn top_k_is_brute_force_on_vectors_full_of_ties() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for n in [1, 2, 7, 40, 200] {
            // Values in {1, 2, 3}: exact in f32, and scores repeat all the time.
            let names: Vec<String> = (0..n).map(|i| format!("p{}", (i * 7919) % 1000)).collect();
            let vectors: Vec<f32> = (0..n * 9).map(|_| rng.random_range(1..4) as f32).collect();
            let query: Vec<f32> = (0..9).map(|_| rng.random_range(-1..2) as f32).collect();
            let index = Index::new(&names, vectors, 9).unwrap();
            let scores = index.scores(&query).unwrap();
            for k in [0, 1, 3, n - 1, n, n + 5] {
                let hits = index.top_k(&query, k).unwrap();
                let found: Vec<usize> = hits.iter().map(|hit| hit.position).collect();
                assert_eq!(found, brute_force(&names, &scores, k), "n {n}, k {k}");
                assert!(hits.iter().all(|hit| hit.score == scores[hit.position]));
            }
        }
    }

    #[test]
    fn all_equal_scores_come_in_descending_id_order() {
        let index = Index::new(&ids(&["a", "c", "B", "b"]), vec![1.0; 4], 1).unwrap();
        let order: Vec<usize> = index.top_k(&[1.0], 3).unwrap().iter().map(|hit| hit.position).collect();
        assert_eq!(order, [1, 3, 0]);
        assert_eq!(index.positions(), [1, 3, 0, 2]);
        assert_eq!(index.row(2), Some(3));
        assert_eq!(index.row(4), None);
    }

    #[test]
    fn signed_zeros_tie() {
        let index = Index::new(&ids(&["a", "b"]), vec![0.0, -0.0], 1).unwrap();
        assert_eq!(index.top_k(&[1.0], 1).unwrap()[0].position, 1);
    }

    #[test]
    fn vectors_are_found_by_corpus_position() {
        let index = Index::new(&ids(&["a", "b"]), vec![1.0, 2.0, 3.0, 4.0], 2).unwrap();
        assert_eq!(index.vector(0), Some(&[1.0, 2.0][..]));
        assert_eq!(index.vector(1), Some(&[3.0, 4.0][..]));
        assert_eq!(index.vector(2), None);
        assert_eq!(index.vectors(), [3.0, 4.0, 1.0, 2.0]);
        assert_eq!(index.scores(&[1.0, 0.0]).unwrap(), [1.0, 3.0]);
    }

    #[test]
    fn dot_agrees_with_f64_at_awkward_widths() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for width in [1, 7, 8, 9, 384, 1000] {
            let mut values = || (0..width).map(|_| rng.random_range(-1.0..1.0)).collect::<Vec<f32>>();
            let (a, b) = (values(), values());
            let exact: f64 = a.iter().zip(&b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
            assert!((f64::from(dot(&a, &b)) - exact).abs() < 1e-5 * width as f64, "width {width}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let shape = Index::new(&ids(&["a"]), vec![1.0; 3], 2).unwrap_err();
        assert_eq!(shape, RetrieveError::Shape { values: 3, rows: 1, width: 2 });
        assert!(matches!(Index::new(&ids(&["a"]), vec![], 0), Err(RetrieveError::Shape { .. })));
        let twice = Index::new(&ids(&["a", "b", "a"]), vec![1.0; 3], 1).unwrap_err();
        assert_eq!(twice.to_string(), "passage id 'a' is there twice");
        let nan = Index::new(&ids(&["a", "b"]), vec![1.0, f32::NAN], 1).unwrap_err();
        assert_eq!(nan, RetrieveError::NotFinite("b".to_owned()));
    }

    #[test]
    fn a_query_that_does_not_fit_is_refused() {
        let index = Index::new(&ids(&["a"]), vec![1.0, 0.0], 2).unwrap();
        assert_eq!(index.top_k(&[1.0], 1), Err(RetrieveError::QueryWidth { expected: 2, found: 1 }));
        assert_eq!(index.scores(&[f32::NAN, 0.0]), Err(RetrieveError::NanScore));
        let empty = Index::new(&[], vec![], 2).unwrap();
        assert!(empty.is_empty());
        assert_eq!(empty.top_k(&[1.0, 0.0], 5), Ok(vec![]));
    }
}
