//! A report as a picture: lines where a share is varied, rows otherwise.

use super::drawing::{Drawing, Scale};
use super::{At, Report, Row, lines_chart, rows_chart};

/// Draws a report as far as it has come.
pub fn chart(report: &Report) -> Drawing {
    let is_over_shares = report.rows.iter().all(|row| matches!(row.at, At::Share(_)));
    if is_over_shares { lines_chart::draw(report) } else { rows_chart::draw(report) }
}

/// What the axis of changes says.
pub(super) const AXIS_TITLE: &str = "change of nDCG@10: mean over the seeds, thin line from least to most";

/// The scale of the changes that are there, with room around them; 0 is always on it.
pub(super) fn changes(report: &Report, to: [f64; 2]) -> Scale {
    let spreads = || report.rows.iter().filter_map(|row| row.change);
    let low = spreads().map(|spread| spread.min).fold(0.0, f64::min);
    let high = spreads().map(|spread| spread.max).fold(0.0, f64::max);
    let room = ((high - low) * 0.08).max(0.002);
    Scale { from: [low - room, high + room], to }
}

/// Rows of one arm after the other, in the order of the table.
pub(super) fn arms(report: &Report) -> Vec<(&str, Vec<&Row>)> {
    let mut arms: Vec<(&str, Vec<&Row>)> = Vec::new();
    for row in &report.rows {
        match arms.last_mut() {
            Some((arm, rows)) if *arm == row.arm => rows.push(row),
            _ => arms.push((&row.arm, vec![row])),
        }
    }
    arms
}

#[cfg(test)]
mod tests {
    use super::super::Experiment;
    use super::super::report::tests::report;
    use super::*;

    #[test]
    fn every_arm_and_every_place_is_named() {
        for experiment in Experiment::ALL {
            let report = report(experiment, |_| true);
            let svg = chart(&report).svg();
            for row in &report.rows {
                let arm = row.arm.replace('<', "&lt;").replace('>', "&gt;");
                assert!(svg.contains(&arm), "{arm} in {experiment:?}");
                if let At::Name(name) = &row.at {
                    assert!(svg.contains(&name.replace('<', "&lt;").replace('>', "&gt;")));
                }
            }
            assert!(!svg.contains("NaN") && !svg.contains("inf"));
        }
    }

    #[test]
    fn nothing_done_is_an_empty_chart_with_axes() {
        for experiment in [Experiment::Efficiency, Experiment::Ablation] {
            let drawing = chart(&report(experiment, |_| false));
            assert!(drawing.shapes.iter().any(|shape| shape.text.starts_with("change of nDCG@10")));
            assert!(
                !drawing
                    .shapes
                    .iter()
                    .any(|shape| shape.attributes.contains(&("class", "plot-mark".to_owned())))
            );
            assert!(!drawing.svg().contains("NaN"));
        }
    }

    #[test]
    fn zero_is_always_on_the_axis() {
        let scale = changes(&report(Experiment::Efficiency, |_| true), [0.0, 1.0]);
        assert!(scale.from[0] < 0.0 && scale.from[1] > 0.03);
    }
}
