//! Words that some models want in front of a query or a passage.
//!
//! Puts none in front of a text by itself: a folder names them, or a person does.

/// What a text is to the retriever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// It is searched for.
    Query,
    /// It is found.
    Passage,
}

/// The words in front of each kind of text; most models have none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prefixes {
    /// In front of a query.
    pub query: String,
    /// In front of a passage, before its title.
    pub passage: String,
}

/// Beginnings of names of models that were trained with prefixes, and these.
const KNOWN: [(&str, &str, &str); 4] = [
    ("e5-small", "query: ", "passage: "),
    ("e5-base", "query: ", "passage: "),
    ("e5-large", "query: ", "passage: "),
    ("bge-", "Represent this sentence for searching relevant passages: ", ""),
];

impl Prefixes {
    /// Whether both are empty.
    pub fn is_empty(&self) -> bool {
        self.query.is_empty() && self.passage.is_empty()
    }

    /// The one for a kind of text.
    pub fn of(&self, role: Role) -> &str {
        match role {
            Role::Query => &self.query,
            Role::Passage => &self.passage,
        }
    }

    /// What the makers of a model of this name say; none for a name that is not known to want any.
    pub fn known_for(name: &str) -> Option<Self> {
        let name = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
        let (_, query, passage) = KNOWN.iter().find(|(start, ..)| name.starts_with(start))?;
        Some(Self { query: (*query).to_owned(), passage: (*passage).to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_and_without_known_prefixes() {
        let e5 = Prefixes { query: "query: ".into(), passage: "passage: ".into() };
        assert_eq!(Prefixes::known_for("intfloat/e5-small-v2"), Some(e5.clone()));
        assert_eq!([e5.of(Role::Query), e5.of(Role::Passage)], ["query: ", "passage: "]);
        let bge = Prefixes::known_for("bge-small-en-v1.5").unwrap_or_default();
        assert!(bge.query.starts_with("Represent this sentence") && bge.passage.is_empty());
        assert_eq!(Prefixes::known_for("all-MiniLM-L12-v2"), None);
        assert!(Prefixes::default().is_empty() && !bge.is_empty());
    }
}
