//! Rules for a single Rust file: its documentation, its size, its name, and what must not stand in it.

use super::tokens::{Kind, Token};
use super::{Finding, Source};

/// Lines without tests from which a file is worth another look.
const LONG: usize = 300;

/// Lines without tests that no file may have.
const TOO_LONG: usize = 600;

/// Every message in one file, by the house's own rule, and most of its lines are documentation.
const MAY_BE_LONG: &str = "src/web/protocol.rs";

/// Every file says what it is.
pub(super) fn module_doc(source: &Source) -> Vec<Finding> {
    let starts_with_doc = source.text.starts_with("//!");
    let finding = || source.finding(1, "begins without `//!`: say in one sentence what this module is");
    if starts_with_doc { Vec::new() } else { vec![finding()] }
}

/// Things that are left unfinished, or tests that are left out.
pub(super) fn unfinished(source: &Source, tokens: &[Token]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for window in tokens.windows(3) {
        let [first, second, third] = window else { continue };
        if ["todo", "unimplemented", "dbg"].iter().any(|name| first.is(name)) && second.is("!") {
            findings.push(source.finding(first.line, format!("{}! is left over", first.text)));
        }
        if first.is("#") && second.is("[") && third.is("ignore") {
            findings.push(source.finding(first.line, "a test that is ignored looks like one that passes"));
        }
    }
    findings
}

/// WGSL has files of its own; documentation may speak of it.
pub(super) fn shaders_in_strings(source: &Source, tokens: &[Token]) -> Vec<Finding> {
    if source.path.starts_with("xtask/") {
        return Vec::new();
    }
    let is_shader = |index: usize, token: &Token| {
        let is_doc = index >= 2 && tokens[index - 2].is("doc") && tokens[index - 1].is("=");
        token.kind == Kind::Literal && token.text.contains("@compute") && !is_doc
    };
    let found = tokens.iter().enumerate().filter(|(index, token)| is_shader(*index, token));
    found.map(|(_, token)| source.finding(token.line, "WGSL belongs into shaders/")).collect()
}

/// Files of a name that says nothing, or of a size that nobody reads.
pub(super) fn length_and_name(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    if source.path.rsplit('/').next() == Some("utils.rs") {
        findings.push(source.finding(1, "utils.rs says nothing; name the file after what it does"));
    }
    let lines = lines_without_tests(&source.text);
    if source.is_rust_in("src/") && lines > TOO_LONG && source.path != MAY_BE_LONG {
        findings.push(source.finding(lines, format!("{lines} lines without tests, {TOO_LONG} at most")));
    }
    findings
}

/// A remark on a long file, which is no failure.
pub(super) fn long_file_warning(source: &Source) -> Option<String> {
    let lines = lines_without_tests(&source.text);
    let is_ours = source.is_rust_in("src/") || source.is_rust_in("xtask/");
    (is_ours && source.path != MAY_BE_LONG && lines > LONG && lines <= TOO_LONG)
        .then(|| format!("{} has {lines} lines", source.path))
}

fn lines_without_tests(text: &str) -> usize {
    text.lines().take_while(|line| *line != "#[cfg(test)]").count()
}

#[cfg(test)]
mod tests {
    use super::super::{sample, tokens};
    use super::*;

    fn found(rule: fn(&Source, &[Token]) -> Vec<Finding>, text: &str) -> Vec<usize> {
        let tokens = tokens::of(text).unwrap_or_default();
        rule(&sample("src/engine.rs", text), &tokens).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn leftovers_are_found_in_code_alone() {
        assert_eq!(found(unfinished, "fn f() {\n    todo!()\n}\nfn g() { dbg!(1) }"), [2, 4]);
        assert_eq!(found(unfinished, "#[test]\n#[ignore]\nfn f() {}"), [2]);
        assert_eq!(found(unfinished, "#[ignore = \"slow\"]\nfn f() {}"), [1]);
        assert!(found(unfinished, "// todo!()\nfn todo() { \"dbg!\"; ignore() }").is_empty());
    }

    #[test]
    fn shaders_are_found_in_strings_alone() {
        assert!(found(shaders_in_strings, "/// `@compute` marks an entry.\nfn f() {}").is_empty());
        assert_eq!(found(shaders_in_strings, "const K: &str =\n    \"@compute fn main() {}\";"), [2]);
        assert_eq!(found(shaders_in_strings, "const K: &str = r#\"\n@compute\"#;"), [1]);
    }

    #[test]
    fn files_have_a_doc_a_name_and_a_size() {
        assert_eq!(module_doc(&sample("src/lib.rs", "//! The crate.\n")), []);
        assert_eq!(module_doc(&sample("src/lib.rs", "mod text;\n")).len(), 1);
        assert_eq!(length_and_name(&sample("src/text/utils.rs", "")).len(), 1);
        assert_eq!(length_and_name(&sample("src/engine.rs", &"\n".repeat(601))).len(), 1);
        let tested = "\n".repeat(301) + "#[cfg(test)]\n" + &"\n".repeat(900);
        assert_eq!(length_and_name(&sample("src/engine.rs", &tested)), []);
        assert!(long_file_warning(&sample("src/engine.rs", &tested)).is_some());
    }
}
