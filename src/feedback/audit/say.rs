//! Numbers as words of a sentence.
//!
//! Makes no sentence: each check writes its own.

/// Writes a count with its noun: `1 list`, `3 lists`.
pub(super) fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// Writes a share in percent, whole.
pub(super) fn percent(part: usize, whole: usize) -> String {
    format!("{:.0} %", 100.0 * part as f64 / whole.max(1) as f64)
}

/// Writes a p, never as 0.
pub(super) fn p_value(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") }
}

/// Writes a coefficient or a cosine.
pub(super) fn fixed(value: f64) -> String {
    // Rounding must not leave a minus before nothing.
    let shown = format!("{value:.2}");
    if shown == "-0.00" { "0.00".to_owned() } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(counted(1, "list", "lists"), "1 list");
        assert_eq!(counted(0, "list", "lists"), "0 lists");
        assert_eq!((percent(1, 3), percent(0, 0)), ("33 %".to_owned(), "0 %".to_owned()));
        assert_eq!((p_value(0.0001), p_value(0.0412)), ("p < 0.001".to_owned(), "p = 0.041".to_owned()));
        assert_eq!((fixed(-0.001), fixed(-0.126)), ("0.00".to_owned(), "-0.13".to_owned()));
    }
}
