//! What is Firefox's own: how it is started, and its console as it writes it down.
//!
//! Plain WebDriver knows no console. Firefox logs what pages and workers say to `console.error`, and prints what no page
//! caught. A file that is not there, or a worker's error that nobody caught, is not among it; Chromium's console has
//! both.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, mem};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::driver::SAID;
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
    // The last two: to look up certificates and to fetch codecs Firefox would ask other hosts than its maker's.
    let preferences = json!({
        "browser.download.folderList": 2,
        "browser.download.dir": downloads,
        "browser.download.always_ask_before_handling_new_types": false,
        "browser.dom.window.dump.enabled": true,
        "media.gmp-manager.updateEnabled": false,
        "security.OCSP.enabled": 0,
    });
    let arguments = ["--headless", "--width=1280", "--height=900"];
    Ok(json!({ "moz:firefoxOptions": { "binary": program, "args": arguments, "prefs": preferences } }))
}

/// Firefox's console, and how far each file that it is spread over has been read.
#[derive(Default)]
pub(super) struct Console {
    read: RefCell<BTreeMap<PathBuf, usize>>,
}

impl Console {
    /// What pages and their workers reported as errors since the last call, in the form of chromedriver's log.
    pub(super) fn errors(&self, folder: &Path) -> Result<Vec<Value>> {
        let mut read = self.read.try_borrow_mut().context("the console is being read")?;
        let mut errors = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let Some(error_in) = reader(&entry.file_name().to_string_lossy()) else { continue };
            let bytes = fs::read(entry.path()).context("a log of Firefox cannot be read")?;
            // The last line may be under way.
            let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
            let begin = mem::replace(read.entry(entry.path()).or_default(), end);
            let new = String::from_utf8_lossy(bytes.get(begin..end).unwrap_or_default());
            let told = new.lines().filter_map(error_in);
            errors.extend(told.map(|message| json!({ "level": "SEVERE", "message": message })));
        }
        Ok(errors)
    }
}

/// What finds an error in a line of the file of this name, if it may hold any.
fn reader(name: &str) -> Option<fn(&str) -> Option<&str>> {
    let is_of_pages = name.strip_prefix(NETWORK_LOG_STEM).is_some_and(|rest| rest.starts_with(".child-"));
    if is_of_pages { Some(said_in) } else { (name == SAID).then_some(uncaught_in) }
}

/// What a line of a log says that was said to the console.
fn said_in(line: &str) -> Option<&str> {
    Some(line.split_once("E/console ")?.1)
}

/// What no page caught; Firefox's own errors come from `resource:` and `chrome:`.
fn uncaught_in(line: &str) -> Option<&str> {
    let place = line.strip_prefix("JavaScript error: ")?;
    ["http:", "https:", "blob:"].iter().any(|scheme| place.starts_with(scheme)).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = r#"1795442865508	geckodriver	INFO	Listening on 127.0.0.1:36441
JavaScript error: resource:///modules/backup/BackupService.sys.mjs, line 4408: NotAllowedError: empty
JavaScript error: , line 0: NotFoundError: no such thing
console.error: RSLoader: nothing of the page's
JavaScript error: http://127.0.0.1:8765/www/main.js, line 6: Error: nobody caught this
"#;

    #[test]
    fn the_port_is_read_from_the_drivers_words() {
        let ports: Vec<_> = PRINTED.lines().filter_map(port_in).collect();
        assert_eq!(ports, [36441]);
    }

    #[test]
    fn only_errors_of_pages_count_and_each_once() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text);
        let console = Console::default();
        let errors = || -> Result<Vec<String>> {
            let errors = console.errors(folder.path())?;
            assert!(errors.iter().all(|error| error["level"] == "SEVERE"));
            Ok(errors.iter().map(|error| error["message"].as_str().unwrap_or_default().to_owned()).collect())
        };
        let of_worker = "[Child 2: DOM Worker]: E/console error: \"the engine said\"\n";
        write(NETWORK_LOG, "[Parent 1: Main Thread]: E/console error: \"Firefox said\"\n")?;
        write("network.child-1.moz_log", &format!("{of_worker}[Child 2: Main Thread]: E/console err"))?;
        assert_eq!(errors()?, ["error: \"the engine said\""]);

        write(SAID, PRINTED)?;
        assert_eq!(errors()?, PRINTED.lines().skip(4).collect::<Vec<_>>());
        let of_page = "[Child 2: Main Thread]: E/console error: 5\n";
        write("network.child-1.moz_log", &format!("{of_worker}{of_page}"))?;
        assert_eq!(errors()?, ["error: 5"]);
        assert!(errors()?.is_empty());
        Ok(())
    }
}
