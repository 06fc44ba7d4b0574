//! Objective probes: on held-out guidance, how often the retriever prefers the better text, before and after.
//!
//! A pure function of scores. It neither embeds the texts nor knows which guidance was held out: that is for
//! the caller to keep apart, or the answer is about memory.

use super::EvalError;
use super::proportions::{Share, mcnemar_exact};
use std::collections::BTreeMap;

/// One guidance example as one retriever scores it, higher is nearer to the query.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbeScores {
    /// Score of the better text.
    pub better: f32,
    /// Scores of the worse texts, at least one.
    pub worse: Vec<f32>,
}

impl ProbeScores {
    /// Tells whether the better text scores above every worse one; a tie is no preference.
    pub fn prefers_better(&self) -> bool {
        self.worse.iter().all(|&worse| self.better > worse)
    }

    fn is_usable(&self) -> bool {
        !self.worse.is_empty() && self.better.is_finite() && self.worse.iter().all(|score| score.is_finite())
    }
}

/// One guidance example before and after; `K` is its objective.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe<K> {
    /// What the example asks for.
    pub objective: K,
    /// Scores before.
    pub before: ProbeScores,
    /// Scores after; the texts are the same.
    pub after: ProbeScores,
}

/// The answer for one objective.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProbeResult {
    /// Share of examples whose better text is preferred, before.
    pub before: Share,
    /// The same after.
    pub after: Share,
    /// The share that a random order would reach: the mean of 1 / texts.
    pub chance: f64,
    /// Examples preferred rightly only after.
    pub gained: usize,
    /// Examples preferred rightly only before.
    pub lost: usize,
    /// Exact McNemar test of `gained` against `lost`, two-sided, above 0 to 1.
    pub p: f64,
}

/// Answers by objective; an objective without examples is not in the answer.
///
/// # Errors
/// [`EvalError::Probe`] if an example has no worse text, another number of them after than before, or a score
/// that is not finite.
pub fn probe_objectives<K: Ord + Clone>(probes: &[Probe<K>]) -> Result<BTreeMap<K, ProbeResult>, EvalError> {
    let mut by_objective: BTreeMap<K, Vec<&Probe<K>>> = BTreeMap::new();
    for (index, probe) in probes.iter().enumerate() {
        let same_texts = probe.before.worse.len() == probe.after.worse.len();
        if !(same_texts && probe.before.is_usable() && probe.after.is_usable()) {
            return Err(EvalError::Probe { index });
        }
        by_objective.entry(probe.objective.clone()).or_default().push(probe);
    }
    let answered =
        by_objective.into_iter().filter_map(|(objective, probes)| Some((objective, answer(&probes)?)));
    Ok(answered.collect())
}

fn answer<K>(probes: &[&Probe<K>]) -> Option<ProbeResult> {
    let pairs = || probes.iter().map(|probe| (probe.before.prefers_better(), probe.after.prefers_better()));
    let share = |count: usize| Share::new(count, probes.len());
    let gained = pairs().filter(|&(before, after)| !before && after).count();
    let lost = pairs().filter(|&(before, after)| before && !after).count();
    let chances = probes.iter().map(|probe| 1.0 / (probe.before.worse.len() + 1) as f64);
    Some(ProbeResult {
        before: share(pairs().filter(|&(before, _)| before).count())?,
        after: share(pairs().filter(|&(_, after)| after).count())?,
        chance: chances.sum::<f64>() / probes.len() as f64,
        gained,
        lost,
        p: mcnemar_exact(gained, lost),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn scores(better: f32, worse: &[f32]) -> ProbeScores {
        ProbeScores { better, worse: worse.to_vec() }
    }

    fn probe(objective: &str, before: ProbeScores, after: ProbeScores) -> Probe<&str> {
        Probe { objective, before, after }
    }

    #[test]
    fn the_better_text_must_beat_every_worse_one() {
        assert!(scores(0.5, &[0.4, 0.1]).prefers_better());
        assert!(!scores(0.5, &[0.4, 0.6]).prefers_better());
        assert!(!scores(0.5, &[0.5]).prefers_better());
    }

    #[test]
    fn answers_by_objective_worked_by_hand() {
        let (right, wrong) = (scores(0.9, &[0.1]), scores(0.1, &[0.9]));
        let mut probes = vec![probe("purity", scores(0.2, &[0.3, 0.4]), scores(0.5, &[0.3, 0.4]))];
        // Relevance: six gained, none lost, two right and one wrong on both sides.
        probes.extend((0..6).map(|_| probe("relevance", wrong.clone(), right.clone())));
        probes.extend((0..2).map(|_| probe("relevance", right.clone(), right.clone())));
        probes.push(probe("relevance", wrong.clone(), wrong.clone()));
        let answers = probe_objectives(&probes).unwrap();
        assert_eq!(answers.keys().copied().collect::<Vec<_>>(), ["purity", "relevance"]);

        let relevance = answers["relevance"];
        assert_eq!((relevance.before.count, relevance.after.count, relevance.after.trials), (2, 8, 9));
        assert_eq!((relevance.gained, relevance.lost, relevance.chance), (6, 0, 0.5));
        assert!((relevance.p - 2.0 / 64.0).abs() < 1e-14);
        let purity = answers["purity"];
        assert_eq!((purity.gained, purity.lost, purity.p), (1, 0, 1.0));
        assert!((purity.chance - 1.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn what_was_lost_is_told_from_what_was_gained() {
        let (right, wrong) = (scores(0.9, &[0.1]), scores(0.1, &[0.9]));
        let answers = probe_objectives(&[probe("r", right, wrong)]).unwrap();
        assert_eq!((answers["r"].gained, answers["r"].lost), (0, 1));
        assert!(probe_objectives::<u8>(&[]).unwrap().is_empty());
    }

    #[test]
    fn probes_that_ask_nothing_are_refused() {
        let good = scores(0.9, &[0.1]);
        for bad in [
            scores(0.9, &[]),
            scores(f32::NAN, &[0.1]),
            scores(0.9, &[f32::INFINITY]),
            scores(0.9, &[0.1; 2]),
        ] {
            let probes = [probe("r", good.clone(), good.clone()), probe("r", good.clone(), bad)];
            assert_eq!(probe_objectives(&probes), Err(EvalError::Probe { index: 1 }));
        }
        assert_eq!(
            probe_objectives(&[probe("r", scores(0.9, &[]), scores(0.9, &[]))]),
            Err(EvalError::Probe { index: 0 })
        );
    }
}
