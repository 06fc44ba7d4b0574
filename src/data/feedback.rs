//! What the LLM said: preferences over a query's candidates, and guidance written for the poor ones.
//!
//! Liu et al. 2024 (arXiv 2411.03957). Candidates are positions in the corpus; a text that the LLM wrote stays
//! a text and never enters the corpus.

use super::folded;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// What a guidance example teaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Objective {
    /// What a passage says, not which words it shares with the query.
    Relevance,
    /// Prefer the passage that holds more of the answer.
    Comprehensiveness,
    /// Prefer the passage with less noise.
    Purity,
}

impl Objective {
    /// All objectives, in the order in which they are counted and shown.
    pub const ALL: [Self; 3] = [Self::Relevance, Self::Comprehensiveness, Self::Purity];

    /// Returns its name in files and on the page.
    pub fn name(self) -> &'static str {
        match self {
            Self::Relevance => "relevance",
            Self::Comprehensiveness => "comprehensiveness",
            Self::Purity => "purity",
        }
    }

    /// Finds an objective by its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|objective| objective.name() == name)
    }
}

/// The LLM's opinion of one candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preference {
    /// Position of the passage in the corpus.
    pub passage: usize,
    /// Usefulness, 0 to 3, higher is better.
    pub gain: u8,
}

/// A text to learn from: a passage, or something that the LLM wrote.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TextRef {
    /// Position of a passage in the corpus.
    Passage(usize),
    /// The text itself.
    Text(String),
}

/// One lesson: for this query, the positive should rank above the negatives.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Guidance {
    /// What it teaches.
    pub objective: Objective,
    /// The query, which need not be the line's own.
    pub query: String,
    /// The better text.
    pub positive: TextRef,
    /// The worse texts, at least one.
    pub negatives: Vec<TextRef>,
}

/// The feedback on one query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedbackQuery {
    /// Line of the file, from 1.
    pub line: u64,
    /// Its id; `line N` where the file gives none.
    pub query_id: String,
    /// Its text.
    pub query: String,
    /// The retriever's candidates as the LLM judged them; may be empty if there is guidance.
    pub preferences: Vec<Preference>,
    /// The lessons; may be empty if there are preferences.
    pub guidance: Vec<Guidance>,
    /// The line's other fields, such as the LLM's name or its reasons: kept with the line, used for nothing.
    pub other: Map<String, Value>,
}

impl FeedbackQuery {
    /// Returns the round of teaching that the line was asked for: its field `round`, or 1.
    pub fn round(&self) -> usize {
        let round = self.other.get("round").and_then(Value::as_u64).unwrap_or(1);
        usize::try_from(round).unwrap_or(1).max(1)
    }

    /// Tells whether there are candidates and none of them is of any use: they teach nothing by preference.
    pub fn lacks_useful_candidate(&self) -> bool {
        !self.preferences.is_empty() && self.preferences.iter().all(|preference| preference.gain == 0)
    }
}

/// Feedback on many queries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Feedback {
    /// The queries in the order of the file.
    pub queries: Vec<FeedbackQuery>,
}

impl Feedback {
    /// Returns the lines that hold by now: of each query's text, the last one of the latest round.
    pub fn latest(&self) -> Vec<&FeedbackQuery> {
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut latest: Vec<&FeedbackQuery> = Vec::new();
        for line in &self.queries {
            match places.entry(folded(&line.query)) {
                Entry::Vacant(place) => {
                    place.insert(latest.len());
                    latest.push(line);
                }
                Entry::Occupied(place) => {
                    let known = &mut latest[*place.get()];
                    if line.round() >= known.round() {
                        *known = line;
                    }
                }
            }
        }
        latest
    }

    /// Returns the lines about a query's text, whatever its case and blanks, in the order of the file.
    pub fn about(&self, query: &str) -> Vec<&FeedbackQuery> {
        let wanted = folded(query);
        self.queries.iter().filter(|line| folded(&line.query) == wanted).collect()
    }

