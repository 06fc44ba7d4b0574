//! The LLM's words, read as the JSON object that the prompt of their kind asks for.
//!
//! Fences, prose and a reasoning model's thoughts around the object are passed over. An object that breaks off
//! is refused whole: what is missing cannot be told. Ids are not looked up here.

use super::AskKind;
use super::reply::ASK_AGAIN;
use crate::data::{Objective, Problem, clip, json_line};
use serde_json::{Deserializer, Map, Value};
use std::collections::HashSet;

type Object = Map<String, Value>;

/// What the LLM answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A gain, 0 to 3, for each candidate.
    Preference(Vec<(String, u8)>),
    /// A query that turns two passages around.
    Relevance {
        /// The passage that is better for the original query.
        better: String,
        /// The passage that is right for the new query.
        worse: String,
        /// The new query; `None` if the LLM found no honest one.
        new_query: Option<String>,
    },
    /// One passage of what several say.
    Comprehensiveness {
        /// The passages.
        sources: Vec<String>,
        /// The merged text.
        merged: String,
    },
    /// A passage without noise and one full of it.
    Purity {
        /// The passage that both were made from.
        source: String,
        /// The version without noise.
        dense: String,
        /// The diluted version.
        sparse: String,
    },
}

impl Content {
    /// The ids that the answer speaks of; for relevance the better one first.
    pub fn passage_ids(&self) -> Vec<&str> {
        match self {
            Self::Preference(scores) => scores.iter().map(|(id, _)| id.as_str()).collect(),
            Self::Relevance { better, worse, .. } => vec![better, worse],
            Self::Comprehensiveness { sources, .. } => sources.iter().map(String::as_str).collect(),
            Self::Purity { source, .. } => vec![source],
        }
    }

    /// Reads an answer of a kind out of the LLM's words.
    pub(super) fn read(kind: AskKind, words: &str) -> Result<Self, Problem> {
        let read = match kind {
            AskKind::Preference => find_object(words, "scores").and_then(|object| preference(&object)),
            AskKind::Guidance(Objective::Relevance) => {
                find_object(words, "new_query").and_then(|object| relevance(&object))
            }
            AskKind::Guidance(Objective::Comprehensiveness) => {
                find_object(words, "merged").and_then(|object| comprehensiveness(&object))
            }
            AskKind::Guidance(Objective::Purity) => {
                find_object(words, "dense").and_then(|object| purity(&object))
            }
        };
        // What json_line advises is meant for files that people write.
        read.map_err(|problem| Problem { remedy: ASK_AGAIN.to_owned(), ..problem })
    }
}

fn preference(object: &Object) -> Result<Content, Problem> {
    let scores = match object.get("scores") {
        Some(Value::Array(items)) => items.iter().map(scored_item).collect::<Result<Vec<_>, _>>()?,
        Some(Value::Object(by_id)) => by_id
            .iter()
            .map(|(id, score)| Ok((id.clone(), score_of(id, score)?)))
            .collect::<Result<_, _>>()?,
        other => {
            let kind = json_line::kind(other.unwrap_or(&Value::Null));
            return Err(problem(format!("field 'scores' is {kind}, not a list")));
        }
    };
    let mut seen = HashSet::new();
    match scores.iter().find(|(id, _)| !seen.insert(id)) {
        Some((id, _)) => Err(problem(format!("doc_id '{}' is scored twice", clip(id)))),
        None if scores.is_empty() => Err(problem("there are no scores".to_owned())),
        None => Ok(Content::Preference(scores)),
    }
}

fn scored_item(item: &Value) -> Result<(String, u8), Problem> {
    let Value::Object(item) = item else {
        return Err(problem(format!("a score is {}, not an object", json_line::kind(item))));
    };
    let id = id(item, "doc_id")?;
    let score = score_of(&id, item.get("score").unwrap_or(&Value::Null))?;
    Ok((id, score))
}

fn score_of(id: &str, score: &Value) -> Result<u8, Problem> {
    let whole = score.as_f64().filter(|score| score.fract() == 0.0 && (0.0..=3.0).contains(score));
    whole.map(|score| score as u8).ok_or_else(|| {
        let shown = clip(&score.to_string());
        problem(format!("the score of doc_id '{}' is {shown}, not 0, 1, 2 or 3", clip(id)))
    })
}

fn relevance(object: &Object) -> Result<Content, Problem> {
    let (better, worse) = (id(object, "better_doc_id")?, id(object, "worse_doc_id")?);
    if better == worse {
        return Err(problem(format!("the better and the worse passage are the same, '{}'", clip(&better))));
    }
    let new_query = match object.get("new_query") {
        Some(Value::Null) => None,
        _ => Some(text(object, "new_query")?),
    };
    Ok(Content::Relevance { better, worse, new_query })
}

