//! Rankings that another system made for the judged queries: their grades, and the figures of whole runs.
//!
//! Nothing is embedded or ranked here, and passages need not be in the corpus: judgements name them by id.

use super::{Engine, EngineError, Evaluated, System};
use crate::data::{Collection, Run};
use crate::eval::{Measure, ScoredRun, evaluate_run};
use std::collections::HashSet;

/// What is judged of some rankings of one query.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedRankings {
    /// Passages judged relevant, ranked or not.
    pub relevant: usize,
    /// Grades by rank, and nDCG@10, of each ranking.
    pub rankings: Vec<(Vec<Option<i32>>, f64)>,
}

impl Engine {
    /// Grades rankings, passage ids best first; nothing if the query is not judged. A passage counts once.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] without a collection.
    pub fn judge_rankings(
        &self,
        query_id: &str,
        rankings: &[Vec<String>],
    ) -> Result<Option<JudgedRankings>, EngineError> {
        Ok(judge(self.collection()?, query_id, rankings))
    }

    /// Evaluates runs of the judged queries under the names of systems; a query that a run lacks counts 0.
    ///
    /// # Errors
    /// [`EngineError::NoJudgements`], [`EngineError::NotReady`], or what [`evaluate_run`] refuses.
    pub fn evaluate_runs(
        &self,
        runs: &[(System, Run)],
        measures: &[Measure],
    ) -> Result<Evaluated, EngineError> {
        evaluate(self.collection()?, runs, measures)
    }
}

fn judge(collection: &Collection, query_id: &str, rankings: &[Vec<String>]) -> Option<JudgedRankings> {
    let grades = collection.qrels.for_query(query_id)?;
    let judged = |ranking: &Vec<String>| {
        let mut seen = HashSet::new();
        let once: Vec<&str> = ranking.iter().map(String::as_str).filter(|id| seen.insert(*id)).collect();
        let ndcg = Measure::Ndcg(10).value(&once, grades);
        (ranking.iter().map(|id| grades.get(id).copied()).collect(), ndcg)
    };
    let relevant = grades.values().filter(|grade| **grade > 0).count();
    Some(JudgedRankings { relevant, rankings: rankings.iter().map(judged).collect() })
}

fn evaluate(
    collection: &Collection,
    runs: &[(System, Run)],
    measures: &[Measure],
) -> Result<Evaluated, EngineError> {
    if collection.judged_queries().next().is_none() {
        return Err(EngineError::NoJudgements);
    }
    let figures = |(system, run): &(System, Run)| {
        let scored: ScoredRun<&str> = run
            .iter()
            .map(|(id, hits)| (id.to_owned(), hits.iter().map(|h| (h.passage.as_str(), h.score)).collect()))
            .collect();
        Ok((*system, evaluate_run(measures, collection.qrels.as_map(), &scored)?))
    };
    Ok(Evaluated { systems: runs.iter().map(figures).collect::<Result<_, EngineError>>()? })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::super::systems::tests::collection;
    use super::*;
    use crate::data::Hit;
    use crate::eval::EvalError;

    fn ids(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|&id| id.to_owned()).collect()
    }

    fn run(hits: &[(&str, f32)]) -> Run {
        let mut run = Run::default();
        run.insert("q1", hits.iter().map(|&(id, score)| Hit { passage: id.to_owned(), score }).collect());
        run
    }

    #[test]
    fn a_ranking_is_graded_as_trec_eval_would() {
        let judged = judge(&collection(), "q1", &[ids(&["c", "b", "a"]), ids(&["elsewhere"])]).unwrap();
        assert_eq!(judged.relevant, 2);
        let [(grades, ndcg), (none, nothing)] = &judged.rankings[..] else { panic!("two rankings") };
        assert_eq!(grades, &[None, Some(2), Some(1)]);
        // (2 / log2(3) + 1 / log2(4)) / (2 + 1 / log2(3))
        assert!((ndcg - 0.669_67).abs() < 1e-5, "{ndcg}");
        assert_eq!((none.as_slice(), *nothing), ([None].as_slice(), 0.0));
    }

    #[test]
    fn a_passage_that_stands_there_twice_counts_once() {
        let judged = judge(&collection(), "q1", &[ids(&["b", "b", "a"])]).unwrap();
        assert_eq!(judged.rankings[0], (vec![Some(2), Some(2), Some(1)], 1.0));
    }

    #[test]
    fn an_unjudged_query_has_no_grades() {
        assert_eq!(judge(&collection(), "q3", &[ids(&["a"])]), None);
    }

    #[test]
    fn runs_are_evaluated_over_every_judged_query() {
        let runs = [
            (System::Before, run(&[("c", 0.9), ("b", 0.5), ("beyond the corpus", 0.1)])),
            (System::After, run(&[("b", 0.9), ("c", 0.5)])),
        ];
        let found = evaluate(&collection(), &runs, &[Measure::Mrr]).unwrap();
        let means: Vec<f64> = found.systems.iter().map(|(_, figures)| figures.mean[0]).collect();
        // q2 is judged and lacks a ranking.
        assert_eq!(means, [0.25, 0.5]);
        assert_eq!(found.systems[0].1.missing, 1);
    }

    #[test]
    fn no_judgements_and_a_repeated_passage_are_refused() {
        let without = Collection { qrels: Default::default(), ..collection() };
        assert!(matches!(evaluate(&without, &[], &[]), Err(EngineError::NoJudgements)));
        let twice = [(System::Before, run(&[("b", 0.9), ("b", 0.5)]))];
        let refused = evaluate(&collection(), &twice, &[Measure::Mrr]);
        assert!(matches!(refused, Err(EngineError::Eval(EvalError::RepeatedPassage { .. }))));
    }
}
