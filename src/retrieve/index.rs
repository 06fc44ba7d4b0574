//! A matrix of passage vectors in the order that decides ties, and exact top-k over it.
//!
//! Rows lie in descending order of passage id (byte by byte). "Equal score: the smaller row wins" is then
//! trec_eval's rule, score descending and id descending, for this module and for a kernel that reads
//! [`Index::halves`]. Does not normalise: a dot product is a cosine because the encoder gives unit vectors.

use super::halves::{self, Query};
use super::scored::{Scored, keep_best};
use crate::spread::{Work, spread};
use half::f16;
use half::slice::HalfFloatSliceExt;

/// Rows that one thread scores before it looks for more.
const BLOCK_ROWS: usize = 1024;

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
    /// A passage vector holds NaN, an infinity, or a value beyond f16.
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
    /// A query vector holds NaN, or a value far from those of a unit vector.
    #[error("the query vector holds a value that is not a number below 65,536")]
    QueryValue,
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

/// Passage vectors `[rows, width]` in f16, rows in descending id order.
#[derive(Debug, Clone)]
pub struct Index {
    vectors: Vec<f16>,
    width: usize,
    /// Length of the longest vector.
    longest: f32,
    /// Corpus position of each row.
    positions: Vec<usize>,
    /// Row of each corpus position.
    rows: Vec<usize>,
}

impl Index {
    /// Builds an index from ids and vectors `[ids, width]`, both in corpus order; the vectors are rounded to f16.
    ///
    /// # Errors
    /// [`RetrieveError::Shape`], [`RetrieveError::DuplicateId`] or [`RetrieveError::NotFinite`].
    pub fn new(ids: &[String], vectors: Vec<f32>, width: usize) -> Result<Self, RetrieveError> {
        if width == 0 || ids.len().checked_mul(width) != Some(vectors.len()) {
            return Err(RetrieveError::Shape { values: vectors.len(), rows: ids.len(), width });
        }
        let positions = positions_by_id_descending(ids)?;
        let mut rows = vec![0; ids.len()];
        let mut ordered = Vec::with_capacity(vectors.len());
        let mut longest = 0.0_f32;
        for (row, &position) in positions.iter().enumerate() {
            rows[position] = row;
            let vector = &vectors[position * width..(position + 1) * width];
            for &value in vector {
                let not_finite = || RetrieveError::NotFinite(ids[position].clone());
                ordered.push(halves::round(value).ok_or_else(not_finite)?);
            }
            longest = longest.max(norm(&ordered[row * width..]));
        }
        Ok(Self { vectors: ordered, width, longest, positions, rows })
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

    /// Returns the bits of all vectors in f16, `[rows, width]` row-major, in row order (not corpus order).
    pub fn halves(&self) -> &[u16] {
        self.vectors.reinterpret_cast()
    }

    /// Counts the bytes of all vectors.
    pub fn size_bytes(&self) -> usize {
        size_of_val(self.vectors.as_slice())
    }

    /// Returns the vector of the passage at a corpus position, as it is stored.
    pub fn vector(&self, position: usize) -> Option<Vec<f32>> {
        let start = self.rows.get(position)? * self.width;
        Some(self.vectors.get(start..start + self.width)?.to_f32_vec())
    }

    /// Finds the `k` nearest passages, best first; all of them if there are fewer.
    ///
    /// Reads every vector once, on all threads. Equal scores: passage id descending.
    ///
    /// # Errors
    /// [`RetrieveError::QueryWidth`] or [`RetrieveError::QueryValue`].
    pub fn top_k(&self, query: &[f32], k: usize) -> Result<Vec<Hit>, RetrieveError> {
        let query = &Query::new(query, self.width)?;
        let best = self.blocks(&BestOfBlock { query, width: self.width, k });
        Ok(self.hits(best.concat(), k))
    }

    /// Finds the `k` nearest of some rows, best first; rows that are not there are left out.
    ///
    /// # Errors
    /// [`RetrieveError::QueryWidth`] or [`RetrieveError::QueryValue`].
    pub fn top_k_of(&self, query: &[f32], rows: &[usize], k: usize) -> Result<Vec<Hit>, RetrieveError> {
        let query = Query::new(query, self.width)?;
        let scored = |&row: &usize| Some(Scored { row, score: query.dot(self.row(row)?) });
        Ok(self.hits(rows.iter().filter_map(scored).collect(), k))
    }

    /// Returns the ranks, from 1, of the passages at some corpus positions among all; none of an unknown position.
    ///
    /// # Errors
    /// [`RetrieveError::QueryWidth`] or [`RetrieveError::QueryValue`].
    pub fn ranks(&self, query: &[f32], positions: &[usize]) -> Result<Vec<Option<usize>>, RetrieveError> {
        let query = &Query::new(query, self.width)?;
        let scored = |&position: &usize| {
            let row = *self.rows.get(position)?;
            Some(Scored { row, score: query.dot(self.row(row)?) })
        };
        let passages: Vec<Option<Scored>> = positions.iter().map(scored).collect();
        let known: Vec<Scored> = passages.iter().flatten().copied().collect();
        let before = self.blocks(&BetterInBlock { query, width: self.width, passages: &known });
        let mut ranks = (0..known.len()).map(|i| 1 + before.iter().map(|block| block[i]).sum::<usize>());
        Ok(passages.iter().map(|passage| passage.and_then(|_| ranks.next())).collect())
    }

    /// Bounds how far two dot products of a query can lie apart that add the same products in different orders.
    ///
    /// n products in f32 are wrong by at most n 2⁻²⁴ / (1 - n 2⁻²⁴) times the lengths, whatever the order and with or
    /// without fused multiply-add (Higham 2002, section 3.1); twice that for two of them, and twice again to be sure.
    pub fn rounding(&self, query: &[f32]) -> f32 {
        let length = query.iter().map(|value| value * value).sum::<f32>().sqrt();
        self.width as f32 * 2.0_f32.powi(-22) * length * self.longest
    }

    fn row(&self, row: usize) -> Option<&[f16]> {
        self.vectors.get(row * self.width..(row + 1) * self.width)
    }

    /// Does some work on every block of rows; what it finds, in the order of the blocks.
    fn blocks<W: OnBlock + Sync>(&self, work: &W) -> Vec<W::Found> {
        let blocks = self.vectors.chunks(BLOCK_ROWS * self.width);
        let mut found: Vec<W::Found> = blocks.clone().map(|_| W::Found::default()).collect();
        let first_rows = (0..).step_by(BLOCK_ROWS);
        let pieces = blocks.zip(first_rows).zip(&mut found);
        spread(pieces.map(|((vectors, first_row), found)| Block { vectors, first_row, found }), &Each(work));
        found
    }

    fn hits(&self, mut scored: Vec<Scored>, k: usize) -> Vec<Hit> {
        keep_best(&mut scored, k);
        let hit = |best: Scored| Hit { position: self.positions[best.row], score: best.score };
        scored.into_iter().map(hit).collect()
    }
}

/// Some rows, and the place for what is found in them.
struct Block<'a, F> {
    vectors: &'a [f16],
    first_row: usize,
    found: &'a mut F,
}