    /// Counts guidance examples by objective, in the order of [`Objective::ALL`].
    pub fn guidance_counts(&self) -> [usize; 3] {
        Objective::ALL.map(|objective| {
            let guidance = self.queries.iter().flat_map(|query| &query.guidance);
            guidance.filter(|example| example.objective == objective).count()
        })
    }

    /// Counts queries whose candidates are all of gain 0.
    pub fn without_useful_candidate(&self) -> usize {
        self.queries.iter().filter(|query| query.lacks_useful_candidate()).count()
    }

    /// Counts queries with a useful candidate: these teach by preference.
    pub fn preference_queries(&self) -> usize {
        let useful = |query: &&FeedbackQuery| query.preferences.iter().any(|preference| preference.gain > 0);
        self.queries.iter().filter(useful).count()
    }

    /// Counts judged candidates over all queries.
    pub fn preference_count(&self) -> usize {
        self.queries.iter().map(|query| query.preferences.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(gains: &[u8], objectives: &[Objective]) -> FeedbackQuery {
        let guidance = |&objective: &Objective| Guidance {
            objective,
            query: "q".into(),
            positive: TextRef::Passage(0),
            negatives: vec![TextRef::Text("t".into())],
        };
        FeedbackQuery {
            line: 1,
            query_id: "q".into(),
            query: "q".into(),
            preferences: gains
                .iter()
                .enumerate()
                .map(|(passage, &gain)| Preference { passage, gain })
                .collect(),
            guidance: objectives.iter().map(guidance).collect(),
            other: Map::new(),
        }
    }

    #[test]
    fn counts_are_over_all_queries() {
        use Objective::{Purity, Relevance};
        let queries =
            vec![query(&[0, 0], &[Relevance, Purity]), query(&[0, 1], &[Purity]), query(&[], &[Purity])];
        let feedback = Feedback { queries };
        assert_eq!(feedback.guidance_counts(), [1, 0, 3]);
        assert_eq!(feedback.preference_count(), 4);
        assert_eq!(feedback.without_useful_candidate(), 1);
    }

    #[test]
    fn a_line_belongs_to_the_round_that_it_names() {
        let of = |other: Value| {
            let Value::Object(other) = other else { panic!("an object") };
            FeedbackQuery { other, ..query(&[1], &[]) }.round()
        };
        assert_eq!(of(serde_json::json!({})), 1);
        assert_eq!(of(serde_json::json!({ "round": 2 })), 2);
        assert_eq!(of(serde_json::json!({ "round": 0 })), 1);
        assert_eq!(of(serde_json::json!({ "round": "two" })), 1);
    }

    #[test]
    fn the_latest_line_of_a_query_holds() {
        let line = |text: &str, round: u64, line: u64| FeedbackQuery {
            query: text.into(),
            line,
            other: Map::from_iter([("round".to_owned(), round.into())]),
            ..query(&[1], &[])
        };
        let queries =
            vec![line("a", 2, 1), line("b", 1, 2), line("A ", 1, 3), line("b", 1, 4), line("c", 1, 5)];
        let lines: Vec<u64> = Feedback { queries }.latest().iter().map(|line| line.line).collect();
        assert_eq!(lines, [1, 4, 5]);
    }

    #[test]
    fn lines_are_found_by_their_querys_text() {
        let line = |text: &str, line: u64| FeedbackQuery { query: text.into(), line, ..query(&[1], &[]) };
        let feedback = Feedback { queries: vec![line("a b", 1), line("a", 2), line("A  b ", 3)] };
        let about = |text| feedback.about(text).iter().map(|line| line.line).collect::<Vec<_>>();
        assert_eq!(about(" a B"), [1, 3]);
        assert_eq!(about("b"), Vec::<u64>::new());
    }

    #[test]
    fn objectives_are_found_by_name() {
        for objective in Objective::ALL {
            assert_eq!(Objective::from_name(objective.name()), Some(objective));
        }
        assert_eq!(Objective::from_name("Relevance"), None);
    }
}
