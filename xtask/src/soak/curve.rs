//! The curve as a picture: megabytes over minutes, a line for each kind of memory.

use std::fmt::Write;

use super::Sample;

/// A kind of memory.
pub(super) struct Kind {
    pub(super) name: &'static str,
    color: &'static str,
    /// Dashes tell the lines apart without color.
    dashes: &'static str,
}

/// In the order of [`Sample::bytes`].
pub(super) const KINDS: [Kind; 3] = [
    Kind { name: "the engine's module", color: "#0f766e", dashes: "none" },
    Kind { name: "the page's heap", color: "#b45309", dashes: "2 3" },
    Kind { name: "the browser's renderers", color: "#1d4ed8", dashes: "7 4" },
];

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 64.0;
const BOTTOM: f64 = 40.0;
const TOP: f64 = 24.0;
const RIGHT: f64 = 170.0;

/// Draws it.
pub(super) fn svg(samples: &[Sample]) -> String {
    let most = samples.iter().flat_map(|s| s.bytes).fold(1e6, f64::max) / 1e6;
    let step = nice_step(most);
    let most = (most / step).ceil() * step;
    let minutes = samples.last().map_or(1.0, |s| s.minutes).max(1e-3);
    let x = |at: f64| LEFT + at / minutes * (WIDTH - LEFT - RIGHT);
    let y = |megabytes: f64| HEIGHT - BOTTOM - megabytes / most * (HEIGHT - BOTTOM - TOP);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"system-ui, sans-serif\" \
         font-size=\"13\">\n<title>Memory while the page teaches and searches</title>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n"
    );
    for line in 0..=(most / step).round() as u32 {
        let megabytes = f64::from(line) * step;
        let at = y(megabytes);
        let (right, label_x) = (WIDTH - RIGHT, LEFT - 8.0);
        add(&mut svg, &format!("<path d=\"M{LEFT} {at:.1}H{right}\" stroke=\"#d4d4d4\"/>"));
        let label =
            format!("<text x=\"{label_x}\" y=\"{:.1}\" text-anchor=\"end\">{megabytes} MB</text>", at + 4.0);
        add(&mut svg, &label);
    }
    let foot = HEIGHT - BOTTOM + 20.0;
    add(&mut svg, &format!("<text x=\"{LEFT}\" y=\"{foot}\">0</text>"));
    let end =
        format!("<text x=\"{:.1}\" y=\"{foot}\" text-anchor=\"end\">{minutes:.0} min</text>", x(minutes));
    add(&mut svg, &end);
    for (i, Kind { name, color, dashes }) in KINDS.iter().enumerate() {
        let point = |s: &Sample| format!("{:.1},{:.1}", x(s.minutes), y(s.bytes[i] / 1e6));
        let points: Vec<String> = samples.iter().map(point).collect();
        let line = format!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\" stroke-dasharray=\"{dashes}\"/>",
            points.join(" ")
        );
        add(&mut svg, &line);
        let last = y(samples.last().map_or(0.0, |s| s.bytes[i]) / 1e6) + 4.0;
        let label =
            format!("<text x=\"{}\" y=\"{last:.1}\" fill=\"{color}\">{name}</text>", WIDTH - RIGHT + 8.0);
        add(&mut svg, &label);
    }
    svg + "</svg>\n"
}

fn add(svg: &mut String, line: &str) {
    // Writing to a String cannot fail.
    let _infallible = writeln!(svg, "{line}");
}

/// 1, 2 or 5 times a power of ten, such that there are at most six lines.
fn nice_step(most: f64) -> f64 {
    let power = 10_f64.powf((most / 5.0).log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|n| n * power)
        .find(|step| most / step <= 5.0)
        .unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_few() {
        for (most, step) in [(1.0, 0.2), (450.0, 100.0), (500.0, 100.0), (501.0, 200.0), (2400.0, 500.0)] {
            assert!((nice_step(most) - step).abs() < 1e-9, "{most}: {}", nice_step(most));
        }
    }
}
