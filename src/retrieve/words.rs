//! The words of a text, as BM25 counts them.
//!
//! Plain on purpose: no stemming, no stop words, no dictionary. Text written without blanks between words,
//! such as Chinese or Japanese, comes out as long runs and is found badly; a combining mark ends a word.

/// Splits a text into maximal runs of Unicode letters and digits, in lower case, in order.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<String> {
        words(text).collect()
    }

    #[test]
    fn letters_and_digits_make_words() {
        assert_eq!(split("The Air-8's A16, twice!"), ["the", "air", "8", "s", "a16", "twice"]);
        assert_eq!(split("-7.5 °C\tR290_x"), ["7", "5", "c", "r290", "x"]);
        assert_eq!(split(""), [""; 0]);
        assert_eq!(split(" ... "), [""; 0]);
    }

    #[test]
    fn every_script_is_lowercased() {
        assert_eq!(split("ÆRØ Straße ΟΔΟΣ Москва"), ["ærø", "straße", "οδος", "москва"]);
        assert_eq!(split("東京 タワー"), ["東京", "タワー"]);
    }

    #[test]
    fn repeated_words_stay() {
        assert_eq!(split("no no NO"), ["no", "no", "no"]);
    }
}
