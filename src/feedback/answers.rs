//! Answers out of output and error files in any order, or out of an endpoint's replies one by one.
//!
//! Reads each answer as far as it goes without the collection; what it says is checked when it is merged.

use super::reply::{self, Reply};
use super::{AskId, Content, Note};
use crate::data::{DataError, Problem, Refusal, clip, decode, is_jsonl, lines};
use std::collections::BTreeMap;

/// One usable answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The request's name, taken apart.
    pub id: AskId,
    /// The LLM's name, where the provider says it.
    pub model: Option<String>,
    /// What it answered.
    pub content: Content,
    /// File that it stands in.
    pub file: String,
    /// Line of the file, from 1.
    pub line: u64,
    /// Its place among all that was read.
    pub(super) order: usize,
}

/// Answers, one a request, and what was said of the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    pub(super) by_custom_id: BTreeMap<String, Answer>,
    pub(super) refused: Vec<Refusal>,
    pub(super) notes: Vec<Note>,
    /// Usable answers read so far.
    read: usize,
}

impl Answers {
    /// Reads a provider's output or error file; an empty one is no error.
    ///
    /// Where a request was answered twice, the later usable answer counts, over all that is read.
    ///
    /// # Errors
    /// [`DataError`] if the file is no text or one JSON list.
    pub fn read_file(&mut self, file_name: &str, bytes: &[u8]) -> Result<(), DataError> {
        let text = match decode(file_name, bytes) {
            Err(DataError::EmptyFile { .. }) => return Ok(()),
            decoded => decoded?,
        };
        // Only a list is told apart here; whatever else is no JSON object is refused line by line.
        is_jsonl(file_name, text)?;
        for (line, text) in lines(text) {
            let taken = reply::batch_line(text).and_then(|(custom_id, reply)| {
                self.take(&custom_id, reply, file_name, line).map_err(|problem| named(problem, &custom_id))
            });
            self.refused.extend(taken.err().map(|problem| problem.at(file_name, line)));
        }
        Ok(())
    }

    /// Reads the body of an endpoint's response to one request.
    pub fn read_reply(&mut self, custom_id: &str, body: &str) {
        let file = format!("reply to {custom_id}");
        let taken = self.take(custom_id, reply::endpoint_body(body), &file, 1);
        self.refused.extend(taken.err().map(|problem| problem.at(&file, 1)));
    }

    /// Iterates over the usable answers, by `custom_id`.
    pub fn iter(&self) -> impl Iterator<Item = &Answer> {
        self.by_custom_id.values()
    }

    /// The lines that gave no answer, in the order read.
    pub fn refused(&self) -> &[Refusal] {
        &self.refused
    }

    fn take(
        &mut self,
        custom_id: &str,
        reply: Result<Reply, Problem>,
        file: &str,
        line: u64,
    ) -> Result<(), Problem> {
        let id = AskId::parse(custom_id).ok_or_else(|| {
            Problem::new(
                "the custom_id is none of ours",
                "Give the answers to requests that were written here.",
            )
        })?;
        let Reply { model, content } = reply?;
        let content = Content::read(id.kind, &content)?;
        let answer = Answer { id, model, content, file: file.to_owned(), line, order: self.read };
        self.read += 1;
        if let Some(earlier) = self.by_custom_id.insert(custom_id.to_owned(), answer) {
            let text =
                format!("{custom_id} is answered again in {file} line {line}, and the later answer counts");
            self.notes.push(Note { file: earlier.file, line: earlier.line, text });
        }
        Ok(())
    }
}

/// Says which request a problem is about.
fn named(problem: Problem, custom_id: &str) -> Problem {
    // An id of ours is never longer than a clipped text by much, but another's may be.
    let custom_id = if AskId::parse(custom_id).is_some() { custom_id.to_owned() } else { clip(custom_id) };
    Problem { reason: format!("{custom_id}: {}", problem.reason), ..problem }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use serde_json::json;

    const ONE: &str = "r1|purity@1|q1|00000001";
    const TWO: &str = "r1|purity@1|q2|00000002";

    fn body(dense: &str) -> serde_json::Value {
        let content = json!({"doc_id": "a", "dense": dense, "sparse": "s"}).to_string();
        json!({"model": "m", "choices": [{"message": {"content": content}, "finish_reason": "stop"}]})
    }

    fn line(custom_id: &str, dense: &str) -> String {
        json!({"custom_id": custom_id, "response": {"status_code": 200, "body": body(dense)}}).to_string()
    }

    fn dense_of<'a>(answers: &'a Answers, custom_id: &str) -> &'a str {
        match &answers.by_custom_id[custom_id].content {
            Content::Purity { dense, .. } => dense,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn files_are_read_in_any_mixture() {
        let error = json!({"custom_id": TWO, "response": null, "error": {"code": "c", "message": "m"}});
        let text = format!("{error}\n\n{}\nnonsense\n{}\n", line(ONE, "d"), line("other", "d"));
        let mut answers = Answers::default();
        answers.read_file("out.jsonl", text.as_bytes()).unwrap();
        answers.read_file("errors.jsonl", b"").unwrap();
        assert_eq!(answers.iter().map(|answer| answer.line).collect::<Vec<_>>(), [3]);
        let said: Vec<String> = answers.refused().iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                format!("out.jsonl line 1: {TWO}: the provider reports c: m. Ask again, or do without it."),
                "out.jsonl line 4: not JSON at character 2: expected ident. Correct it, or leave the line out."
                    .to_owned(),
                "out.jsonl line 5: other: the custom_id is none of ours. Give the answers to requests that were \
                 written here."
                    .to_owned(),
            ]
        );
        assert!(matches!(answers.read_file("o.jsonl", b"[{}]"), Err(DataError::JsonArray { .. })));
    }

    #[test]
    fn the_later_usable_answer_counts() {
        let failed = json!({"custom_id": ONE, "error": {"code": "c"}});
        let mut answers = Answers::default();
        let first = format!("{}\n{}\n", line(ONE, "first"), line(TWO, "other"));
        answers.read_file("1.jsonl", first.as_bytes()).unwrap();
        answers.read_file("2.jsonl", format!("{}\n{failed}\n", line(ONE, "second")).as_bytes()).unwrap();
        assert_eq!((dense_of(&answers, ONE), dense_of(&answers, TWO)), ("second", "other"));
        let said: Vec<String> = answers.notes.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [format!(
                "1.jsonl line 1: {ONE} is answered again in 2.jsonl line 1, and the later answer counts."
            )]
        );
        assert_eq!(answers.refused().len(), 1);
    }

    #[test]
    fn an_endpoint_replies_one_by_one() {
        let mut answers = Answers::default();
        answers.read_reply(ONE, &body("d").to_string());
        answers.read_reply(TWO, "<html>");
        assert_eq!(dense_of(&answers, ONE), "d");
        assert!(answers.refused()[0].to_string().starts_with(&format!("reply to {TWO} line 1: not JSON")));
    }
}
