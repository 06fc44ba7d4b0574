//! BM25 over the corpus: the baseline that needs no model.
//!
//! Robertson & Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond", with the idf of
//! Lucene. It reads what the encoder reads, title and text as one field, without stemming and without stop
//! words, so that its figures lie somewhat below published ones, most of which stem.

use super::index::positions_by_id_descending;
use super::scored::{Scored, keep_best};
use super::words::words;
use super::{Hit, RetrieveError};
use crate::data::Corpus;
use std::collections::HashMap;

/// The two constants of BM25.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bm25Settings {
    /// How fast repetitions of a word stop to count, 0 or more; 0 counts presence alone.
    pub k1: f64,
    /// How much a long passage is held against itself, 0 (not at all) to 1 (in full).
    pub b: f64,
}

impl Default for Bm25Settings {
    /// k1 = 0.9 and b = 0.4, the defaults of Anserini.
    fn default() -> Self {
        Self { k1: 0.9, b: 0.4 }
    }
}

/// How often a word stands in a passage.
#[derive(Debug, Clone, Copy)]
struct Posting {
    row: usize,
    count: u32,
}

/// An inverted index; rows lie in descending order of passage id.
#[derive(Debug, Clone)]
pub struct Bm25 {
    /// Postings by word, rows ascending.
    postings: HashMap<String, Vec<Posting>>,
    /// What the length of each row's passage adds to a count: k1 (1 - b + b length / mean length).
    length_terms: Vec<f64>,
    /// Corpus position of each row.
    positions: Vec<usize>,
    /// Passages with at least one word.
    written: usize,
}

impl Bm25 {
    /// Counts the words of every passage (title and text).
    ///
    /// # Errors
    /// [`RetrieveError::Bm25Settings`]; [`RetrieveError::DuplicateId`] of a corpus that holds an id twice.
    pub fn new(corpus: &Corpus, settings: Bm25Settings) -> Result<Self, RetrieveError> {
        let Bm25Settings { k1, b } = settings;
        if !(k1 >= 0.0 && k1.is_finite() && (0.0..=1.0).contains(&b)) {
            return Err(RetrieveError::Bm25Settings { k1, b });
        }
        let ids: Vec<String> = corpus.passages().iter().map(|passage| passage.id.clone()).collect();
        let positions = positions_by_id_descending(&ids)?;
        let mut postings = HashMap::new();
        let in_order = positions.iter().filter_map(|&position| corpus.passages().get(position));
        let texts = in_order.map(|passage| passage.embedding_text()).enumerate();
        let lengths: Vec<usize> = texts.map(|(row, text)| count_words(&mut postings, row, &text)).collect();
        let written = lengths.iter().filter(|&&length| length > 0).count();
        let mean_length = lengths.iter().sum::<usize>() as f64 / written.max(1) as f64;
        let term = |length: usize| k1 * (1.0 - b + b * length as f64 / mean_length);
        let length_terms = lengths.into_iter().map(term).collect();
        Ok(Self { postings, length_terms, positions, written })
    }

    /// Finds the `k` best passages for a query, best first; fewer if fewer hold a word of it.
    ///
    /// Score: sum over the query's words, repetitions included, of idf * count / (count + length term), with
    /// idf = ln(1 + (N - n + 0.5) / (n + 0.5)), N passages, n of them with the word. Scores are positive and
    /// comparable within one query only. Equal scores, compared as f32: passage id descending.
    pub fn top_k(&self, query: &str, k: usize) -> Vec<Hit> {
        let mut sums = vec![0.0; self.length_terms.len()];
        for postings in words(query).filter_map(|word| self.postings.get(&word)) {
            let idf = self.idf(postings.len());
            for &Posting { row, count } in postings {
                let count = f64::from(count);
                sums[row] += idf * count / (count + self.length_terms[row]);
            }
        }
        let scored = sums.into_iter().enumerate().map(|(row, sum)| Scored { row, score: sum as f32 });
        let mut best: Vec<Scored> = scored.filter(|found| found.score > 0.0).collect();
        keep_best(&mut best, k);
        best.into_iter().map(|best| Hit { position: self.positions[best.row], score: best.score }).collect()
    }

    fn idf(&self, passages_with_word: usize) -> f64 {
        let with_word = passages_with_word as f64;
        ((self.written as f64 - with_word + 0.5) / (with_word + 0.5)).ln_1p()
    }
}

