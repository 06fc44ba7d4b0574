//! From a request's address to a file: only what belongs to the page, and nothing above it.

use std::path::{Component, Path, PathBuf};

/// What the page consists of, from the repository's root.
pub(crate) const PARTS: [&str; 5] = ["index.html", "service-worker.js", "www", "pkg", "models"];

/// The file that an address such as `/www/main.js?v=2` names, if it is one of the page's.
pub(super) fn file(root: &Path, url: &str) -> Option<PathBuf> {
    let path = url.split(['?', '#']).next()?;
    let path = decoded(path.strip_prefix('/')?)?;
    let path = if path.is_empty() { "index.html" } else { &path };
    let part = path.split('/').next()?;
    if !PARTS.contains(&part) || !is_plain(Path::new(path)) || path.contains('\\') {
        return None;
    }
    Some(root.join(path)).filter(|file| file.is_file())
}

fn is_plain(path: &Path) -> bool {
    path.components().all(|component| match component {
        Component::Normal(name) => !name.to_string_lossy().starts_with('.'),
        _ => false,
    })
}

/// The path with its percent escapes resolved; nothing if they are broken.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok().filter(|path| !path.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Result;
    use std::fs;

    #[test]
    fn only_the_pages_own_files_are_found() -> Result<()> {
        let root = tempfile::tempdir()?;
        fs::create_dir(root.path().join("www"))?;
        for name in ["index.html", "www/main.js", "www/a b.js", "www/.secret", "Cargo.toml"] {
            fs::write(root.path().join(name), "")?;
        }
        let found = |url| file(root.path(), url).is_some();
        for url in ["/", "/index.html", "/www/main.js", "/www/main.js?v=1", "/www/a%20b.js"] {
            assert!(found(url), "{url}");
        }
        for url in [
            "",
            "/Cargo.toml",
            "/www",
            "/www/",
            "/www/../Cargo.toml",
            "/www/%2e%2e/Cargo.toml",
            "/www/..%2fCargo.toml",
            "//etc/passwd",
            "/www/.secret",
            "/www/%zz",
            "/www/%0",
            "/www/none.js",
        ] {
            assert!(!found(url), "{url}");
        }
        Ok(())
    }
}
