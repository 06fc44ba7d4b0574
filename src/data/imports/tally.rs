//! What is counted while a file is mapped: what went in, and what found no place though its line was used.

use std::collections::BTreeSet;

/// Counts over the lines that were used.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Tally {
    /// Lines used.
    pub(super) lines: usize,
    /// Candidates whose gain comes from a score of the file.
    pub(super) scored: usize,
    /// Candidates whose gain comes from the side on which they stand.
    pub(super) sided: usize,
    /// Smallest and largest score, if they were scaled.
    pub(super) scaled: Option<(f64, f64)>,
    /// What readers chose where lines left a choice.
    pub(super) choices: BTreeSet<&'static str>,
    /// Names of fields without a meaning here.
    pub(super) other_fields: BTreeSet<String>,
    /// What found no place.
    pub(super) lost: Lost,
}

/// What of the used lines found no place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Lost {
    /// Ids that the corpus lacks.
    pub(super) unknown_ids: usize,
    /// Scores of texts that the corpus lacks.
    pub(super) scores_of_texts: usize,
    /// Texts that the corpus lacks and that nothing is set against.
    pub(super) lone_texts: usize,
    /// Texts that a line holds again on the same side.
    pub(super) repeated: usize,
    /// Texts that are better and worse for the same query.
    pub(super) both_sides: usize,
    /// Candidates to which lines of one query give different scores.
    pub(super) two_scores: usize,
    /// Texts that more than one passage has; not lost, but decided.
    pub(super) shared_texts: usize,
}

impl Lost {
    /// Adds what another line lost.
    pub(super) fn add(&mut self, other: Self) {
        self.unknown_ids += other.unknown_ids;
        self.scores_of_texts += other.scores_of_texts;
        self.lone_texts += other.lone_texts;
        self.repeated += other.repeated;
        self.both_sides += other.both_sides;
        self.two_scores += other.two_scores;
        self.shared_texts += other.shared_texts;
    }
}

impl Tally {
    /// Says what the reading decided, a clause each.
    pub(super) fn choices(&self) -> Vec<String> {
        let mut said: Vec<String> = self.choices.iter().map(|&choice| choice.to_owned()).collect();
        match self.scaled {
            Some((min, max)) => {
                said.push(format!("scores from {min} to {max} are scaled to gains 0 to 3 over the file"));
            }
            None if self.scored > 0 => said.push("scores are gains as they are, 0 to 3".to_owned()),
            None => {}
        }
        if self.sided > 0 {
            said.push("without a score, a positive is of gain 3 and a negative of gain 0".to_owned());
        }
        if self.lost.shared_texts > 0 {
            said.push(format!(
                "of several passages with the same text the first is meant: {}",
                self.lost.shared_texts
            ));
        }
        said
    }

    /// Says what found no place and how often, a clause each.
    pub(super) fn unmapped(&self) -> Vec<String> {
        let lost = self.lost;
        let counted = [
            ("ids that the corpus lacks", lost.unknown_ids),
            ("scores of texts outside the corpus, which cannot be candidates", lost.scores_of_texts),
            ("texts outside the corpus that nothing is set against", lost.lone_texts),
            ("texts that a line holds twice", lost.repeated),
            ("texts that are better and worse for the same query, taken for better", lost.both_sides),
            ("candidates with different scores, of which the first counts", lost.two_scores),
        ];
        let counted = counted.into_iter().filter(|(_, count)| *count > 0);
        let mut said: Vec<String> = counted.map(|(what, count)| format!("{what}: {count}")).collect();
        if !self.other_fields.is_empty() {
            let names: Vec<&str> = self.other_fields.iter().map(String::as_str).collect();
            said.push(format!("fields without a meaning here: {}", names.join(", ")));
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_says_what_happened_and_nothing_else() {
        assert_eq!(Tally::default().choices(), [""; 0]);
        assert_eq!(Tally::default().unmapped(), [""; 0]);
        let mut tally = Tally { scored: 2, scaled: Some((-8.5, 4.0)), sided: 1, ..Tally::default() };
        tally.lost.add(Lost { unknown_ids: 2, lone_texts: 1, ..Lost::default() });
        tally.lost.add(Lost { unknown_ids: 1, ..Lost::default() });
        tally.other_fields.insert("type".to_owned());
        assert_eq!(
            tally.choices(),
            [
                "scores from -8.5 to 4 are scaled to gains 0 to 3 over the file",
                "without a score, a positive is of gain 3 and a negative of gain 0",
            ]
        );
        assert_eq!(
            tally.unmapped(),
            [
                "ids that the corpus lacks: 3",
                "texts outside the corpus that nothing is set against: 1",
                "fields without a meaning here: type",
            ]
        );
    }
}