fn comprehensiveness(object: &Object) -> Result<Content, Problem> {
    let ids = json_line::list(object, "doc_ids")?.iter().map(|id| json_line::id_of(id, &["doc_ids"]));
    Ok(Content::Comprehensiveness {
        sources: ids.collect::<Result<_, _>>()?,
        merged: text(object, "merged")?,
    })
}

fn purity(object: &Object) -> Result<Content, Problem> {
    let (dense, sparse) = (text(object, "dense")?, text(object, "sparse")?);
    Ok(Content::Purity { source: id(object, "doc_id")?, dense, sparse })
}

fn id(object: &Object, name: &str) -> Result<String, Problem> {
    json_line::id(object, &[name])?.ok_or_else(|| json_line::missing(&[name]))
}

/// A text that must say something.
fn text(object: &Object, name: &str) -> Result<String, Problem> {
    let text = json_line::text(object, &[name])?.ok_or_else(|| json_line::missing(&[name]))?.trim();
    if text.is_empty() { Err(problem(format!("field '{name}' is empty"))) } else { Ok(text.to_owned()) }
}

fn problem(reason: String) -> Problem {
    Problem::new(reason, ASK_AGAIN)
}

/// Finds the one JSON object in the LLM's words that has the field `wanted`.
fn find_object(words: &str, wanted: &str) -> Result<Object, Problem> {
    let (objects, broken) = objects(words)?;
    let otherwise = match (objects.is_empty(), broken) {
        (false, _) => format!("field '{wanted}' is missing"),
        (true, Some(broken)) => format!("the answer's JSON is broken: {broken}"),
        (true, None) => "there is no JSON object in the answer".to_owned(),
    };
    let mut found = objects.into_iter().filter(|object| object.contains_key(wanted));
    let object = found.next().ok_or_else(|| problem(otherwise))?;
    if found.any(|other| other != object) {
        return Err(problem("there are two answers in one".to_owned()));
    }
    Ok(object)
}

/// All JSON objects in the LLM's words, and what is wrong with the last brace that opens none.
fn objects(words: &str) -> Result<(Vec<Object>, Option<String>), Problem> {
    // Reasoning models of local servers think aloud before they answer.
    let mut rest = words.rsplit_once("</think>").map_or(words, |(_, answer)| answer);
    let (mut objects, mut broken) = (Vec::new(), None);
    while let Some(from) = rest.find('{').and_then(|start| rest.get(start..)) {
        let mut values = Deserializer::from_str(from).into_iter::<Object>();
        let passed = match values.next() {
            Some(Err(error)) if error.is_eof() => {
                return Err(problem("the answer's JSON breaks off".to_owned()));
            }
            Some(Err(error)) => {
                broken = Some(without_place(&error));
                1
            }
            Some(Ok(object)) => {
                objects.push(object);
                values.byte_offset()
            }
            None => from.len(),
        };
        rest = from.get(passed..).unwrap_or_default();
    }
    Ok((objects, broken))
}