/// Looks at the rows of one block. Inlined, so that it is compiled for each SIMD extension (`spread.rs`).
trait OnBlock {
    type Found: Default + Send;

    fn look(&self, first_row: usize, vectors: &[f16]) -> Self::Found;
}

struct Each<'a, W>(&'a W);

impl<W: OnBlock> Work<Block<'_, W::Found>> for Each<'_, W> {
    #[inline(always)]
    fn run(&self, block: Block<'_, W::Found>) {
        *block.found = self.0.look(block.first_row, block.vectors);
    }
}

/// The `k` best rows of a block.
struct BestOfBlock<'a> {
    query: &'a Query,
    width: usize,
    k: usize,
}

impl OnBlock for BestOfBlock<'_> {
    type Found = Vec<Scored>;

    #[inline(always)]
    fn look(&self, first_row: usize, vectors: &[f16]) -> Vec<Scored> {
        let mut scored = Vec::with_capacity(vectors.len() / self.width);
        for (row, vector) in (first_row..).zip(vectors.chunks_exact(self.width)) {
            scored.push(Scored { row, score: self.query.dot(vector) });
        }
        keep_best(&mut scored, self.k);
        scored
    }
}

/// How many rows of a block stand before each of some passages.
struct BetterInBlock<'a> {
    query: &'a Query,
    width: usize,
    passages: &'a [Scored],
}

impl OnBlock for BetterInBlock<'_> {
    type Found = Vec<usize>;

    #[inline(always)]
    fn look(&self, first_row: usize, vectors: &[f16]) -> Vec<usize> {
        let mut before = vec![0; self.passages.len()];
        for (row, vector) in (first_row..).zip(vectors.chunks_exact(self.width)) {
            let other = Scored { row, score: self.query.dot(vector) };
            for (passage, before) in self.passages.iter().zip(&mut before) {
                *before += usize::from(other.beats(passage));
            }
        }
        before
    }
}

