//! The readers of what goes to an LLM and comes back.

use super::collections::{known_corpus, known_queries, written_is_read_back};
use super::{is_shown, is_told};
use figret::data::Feedback;
use figret::feedback::{Answers, AskKind, Known, Prompt, merge, unanswered_requests};
use std::collections::HashSet;

const FILE: &str = "somebody's answers";

/// Reads a provider's output file and makes feedback of it.
pub fn answers(bytes: &[u8]) {
    let mut answers = Answers::default();
    if let Err(error) = answers.read_file(FILE, bytes) {
        return is_told(FILE, &error.to_string(), &error.remedy());
    }
    let (corpus, queries, judged) = (known_corpus(), known_queries(), HashSet::new());
    let known = Known { corpus: &corpus, queries: &queries, judged: &judged, asks: &[] };
    let lines = 1 + bytes.iter().filter(|&&b| b == b'\n').count() as u64;
    let merged = merge(answers, &known, Feedback::default());
    for refusal in &merged.refused {
        is_told(FILE, &format!("{} {}", refusal.file, refusal.reason), &refusal.remedy);
        assert!((1..=lines).contains(&refusal.line), "line {} of {lines}", refusal.line);
    }
    merged.notes.iter().for_each(|note| is_shown(&note.to_string()));
    written_is_read_back(&merged.feedback, &corpus);
}

/// Picks the requests of a batch file that are still open.
pub fn requests(bytes: &[u8]) {
    match unanswered_requests(FILE, bytes, &HashSet::new()) {
        Err(error) => is_told(FILE, &error.to_string(), &error.remedy()),
        Ok(open) => {
            let again = unanswered_requests(FILE, open.as_bytes(), &HashSet::new()).unwrap_or_default();
            assert_eq!(again, open);
        }
    }
}

/// Reads an edited prompt.
pub fn prompt(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for kind in AskKind::ALL {
        match Prompt::parse(kind, text) {
            Ok(prompt) => {
                let [system, user] = prompt.fill(|name| Some(name.to_owned()));
                assert!(system.len() + user.len() <= text.len());
            }
            Err(error) => is_told("", &error.to_string(), &error.remedy()),
        }
    }
}
