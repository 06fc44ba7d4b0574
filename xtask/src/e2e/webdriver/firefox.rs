//! What is Firefox's own: how it is started, and its console as it writes it down.
//!
//! Plain WebDriver knows no console. Firefox logs what pages and workers say to `console.error`, and prints what no page
//! caught. A file that is not there, or a worker's error that nobody caught, is not among it; Chromium's console has
//! both.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::shell;

/// In the browser's folder; see [`set_up`].
pub(super) const NETWORK_LOG: &str = "network.moz_log";

/// Without the ending, which Firefox adds.
const NETWORK_LOG_STEM: &str = "network";

/// How geckodriver is started: profiles and the network log lie in `folder`.
///
/// The log has the address of every request, by whomever, and is written line by line; processes of pages have logs of
/// their own beside it, with what is said to the console.
pub(super) fn set_up(driver: &mut Command, folder: &Path) {
    driver.args(["--port=0", "--websocket-port=0", "--profile-root"]).arg(folder);
    driver.env("MOZ_LOG", "sync,nsHttp:1,console:1").env("MOZ_LOG_FILE", folder.join(NETWORK_LOG_STEM));
}

/// The port in a line of geckodriver's.
pub(super) fn port_in(line: &str) -> Option<u16> {
    line.split("Listening on 127.0.0.1:").nth(1)?.trim().parse().ok()
}

/// How the browser is started.
pub(super) fn capabilities(downloads: &Path) -> Result<Value> {
    let program = shell::on_path("firefox-esr").or_else(|| shell::on_path("firefox"));
    let program = program.context("Firefox is missing; on Debian, install firefox-esr")?;
    let preferences = json!({
        "browser.download.folderList": 2,
        "browser.download.dir": downloads,
        "browser.download.always_ask_before_handling_new_types": false,
        "browser.dom.window.dump.enabled": true,
    });
    let arguments = ["--headless", "--width=1280", "--height=900"];
    Ok(json!({ "moz:firefoxOptions": { "binary": program, "args": arguments, "prefs": preferences } }))
}

/// What pages and their workers reported as errors, in the form of chromedriver's log; `said` is what Firefox printed.
pub(super) fn errors(said: &str, folder: &Path) -> Result<Vec<Value>> {
    let mut lines: Vec<String> = said.lines().filter(|line| is_uncaught(line)).map(str::to_owned).collect();
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        let is_of_pages = file
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with(&format!("{NETWORK_LOG_STEM}.child-")));
        if is_of_pages {
            let log = fs::read(file).context("a log of Firefox cannot be read")?;
            lines.extend(String::from_utf8_lossy(&log).lines().filter_map(said_in).map(str::to_owned));
        }
    }
    Ok(lines.iter().map(|line| json!({ "level": "SEVERE", "message": line })).collect())
}

/// What a line of a log says that was said to the console.
fn said_in(line: &str) -> Option<&str> {
    Some(line.split_once("E/console ")?.1)
}

/// Firefox's own errors come from `resource:` and `chrome:`.
fn is_uncaught(line: &str) -> bool {
    let place = line.strip_prefix("JavaScript error: ");
    place.is_some_and(|place| ["http:", "https:", "blob:"].iter().any(|scheme| place.starts_with(scheme)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = r#"1795442865508	geckodriver	INFO	Listening on 127.0.0.1:36441
JavaScript error: resource:///modules/backup/BackupService.sys.mjs, line 4408: NotAllowedError: empty
JavaScript error: , line 0: NotFoundError: no such thing
console.error: RSLoader: nothing of the page's
JavaScript error: http://127.0.0.1:8765/www/main.js, line 6: Error: nobody caught this
"#;

    #[test]
    fn the_port_is_read_from_the_drivers_words() {
        let ports: Vec<_> = SAID.lines().filter_map(port_in).collect();
        assert_eq!(ports, [36441]);
    }

    #[test]
    fn only_errors_of_pages_count() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let own = "[Parent 1: Main Thread]: E/console error: \"of Firefox\"\n";
        fs::write(folder.path().join(NETWORK_LOG), own)?;
        let of_page = "[Child 2: DOM Worker]: E/console error: \"the engine said\"\n\
            [Child 2: Main Thread]: E/nsHttp uri=http://127.0.0.1:8765/\n";
        fs::write(folder.path().join("network.child-1.moz_log"), of_page)?;
        let errors = errors(SAID, folder.path())?;
        let messages: Vec<_> = errors.iter().filter_map(|error| error["message"].as_str()).collect();
        let uncaught =
            "JavaScript error: http://127.0.0.1:8765/www/main.js, line 6: Error: nobody caught this";
        assert_eq!(messages, [uncaught, "error: \"the engine said\""]);
        assert!(errors.iter().all(|error| error["level"] == "SEVERE"));
        Ok(())
    }
}
