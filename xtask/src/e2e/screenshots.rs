//! Pictures of the whole page, wide and narrow, light and dark, for people to look at.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::page::Page;
use super::webdriver::Browser;

const SIZES: [(u32, u32); 2] = [(1280, 900), (390, 844)];

/// What a person may have chosen.
pub(super) const SCHEMES: [&str; 2] = ["light", "dark"];

/// Takes the four pictures of a page; fails if it is wider than the screen.
pub(super) fn take_four(page: &Page, folder: &Path, name: &str) -> Result<()> {
    page.browser.devtools("Emulation.setScrollbarsHidden", json!({ "hidden": true }))?;
    for size in SIZES {
        let width = size.0;
        for scheme in SCHEMES {
            dress(page.browser, size, scheme)?;
            // What stays at the top of the screen belongs at the top of the picture.
            page.browser.script("window.scrollTo({ top: 0, behavior: 'instant' });", json!([]))?;
            page.settle()?;
            take(page.browser, &folder.join(format!("{name}-{width}-{scheme}.png")))?;
        }
        let excess = page.value("document.documentElement.scrollWidth - window.innerWidth")?;
        ensure!(excess.as_f64() <= Some(0.0), "{name} at {width} pixels is {excess} pixels too wide");
    }
    page.browser.devtools("Emulation.setScrollbarsHidden", json!({ "hidden": false }))?;
    undress(page.browser)?;
    page.settle()
}

/// Shows the page on a screen of this width and height, light or dark.
pub(super) fn dress(browser: &Browser, (width, height): (u32, u32), scheme: &str) -> Result<()> {
    let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
    browser.devtools("Emulation.setDeviceMetricsOverride", metrics)?;
    let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
    browser.devtools("Emulation.setEmulatedMedia", features).map(drop)
}

/// Shows the page as it was before.
pub(super) fn undress(browser: &Browser) -> Result<()> {
    browser.devtools("Emulation.setEmulatedMedia", json!({ "features": [] }))?;
    browser.devtools("Emulation.clearDeviceMetricsOverride", json!({})).map(drop)
}

/// Takes a picture of all of the page, also of what is below the screen.
pub(super) fn take(browser: &Browser, file: &Path) -> Result<()> {
    fs::write(file, browser.picture()?).with_context(|| format!("{} cannot be written", file.display()))
}
