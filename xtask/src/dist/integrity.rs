//! The page with the hashes of its styles and scripts, so that a browser refuses what a host has changed or mixed up.
//!
//! It knows the page's own way of writing: one element a line.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;

use super::modules;
use crate::files;

/// The module that loads all others of the page.
const ENTRY: &str = "www/main.js";

/// What the policy of index.html says of scripts, as far as it stands there.
const SCRIPTS: &str = "script-src 'self'";

/// Gives styles and scripts their hashes, and names before the entry every module that it will ask for.
///
/// Modules have theirs in an import map: it holds for whoever imports them, and the policy allows this one inline.
///
/// # Errors
/// When a file cannot be read, the page does not load [`ENTRY`], or it has no policy for scripts.
pub(super) fn added(folder: &Path, page: &str) -> Result<String> {
    let imported = modules::imported(folder, ENTRY)?;
    let map = import_map(folder, &imported)?;
    let page = allowed(page, &map)?;
    let mut lines = Vec::new();
    let mut has_entry = false;
    for line in page.lines() {
        let Some((attribute, file)) = loaded(line) else {
            lines.push(line.to_owned());
            continue;
        };
        if file == ENTRY {
            has_entry = true;
            lines.push(format!("  <script type=\"importmap\">{map}</script>"));
            let preload = |name: &String| format!("  <link rel=\"modulepreload\" href=\"{name}\">");
            lines.extend(imported.iter().map(preload));
        }
        let hash = files::integrity(&folder.join(file))?;
        lines.push(line.replacen(&attribute, &format!("{attribute} integrity=\"{hash}\""), 1));
    }
    has_entry.then(|| lines.join("\n") + "\n").with_context(|| format!("index.html does not load {ENTRY}"))
}

/// The hashes of modules, for the browser.
fn import_map(folder: &Path, modules: &[String]) -> Result<String> {
    let hash = |name: &String| Ok((format!("./{name}"), files::integrity(&folder.join(name))?));
    let hashes = modules.iter().map(hash).collect::<Result<BTreeMap<_, _>>>()?;
    Ok(json!({ "integrity": hashes }).to_string())
}

/// The page with a policy that allows one inline script.
fn allowed(page: &str, script: &str) -> Result<String> {
    let (before, after) = page.split_once(SCRIPTS).with_context(|| format!("index.html has no {SCRIPTS}"))?;
    Ok(format!("{before}{SCRIPTS} '{}'{after}", files::integrity_of(script.as_bytes())))
}

/// The attribute that names a style or script, and its file.
fn loaded(line: &str) -> Option<(String, &str)> {
    let name = match line {
        _ if line.contains("<link rel=\"stylesheet\"") => "href",
        _ if line.contains("<script ") => "src",
        _ => return None,
    };
    let file = line.split_once(&format!("{name}=\""))?.1.split('"').next()?;
    Some((format!("{name}=\"{file}\""), file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const NOTHING: &str = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    fn folder() -> Result<tempfile::TempDir> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("www"))?;
        fs::write(folder.path().join(ENTRY), "import './b.js';\n")?;
        for name in ["www/a.css", "www/b.js"] {
            fs::write(folder.path().join(name), "")?;
        }
        Ok(folder)
    }

    #[test]
    fn styles_and_scripts_get_hashes_and_nothing_else_does() -> Result<()> {
        let page = "<meta content=\"script-src 'self' x\">\n<link rel=\"icon\" href=\"i.svg\">\n\
            <link rel=\"stylesheet\" href=\"www/a.css\">\n<script type=\"module\" src=\"www/main.js\"></script>\n";
        let added = added(folder()?.path(), page)?;
        let lines: Vec<_> = added.lines().collect();
        let map = format!("{{\"integrity\":{{\"./www/b.js\":\"{NOTHING}\"}}}}");
        let hash = files::integrity_of(map.as_bytes());
        assert_eq!(lines[0], format!("<meta content=\"script-src 'self' '{hash}' x\">"));
        assert_eq!(lines[1], "<link rel=\"icon\" href=\"i.svg\">");
        assert_eq!(lines[2], format!("<link rel=\"stylesheet\" href=\"www/a.css\" integrity=\"{NOTHING}\">"));
        assert_eq!(lines[3], format!("  <script type=\"importmap\">{map}</script>"));
        assert_eq!(lines[4], "  <link rel=\"modulepreload\" href=\"www/b.js\">");
        assert!(lines[5].starts_with("<script type=\"module\" src=\"www/main.js\" integrity=\"sha256-"));
        Ok(())
    }

    #[test]
    fn a_page_without_its_script_or_without_a_policy_is_refused() -> Result<()> {
        let folder = folder()?;
        for page in ["script-src 'self'\n", "<script type=\"module\" src=\"www/main.js\"></script>\n"] {
            assert!(added(folder.path(), page).is_err(), "{page}");
        }
        Ok(())
    }
}
