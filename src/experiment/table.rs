//! A report as a table of words, and that table in Markdown.

use super::{Against, Report, Row, Spread};

/// A table: a header, and rows of as many cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Names of the columns.
    pub header: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<String>>,
}

/// Writes a report's rows in words; a minus is a true one, and no p is 0.
pub fn table(report: &Report) -> Table {
    let header = [
        "what teaches",
        "at",
        "change of nDCG@10, mean (least to most)",
        "by seed (p)",
        "validation",
        "base model kept",
        "lessons",
        "against",
    ];
    let seeds = report.seeds.len();
    Table {
        header: header.map(str::to_owned).to_vec(),
        rows: report.rows.iter().map(|row| cells(row, seeds)).collect(),
    }
}

fn cells(row: &Row, seeds: usize) -> Vec<String> {
    let by_seed: Vec<String> = row
        .changes
        .iter()
        .zip(&row.p)
        .map(|(change, p)| format!("{} ({})", signed(*change), p_value(*p)))
        .collect();
    let mut by_seed = by_seed.join(", ");
    if let Some(reason) = row.failed.first() {
        by_seed = format!("{by_seed} {} not taught: {reason}", row.failed.len()).trim_start().to_owned();
    }
    vec![
        row.arm.clone(),
        row.at.words(),
        spread(row.change),
        by_seed,
        row.validation.map_or_else(none, |spread| signed(spread.mean)),
        format!("{} of {}", row.kept_base, row.seeds.len())
            + if row.seeds.len() < seeds { " so far" } else { "" },
        row.lessons.map_or_else(none, |[preferences, guidance]| format!("{preferences:.0} + {guidance:.0}")),
        row.against.as_ref().map_or_else(none, against),
    ]
}

fn spread(spread: Option<Spread>) -> String {
    let words = |s: Spread| format!("{} ({} to {})", signed(s.mean), signed(s.min), signed(s.max));
    spread.map_or_else(none, words)
}

fn against(against: &Against) -> String {
    let [low, high] = against.interval.map(signed);
    let Against { name, difference, p, .. } = against;
    format!("{name}: {} ({low} to {high}, {})", signed(*difference), p_value(*p))
}

fn none() -> String {
    "–".to_owned()
}

/// Four digits with a sign; zero has none.
pub(super) fn signed(value: f64) -> String {
    let digits = format!("{:.4}", value.abs());
    match digits.trim_matches(['0', '.']).is_empty() {
        true => digits,
        false if value < 0.0 => format!("−{digits}"),
        false => format!("+{digits}"),
    }
}

fn p_value(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") }
}

impl Report {
    /// Writes the report as Markdown: what was done in a sentence, and the table.
    pub fn markdown(&self) -> String {
        let table = table(self);
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let rule = format!("|{}\n", "---|".repeat(table.header.len()));
        let rows: String = table.rows.iter().map(|row| line(row)).collect();
        format!("{}\n\n{}{rule}{rows}", self.summary(), line(&table.header))
    }

    /// Says in a few sentences what was done and what the table shows.
    pub fn summary(&self) -> String {
        let seeds: Vec<String> = self.seeds.iter().map(u64::to_string).collect();
        let collections = self.collections.iter().enumerate().map(|(i, name)| {
            let figures = self.judged_queries.get(i).zip(self.before.get(i));
            let words = |(n, before): (&usize, &f64)| {
                format!("{name} ({n} judged queries, nDCG@10 {before:.4} before)")
            };
            figures.map_or_else(|| name.clone(), words)
        });
        let collections: Vec<String> = collections.collect();
        format!(
            "{} {} steps of {} queries, seeds {}; {} of {} trials are done. Judged on {}, which teach nothing. \
             Changes are nDCG@10 after minus before; p is the paired randomisation test of each seed, not corrected for \
             the number of rows. Validation is the change of the figure by which a state was kept; lessons are what the \
             feedback held, queries with preferences + guidance examples, of which a method may use one kind only. In \
             the last column every query's change is averaged over the seeds and set against that of another row (95 % \
             interval and p over queries).",
            self.question,
            self.steps,
            self.batch_queries,
            seeds.join(", "),
            self.done,
            self.cells,
            collections.join(" and "),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::Experiment;
    use super::super::report::tests::report;
    use super::*;

    #[test]
    fn signs_are_told_and_zero_has_none() {
        assert_eq!(
            [0.01234, -0.5, 0.00001, -0.00001].map(signed),
            ["+0.0123", "−0.5000", "0.0000", "0.0000"]
        );
        assert_eq!([0.0004, 0.0123].map(p_value), ["p < 0.001", "p = 0.012"]);
    }

    #[test]
    fn a_row_in_words() {
        let found = table(&report(Experiment::Efficiency, |_| true));
        assert!(found.rows.iter().all(|row| row.len() == found.header.len()));
        assert_eq!(
            found.rows[3][..7],
            [
                "FiGRet",
                "10 %",
                "+0.0200 (+0.0100 to +0.0300)",
                "+0.0100 (p = 0.030), +0.0200 (p = 0.030), +0.0300 (p = 0.030)",
                "+0.0200",
                "0 of 3",
                "10 + 6"
            ]
        );
        assert!(
            found.rows[3][7].starts_with("standard contrastive: +0.0200 (+0.0200 to +0.0200, p = 0.008)")
        );
        assert_eq!(found.rows[0][7], "–");
    }

    #[test]
    fn markdown_has_a_line_a_row_and_a_column_a_cell() {
        let text = report(Experiment::Sensitivity, |cell| cell.settings.seed == 0).markdown();
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
        assert_eq!(lines.len(), 2 + 12);
        assert!(lines.iter().all(|line| line.matches('|').count() == 9));
        assert!(text.contains("10 of 30 trials are done") && text.contains("so far"));
    }
}
