//! nDCG, recall, average precision and reciprocal rank as trec_eval computes them, and pref-NDCG.
//!
//! A ranking is a slice of passage ids, best first, each id once. A passage without a judgement and a
//! passage with a grade of 0 or below are both non-relevant and gain nothing; relevant means grade >= 1.
//! Nothing here cuts a ranking before the measure says so, and nothing drops a judged query.

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Judgements of one query: grade by passage id.
pub type Grades = BTreeMap<String, i32>;

/// Depth of pref-NDCG.
const PREF_DEPTH: usize = 10;

/// The four measures that the project reports, each 0 to 1, higher is better.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Measures {
    /// nDCG@10, linear gain: [`ndcg_at`].
    pub ndcg_at_10: f64,
    /// Recall@100: [`recall_at`].
    pub recall_at_100: f64,
    /// Average precision; over queries, MAP: [`average_precision`].
    pub average_precision: f64,
    /// Reciprocal rank; over queries, MRR: [`reciprocal_rank`].
    pub reciprocal_rank: f64,
}

/// Measures of all judged queries and their means.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Measures by query id, for every query with at least one judgement.
    pub per_query: BTreeMap<String, Measures>,
    /// Means over `per_query`; all 0 if there is no judged query.
    pub mean: Measures,
    /// Judged queries without a relevant passage; they count 0.
    pub without_relevant: usize,
    /// Judged queries without a ranking; they count 0.
    pub missing: usize,
}

impl Evaluation {
    /// Averages measures that were computed query by query; every judged query is among them.
    pub fn new(per_query: BTreeMap<String, Measures>, without_relevant: usize, missing: usize) -> Self {
        Self { mean: mean(per_query.values()), per_query, without_relevant, missing }
    }

    /// Counts the queries that the means are over.
    pub fn queries(&self) -> usize {
        self.per_query.len()
    }
}

/// Evaluates rankings by trec_eval's `-c` rule: means over all queries with at least one judgement.
///
/// A judged query without a ranking counts 0, and so does one without a relevant passage; both are counted.
/// A ranking of a query without judgements is ignored.
pub fn evaluate<S: AsRef<str>>(
    qrels: &BTreeMap<String, Grades>,
    rankings: &BTreeMap<String, Vec<S>>,
) -> Evaluation {
    let judged: Vec<_> = qrels.iter().filter(|(_, grades)| !grades.is_empty()).collect();
    let per_query: BTreeMap<_, _> = judged
        .iter()
        .map(|(query, grades)| {
            let ranked = rankings.get(*query).map_or(&[][..], Vec::as_slice);
            ((*query).clone(), measure(ranked, grades))
        })
        .collect();
    let without_relevant = judged.iter().filter(|(_, grades)| relevant_count(grades) == 0).count();
    let missing = judged.iter().filter(|(query, _)| !rankings.contains_key(*query)).count();
    Evaluation::new(per_query, without_relevant, missing)
}

/// Computes the four reported measures of one ranking.
pub fn measure<S: AsRef<str>>(ranked: &[S], grades: &Grades) -> Measures {
    Measures {
        ndcg_at_10: ndcg_at(ranked, grades, 10),
        recall_at_100: recall_at(ranked, grades, 100),
        average_precision: average_precision(ranked, grades),
        reciprocal_rank: reciprocal_rank(ranked, grades),
    }
}

fn mean<'a>(all: impl ExactSizeIterator<Item = &'a Measures>) -> Measures {
    let n = all.len().max(1) as f64;
    let mut mean = Measures::default();
    for one in all {
        mean.ndcg_at_10 += one.ndcg_at_10 / n;
        mean.recall_at_100 += one.recall_at_100 / n;
        mean.average_precision += one.average_precision / n;
        mean.reciprocal_rank += one.reciprocal_rank / n;
    }
    mean
}

/// Computes nDCG@k, 0 to 1; 0 if nothing is relevant.
///
/// Järvelin & Kekäläinen, TOIS 2002, in trec_eval's variant (`ndcg_cut`): gain = grade (linear), discount
/// 1/log2(rank + 1) from rank 1 on, ideal over all judged grades above 0.
pub fn ndcg_at<S: AsRef<str>>(ranked: &[S], grades: &Grades, k: usize) -> f64 {
    let mut ideal: Vec<i32> = grades.values().copied().filter(|&grade| grade > 0).collect();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let gains = ranked.iter().map(|passage| grade_of(grades, passage).max(0));
    ratio(dcg(gains.map(f64::from), k), dcg(ideal.into_iter().map(f64::from), k))
}

