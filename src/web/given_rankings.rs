//! Rankings that the page got from a person's vector server, judged and evaluated by the engine.

use super::evaluating::{parsed, systems_evaluation};
use super::protocol::{JudgedRanking, QueryRankings, Reply, ScoredPassage};
use super::session::{Answer, Session};
use super::worker::Caller;
use crate::data::{Hit, Run};
use crate::engine::System;

impl Session {
    /// Grades and figures of rankings of one query.
    pub(super) fn judge(&self, query_id: &str, rankings: &[Vec<String>]) -> Answer {
        let judged = self.engine()?.judge_rankings(query_id, rankings)?;
        let relevant = judged.as_ref().map(|judged| judged.relevant as u32);
        let rankings = judged.into_iter().flat_map(|judged| judged.rankings);
        let rankings = rankings.map(|(grades, ndcg)| JudgedRanking { grades, ndcg }).collect();
        Ok(Reply::Judged { relevant, rankings })
    }

    /// Evaluates what another system ranked, with a test of after against before.
    pub(super) async fn evaluate_rankings(
        &self,
        caller: &Caller,
        rankings: Vec<QueryRankings>,
        measures: &[String],
    ) -> Answer {
        let evaluated = self.engine()?.evaluate_runs(&runs(rankings), &parsed(measures)?)?;
        let mut tests = evaluated.comparing(System::Before)?;
        while tests.advance() {
            caller.breathe().await?;
        }
        let (evaluated, compared) = tests.finish();
        let collection = self.engine()?.collection()?.clone();
        Ok(Reply::Systems(systems_evaluation(&collection, &evaluated, &compared, None)))
    }
}

/// Before, and after if any ranking has one.
fn runs(rankings: Vec<QueryRankings>) -> Vec<(System, Run)> {
    let (mut before, mut after) = (Run::default(), Run::default());
    for ranking in rankings {
        before.insert(&ranking.query_id, hits(ranking.before));
        if let Some(ranked) = ranking.after {
            after.insert(&ranking.query_id, hits(ranked));
        }
    }
    let after = Some((System::After, after)).filter(|(_, run)| !run.is_empty());
    [(System::Before, before)].into_iter().chain(after).collect()
}

fn hits(passages: Vec<ScoredPassage>) -> Vec<Hit> {
    passages.into_iter().map(|p| Hit { passage: p.passage_id, score: p.score as f32 }).collect()
}
