//! Changes over a share of the feedback: a line an arm, told apart by mark, dash and its name at the end.

use super::chart::{AXIS_TITLE, arms, changes};
use super::drawing::{Drawing, Scale, Shape, ticks};
use super::table::signed;
use super::{At, Report, Row, Spread};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 470.0;
const TOP: f64 = 40.0;
const FLOOR: f64 = 340.0;
/// Least distance of two names.
const NAME_HEIGHT: f64 = 17.0;
const DASHES: [&str; 5] = ["", "7 4", "2 3", "9 3 2 3", "4 2"];
/// How far the arms are set apart, so that their ranges can be seen.
const APART: f64 = 5.0;

pub(super) fn draw(report: &Report) -> Drawing {
    let y = changes(report, [FLOOR, TOP]);
    let shares: Vec<f64> = report.rows.iter().filter_map(share).collect();
    let ends = [shares.iter().copied().fold(1.0, f64::min), shares.iter().copied().fold(0.0, f64::max)];
    let x = Scale { from: ends, to: [LEFT + 24.0, RIGHT - 24.0] };
    let mut shapes = axes(report, x, y, &shares);
    let arms = arms(report);
    let middle = (arms.len() as f64 - 1.0) / 2.0;
    let mut names = Vec::new();
    for (form, (arm, rows)) in arms.iter().enumerate() {
        let apart = (form as f64 - middle) * APART;
        let points: Vec<([f64; 2], Spread)> = rows
            .iter()
            .filter_map(|row| {
                let spread = row.change?;
                Some(([x.at(share(row)?) + apart, y.at(spread.mean)], spread))
            })
            .collect();
        shapes.extend(line(form, &points, y));
        if let Some((place, spread)) = points.last() {
            names.push((form, place[1], format!("{arm} {}", signed(spread.mean))));
        }
    }
    shapes.extend(placed(names));
    Drawing { width: WIDTH, height: HEIGHT, label: report.question.to_owned(), shapes }
}

fn share(row: &Row) -> Option<f64> {
    match row.at {
        At::Share(share) => Some(share),
        At::Name(_) => None,
    }
}

fn line(form: usize, points: &[([f64; 2], Spread)], y: Scale) -> Vec<Shape> {
    let ranges = points.iter().map(|([x, _], spread)| {
        Shape::line("plot-range", &[[*x, y.at(spread.min)], [*x, y.at(spread.max)]], "")
    });
    let places: Vec<[f64; 2]> = points.iter().map(|(place, _)| *place).collect();
    let mut shapes: Vec<Shape> = ranges.collect();
    if places.len() > 1 {
        shapes.push(Shape::line("plot-line", &places, DASHES[form % DASHES.len()]));
    }
    shapes.extend(places.iter().map(|place| Shape::mark(form, *place)));
    shapes
}

/// The names at the right, each as near to the end of its line as the others let it be.
fn placed(mut names: Vec<(usize, f64, String)>) -> Vec<Shape> {
    names.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut floor = TOP;
    for (_, y, _) in &mut names {
        *y = y.max(floor);
        floor = *y + NAME_HEIGHT;
    }
    let mut ceiling = FLOOR;
    for (_, y, _) in names.iter_mut().rev() {
        *y = y.min(ceiling);
        ceiling = *y - NAME_HEIGHT;
    }
    let shapes = names.into_iter().flat_map(|(form, y, name)| {
        let words = Shape::words("chart-label", "start", [RIGHT + 18.0, y + 4.0], &name);
        [Shape::mark(form, [RIGHT + 6.0, y]), words]
    });
    shapes.collect()
}

fn axes(report: &Report, x: Scale, y: Scale, shares: &[f64]) -> Vec<Shape> {
    let mut shapes = vec![Shape::words("chart-label strong", "start", [0.0, 16.0], AXIS_TITLE)];
    for tick in ticks(y.from, 5.0) {
        let class = if tick == 0.0 { "zero-line" } else { "grid-line" };
        shapes.push(Shape::line(class, &[[LEFT, y.at(tick)], [RIGHT, y.at(tick)]], ""));
        shapes.push(Shape::words("chart-tick", "end", [LEFT - 8.0, y.at(tick) + 4.0], &tick_words(tick)));
    }
    let mut shares = shares.to_vec();
    shares.sort_by(f64::total_cmp);
    shares.dedup();
    for share in shares {
        let place = [x.at(share), FLOOR + 20.0];
        shapes.push(Shape::words("chart-tick", "middle", place, &At::Share(share).words()));
    }
    let title = match report.experiment {
        "robustness" => "share of the feedback that is wrong",
        _ => "share of the feedback that teaches",
    };
    shapes.push(Shape::words("chart-label", "middle", [(LEFT + RIGHT) / 2.0, FLOOR + 44.0], title));
    shapes
}

/// A round value: as many digits as it needs, three at most.
pub(super) fn tick_words(tick: f64) -> String {
    let words = signed(tick);
    let words = words.trim_end_matches('0').trim_end_matches('.');
    if words.is_empty() { "0".to_owned() } else { words.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_have_no_needless_digits() {
        assert_eq!([0.0, 0.02, -0.005, 1.0].map(tick_words), ["0", "+0.02", "−0.005", "+1"]);
    }

    #[test]
    fn names_keep_their_distance_and_stay_within_the_chart() {
        let names = (0..5).map(|i| (i, FLOOR - 1.0, format!("{i}"))).collect();
        let mut heights: Vec<f64> = placed(names)
            .iter()
            .filter(|shape| shape.tag == "text")
            .filter_map(|shape| shape.attributes.iter().find(|(name, _)| *name == "y")?.1.parse().ok())
            .collect();
        heights.sort_by(f64::total_cmp);
        assert!(heights.windows(2).all(|pair| pair[1] - pair[0] >= NAME_HEIGHT - 0.2), "{heights:?}");
        assert!(heights.iter().all(|y| (TOP..=FLOOR + 5.0).contains(y)));
    }
}
