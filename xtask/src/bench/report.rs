//! What was measured, as a table and as `bench.json`; what was not, with the reason.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Error, Result, bail};
use serde_json::{Map, Value, json};

use super::rounds::Duel;

/// Figures by group and name; a figure that is not there is null and has a reason under `missing`.
pub(super) struct Report {
    figures: BTreeMap<&'static str, Map<String, Value>>,
    missing: BTreeMap<String, String>,
    details: Map<String, Value>,
    rows: Vec<[String; 5]>,
    failures: Vec<String>,
}

/// The groups of figures, all of which are in the file even if nothing was measured.
const GROUPS: [&str; 5] = ["embed", "teach", "search", "start", "machine"];

const HEADINGS: [&str; 5] = ["figure", "ratio", "of rounds", "this engine", "the peer"];

impl Report {
    /// An empty report about this machine.
    pub(super) fn new(machine: Map<String, Value>) -> Self {
        let mut figures: BTreeMap<_, _> = GROUPS.map(|group| (group, Map::new())).into();
        figures.insert("machine", machine);
        let (missing, details) = (BTreeMap::new(), Map::new());
        Self { figures, missing, details, rows: Vec::new(), failures: Vec::new() }
    }

    /// Notes a duel under a figure such as `embed.wasm1_vs_ort_wasm1`; `details` says how it was fought.
    pub(super) fn duel(&mut self, figure: &str, duel: &Duel, details: Value) {
        let [low, high] = duel.spread();
        let side = |name: &str, median: Option<f64>| format!("{name}: {:.0} ms", median.unwrap_or(f64::NAN));
        self.rows.push([
            figure.to_owned(),
            format!("{:.2}", duel.ratio()),
            format!("{low:.2} to {high:.2}"),
            side(&duel.own.name, duel.own.median()),
            side(&duel.peer.name, duel.peer.median()),
        ]);
        self.put(figure, json!(rounded(duel.ratio())));
        self.details.insert(figure.to_owned(), merged(duel.details(), details));
    }

    /// Notes a figure that is no ratio, with its unit for the table.
    pub(super) fn figure(&mut self, figure: &str, value: f64, unit: &str) {
        let shown = format!("{} {unit}", grouped(value.round() as u64));
        self.rows.push([figure.to_owned(), String::new(), String::new(), shown, String::new()]);
        self.put(figure, json!(value.round() as u64));
    }

    /// Notes a figure of this engine alone, to three digits, and how it was measured.
    pub(super) fn own_figure(&mut self, figure: &str, value: f64, detail: &str) {
        let shown = if value < 10.0 { format!("{value:.2}") } else { format!("{value:.0}") };
        self.rows.push([figure.to_owned(), shown, String::new(), detail.to_owned(), String::new()]);
        self.put(figure, json!(rounded(value)));
    }

    /// Notes how something was measured.
    pub(super) fn detail(&mut self, name: &str, value: Value) {
        self.details.insert(name.to_owned(), value);
    }

    /// Notes something about the machine that is known only now.
    pub(super) fn machine(&mut self, name: &str, value: Value) {
        self.put(&format!("machine.{name}"), value);
    }

    /// Notes why a figure, or a group of them, is not there.
    pub(super) fn miss(&mut self, figure: &str, reason: &str) {
        if figure.contains('.') {
            self.put(figure, Value::Null);
        }
        self.missing.insert(figure.to_owned(), reason.to_owned());
    }

    /// Notes that a part failed, which [`Self::check`] reports.
    pub(super) fn fail(&mut self, part: &str, error: &Error) {
        self.failures.push(format!("{part}: {error:#}"));
    }

    /// The figures, then what is missing.
    pub(super) fn table(&self) -> String {
        let heading = HEADINGS.map(str::to_owned);
        let rows: Vec<_> = std::iter::once(&heading).chain(&self.rows).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths = [0, 1, 2, 3, 4].map(width);
        let mut table = String::from("\n");
        for row in rows {
            let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
            let line = cells.collect::<Vec<_>>().join("  ");
            table += line.trim_end();
            table.push('\n');
        }
        for (figure, reason) in &self.missing {
            let _infallible = writeln!(table, "{figure:<32} missing: {reason}");
        }
        table
    }

    /// Everything as one JSON object.
    fn json(&self) -> Value {
        let mut all: Map<_, _> =
            self.figures.iter().map(|(group, figures)| ((*group).to_owned(), json!(figures))).collect();
        all.insert("missing".into(), json!(self.missing));
        all.insert("details".into(), json!(self.details));
        Value::Object(all)
    }

    /// Writes the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn write(&self, file: &Path) -> Result<()> {
        let text = format!("{:#}\n", self.json());
        fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))
    }

    /// Fails if a part failed.
    ///
    /// # Errors
    /// All failures are named.
    pub(super) fn check(&self) -> Result<()> {
        if !self.failures.is_empty() {
            bail!("{}", self.failures.join("\n"));
        }
        Ok(())
    }

    fn put(&mut self, figure: &str, value: Value) {
        let place =
            figure.split_once('.').and_then(|(group, name)| Some((self.figures.get_mut(group)?, name)));
        debug_assert!(place.is_some(), "{figure} belongs to no group");
        if let Some((group, name)) = place {
            group.insert(name.to_owned(), value);
        }
    }
}

/// Three digits after the point are more than the rounds agree on.
fn rounded(ratio: f64) -> f64 {
    (ratio * 1e3).round() / 1e3
}

fn merged(first: Value, second: Value) -> Value {
    let entries = [first, second].into_iter().filter_map(|value| match value {
        Value::Object(entries) => Some(entries),
        _ => None,
    });
    Value::Object(entries.flatten().collect())
}

/// Digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::rounds::Timed;
    use super::*;

    #[test]
    fn a_missing_figure_is_null_and_has_a_reason() {
        let mut report = Report::new(Map::new());
        report.miss("embed.native_vs_pytorch", "no torch");
        report.miss("start", "failed");
        let json = report.json();
        assert_eq!(json["embed"], json!({ "native_vs_pytorch": null }));
        assert_eq!(json["missing"]["embed.native_vs_pytorch"], "no torch");
        assert_eq!(json["start"], json!({}));
        assert!(report.table().contains("missing: no torch"));
    }

    #[test]
    fn a_duel_is_a_figure_a_row_and_details() -> Result<()> {
        let timed = |name: &str, ms| Timed { name: name.into(), ms: vec![ms] };
        let duel = Duel::new(timed("own", 2.0), vec![timed("peer", 3.0)])?;
        let mut report = Report::new(Map::new());
        report.duel("embed.a_vs_b", &duel, json!({ "texts": 8 }));
        let json = report.json();
        assert_eq!(json["embed"]["a_vs_b"], 1.5);
        assert_eq!(json["details"]["embed.a_vs_b"]["texts"], 8);
        assert_eq!(json["details"]["embed.a_vs_b"]["own"]["median_ms"], 2.0);
        assert!(report.table().contains("1.50"));
        Ok(())
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1 000", "1 234 567"]);
    }
}
