//! Several systems on the judged queries by any measures, with runs to write down, and tests of every difference.
//!
//! Embeds nothing: the towers were measured before, and their query vectors are still there.

use super::systems::{AskedQuery, Rankers, System};
use super::{Engine, EngineError, Tower};
use crate::data::{self, Run};
use crate::eval::{
    Comparison, EvalError, Figures, Measure, MeasureComparison, QueryFigures, adjusted, compare_measure,
    query_figures,
};
use crate::retrieve::Hit;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Queries ranked in one piece.
const QUERIES_PER_PIECE: usize = 16;
/// Seed of every draw, as in the comparison of before and after.
const SEED: u64 = 0;

/// What systems reach on the judged queries.
#[derive(Debug, Clone)]
pub struct Evaluated {
    /// The figures by system, in the order asked for; all of the same queries and measures.
    pub systems: Vec<(System, Figures)>,
}

/// One system against another, in every measure that can be tested.
#[derive(Debug, Clone)]
pub struct SystemComparison {
    /// The system.
    pub system: System,
    /// What it is set against.
    pub reference: System,
    /// The numbers, Holm's adjustment over these measures among them; or why there is nothing to test.
    pub measures: Result<Vec<MeasureComparison>, EvalError>,
}

/// The judged queries as the systems rank them.
struct JudgedRankings {
    rankers: Rankers,
    systems: Vec<System>,
    /// Judged queries by id, in the order of the vectors.
    query_ids: Vec<String>,
    /// `[queries, hidden]` by each tower that is asked.
    before: Option<Arc<[f32]>>,
    after: Option<Arc<[f32]>>,
}

/// Measures systems; they rank the queries together, so that what they share is ranked once.
pub struct EvaluatingJob {
    rankings: JudgedRankings,
    measures: Vec<Measure>,
    figures: Vec<BTreeMap<String, QueryFigures>>,
    done: usize,
}

/// Gathers the run of one system.
pub struct RunJob {
    rankings: JudgedRankings,
    run: Run,
    done: usize,
}

/// Tests every system but one against that one.
pub struct ComparingJob {
    evaluated: Evaluated,
    reference: System,
    /// Pairs that are finished.
    compared: Vec<SystemComparison>,
    /// Measures of the pair at hand.
    pair: Vec<(Measure, Comparison)>,
}

impl Engine {
    /// Begins to evaluate systems on the judged queries; a measure that is named twice is computed once.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if the tower of a system was not measured yet, [`EngineError::NoJudgements`].
    pub fn evaluating(
        &mut self,
        systems: &[System],
        measures: &[Measure],
    ) -> Result<EvaluatingJob, EngineError> {
        let figures = vec![BTreeMap::new(); systems.len()];
        let rankings = self.judged_rankings(systems)?;
        let mut distinct = Vec::with_capacity(measures.len());
        for measure in measures {
            if !distinct.contains(measure) {
                distinct.push(*measure);
            }
        }
        Ok(EvaluatingJob { rankings, measures: distinct, figures, done: 0 })
    }

    /// Begins to gather a system's run on the judged queries.
    ///
    /// # Errors
    /// Those of [`Self::evaluating`].
    pub fn running(&mut self, system: System) -> Result<RunJob, EngineError> {
        Ok(RunJob { rankings: self.judged_rankings(&[system])?, run: Run::default(), done: 0 })
    }

    fn judged_rankings(&mut self, systems: &[System]) -> Result<JudgedRankings, EngineError> {
        let rankers = self.rankers(systems)?;
        let vectors = |index: &Option<_>, tower| match index {
            Some(_) => Ok(Some(Arc::clone(&self.measured(tower)?.vectors))),
            None => Ok::<_, EngineError>(None),
        };
        let (before, after) =
            (vectors(&rankers.before, Tower::Baseline)?, vectors(&rankers.after, Tower::Tuned)?);
        let query_ids = rankers.collection.judged_queries().map(|query| query.id.clone()).collect();
        JudgedRankings { rankers, systems: systems.to_vec(), query_ids, before, after }.checked()
    }
}

impl JudgedRankings {
    fn checked(self) -> Result<Self, EngineError> {
        if self.query_ids.is_empty() { Err(EngineError::NoJudgements) } else { Ok(self) }
    }

    /// The rankings of one query by every system.
    fn rank(&self, place: usize) -> Result<Vec<Vec<Hit>>, EngineError> {
        let collection = &self.rankers.collection;
        let query = self.query_ids.get(place).and_then(|id| collection.queries.get(id));
        let query = query.ok_or(EngineError::NoJudgements)?;
        let before = row(&self.before, place, self.query_ids.len());
        let after = row(&self.after, place, self.query_ids.len());
        self.rankers.rank(&self.systems, AskedQuery { text: &query.text, before, after })
    }

