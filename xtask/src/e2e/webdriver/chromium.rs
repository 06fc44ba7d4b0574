//! What is Chromium's own: chromedriver, how the browser is started, and pictures.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::Browser;
use crate::e2e::BROWSER;
use crate::shell;

/// In the browser's folder.
pub(super) const NETWORK_LOG: &str = "network.json";

/// Where chromedriver lies.
pub(super) fn driver() -> Result<PathBuf> {
    shell::on_path("chromedriver").context("chromedriver is missing; on Debian, install chromium-driver")
}

/// The port in a line of chromedriver's.
pub(super) fn port_in(line: &str) -> Option<u16> {
    let after = line.split("successfully on port ").nth(1)?;
    after.trim_end_matches('.').parse().ok()
}

/// How the browser is started: its profile and its network log lie in `folder`.
pub(super) fn capabilities(folder: &Path, downloads: &Path) -> Result<Value> {
    let mut capabilities: Value = serde_json::from_str(BROWSER)?;
    capabilities["goog:loggingPrefs"] = json!({ "browser": "ALL" });
    let options = &mut capabilities["goog:chromeOptions"];
    options["prefs"] = json!({
        "download.default_directory": downloads,
        "download.prompt_for_download": false,
        "profile.default_content_setting_values.automatic_downloads": 1,
    });
    let arguments = options["args"].as_array_mut().context("browser.json has no arguments")?;
    arguments.push(format!("--user-data-dir={}", folder.join("profile").display()).into());
    arguments.push(format!("--log-net-log={}", folder.join(NETWORK_LOG).display()).into());
    arguments.push("--window-size=1280,900".into());
    Ok(capabilities)
}

/// All of the page as a PNG in base64.
pub(super) fn picture(browser: &Browser) -> Result<Value> {
    let metrics = browser.devtools("Page.getLayoutMetrics", json!({}))?;
    let size = &metrics["cssContentSize"];
    let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
    let parameters = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
    Ok(browser.devtools("Page.captureScreenshot", parameters)?["data"].clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_the_drivers_words() {
        assert_eq!(port_in("ChromeDriver was started successfully on port 41289."), Some(41289));
        assert_eq!(port_in("Only local connections are allowed."), None);
    }
}