fn norm(vector: &[f16]) -> f32 {
    vector.iter().map(|value| value.to_f32().powi(2)).sum::<f32>().sqrt()
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::retrieve::dot;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn ids(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    /// The score of every passage, in corpus order.
    fn scores(index: &Index, query: &[f32]) -> Vec<f32> {
        (0..index.len()).map(|position| dot(&index.vector(position).unwrap(), query)).collect()
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
        // Several blocks with the last.
        for n in [1, 2, 7, 40, 200, 2500] {
            // Values in {1, 2, 3}: exact in f32, and scores repeat all the time.
            let names: Vec<String> = (0..n).map(|i| format!("p{}", (i * 7919) % 10_000)).collect();
            let vectors: Vec<f32> = (0..n * 9).map(|_| rng.random_range(1..4) as f32).collect();
            let query: Vec<f32> = (0..9).map(|_| rng.random_range(-1..2) as f32).collect();
            let index = Index::new(&names, vectors, 9).unwrap();
            let scores = scores(&index, &query);
            for k in [0, 1, 3, n - 1, n, n + 5] {
                let hits = index.top_k(&query, k).unwrap();
                let found: Vec<usize> = hits.iter().map(|hit| hit.position).collect();
                assert_eq!(found, brute_force(&names, &scores, k), "n {n}, k {k}");
                assert!(hits.iter().all(|hit| hit.score == scores[hit.position]));
                let ranks = index.ranks(&query, &found).unwrap();
                assert_eq!(ranks, (1..=found.len()).map(Some).collect::<Vec<_>>(), "n {n}, k {k}");
            }
        }
    }

    #[test]
    fn all_equal_scores_come_in_descending_id_order() {
        let index = Index::new(&ids(&["a", "c", "B", "b"]), vec![1.0; 4], 1).unwrap();
        let order: Vec<usize> = index.top_k(&[1.0], 3).unwrap().iter().map(|hit| hit.position).collect();
        assert_eq!(order, [1, 3, 0]);
        assert_eq!(index.positions, [1, 3, 0, 2]);
        assert_eq!(index.ranks(&[1.0], &[2, 4, 0]), Ok(vec![Some(4), None, Some(3)]));
        let some = index.top_k_of(&[1.0], &[3, 9, 1, 2], 2).unwrap();
        assert_eq!(some.iter().map(|hit| hit.position).collect::<Vec<_>>(), [3, 0]);
    }

    #[test]
    fn signed_zeros_tie() {
        let index = Index::new(&ids(&["a", "b"]), vec![0.0, -0.0], 1).unwrap();
        assert_eq!(index.top_k(&[1.0], 1).unwrap()[0].position, 1);
    }

    #[test]
    fn vectors_are_found_by_corpus_position() {
        let index = Index::new(&ids(&["a", "b"]), vec![1.0, 2.0, 3.0, 4.0], 2).unwrap();
        assert_eq!(index.vector(0), Some(vec![1.0, 2.0]));
        assert_eq!(index.vector(1), Some(vec![3.0, 4.0]));
        assert_eq!(index.vector(2), None);
        assert_eq!(index.halves(), [3.0, 4.0, 1.0, 2.0].map(|value| f16::from_f32(value).to_bits()));
        assert_eq!(index.size_bytes(), 8);
    }

    #[test]
    fn two_orders_of_adding_differ_by_less_than_the_bound() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let vector: Vec<f32> = (0..384).map(|_| rng.random_range(-1.0..1.0)).collect();
        let query: Vec<f32> = (0..384).map(|_| rng.random_range(-1.0..1.0)).collect();
        let index = Index::new(&ids(&["a"]), vector, 384).unwrap();
        let stored = index.vector(0).unwrap();
        let forwards: f32 = stored.iter().zip(&query).map(|(a, b)| a * b).sum();
        let score = index.top_k(&query, 1).unwrap()[0].score;
        let bound = index.rounding(&query);
        assert!((forwards - score).abs() < bound && bound < 0.02, "{forwards} {score} {bound}");
        assert!((index.longest - dot(&stored, &stored).sqrt()).abs() < 1e-4);
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
        let beyond = Index::new(&ids(&["a"]), vec![1e5], 1).unwrap_err();
        assert_eq!(beyond, RetrieveError::NotFinite("a".to_owned()));
    }

    #[test]
    fn a_query_that_does_not_fit_is_refused() {
        let index = Index::new(&ids(&["a"]), vec![1.0, 0.0], 2).unwrap();
        assert_eq!(index.top_k(&[1.0], 1), Err(RetrieveError::QueryWidth { expected: 2, found: 1 }));
        assert_eq!(index.ranks(&[f32::NAN, 0.0], &[0]), Err(RetrieveError::QueryValue));
        let empty = Index::new(&[], vec![], 2).unwrap();
        assert!(empty.is_empty());
        assert_eq!(empty.top_k(&[1.0, 0.0], 5), Ok(vec![]));
    }
}
