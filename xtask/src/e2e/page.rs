//! The page as a walk sees it: elements by their `data-test`, the phase, and what the page's store holds.

use std::cell::RefCell;
use std::fmt::Write;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::screenshots;
use super::webdriver::Browser;
use crate::serve::StaticHost;

const POLL: Duration = Duration::from_millis(100);

/// An open page.
pub(crate) struct Page<'a> {
    /// The browser that shows it.
    pub(super) browser: &'a Browser,
    /// By how much longer than on the CPU everything may take.
    pub(super) slowness: u32,
    /// Where the page lies, if that can go away.
    pub(super) host: Option<StaticHost>,
    /// Other hosts that the walk has the page ask.
    pub(super) permitted: RefCell<Vec<String>>,
    console: RefCell<Vec<Value>>,
}

impl<'a> Page<'a> {
    /// Opens an address.
    pub(crate) fn open(browser: &'a Browser, url: &str, slowness: u32) -> Result<Self> {
        browser.go(url)?;
        Ok(Self { browser, slowness, host: None, permitted: RefCell::default(), console: RefCell::default() })
    }

    /// Waits until a JavaScript expression is true; gives its value.
    ///
    /// Stops at once when the page reports a problem: what is awaited will not come.
    pub(super) fn wait(&self, what: &str, seconds: u64, expression: &str) -> Result<Value> {
        eprintln!("e2e:   waiting for {what}");
        let limit = Duration::from_secs(seconds) * self.slowness;
        let start = Instant::now();
        while start.elapsed() < limit {
            let value = self.value(expression)?;
            if !matches!(value, Value::Null | Value::Bool(false)) && value != json!(0) && value != json!("") {
                return Ok(value);
            }
            if let Some(problem) = self.problem()? {
                bail!("waited for {what}, and the page reported a problem: {problem}");
            }
            thread::sleep(POLL);
        }
        bail!("waited {} s in vain for {what}: {expression}", limit.as_secs())
    }

    /// Waits for a phase of the page.
    pub(crate) fn wait_for_phase(&self, phase: &str, seconds: u64) -> Result<()> {
        let expression = format!("document.documentElement.dataset.phase === '{phase}'");
        self.wait(&format!("the phase {phase}"), seconds, &expression).map(drop)
    }

    /// Waits until the elements of a `data-test` are visible; gives how many.
    pub(super) fn wait_for(&self, test: &str, seconds: u64) -> Result<usize> {
        let expression = format!(
            "[...document.querySelectorAll('{}')].filter((element) => element.checkVisibility()).length",
            hook(test)
        );
        let count = self.wait(&format!("the element {test}"), seconds, &expression)?;
        Ok(count.as_u64().unwrap_or_default() as usize)
    }

    /// Clicks the element of a `data-test` once it is visible.
    pub(crate) fn click(&self, test: &str) -> Result<()> {
        self.wait_for(test, 20)?;
        self.browser.click(&hook(test))
    }

    /// The text of the element of a `data-test` once it is visible.
    pub(super) fn text(&self, test: &str) -> Result<String> {
        self.wait_for(test, 20)?;
        let text = self.value(&format!("document.querySelector('{}').innerText", hook(test)))?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Lets the page draw what it knows, and transitions end.
    pub(super) fn settle(&self) -> Result<()> {
        let frames =
            "for (let i = 0; i < 3; i += 1) await new Promise((next) => requestAnimationFrame(next));
                      await new Promise((next) => setTimeout(next, 300));";
        self.browser.async_script(frames, json!([])).map(drop)
    }

    /// The value of a JavaScript expression.
    pub(super) fn value(&self, expression: &str) -> Result<Value> {
        self.browser.script(&format!("return {expression};"), json!([]))
    }

    /// The value of an expression over the page's store, such as `collection.passages`.
    pub(super) fn state(&self, expression: &str) -> Result<Value> {
        self.value(&format!("window.figret.engine.store.state.{expression}"))
    }

    /// Fails if the console holds an error.
    pub(super) fn check_console(&self) -> Result<()> {
        let console = self.console()?;
        let errors: Vec<_> = console.iter().filter(|entry| entry["level"] == "SEVERE").map(said).collect();
        if !errors.is_empty() {
            bail!("the console holds errors:\n  {}", errors.join("\n  "));
        }
        Ok(())
    }

    /// What a person needs to understand a failure; takes a picture, too.
    pub(super) fn circumstances(&self, picture: &Path) -> String {
        let mut text = String::new();
        let phase = self.value("document.documentElement.dataset.phase").unwrap_or_default();
        let status = self.value("document.querySelector('figret-status')?.innerText").unwrap_or_default();
        let _infallible = write!(text, "  phase {phase}, status {status}");
        for entry in self.console().unwrap_or_default() {
            let _infallible = write!(text, "\n  console: {}", said(&entry));
        }
        match screenshots::take(self.browser, picture) {
            Ok(()) => text + &format!("\n  picture: {}", picture.display()),
            Err(error) => text + &format!("\n  no picture: {error:#}"),
        }
    }

    fn problem(&self) -> Result<Option<String>> {
        let problem = self.value(&format!("document.querySelector('{}')?.innerText", hook("problem")))?;
        Ok(problem.as_str().filter(|text| !text.is_empty()).map(str::to_owned))
    }

    /// The browser forgets what it has told; this does not.
    fn console(&self) -> Result<Vec<Value>> {
        let mut console = self.console.try_borrow_mut().context("the console is being read")?;
        console.extend(self.browser.console()?);
        Ok(console.clone())
    }
}

/// The selector of a `data-test`.
pub(super) fn hook(test: &str) -> String {
    format!("[data-test=\"{test}\"]")
}

fn said(entry: &Value) -> String {
    format!("{} {}", entry["level"].as_str().unwrap_or("?"), entry["message"].as_str().unwrap_or("?"))
}
