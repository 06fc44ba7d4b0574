//! Every query's figures as a CSV table, safe to open in a spreadsheet.
//!
//! Computes nothing: the figures come as they are.

use super::ExportError;
use crate::eval::Figures;

const FILE: &str = "per_query.csv";

/// What a spreadsheet takes for the beginning of a formula, or skips on its way to one.
const FORMULA_STARTS: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\n'];

/// Writes one line a query: id, text, relevant passages, and of every system each measure.
///
/// `systems` are names and figures of the same queries; `text` gives a query's words. A cell that a spreadsheet could
/// take for a formula gets an apostrophe in front; numbers stay numbers.
///
/// # Errors
/// [`ExportError::BadFile`] if a system lacks a query that the first one has.
pub fn write_per_query<'a>(
    systems: &[(&str, &Figures)],
    text: impl Fn(&str) -> Option<&'a str>,
) -> Result<String, ExportError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut head = ["query_id", "query", "relevant"].map(str::to_owned).to_vec();
    for (name, figures) in systems {
        head.extend(figures.measures.iter().map(|measure| format!("{name} {measure}")));
    }
    writer.write_record(&head).map_err(|e| bad_file(e.to_string()))?;
    let Some((_, first)) = systems.first() else { return finish(writer) };
    for (id, figures) in &first.per_query {
        let mut line = vec![harmless(id), harmless(text(id).unwrap_or_default())];
        line.push(figures.relevant.to_string());
        for (name, figures) in systems {
            let of_query = figures.per_query.get(id);
            let of_query = of_query.ok_or_else(|| bad_file(format!("{name} has no figures of '{id}'")))?;
            line.extend(of_query.values.iter().map(f64::to_string));
        }
        writer.write_record(&line).map_err(|e| bad_file(e.to_string()))?;
    }
    finish(writer)
}

fn finish(writer: csv::Writer<Vec<u8>>) -> Result<String, ExportError> {
    let bytes = writer.into_inner().map_err(|e| bad_file(e.to_string()))?;
    String::from_utf8(bytes).map_err(|e| bad_file(e.to_string()))
}

/// The text, with an apostrophe where a spreadsheet could take it for a formula. A plain number is none.
fn harmless(text: &str) -> String {
    let is_number = text.parse::<f64>().is_ok_and(f64::is_finite);
    if text.starts_with(FORMULA_STARTS) && !is_number { format!("'{text}") } else { text.to_owned() }
}

fn bad_file(reason: String) -> ExportError {
    ExportError::BadFile { file: FILE, reason }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::eval::{Measure, QueryFigures};

    fn figures(rows: &[(&str, [f64; 2])]) -> Figures {
        let query =
            |values: &[f64; 2]| QueryFigures { values: values.to_vec(), relevant: 3, ranked: 10, judged: 2 };
        let per_query = rows.iter().map(|(id, values)| ((*id).to_owned(), query(values))).collect();
        Figures::new(vec![Measure::Ndcg(10), Measure::Map], per_query)
    }

    fn rows(text: &str) -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn a_line_a_query_and_a_column_a_figure() {
        let (before, after) = (figures(&[("q1", [0.5, 0.25])]), figures(&[("q1", [1.0, 1.0 / 3.0])]));
        let written =
            write_per_query(&[("before", &before), ("after", &after)], |_| Some("a, \"b\"")).unwrap();
        let expected = "query_id,query,relevant,before ndcg@10,before map,after ndcg@10,after map\n\
                        q1,\"a, \"\"b\"\"\",3,0.5,0.25,1,0.3333333333333333\n";
        assert_eq!(written, expected);
        assert_eq!(rows(&written)[1][6].parse::<f64>().unwrap(), 1.0 / 3.0);
    }

    #[test]
    fn no_cell_is_a_formula() {
        let texts = ["=1+1", "+49 911", "-2+3+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "-inf"];
        for text in texts {
            let one = figures(&[(text, [0.1, 0.2])]);
            let written = rows(&write_per_query(&[("before", &one)], |_| Some(text)).unwrap());
            assert_eq!(written[1][..2], [format!("'{text}"), format!("'{text}")], "{text:?}");
        }
        for text in ["-5", "+1.5e3", "why - how?", "'=1", "", "5=5", "äöü"] {
            assert_eq!(harmless(text), text);
        }
    }

    #[test]
    fn numbers_stay_numbers() {
        let one = figures(&[("-7", [-0.5, 1e-9])]);
        let written = rows(&write_per_query(&[("x", &one)], |_| None).unwrap());
        assert_eq!(written[1], ["-7", "", "3", "-0.5", "0.000000001"]);
    }

    #[test]
    fn systems_of_other_queries_are_refused() {
        let (one, other) = (figures(&[("q1", [0.5, 0.5])]), figures(&[("q2", [0.5, 0.5])]));
        let refused = write_per_query(&[("a", &one), ("b", &other)], |_| None).unwrap_err();
        assert_eq!(refused.to_string(), "per_query.csv: b has no figures of 'q1'");
        assert_eq!(write_per_query(&[], |_| None).unwrap(), "query_id,query,relevant\n");
    }
}
