//! Bad files of every kind, each a test: what is said of it, or how it is repaired. docs/reliability.md lists them
//! all and cannot go stale: a test compares its table with the cases.
//!
//! Says nothing of good files; the tests beside each reader do.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod adapters;
mod answers;
mod archives;
mod corpora;
mod cost;
mod documented;
mod feedback;
mod files;
mod imports;
mod judgements;
mod large;
mod load;
mod model;
mod tensors;
mod vectors;

use figret::data::{DataError, Parsed};

/// A case as the document shows it.
struct Row {
    test: &'static str,
    what: &'static str,
    outcome: &'static str,
}

/// Makes a test of every case, and a row of the document.
macro_rules! cases {
    ($($name:ident: $what:literal, $given:expr => $outcome:expr;)*) => {
        pub(crate) const ROWS: &[crate::Row] = &[$(crate::Row {
            test: concat!(module_path!(), "::", stringify!($name)),
            what: $what,
            outcome: $outcome,
        }),*];
        $(
            #[test]
            fn $name() {
                crate::check(|| $given, $outcome);
            }
        )*
    };
}
pub(crate) use cases;

/// A small file may not take much memory, whatever it claims. Large ones say themselves what they may take.
const MEMORY_BYTES: usize = 100_000_000;
const LARGE: [&str; 2] = ["large", "load"];

fn check(given: impl FnOnce() -> String, outcome: &str) {
    let (said, cost) = cost::cost_of(given);
    assert_eq!(said, outcome);
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    if !LARGE.iter().any(|room| test.starts_with(room)) {
        assert!(cost.peak_bytes < MEMORY_BYTES, "{} bytes were taken", cost.peak_bytes);
    }
}

/// What became of a file: how many records were used, and what was said of the rest.
fn outcome<T>(read: Result<Parsed<T>, DataError>) -> String {
    match read {
        Ok(parsed) => {
            let refused: Vec<String> = parsed.refused.iter().map(ToString::to_string).collect();
            [vec![format!("{} read.", parsed.records)], refused].concat().join(" ")
        }
        Err(error) => refused(&error, &error.remedy()),
    }
}

/// What is said of a file that is refused as a whole.
fn refused(error: &dyn std::fmt::Display, remedy: &str) -> String {
    format!("Refused: {}. {remedy}", error.to_string().trim_end_matches('.'))
}
