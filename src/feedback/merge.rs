//! Answers into feedback: each finds its query, is checked, and becomes part of that query's line.
//!
//! The outcome does not depend on the order in which a provider wrote its answers. Nothing is asked here: what
//! did not come back is listed.

use super::directory::Directory;
use super::lessons::{Background, Lesson};
use super::{Answer, Answers, Ask, AskId, AskKind, Content, Note};
use crate::data::{
    Corpus, Feedback, FeedbackQuery, Objective, Problem, Queries, Query, Refusal, clip, folded,
};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

/// What answers are checked against.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The corpus that the passages came from.
    pub corpus: &'a Corpus,
    /// The queries that were asked about; those of the existing feedback are known beside them.
    pub queries: &'a Queries,
    /// Texts of the judged queries: what [`crate::data::Collection::judged_texts`] returns.
    pub judged: &'a HashSet<String>,
    /// The requests, if they are at hand: then messages name missing candidates, and preferences keep the order
    /// of the ranking. May be empty.
    pub asks: &'a [Ask],
}

/// Feedback with the answers in it, and what became of each.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Merged {
    /// The lines: the existing ones in their order, then new ones in the order of the queries.
    pub feedback: Feedback,
    /// Queries that got preferences, new or in place of old ones.
    pub preferences: usize,
    /// Guidance examples added: relevance, comprehensiveness, purity.
    pub guidance: [usize; 3],
    /// Guidance examples that were there already.
    pub repeated: usize,
    /// Lines that gave nothing.
    pub refused: Vec<Refusal>,
    /// What is worth knowing about lines that need no second asking.
    pub notes: Vec<Note>,
    /// The `custom_id`s that need no second asking: used, or declined by the LLM for good.
    pub settled: HashSet<String>,
}

impl Merged {
    /// Returns the requests that did not come back with a usable answer.
    pub fn unanswered<'a>(&self, asks: &'a [Ask]) -> Vec<&'a Ask> {
        asks.iter().filter(|ask| !self.settled.contains(&ask.custom_id)).collect()
    }
}

/// Merges answers into existing feedback, line by line by `query_id`.
///
/// New preferences replace a query's old ones, guidance is added, other fields stay. Of several rounds the later
/// counts. Round, models and prompt versions are noted in the line's fields `round`, `model` and `prompts`.
pub fn merge(answers: Answers, known: &Known<'_>, existing: Feedback) -> Merged {
    let directory = Directory::new(known, &existing);
    let Answers { by_custom_id, refused, notes, .. } = answers;
    let mut merging = Merging {
        known,
        asks: known.asks.iter().map(|ask| (ask.custom_id.as_str(), ask)).collect(),
        lines: existing.queries.iter().zip(0..).map(|(query, i)| (query.query_id.clone(), i)).collect(),
        judges: HashMap::new(),
        merged: Merged { feedback: existing, refused, notes, ..Merged::default() },
    };
    let mut placed = Vec::with_capacity(by_custom_id.len());
    for (custom_id, answer) in &by_custom_id {
        let ask = merging.asks.get(custom_id.as_str()).copied();
        match directory.place(answer, known.corpus, ask) {
            Ok(place) => placed.push((place, custom_id, answer)),
            Err(problem) => merging.refuse(custom_id, answer, problem),
        }
    }
    placed.sort_by_key(|(place, custom_id, answer)| sort_key(place.query, custom_id, answer));
    for (place, custom_id, answer) in placed {
        if let Some(query) = directory.queries.get(place.query) {
            merging.take(custom_id, answer, query, &place.positions);
        }
    }
    merging.finish()
}

/// Rounds in turn, and within a query preferences before guidance, which looks at gains. The order of reading
/// counts only where two answers of a round claim the same query's preferences.
fn sort_key<'a>(query: usize, custom_id: &'a str, answer: &Answer) -> (u16, usize, AskKind, usize, &'a str) {
    let AskId { round, kind, .. } = answer.id;
    let order = if kind == AskKind::Preference { answer.order } else { 0 };
    (round, query, kind, order, custom_id)
}