/// Adds a passage's words to the postings and returns how many there are. Rows come in ascending order.
fn count_words(postings: &mut HashMap<String, Vec<Posting>>, row: usize, text: &str) -> usize {
    let mut length = 0;
    for word in words(text) {
        length += 1;
        let of_word = postings.entry(word).or_default();
        match of_word.last_mut().filter(|last| last.row == row) {
            Some(last) => last.count += 1,
            None => of_word.push(Posting { row, count: 1 }),
        }
    }
    length
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::data::Passage;

    fn corpus(texts: &[(&str, &str)]) -> Corpus {
        let passage =
            |&(id, text): &(&str, &str)| Passage { id: id.into(), title: String::new(), text: text.into() };
        Corpus::new(texts.iter().map(passage).collect()).unwrap()
    }

    fn found(texts: &[(&str, &str)], query: &str, k: usize) -> Vec<(usize, f32)> {
        let index = Bm25::new(&corpus(texts), Bm25Settings::default()).unwrap();
        index.top_k(query, k).into_iter().map(|hit| (hit.position, hit.score)).collect()
    }

    const FOUR: [(&str, &str); 4] =
        [("a", "pump pump noise"), ("b", "noise in the pump room again"), ("c", "warm water"), ("d", "")];

    #[test]
    fn scores_worked_by_hand() {
        // Three passages hold words: 3 + 6 + 2 = 11, mean 11/3. "pump" stands in two of them.
        let idf = f64::ln(1.0 + 1.5 / 2.5);
        let term = |length: f64| 0.9 * (0.6 + 0.4 * length / (11.0 / 3.0));
        let expected = [(0, (idf * 2.0 / (2.0 + term(3.0))) as f32), (1, (idf / (1.0 + term(6.0))) as f32)];
        assert_eq!(found(&FOUR, "Pump", 10), expected);
    }

    #[test]
    fn words_of_a_query_add_up_and_repetitions_count() {
        let [one, two] = ["water", "water WATER"].map(|query| found(&FOUR, query, 10)[0].1);
        assert_eq!(two, 2.0 * one);
        let both = found(&FOUR, "warm water", 10);
        // Both words stand once in one passage.
        assert_eq!(both, [(2, 2.0 * one)]);
    }

    #[test]
    fn passages_without_a_word_of_the_query_are_not_found() {
        assert_eq!(found(&FOUR, "heat", 10), []);
        assert_eq!(found(&FOUR, "", 10), []);
        assert_eq!(found(&FOUR, "pump", 0), []);
        assert_eq!(found(&FOUR, "pump", 1).len(), 1);
        assert_eq!(found(&[("a", ""), ("b", "...")], "a", 5), []);
    }

    #[test]
    fn rare_words_weigh_more_and_long_passages_less() {
        let texts = [
            ("a", "pump valve"),
            ("b", "pump sensor"),
            ("c", "pump"),
            ("d", "valve one two three four five"),
        ];
        let order: Vec<usize> = found(&texts, "pump sensor", 10).iter().map(|hit| hit.0).collect();
        assert_eq!(order, [1, 2, 0]);
        let order: Vec<usize> = found(&texts, "valve", 10).iter().map(|hit| hit.0).collect();
        assert_eq!(order, [0, 3]);
    }

    #[test]
    fn ties_come_in_descending_id_order() {
        let texts = [("a", "pump x"), ("c", "pump y"), ("B", "z pump"), ("b", "pump w")];
        let order: Vec<usize> = found(&texts, "pump", 3).iter().map(|hit| hit.0).collect();
        assert_eq!(order, [1, 3, 0]);
    }

    #[test]
    fn titles_are_read() {
        let passage = Passage { id: "a".into(), title: "Noise".into(), text: "of the pump".into() };
        let index = Bm25::new(&Corpus::new(vec![passage]).unwrap(), Bm25Settings::default()).unwrap();
        assert_eq!(index.top_k("noise", 1).len(), 1);
    }

    #[test]
    fn constants_change_what_they_say() {
        let texts = [("a", "pump pump pump"), ("b", "pump and so on and on and on")];
        let scores = |k1: f64, b: f64| -> Vec<f32> {
            let index = Bm25::new(&corpus(&texts), Bm25Settings { k1, b }).unwrap();
            let mut hits = index.top_k("pump", 2);
            hits.sort_by_key(|hit| hit.position);
            hits.iter().map(|hit| hit.score).collect()
        };
        let presence = scores(0.0, 0.4);
        assert_eq!(presence[0], presence[1]);
        let idf = f64::ln(1.0 + 0.5 / 2.5);
        assert_eq!(scores(1.0, 0.0), [(idf * 3.0 / 4.0) as f32, (idf / 2.0) as f32]);
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        for (k1, b) in [(-0.1, 0.4), (f64::INFINITY, 0.4), (0.9, 1.1), (0.9, -0.1)] {
            let refused = Bm25::new(&corpus(&FOUR), Bm25Settings { k1, b }).unwrap_err();
            assert_eq!(refused, RetrieveError::Bm25Settings { k1, b });
        }
        assert!(Bm25::new(&corpus(&FOUR), Bm25Settings { k1: f64::NAN, b: 0.4 }).is_err());
        assert!(Bm25::new(&corpus(&FOUR), Bm25Settings { k1: 0.9, b: f64::NAN }).is_err());
    }
}
