//! pref-NDCG: how well a ranking of a closed list agrees with the LLM's gains, and its value by chance.
//!
//! Liu et al. 2024 (arXiv 2411.03957) select samples by it. It never sees judgements.

use super::measures::{dcg, rank_by_score};

/// Depth of pref-NDCG.
const PREF_DEPTH: usize = 10;

/// Computes pref-NDCG@10 of a closed list, 0 to 1: how well a ranking agrees with the LLM's gains.
///
/// Liu et al. 2024 (arXiv 2411.03957) select poor samples by it; the variant is this project's: linear gain,
/// ideal from `all_gains` of the same list. `ranked_gains` are the gains in the order of the ranking. `None`
/// if no gain is above 0: such a list cannot be ordered well or badly.
pub fn pref_ndcg(ranked_gains: &[u8], all_gains: &[u8]) -> Option<f64> {
    let ideal = ideal_pref_dcg(all_gains)?;
    Some(dcg(ranked_gains.iter().copied().map(f64::from), PREF_DEPTH) / ideal)
}

/// Computes the expected pref-NDCG@10 of a random order of the same list, above 0 to 1.
///
/// Every rank holds the mean gain on average, so this is mean gain times the sum of the discounts over the
/// ideal. `None` if no gain is above 0.
pub fn pref_ndcg_chance(all_gains: &[u8]) -> Option<f64> {
    let ideal = ideal_pref_dcg(all_gains)?;
    let sum: f64 = all_gains.iter().copied().map(f64::from).sum();
    let mean = sum / all_gains.len() as f64;
    Some(dcg(all_gains.iter().map(|_| mean), PREF_DEPTH) / ideal)
}

fn ideal_pref_dcg(all_gains: &[u8]) -> Option<f64> {
    let mut ideal = all_gains.to_vec();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let dcg = dcg(ideal.into_iter().map(f64::from), PREF_DEPTH);
    (dcg > 0.0).then_some(dcg)
}

/// Computes pref-NDCG of a closed list: `scored` passages in any order, `gains` in the same order.
///
/// `None` if no passage is useful, as [`pref_ndcg`].
pub fn list_ndcg<S: AsRef<str>>(scored: &[(S, f32)], gains: &[u8]) -> Option<f64> {
    let ranked: Vec<u8> = rank_by_score(scored).into_iter().filter_map(|i| gains.get(i).copied()).collect();
    pref_ndcg(&ranked, gains)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::super::measures::tests::close;
    use super::*;

    #[test]
    fn pref_ndcg_of_a_list_worked_by_hand() {
        // DCG = 0/1 + 3/log2(3) + 1/2; ideal = 3 + 1/log2(3).
        let expected = (3.0 / 3f64.log2() + 0.5) / (3.0 + 1.0 / 3f64.log2());
        close(pref_ndcg(&[0, 3, 1], &[0, 3, 1]).unwrap(), expected);
        close(pref_ndcg(&[3, 1, 0], &[0, 3, 1]).unwrap(), 1.0);
        assert_eq!(pref_ndcg(&[0, 0], &[0, 0]), None);
        assert_eq!(pref_ndcg(&[], &[]), None);
    }

    #[test]
    fn chance_is_the_mean_over_all_orders() {
        let orders = [[2, 1, 0], [2, 0, 1], [1, 2, 0], [1, 0, 2], [0, 1, 2], [0, 2, 1]];
        let mean = orders.iter().map(|gains| pref_ndcg(gains, &[2, 1, 0]).unwrap()).sum::<f64>() / 6.0;
        close(pref_ndcg_chance(&[2, 1, 0]).unwrap(), mean);
        close(pref_ndcg_chance(&[2, 2]).unwrap(), 1.0);
        assert_eq!(pref_ndcg_chance(&[0, 0]), None);
    }

    #[test]
    fn chance_of_a_list_longer_than_the_depth_counts_ten_ranks() {
        let mut gains = vec![0; 20];
        gains[0] = 3;
        let discounts: f64 = (2..12).map(|i| 1.0 / f64::from(i).log2()).sum();
        close(pref_ndcg_chance(&gains).unwrap(), 3.0 / 20.0 * discounts / 3.0);
    }
}