/// serde_json counts lines within what it was given, which means nothing here.
fn without_place(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.split(" at line ").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    const RELEVANCE: AskKind = AskKind::Guidance(Objective::Relevance);
    const MERGED: AskKind = AskKind::Guidance(Objective::Comprehensiveness);
    const PURITY: AskKind = AskKind::Guidance(Objective::Purity);
    const SCORES: &str =
        r#"{"need": "x", "scores": [{"doc_id": "a", "score": 3}, {"doc_id": 7, "score": 0.0}]}"#;

    fn reason(kind: AskKind, words: &str) -> String {
        let problem = Content::read(kind, words).unwrap_err();
        assert_eq!(problem.remedy, ASK_AGAIN);
        problem.reason
    }

    #[test]
    fn answers_of_every_kind_are_read() {
        let scores = Content::Preference(vec![("a".into(), 3), ("7".into(), 0)]);
        assert_eq!(Content::read(AskKind::Preference, SCORES).unwrap(), scores);
        let by_id = Content::read(AskKind::Preference, r#"{"scores": {"a": 3, "7": 0}}"#).unwrap();
        assert_eq!(by_id, Content::Preference(vec![("7".into(), 0), ("a".into(), 3)]));
        let pair = r#"{"better_doc_id": "a", "worse_doc_id": "b", "new_query": " why? "}"#;
        let expected =
            Content::Relevance { better: "a".into(), worse: "b".into(), new_query: Some("why?".into()) };
        assert_eq!(Content::read(RELEVANCE, pair).unwrap(), expected);
        assert_eq!(expected.passage_ids(), ["a", "b"]);
        let none = Content::read(RELEVANCE, &pair.replace("\" why? \"", "null")).unwrap();
        assert!(matches!(none, Content::Relevance { new_query: None, .. }));
        let merged = Content::read(MERGED, r#"{"doc_ids": ["a", 7], "merged": "m"}"#).unwrap();
        assert_eq!(merged.passage_ids(), ["a", "7"]);
        let purity = Content::read(PURITY, r#"{"doc_id": "a", "dense": "d", "sparse": "d and s"}"#).unwrap();
        assert_eq!(
            purity,
            Content::Purity { source: "a".into(), dense: "d".into(), sparse: "d and s".into() }
        );
    }

    #[test]
    fn what_stands_around_the_object_is_passed_over() {
        let plain = Content::read(AskKind::Preference, SCORES);
        for words in [
            format!("```json\n{SCORES}\n```"),
            format!("Sure {{here}} it is:\n{SCORES}\nI hope {{x}} this helps."),
            format!("<think>{{\"scores\": {{\"a\": 1}}}} or {{\"scores\": [</think>{SCORES}"),
            format!("{{\"need\": \"x\"}}\n{SCORES}"),
            format!("{SCORES}\nAgain: {SCORES}"),
        ] {
            assert_eq!(Content::read(AskKind::Preference, &words), plain, "{words}");
        }
    }

    #[test]
    fn broken_answers_are_refused_whole() {
        let cut = SCORES.get(..SCORES.len() - 3).unwrap();
        for (words, expected) in [
            (cut, "the answer's JSON breaks off"),
            (r#"{"answer": {"scores": [{"doc_id": "a", "score": 1}]}, "why"#, "the answer's JSON breaks off"),
            ("I would say 3 for a.", "there is no JSON object in the answer"),
            ("{'scores': []}", "the answer's JSON is broken: key must be a string"),
            (r#"{"score": [1]}"#, "field 'scores' is missing"),
            (r#"{"scores": {"a": 1}} {"scores": {"a": 2}}"#, "there are two answers in one"),
        ] {
            assert_eq!(reason(AskKind::Preference, words), expected);
        }
    }

    #[test]
    fn scores_are_whole_numbers_from_0_to_3() {
        for (scores, expected) in [
            (r#"[{"doc_id": "a", "score": 4}]"#, "the score of doc_id 'a' is 4, not 0, 1, 2 or 3"),
            (r#"[{"doc_id": "a", "score": -1}]"#, "the score of doc_id 'a' is -1, not 0, 1, 2 or 3"),
            (r#"[{"doc_id": "a", "score": 1.5}]"#, "the score of doc_id 'a' is 1.5, not 0, 1, 2 or 3"),
            (r#"[{"doc_id": "a", "score": "2"}]"#, "the score of doc_id 'a' is \"2\", not 0, 1, 2 or 3"),
            (r#"[{"doc_id": "a"}]"#, "the score of doc_id 'a' is null, not 0, 1, 2 or 3"),
            (r#"[{"score": 1}]"#, "field 'doc_id' is missing"),
            (r#"[{"doc_id": "a", "score": 1}, {"doc_id": "a", "score": 1}]"#, "doc_id 'a' is scored twice"),
            ("[3]", "a score is a number, not an object"),
            ("[]", "there are no scores"),
            ("3", "field 'scores' is a number, not a list"),
        ] {
            assert_eq!(reason(AskKind::Preference, &format!("{{\"scores\": {scores}}}")), expected);
        }
    }

    #[test]
    fn guidance_without_its_parts_is_refused() {
        for (kind, words, expected) in [
            (RELEVANCE, r#"{"better_doc_id": "a", "new_query": "x"}"#, "field 'worse_doc_id' is missing"),
            (
                RELEVANCE,
                r#"{"better_doc_id": "a", "worse_doc_id": "a", "new_query": "x"}"#,
                "the better and the worse passage are the same, 'a'",
            ),
            (
                RELEVANCE,
                r#"{"better_doc_id": "a", "worse_doc_id": "b", "new_query": " "}"#,
                "field 'new_query' is empty",
            ),
            (MERGED, r#"{"doc_ids": [], "merged": ""}"#, "field 'merged' is empty"),
            (MERGED, r#"{"doc_ids": "a", "merged": "m"}"#, "field 'doc_ids' is a text (\"a\"), not a list"),
            (PURITY, r#"{"doc_id": "a", "dense": "d"}"#, "field 'sparse' is missing"),
            (PURITY, r#"{"dense": "d", "sparse": "s"}"#, "field 'doc_id' is missing"),
        ] {
            assert_eq!(reason(kind, words), expected);
        }
    }
}
