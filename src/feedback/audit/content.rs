//! Content words of a text, to see how much of one text is in another.
//!
//! Knows no language: a word counts if it has four letters or a digit, and by its first five letters, so that
//! most endings make no difference. Texts written without blanks have too few words to be judged.

use std::collections::BTreeSet;

const STEM: usize = 5;
const LEAST_LETTERS: usize = 4;
/// Fewer distinct words give no share worth a number.
const LEAST_WORDS: usize = 5;

/// Distinct stems of the content words of a text.
pub(super) fn content_words(text: &str) -> BTreeSet<String> {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| is_content(word)).map(|word| word.chars().take(STEM).collect()).collect()
}

fn is_content(word: &str) -> bool {
    word.chars().count() >= LEAST_LETTERS || word.chars().any(|c| c.is_ascii_digit())
}

/// Share of `words` that is found in `other`, 0 to 1; `None` for fewer than five words.
pub(super) fn share_found(words: &BTreeSet<String>, other: &BTreeSet<String>) -> Option<f64> {
    let found = words.intersection(other).count();
    (words.len() >= LEAST_WORDS).then(|| found as f64 / words.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_words_are_stems_of_long_words_and_numbers() {
        let words = content_words("The Warranties: warranty of A12, 60 days; the days run.");
        assert_eq!(words, ["60", "a12", "days", "warra"].map(str::to_owned).into());
    }

    #[test]
    fn a_share_needs_five_words() {
        let words = content_words("alpha bravo charlie delta echoes");
        assert_eq!(share_found(&words, &content_words("Bravo! charlie")), Some(0.4));
        assert_eq!(share_found(&content_words("alpha bravo charlie delta"), &words), None);
    }
}
