//! Which modules a module of the page imports, so that the browser can be told of all of them at once.
//!
//! Only static imports count; it reads the page's own way of writing them, each beginning a line.

use std::fs;
use std::path::{Component, Path};

use anyhow::{Context, Result, ensure};

/// The modules that `entry` imports, directly or not, in the order in which they are found; without `entry`.
///
/// # Errors
/// When an import leads out of `folder`, to another host or to what is not there.
pub(super) fn imported(folder: &Path, entry: &str) -> Result<Vec<String>> {
    let mut found = vec![entry.to_owned()];
    let mut next = 0;
    while let Some(name) = found.get(next).cloned() {
        let text =
            fs::read_to_string(folder.join(&name)).with_context(|| format!("{name} cannot be read"))?;
        for specifier in specifiers(&text) {
            let target = resolved(&name, specifier)
                .filter(|target| folder.join(target).is_file())
                .with_context(|| format!("{name} imports {specifier}, which is no file of the page"))?;
            if !found.contains(&target) {
                found.push(target);
            }
        }
        next += 1;
    }
    ensure!(found.len() > 1, "{entry} imports nothing");
    Ok(found.split_off(1))
}

/// What stands after `from` or `import` at the end of a statement.
fn specifiers(text: &str) -> Vec<&str> {
    let statements =
        text.lines().filter(|line| ["import ", "export ", "} from "].iter().any(|s| line.starts_with(s)));
    let quoted = statements.filter_map(|line| line.strip_suffix("';")?.rsplit_once('\''));
    quoted
        .filter(|(before, _)| before.ends_with("from ") || *before == "import ")
        .map(|(_, path)| path)
        .collect()
}

/// A path from the page's folder for an import in `from`; nothing if it is not relative or leads out.
fn resolved(from: &str, specifier: &str) -> Option<String> {
    if !specifier.starts_with("./") && !specifier.starts_with("../") {
        return None;
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for component in Path::new(specifier).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop()?),
            Component::Normal(name) => parts.push(name.to_str()?),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULE: &str = "// import './comment.js';\nimport './side.js';\nimport { a } from '../a.js';\n\
        import {\n  b,\n  c,\n} from './c.js';\nexport { d } from './d.js';\nconst late = await import('./late.js');\n\
        const python = `\nfrom peft import x`;\nexport const text = 'import it';\n";

    #[test]
    fn static_imports_are_read() {
        assert_eq!(specifiers(MODULE), ["./side.js", "../a.js", "./c.js", "./d.js"]);
    }

    #[test]
    fn paths_are_resolved_within_the_page() {
        assert_eq!(resolved("www/flow/a.js", "../b.js").as_deref(), Some("www/b.js"));
        assert_eq!(resolved("www/a.js", "./c/d.js").as_deref(), Some("www/c/d.js"));
        for outside in ["../../x.js", "/x.js", "x", "https://example.org/x.js"] {
            assert_eq!(resolved("www/a.js", outside), None, "{outside}");
        }
    }

    #[test]
    fn a_circle_ends_and_a_missing_module_is_named() -> Result<()> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("a.js"), "import './b.js';\n")?;
        fs::write(folder.path().join("b.js"), "import './a.js';\n")?;
        assert_eq!(imported(folder.path(), "a.js")?, ["b.js"]);
        fs::write(folder.path().join("b.js"), "import './c.js';\n")?;
        let refused = imported(folder.path(), "a.js");
        assert!(refused.is_err_and(|error| error.to_string().starts_with("b.js imports ./c.js")));
        Ok(())
    }
}
