//! Reader of the feedback file: JSONL, one query a line, against a corpus.
//!
//! Scores, from 0 up, become gains by the rule of `gains`; a line without any score is an order, 3, 2, 1 for its
//! first three and 0 for the rest. Unknown fields of a line are kept and used for nothing. What other tools
//! write is read by `imports`.

use super::error::{LEAVE_OUT, Problem, clip};
use super::feedback::{Feedback, FeedbackQuery, Guidance, Objective, Preference, TextRef};
use super::gains::{Scale, gain_of_place};
use super::text_file::{decode, finish, is_jsonl, lines};
use super::{Corpus, DataError, Parsed, json_line};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

/// The fields that mean something.
const FIELDS: [&str; 4] = ["query_id", "query", "preferences", "guidance"];
const DOC_ID: &[&str] = &["doc_id"];

/// A line whose scores wait for the rest of the file.
struct Draft {
    query: FeedbackQuery,
    /// One a preference; empty if the line is an order.
    scores: Vec<f64>,
}

impl Draft {
    fn key(&self) -> (usize, String) {
        (self.query.round(), self.query.query_id.clone())
    }
}

/// Reads feedback; every `doc_id` must be in `corpus`.
///
/// # Errors
/// Any whole-file variant of [`DataError`].
pub fn read_feedback(file_name: &str, bytes: &[u8], corpus: &Corpus) -> Result<Parsed<Feedback>, DataError> {
    let text = decode(file_name, bytes)?;
    // Only a list is told apart here; whatever else is no JSON object is refused line by line.
    is_jsonl(file_name, text)?;
    let mut drafts = Vec::new();
    let mut refused = Vec::new();
    let mut first_lines: HashMap<(usize, String), u64> = HashMap::new();
    for (line, text) in lines(text) {
        match draft(line, text, corpus).and_then(|draft| unique(draft, &first_lines)) {
            Ok(draft) => {
                first_lines.insert(draft.key(), line);
                drafts.push(draft);
            }
            Err(problem) => refused.push(problem.at(file_name, line)),
        }
    }
    let scale = Scale::of(drafts.iter().flat_map(|draft| draft.scores.iter().copied()));
    let queries: Vec<_> = drafts.into_iter().map(|draft| draft.finish(&scale)).collect();
    let records = queries.len();
    finish(file_name, Feedback { queries }, records, refused)
}

/// A round asks about a query once.
fn unique(draft: Draft, first_lines: &HashMap<(usize, String), u64>) -> Result<Draft, Problem> {
    match first_lines.get(&draft.key()) {
        None => Ok(draft),
        Some(&first) => Err(Problem::id_in_use("query_id", &draft.query.query_id, first)),
    }
}

fn draft(line: u64, text: &str, corpus: &Corpus) -> Result<Draft, Problem> {
    let object = json_line::parse_object(text)?;
    let query = json_line::filled_text(&object, &["query"])?.ok_or_else(|| json_line::missing(&["query"]))?;
    let query_id = json_line::id(&object, &["query_id"])?.unwrap_or_else(|| format!("line {line}"));
    let (passages, scores) = preferences(json_line::list(&object, "preferences")?, corpus)?;
    let guidance = json_line::list(&object, "guidance")?
        .iter()
        .zip(1..)
        .map(|(example, n)| guidance(example, n, query, corpus))
        .collect::<Result<Vec<_>, _>>()?;
    if passages.is_empty() && guidance.is_empty() {
        return Err(Problem::new("there are neither preferences nor guidance", "Leave the line out."));
    }
    let preferences = passages.into_iter().map(|passage| Preference { passage, gain: 0 }).collect();
    let query = query.to_owned();
    let other = object.into_iter().filter(|(name, _)| !FIELDS.contains(&name.as_str())).collect();
    let query = FeedbackQuery { line, query_id, query, preferences, guidance, other };
    Ok(Draft { query, scores })
}

