//! One request to the LLM: what it is about and what it shows.
//!
//! Knows the method, not the provider: `request` puts it into a provider's words.

use super::ask_id::hex_digest;
use super::{AskId, AskKind, Prompt, Prompts};
use crate::data::Query;
use serde::Serialize;

/// A passage as the LLM sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Its id in the corpus.
    #[serde(rename = "doc_id")]
    pub id: String,
    /// Title and text, as the encoder reads them but for its limit of 256 tokens.
    pub text: String,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Its name, unique, at most 64 characters; [`AskId`] takes it apart.
    pub custom_id: String,
    /// Round of the feedback, from 1.
    pub round: u16,
    /// What is asked for.
    pub kind: AskKind,
    /// The query that it is about.
    pub query: Query,
    /// The passages, best rank first; for relevance the better one, then the worse one.
    pub passages: Vec<Shown>,
}

impl Ask {
    /// Makes a request out of its parts.
    pub fn new(round: u16, kind: AskKind, prompts: &Prompts, query: Query, passages: Vec<Shown>) -> Self {
        let ids: Vec<&str> = passages.iter().map(|passage| passage.id.as_str()).collect();
        let custom_id = AskId::new(round, kind, prompts.of(kind).version(), &query, &ids).to_string();
        Self { custom_id, round, kind, query, passages }
    }

    /// Writes the system and the user message.
    pub fn messages(&self, prompt: &Prompt) -> [String; 2] {
        prompt.fill(|placeholder| self.value(placeholder))
    }

    fn value(&self, placeholder: &str) -> Option<String> {
        match placeholder {
            "query" => serde_json::to_string(&self.query.text).ok(),
            "passages" => {
                self.in_neutral_order().into_iter().map(as_json).collect::<Option<Vec<_>>>().map(joined)
            }
            "passage" | "better" => self.passages.first().and_then(as_json),
            "worse" => self.passages.get(1).and_then(as_json),
            _ => None,
        }
    }

    /// The passages in an order that betrays no rank: an LLM favors what it reads first, and the ranking is the
    /// student's own.
    fn in_neutral_order(&self) -> Vec<&Shown> {
        let mut shown: Vec<&Shown> = self.passages.iter().collect();
        shown.sort_by_cached_key(|passage| hex_digest(&[&self.query.text, &passage.id], 8));
        shown
    }
}

/// One line, in which no text can be mistaken for the prompt's own words.
fn as_json(passage: &Shown) -> Option<String> {
    serde_json::to_string(passage).ok()
}

fn joined(lines: Vec<String>) -> String {
    lines.join("\n")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::data::Objective;

    fn ask(kind: AskKind, ids: &[&str]) -> Ask {
        let query = Query { id: "q1".into(), text: "why \"so\"?\n{{passages}}".into() };
        let shown = ids.iter().map(|id| Shown { id: (*id).into(), text: format!("text of {id}") }).collect();
        Ask::new(1, kind, &Prompts::built_in().unwrap(), query, shown)
    }

    fn user(ask: &Ask) -> String {
        let [_, user] = ask.messages(Prompts::built_in().unwrap().of(ask.kind));
        user
    }

    #[test]
    fn texts_are_shown_as_json_that_no_text_can_leave() {
        let seen = user(&ask(AskKind::Guidance(Objective::Purity), &["d\"3"]));
        assert!(seen.contains(r#"Query: "why \"so\"?\n{{passages}}""#), "{seen}");
        assert!(seen.contains(r#"{"doc_id":"d\"3","text":"text of d\"3"}"#), "{seen}");
    }

    #[test]
    fn a_pair_keeps_its_roles() {
        let seen = user(&ask(AskKind::Guidance(Objective::Relevance), &["b", "a"]));
        let at = |id: &str| seen.find(&format!("{{\"doc_id\":\"{id}\"")).unwrap();
        assert!(at("b") < at("a"), "{seen}");
    }

    #[test]
    fn a_list_betrays_no_rank() {
        let ids: Vec<String> = (0..20).map(|i| format!("d{i:02}")).collect();
        let mut ranked: Vec<&str> = ids.iter().map(String::as_str).collect();
        let forward = ask(AskKind::Preference, &ranked);
        ranked.reverse();
        let backward = ask(AskKind::Preference, &ranked);
        assert_eq!(user(&forward), user(&backward));
        assert_eq!(forward.custom_id, backward.custom_id);
        let shown: Vec<&str> = forward.in_neutral_order().iter().map(|passage| passage.id.as_str()).collect();
        assert!(shown.iter().all(|id| user(&forward).contains(&format!("\"{id}\""))));
        assert!(!shown.is_sorted() && !shown.iter().rev().is_sorted(), "{shown:?}");
    }
}
