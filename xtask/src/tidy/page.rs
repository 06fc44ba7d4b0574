//! Rules for the page: text goes in as text, never as markup or code.

use super::{Finding, Source};

/// Ways by which a person's text could become markup or code.
const UNSAFE: [&str; 6] =
    ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function("];

/// Uses of [`UNSAFE`] in the page's own scripts.
pub(super) fn unsafe_markup(source: &Source) -> Vec<Finding> {
    let is_script =
        source.path.starts_with("www/") && [".js", ".mjs", ".html"].iter().any(|e| source.path.ends_with(e));
    if !is_script && !["index.html", "service-worker.js"].contains(&source.path.as_str()) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (index, line) in source.text.lines().enumerate().filter(|(_, line)| !is_comment(line)) {
        let used = UNSAFE.into_iter().filter(|word| names(line, word));
        findings.extend(
            used.map(|word| source.finding(index + 1, format!("{word} turns text into markup or code"))),
        );
    }
    findings
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("//") || line.starts_with('*') || line.starts_with("/*")
}

/// Whether the word stands in the line and is not the tail of a longer one.
fn names(line: &str, word: &str) -> bool {
    let is_whole = |(index, _): (usize, &str)| {
        !line[..index].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == '$')
    };
    line.match_indices(word).any(is_whole)
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn markup_from_text_is_found() {
        let text = "// never innerHTML\nnode.innerHTML = text;\nmedieval(1);\nself.eval(text);\n";
        let lines = |path| unsafe_markup(&sample(path, text)).iter().map(|f| f.line).collect::<Vec<_>>();
        assert_eq!(lines("www/dom.js"), [2, 4]);
        assert_eq!(lines("index.html"), [2, 4]);
        assert_eq!(lines("service-worker.js"), [2, 4]);
        assert!(lines("docs/page.md").is_empty());
    }
}
