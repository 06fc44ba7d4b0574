//! Reciprocal rank fusion: one ranking of several, from ranks alone.
//!
//! Cormack, Clarke & Büttcher, SIGIR 2009. It looks at no score, so rankers of different scales (BM25 and
//! cosine) can be fused without tuning.

use super::{Hit, RetrieveError};
use crate::data::Corpus;
use std::collections::{BTreeMap, HashSet};

/// The constant of the paper: the larger, the less the first ranks stand out.
pub const RRF_CONSTANT: f64 = 60.0;

/// Fuses rankings of one query, each best first, and returns the `k` best passages of all.
///
/// Score: sum over the rankings of 1 / (60 + rank), ranks from 1; a ranking that lacks the passage adds
/// nothing. Equal scores, compared as f32: passage id descending.
///
/// # Errors
/// [`RetrieveError::UnknownPosition`], or [`RetrieveError::DuplicateId`] if one ranking holds a passage
/// twice.
pub fn reciprocal_rank_fusion(
    corpus: &Corpus,
    rankings: &[&[Hit]],
    k: usize,
) -> Result<Vec<Hit>, RetrieveError> {
    let passages = corpus.passages();
    let mut ranks: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    for ranking in rankings {
        let mut seen = HashSet::with_capacity(ranking.len());
        for (rank, &Hit { position, .. }) in (1..).zip(ranking.iter()) {
            let unknown = RetrieveError::UnknownPosition { position, passages: passages.len() };
            let passage = passages.get(position).ok_or(unknown)?;
            if !seen.insert(position) {
                return Err(RetrieveError::DuplicateId(passage.id.clone()));
            }
            ranks.entry(position).or_default().push(rank);
        }
    }
    let fused = ranks.into_iter().map(|(position, ranks)| Hit { position, score: sum(ranks) as f32 });
    let mut hits: Vec<Hit> = fused.collect();
    let id = |hit: &Hit| passages.get(hit.position).map(|passage| &passage.id);
    hits.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| id(b).cmp(&id(a))));
    hits.truncate(k);
    Ok(hits)
}

/// Sums in the order of the ranks, so that the same ranks from other rankings give the same bits and tie.
fn sum(mut ranks: Vec<u32>) -> f64 {
    ranks.sort_unstable();
    ranks.into_iter().map(|rank| 1.0 / (RRF_CONSTANT + f64::from(rank))).sum()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::data::Passage;

    fn corpus(ids: &[&str]) -> Corpus {
        let passage = |&id: &&str| Passage { id: id.into(), ..Passage::default() };
        Corpus::new(ids.iter().map(passage).collect()).unwrap()
    }

    /// Scores that say the opposite of the order: they must not be looked at.
    fn ranking(positions: &[usize]) -> Vec<Hit> {
        positions.iter().zip(1_u8..).map(|(&position, i)| Hit { position, score: i.into() }).collect()
    }

    fn fused(rankings: &[&[usize]], k: usize) -> Vec<(usize, f32)> {
        let rankings: Vec<Vec<Hit>> = rankings.iter().map(|positions| ranking(positions)).collect();
        let slices: Vec<&[Hit]> = rankings.iter().map(Vec::as_slice).collect();
        let hits = reciprocal_rank_fusion(&corpus(&["a", "b", "c", "d"]), &slices, k).unwrap();
        hits.into_iter().map(|hit| (hit.position, hit.score)).collect()
    }

    #[test]
    fn scores_worked_by_hand() {
        // c: ranks 2 and 1; a: 1 and 3; b: 3 alone; d: 2 alone.
        let expected = [
            (2, (1.0_f64 / 61.0 + 1.0 / 62.0) as f32),
            (0, (1.0_f64 / 61.0 + 1.0 / 63.0) as f32),
            (3, (1.0_f64 / 62.0) as f32),
            (1, (1.0_f64 / 63.0) as f32),
        ];
        assert_eq!(fused(&[&[0, 2, 1], &[2, 3, 0]], 10), expected);
        assert_eq!(fused(&[&[0, 2, 1], &[2, 3, 0]], 2), expected[..2]);
    }

    #[test]
    fn one_ranking_keeps_its_order_and_none_is_empty() {
        assert_eq!(fused(&[&[3, 0, 2]], 10).iter().map(|hit| hit.0).collect::<Vec<_>>(), [3, 0, 2]);
        assert_eq!(fused(&[], 10), []);
        assert_eq!(fused(&[&[], &[]], 10), []);
        assert_eq!(fused(&[&[1]], 0), []);
    }

    #[test]
    fn the_same_ranks_tie_whoever_gave_them() {
        // Each of the three has the ranks 1, 2 and 3.
        let hits = fused(&[&[0, 1, 2], &[1, 2, 0], &[2, 0, 1]], 10);
        assert_eq!(hits.iter().map(|hit| hit.0).collect::<Vec<_>>(), [2, 1, 0]);
        assert!(hits.iter().all(|hit| hit.1 == hits[0].1));
        // Added in another order, 1/61, 1/62 and 1/67 differ in the last bit.
        let orders = [[1, 2, 7], [1, 7, 2], [2, 1, 7], [2, 7, 1], [7, 1, 2], [7, 2, 1]];
        assert!(orders.iter().all(|ranks| sum(ranks.to_vec()) == sum(vec![1, 2, 7])));
    }

    #[test]
    fn rankings_that_cannot_be_are_refused() {
        let corpus = corpus(&["a", "b"]);
        let twice = reciprocal_rank_fusion(&corpus, &[&ranking(&[0, 1, 0])], 5);
        assert_eq!(twice, Err(RetrieveError::DuplicateId("a".to_owned())));
        let unknown = reciprocal_rank_fusion(&corpus, &[&ranking(&[0]), &ranking(&[2])], 5);
        assert_eq!(unknown, Err(RetrieveError::UnknownPosition { position: 2, passages: 2 }));
    }
}
