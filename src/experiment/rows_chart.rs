//! Changes of named variants: a row each, a mark at the mean, a line from the least to the most of its seeds.

use super::chart::{AXIS_TITLE, arms, changes};
use super::drawing::{Drawing, Scale, Shape, ticks};
use super::lines_chart::tick_words;
use super::table::signed;
use super::{Report, Row};

const WIDTH: f64 = 760.0;
const LEFT: f64 = 350.0;
const RIGHT: f64 = 680.0;
const TOP: f64 = 34.0;
const ROW: f64 = 24.0;
const HEADING: f64 = 30.0;
const AXIS: f64 = 34.0;

pub(super) fn draw(report: &Report) -> Drawing {
    let x = changes(report, [LEFT, RIGHT]);
    let arms = arms(report);
    let floor = TOP + arms.len() as f64 * HEADING + report.rows.len() as f64 * ROW;
    let mut shapes = axes(x, floor);
    let mut y = TOP;
    for (arm, rows) in arms {
        shapes.push(Shape::words("chart-label strong", "start", [0.0, y + HEADING - 10.0], arm));
        y += HEADING;
        for row in rows {
            shapes.extend(one(row, x, y + ROW / 2.0));
            y += ROW;
        }
    }
    Drawing { width: WIDTH, height: floor + AXIS, label: report.question.to_owned(), shapes }
}

fn one(row: &Row, x: Scale, y: f64) -> Vec<Shape> {
    let mut shapes = vec![Shape::words("chart-label", "start", [12.0, y + 4.0], &row.at.words())];
    let Some(spread) = row.change else { return shapes };
    shapes.push(Shape::line("plot-range", &[[x.at(spread.min), y], [x.at(spread.max), y]], ""));
    shapes.push(Shape::mark(0, [x.at(spread.mean), y]));
    shapes.push(Shape::words("chart-label", "start", [RIGHT + 10.0, y + 4.0], &signed(spread.mean)));
    shapes
}

fn axes(x: Scale, floor: f64) -> Vec<Shape> {
    let mut shapes = vec![Shape::words("chart-label strong", "start", [0.0, 16.0], AXIS_TITLE)];
    for tick in ticks(x.from, 4.0) {
        let class = if tick == 0.0 { "zero-line" } else { "grid-line" };
        shapes.push(Shape::line(class, &[[x.at(tick), TOP], [x.at(tick), floor]], ""));
        shapes.push(Shape::words("chart-tick", "middle", [x.at(tick), floor + 20.0], &tick_words(tick)));
    }
    shapes
}