/// Passages in the order of the list, and their scores if they have any.
fn preferences(list: &[Value], corpus: &Corpus) -> Result<(Vec<usize>, Vec<f64>), Problem> {
    let mut seen = HashSet::new();
    let mut passages = Vec::with_capacity(list.len());
    let mut scores = Vec::with_capacity(list.len());
    for item in list {
        let Value::Object(item) = item else {
            let reason = format!("a preference is {}, not an object", json_line::kind(item));
            return Err(Problem::new(reason, "Write {\"doc_id\": ..., \"score\": ...}."));
        };
        let id = json_line::id(item, DOC_ID)?.ok_or_else(|| json_line::missing(DOC_ID))?;
        let passage = position(&id, corpus)?;
        if !seen.insert(passage) {
            let reason = format!("doc_id '{}' is there twice among the preferences", clip(&id));
            return Err(Problem::new(reason, "Keep one of them, or leave the line out."));
        }
        passages.push(passage);
        scores.extend(score(item)?);
    }
    if !scores.is_empty() && scores.len() < passages.len() {
        let without = passages.len() - scores.len();
        let reason = format!("{without} of {} preferences have no score", passages.len());
        return Err(Problem::new(reason, "Score all of them or none, or leave the line out."));
    }
    Ok((passages, scores))
}

/// Finds the passage that an id names.
pub(super) fn position(id: &str, corpus: &Corpus) -> Result<usize, Problem> {
    corpus.position(id).ok_or_else(|| {
        let reason = format!("doc_id '{}' is not in the corpus", clip(id));
        Problem::new(reason, "Leave the line out, or add the passage.")
    })
}

fn score(preference: &Map<String, Value>) -> Result<Option<f64>, Problem> {
    let Some(value) = json_line::field(preference, &["score"]) else {
        return Ok(None);
    };
    match json_line::finite(value, "score")? {
        score if score >= 0.0 => Ok(Some(score)),
        _ => {
            Err(Problem::new(format!("score {value} is negative"), "Score from 0 up, or leave the line out."))
        }
    }
}

fn guidance(example: &Value, n: usize, line_query: &str, corpus: &Corpus) -> Result<Guidance, Problem> {
    let problem = |reason: String| Problem::new(format!("guidance {n}: {reason}"), LEAVE_OUT);
    let Value::Object(example) = example else {
        return Err(problem(format!("it is {}, not an object", json_line::kind(example))));
    };
    let name = json_line::text(example, &["objective"])?.unwrap_or_default();
    let objective = Objective::from_name(name).ok_or_else(|| {
        let known = Objective::ALL.map(Objective::name).join(", ");
        problem(format!("objective '{}' is none of {known}", clip(name)))
    })?;
    let query = json_line::filled_text(example, &["query"])?.unwrap_or(line_query).to_owned();
    let positive = example.get("positive").ok_or_else(|| problem("there is no positive".to_owned()))?;
    let positive = text_ref(positive, n, corpus)?;
    let negatives = json_line::list(example, "negatives")?
        .iter()
        .map(|negative| text_ref(negative, n, corpus))
        .collect::<Result<Vec<_>, _>>()?;
    if negatives.is_empty() {
        return Err(problem("there are no negatives".to_owned()));
    }
    if negatives.contains(&positive) {
        return Err(problem("the positive is among the negatives".to_owned()));
    }
    Ok(Guidance { objective, query, positive, negatives })
}

fn text_ref(value: &Value, n: usize, corpus: &Corpus) -> Result<TextRef, Problem> {
    let Value::Object(object) = value else {
        let reason = format!("guidance {n}: a text is {}, not an object", json_line::kind(value));
        return Err(Problem::new(reason, "Write {\"doc_id\": ...} or {\"text\": ...}."));
    };
    if let Some(id) = json_line::id(object, DOC_ID)? {
        return position(&id, corpus).map(TextRef::Passage);
    }
    match json_line::filled_text(object, &["text"])? {
        Some(text) => Ok(TextRef::Text(text.to_owned())),
        None => Err(Problem::new(format!("guidance {n}: there is neither doc_id nor text"), LEAVE_OUT)),
    }
}