/// Computes Recall@k, 0 to 1: relevant passages in the first k over all relevant ones; 0 if there are none.
///
/// trec_eval `recall`: the denominator is R even where k < R.
pub fn recall_at<S: AsRef<str>>(ranked: &[S], grades: &Grades, k: usize) -> f64 {
    let found = ranked.iter().take(k).filter(|passage| grade_of(grades, passage) >= 1).count();
    ratio(found as f64, relevant_count(grades) as f64)
}

/// Computes average precision over the whole ranking, 0 to 1.
///
/// Buckley & Voorhees, SIGIR 2000; trec_eval `map`: precision at each relevant rank, summed, over R, so that
/// relevant passages that were not retrieved count 0.
pub fn average_precision<S: AsRef<str>>(ranked: &[S], grades: &Grades) -> f64 {
    let mut found = 0.0;
    let mut sum = 0.0;
    for (i, passage) in ranked.iter().enumerate() {
        if grade_of(grades, passage) >= 1 {
            found += 1.0;
            sum += found / (i + 1) as f64;
        }
    }
    ratio(sum, relevant_count(grades) as f64)
}

/// Computes the reciprocal of the first relevant rank, 0 to 1; 0 if nothing relevant was retrieved.
///
/// Voorhees, TREC-8 question answering track, 1999; trec_eval `recip_rank`: no cut-off.
pub fn reciprocal_rank<S: AsRef<str>>(ranked: &[S], grades: &Grades) -> f64 {
    let first = ranked.iter().position(|passage| grade_of(grades, passage) >= 1);
    first.map_or(0.0, |i| 1.0 / (i + 1) as f64)
}

/// Computes the share of the first k passages that were judged at all, 0 to 1; 0 for an empty ranking.
///
/// ir-measures `Judged@k`: divides by what was retrieved where that is less than k.
pub fn judged_at<S: AsRef<str>>(ranked: &[S], grades: &Grades, k: usize) -> f64 {
    let top = ranked.get(..k).unwrap_or(ranked);
    ratio(top.iter().filter(|passage| grades.contains_key(passage.as_ref())).count() as f64, top.len() as f64)
}

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

/// Orders scored passages as trec_eval does and returns their indices, best first.
///
/// Score descending, compared as f32; equal scores by id descending, byte by byte. NaN comes last.
pub fn rank_by_score<S: AsRef<str>>(scored: &[(S, f32)]) -> Vec<usize> {
    let mut order: Vec<(usize, &str, f32)> =
        scored.iter().enumerate().map(|(i, (id, score))| (i, id.as_ref(), *score)).collect();
    order.sort_by(|(_, a_id, a), (_, b_id, b)| by_score_descending(*a, *b).then_with(|| b_id.cmp(a_id)));
    order.into_iter().map(|(i, _, _)| i).collect()
}

