//! The page with the hashes of its styles and scripts, so that a browser refuses what a host has changed or mixed up.
//!
//! It knows the page's own way of writing: one element a line.

use std::path::Path;

use anyhow::{Context, Result};

use super::modules;
use crate::files;

/// The module that loads all others of the page.
const ENTRY: &str = "www/main.js";

/// Gives styles and scripts their hashes, and names before the entry every module that it will ask for.
///
/// # Errors
/// When a file cannot be read, or the page does not load [`ENTRY`].
pub(super) fn added(folder: &Path, page: &str) -> Result<String> {
    let mut lines = Vec::new();
    let mut has_entry = false;
    for line in page.lines() {
        let Some((attribute, file)) = loaded(line) else {
            lines.push(line.to_owned());
            continue;
        };
        if file == ENTRY {
            has_entry = true;
            lines.extend(preloads(folder)?);
        }
        let hash = files::integrity(&folder.join(file))?;
        lines.push(line.replacen(&attribute, &format!("{attribute} integrity=\"{hash}\""), 1));
    }
    has_entry.then(|| lines.join("\n") + "\n").with_context(|| format!("index.html does not load {ENTRY}"))
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

fn preloads(folder: &Path) -> Result<Vec<String>> {
    let names = modules::imported(folder, ENTRY)?;
    let element = |name: &String| {
        let hash = files::integrity(&folder.join(name))?;
        Ok(format!("  <link rel=\"modulepreload\" href=\"{name}\" integrity=\"{hash}\">"))
    };
    names.iter().map(element).collect()
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
    fn styles_and_modules_get_hashes_and_nothing_else_does() -> Result<()> {
        let page = "<link rel=\"icon\" href=\"i.svg\">\n<link rel=\"stylesheet\" href=\"www/a.css\">\n\
            <script type=\"module\" src=\"www/main.js\"></script>\n";
        let added = added(folder()?.path(), page)?;
        let lines: Vec<_> = added.lines().collect();
        assert_eq!(lines[0], "<link rel=\"icon\" href=\"i.svg\">");
        assert_eq!(lines[1], format!("<link rel=\"stylesheet\" href=\"www/a.css\" integrity=\"{NOTHING}\">"));
        assert_eq!(
            lines[2],
            format!("  <link rel=\"modulepreload\" href=\"www/b.js\" integrity=\"{NOTHING}\">")
        );
        assert!(lines[3].starts_with("<script type=\"module\" src=\"www/main.js\" integrity=\"sha256-"));
        Ok(())
    }

    #[test]
    fn a_page_without_its_script_is_refused() -> Result<()> {
        assert!(added(folder()?.path(), "<p>\n").is_err());
        Ok(())
    }
}