struct Merging<'a> {
    known: &'a Known<'a>,
    asks: HashMap<&'a str, &'a Ask>,
    /// Positions of lines by query id.
    lines: HashMap<String, usize>,
    /// The answers that preferences come from, by query id.
    judges: HashMap<String, (&'a str, &'a Answer)>,
    merged: Merged,
}

impl<'a> Merging<'a> {
    fn take(&mut self, custom_id: &'a str, answer: &'a Answer, query: &Query, positions: &[usize]) {
        match self.lesson(custom_id, &answer.content, query, positions) {
            Ok(mut lesson) => {
                let text = lesson.note.take().map(|note| format!("{custom_id}: {note}"));
                let (file, line) = (answer.file.clone(), answer.line);
                self.merged.notes.extend(text.map(|text| Note { file, line, text }));
                self.merged.settled.insert(custom_id.to_owned());
                self.add(query, lesson, custom_id, answer);
            }
            Err(problem) => self.refuse(custom_id, answer, problem),
        }
    }

    fn lesson(
        &self,
        custom_id: &str,
        content: &Content,
        query: &Query,
        positions: &[usize],
    ) -> Result<Lesson, Problem> {
        let (judged, corpus) = (self.known.judged, self.known.corpus);
        let (id, folded_query) = (clip(&query.id), folded(&query.text));
        if judged.contains(&folded_query) {
            let reason = format!("query '{id}' is a judged query, and what measures must not teach");
            return Err(Problem::new(reason, "Leave it out, or take its judgements out of the collection."));
        }
        let line = self.lines.get(&query.id).and_then(|&i| self.merged.feedback.queries.get(i));
        if line.is_some_and(|line| folded(&line.query) != folded_query) {
            let reason = format!("query_id '{id}' stands for another query in the existing feedback");
            return Err(Problem::new(
                reason,
                "Give one of the two another id, or write to a file of its own.",
            ));
        }
        let gains = line.map(|line| line.preferences.as_slice()).unwrap_or_default();
        let ask = self.asks.get(custom_id).copied();
        Background { corpus, judged, query: &query.text, gains, ask }.lesson(content, positions)
    }

    fn add(&mut self, query: &Query, lesson: Lesson, custom_id: &'a str, answer: &'a Answer) {
        let Lesson { preferences, examples, .. } = lesson;
        if preferences.is_empty() && examples.is_empty() {
            return;
        }
        if !preferences.is_empty() {
            self.note_judge(&query.id, custom_id, answer);
        }
        let queries = &mut self.merged.feedback.queries;
        let position = *self.lines.entry(query.id.clone()).or_insert(queries.len());
        if position == queries.len() {
            queries.push(empty_line(query));
        }
        let Some(line) = queries.get_mut(position) else {
            return;
        };
        if !preferences.is_empty() {
            line.preferences = preferences;
        }
        note_origin(&mut line.other, answer);
        let (known, new): (Vec<_>, Vec<_>) = examples.into_iter().partition(|e| line.guidance.contains(e));
        self.merged.repeated += known.len();
        for (count, objective) in self.merged.guidance.iter_mut().zip(Objective::ALL) {
            *count += new.iter().filter(|example| example.objective == objective).count();
        }
        line.guidance.extend(new);
    }

    /// Books where a query's preferences come from, and says so if that sets aside an answer of the same files.
    fn note_judge(&mut self, query_id: &str, custom_id: &'a str, answer: &'a Answer) {
        if let Some((earlier_id, earlier)) = self.judges.insert(query_id.to_owned(), (custom_id, answer)) {
            let text = format!("{earlier_id}: the preferences of {custom_id} count instead");
            self.merged.notes.push(Note { file: earlier.file.clone(), line: earlier.line, text });
        }
    }

    fn refuse(&mut self, custom_id: &str, answer: &Answer, problem: Problem) {
        let problem = Problem { reason: format!("{custom_id}: {}", problem.reason), ..problem };
        self.merged.refused.push(problem.at(&answer.file, answer.line));
    }