impl Draft {
    fn finish(mut self, scale: &Scale) -> FeedbackQuery {
        for (i, preference) in self.query.preferences.iter_mut().enumerate() {
            preference.gain = match self.scores.get(i) {
                Some(&score) => scale.gain(score),
                None => gain_of_place(i),
            };
        }
        self.query
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::super::Passage;
    use super::*;

    fn corpus() -> Corpus {
        let ids = ["a", "b", "c", "d", "e", "7"];
        Corpus::new(ids.map(|id| Passage { id: id.into(), ..Passage::default() }).to_vec()).unwrap()
    }

    fn read(lines: &[&str]) -> Parsed<Feedback> {
        read_feedback("feedback.jsonl", lines.join("\n").as_bytes(), &corpus()).unwrap()
    }

    /// A line with these preferences, written as JSON.
    fn preferring(id: &str, preferences: &str) -> String {
        format!(r#"{{"query_id": "{id}", "query": "x", "preferences": [{preferences}]}}"#)
    }

    fn gains(parsed: &Parsed<Feedback>, query: usize) -> Vec<u8> {
        parsed.value.queries[query].preferences.iter().map(|p| p.gain).collect()
    }

    /// What is said of one bad line after a good one.
    fn said(bad: &str) -> String {
        let good = preferring("good", r#"{"doc_id": "a", "score": 1}"#);
        let parsed = read(&[&good, bad]);
        assert_eq!((parsed.records, parsed.refused.len()), (1, 1), "{bad}");
        parsed.refused[0].to_string()
    }

    #[test]
    fn a_whole_line_is_read() {
        let parsed = read(&[r#"{"query_id": 5, "query": "why", "x": 1,
            "preferences": [{"doc_id": "b", "score": 3, "why": "y"}, {"doc_id": 7, "score": 0.0}],
            "guidance": [
                {"objective": "purity", "positive": {"text": "dense"}, "negatives": [{"text": "sparse"}]},
                {"objective": "relevance", "query": "other",
                 "positive": {"doc_id": "c"}, "negatives": [{"doc_id": "a"}]}]}"#
            .replace('\n', " ")
            .as_str()]);
        let query = &parsed.value.queries[0];
        assert_eq!((query.line, query.query_id.as_str(), query.query.as_str()), (1, "5", "why"));
        assert_eq!(
            query.preferences,
            [Preference { passage: 1, gain: 3 }, Preference { passage: 5, gain: 0 }]
        );
        assert_eq!(query.guidance[0].query, "why");
        assert_eq!(query.guidance[0].negatives, [TextRef::Text("sparse".into())]);
        assert_eq!(query.guidance[1].query, "other");
        assert_eq!(query.guidance[1].positive, TextRef::Passage(2));
    }

    #[test]
    fn unknown_fields_are_kept_with_their_line() {
        let line = r#"{"query":"q","model":"some-llm","preferences":[{"doc_id":"a","score":1,"why":"x"}],"cost":{"tokens":9}}"#;
        let parsed = read_feedback("feedback.jsonl", line.as_bytes(), &corpus()).unwrap();
        let other = &parsed.value.queries[0].other;
        assert_eq!(
            Value::Object(other.clone()),
            serde_json::json!({"model": "some-llm", "cost": {"tokens": 9}})
        );
    }

    #[test]
    fn an_unknown_passage_is_refused_in_the_promised_words() {
        let good: Vec<String> =
            (1..17).map(|i| preferring(&format!("q{i}"), r#"{"doc_id": "a", "score": 1}"#)).collect();
        let mut lines: Vec<&str> = good.iter().map(String::as_str).collect();
        let bad = preferring("q", r#"{"doc_id": "x9", "score": 1}"#);
        lines.push(&bad);
        assert_eq!(
            read(&lines).refused[0].to_string(),
            "feedback.jsonl line 17: doc_id 'x9' is not in the corpus. Leave the line out, or add the passage."
        );
    }

    #[test]
    fn whole_scores_up_to_3_are_gains() {
        let one = preferring("1", r#"{"doc_id": "a", "score": 1}, {"doc_id": "b", "score": 2.0}"#);
        let two = preferring("2", r#"{"doc_id": "a", "score": 0}"#);
        let parsed = read(&[&one, &two]);
        assert_eq!((gains(&parsed, 0), gains(&parsed, 1)), (vec![1, 2], vec![0]));
    }

    #[test]
    fn other_scores_are_scaled_over_the_file() {
        let one = preferring("1", r#"{"doc_id": "a", "score": 10}, {"doc_id": "b", "score": 4.9}"#);
        let two = preferring("2", r#"{"doc_id": "a", "score": 1}, {"doc_id": "b", "score": 5.6}"#);
        let parsed = read(&[&one, &two]);
        // 1 -> 0, 4.9 -> 1.3, 5.6 -> 1.53, 10 -> 3.
        assert_eq!((gains(&parsed, 0), gains(&parsed, 1)), (vec![3, 1], vec![0, 2]));
        let equal = preferring("1", r#"{"doc_id": "a", "score": 0.5}, {"doc_id": "b", "score": 0.5}"#);
        assert_eq!(gains(&read(&[&equal]), 0), [0, 0]);
    }

    #[test]
    fn an_order_alone_is_3_2_1_and_0() {
        let order = r#"{"doc_id": "e"}, {"doc_id": "d"}, {"doc_id": "c", "score": null},
            {"doc_id": "b"}, {"doc_id": "a"}"#;
        let order = order.replace('\n', " ");
        let scored = preferring("2", r#"{"doc_id": "a", "score": 2}"#);
        let parsed = read(&[&preferring("1", &order), &scored]);
        assert_eq!((gains(&parsed, 0), gains(&parsed, 1)), (vec![3, 2, 1, 0, 0], vec![2]));
    }

    #[test]
    fn scores_that_are_no_scores_are_refused() {
        let start = "feedback.jsonl line 2: ";
        for (preferences, expected) in [
            (
                r#"{"doc_id": "a", "score": "3"}"#,
                r#"score "3" is a text, not a number. Correct it, or leave the line out."#,
            ),
            (
                r#"{"doc_id": "a", "score": -1}"#,
                "score -1 is negative. Score from 0 up, or leave the line out.",
            ),
            (
                r#"{"doc_id": "a", "score": NaN}"#,
                "a value is NaN or Infinity, which JSON has not. Write a number instead.",
            ),
            (
                r#"{"doc_id": "a", "score": true}"#,
                "score true is true or false, not a number. Correct it, or leave the line out.",
            ),
            (
                r#"{"doc_id": "a", "score": 1}, {"doc_id": "b"}"#,
                "1 of 2 preferences have no score. Score all of them or none, or leave the line out.",
            ),
            (
                r#"{"doc_id": "a", "score": 1}, {"doc_id": "a", "score": 2}"#,
                "doc_id 'a' is there twice among the preferences. Keep one of them, or leave the line out.",
            ),
            (r#"{"score": 1}"#, "field 'doc_id' is missing. Correct it, or leave the line out."),
            (r#""a""#, r#"a preference is a text, not an object. Write {"doc_id": ..., "score": ...}."#),
        ] {
            assert_eq!(said(&preferring("q", preferences)), format!("{start}{expected}"));
        }
    }

    #[test]
    fn guidance_that_teaches_nothing_is_refused() {
        for (guidance, expected) in [
            (
                r#"{"objective": "beauty", "positive": {"text": "a"}, "negatives": [{"text": "b"}]}"#,
                "guidance 1: objective 'beauty' is none of relevance, comprehensiveness, purity",
            ),
            (r#"{"objective": "purity", "negatives": [{"text": "b"}]}"#, "guidance 1: there is no positive"),
            (
                r#"{"objective": "purity", "positive": {"text": "a"}, "negatives": []}"#,
                "guidance 1: there are no negatives",
            ),
            (
                r#"{"objective": "purity", "positive": {"text": "a"}, "negatives": [{"text": "a"}]}"#,
                "guidance 1: the positive is among the negatives",
            ),
            (
                r#"{"objective": "purity", "positive": {}, "negatives": [{"text": "a"}]}"#,
                "guidance 1: there is neither doc_id nor text",
            ),
            (
                r#"{"objective": "purity", "positive": {"text": " "}, "negatives": [{"text": "a"}]}"#,
                "field 'text' is empty",
            ),
            (
                r#"{"objective": "purity", "positive": {"doc_id": "zz"}, "negatives": [{"text": "a"}]}"#,
                "doc_id 'zz' is not in the corpus",
            ),
        ] {
            let line = format!(r#"{{"query": "q", "guidance": [{guidance}]}}"#);
            assert!(
                said(&line).starts_with(&format!("feedback.jsonl line 2: {expected}. ")),
                "{}",
                said(&line)
            );
        }
    }

    #[test]
    fn lines_without_query_id_or_content() {
        let parsed = read(&["", r#"{"query": "q", "preferences": [{"doc_id": "a"}]}"#]);
        assert_eq!(parsed.value.queries[0].query_id, "line 2");
        let empty = said(r#"{"query": "q", "preferences": [], "guidance": []}"#);
        assert_eq!(
            empty,
            "feedback.jsonl line 2: there are neither preferences nor guidance. Leave the line out."
        );
        let no_query = said(r#"{"query_id": "q", "preferences": [{"doc_id": "a"}]}"#);
        assert_eq!(
            no_query,
            "feedback.jsonl line 2: field 'query' is missing. Correct it, or leave the line out."
        );
        let again = said(&preferring("good", r#"{"doc_id": "a", "score": 1}"#));
        assert_eq!(
            again,
            "feedback.jsonl line 2: query_id 'good' is already used on line 1. Leave the line out, or give it \
             an id of its own."
        );
    }
}
