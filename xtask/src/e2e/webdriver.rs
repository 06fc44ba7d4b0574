//! Chromium through chromedriver: the few commands of the WebDriver protocol that the walks need.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::BROWSER;
use crate::shell;

/// The key under which the protocol hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Scripts that wait for the engine may take long on software WebGPU.
const SCRIPT_TIMEOUT_MS: u64 = 900_000;

/// In the browser's folder.
const NETWORK_LOG: &str = "network.json";

/// Answers hold screenshots.
const ANSWER_LIMIT_BYTES: u64 = 200_000_000;

/// A browser of its own, with a fresh profile; ends with this value.
pub(crate) struct Browser {
    driver: Driver,
    session: String,
    agent: ureq::Agent,
    /// The profile and the downloads; removed at the end.
    folder: TempDir,
    /// Such as `156.0.8078.79`.
    version: String,
}

/// The running chromedriver.
struct Driver {
    process: Child,
    address: String,
}

impl Browser {
    /// Starts chromedriver and through it the browser.
    pub(crate) fn start() -> Result<Self> {
        let driver = Driver::start()?;
        let folder = tempfile::tempdir()?;
        let agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
        let (session, version) = (String::new(), String::new());
        let mut browser = Self { driver, session, agent, folder, version };
        let capabilities = capabilities(browser.folder.path(), &browser.downloads())?;
        let created = browser.post("", json!({ "capabilities": { "alwaysMatch": capabilities } }))?;
        let id = created["sessionId"].as_str().context("chromedriver opened no session")?;
        browser.session = format!("/{id}");
        browser.version = created["capabilities"]["browserVersion"].as_str().unwrap_or_default().to_owned();
        browser.post("/timeouts", json!({ "script": SCRIPT_TIMEOUT_MS }))?;
        Ok(browser)
    }

    /// The process below which the browser runs.
    pub(crate) fn driver_id(&self) -> u32 {
        self.driver.process.id()
    }

    /// The browser's version.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// Where the browser puts what is downloaded.
    pub(super) fn downloads(&self) -> PathBuf {
        self.folder.path().join("downloads")
    }

    /// Closes the browser; gives its network log, which is whole only then.
    pub(crate) fn end(&self) -> Result<String> {
        let session = format!("{}/session{}", self.driver.address, self.session);
        self.agent.delete(session).call().context("the browser could not be closed")?;
        fs::read_to_string(self.folder.path().join(NETWORK_LOG)).context("the browser left no network log")
    }

    /// Opens an address and waits until the document is loaded.
    pub(crate) fn go(&self, url: &str) -> Result<()> {
        self.post("/url", json!({ "url": url })).map(drop)
    }

    /// Runs the body of a function in the page; `arguments` holds what is passed.
    pub(super) fn script(&self, body: &str, arguments: Value) -> Result<Value> {
        self.post("/execute/sync", json!({ "script": body, "args": arguments }))
    }

