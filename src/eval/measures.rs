//! The formulas: nDCG, recall, precision, average precision and so on as trec_eval computes them.
//!
//! A ranking is a slice of passage ids, best first, each id once. A passage without a judgement and a
//! passage with a grade of 0 or below are both non-relevant and gain nothing; relevant means grade >= 1.
//! Nothing here cuts a ranking before the measure says so, and nothing drops a judged query.

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Judgements of one query: grade by passage id.
pub type Grades = BTreeMap<String, i32>;

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

/// Computes nDCG@k with exponential gain, 0 to 1; 0 if nothing is relevant.
///
/// Burges et al., ICML 2005: as [`ndcg_at`] with gain 2^grade - 1, which weighs high grades more. It is
/// another measure than trec_eval's default and must be named wherever it is shown (`ndcg_exp@k`).
pub fn ndcg_exp_at<S: AsRef<str>>(ranked: &[S], grades: &Grades, k: usize) -> f64 {
    let mut ideal: Vec<i32> = grades.values().copied().filter(|&grade| grade > 0).collect();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let highest = f64::from(ideal.first().copied().unwrap_or(0));
    // Over 2^highest, which cancels in the ratio: no grade is too large for f64.
    let gain = |grade: i32| (f64::from(grade.max(0)) - highest).exp2() - (-highest).exp2();
    let gains = ranked.iter().map(|passage| gain(grade_of(grades, passage)));
    ratio(dcg(gains, k), dcg(ideal.into_iter().map(gain), k))
}

/// Computes Recall@k, 0 to 1: relevant passages in the first k over all relevant ones; 0 if there are none.
///
/// trec_eval `recall`: the denominator is R even where k < R.
pub fn recall_at<S: AsRef<str>>(ranked: &[S], grades: &Grades, k: usize) -> f64 {
    ratio(found_at(ranked, grades, k) as f64, relevant_count(grades) as f64)
}

/// Computes Precision@k, 0 to 1: relevant passages in the first k over k.
///
/// trec_eval `P`: the denominator is k even where fewer passages were retrieved.
pub fn precision_at<S: AsRef<str>>(ranked: &[S], grades: &Grades, k: usize) -> f64 {
    ratio(found_at(ranked, grades, k) as f64, k as f64)
}

/// Computes success@k: 1 if a relevant passage is in the first k, else 0 (trec_eval `success`).
pub fn success_at<S: AsRef<str>>(ranked: &[S], grades: &Grades, k: usize) -> f64 {
    if found_at(ranked, grades, k) > 0 { 1.0 } else { 0.0 }
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
    ratio(judged_in(top, grades) as f64, top.len() as f64)
}

/// Counts the passages that were judged.
pub(super) fn judged_in<S: AsRef<str>>(ranked: &[S], grades: &Grades) -> usize {
    ranked.iter().filter(|passage| grades.contains_key(passage.as_ref())).count()
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

pub(super) fn dcg(gains: impl Iterator<Item = f64>, k: usize) -> f64 {
    gains.take(k).enumerate().map(|(i, gain)| gain / ((i + 2) as f64).log2()).sum()
}

fn grade_of(grades: &Grades, passage: impl AsRef<str>) -> i32 {
    grades.get(passage.as_ref()).copied().unwrap_or(0)
}

fn found_at<S: AsRef<str>>(ranked: &[S], grades: &Grades, k: usize) -> usize {
    ranked.iter().take(k).filter(|passage| grade_of(grades, passage) >= 1).count()
}

pub(super) fn relevant_count(grades: &Grades) -> usize {
    grades.values().filter(|&&grade| grade >= 1).count()
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn grades(pairs: &[(&str, i32)]) -> Grades {
        pairs.iter().map(|&(id, grade)| (id.to_owned(), grade)).collect()
    }

    pub(crate) fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-15, "{a} against {b}");
    }

    /// trec_eval 9.0.8 and pytrec_eval on these qrels and this run.
    pub(crate) fn golden() -> (BTreeMap<String, Grades>, BTreeMap<String, Vec<&'static str>>) {
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
    fn precision_and_success_of_the_golden_query() {
        let (qrels, rankings) = golden();
        let (q1, ranked) = (&qrels["q1"], &rankings["q1"]);
        assert_eq!([1, 10].map(|k| success_at(ranked, q1, k)), [0.0, 1.0]);
        // Four were retrieved, two of them relevant: the denominator stays k.
        close(precision_at(ranked, q1, 10), 0.2);
        close(precision_at(ranked, q1, 2), 0.5);
        close(precision_at(ranked, q1, 0), 0.0);
    }

    #[test]
    fn exponential_gain_worked_by_hand() {
        // Gains 3 at rank 2 and 1 at rank 4; ideal 3 and 1.
        let judged = grades(&[("a", 1), ("b", 0), ("c", 2)]);
        let expected = (3.0 / 3f64.log2() + 1.0 / 5f64.log2()) / (3.0 + 1.0 / 3f64.log2());
        close(ndcg_exp_at(&["u", "c", "b", "a"], &judged, 10), expected);
        close(ndcg_exp_at(&["c", "a"], &judged, 10), 1.0);
        close(ndcg_exp_at(&["b"], &grades(&[("b", 0), ("n", -3)]), 10), 0.0);
    }

    #[test]
    fn exponential_gain_of_binary_grades_is_the_linear_one() {
        let judged = grades(&[("a", 1), ("b", 1), ("c", 0)]);
        let ranked = ["c", "b", "x", "a"];
        close(ndcg_exp_at(&ranked, &judged, 3), ndcg_at(&ranked, &judged, 3));
    }

    #[test]
    fn exponential_gain_has_no_largest_grade() {
        let judged = grades(&[("a", i32::MAX), ("b", i32::MAX - 1)]);
        let expected = (0.5 + 1.0 / 3f64.log2()) / (1.0 + 0.5 / 3f64.log2());
        close(ndcg_exp_at(&["b", "a"], &judged, 10), expected);
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
}
