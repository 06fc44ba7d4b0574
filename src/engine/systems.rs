//! The systems that an evaluation sets side by side, and how each ranks the passages for a query.
//!
//! All go through the same corpus and the same tie rule; nothing is measured here.

use super::{Engine, EngineError, PassageIndex, RUN_DEPTH, Tower};
use crate::data::Collection;
use crate::retrieve::{Bm25, Bm25Settings, Hit, Index, reciprocal_rank_fusion};
use std::sync::Arc;

/// Something that ranks passages for a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum System {
    /// The base model.
    Before,
    /// The taught or loaded adapter.
    After,
    /// Words alone, without a model.
    Bm25,
    /// Reciprocal rank fusion of BM25 and the base model.
    HybridBefore,
    /// Reciprocal rank fusion of BM25 and the adapter.
    HybridAfter,
}

impl System {
    /// All systems, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Before, Self::After, Self::Bm25, Self::HybridBefore, Self::HybridAfter];

    /// Returns its name in files, options and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
            Self::Bm25 => "bm25",
            Self::HybridBefore => "hybrid-before",
            Self::HybridAfter => "hybrid-after",
        }
    }

    /// Finds a system by its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|system| system.name() == name)
    }

    /// The tower whose vectors it needs; none for words alone.
    pub fn tower(self) -> Option<Tower> {
        match self {
            Self::Before | Self::HybridBefore => Some(Tower::Baseline),
            Self::After | Self::HybridAfter => Some(Tower::Tuned),
            Self::Bm25 => None,
        }
    }

    fn uses_words(self) -> bool {
        matches!(self, Self::Bm25 | Self::HybridBefore | Self::HybridAfter)
    }
}

/// What several systems rank with.
#[derive(Clone)]
pub(super) struct Rankers {
    pub(super) collection: Arc<Collection>,
    /// None if no system reads words.
    pub(super) bm25: Option<Arc<Bm25>>,
    /// None if no system needs the base model.
    pub(super) before: Option<Arc<Index>>,
    /// None if no system needs the adapter.
    pub(super) after: Option<Arc<Index>>,
}

/// A query as words and as vectors by the towers that are asked.
#[derive(Clone, Copy)]
pub(super) struct AskedQuery<'a> {
    pub(super) text: &'a str,
    pub(super) before: Option<&'a [f32]>,
    pub(super) after: Option<&'a [f32]>,
}

impl Rankers {
    /// Ranks the passages for one query by each system, to [`RUN_DEPTH`]; what several share is ranked once.
    pub(super) fn rank(&self, systems: &[System], query: AskedQuery) -> Result<Vec<Vec<Hit>>, EngineError> {
        let by_words = self.bm25.as_ref().map(|bm25| bm25.top_k(query.text, RUN_DEPTH));
        let before = by_vector(self.before.as_ref(), query.before)?;
        let after = by_vector(self.after.as_ref(), query.after)?;
        let missing = || EngineError::NotReady("a system lacks what it ranks with");
        let fused = |vectors: &Option<Vec<Hit>>| {
            let (words, vectors) = by_words.as_deref().zip(vectors.as_deref()).ok_or_else(missing)?;
            Ok(reciprocal_rank_fusion(&self.collection.corpus, &[words, vectors], RUN_DEPTH)?)
        };
        let of = |system: &System| match system {
            System::Before => before.clone().ok_or_else(missing),
            System::After => after.clone().ok_or_else(missing),
            System::Bm25 => by_words.clone().ok_or_else(missing),
            System::HybridBefore => fused(&before),
            System::HybridAfter => fused(&after),
        };
        systems.iter().map(of).collect()
    }

    /// The passages' ids, in the order of a ranking.
    pub(super) fn ids<'a>(&'a self, hits: &'a [Hit]) -> impl Iterator<Item = (&'a str, f32)> {
        let passages = self.collection.corpus.passages();
        hits.iter().filter_map(|hit| Some((passages.get(hit.position)?.id.as_str(), hit.score)))
    }
}

fn by_vector(index: Option<&Arc<Index>>, vector: Option<&[f32]>) -> Result<Option<Vec<Hit>>, EngineError> {
    let Some((index, vector)) = index.zip(vector) else { return Ok(None) };
    Ok(Some(index.top_k(vector, RUN_DEPTH)?))
}

