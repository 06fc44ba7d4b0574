//! A run evaluated by any list of measures: figures by query, their means, and what the means are over.
//!
//! trec_eval's `-c` rule: every judged query counts, and one without a ranking counts 0. It does not cut the
//! run, and it drops no passage but those that a measure does not look at.

use super::measures::{Grades, judged_in, rank_by_score, relevant_count};
use super::{EvalError, Measure};
use std::collections::{BTreeMap, HashSet};

/// How far down a ranking must hold a judged passage for its figures to mean something.
pub(super) const JUDGED_DEPTH: usize = 10;

/// Scored passages by query id, in any order: the order comes from the scores.
pub type ScoredRun<S> = BTreeMap<String, Vec<(S, f32)>>;

/// What one judged query reaches.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryFigures {
    /// One value a measure, in the order of the measures asked for.
    pub values: Vec<f64>,
    /// Passages judged relevant, retrieved or not.
    pub relevant: usize,
    /// Passages ranked; 0 if the run lacks the query.
    pub ranked: usize,
    /// Judged passages among the first ten.
    pub judged: usize,
}

/// Figures of all judged queries and their means.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// The measures, in the order of every list of values.
    pub measures: Vec<Measure>,
    /// Figures by query id, for every query with at least one judgement.
    pub per_query: BTreeMap<String, QueryFigures>,
    /// Means over `per_query`, one a measure; all 0 if there is no judged query.
    pub mean: Vec<f64>,
    /// Judged queries without a relevant passage; they count 0.
    pub without_relevant: usize,
    /// Judged queries without a ranking; they count 0.
    pub missing: usize,
    /// Judged queries without a judged passage among their first ten.
    pub nothing_judged: usize,
    /// Rankings of queries without judgements; they do not count.
    pub ignored: usize,
}

impl Figures {
    /// Averages figures that were computed query by query; every judged query is among them.
    pub fn new(measures: Vec<Measure>, per_query: BTreeMap<String, QueryFigures>) -> Self {
        let count = |is: fn(&QueryFigures) -> bool| per_query.values().filter(|query| is(query)).count();
        let [without_relevant, missing, nothing_judged] = [
            count(|query| query.relevant == 0),
            count(|query| query.ranked == 0),
            count(|query| query.judged == 0),
        ];
        let n = per_query.len().max(1) as f64;
        let sum = |i: usize| per_query.values().filter_map(|query| query.values.get(i)).sum::<f64>();
        let mean = (0..measures.len()).map(|i| sum(i) / n).collect();
        Self { measures, per_query, mean, without_relevant, missing, nothing_judged, ignored: 0 }
    }

    /// Counts the queries that the means are over.
    pub fn queries(&self) -> usize {
        self.per_query.len()
    }

    /// Returns the mean of a measure; `None` if it was not asked for.
    pub fn mean_of(&self, measure: Measure) -> Option<f64> {
        self.mean.get(self.place(measure)?).copied()
    }

    /// Returns the values of a measure, one a query in the order of `per_query`; `None` if it was not asked
    /// for.
    pub fn values_of(&self, measure: Measure) -> Option<Vec<f64>> {
        let place = self.place(measure)?;
        self.per_query.values().map(|query| query.values.get(place).copied()).collect()
    }

    fn place(&self, measure: Measure) -> Option<usize> {
        self.measures.iter().position(|&other| other == measure)
    }
}

/// Evaluates a run by any measures: means over all queries with at least one judgement.
///
/// Passages are ordered by [`rank_by_score`], whatever order they come in. A judged query without a ranking
/// counts 0, and so does one without a relevant passage; a ranking of a query without judgements is ignored.
/// All three are counted.
///
/// # Errors
/// [`EvalError::RepeatedPassage`] or [`EvalError::NanScore`], of judged queries only.
pub fn evaluate_run<S: AsRef<str>>(
    measures: &[Measure],
    qrels: &BTreeMap<String, Grades>,
    run: &ScoredRun<S>,
) -> Result<Figures, EvalError> {
    let judged = |query: &String| qrels.get(query).is_some_and(|grades| !grades.is_empty());
    let mut per_query = BTreeMap::new();
    for (query, grades) in qrels.iter().filter(|(_, grades)| !grades.is_empty()) {
        let scored = run.get(query).map_or(&[][..], Vec::as_slice);
        let ranked = ranking(query, scored)?;
        per_query.insert(query.clone(), query_figures(measures, &ranked, grades));
    }
    let ignored = run.keys().filter(|query| !judged(query)).count();
    Ok(Figures { ignored, ..Figures::new(measures.to_vec(), per_query) })
}

