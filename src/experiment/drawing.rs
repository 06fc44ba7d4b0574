//! A picture as plain shapes, which the page builds one by one and files hold as SVG.
//!
//! Knows nothing of experiments.

/// A picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    /// Width in pixels.
    pub width: f64,
    /// Height in pixels.
    pub height: f64,
    /// What it shows, in a sentence.
    pub label: String,
    /// What it consists of, from back to front.
    pub shapes: Vec<Shape>,
}

/// An element of SVG.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// `path` or `text`.
    pub tag: &'static str,
    /// Names and values.
    pub attributes: Vec<(&'static str, String)>,
    /// Its words; empty for a path.
    pub text: String,
}

/// Looks of the classes in a file of its own: dark on light, light on dark, no colours to tell things apart by.
const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#222}.chart-tick{fill:#666}.strong{font-weight:600}\
    path{fill:none;stroke:#222;stroke-width:1.5}.grid-line{stroke:#ddd;stroke-width:1}.zero-line{stroke:#666;stroke-width:1}\
    .plot-range{stroke-width:1;stroke:#555}.plot-mark{fill:#222;stroke:none}\
    @media(prefers-color-scheme:dark){text{fill:#eee}.chart-tick{fill:#aaa}path{stroke:#eee}.grid-line{stroke:#444}\
    .zero-line{stroke:#aaa}.plot-range{stroke:#bbb}.plot-mark{fill:#eee;stroke:none}}";

impl Drawing {
    /// Writes it as a file of SVG.
    pub fn svg(&self) -> String {
        let Self { width, height, .. } = self;
        let label = escaped(&self.label);
        let shapes: String = self.shapes.iter().map(Shape::svg).collect();
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{label}\">\n<title>{label}</title>\n\
             <style>{STYLE}</style>\n{shapes}</svg>\n"
        )
    }
}

impl Shape {
    /// A line through points, dashed as SVG's `stroke-dasharray` says.
    pub(super) fn line(class: &str, points: &[[f64; 2]], dash: &str) -> Self {
        let mut attributes = vec![("class", class.to_owned()), ("d", way(points))];
        if !dash.is_empty() {
            attributes.push(("stroke-dasharray", dash.to_owned()));
        }
        Self { tag: "path", attributes, text: String::new() }
    }

    /// Words at a place; `anchor` is `start`, `middle` or `end`.
    pub(super) fn words(class: &str, anchor: &str, [x, y]: [f64; 2], text: &str) -> Self {
        let attributes = vec![
            ("class", class.to_owned()),
            ("text-anchor", anchor.to_owned()),
            ("x", number(x)),
            ("y", number(y)),
        ];
        Self { tag: "text", attributes, text: text.to_owned() }
    }

    /// A small figure around a place: a circle, a square, a diamond, a triangle or a cross, by `form`.
    pub(super) fn mark(form: usize, [x, y]: [f64; 2]) -> Self {
        let figure: &[[f64; 2]] = match form % 5 {
            0 => return Self::circle([x, y]),
            1 => &[[-4.0, -4.0], [4.0, -4.0], [4.0, 4.0], [-4.0, 4.0]],
            2 => &[[0.0, -5.5], [5.5, 0.0], [0.0, 5.5], [-5.5, 0.0]],
            3 => &[[0.0, -5.0], [5.0, 4.0], [-5.0, 4.0]],
            _ => &[
                [-5.0, -2.0],
                [-2.0, -5.0],
                [0.0, -2.0],
                [2.0, -5.0],
                [5.0, -2.0],
                [2.0, 0.0],
                [5.0, 2.0],
                [2.0, 5.0],
                [0.0, 2.0],
                [-2.0, 5.0],
                [-5.0, 2.0],
                [-2.0, 0.0],
            ],
        };
        let points: Vec<[f64; 2]> = figure.iter().map(|[dx, dy]| [x + dx, y + dy]).collect();
        let attributes = vec![("class", "plot-mark".to_owned()), ("d", format!("{}Z", way(&points)))];
        Self { tag: "path", attributes, text: String::new() }
    }

    fn circle([x, y]: [f64; 2]) -> Self {
        let way = format!("M{} {}a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0Z", number(x - 4.5), number(y));
        Self {
            tag: "path",
            attributes: vec![("class", "plot-mark".to_owned()), ("d", way)],
            text: String::new(),
        }
    }

    fn svg(&self) -> String {
        let attributes: String =
            self.attributes.iter().map(|(name, value)| format!(" {name}=\"{}\"", escaped(value))).collect();
        format!("<{}{attributes}>{}</{}>\n", self.tag, escaped(&self.text), self.tag)
    }
}

/// A linear scale from `from` to `to`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    /// Ends of the values.
    pub(super) from: [f64; 2],
    /// Ends of the places.
    pub(super) to: [f64; 2],
}

impl Scale {
    pub(super) fn at(self, value: f64) -> f64 {
        let [low, high] = self.from;
        let share = if high > low { (value - low) / (high - low) } else { 0.5 };
        self.to[0] + share * (self.to[1] - self.to[0])
    }
}

/// Round values between two ends, about `wanted` of them.
pub(super) fn ticks([low, high]: [f64; 2], wanted: f64) -> Vec<f64> {
    let rough = ((high - low) / wanted).max(1e-9);
    let size = 10f64.powf(rough.log10().floor());
    let step =
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * size).find(|step| *step >= rough).unwrap_or(rough);
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    (first..=last).map(|i| i as f64 * step).collect()
}

fn way(points: &[[f64; 2]]) -> String {
    let steps = points.iter().enumerate();
    steps
        .map(|(i, [x, y])| format!("{}{} {}", if i == 0 { 'M' } else { 'L' }, number(*x), number(*y)))
        .collect()
}

fn number(value: f64) -> String {
    format!("{:.1}", value)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_lie_between_the_ends() {
        let rounded = |ends, wanted| -> Vec<f64> {
            ticks(ends, wanted).into_iter().map(|tick| (tick * 1e6).round() / 1e6).collect()
        };
        assert_eq!(rounded([-0.013, 0.031], 4.0), [0.0, 0.02]);
        assert_eq!(rounded([-0.02, 0.03], 5.0), [-0.02, -0.01, 0.0, 0.01, 0.02, 0.03]);
        assert!(ticks([0.0, 0.0], 4.0).len() < 9);
    }

    #[test]
    fn a_scale_without_width_takes_the_middle() {
        assert_eq!(Scale { from: [1.0, 3.0], to: [0.0, 10.0] }.at(2.0), 5.0);
        assert_eq!(Scale { from: [1.0, 1.0], to: [0.0, 10.0] }.at(1.0), 5.0);
    }

    #[test]
    fn words_of_files_cannot_become_markup() {
        let shapes = vec![Shape::words("chart-label", "start", [1.0, 2.0], "<b> & \"c\"")];
        let svg = Drawing { width: 10.0, height: 10.0, label: "<i>".into(), shapes }.svg();
        assert!(
            svg.contains("&lt;b&gt; &amp; &quot;c&quot;</text>")
                && !svg.contains("<b>")
                && !svg.contains("<i>")
        );
    }
}