impl Engine {
    /// Gathers what the systems rank with; the index of words is built once a collection, when it is first needed.
    pub(super) fn rankers(&mut self, systems: &[System]) -> Result<Rankers, EngineError> {
        let needs = |tower| systems.iter().any(|system| system.tower() == Some(tower));
        let index = |tower| needs(tower).then(|| self.index_of(tower).map(PassageIndex::shared)).transpose();
        let (before, after) = (index(Tower::Baseline)?, index(Tower::Tuned)?);
        let bm25 = if systems.iter().any(|system| system.uses_words()) { Some(self.bm25()?) } else { None };
        Ok(Rankers { collection: Arc::clone(self.collection()?), bm25, before, after })
    }

    fn bm25(&mut self) -> Result<Arc<Bm25>, EngineError> {
        let shelf = self.shelf.as_mut().ok_or(EngineError::NotReady(super::NO_COLLECTION))?;
        if let Some(bm25) = &shelf.bm25 {
            return Ok(Arc::clone(bm25));
        }
        let bm25 = Arc::new(Bm25::new(&shelf.collection.corpus, Bm25Settings::default())?);
        shelf.bm25 = Some(Arc::clone(&bm25));
        Ok(bm25)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
pub(super) mod tests {
    use super::*;
    use crate::data::{Corpus, Feedback, Passage, Qrels, Queries, Query};

    /// Three passages on the axes of three dimensions; two judged queries, and one that nobody has judged.
    pub(crate) fn collection() -> Collection {
        let passage =
            |(id, text): (&str, &str)| Passage { id: id.into(), title: String::new(), text: text.into() };
        let texts = [("a", "pump noise"), ("b", "pump valve"), ("c", "warm water")];
        let query = |(id, text): (&str, &str)| Query { id: id.into(), text: text.into() };
        let asked = [("q1", "pump"), ("q2", "hot water"), ("q3", "noise")];
        let mut qrels = Qrels::default();
        for (query, passage, grade) in [("q1", "b", 2), ("q1", "a", 1), ("q2", "c", 1)] {
            qrels.insert(query, passage, grade);
        }
        Collection {
            name: "tiny".into(),
            corpus: Corpus::new(texts.map(passage).to_vec()).unwrap(),
            queries: Queries::new(asked.map(query).to_vec()).unwrap(),
            qrels,
            feedback: None,
            judged_feedback: Feedback::default(),
        }
    }

    pub(crate) fn rankers() -> Rankers {
        let collection = Arc::new(collection());
        let ids = ["a", "b", "c"].map(str::to_owned);
        let axes = vec![1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        let index = Arc::new(Index::new(&ids, axes, 3).unwrap());
        let bm25 = Bm25::new(&collection.corpus, Bm25Settings::default()).unwrap();
        Rankers {
            collection,
            bm25: Some(Arc::new(bm25)),
            before: Some(Arc::clone(&index)),
            after: Some(index),
        }
    }

    #[test]
    fn each_system_ranks_by_its_own_means() {
        let rankers = rankers();
        let query =
            AskedQuery { text: "pump", before: Some(&[0.1, 0.2, 0.9]), after: Some(&[0.9, 0.2, 0.1]) };
        let ranked = rankers.rank(&System::ALL, query).unwrap();
        let ids = |i: usize| rankers.ids(&ranked[i]).map(|(id, _)| id).collect::<Vec<_>>().join("");
        // Words: a and b tie, and the larger id goes first; c has no word of the query.
        assert_eq!([ids(0), ids(1), ids(2)], ["cba", "abc", "ba"]);
        // 1/61 + 1/62 for b; 1/62 + 1/63 for a; 1/61 for c.
        assert_eq!(ids(3), "bac");
        // 1/61 + 1/62 for a and b, which tie, so that b goes first; 1/63 for c.
        assert_eq!(ids(4), "bac");
        assert_eq!(ranked[4][0].score, ranked[4][1].score);
        assert_ne!(ranked[3][0].score, ranked[3][1].score);
    }

    #[test]
    fn a_system_without_its_means_is_refused() {
        let query = AskedQuery { text: "pump", before: Some(&[1.0, 0.0, 0.0]), after: None };
        for system in [System::After, System::HybridAfter] {
            assert!(matches!(rankers().rank(&[system], query), Err(EngineError::NotReady(_))));
        }
        let without_words = Rankers { bm25: None, ..rankers() };
        assert!(matches!(without_words.rank(&[System::Bm25], query), Err(EngineError::NotReady(_))));
        assert_eq!(without_words.rank(&[System::Before], query).unwrap()[0].len(), 3);
    }

    #[test]
    fn names_come_back() {
        for system in System::ALL {
            assert_eq!(System::from_name(system.name()), Some(system));
        }
        assert_eq!(System::from_name("hybrid"), None);
    }
}
