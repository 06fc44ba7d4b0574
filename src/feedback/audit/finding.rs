//! What the audit says: a finding with its lines, its numbers and its words.
//!
//! Decides nothing about the feedback: whether lines are left out is up to the person who reads it.

use std::collections::BTreeSet;
use std::fmt;

/// Share of the examples above which a defect is worth a warning.
const MANY: f64 = 0.1;
/// Share of the examples above which a defect is the rule.
const MOST: f64 = 0.5;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; teaching can go on.
    Note,
    /// Part of the feedback teaches little, or something else than it should.
    Warning,
    /// The feedback teaches something wrong, or contradicts itself.
    Serious,
}

impl Severity {
    /// Returns its name in files and on the page.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Serious => "serious",
        }
    }

    /// The rule for a defect of single examples: serious from half of them on, a warning from a tenth on.
    pub(super) fn of_share(part: usize, whole: usize) -> Self {
        match part as f64 / whole.max(1) as f64 {
            share if share >= MOST => Self::Serious,
            share if share >= MANY => Self::Warning,
            _ => Self::Note,
        }
    }
}

/// What the audit looks for, in the order in which it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// Gains follow the position in the list.
    PositionBias,
    /// Gains follow the length of the text.
    LengthBias,
    /// How far the LLM agrees with judgements.
    HumanAgreement,
    /// How far two rounds agree.
    RoundAgreement,
    /// Guidance that the base model follows already.
    TaughtAlready,
    /// Two places that say the opposite.
    Contradiction,
    /// Two places that say the same.
    Duplicate,
    /// Purity pairs whose sparse text lacks what the dense one says.
    SparseLacks,
    /// Purity pairs whose dense text is no denser.
    DenseNoDenser,
    /// Comprehensiveness texts without a trace of a source.
    SourceMissing,
    /// Texts that the model reads in part.
    Truncated,
    /// Pairs whose difference lies where the model does not read.
    DifferenceCut,
    /// Lists whose candidates are all equally useful.
    EqualGains,
    /// Gains that are all 0 or 3.
    OnlyExtremes,
    /// Lists without a useful candidate.
    NoneUseful,
    /// Lists of one candidate.
    SingleCandidate,
}

impl Code {
    /// Returns its name in files and on the page.
    pub fn name(self) -> &'static str {
        match self {
            Self::PositionBias => "position_bias",
            Self::LengthBias => "length_bias",
            Self::HumanAgreement => "human_agreement",
            Self::RoundAgreement => "round_agreement",
            Self::TaughtAlready => "taught_already",
            Self::Contradiction => "contradiction",
            Self::Duplicate => "duplicate",
            Self::SparseLacks => "sparse_lacks",
            Self::DenseNoDenser => "dense_no_denser",
            Self::SourceMissing => "source_missing",
            Self::Truncated => "truncated",
            Self::DifferenceCut => "difference_cut",
            Self::EqualGains => "equal_gains",
            Self::OnlyExtremes => "only_extremes",
            Self::NoneUseful => "none_useful",
            Self::SingleCandidate => "single_candidate",
        }
    }
}

/// A part of a line that can be left out by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The line's preferences, all of them.
    Preferences,
    /// One guidance example, by its index from 0.
    Guidance(usize),
}

/// Where something stands in the feedback file. `Display` counts guidance from 1, as the reader does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Line of the file, from 1.
    pub line: u64,
    /// Part of that line.
    pub part: Part,
}

impl Place {
    pub(super) fn preferences(line: u64) -> Self {
        Self { line, part: Part::Preferences }
    }

    pub(super) fn guidance(line: u64, index: usize) -> Self {
        Self { line, part: Part::Guidance(index) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            Part::Preferences => write!(f, "line {}", self.line),
            Part::Guidance(index) => write!(f, "line {}, guidance {}", self.line, index + 1),
        }
    }
}

/// One place that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Where.
    pub place: Place,
    /// What is there, in words, without a full stop.
    pub detail: String,
}

/// A number behind a finding.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// Its name.
    pub name: &'static str,
    /// The number: a count, or the mean or coefficient that the name says.
    pub value: f64,
    /// How many things it is a count, a mean or a coefficient of.
    pub of: usize,
    /// Two-sided p, where it was tested against 0.
    pub p: Option<f64>,
}

impl Figure {
    pub(super) fn new(name: &'static str, value: f64, of: usize) -> Self {
        Self { name, value, of, p: None }
    }

    pub(super) fn count(name: &'static str, part: usize, of: usize) -> Self {
        Self::new(name, part as f64, of)
    }
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What was looked for.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// Where it was found, the worst first; empty if it is about the file as a whole.
    pub cases: Vec<Case>,
    /// The numbers behind it.
    pub figures: Vec<Figure>,
    /// What was found, in sentences.
    pub found: String,
    /// What it means, in sentences.
    pub means: String,
    /// What to do, in sentences.
    pub remedy: String,
}

impl Finding {
    /// Collects the lines that the finding is about.
    pub fn lines(&self) -> BTreeSet<u64> {
        self.cases.iter().map(|case| case.place.line).collect()
    }

    /// Collects the places that can be left out on account of it.
    ///
    /// There are none for [`Code::HumanAgreement`]: choosing what to teach by judgements would carry them
    /// into the teaching.
    pub fn leave_out(&self) -> BTreeSet<Place> {
        if self.code == Code::HumanAgreement {
            return BTreeSet::new();
        }
        self.cases.iter().map(|case| case.place).collect()
    }
}

/// What became of looking for one thing.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    /// It was found, or there are numbers to show.
    Found(Finding),
    /// It was looked for and is not there.
    Absent,
    /// It could not be looked for; why, a sentence.
    NotChecked(String),
}

impl Outcome {
    pub(super) fn not(reason: impl Into<String>) -> Self {
        Self::NotChecked(reason.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(code: Code) -> Finding {
        let case = |place| Case { place, detail: String::new() };
        let places = [Place::guidance(7, 0), Place::preferences(2), Place::guidance(7, 1)];
        Finding {
            code,
            severity: Severity::Note,
            cases: places.map(case).to_vec(),
            figures: vec![],
            found: String::new(),
            means: String::new(),
            remedy: String::new(),
        }
    }

    #[test]
    fn a_finding_becomes_lines_and_places() {
        let seen = finding(Code::Duplicate);
        assert_eq!(seen.lines(), BTreeSet::from([2, 7]));
        let places = [Place::preferences(2), Place::guidance(7, 0), Place::guidance(7, 1)];
        assert_eq!(seen.leave_out(), BTreeSet::from(places));
    }

    #[test]
    fn judgements_never_choose_what_is_taught() {
        let seen = finding(Code::HumanAgreement);
        assert_eq!(seen.lines(), BTreeSet::from([2, 7]));
        assert_eq!(seen.leave_out(), BTreeSet::new());
    }

    #[test]
    fn severity_follows_the_share() {
        let shares = [(4, 50), (5, 50), (24, 50), (25, 50), (0, 0)].map(|(a, b)| Severity::of_share(a, b));
        use Severity::{Note, Serious, Warning};
        assert_eq!(shares, [Note, Warning, Warning, Serious, Note]);
    }

    #[test]
    fn places_count_guidance_from_one() {
        assert_eq!(Place::guidance(3, 0).to_string(), "line 3, guidance 1");
        assert_eq!(Place::preferences(3).to_string(), "line 3");
    }
}
