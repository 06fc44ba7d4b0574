//! One answer turned into what it adds to a feedback line: preferences, or guidance examples.
//!
//! Checks what an answer says against the collection; which line it belongs to is settled before.

use super::reply::ASK_AGAIN;
use super::{Ask, Content};
use crate::data::{Corpus, Guidance, Objective, Preference, Problem, TextRef, clip, folded};
use std::collections::HashSet;

/// What fits into the 256 word pieces that the encoder reads; the prompt asks for fewer.
const READ_WORDS: usize = 180;

/// What an answer adds. Nothing but a note if the LLM declined for good.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Lesson {
    pub(super) preferences: Vec<Preference>,
    pub(super) examples: Vec<Guidance>,
    pub(super) note: Option<String>,
}

/// What an answer is checked against.
pub(super) struct Background<'a> {
    pub(super) corpus: &'a Corpus,
    /// Texts of the judged queries, folded.
    pub(super) judged: &'a HashSet<String>,
    /// Text of the query.
    pub(super) query: &'a str,
    /// Its candidates' gains, as far as they are known.
    pub(super) gains: &'a [Preference],
    /// The request, if it is at hand.
    pub(super) ask: Option<&'a Ask>,
}

/// Finds the corpus positions of the ids that an answer speaks of.
pub(super) fn positions(content: &Content, corpus: &Corpus) -> Result<Vec<usize>, Problem> {
    let position = |id: &str| {
        let unknown = || format!("doc_id '{}' is not in the corpus", clip(id));
        corpus.position(id).ok_or_else(|| problem(unknown()))
    };
    content.passage_ids().into_iter().map(position).collect()
}

impl Background<'_> {
    /// Turns an answer into a lesson; `positions` are those of its ids.
    pub(super) fn lesson(&self, content: &Content, positions: &[usize]) -> Result<Lesson, Problem> {
        match content {
            Content::Preference(scores) => Ok(self.preferences(scores, positions)),
            Content::Relevance { new_query: None, .. } => Ok(Lesson {
                note: Some("the LLM found no query that turns the two passages around".to_owned()),
                ..Lesson::default()
            }),
            Content::Relevance { new_query: Some(new_query), .. } => self.relevance(new_query, positions),
            Content::Comprehensiveness { merged, .. } => self.comprehensiveness(merged, positions),
            Content::Purity { dense, sparse, .. } => self.purity(dense, sparse),
        }
    }

    /// In the order of the ranking if the request is at hand, else in that of the answer.
    fn preferences(&self, scores: &[(String, u8)], positions: &[usize]) -> Lesson {
        let rank = |id: &str| self.ask.and_then(|ask| ask.passages.iter().position(|shown| shown.id == id));
        let preference =
            |((id, gain), &passage): (&(String, u8), &usize)| (rank(id), Preference { passage, gain: *gain });
        let mut ranked: Vec<_> = scores.iter().zip(positions).map(preference).collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        Lesson {
            preferences: ranked.into_iter().map(|(_, preference)| preference).collect(),
            ..Lesson::default()
        }
    }

    fn relevance(&self, new_query: &str, positions: &[usize]) -> Result<Lesson, Problem> {
        let folded_new = folded(new_query);
        if folded_new == folded(self.query) {
            return Err(problem("the new query is the old one".to_owned()));
        }
        if self.judged.contains(&folded_new) {
            return Err(problem(format!("the new query '{}' is a judged query", clip(new_query))));
        }
        let &[better, worse] = positions else {
            return Ok(Lesson::default());
        };
        let example = |query: &str, positive, negative| {
            let (positive, negatives) = (TextRef::Passage(positive), vec![TextRef::Passage(negative)]);
            Guidance { objective: Objective::Relevance, query: query.to_owned(), positive, negatives }
        };
        let examples = vec![example(self.query, better, worse), example(new_query, worse, better)];
        Ok(Lesson { examples, ..Lesson::default() })
    }

    fn comprehensiveness(&self, merged: &str, sources: &[usize]) -> Result<Lesson, Problem> {
        let folded_merged = folded(merged);
        let passages = sources.iter().filter_map(|&source| self.corpus.passages().get(source));
        let mut copied = passages
            .filter(|p| folded(&p.embedding_text()) == folded_merged || folded(&p.text) == folded_merged);
        if let Some(passage) = copied.next() {
            return Err(problem(format!("the merged text is that of doc_id '{}'", clip(&passage.id))));
        }
        let words = count_words(merged);
        let note = (words > READ_WORDS)
            .then(|| format!("the merged text has {words} words, and the encoder may not read to its end"));
        let negatives = self.less_complete(sources).into_iter().map(TextRef::Passage).collect();
        Ok(Lesson {
            examples: vec![self.written(Objective::Comprehensiveness, merged, negatives)],
            note,
            ..Lesson::default()
        })
    }

    /// The sources that the merged text should beat: those below the best of them, which stays the right answer
    /// in the corpus and is not to be pushed down; all where none is better than another.
    fn less_complete(&self, sources: &[usize]) -> Vec<usize> {
        let gain =
            |source: usize| self.gains.iter().find(|known| known.passage == source).map(|known| known.gain);
        let best = sources.iter().map(|&source| gain(source)).max().flatten();
        let worse: Vec<usize> = sources.iter().copied().filter(|&source| gain(source) < best).collect();
        if worse.is_empty() { sources.to_vec() } else { worse }
    }

    fn purity(&self, dense: &str, sparse: &str) -> Result<Lesson, Problem> {
        if folded(dense) == folded(sparse) {
            return Err(problem("the dense and the sparse text are the same".to_owned()));
        }
        let (dense_words, sparse_words) = (count_words(dense), count_words(sparse));
        let note = (dense_words >= sparse_words).then(|| {
            format!(
                "the dense text has {dense_words} words, no fewer than the sparse one with {sparse_words}"
            )
        });
        let examples = vec![self.written(Objective::Purity, dense, vec![TextRef::Text(sparse.to_owned())])];
        Ok(Lesson { examples, note, ..Lesson::default() })
    }

    /// An example whose better text the LLM wrote.
    fn written(&self, objective: Objective, text: &str, negatives: Vec<TextRef>) -> Guidance {
        Guidance {
            objective,
            query: self.query.to_owned(),
            positive: TextRef::Text(text.to_owned()),
            negatives,
        }
    }
}