fn by_score_descending(a: f32, b: f32) -> Ordering {
    b.partial_cmp(&a).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

fn dcg(gains: impl Iterator<Item = f64>, k: usize) -> f64 {
    gains.take(k).enumerate().map(|(i, gain)| gain / ((i + 2) as f64).log2()).sum()
}

fn grade_of(grades: &Grades, passage: impl AsRef<str>) -> i32 {
    grades.get(passage.as_ref()).copied().unwrap_or(0)
}

fn relevant_count(grades: &Grades) -> usize {
    grades.values().filter(|&&grade| grade >= 1).count()
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn grades(pairs: &[(&str, i32)]) -> Grades {
        pairs.iter().map(|&(id, grade)| (id.to_owned(), grade)).collect()
    }

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-15, "{a} against {b}");
    }

    /// trec_eval 9.0.8 and pytrec_eval on these qrels and this run.
    fn golden() -> (BTreeMap<String, Grades>, BTreeMap<String, Vec<&'static str>>) {
        let qrels = BTreeMap::from([
            ("q1".to_owned(), grades(&[("a", 1), ("b", 0), ("c", 2)])),
            ("q2".to_owned(), grades(&[("x", 0)])),
            ("q3".to_owned(), grades(&[("z", 1)])),
        ]);
        let run = [("a", 0.5), ("b", 0.5), ("c", 0.5), ("u", 0.7)];
        let ranked = rank_by_score(&run).into_iter().map(|i| run[i].0).collect();
        let rankings = BTreeMap::from([
            ("q1".to_owned(), ranked),
            ("q2".to_owned(), vec!["x"]),
            ("q9".to_owned(), vec!["x"]),
        ]);
        (qrels, rankings)
    }

    #[test]
    fn trec_eval_digits_of_one_query_with_ties() {
        let (qrels, rankings) = golden();
        let (q1, ranked) = (&qrels["q1"], &rankings["q1"]);
        assert_eq!(*ranked, ["u", "c", "b", "a"]);
        close(ndcg_at(ranked, q1, 3), 0.4796249331362629);
        close(ndcg_at(ranked, q1, 10), 0.6433224083306327);
        close(average_precision(ranked, q1), 0.5);
        close(reciprocal_rank(ranked, q1), 0.5);
        close(recall_at(ranked, q1, 10), 1.0);
        close(recall_at(ranked, q1, 2), 0.5);
        close(judged_at(ranked, q1, 10), 0.75);
    }

    #[test]
    fn means_follow_the_c_rule() {
        let (qrels, rankings) = golden();
        let all = evaluate(&qrels, &rankings);
        assert_eq!((all.queries(), all.without_relevant, all.missing), (3, 1, 1));
        assert_eq!(all.per_query["q2"], Measures::default());
        assert_eq!(all.per_query["q3"], Measures::default());
        assert!(!all.per_query.contains_key("q9"));
        assert_eq!(format!("{:.4}", all.mean.ndcg_at_10), "0.2144");
        assert_eq!(format!("{:.4}", all.mean.average_precision), "0.1667");
        assert_eq!(format!("{:.4}", all.mean.reciprocal_rank), "0.1667");
        assert_eq!(format!("{:.4}", all.mean.recall_at_100), "0.3333");
    }

    #[test]
    fn a_query_whose_judgements_are_empty_is_not_judged() {
        let qrels = BTreeMap::from([("q".to_owned(), Grades::new())]);
        let all = evaluate(&qrels, &BTreeMap::from([("q".to_owned(), vec!["a"])]));
        assert_eq!(all.queries(), 0);
        assert_eq!(all.mean, Measures::default());
    }

    #[test]
    fn negative_grades_gain_nothing_and_are_never_ideal() {
        let judged = grades(&[("a", -1), ("b", 2), ("c", -2)]);
        close(ndcg_at(&["a", "b"], &judged, 10), 1.0 / 3f64.log2());
        close(recall_at(&["a", "b"], &judged, 10), 1.0);
        close(average_precision(&["a", "b"], &judged), 0.5);
        close(ndcg_at(&["a"], &grades(&[("a", -1)]), 10), 0.0);
    }

    #[test]
    fn unretrieved_relevant_passages_lower_average_precision() {
        let judged = grades(&[("a", 1), ("b", 3), ("c", 1), ("d", 1)]);
        close(average_precision(&["a", "x", "b"], &judged), (1.0 + 2.0 / 3.0) / 4.0);
        close(average_precision::<&str>(&[], &judged), 0.0);
        close(judged_at::<&str>(&[], &judged, 10), 0.0);
        close(ndcg_at(&["a"], &judged, 0), 0.0);
    }

    #[test]
    fn ndcg_sees_nothing_below_its_depth() {
        let mut ranked: Vec<String> = (0..10).map(|i| format!("n{i}")).collect();
        ranked.push("a".to_owned());
        close(ndcg_at(&ranked, &grades(&[("a", 3)]), 10), 0.0);
        close(reciprocal_rank(&ranked, &grades(&[("a", 3)])), 1.0 / 11.0);
    }

    #[test]
    fn scores_are_ranked_as_f32_with_ids_descending_in_ties() {
        let scored = [("a", 0.5), ("b", 0.5 + 1e-8), ("B", 0.5), ("é", 0.5), ("n", f32::NAN), ("z", -1.0)];
        let ids: Vec<_> = rank_by_score(&scored).into_iter().map(|i| scored[i].0).collect();
        assert_eq!(ids, ["é", "b", "a", "B", "z", "n"]);
        assert_eq!(rank_by_score(&[("a", 0.0), ("b", -0.0)]), [1, 0]);
    }

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
