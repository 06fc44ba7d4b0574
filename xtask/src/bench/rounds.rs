//! Times of two sides that were measured in turns: medians, ratio and spread.

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// Rounds that count, after a warm-up.
pub(super) const ROUNDS: usize = 5;

/// One way of doing the work, and how long it took in each round.
#[derive(Clone)]
pub(super) struct Timed {
    /// For people.
    pub(super) name: String,
    /// Milliseconds, a round each.
    pub(super) ms: Vec<f64>,
}

impl Timed {
    /// Nothing measured yet.
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ms: Vec::new() }
    }

    /// The median; none without a round.
    pub(super) fn median(&self) -> Option<f64> {
        median(&self.ms)
    }
}

/// This engine against the fastest of a peer's ways.
pub(super) struct Duel {
    /// This engine.
    pub(super) own: Timed,
    /// The peer's fastest way by median.
    pub(super) peer: Timed,
    /// All of the peer's ways.
    pub(super) ways: Vec<Timed>,
}

impl Duel {
    /// Chooses the peer's fastest way.
    ///
    /// # Errors
    /// When something was not measured.
    pub(super) fn new(own: Timed, ways: Vec<Timed>) -> Result<Self> {
        let by_median = |way: &&Timed| way.median().map_or(f64::INFINITY, |median| median);
        let fastest = ways.iter().min_by(|a, b| by_median(a).total_cmp(&by_median(b)));
        let peer = fastest.context("the peer has no way of doing it")?.clone();
        own.median().zip(peer.median()).context("no round was measured")?;
        Ok(Self { own, peer, ways })
    }

    /// The peer's median time over this engine's: above 1, this engine is faster.
    pub(super) fn ratio(&self) -> f64 {
        let medians = self.peer.median().zip(self.own.median());
        medians.map_or(f64::NAN, |(peer, own)| peer / own)
    }

    /// Smallest and largest ratio of a single round.
    pub(super) fn spread(&self) -> [f64; 2] {
        let ratios = self.peer.ms.iter().zip(&self.own.ms).map(|(peer, own)| peer / own);
        ratios
            .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], ratio| [low.min(ratio), high.max(ratio)])
    }

    /// Every round of every way.
    pub(super) fn details(&self) -> Value {
        let side = |timed: &Timed| {
            let ms: Vec<_> = timed.ms.iter().map(|ms| ms.round()).collect();
            json!({ "name": timed.name, "median_ms": timed.median().map(f64::round), "rounds_ms": ms })
        };
        let ways: Vec<_> = self.ways.iter().map(side).collect();
        json!({ "own": side(&self.own), "peer": self.peer.name, "peer_ways": ways, "ratio_of_rounds": self.spread() })
    }
}

/// The middle value, or the mean of the two in the middle.
pub(super) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        length if length.is_multiple_of(2) => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
        _ => Some(sorted[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timed(name: &str, ms: &[f64]) -> Timed {
        Timed { name: name.into(), ms: ms.to_vec() }
    }

    #[test]
    fn medians_of_few_values() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn the_peer_is_taken_at_its_best_and_faster_is_above_one() -> Result<()> {
        let ways = vec![timed("slow", &[9.0, 9.0, 9.0]), timed("fast", &[3.0, 2.0, 4.0])];
        let duel = Duel::new(timed("own", &[2.0, 2.0, 1.0]), ways)?;
        assert_eq!(duel.peer.name, "fast");
        assert_eq!(duel.ratio(), 1.5);
        assert_eq!(duel.spread(), [1.0, 4.0]);
        Ok(())
    }

    #[test]
    fn nothing_measured_is_no_ratio() {
        assert!(Duel::new(timed("own", &[1.0]), Vec::new()).is_err());
        assert!(Duel::new(timed("own", &[]), vec![timed("peer", &[1.0])]).is_err());
    }
}
