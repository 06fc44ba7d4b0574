//! Why a run cannot be evaluated, or two sets of figures not compared.

use super::Measure;

/// Why a run cannot be evaluated, or two sets of figures not compared.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EvalError {
    /// There is no query on either side.
    #[error("there is no query to compare")]
    Empty,
    /// The two sides do not hold the same queries.
    #[error("{before} queries before, {after} after; both sides must hold the same queries")]
    Unpaired {
        /// Figures before.
        before: usize,
        /// Figures after.
        after: usize,
    },
    /// A figure is NaN or infinite.
    #[error("the figure of query {index} (from 0) is not a number")]
    NotFinite {
        /// Position of the query.
        index: usize,
    },
    /// The two sides were measured by other measures.
    #[error("the two sides were not measured by the same measures")]
    OtherMeasures,
    /// No query of one side has a judged passage near the top, so its figures mean nothing.
    #[error("none of the first {depth} passages of any query {side} is judged; there is nothing to test")]
    NothingJudged {
        /// `before` or `after`.
        side: &'static str,
        /// How far down was looked.
        depth: usize,
    },
    /// A t test needs two differences.
    #[error("a t test needs at least two queries, not {queries}")]
    TooFew {
        /// Queries given.
        queries: usize,
    },
    /// A t test has nothing to divide by.
    #[error("every query changes by {difference}; a t test needs differences that vary")]
    NoSpread {
        /// The difference that all share.
        difference: f64,
    },
    /// A name is not that of a measure.
    #[error("'{name}' is not a measure; measures are {}", Measure::NAMES)]
    UnknownMeasure {
        /// The name.
        name: String,
    },
    /// A run ranks a passage twice, which would count its grade twice.
    #[error("passage '{passage}' is ranked twice for query '{query}'")]
    RepeatedPassage {
        /// Query id.
        query: String,
        /// Passage id.
        passage: String,
    },
    /// A score is NaN and has no place in an order.
    #[error("the score of passage '{passage}' for query '{query}' is not a number")]
    NanScore {
        /// Query id.
        query: String,
        /// Passage id.
        passage: String,
    },
    /// A probe has no worse text, or a score that is not finite.
    #[error("probe {index} (from 0) needs a worse text and scores that are numbers")]
    Probe {
        /// Position of the probe.
        index: usize,
    },
}