/// Computes the figures of one ranking, passage ids best first, each once.
pub fn query_figures<S: AsRef<str>>(measures: &[Measure], ranked: &[S], grades: &Grades) -> QueryFigures {
    let top = ranked.get(..JUDGED_DEPTH).unwrap_or(ranked);
    QueryFigures {
        values: measures.iter().map(|measure| measure.value(ranked, grades)).collect(),
        relevant: relevant_count(grades),
        ranked: ranked.len(),
        judged: judged_in(top, grades),
    }
}

/// Passage ids, best first.
fn ranking<'a, S: AsRef<str>>(query: &str, scored: &'a [(S, f32)]) -> Result<Vec<&'a str>, EvalError> {
    let mut seen = HashSet::with_capacity(scored.len());
    for (passage, score) in scored {
        let (query, passage) = (query.to_owned(), passage.as_ref());
        if score.is_nan() {
            return Err(EvalError::NanScore { query, passage: passage.to_owned() });
        }
        if !seen.insert(passage) {
            return Err(EvalError::RepeatedPassage { query, passage: passage.to_owned() });
        }
    }
    let in_order = rank_by_score(scored).into_iter();
    Ok(in_order.filter_map(|i| scored.get(i)).map(|(passage, _)| passage.as_ref()).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::super::measures::tests::{close, grades};
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn measures(names: &[&str]) -> Vec<Measure> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    fn run_of<'a>(lines: &[(&str, &[(&'a str, f32)])]) -> ScoredRun<&'a str> {
        lines.iter().map(|(query, scored)| ((*query).to_owned(), scored.to_vec())).collect()
    }

    /// The judgements of the table of trec_eval's digits.
    fn golden_qrels() -> BTreeMap<String, Grades> {
        BTreeMap::from([
            ("q1".to_owned(), grades(&[("a", 1), ("b", 0), ("c", 2)])),
            ("q2".to_owned(), grades(&[("x", 0)])),
            ("q3".to_owned(), grades(&[("z", 1)])),
        ])
    }

    #[test]
    fn trec_eval_digits_of_every_query_and_mean() {
        // trec_eval 9.0.8 -c and pytrec_eval; columns AP, RR, R@10, nDCG@3, nDCG@10, S@1, S@10.
        let asked = measures(&["map", "mrr", "recall@10", "ndcg@3", "ndcg@10", "success@1", "success@10"]);
        let run = run_of(&[
            ("q1", &[("a", 0.5), ("b", 0.5), ("c", 0.5), ("u", 0.7)]),
            ("q2", &[("x", 0.5)]),
            ("q9", &[("x", 0.5)]),
        ]);
        let all = evaluate_run(&asked, &golden_qrels(), &run).unwrap();
        let q1 = [0.5, 0.5, 1.0, 0.4796249331362629, 0.6433224083306327, 0.0, 1.0];
        all.per_query["q1"].values.iter().zip(q1).for_each(|(&found, expected)| close(found, expected));
        assert_eq!(all.per_query["q2"].values, [0.0; 7]);
        assert_eq!(all.per_query["q3"].values, [0.0; 7]);
        let means: Vec<String> = all.mean.iter().map(|mean| format!("{mean:.4}")).collect();
        assert_eq!(means, ["0.1667", "0.1667", "0.3333", "0.1599", "0.2144", "0.0000", "0.3333"]);
    }

    #[test]
    fn what_the_means_are_over_is_counted() {
        let run = run_of(&[("q1", &[("u", 0.7)]), ("q2", &[("x", 0.5)]), ("q9", &[("x", 0.5)])]);
        let all = evaluate_run(&measures(&["map"]), &golden_qrels(), &run).unwrap();
        assert_eq!((all.queries(), all.without_relevant, all.missing, all.ignored), (3, 1, 1, 1));
        assert_eq!(all.nothing_judged, 2);
        let q2 = QueryFigures { values: vec![0.0], relevant: 0, ranked: 1, judged: 1 };
        assert_eq!(all.per_query["q2"], q2);
        assert_eq!(all.per_query.keys().collect::<Vec<_>>(), ["q1", "q2", "q3"]);
    }

    #[test]
    fn a_judged_passage_below_the_tenth_is_too_deep_to_count() {
        let qrels = BTreeMap::from([("q".to_owned(), grades(&[("a", 1)]))]);
        let mut scored: Vec<(String, f32)> = (0..10).map(|i| (format!("n{i}"), 1.0)).collect();
        scored.push(("a".to_owned(), 0.5));
        let run = BTreeMap::from([("q".to_owned(), scored)]);
        let all = evaluate_run(&measures(&["mrr"]), &qrels, &run).unwrap();
        assert_eq!((all.nothing_judged, all.mean[0]), (1, 1.0 / 11.0));
    }

    #[test]
    fn values_are_found_by_measure() {
        let run = run_of(&[("q1", &[("c", 0.7)]), ("q3", &[("z", 0.7)])]);
        let all = evaluate_run(&measures(&["map", "P@1"]), &golden_qrels(), &run).unwrap();
        assert_eq!(all.values_of(Measure::Precision(1)), Some(vec![1.0, 0.0, 1.0]));
        assert_eq!(all.mean_of(Measure::Map), Some(0.5));
        assert_eq!(all.mean_of(Measure::Mrr), None);
    }

    #[test]
    fn no_judgements_give_no_figures() {
        let qrels = BTreeMap::from([("q".to_owned(), Grades::new())]);
        let all = evaluate_run(&measures(&["map"]), &qrels, &run_of(&[("q", &[("a", 1.0)])])).unwrap();
        assert_eq!((all.queries(), all.ignored, all.mean), (0, 1, vec![0.0]));
    }

    #[test]
    fn runs_without_an_order_are_refused() {
        let run = run_of(&[("q1", &[("a", 0.5), ("c", 0.4), ("a", 0.3)])]);
        let (query, passage) = ("q1".to_owned(), "a".to_owned());
        let refused = evaluate_run(&[], &golden_qrels(), &run);
        assert_eq!(
            refused,
            Err(EvalError::RepeatedPassage { query: query.clone(), passage: passage.clone() })
        );
        let run = run_of(&[("q1", &[("a", f32::NAN)])]);
        let refused = evaluate_run(&[], &golden_qrels(), &run);
        assert_eq!(refused, Err(EvalError::NanScore { query, passage }));
    }

    /// The definitions word by word, slow: rank = 1 + number of passages that go before, then sums over
    /// pairs.
    mod literal {
        use super::Grades;

        pub(super) fn rank(scored: &[(String, f32)], passage: &str) -> Option<usize> {
            let (own_id, own) = scored.iter().find(|(id, _)| id == passage)?;
            Some(1 + scored.iter().filter(|(id, s)| s > own || (s == own && id > own_id)).count())
        }

        fn relevant_until(scored: &[(String, f32)], grades: &Grades, k: usize) -> f64 {
            let is_in = |id: &str| rank(scored, id).is_some_and(|rank| rank <= k);
            grades.iter().filter(|(id, grade)| **grade >= 1 && is_in(id)).count() as f64
        }

        fn gain(grade: i32, exponential: bool) -> f64 {
            if grade <= 0 {
                0.0
            } else if exponential {
                2f64.powi(grade) - 1.0
            } else {
                f64::from(grade)
            }
        }

        fn ndcg(scored: &[(String, f32)], grades: &Grades, k: usize, exponential: bool) -> f64 {
            let discount = |rank: usize| 1.0 / ((rank + 1) as f64).log2();
            let mut dcg = 0.0;
            for (id, grade) in grades {
                if let Some(rank) = rank(scored, id).filter(|&rank| rank <= k) {
                    dcg += gain(*grade, exponential) * discount(rank);
                }
            }
            let mut ideal: Vec<f64> = grades.values().map(|&grade| gain(grade, exponential)).collect();
            ideal.sort_by(|a, b| b.total_cmp(a));
            let best: f64 = ideal.iter().take(k).zip(1..).map(|(gain, rank)| gain * discount(rank)).sum();
            if best == 0.0 { 0.0 } else { dcg / best }
        }

        fn first_relevant(scored: &[(String, f32)], grades: &Grades) -> Option<usize> {
            grades.iter().filter(|(_, grade)| **grade >= 1).filter_map(|(id, _)| rank(scored, id)).min()
        }

        fn average_precision(scored: &[(String, f32)], grades: &Grades, relevant: f64) -> f64 {
            let ranks =
                grades.iter().filter(|(_, grade)| **grade >= 1).filter_map(|(id, _)| rank(scored, id));
            let precisions = ranks.map(|rank| relevant_until(scored, grades, rank) / rank as f64);
            if relevant == 0.0 { 0.0 } else { precisions.sum::<f64>() / relevant }
        }

        pub(super) fn value(name: &str, k: usize, scored: &[(String, f32)], grades: &Grades) -> f64 {
            let relevant = grades.values().filter(|&&grade| grade >= 1).count() as f64;
            let reciprocal = first_relevant(scored, grades).map_or(0.0, |rank| 1.0 / rank as f64);
            match name {
                "ndcg" => ndcg(scored, grades, k, false),
                "ndcg_exp" => ndcg(scored, grades, k, true),
                "recall" if relevant == 0.0 => 0.0,
                "recall" => relevant_until(scored, grades, k) / relevant,
                "P" => relevant_until(scored, grades, k) / k as f64,
                "success" => f64::from(u8::from(relevant_until(scored, grades, k) > 0.0)),
                "mrr" if first_relevant(scored, grades).is_some_and(|rank| rank <= k) => reciprocal,
                "mrr" => 0.0,
                "map" => average_precision(scored, grades, relevant),
                _ => {
                    let top: Vec<_> = scored
                        .iter()
                        .filter(|(id, _)| rank(scored, id).is_some_and(|rank| rank <= k))
                        .collect();
                    let judged = top.iter().filter(|(id, _)| grades.contains_key(id)).count();
                    if top.is_empty() { 0.0 } else { judged as f64 / top.len() as f64 }
                }
            }
        }
    }

    /// Few ids and few scores: ties, unjudged passages, missing queries and negative grades all occur.
    fn random_collection(rng: &mut ChaCha8Rng) -> (BTreeMap<String, Grades>, ScoredRun<String>) {
        let mut qrels = BTreeMap::new();
        let mut run = BTreeMap::new();
        for query in 0..rng.random_range(1..6) {
            let mut pick = |share: f64| (0..16).filter(|_| rng.random_bool(share)).collect::<Vec<u32>>();
            let (judged, ranked) = (pick(0.4), pick(0.6));
            let grade = |id: &u32| (format!("p{id}"), rng.random_range(-2..4));
            qrels.insert(format!("q{query}"), judged.iter().map(grade).collect());
            if rng.random_bool(0.8) {
                let scored = |id: &u32| (format!("p{id}"), rng.random_range(0..5) as f32 / 4.0);
                run.insert(format!("q{query}"), ranked.iter().map(scored).collect());
            }
        }
        (qrels, run)
    }

    #[test]
    fn every_measure_is_its_literal_definition_on_random_runs() {
        let named: Vec<(String, usize)> = ["ndcg", "ndcg_exp", "recall", "P", "success", "mrr", "judged"]
            .iter()
            .flat_map(|name| [1, 3, 10, 100].map(|k| ((*name).to_owned(), k)))
            .collect();
        let mut asked: Vec<Measure> =
            named.iter().map(|(name, k)| format!("{name}@{k}").parse().unwrap()).collect();
        asked.extend([Measure::Map, Measure::Mrr]);
        let whole = [("map".to_owned(), usize::MAX), ("mrr".to_owned(), usize::MAX)];
        let mut rng = ChaCha8Rng::seed_from_u64(11);
        for _ in 0..300 {
            let (qrels, run) = random_collection(&mut rng);
            let all = evaluate_run(&asked, &qrels, &run).unwrap();
            let judged: Vec<_> = qrels.iter().filter(|(_, grades)| !grades.is_empty()).collect();
            assert_eq!(all.queries(), judged.len());
            for (i, (name, k)) in named.iter().chain(&whole).enumerate() {
                let mut sum = 0.0;
                for (query, grades) in &judged {
                    let scored = run.get(*query).map_or(&[][..], Vec::as_slice);
                    let expected = literal::value(name, *k, scored, grades);
                    let found = all.per_query[*query].values[i];
                    assert!((found - expected).abs() < 1e-12, "{name}@{k}: {found} against {expected}");
                    assert!((0.0..=1.0 + 1e-12).contains(&found), "{name}@{k}: {found}");
                    sum += expected;
                }
                assert!((all.mean[i] - sum / judged.len().max(1) as f64).abs() < 1e-12, "mean {name}@{k}");
            }
        }
    }
}