fn count_words(text: &str) -> usize {
    text.split_whitespace().count()
}

pub(super) fn problem(reason: String) -> Problem {
    Problem::new(reason, ASK_AGAIN)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::data::Passage;

    const QUERY: &str = "Why so?";

    fn corpus() -> Corpus {
        let passage = |id: &str| Passage { id: id.into(), title: "T".into(), text: format!("Text {id}.") };
        Corpus::new(["a", "b", "c"].map(passage).to_vec()).unwrap()
    }

    fn lesson_with(gains: &[Preference], content: &Content) -> Result<Lesson, String> {
        let (corpus, judged) = (corpus(), HashSet::from(["held out?".to_owned()]));
        let background = Background { corpus: &corpus, judged: &judged, query: QUERY, gains, ask: None };
        let lesson = positions(content, &corpus).and_then(|positions| background.lesson(content, &positions));
        lesson.map_err(|problem| problem.reason)
    }

    fn lesson(content: &Content) -> Result<Lesson, String> {
        lesson_with(&[], content)
    }

    fn relevance(new_query: Option<&str>) -> Content {
        Content::Relevance { better: "b".into(), worse: "a".into(), new_query: new_query.map(str::to_owned) }
    }

    fn merged(text: &str) -> Content {
        Content::Comprehensiveness { sources: vec!["a".into(), "b".into(), "c".into()], merged: text.into() }
    }

    fn purity(dense: &str, sparse: &str) -> Content {
        Content::Purity { source: "a".into(), dense: dense.into(), sparse: sparse.into() }
    }

    fn negatives(gains: &[Preference]) -> Vec<TextRef> {
        lesson_with(gains, &merged("all of it")).unwrap().examples.remove(0).negatives
    }

    #[test]
    fn a_new_query_gives_two_examples_that_turn_around() {
        let lesson = lesson(&relevance(Some("Why not?"))).unwrap();
        let example = |query: &str, positive, negative| Guidance {
            objective: Objective::Relevance,
            query: query.into(),
            positive: TextRef::Passage(positive),
            negatives: vec![TextRef::Passage(negative)],
        };
        assert_eq!(lesson.examples, [example(QUERY, 1, 0), example("Why not?", 0, 1)]);
    }

    #[test]
    fn new_queries_that_teach_nothing_or_too_much_are_refused() {
        assert_eq!(lesson(&relevance(Some(" why  SO?"))), Err("the new query is the old one".into()));
        let judged = lesson(&relevance(Some("Held out?"))).unwrap_err();
        assert_eq!(judged, "the new query 'Held out?' is a judged query");
        let declined = lesson(&relevance(None)).unwrap();
        assert!(declined.examples.is_empty() && declined.note.is_some());
    }

    #[test]
    fn a_merged_text_beats_what_is_below_the_best() {
        let gain = |passage, gain| Preference { passage, gain };
        assert_eq!(negatives(&[gain(0, 1), gain(1, 3), gain(2, 3)]), [TextRef::Passage(0)]);
        let all = [0, 1, 2].map(TextRef::Passage);
        assert_eq!(negatives(&[gain(0, 2), gain(1, 2), gain(2, 2)]), all);
        assert_eq!(negatives(&[]), all);
    }

    #[test]
    fn a_merged_text_is_new_and_fits() {
        for copy in ["t text B.", "text b."] {
            assert_eq!(lesson(&merged(copy)), Err("the merged text is that of doc_id 'b'".into()));
        }
        assert_eq!(lesson(&merged(&"word ".repeat(180))).unwrap().note, None);
        let note = lesson(&merged(&"word ".repeat(181))).unwrap().note.unwrap();
        assert_eq!(note, "the merged text has 181 words, and the encoder may not read to its end");
    }

    #[test]
    fn a_dense_text_should_be_shorter() {
        let good = lesson(&purity("one two", "one two three")).unwrap();
        assert_eq!(good.note, None);
        assert_eq!(good.examples[0].positive, TextRef::Text("one two".into()));
        assert_eq!(good.examples[0].negatives, [TextRef::Text("one two three".into())]);
        let equal = lesson(&purity("one two", "one three")).unwrap();
        assert_eq!(equal.examples.len(), 1);
        assert_eq!(equal.note.unwrap(), "the dense text has 2 words, no fewer than the sparse one with 2");
        let same = lesson(&purity("One  two", "one two")).unwrap_err();
        assert_eq!(same, "the dense and the sparse text are the same");
    }

    #[test]
    fn unknown_passages_are_refused() {
        let scores = Content::Preference(vec![("a".into(), 1), ("x9".into(), 0)]);
        assert_eq!(lesson(&scores), Err("doc_id 'x9' is not in the corpus".into()));
    }
}