    /// The next queries to rank, by place and id.
    fn piece(&self, done: usize) -> impl Iterator<Item = (usize, &String)> {
        self.query_ids.iter().enumerate().skip(done).take(QUERIES_PER_PIECE)
    }
}

/// One row of a matrix of so many rows.
fn row(vectors: &Option<Arc<[f32]>>, place: usize, rows: usize) -> Option<&[f32]> {
    let vectors = vectors.as_ref()?;
    vectors.chunks_exact((vectors.len() / rows).max(1)).nth(place)
}

impl EvaluatingJob {
    /// Does one piece of the work; returns whether there is more.
    ///
    /// # Errors
    /// Those of ranking.
    pub fn advance(&mut self) -> Result<bool, EngineError> {
        let collection = &self.rankings.rankers.collection;
        for (place, id) in self.rankings.piece(self.done) {
            let grades = collection.qrels.for_query(id).ok_or(EngineError::NoJudgements)?;
            for (figures, hits) in self.figures.iter_mut().zip(self.rankings.rank(place)?) {
                let ids: Vec<&str> = self.rankings.rankers.ids(&hits).map(|(id, _)| id).collect();
                figures.insert(id.clone(), query_figures(&self.measures, &ids, grades));
            }
        }
        self.done = self.total().min(self.done + QUERIES_PER_PIECE);
        Ok(self.done < self.total())
    }

    /// Queries ranked.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Queries in all.
    pub fn total(&self) -> usize {
        self.rankings.query_ids.len()
    }

    /// The figures.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if the job is not finished.
    pub fn finish(self) -> Result<Evaluated, EngineError> {
        if self.done < self.total() {
            return Err(EngineError::NotReady("the queries are not all ranked"));
        }
        let figures = self.figures.into_iter().map(|by_query| Figures::new(self.measures.clone(), by_query));
        Ok(Evaluated { systems: self.rankings.systems.into_iter().zip(figures).collect() })
    }
}

impl RunJob {
    /// Does one piece of the work; returns whether there is more.
    ///
    /// # Errors
    /// Those of ranking.
    pub fn advance(&mut self) -> Result<bool, EngineError> {
        let hit = |(id, score): (&str, f32)| data::Hit { passage: id.to_owned(), score };
        for (place, id) in self.rankings.piece(self.done) {
            let hits = self.rankings.rank(place)?.pop().unwrap_or_default();
            self.run.insert(id, self.rankings.rankers.ids(&hits).map(hit).collect());
        }
        let total = self.rankings.query_ids.len();
        self.done = total.min(self.done + QUERIES_PER_PIECE);
        Ok(self.done < total)
    }

    /// The run as far as it is gathered.
    pub fn into_run(self) -> Run {
        self.run
    }
}

impl Evaluated {
    /// The figures of a system, if it was evaluated.
    pub fn figures(&self, system: System) -> Option<&Figures> {
        self.systems.iter().find(|(other, _)| *other == system).map(|(_, figures)| figures)
    }

    /// Begins to test every other system against one.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if that one was not evaluated.
    pub fn comparing(self, reference: System) -> Result<ComparingJob, EngineError> {
        if self.figures(reference).is_none() {
            return Err(EngineError::NotReady("the system to compare with was not evaluated"));
        }
        Ok(ComparingJob { evaluated: self, reference, compared: Vec::new(), pair: Vec::new() })
    }
}

impl ComparingJob {
    /// Tests one system in one measure; returns whether there is more.
    pub fn advance(&mut self) -> bool {
        let Some((system, figures)) = self.others().nth(self.compared.len()) else { return false };
        let Some(reference) = self.evaluated.figures(self.reference) else { return false };
        let tested = figures.measures.iter().filter(|measure| measure.is_tested());
        match tested.clone().nth(self.pair.len()).copied() {
            Some(measure) => match compare_measure(reference, figures, measure, SEED) {
                Ok(comparison) => self.pair.push((measure, comparison)),
                Err(reason) => self.end_pair(system, Err(reason)),
            },
            None => {
                let pair = std::mem::take(&mut self.pair);
                self.end_pair(system, Ok(adjusted(pair)));
            }
        }
        self.others().nth(self.compared.len()).is_some()
    }

    /// What was evaluated, and the comparisons that are finished.
    pub fn finish(self) -> (Evaluated, Vec<SystemComparison>) {
        (self.evaluated, self.compared)
    }

    fn others(&self) -> impl Iterator<Item = (System, &Figures)> {
        let others = self.evaluated.systems.iter().filter(|(system, _)| *system != self.reference);
        others.map(|(system, figures)| (*system, figures))
    }

