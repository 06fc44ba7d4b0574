//! The `custom_id` of a request, from which an answer's round, kind, prompt and query are found again.
//!
//! `r1|purity@1|q17|9f2c01ab`: round; kind and prompt version; query id; digest of the query's text and of the
//! passages shown. The digest makes it unique, and tells without the request whether an answer speaks of
//! what was asked. Holds no texts itself.

use crate::data::{Objective, Query};
use sha2::{Digest, Sha256};
use std::fmt;

/// Longest `custom_id` that batch services take, in characters (OpenAI, Together).
const MAX_CHARS: usize = 64;
/// Begins a query id that stands for a longer or stranger one.
const SHORT_FORM: char = '#';
const SHORT_FORM_BYTES: usize = 6;
const DIGEST_BYTES: usize = 4;
/// A kind's name, `@` and a version; with a round of five digits 21 characters are left for the query.
pub(super) const MAX_VERSION_CHARS: usize = 8;

/// What the LLM is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AskKind {
    /// Gains for a query's candidates.
    Preference,
    /// Texts that teach one objective.
    Guidance(Objective),
}

impl AskKind {
    /// All kinds, in the order in which they are asked and counted.
    pub const ALL: [Self; 4] = [
        Self::Preference,
        Self::Guidance(Objective::Relevance),
        Self::Guidance(Objective::Comprehensiveness),
        Self::Guidance(Objective::Purity),
    ];

    /// Returns its name in ids, files and on the page.
    pub fn name(self) -> &'static str {
        match self {
            Self::Preference => "preference",
            Self::Guidance(objective) => objective.name(),
        }
    }

    /// Finds a kind by its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A `custom_id`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskId {
    /// Round of the feedback, from 1.
    pub round: u16,
    /// What was asked for.
    pub kind: AskKind,
    /// Version of the prompt.
    pub prompt: String,
    query_key: String,
    digest: String,
}

impl AskId {
    /// Names a request. `passages` are the ids shown; for relevance the better one first, otherwise in any order.
    pub fn new(round: u16, kind: AskKind, prompt: &str, query: &Query, passages: &[&str]) -> Self {
        let digest = digest(kind, &query.text, passages);
        let mut id = Self { round, kind, prompt: prompt.to_owned(), query_key: String::new(), digest };
        let room = MAX_CHARS.saturating_sub(id.to_string().len());
        let fits = is_plain(&query.id) && query.id.len() <= room;
        id.query_key = if fits { query.id.clone() } else { short_form(&query.id) };
        id
    }

    /// Takes a `custom_id` apart; `None` if it is none of ours.
    pub fn parse(custom_id: &str) -> Option<Self> {
        let mut parts = custom_id.split('|');
        let (round, what, query_key, digest) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let (kind, prompt) = what.split_once('@')?;
        let is_digest = digest.len() == 2 * DIGEST_BYTES && digest.bytes().all(|b| b.is_ascii_hexdigit());
        let is_whole = parts.next().is_none() && is_digest && !query_key.is_empty() && !prompt.is_empty();
        is_whole.then_some(())?;
        Some(Self {
            round: round.strip_prefix('r')?.parse().ok()?,
            kind: AskKind::from_name(kind)?,
            prompt: prompt.to_owned(),
            query_key: query_key.to_owned(),
            digest: digest.to_owned(),
        })
    }

    /// The query's id, or the short form that stands for it.
    pub fn query_key(&self) -> &str {
        &self.query_key
    }

    /// Tells whether this request was about this wording of the query and showed exactly these passages.
    pub fn has_shown(&self, query: &str, passages: &[&str]) -> bool {
        self.digest == digest(self.kind, query, passages)
    }
}

impl fmt::Display for AskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { round, kind, prompt, query_key, digest } = self;
        write!(f, "r{round}|{}@{prompt}|{query_key}|{digest}", kind.name())
    }
}

/// The keys under which a `custom_id` may name a query: its short form, and the id itself if it can stand there.
pub(super) fn query_keys(query_id: &str) -> impl Iterator<Item = String> {
    let plain = is_plain(query_id).then(|| query_id.to_owned());
    plain.into_iter().chain([short_form(query_id)])
}

