//! The sample curriculum: which samples a round finds poor, and what became of them since (arXiv 2411.03957).
//!
//! Knows figures only; whoever has a student measures them.

use super::TrainSettings;
use super::lessons::SampleId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Where a sample stands at the beginning of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// Never poor so far.
    Fine,
    /// Under the threshold.
    Poor,
    /// Was poor and is not any more.
    Mastered,
    /// Had been mastered and is poor again.
    Relapsed,
}

impl Standing {
    /// Whether a round that looks at poor samples only teaches it.
    pub fn is_poor(self) -> bool {
        matches!(self, Self::Poor | Self::Relapsed)
    }

    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Poor => "poor",
            Self::Mastered => "mastered",
            Self::Relapsed => "relapsed",
        }
    }

    fn next(before: Option<Self>, is_poor: bool) -> Self {
        match (before, is_poor) {
            (None | Some(Self::Fine | Self::Poor), true) => Self::Poor,
            (Some(Self::Mastered | Self::Relapsed), true) => Self::Relapsed,
            (None | Some(Self::Fine), false) => Self::Fine,
            (Some(_), false) => Self::Mastered,
        }
    }
}

/// What a round began with; the last one, with what the teaching ended with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoundReport {
    /// Round, from 1; one more than there are at the end.
    pub round: usize,
    /// Steps done before it.
    pub steps_done: usize,
    /// Samples with a useful candidate.
    pub samples: usize,
    /// Of these, poor ones, relapsed ones among them.
    pub poor: usize,
    /// Samples that were poor once and are not now.
    pub mastered: usize,
    /// Samples that were mastered and are poor again.
    pub relapsed: usize,
    /// Mean pref-NDCG@10 of the samples.
    pub mean: f64,
    /// Mean nDCG@10 of the validation queries by the LLM's gains; none without them.
    pub validation: Option<f64>,
}

/// The rounds of a teaching and every sample's story.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rounds {
    count: usize,
    steps: usize,
    poor_below: f64,
    /// pref-NDCG@10 and standing of every sample with a useful candidate, round by round.
    stories: BTreeMap<SampleId, Vec<(f64, Standing)>>,
    reports: Vec<RoundReport>,
}

impl Rounds {
    /// Cuts the settings' steps into their rounds.
    pub fn new(settings: &TrainSettings) -> Self {
        let (count, steps, poor_below) = (settings.rounds, settings.steps, settings.poor_below);
        Self { count, steps, poor_below, stories: BTreeMap::new(), reports: Vec::new() }
    }

    /// Number of rounds.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Steps of a round, from 1, as numbers of steps done before each.
    pub fn steps(&self, round: usize) -> Range<usize> {
        let end = |round: usize| self.steps * round / self.count;
        end(round.saturating_sub(1))..end(round)
    }

    /// Takes the samples' figures at the beginning of a round, or after the last.
    pub fn take(
        &mut self,
        steps_done: usize,
        figures: impl IntoIterator<Item = (usize, f64)>,
        validation: Option<f64>,
    ) -> &RoundReport {
        let mut values = Vec::new();
        let mut counts = BTreeMap::from([(true, 0), (false, 0)]);
        let (mut mastered, mut relapsed) = (0, 0);
        for (sample, value) in figures {
            let story = self.stories.entry(sample).or_default();
            let before = story.last().map(|(_, standing)| *standing);
            let standing = Standing::next(before, value < self.poor_below);
            story.push((value, standing));
            values.push(value);
            *counts.entry(standing.is_poor()).or_default() += 1;
            mastered += usize::from(standing == Standing::Mastered);
            relapsed += usize::from(standing == Standing::Relapsed);
        }
        self.reports.push(RoundReport {
            round: self.reports.len() + 1,
            steps_done,
            samples: values.len(),
            poor: counts[&true],
            mastered,
            relapsed,
            mean: super::closed_lists::mean(&values).unwrap_or_default(),
            validation,
        });
        &self.reports[self.reports.len() - 1]
    }

    /// The samples that are poor now.
    pub fn poor(&self) -> BTreeSet<SampleId> {
        let is_poor =
            |story: &[(f64, Standing)]| story.last().is_some_and(|(_, standing)| standing.is_poor());
        self.stories.iter().filter(|(_, story)| is_poor(story)).map(|(sample, _)| *sample).collect()
    }

    /// What every round began with, and the end if it was reached.
    pub fn reports(&self) -> &[RoundReport] {
        &self.reports
    }

    /// pref-NDCG@10 and standing of every sample with a useful candidate, as often as it was looked at.
    pub fn stories(&self) -> &BTreeMap<SampleId, Vec<(f64, Standing)>> {
        &self.stories
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(count: usize) -> Rounds {
        Rounds::new(&TrainSettings { rounds: count, steps: 10, ..TrainSettings::default() })
    }

    #[test]
    fn rounds_share_out_every_step() {
        let rounds = rounds(3);
        assert_eq!([1, 2, 3].map(|round| rounds.steps(round)), [0..3, 3..6, 6..10]);
    }

    #[test]
    fn a_sample_is_mastered_and_may_relapse() {
        let mut rounds = rounds(4);
        let figures = [[0.5, 0.9, 0.6], [0.8, 0.9, 0.6], [0.6, 0.6, 0.7], [0.9, 0.9, 0.2]];
        for (done, values) in figures.iter().enumerate() {
            rounds.take(done, values.iter().copied().enumerate(), None);
        }
        let standings = |sample: usize| -> Vec<Standing> {
            rounds.stories()[&sample].iter().map(|(_, standing)| *standing).collect()
        };
        use Standing::{Fine, Mastered, Poor, Relapsed};
        assert_eq!(standings(0), [Poor, Mastered, Relapsed, Mastered]);
        assert_eq!(standings(1), [Fine, Fine, Poor, Mastered]);
        assert_eq!(standings(2), [Poor, Poor, Mastered, Relapsed]);
        assert_eq!(rounds.poor(), BTreeSet::from([2]));
        let counts: Vec<_> = rounds.reports().iter().map(|r| [r.poor, r.mastered, r.relapsed]).collect();
        assert_eq!(counts, [[2, 0, 0], [1, 1, 0], [2, 1, 1], [1, 2, 1]]);
        assert!((rounds.reports()[0].mean - 2.0 / 3.0).abs() < 1e-12);
    }
}
