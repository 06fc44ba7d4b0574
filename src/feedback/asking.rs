//! Which requests a query needs: gains of its candidates first, and guidance once its gains are known.
//!
//! Chooses among candidates that others ranked; which queries are served poorly is not decided here.

use super::{Ask, AskKind, Prompts, Shown};
use crate::data::{Corpus, FeedbackQuery, Objective, Preference, Query, folded};
use std::collections::HashSet;

/// How to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskSettings {
    /// Round of the feedback, from 1.
    pub round: u16,
    /// Confusable worse candidates that the best one is set against, at most.
    pub relevance_pairs: usize,
}

impl Default for AskSettings {
    fn default() -> Self {
        Self { round: 1, relevance_pairs: 2 }
    }
}

/// Requests, and the queries that got none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AskList {
    /// The requests, in the order of the queries.
    pub asks: Vec<Ask>,
    /// Queries without a useful candidate: there is nothing to write guidance from.
    pub without_useful_candidate: usize,
    /// Queries left out because they are judged: what measures must not teach.
    pub judged: usize,
}

/// Collects requests, query after query.
#[derive(Debug)]
pub struct Asking<'a> {
    corpus: &'a Corpus,
    prompts: &'a Prompts,
    /// Texts of the judged queries, folded.
    judged: &'a HashSet<String>,
    settings: AskSettings,
    list: AskList,
}

impl<'a> Asking<'a> {
    /// Begins with no request. `judged` is what [`crate::data::Collection::judged_texts`] returns.
    pub fn new(
        corpus: &'a Corpus,
        prompts: &'a Prompts,
        judged: &'a HashSet<String>,
        settings: AskSettings,
    ) -> Self {
        Self { corpus, prompts, judged, settings, list: AskList::default() }
    }

    /// Asks for the gains of a query's candidates: positions in the corpus, best rank first.
    pub fn preference(&mut self, query: &Query, candidates: &[usize]) {
        if !candidates.is_empty() && !self.is_judged(&query.text) {
            self.ask(AskKind::Preference, query, candidates);
        }
    }

    /// Asks for guidance on a query whose gains are known. Its preferences stand in the retriever's order.
    ///
    /// Relevance: the best candidate (of highest gain, the first among equals) against the first candidates of
    /// lower gain. Comprehensiveness: all useful candidates, if there are two. Purity: the best candidate.
    pub fn guidance(&mut self, feedback: &FeedbackQuery) {
        if self.is_judged(&feedback.query) {
            return;
        }
        let ranked = &feedback.preferences;
        // The last maximum of the reversed order is the first one.
        let best = ranked.iter().rev().max_by_key(|candidate| candidate.gain).filter(|best| best.gain > 0);
        let Some(&best) = best else {
            self.list.without_useful_candidate += 1;
            return;
        };
        let query = Query { id: feedback.query_id.clone(), text: feedback.query.clone() };
        for worse in self.confusable(best, ranked) {
            self.ask(AskKind::Guidance(Objective::Relevance), &query, &[best.passage, worse]);
        }
        let useful: Vec<usize> = ranked.iter().filter(|c| c.gain > 0).map(|c| c.passage).collect();
        if useful.len() > 1 {
            self.ask(AskKind::Guidance(Objective::Comprehensiveness), &query, &useful);
        }
        self.ask(AskKind::Guidance(Objective::Purity), &query, &[best.passage]);
    }

    /// Ends the asking.
    pub fn finish(self) -> AskList {
        self.list
    }

    fn is_judged(&mut self, query: &str) -> bool {
        let is_judged = self.judged.contains(&folded(query));
        self.list.judged += usize::from(is_judged);
        is_judged
    }

    /// The best-ranked candidates of lower gain that say something else than the best one.
    fn confusable(&self, best: Preference, ranked: &[Preference]) -> Vec<usize> {
        let text = |passage: usize| self.corpus.passages().get(passage).map(|p| folded(&p.embedding_text()));
        let differs = |candidate: &&Preference| text(candidate.passage) != text(best.passage);
        let worse = ranked.iter().filter(|candidate| candidate.gain < best.gain).filter(differs);
        worse.take(self.settings.relevance_pairs).map(|candidate| candidate.passage).collect()
    }