/// Whether an id can stand in a `custom_id` and cannot be mistaken for a short form.
fn is_plain(query_id: &str) -> bool {
    let is_safe = |b: u8| b.is_ascii_graphic() && b != b'|';
    !query_id.is_empty() && query_id.bytes().all(is_safe) && !query_id.starts_with(SHORT_FORM)
}

fn short_form(query_id: &str) -> String {
    format!("{SHORT_FORM}{}", hex_digest(&[query_id], SHORT_FORM_BYTES))
}

fn digest(kind: AskKind, query: &str, passages: &[&str]) -> String {
    let mut passages = passages.to_vec();
    // Of a relevance pair one is the better: there the order means something.
    if kind != AskKind::Guidance(Objective::Relevance) {
        passages.sort_unstable();
    }
    let parts: Vec<&str> = [query].into_iter().chain(passages).collect();
    hex_digest(&parts, DIGEST_BYTES)
}

/// The first bytes of the SHA-256 of texts and their lengths, in hexadecimal.
pub(super) fn hex_digest(parts: &[&str], bytes: usize) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        // The length keeps "ab", "c" apart from "a", "bc".
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().iter().take(bytes).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    const PURITY: AskKind = AskKind::Guidance(Objective::Purity);
    const RELEVANCE: AskKind = AskKind::Guidance(Objective::Relevance);

    fn query(id: &str) -> Query {
        Query { id: id.into(), text: "why".into() }
    }

    fn id_of_query(query_id: &str) -> AskId {
        AskId::new(1, PURITY, "1", &query(query_id), &["d3"])
    }

    #[test]
    fn an_id_is_written_and_read_back() {
        let id = AskId::new(2, AskKind::Preference, "1+3fa9", &query("q17"), &["d3", "d9"]);
        let written = id.to_string();
        assert!(written.starts_with("r2|preference@1+3fa9|q17|"), "{written}");
        assert_eq!(AskId::parse(&written), Some(id));
    }

    #[test]
    fn query_ids_that_do_not_fit_have_a_short_form() {
        // "r1|purity@1||" and the digest are 21 characters.
        assert_eq!(id_of_query(&"q".repeat(43)).query_key(), "q".repeat(43));
        for query_id in [&"q".repeat(44), "a|b", "line 2", "#a", "ключ", ""] {
            let key = id_of_query(query_id).query_key().to_owned();
            assert!(key.len() == 13 && key.starts_with('#'), "{query_id}: {key}");
            assert!(query_keys(query_id).any(|known| known == key));
        }
        // What looks like a short form is none.
        let imitation = short_form("a|b");
        assert!(query_keys(&imitation).all(|key| key != imitation));
    }

    #[test]
    fn the_longest_id_fits() {
        for kind in AskKind::ALL {
            for query_id in ["a|b", &"q".repeat(21), &"q".repeat(500)] {
                let id = AskId::new(u16::MAX, kind, "12345678+abcd", &query(query_id), &["d"]);
                assert!(id.to_string().len() <= MAX_CHARS, "{id}");
                assert_eq!(AskId::parse(&id.to_string()), Some(id));
            }
        }
    }

    #[test]
    fn the_digest_tells_what_was_shown() {
        let list = AskId::new(1, AskKind::Preference, "1", &query("q"), &["a", "b"]);
        assert!(list.has_shown("why", &["b", "a"]));
        assert!(!list.has_shown("why", &["a"]));
        assert!(!list.has_shown("why not", &["a", "b"]));
        assert!(!list.has_shown("why", &["ab", ""]));
        let pair = AskId::new(1, RELEVANCE, "1", &query("q"), &["a", "b"]);
        assert!(pair.has_shown("why", &["a", "b"]) && !pair.has_shown("why", &["b", "a"]));
    }

    #[test]
    fn ids_of_others_are_not_taken_apart() {
        for other in [
            "request-1",
            "r1|purity|q17|d3",
            "r1|beauty@1|q17|9f2c01ab",
            "1|purity@1|q17|9f2c01ab",
            "r70000|purity@1|q17|9f2c01ab",
            "r1|purity@1|q17|9f2c01",
            "r1|purity@1|q17|9f2c01xy",
            "r1|purity@1||9f2c01ab",
            "r1|purity@|q17|9f2c01ab",
            "r1|purity@1|q17|9f2c01ab|x",
            "",
        ] {
            assert_eq!(AskId::parse(other), None, "{other}");
        }
    }
}
