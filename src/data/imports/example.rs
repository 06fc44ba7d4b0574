//! What one line of somebody's file says, before anyone looks for its texts in the corpus; and the fields that
//! several formats read alike.

use super::super::error::{LEAVE_OUT, Problem};
use super::super::json_line;
use serde_json::{Map, Value};

/// Fields of a feedback line that mean something there.
const OURS: [&str; 7] = ["query_id", "query", "preferences", "guidance", "round", "model", "prompts"];

/// One line: a query, and what is better and what is worse for it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Example {
    /// The file's own id of the query, if it has one.
    pub(super) query_id: Option<String>,
    pub(super) query: String,
    /// Positives before negatives.
    pub(super) candidates: Vec<Candidate>,
    /// Fields without a meaning here.
    pub(super) other: Map<String, Value>,
    /// What the reader chose where the line left a choice, for the person to see.
    pub(super) choice: Option<&'static str>,
}

/// A text that the line speaks of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    pub(super) source: Source,
    pub(super) side: Side,
    pub(super) score: Option<f64>,
}

/// How a line names a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    /// By its words.
    Text(String),
    /// By its id in the corpus.
    Id(String),
    /// By an id that holds within the file, with the words behind it.
    Node { id: String, text: String },
}

/// Where a line puts a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Positive,
    Negative,
    /// Neither: its score alone counts.
    Rated,
}

impl Candidate {
    /// A text without a score.
    pub(super) fn text(side: Side, text: String) -> Self {
        Self { source: Source::Text(text), side, score: None }
    }
}

/// Reads the query, which must be there.
pub(super) fn query(object: &Map<String, Value>, names: &[&str]) -> Result<String, Problem> {
    let query = json_line::filled_text(object, names)?.ok_or_else(|| json_line::missing(names))?;
    Ok(query.trim().to_owned())
}

/// Reads a field of one text or a list of texts, none of them blank.
pub(super) fn texts(object: &Map<String, Value>, name: &str) -> Result<Vec<String>, Problem> {
    match json_line::field(object, &[name]) {
        Some(Value::String(_)) => {
            Ok(json_line::filled_text(object, &[name])?.map(str::to_owned).into_iter().collect())
        }
        _ => {
            json_line::list(object, name)?.iter().zip(1..).map(|(text, n)| nth_text(text, name, n)).collect()
        }
    }
}

fn nth_text(value: &Value, name: &str, n: usize) -> Result<String, Problem> {
    let problem = |what: &str| Problem::new(format!("text {n} of '{name}' is {what}"), LEAVE_OUT);
    match value {
        Value::String(text) if text.trim().is_empty() => Err(problem("empty")),
        Value::String(text) => Ok(text.clone()),
        other => Err(problem(json_line::kind(other))),
    }
}

/// Reads a list of scores; an empty one is none.
pub(super) fn scores(object: &Map<String, Value>, name: &str) -> Result<Vec<f64>, Problem> {
    let scores = json_line::list(object, name)?.iter();
    scores.map(|score| json_line::finite(score, &format!("{name}: score"))).collect()
}

/// Pairs texts with as many scores, or with none at all.
pub(super) fn scored(
    side: Side,
    texts: Vec<String>,
    scores: impl IntoIterator<Item = f64>,
) -> impl Iterator<Item = Candidate> {
    let mut scores = scores.into_iter();
    texts.into_iter().map(move |text| Candidate { score: scores.next(), ..Candidate::text(side, text) })
}

/// The refusal for scores that do not fit the texts.
pub(super) fn uneven(scores: (&str, usize), texts: (&str, usize)) -> Problem {
    let reason = format!("{} and {} differ in number: {} and {}", scores.0, texts.0, scores.1, texts.1);
    Problem::new(reason, "Give every text a score or none, or leave the line out.")
}

/// The fields that are left when those with a meaning are taken away, and nothing that is null.
///
/// A field that would mean something in a feedback line is called `their_...`: kept, and not taken for ours.
pub(super) fn rest(object: Map<String, Value>, used: &[&str]) -> Map<String, Value> {
    let left = object.into_iter().filter(|(name, value)| !used.contains(&name.as_str()) && !value.is_null());
    let renamed = left.map(|(name, value)| match OURS.contains(&name.as_str()) {
        true => (format!("their_{name}"), value),
        false => (name, value),
    });
    renamed.collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn object(json: &str) -> Map<String, Value> {
        json_line::parse_object(json).unwrap()
    }

    #[test]
    fn texts_are_one_or_a_list_and_never_blank() {
        let found =
            object(r#"{"one": "a", "list": ["a", "b"], "none": null, "blank": ["a", " "], "n": [1]}"#);
        assert_eq!(texts(&found, "one").unwrap(), ["a"]);
        assert_eq!(texts(&found, "list").unwrap(), ["a", "b"]);
        assert_eq!(texts(&found, "none").unwrap(), [""; 0]);
        assert_eq!(texts(&found, "blank").unwrap_err().reason, "text 2 of 'blank' is empty");
        assert_eq!(texts(&found, "n").unwrap_err().reason, "text 1 of 'n' is a number");
    }

    #[test]
    fn what_is_left_has_no_used_and_no_null_field() {
        let left = rest(object(r#"{"query": "q", "type": "normal", "prompt": null}"#), &["query"]);
        assert_eq!(left, object(r#"{"type": "normal"}"#));
    }

    #[test]
    fn what_is_left_is_not_taken_for_ours() {
        let left = rest(object(r#"{"prompt": "p", "query": "theirs", "round": 3}"#), &["prompt"]);
        assert_eq!(left, object(r#"{"their_query": "theirs", "their_round": 3}"#));
    }
}
