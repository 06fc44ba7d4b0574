//! Chromium through chromedriver and Firefox through geckodriver: the few commands of the WebDriver protocol that the
//! walks need.

mod chromium;
mod driver;
mod firefox;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::geckodriver;
use crate::project::Project;

use driver::Driver;

/// The key under which the protocol hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Scripts that wait for the engine may take long on software WebGPU.
const SCRIPT_TIMEOUT_MS: u64 = 900_000;

/// Answers hold screenshots.
const ANSWER_LIMIT_BYTES: u64 = 200_000_000;

/// What is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// By chromedriver, which adds commands of its own; see [`Browser::devtools`].
    Chromium,
    /// By geckodriver.
    Firefox,
}

/// A browser of its own, with a fresh profile; ends with this value.
pub(crate) struct Browser {
    kind: Kind,
    driver: Driver,
    session: String,
    agent: ureq::Agent,
    /// The profile and the downloads; removed at the end.
    folder: TempDir,
    /// Such as `156.0.8078.79`.
    version: String,
    /// Firefox's; Chromium's driver has its own.
    console: firefox::Console,
}

impl Browser {
    /// Starts chromedriver and through it Chromium.
    pub(crate) fn start() -> Result<Self> {
        Self::open(Kind::Chromium, &chromium::driver()?)
    }

    /// Starts a browser of this kind; geckodriver is compiled first if there is none.
    pub(super) fn start_kind(kind: Kind, project: &Project) -> Result<Self> {
        match kind {
            Kind::Chromium => Self::start(),
            Kind::Firefox => Self::open(kind, &geckodriver::ensure(project)?),
        }
    }

    fn open(kind: Kind, program: &Path) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let driver = Driver::start(kind, program, folder.path())?;
        let agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
        let (session, version) = (String::new(), String::new());
        let mut browser =
            Self { kind, driver, session, agent, folder, version, console: firefox::Console::default() };
        let capabilities = match kind {
            Kind::Chromium => chromium::capabilities(browser.folder.path(), &browser.downloads())?,
            Kind::Firefox => firefox::capabilities(&browser.downloads())?,
        };
        let created = browser.post("", json!({ "capabilities": { "alwaysMatch": capabilities } }))?;
        let id = created["sessionId"].as_str().context("the driver opened no session")?;
        browser.session = format!("/{id}");
        browser.version = created["capabilities"]["browserVersion"].as_str().unwrap_or_default().to_owned();
        browser.post("/timeouts", json!({ "script": SCRIPT_TIMEOUT_MS }))?;
        Ok(browser)
    }

    /// The process below which the browser runs.
    pub(crate) fn driver_id(&self) -> u32 {
        self.driver.id()
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
        let log = match self.kind {
            Kind::Chromium => chromium::NETWORK_LOG,
            Kind::Firefox => firefox::NETWORK_LOG,
        };
        fs::read_to_string(self.folder.path().join(log)).context("the browser left no network log")
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
        Ok(self.get("/window")?.as_str().context("the driver named no tab")?.to_owned())
    }

    /// Opens a tab in front of the others and goes to it.
    pub(super) fn new_tab(&self) -> Result<String> {
        let opened = self.post("/window/new", json!({ "type": "tab" }))?;
        let tab = opened["handle"].as_str().context("the driver opened no tab")?.to_owned();
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

    /// A command of Chromium's own debugging protocol.
    pub(crate) fn devtools(&self, command: &str, parameters: Value) -> Result<Value> {
        self.post("/goog/cdp/execute", json!({ "cmd": command, "params": parameters }))
    }

    /// What the console has said since the last call; of Firefox's only errors.
    pub(super) fn console(&self) -> Result<Vec<Value>> {
        if self.kind == Kind::Firefox {
            return self.console.errors(self.folder.path());
        }
        let entries = self.post("/se/log", json!({ "type": "browser" }))?;
        Ok(entries.as_array().cloned().unwrap_or_default())
    }

    /// A picture of all of the page as PNG, also of what is below the screen.
    pub(super) fn picture(&self) -> Result<Vec<u8>> {
        let data = match self.kind {
            Kind::Chromium => chromium::picture(self)?,
            Kind::Firefox => self.get("/moz/screenshot/full")?,
        };
        Ok(STANDARD.decode(data.as_str().context("the browser gave no picture")?)?)
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
        Ok(found[ELEMENT].as_str().context("the driver gave no element")?.to_owned())
    }

    fn get(&self, path: &str) -> Result<Value> {
        let url = format!("{}/session{}{path}", self.driver.address, self.session);
        value_of(self.agent.get(&url).call()?)
    }

    fn post(&self, path: &str, body: Value) -> Result<Value> {
        let url = format!("{}/session{}{path}", self.driver.address, self.session);
        value_of(self.agent.post(&url).send_json(&body)?)
    }
}

/// What a command gave, or why it failed.
fn value_of(mut response: ureq::http::Response<ureq::Body>) -> Result<Value> {
    let answer: Value = response.body_mut().with_config().limit(ANSWER_LIMIT_BYTES).read_json()?;
    let value = &answer["value"];
    if let Some(error) = value["error"].as_str() {
        let message = value["message"].as_str().unwrap_or_default();
        bail!("{error}: {}", message.lines().next().unwrap_or_default());
    }
    Ok(value.clone())
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have been ended; the driver is ended next, and the browser with it.
        let _ended = self.end();
    }
}