    fn ask(&mut self, kind: AskKind, query: &Query, positions: &[usize]) {
        let passages = positions.iter().filter_map(|&position| self.corpus.passages().get(position));
        let shown = passages.map(|p| Shown { id: p.id.clone(), text: p.embedding_text() }).collect();
        self.list.asks.push(Ask::new(self.settings.round, kind, self.prompts, query.clone(), shown));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::super::AskId;
    use super::*;
    use crate::data::Passage;
    use serde_json::Map;

    /// Passages a to f; d says what b says.
    fn corpus() -> Corpus {
        let passage =
            |(id, text): (&str, &str)| Passage { id: id.into(), title: "T".into(), text: text.into() };
        let texts = [("a", "A"), ("b", "B"), ("c", "C"), ("d", " b"), ("e", "E"), ("f", "F")];
        Corpus::new(texts.map(passage).to_vec()).unwrap()
    }

    fn feedback(gains: &[u8]) -> FeedbackQuery {
        let preferences = gains.iter().zip(0..).map(|(&gain, passage)| Preference { passage, gain });
        FeedbackQuery {
            line: 1,
            query_id: "q1".into(),
            query: "Why?".into(),
            preferences: preferences.collect(),
            guidance: vec![],
            other: Map::new(),
        }
    }

    fn list(judged: &[&str], ask: impl Fn(&mut Asking)) -> AskList {
        let (corpus, prompts) = (corpus(), Prompts::built_in().unwrap());
        let judged = judged.iter().map(|text| (*text).to_owned()).collect();
        let mut asking = Asking::new(&corpus, &prompts, &judged, AskSettings::default());
        ask(&mut asking);
        asking.finish()
    }

    /// Kind and passages of each ask for guidance.
    fn guidance(gains: &[u8]) -> Vec<(&'static str, String)> {
        let asks = list(&[], |asking| asking.guidance(&feedback(gains))).asks;
        let ids = |ask: &Ask| ask.passages.iter().map(|passage| passage.id.as_str()).collect();
        asks.iter().map(|ask| (ask.kind.name(), ids(ask))).collect()
    }

    #[test]
    fn candidates_are_judged_in_one_ask() {
        let query = Query { id: "q1".into(), text: "Why?".into() };
        let list = list(&[], |asking| {
            asking.preference(&query, &[4, 0]);
            asking.preference(&query, &[]);
        });
        assert_eq!(list.asks.len(), 1);
        let ask = &list.asks[0];
        assert_eq!((ask.kind, ask.round, &ask.query), (AskKind::Preference, 1, &query));
        let shown: Vec<_> = ask.passages.iter().map(|p| (p.id.as_str(), p.text.as_str())).collect();
        assert_eq!(shown, [("e", "T E"), ("a", "T A")]);
        assert!(AskId::parse(&ask.custom_id).is_some_and(|id| id.query_key() == "q1"));
    }

    #[test]
    fn guidance_sets_the_best_against_what_ranks_high_and_is_worse() {
        let pair = |ids: &str| ("relevance", ids.to_owned());
        let merged = |ids: &str| ("comprehensiveness", ids.to_owned());
        let pure = |id: &str| ("purity", id.to_owned());
        // b is the first of gain 3; d of gain 0 says the same and is no contrast to it.
        let expected = [pair("ba"), pair("bc"), merged("abe"), pure("b")];
        assert_eq!(guidance(&[1, 3, 0, 0, 3, 0]), expected);
        assert_eq!(guidance(&[0, 0, 0, 3, 0, 0]), [pair("da"), pair("dc"), pure("d")]);
        assert_eq!(guidance(&[2, 2]), [merged("ab"), pure("a")]);
        assert_eq!(guidance(&[1]), [pure("a")]);
    }

    #[test]
    fn queries_without_use_or_judged_get_none() {
        let query = Query { id: "q1".into(), text: "why? ".into() };
        let useless = list(&[], |asking| {
            asking.guidance(&feedback(&[0, 0]));
            asking.guidance(&feedback(&[]));
        });
        assert_eq!((useless.asks.len(), useless.without_useful_candidate, useless.judged), (0, 2, 0));
        let judged = list(&["why?"], |asking| {
            asking.guidance(&feedback(&[3, 0]));
            asking.preference(&query, &[0]);
        });
        assert_eq!((judged.asks.len(), judged.without_useful_candidate, judged.judged), (0, 0, 2));
    }
}