    fn end_pair(&mut self, system: System, measures: Result<Vec<MeasureComparison>, EvalError>) {
        self.pair.clear();
        self.compared.push(SystemComparison { system, reference: self.reference, measures });
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::super::systems::tests::rankers;
    use super::*;
    use crate::eval::{ScoredRun, compare_figures, evaluate_run};

    fn rankings(systems: &[System]) -> JudgedRankings {
        // Of q1 and q2; before finds c first for q1 and a for q2, after the best first for both.
        let before = vec![0.1, 0.2, 0.9, 0.9, 0.2, 0.1];
        let after = vec![0.2, 0.9, 0.1, 0.1, 0.2, 0.9];
        JudgedRankings {
            rankers: rankers(),
            systems: systems.to_vec(),
            query_ids: ["q1", "q2"].map(str::to_owned).to_vec(),
            before: Some(before.into()),
            after: Some(after.into()),
        }
    }

    fn evaluated(systems: &[System], measures: &[Measure]) -> Evaluated {
        let figures = vec![BTreeMap::new(); systems.len()];
        let mut job =
            EvaluatingJob { rankings: rankings(systems), measures: measures.to_vec(), figures, done: 0 };
        while job.advance().unwrap() {}
        job.finish().unwrap()
    }

    fn run(system: System) -> Run {
        let mut job = RunJob { rankings: rankings(&[system]), run: Run::default(), done: 0 };
        while job.advance().unwrap() {}
        job.into_run()
    }

    #[test]
    fn figures_worked_by_hand() {
        let found =
            evaluated(&[System::Before, System::After, System::Bm25], &[Measure::Mrr, Measure::Recall(1)]);
        let means: Vec<_> = found.systems.iter().map(|(_, figures)| figures.mean.clone()).collect();
        // Before: c b a and a b c, the first relevant at rank 2 and 3. Words: b a, and c for "hot water".
        assert_eq!(means, [vec![(0.5 + 1.0 / 3.0) / 2.0, 0.0], vec![1.0, 0.75], vec![1.0, 0.75]]);
    }

    #[test]
    fn a_run_evaluates_to_the_figures_that_were_computed_with_it() {
        let measures = [Measure::Ndcg(2), Measure::Map, Measure::Judged(10)];
        let found = evaluated(&System::ALL, &measures);
        for (system, figures) in &found.systems {
            let run = run(*system);
            let scored: ScoredRun<&str> = run
                .iter()
                .map(|(id, hits)| {
                    (id.to_owned(), hits.iter().map(|h| (h.passage.as_str(), h.score)).collect())
                })
                .collect();
            let again = evaluate_run(&measures, rankers().collection.qrels.as_map(), &scored).unwrap();
            assert_eq!(&again, figures, "{}", system.name());
        }
    }

    #[test]
    fn every_other_system_is_tested_against_one() {
        let systems = [System::Before, System::After, System::Bm25];
        let found = evaluated(&systems, &[Measure::Ndcg(10), Measure::Judged(10), Measure::Map]);
        let mut job = found.clone().comparing(System::After).unwrap();
        while job.advance() {}
        let (_, compared) = job.finish();
        let pairs: Vec<_> = compared.iter().map(|c| (c.system, c.reference)).collect();
        assert_eq!(pairs, [(System::Before, System::After), (System::Bm25, System::After)]);
        let at_once =
            compare_figures(found.figures(System::After).unwrap(), found.figures(System::Before).unwrap(), 0);
        assert_eq!(compared[0].measures, at_once);
        assert_eq!(at_once.unwrap().len(), 2);
        assert!(matches!(found.comparing(System::HybridAfter), Err(EngineError::NotReady(_))));
    }

    #[test]
    fn a_pair_that_cannot_be_tested_says_why_and_the_next_one_goes_on() {
        let mut found = evaluated(&[System::Before, System::Bm25, System::After], &[Measure::Map]);
        found.systems[1].1.nothing_judged = 2;
        let mut job = found.comparing(System::Before).unwrap();
        while job.advance() {}
        let (_, compared) = job.finish();
        assert_eq!(compared[0].measures, Err(EvalError::NothingJudged { side: "after", depth: 10 }));
        assert_eq!(compared[1].measures.as_ref().unwrap().len(), 1);
    }

    #[test]
    fn one_system_alone_is_compared_with_nothing_and_no_query_is_refused() {
        let mut job = evaluated(&[System::Before], &[Measure::Map]).comparing(System::Before).unwrap();
        assert!(!job.advance());
        assert!(job.finish().1.is_empty());
        let none = JudgedRankings { query_ids: Vec::new(), ..rankings(&[System::Before]) };
        assert!(matches!(none.checked(), Err(EngineError::NoJudgements)));
    }
}