    /// Runs the body of an async function in the page; gives what it returns or fails with what it throws.
    pub(crate) fn async_script(&self, body: &str, arguments: Value) -> Result<Value> {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             (async () => {{ {body} }})().then(
               (value) => done({{ value }}), (error) => done({{ error: String(error?.message ?? error) }}));"
        );
        let answer = self.post("/execute/async", json!({ "script": script, "args": arguments }))?;
        match answer["error"].as_str() {
            Some(error) => bail!("the page says: {error}"),
            None => Ok(answer["value"].clone()),
        }
    }

    /// Clicks an element as a person would: it must be visible.
    pub(super) fn click(&self, selector: &str) -> Result<()> {
        self.click_nth(selector, 0)
    }

    /// Clicks the element at a position among those that the selector finds.
    pub(super) fn click_nth(&self, selector: &str, position: usize) -> Result<()> {
        // The driver scrolls just far enough, which may be under a bar that stays in place.
        let scroll = "document.querySelectorAll(arguments[0])[arguments[1]]
                        ?.scrollIntoView({ block: 'center', behavior: 'instant' });";
        self.script(scroll, json!([selector, position]))?;
        let found = self.post("/elements", json!({ "using": "css selector", "value": selector }))?;
        let element = found[position][ELEMENT].as_str();
        let element = element.with_context(|| format!("there are not {} of {selector}", position + 1))?;
        self.post(&format!("/element/{element}/click"), json!({}))
            .map(drop)
            .with_context(|| format!("{selector} cannot be clicked"))
    }

    /// Replaces the text of a field.
    pub(super) fn fill_in(&self, selector: &str, text: &str) -> Result<()> {
        let element = self.element(selector)?;
        self.post(&format!("/element/{element}/clear"), json!({}))?;
        self.post(&format!("/element/{element}/value"), json!({ "text": text })).map(drop)
    }

    /// Gives files to a file input, as its dialog would.
    pub(super) fn choose_files(&self, selector: &str, files: &[PathBuf]) -> Result<()> {
        let element = self.element(selector)?;
        let paths: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
        self.post(&format!("/element/{element}/value"), json!({ "text": paths.join("\n") })).map(drop)
    }

    /// Loads the page again, as its button would.
    pub(super) fn reload(&self) -> Result<()> {
        self.post("/refresh", json!({})).map(drop)
    }

    /// The tab that commands are for.
    pub(super) fn tab(&self) -> Result<String> {
        let url = format!("{}/session{}/window", self.driver.address, self.session);
        let answer: Value = self.agent.get(&url).call()?.body_mut().read_json()?;
        Ok(answer["value"].as_str().context("chromedriver named no tab")?.to_owned())
    }

    /// Opens a tab in front of the others and goes to it.
    pub(super) fn new_tab(&self) -> Result<String> {
        let opened = self.post("/window/new", json!({ "type": "tab" }))?;
        let tab = opened["handle"].as_str().context("chromedriver opened no tab")?.to_owned();
        self.go_to_tab(&tab)?;
        Ok(tab)
    }

    /// Goes to a tab; the others are hidden.
    pub(super) fn go_to_tab(&self, tab: &str) -> Result<()> {
        self.post("/window", json!({ "handle": tab }))?;
        self.devtools("Page.bringToFront", json!({})).map(drop)
    }

    /// Closes the tab that commands are for; another one has to be gone to.
    pub(super) fn close_tab(&self) -> Result<()> {
        let url = format!("{}/session{}/window", self.driver.address, self.session);
        self.agent.delete(&url).call().context("a tab could not be closed").map(drop)
    }

    /// A command of the browser's own debugging protocol.
    pub(crate) fn devtools(&self, command: &str, parameters: Value) -> Result<Value> {
        self.post("/goog/cdp/execute", json!({ "cmd": command, "params": parameters }))
    }

    /// What the console has said since the last call.
    pub(super) fn console(&self) -> Result<Vec<Value>> {
        let entries = self.post("/se/log", json!({ "type": "browser" }))?;
        Ok(entries.as_array().cloned().unwrap_or_default())
    }

    /// Presses a key and lets go of it, as a keyboard would; `text` is what it would write.
    pub(super) fn press(&self, key: &str, code: u32, text: &str) -> Result<()> {
        for kind in [if text.is_empty() { "rawKeyDown" } else { "keyDown" }, "keyUp"] {
            let text = if kind == "keyUp" { "" } else { text };
            let event =
                json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text });
            self.devtools("Input.dispatchKeyEvent", event)?;
        }
        Ok(())
    }

    fn element(&self, selector: &str) -> Result<String> {
        let found = self.post("/element", json!({ "using": "css selector", "value": selector }));
        let found = found.with_context(|| format!("{selector} is not on the page"))?;
        Ok(found[ELEMENT].as_str().context("chromedriver gave no element")?.to_owned())
    }

    fn post(&self, path: &str, body: Value) -> Result<Value> {
        let url = format!("{}/session{}{path}", self.driver.address, self.session);
        let mut response = self.agent.post(&url).send_json(&body)?;
        let answer: Value = response.body_mut().with_config().limit(ANSWER_LIMIT_BYTES).read_json()?;
        let value = &answer["value"];
        if let Some(error) = value["error"].as_str() {
            let message = value["message"].as_str().unwrap_or_default();
            bail!("{error}: {}", message.lines().next().unwrap_or_default());
        }
        Ok(value.clone())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have been ended; the driver is ended next, and the browser with it.
        let _ended = self.end();
    }
}

impl Driver {
    fn start() -> Result<Self> {
        let program = shell::on_path("chromedriver");
        let program = program.context("chromedriver is missing; on Debian, install chromium-driver")?;
        let mut process = Command::new(program)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("chromedriver could not be started")?;
        let output = BufReader::new(process.stdout.take().context("chromedriver has no output")?);
        let port = output.lines().map_while(Result::ok).find_map(|line| port_in(&line));
        let mut driver = Self { process, address: String::new() };
        let port = port.context("chromedriver did not say on which port it listens")?;
        driver.address = format!("http://127.0.0.1:{port}");
        Ok(driver)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _killed = self.process.kill();
        let _reaped = self.process.wait();
    }
}

fn port_in(line: &str) -> Option<u16> {
    let after = line.split("successfully on port ").nth(1)?;
    after.trim_end_matches('.').parse().ok()
}

fn capabilities(folder: &Path, downloads: &Path) -> Result<Value> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_the_drivers_words() {
        assert_eq!(port_in("ChromeDriver was started successfully on port 41289."), Some(41289));
        assert_eq!(port_in("Only local connections are allowed."), None);
    }
}
