//! Examples to feedback: lines of one query joined, scores made gains.
//!
//! The rules stand in the parent module. Nothing here knows from which format an example comes.

use super::super::error::Problem;
use super::super::gains::{LARGEST_GAIN, Scale};
use super::super::{Corpus, Feedback, FeedbackQuery, Guidance, Preference, folded};
use super::example::Example;
use super::resolve::{Mark, Resolver, guidance, marks, nothing_to_learn};
use super::tally::{Lost, Tally};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

/// A query whose scores wait for the rest of the file; one mark a preference.
struct Draft {
    query: FeedbackQuery,
    marks: Vec<Mark>,
    /// Places in `marks` by passage.
    places: HashMap<usize, usize>,
    /// The guidance, to find what is there already.
    lessons: HashSet<Guidance>,
}

/// Takes examples one by one and gives the feedback at the end.
pub(super) struct Composer<'a> {
    resolver: Resolver<'a>,
    drafts: Vec<Draft>,
    /// Drafts by query, folded.
    by_query: HashMap<String, usize>,
    /// Draft and line of the ids that the file gives its queries.
    by_id: HashMap<String, (usize, u64)>,
    tally: Tally,
}

impl<'a> Composer<'a> {
    pub(super) fn new(corpus: &'a Corpus) -> Self {
        Self {
            resolver: Resolver::new(corpus),
            drafts: Vec::new(),
            by_query: HashMap::new(),
            by_id: HashMap::new(),
            tally: Tally::default(),
        }
    }

    /// Takes the example of a line, or says why it teaches nothing and leaves all as it was.
    pub(super) fn add(&mut self, line: u64, example: Example) -> Result<(), Problem> {
        let mut lost = Lost::default();
        let resolved = self.resolver.resolve(&example.candidates, &mut lost)?;
        let marks = marks(&resolved);
        let guidance = guidance(&example.query, &resolved, &mut lost)?;
        if marks.is_empty() && guidance.is_empty() {
            return Err(nothing_to_learn(&resolved, lost));
        }
        let draft = self.draft_of(line, &example)?;
        for (passage, mark) in marks {
            draft.take(passage, mark, &mut lost);
        }
        for lesson in guidance {
            if draft.lessons.insert(lesson.clone()) {
                draft.query.guidance.push(lesson);
            }
        }
        self.tally.lines += 1;
        self.tally.lost.add(lost);
        self.tally.choices.extend(example.choice);
        self.tally.other_fields.extend(example.other.into_iter().map(|(name, _)| name));
        Ok(())
    }

    /// The draft of the example's query, begun if it is new.
    fn draft_of(&mut self, line: u64, example: &Example) -> Result<&mut Draft, Problem> {
        let key = folded(&example.query);
        let next = self.drafts.len();
        let index = self.by_query.get(&key).copied().unwrap_or(next);
        if let Some(id) = &example.query_id {
            match self.by_id.entry(id.clone()) {
                Entry::Occupied(first) if first.get().0 != index => {
                    return Err(Problem::id_in_use("query_id", id, first.get().1));
                }
                Entry::Occupied(_) => {}
                Entry::Vacant(slot) => {
                    slot.insert((index, line));
                }
            }
        }
        if index == next {
            self.by_query.insert(key, next);
            self.drafts.push(Draft::new(line, example));
        }
        // The index is that of a draft that is there or was pushed just now.
        Ok(&mut self.drafts[index])
    }

    /// Makes gains of the scores and gives the feedback with what was counted.
    pub(super) fn finish(mut self) -> (Feedback, Tally) {
        let marks = self.drafts.iter().flat_map(|draft| &draft.marks);
        let scores = marks.clone().filter_map(|mark| match mark {
            Mark::Score(score) => Some(*score),
            Mark::Positive | Mark::Negative => None,
        });
        let scale = Scale::of(scores.clone());
        self.tally.scored = scores.count();
        self.tally.sided = marks.count() - self.tally.scored;
        self.tally.scaled = match scale {
            Scale::Gains => None,
            Scale::Range { min, max } => Some((min, max)),
        };
        let mut taken: HashSet<String> = self.by_id.into_keys().collect();
        for draft in self.drafts.iter_mut().filter(|draft| draft.query.query_id.is_empty()) {
            draft.query.query_id = free_id(draft.query.line, &mut taken);
        }
        let queries = self.drafts.into_iter().map(|draft| draft.finish(&scale)).collect();
        (Feedback { queries }, self.tally)
    }
}

/// An id for a query that has none, after its line.
fn free_id(line: u64, taken: &mut HashSet<String>) -> String {
    let numbered = (2_u64..).map(|number| format!("line {line} ({number})"));
    let mut ids = std::iter::once(format!("line {line}")).chain(numbered);
    ids.find(|id| taken.insert(id.clone())).unwrap_or_default()
}

impl Draft {
    fn new(line: u64, example: &Example) -> Self {
        let query = FeedbackQuery {
            line,
            // One without an id gets it at the end, when all others are known.
            query_id: example.query_id.clone().unwrap_or_default(),
            query: example.query.clone(),
            preferences: Vec::new(),
            guidance: Vec::new(),
            other: example.other.clone(),
        };
        Self { query, marks: Vec::new(), places: HashMap::new(), lessons: HashSet::new() }
    }

    /// Takes a candidate, or of two marks of the same one the stronger, and counts where the two disagree.
    fn take(&mut self, passage: usize, mark: Mark, lost: &mut Lost) {
        let next = self.marks.len();
        let place = *self.places.entry(passage).or_insert(next);
        let Some(earlier) = self.marks.get_mut(place) else {
            self.query.preferences.push(Preference { passage, gain: 0 });
            self.marks.push(mark);
            return;
        };
        match (*earlier, mark) {
            (Mark::Score(first), Mark::Score(second)) => lost.two_scores += usize::from(first != second),
            (Mark::Positive, Mark::Negative) => lost.both_sides += 1,
            (Mark::Negative, Mark::Positive) => {
                lost.both_sides += 1;
                *earlier = mark;
            }
            (_, Mark::Score(_)) => *earlier = mark,
            _ => {}
        }
    }

    fn finish(mut self, scale: &Scale) -> FeedbackQuery {
        for (preference, mark) in self.query.preferences.iter_mut().zip(&self.marks) {
            preference.gain = match *mark {
                Mark::Score(score) => scale.gain(score),
                Mark::Positive => LARGEST_GAIN,
                Mark::Negative => 0,
            };
        }
        self.query
    }
}
