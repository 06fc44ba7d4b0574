//! axe-core, brought into the page by the driver: the page's own policy would not let it in.

use std::fs;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::e2e::page::Page;
use crate::npm;
use crate::project::Project;
use crate::record;

const PACKAGE: &str = "axe-core@4.14.1";
const FILE: &str = "axe-core/axe.min.js";
const SHA256: &str = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c";

/// WCAG 2.2 up to AA, and what axe calls good practice.
///
/// Only the link that skips is held to what such links need: the places have addresses that look like theirs.
const RUN: &str = "
    axe.configure({ rules: [{ id: 'skip-link', selector: '.skip' }] });
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ['violations'] });
    const told = ({ target, html }) => `${target.join(' ')} ${html.slice(0, 160)}`;
    return violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${told(node)}`));";

/// The script.
pub(super) struct Axe {
    source: String,
}

impl Axe {
    /// Fetches it once.
    pub(super) fn open(project: &Project) -> Result<Self> {
        let file = npm::file(&project.tools().join("axe"), PACKAGE, FILE)?;
        let source = fs::read(&file)?;
        let digest = record::digest(&source);
        ensure!(
            digest == SHA256,
            "{} of {PACKAGE} has SHA-256 {digest} where {SHA256} is expected",
            file.display()
        );
        Ok(Self { source: String::from_utf8(source)? })
    }

    /// Evaluates an expression and fails if axe then finds a violation.
    pub(super) fn check(&self, page: &Page, what: &str, before: &str) -> Result<()> {
        page.value(before)?;
        if page.value("typeof axe")? == "undefined" {
            page.browser.script(&self.source, json!([]))?;
        }
        super::none(what, &page.browser.async_script(RUN, json!([]))?)
    }
}
