//! What a line's candidates are in the corpus, and what they teach: marks for preferences, lessons of guidance.
//!
//! Looks at one line alone; what other lines say of the same query is joined in `compose`.

use super::super::error::{LEAVE_OUT, Problem};
use super::super::feedback_file::position;
use super::super::{Corpus, Guidance, Objective, TextRef};
use super::example::{Candidate, Side, Source};
use super::passages::Passages;
use super::tally::Lost;
use std::cell::OnceCell;
use std::collections::HashMap;

/// What the lessons of a line may take in memory: each positive is set against each negative, and a line of a
/// hundred megabytes would make thousands of gigabytes of that.
const MAX_LESSON_BYTES: usize = 64 << 20;

/// What makes a candidate's gain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Mark {
    Negative,
    Positive,
    Score(f64),
}

/// A candidate whose text was looked up.
pub(super) struct Resolved {
    text: TextRef,
    side: Side,
    score: Option<f64>,
}

impl Resolved {
    fn mark(&self) -> Mark {
        match (self.score, self.side) {
            (Some(score), _) => Mark::Score(score),
            (None, Side::Positive) => Mark::Positive,
            (None, Side::Negative | Side::Rated) => Mark::Negative,
        }
    }

    fn is_passage(&self) -> bool {
        matches!(self.text, TextRef::Passage(_))
    }

    /// What a copy of its text takes in memory.
    fn size_bytes(&self) -> usize {
        let text = if let TextRef::Text(text) = &self.text { text.len() } else { 0 };
        size_of::<TextRef>() + text
    }
}

/// Looks candidates up in a corpus.
pub(super) struct Resolver<'a> {
    corpus: &'a Corpus,
    /// Made when the first text is looked up: formats with ids need it not.
    passages: OnceCell<Passages>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(corpus: &'a Corpus) -> Self {
        Self { corpus, passages: OnceCell::new() }
    }

    /// Looks up all candidates of a line; counts the ids that the corpus lacks and the texts that come twice.
    pub(super) fn resolve(
        &self,
        candidates: &[Candidate],
        lost: &mut Lost,
    ) -> Result<Vec<Resolved>, Problem> {
        let mut resolved: Vec<Resolved> = Vec::with_capacity(candidates.len());
        let mut sides: HashMap<TextRef, Side> = HashMap::with_capacity(candidates.len());
        for candidate in candidates {
            let Some(text) = self.look_up(candidate, lost)? else {
                lost.unknown_ids += 1;
                continue;
            };
            match sides.get(&text) {
                Some(&side) if side == candidate.side => lost.repeated += 1,
                Some(_) => lost.both_sides += 1,
                None => {
                    sides.insert(text.clone(), candidate.side);
                    resolved.push(Resolved { text, side: candidate.side, score: candidate.score });
                }
            }
        }
        Ok(resolved)
    }

    /// The text behind a candidate; none behind an id that the corpus lacks.
    fn look_up(&self, candidate: &Candidate, lost: &mut Lost) -> Result<Option<TextRef>, Problem> {
        let text = match &candidate.source {
            Source::Id(id) if candidate.side == Side::Rated => {
                return position(id, self.corpus).map(|position| Some(TextRef::Passage(position)));
            }
            Source::Id(id) => return Ok(self.corpus.position(id).map(TextRef::Passage)),
            Source::Node { id, text } => match self.corpus.position(id) {
                Some(position) => return Ok(Some(TextRef::Passage(position))),
                None => text,
            },
            Source::Text(text) => text,
        };
        Ok(Some(match self.passages.get_or_init(|| Passages::new(self.corpus)).find(text) {
            Some(found) => {
                lost.shared_texts += usize::from(found.is_shared);
                TextRef::Passage(found.position)
            }
            None => {
                lost.scores_of_texts += usize::from(candidate.score.is_some());
                TextRef::Text(text.trim().to_owned())
            }
        }))
    }
}

/// The candidates that are passages; none if all that is known of them is that they are worse than something.
pub(super) fn marks(resolved: &[Resolved]) -> Vec<(usize, Mark)> {
    let marks: Vec<(usize, Mark)> = resolved
        .iter()
        .filter_map(|candidate| match candidate.text {
            TextRef::Passage(position) => Some((position, candidate.mark())),
            TextRef::Text(_) => None,
        })
        .collect();
    if marks.iter().all(|(_, mark)| *mark == Mark::Negative) { Vec::new() } else { marks }
}

/// Lessons with a text outside the corpus on one side or on both.
pub(super) fn guidance(
    query: &str,
    resolved: &[Resolved],
    lost: &mut Lost,
) -> Result<Vec<Guidance>, Problem> {
    let on = |side: Side| resolved.iter().filter(move |candidate| candidate.side == side);
    let (better, worse) = (on(Side::Positive).count(), on(Side::Negative).count());
    let bytes_of_worse: usize = on(Side::Negative).map(Resolved::size_bytes).sum();
    if bytes_of_worse.saturating_mul(better) > MAX_LESSON_BYTES {
        let reason = format!("{better} texts are set against {worse}, which is more than can be taught of");
        return Err(Problem::new(
            reason,
            "Write several lines with fewer texts each, or leave the line out.",
        ));
    }
    let mut lessons = Vec::new();
    for positive in on(Side::Positive) {
        let against = on(Side::Negative).filter(|negative| !positive.is_passage() || !negative.is_passage());
        let negatives: Vec<TextRef> = against.map(|negative| negative.text.clone()).collect();
        if !negatives.is_empty() {
            let (query, positive) = (query.to_owned(), positive.text.clone());
            lessons.push(Guidance { objective: Objective::Relevance, query, positive, negatives });
        }
    }
    if lessons.is_empty() {
        lost.lone_texts += resolved.iter().filter(|candidate| !candidate.is_passage()).count();
    }
    Ok(lessons)
}

/// Why the candidates of a line give neither a preference nor a lesson.
pub(super) fn nothing_to_learn(resolved: &[Resolved], lost: Lost) -> Problem {
    if lost.unknown_ids > 0 {
        let reason =
            format!("passages that the corpus lacks: {}, and what is left teaches nothing", lost.unknown_ids);
        return Problem::new(reason, "Leave the line out, or add the passages.");
    }
    if resolved.iter().any(|candidate| candidate.side == Side::Positive) {
        let reason = "its positive is not in the corpus, and there is no negative to set it against";
        return Problem::new(reason, "Leave the line out, or add the passage.");
    }
    Problem::new("nothing in it is said to be better than anything else", LEAVE_OUT)
}
