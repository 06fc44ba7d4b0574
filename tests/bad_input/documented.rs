//! The table of docs/reliability.md is that of the cases.

use crate::{
    Row, adapters, answers, archives, corpora, feedback, files, imports, judgements, large, load, model,
    vectors,
};
use std::fmt::Write as _;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reliability.md");
const BEGIN: &str =
    "<!-- cases: begin; FIGRET_WRITE_DOCS=1 cargo test --test bad_input documented writes this table -->\n";
const END: &str = "<!-- cases: end -->";
const LEAST: usize = 60;

const SECTIONS: [(&str, &[Row]); 12] = [
    ("Corpora and queries", corpora::ROWS),
    ("Judgements and runs", judgements::ROWS),
    ("Feedback", feedback::ROWS),
    ("Files of other tools", imports::ROWS),
    ("Sets of files", files::ROWS),
    ("Zips", archives::ROWS),
    ("Answers and prompts", answers::ROWS),
    ("Adapters", adapters::ROWS),
    ("Vectors", vectors::ROWS),
    ("The model's files", model::ROWS),
    ("Large files", large::ROWS),
    ("Large collections", load::ROWS),
];

/// The table as the document has it.
fn table() -> String {
    let mut text = String::from(BEGIN);
    for (title, rows) in SECTIONS {
        write!(text, "\n#### {title}\n\n| what is given | what happens | test |\n|---|---|---|\n").unwrap();
        for row in rows {
            let test = row.test.strip_prefix("bad_input::").unwrap_or(row.test);
            writeln!(text, "| {} | {} | `{test}` |", row.what, cell(row.outcome)).unwrap();
        }
    }
    text + "\n" + END
}

/// A message as a cell: nothing in it ends the cell, or is taken for markup.
fn cell(message: &str) -> String {
    message
        .replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('<', "&lt;")
        .replace('*', "\\*")
        .replace('_', "\\_")
}

#[test]
fn every_case_stands_in_the_document() {
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    let (before, rest) = document.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let wanted = format!("{before}{}{after}", table());
    if std::env::var_os("FIGRET_WRITE_DOCS").is_some() {
        std::fs::write(DOCUMENT, &wanted).unwrap();
    } else {
        assert!(
            document == wanted,
            "docs/reliability.md is stale: set FIGRET_WRITE_DOCS=1 and run this test"
        );
    }
}

/// The rows of what else goes wrong are written by hand, and name the functions that bring it about.
#[test]
fn every_fault_names_a_function_that_is_there() {
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    let table = document.split("<!-- faults: ").nth(1).unwrap();
    let tests: Vec<&str> =
        table.lines().filter_map(|row| row.strip_suffix("` |")?.rsplit('`').next()).collect();
    assert!(tests.len() >= 15, "{tests:?}");
    for test in tests {
        let (file, function) = test.rsplit_once("::").unwrap();
        let text = std::fs::read_to_string(format!("{}/{file}", env!("CARGO_MANIFEST_DIR")));
        assert!(text.is_ok_and(|text| text.contains(&format!("fn {function}("))), "{test} is not there");
    }
}

#[test]
fn cases_are_many_and_each_is_one_of_its_own() {
    let mut tests: Vec<&str> = SECTIONS.iter().flat_map(|(_, rows)| *rows).map(|row| row.test).collect();
    assert!(tests.len() >= LEAST, "{} cases", tests.len());
    let count = tests.len();
    tests.sort_unstable();
    tests.dedup();
    assert_eq!(tests.len(), count);
}
