//! The passages of a corpus, found by their words.
//!
//! Blanks make no difference and everything else does: a text that was shortened or changed is another text.

use super::super::Corpus;
use std::collections::HashMap;

/// A passage that has a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// Its position in the corpus, the first if several have the text.
    pub(super) position: usize,
    /// Whether another passage has the text, too.
    pub(super) is_shared: bool,
}

/// Positions of passages by text, and by title and text.
pub(super) struct Passages {
    by_text: HashMap<String, Found>,
}

impl Passages {
    pub(super) fn new(corpus: &Corpus) -> Self {
        let mut by_text: HashMap<String, Found> = HashMap::with_capacity(corpus.len());
        let mut add = |text: &str, position: usize| {
            let text = one_blank(text);
            if !text.is_empty() {
                let found = by_text.entry(text).or_insert(Found { position, is_shared: false });
                found.is_shared |= found.position != position;
            }
        };
        // A text alone outdoes a title with a text, whichever passage comes first.
        corpus.passages().iter().enumerate().for_each(|(i, passage)| add(&passage.text, i));
        let titled = corpus.passages().iter().enumerate().filter(|(_, passage)| !passage.title.is_empty());
        titled.for_each(|(i, passage)| add(&passage.embedding_text(), i));
        Self { by_text }
    }

    /// Finds the passage that has this text.
    pub(super) fn find(&self, text: &str) -> Option<Found> {
        self.by_text.get(&one_blank(text)).copied()
    }
}

/// A text with one blank wherever it has any number of them.
fn one_blank(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::super::super::Passage;
    use super::*;

    fn passages(given: &[(&str, &str)]) -> Passages {
        let passage = |(i, (title, text)): (usize, &(&str, &str))| Passage {
            id: i.to_string(),
            title: (*title).into(),
            text: (*text).into(),
        };
        Passages::new(&Corpus::new(given.iter().enumerate().map(passage).collect()).unwrap())
    }

    #[test]
    fn passages_are_found_with_and_without_title_and_whatever_their_blanks() {
        let passages = passages(&[("Pumps", "Bleed  the\nradiator."), ("", "Two words"), ("Empty", "")]);
        let position = |text: &str| passages.find(text).map(|found| found.position);
        assert_eq!(position(" Bleed the radiator. "), Some(0));
        assert_eq!(position("Pumps\nBleed the radiator."), Some(0));
        assert_eq!(position("Two\u{a0}words"), Some(1));
        assert_eq!(position("Empty"), Some(2));
        assert_eq!(position("two words"), None);
        assert_eq!(position("Bleed the"), None);
        assert_eq!(position(""), None);
    }

    #[test]
    fn of_several_passages_with_a_text_the_first_is_found_and_that_is_said() {
        let passages = passages(&[("Same", "text"), ("Other", "text"), ("", "Same text")]);
        assert_eq!(passages.find("text"), Some(Found { position: 0, is_shared: true }));
        assert_eq!(passages.find("Same text"), Some(Found { position: 2, is_shared: true }));
        assert_eq!(passages.find("Other text"), Some(Found { position: 1, is_shared: false }));
    }
}
