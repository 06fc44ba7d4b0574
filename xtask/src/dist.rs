//! `cargo xtask dist`: the page as a folder of static files for any host and any path on it.
//!
//! It is what `serve` would serve, with hashes: in index.html for the browser, in `pkg/files.js` for the service worker;
//! and a bill of what it is made of.

mod integrity;
mod modules;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::files::{self, Home};
use crate::project::Project;
use crate::{build, model, serve, supply};

/// Flags of `cargo xtask dist`.
#[derive(clap::Args)]
pub(crate) struct Flags {
    /// The folder to write; an earlier one is replaced.
    #[arg(long, default_value = "dist")]
    out: PathBuf,
    /// Take the page as it was built last.
    #[arg(long)]
    no_build: bool,
}

/// Builds the page and copies it into a folder.
///
/// # Errors
/// When the build fails, the folder holds something else, or a link of the page leads nowhere.
pub(crate) fn run(project: &Project, flags: &Flags) -> Result<()> {
    let out = project.root.join(&flags.out);
    make_empty(&out)?;
    if !flags.no_build {
        model::run(project)?;
        build::run(project)?;
    }
    write(project, &out)?;
    eprintln!("dist: {} holds the page", project.shown(&out));
    Ok(())
}

/// Writes the page that was built last into a folder.
///
/// # Errors
/// When something of it is missing, or a link or an import leads nowhere.
pub(crate) fn write(project: &Project, out: &Path) -> Result<()> {
    copy_page(&project.root, out)?;
    check_links(out)?;
    let page = out.join("index.html");
    fs::write(&page, integrity::added(out, &fs::read_to_string(&page)?)?)?;
    supply::write_sbom(project, out)?;
    files::write(out, Home::Host)
}

/// Removes an earlier page; refuses to remove anything else.
fn make_empty(out: &Path) -> Result<()> {
    if !out.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(out).with_context(|| format!("{} is no folder", out.display()))? {
        let name = entry?.file_name();
        if name != supply::SBOM_FILE && !serve::PARTS.iter().any(|part| name == *part) {
            bail!(
                "{} holds {}, which is no part of the page; name another folder",
                out.display(),
                name.display()
            );
        }
    }
    fs::remove_dir_all(out).with_context(|| format!("{} cannot be replaced", out.display()))
}

fn copy_page(root: &Path, out: &Path) -> Result<()> {
    fs::create_dir_all(out)?;
    for part in serve::PARTS {
        let source = root.join(part);
        if source.is_dir() {
            build::copy_folder(&source, &out.join(part))?;
        } else {
            fs::copy(&source, out.join(part)).with_context(|| format!("{part} cannot be copied"))?;
        }
    }
    Ok(())
}

fn check_links(folder: &Path) -> Result<()> {
    let page = fs::read_to_string(folder.join("index.html"))?;
    let broken: Vec<_> =
        relative_links(&page).into_iter().filter(|link| !folder.join(link).exists()).collect();
    if !broken.is_empty() {
        bail!("index.html links to what is not there: {}", broken.join(", "));
    }
    Ok(())
}

/// What `href` and `src` name on the same host, without query and fragment.
fn relative_links(page: &str) -> Vec<String> {
    let mut links = Vec::new();
    for attribute in ["href=\"", "src=\""] {
        for rest in page.split(attribute).skip(1) {
            let value = rest.split('"').next().unwrap_or_default();
            let path = value.split(['?', '#']).next().unwrap_or_default();
            let is_elsewhere = path.split('/').next().is_some_and(|first| first.contains(':'));
            if !path.is_empty() && !is_elsewhere && !path.starts_with("//") {
                links.push(path.to_owned());
            }
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r##"<a href="#top"></a><link href="www/a.css?v=1"><script src="www/b.js"></script>
        <a href="https://example.org/"></a><img src="data:image/png;base64,AA"><a href="mailto:a@b.c"></a>"##;

    #[test]
    fn links_to_other_hosts_and_places_do_not_count() {
        assert_eq!(relative_links(PAGE), ["www/a.css", "www/b.js"]);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_named() -> Result<()> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("www"))?;
        fs::write(folder.path().join("index.html"), PAGE)?;
        fs::write(folder.path().join("www/a.css"), "")?;
        let refused = check_links(folder.path());
        assert!(refused.is_err_and(|error| error.to_string().ends_with("not there: www/b.js")));
        Ok(())
    }

    #[test]
    fn a_folder_of_something_else_is_left_alone() -> Result<()> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("thesis.tex"), "")?;
        assert!(make_empty(folder.path()).is_err());
        assert!(folder.path().join("thesis.tex").exists());
        Ok(())
    }
}