    fn finish(mut self) -> Merged {
        self.merged.preferences = self.judges.len();
        for (query, line) in self.merged.feedback.queries.iter_mut().zip(1..) {
            query.line = line;
        }
        self.merged
    }
}

fn empty_line(query: &Query) -> FeedbackQuery {
    FeedbackQuery {
        line: 0,
        query_id: query.id.clone(),
        query: query.text.clone(),
        preferences: Vec::new(),
        guidance: Vec::new(),
        other: Map::new(),
    }
}

/// Notes the latest round, every model, and the prompt version of each kind.
fn note_origin(other: &mut Map<String, Value>, answer: &Answer) {
    other.insert("round".to_owned(), answer.id.round.into());
    if let Some(model) = &answer.model {
        match other.entry("model").or_insert_with(|| model.as_str().into()) {
            Value::String(models) if models.split(", ").all(|name| name != model) => {
                *models = format!("{models}, {model}");
            }
            _ => {}
        }
    }
    let prompts = other.entry("prompts").or_insert_with(|| Map::new().into());
    if let Some(prompts) = prompts.as_object_mut() {
        prompts.insert(answer.id.kind.name().to_owned(), answer.id.prompt.clone().into());
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::super::{Prompts, Shown};
    use super::*;
    use crate::data::{Passage, Preference, read_feedback};
    use serde_json::json;

    const PURITY: AskKind = AskKind::Guidance(Objective::Purity);
    const RELEVANCE: AskKind = AskKind::Guidance(Objective::Relevance);

    fn corpus() -> Corpus {
        let passage = |id: &str| Passage { id: id.into(), text: format!("text {id}"), ..Passage::default() };
        Corpus::new(["a", "b", "c"].map(passage).to_vec()).unwrap()
    }

    fn query(id: &str) -> Query {
        Query { id: id.into(), text: format!("Why {id}?") }
    }

    fn ask(round: u16, kind: AskKind, query: &Query, ids: &[&str]) -> Ask {
        let shown = ids.iter().map(|id| Shown { id: (*id).into(), text: format!("text {id}") }).collect();
        Ask::new(round, kind, &Prompts::built_in().unwrap(), query.clone(), shown)
    }

    fn answers(replies: &[(&Ask, Value)]) -> Answers {
        let mut answers = Answers::default();
        for (ask, content) in replies {
            let message = json!({"content": content.to_string()});
            let body = json!({"model": "m-1", "choices": [{"message": message, "finish_reason": "stop"}]});
            answers.read_reply(&ask.custom_id, &body.to_string());
        }
        answers
    }

    fn scores(scores: &[(&str, u8)]) -> Value {
        let item = |(id, score): &(&str, u8)| json!({"doc_id": id, "score": score});
        json!({"scores": scores.iter().map(item).collect::<Vec<_>>()})
    }

    fn pure(id: &str, dense: &str) -> Value {
        json!({"doc_id": id, "dense": dense, "sparse": "it is much diluted"})
    }

    /// Merges against the queries q1 and q2, of which none is judged.
    fn merged(answers: Answers, asks: &[Ask], existing: Feedback) -> Merged {
        let queries = Queries::new(vec![query("q1"), query("q2")]).unwrap();
        let known = Known { corpus: &corpus(), queries: &queries, judged: &HashSet::new(), asks };
        merge(answers, &known, existing)
    }

    fn existing(line: &str) -> Feedback {
        read_feedback("old.jsonl", line.as_bytes(), &corpus()).unwrap().value
    }

    /// What is said of the only answer after its `custom_id`.
    fn said(ask: &Ask, content: Value, asks: &[Ask], existing: Feedback) -> String {
        let merged = merged(answers(&[(ask, content)]), asks, existing);
        assert!(merged.settled.is_empty());
        let [refusal] = merged.refused.as_slice() else { panic!("{:?}", merged.refused) };
        refusal.reason.strip_prefix(&format!("{}: ", ask.custom_id)).unwrap().to_owned()
    }

    #[test]
    fn preferences_replace_and_guidance_is_added() {
        let old = existing(
            r#"{"query_id": "q1", "query": "Why q1?", "preferences": [{"doc_id": "c", "score": 1}], "x": 1, "model": "m-0",
                "guidance": [{"objective": "purity", "positive": {"text": "t"}, "negatives": [{"doc_id": "a"}]}]}"#
                .replace('\n', " ")
                .as_str(),
        );
        let asks = [
            ask(2, AskKind::Preference, &query("q1"), &["a", "b"]),
            ask(2, PURITY, &query("q1"), &["a"]),
            ask(2, AskKind::Preference, &query("q2"), &["b"]),
        ];
        let replies = [
            (&asks[2], scores(&[("b", 0)])),
            (&asks[1], pure("a", "it is")),
            (&asks[0], scores(&[("b", 1), ("a", 3)])),
        ];
        let seen = merged(answers(&replies), &asks, old.clone());
        assert_eq!((seen.preferences, seen.guidance, seen.repeated), (2, [0, 0, 1], 0));
        assert_eq!((seen.refused.len(), seen.notes.len(), seen.settled.len()), (0, 0, 3));
        let [first, second] = seen.feedback.queries.as_slice() else { panic!("{:?}", seen.feedback) };
        let preference = |passage, gain| Preference { passage, gain };
        assert_eq!(first.preferences, [preference(0, 3), preference(1, 1)], "in the order of the ranking");
        assert_eq!((first.guidance.len(), &first.guidance[0]), (2, &old.queries[0].guidance[0]));
        let other =
            json!({"x": 1, "round": 2, "model": "m-0, m-1", "prompts": {"preference": "1", "purity": "1"}});
        assert_eq!(Value::Object(first.other.clone()), other);
        assert_eq!((second.line, second.query_id.as_str(), second.query.as_str()), (2, "q2", "Why q2?"));
        let again = merged(answers(&replies), &[], seen.feedback);
        assert_eq!(
            (again.guidance, again.repeated, again.feedback.queries[0].guidance.len()),
            ([0; 3], 1, 2)
        );
        assert_eq!(
            again.feedback.queries[0].preferences,
            [preference(1, 1), preference(0, 3)],
            "as answered"
        );
        assert_eq!(again.feedback.queries[0].other["model"], "m-0, m-1");
    }

    #[test]
    fn the_later_round_counts_and_within_a_round_what_is_read_later() {
        let list = |round, id| ask(round, AskKind::Preference, &query("q1"), &[id]);
        let (later, first, other) = (list(10, "b"), list(1, "a"), list(10, "c"));
        let replies =
            [(&later, scores(&[("b", 2)])), (&first, scores(&[("a", 3)])), (&other, scores(&[("c", 1)]))];
        let [forward, backward] = [[0, 1, 2], [2, 1, 0]]
            .map(|order| merged(answers(&order.map(|i| replies[i].clone())), &[], Feedback::default()));
        for (seen, passage, gain) in [(&forward, 2, 1), (&backward, 1, 2)] {
            assert_eq!(seen.feedback.queries[0].preferences, [Preference { passage, gain }]);
            assert_eq!(seen.feedback.queries[0].other["round"], 10);
            assert_eq!((seen.preferences, seen.notes.len(), seen.settled.len()), (1, 2, 3));
        }
        let expected = format!(
            "reply to {later} line 1: {later}: the preferences of {other} count instead.",
            later = later.custom_id,
            other = other.custom_id
        );
        assert_eq!(forward.notes[1].to_string(), expected);
    }

    #[test]
    fn an_answer_must_speak_of_what_was_shown() {
        let list = ask(1, AskKind::Preference, &query("q1"), &["a", "b"]);
        let pair = ask(1, RELEVANCE, &query("q1"), &["a", "b"]);
        let none = Feedback::default;
        let short = || scores(&[("a", 1)]);
        assert_eq!(
            said(&list, short(), &[], none()),
            "the doc_ids are not those that were shown, or the query's text has changed since"
        );
        let asks = [list.clone(), pair.clone()];
        assert_eq!(said(&list, short(), &asks, none()), "doc_id 'b' was shown and is missing");
        let long = scores(&[("a", 1), ("b", 1), ("c", 1)]);
        assert_eq!(said(&list, long, &asks, none()), "doc_id 'c' was not shown");
        let unknown = scores(&[("a", 1), ("x9", 1)]);
        assert_eq!(said(&list, unknown, &asks, none()), "doc_id 'x9' is not in the corpus");
        let swapped = json!({"better_doc_id": "b", "worse_doc_id": "a", "new_query": "Why not?"});
        assert_eq!(said(&pair, swapped, &asks, none()), "the doc_ids have changed places");
        let changed = Query { id: "q1".into(), text: "Why ever?".into() };
        let of_other = ask(1, AskKind::Preference, &changed, &["a"]);
        assert!(said(&of_other, short(), &[], none()).ends_with("or the query's text has changed since"));
    }

    #[test]
    fn fields_that_mean_something_else_are_left_alone() {
        let line = r#"{"query_id": "q1", "query": "Why q1?", "preferences": [{"doc_id": "c"}], "model": 7, "prompts": 8}"#;
        let asked = ask(1, PURITY, &query("q1"), &["a"]);
        let seen = merged(answers(&[(&asked, pure("a", "it"))]), &[], existing(line));
        let other = json!({"model": 7, "prompts": 8, "round": 1});
        assert_eq!(Value::Object(seen.feedback.queries[0].other.clone()), other);
    }

    #[test]
    fn queries_are_found_by_id_and_text() {
        let strange = Query { id: "a|b".into(), text: "Why q1?".into() };
        let unknown = ask(1, PURITY, &strange, &["a"]);
        let key = unknown.custom_id.split('|').nth(2).unwrap();
        let words = said(&unknown, pure("a", "it"), &[], Feedback::default());
        assert_eq!(words, format!("query '{key}' is not known"));
        let asks = [unknown];
        let seen = merged(answers(&[(&asks[0], pure("a", "it"))]), &asks, Feedback::default());
        assert_eq!(seen.feedback.queries[0].query_id, "a|b");
        let line = r#"{"query_id": "q1", "query": "another", "preferences": [{"doc_id": "c", "score": 1}]}"#;
        let taken = ask(1, PURITY, &query("q1"), &["a"]);
        assert_eq!(
            said(&taken, pure("a", "it"), &[], existing(line)),
            "query_id 'q1' stands for another query in the existing feedback"
        );
        let of_line = Query { id: "q1".into(), text: "another".into() };
        let of_line = ask(1, PURITY, &of_line, &["a"]);
        let seen = merged(answers(&[(&of_line, pure("a", "it"))]), &[], existing(line));
        assert_eq!((seen.refused.len(), seen.feedback.queries[0].guidance.len()), (0, 1));
    }

    #[test]
    fn judged_queries_teach_nothing() {
        let asked = ask(1, AskKind::Preference, &query("q1"), &["a"]);
        let queries = Queries::new(vec![query("q1")]).unwrap();
        let judged = HashSet::from([folded("why Q1?")]);
        let known = Known { corpus: &corpus(), queries: &queries, judged: &judged, asks: &[] };
        let seen = merge(answers(&[(&asked, scores(&[("a", 1)]))]), &known, Feedback::default());
        assert!(seen.feedback.queries.is_empty() && seen.settled.is_empty());
        assert_eq!(
            seen.refused[0].to_string(),
            format!(
                "reply to {id} line 1: {id}: query 'q1' is a judged query, and what measures must not teach. Leave \
                 it out, or take its judgements out of the collection.",
                id = asked.custom_id
            )
        );
    }

    #[test]
    fn what_did_not_come_back_is_listed() {
        let asks = [ask(1, RELEVANCE, &query("q1"), &["a", "b"]), ask(1, PURITY, &query("q1"), &["a"])];
        let declined = json!({"better_doc_id": "a", "worse_doc_id": "b", "new_query": null});
        let seen = merged(answers(&[(&asks[0], declined)]), &asks, Feedback::default());
        assert_eq!(seen.unanswered(&asks), [&asks[1]]);
        assert!(seen.feedback.queries.is_empty());
        assert!(seen.notes[0].to_string().ends_with("found no query that turns the two passages around."));
    }
}
