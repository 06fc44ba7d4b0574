//! Writer of the feedback file: JSONL, one query a line, as `data::read_feedback` reads it.
//!
//! Scores are written as gains 0 to 3, whatever scale they had before, so that every line of the file means the
//! same by them.

use super::FeedbackError;
use crate::data::{Corpus, Feedback, FeedbackQuery, Guidance, TextRef};
use serde::Serialize;
use serde_json::{Map, Value};

#[derive(Serialize)]
struct Line<'a> {
    query_id: &'a str,
    query: &'a str,
    preferences: Vec<Scored<'a>>,
    guidance: Vec<Example<'a>>,
    #[serde(flatten)]
    other: &'a Map<String, Value>,
}

#[derive(Serialize)]
struct Scored<'a> {
    doc_id: &'a str,
    score: u8,
}

#[derive(Serialize)]
struct Example<'a> {
    objective: &'static str,
    query: &'a str,
    positive: Text<'a>,
    negatives: Vec<Text<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Text<'a> {
    DocId(&'a str),
    Text(&'a str),
}

/// Writes feedback, one query a line, in its order; a line's other fields come last.
///
/// # Errors
/// [`FeedbackError::UnknownPassage`] if the feedback was not read against this corpus.
pub fn write_feedback(feedback: &Feedback, corpus: &Corpus) -> Result<String, FeedbackError> {
    let mut text = String::new();
    for query in &feedback.queries {
        let line = Writer { query, corpus }.line()?;
        // Texts and whole numbers always serialize.
        text.push_str(&serde_json::to_string(&line).unwrap_or_default());
        text.push('\n');
    }
    Ok(text)
}

struct Writer<'a> {
    query: &'a FeedbackQuery,
    corpus: &'a Corpus,
}

impl<'a> Writer<'a> {
    fn line(&self) -> Result<Line<'a>, FeedbackError> {
        let FeedbackQuery { query_id, query, preferences, guidance, other, .. } = self.query;
        let scored = |p: &crate::data::Preference| Ok(Scored { doc_id: self.id(p.passage)?, score: p.gain });
        Ok(Line {
            query_id,
            query,
            preferences: preferences.iter().map(scored).collect::<Result<_, FeedbackError>>()?,
            guidance: guidance.iter().map(|example| self.example(example)).collect::<Result<_, _>>()?,
            other,
        })
    }

    fn example(&self, example: &'a Guidance) -> Result<Example<'a>, FeedbackError> {
        let negatives = example.negatives.iter().map(|negative| self.text(negative));
        Ok(Example {
            objective: example.objective.name(),
            query: &example.query,
            positive: self.text(&example.positive)?,
            negatives: negatives.collect::<Result<_, _>>()?,
        })
    }

    fn text(&self, text: &'a TextRef) -> Result<Text<'a>, FeedbackError> {
        Ok(match text {
            TextRef::Passage(position) => Text::DocId(self.id(*position)?),
            TextRef::Text(text) => Text::Text(text),
        })
    }

    fn id(&self, position: usize) -> Result<&'a str, FeedbackError> {
        let passage = self.corpus.passages().get(position).map(|passage| passage.id.as_str());
        let query_id = &self.query.query_id;
        passage.ok_or_else(|| FeedbackError::UnknownPassage { query_id: query_id.clone(), position })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::data::{Passage, read_feedback};

    fn corpus(ids: &[&str]) -> Corpus {
        Corpus::new(ids.iter().map(|id| Passage { id: (*id).into(), ..Passage::default() }).collect())
            .unwrap()
    }

    fn read(text: &str, corpus: &Corpus) -> Feedback {
        read_feedback("feedback.jsonl", text.as_bytes(), corpus).unwrap().value
    }

    #[test]
    fn a_line_is_written_field_by_field() {
        let corpus = corpus(&["a", "b"]);
        let line = concat!(
            r#"{"query_id":"q","query":"why","preferences":[{"doc_id":"b","score":3}],"#,
            r#""guidance":[{"objective":"purity","query":"x","positive":{"text":"t"},"negatives":[{"doc_id":"a"}]}],"#,
            r#""cost":{"tokens":9},"round":2}"#,
            "\n"
        );
        assert_eq!(write_feedback(&read(line, &corpus), &corpus).unwrap(), line);
    }

    #[test]
    fn other_scales_are_written_as_gains() {
        let corpus = corpus(&["a", "b"]);
        let text =
            r#"{"query": "why", "preferences": [{"doc_id": "a", "score": 9}, {"doc_id": "b", "score": 2}]}"#;
        let feedback = read(text, &corpus);
        let written = write_feedback(&feedback, &corpus).unwrap();
        assert!(written.contains(r#"[{"doc_id":"a","score":3},{"doc_id":"b","score":0}]"#), "{written}");
        assert_eq!(read(&written, &corpus), feedback);
    }

    #[test]
    fn feedback_of_another_corpus_is_refused() {
        let text = r#"{"query_id": "q", "query": "why", "preferences": [{"doc_id": "b"}]}"#;
        let feedback = read(text, &corpus(&["a", "b"]));
        let error = write_feedback(&feedback, &corpus(&["a"])).unwrap_err();
        assert_eq!(error, FeedbackError::UnknownPassage { query_id: "q".into(), position: 1 });
    }
}
