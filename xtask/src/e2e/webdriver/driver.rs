//! A driver as a process: it is started, says on which port it listens, and ends with its value.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::{Kind, chromium, firefox};

/// In the browser's folder: what the driver and the browser below it print.
pub(super) const SAID: &str = "driver.log";

const START_TIMEOUT: Duration = Duration::from_secs(60);

const POLL: Duration = Duration::from_millis(20);

/// A running chromedriver or geckodriver.
pub(super) struct Driver {
    process: Child,
    /// Such as `http://127.0.0.1:41289`.
    pub(super) address: String,
    said: PathBuf,
}

impl Driver {
    /// Starts the driver; what it prints is written to a file in `folder`.
    pub(super) fn start(kind: Kind, program: &Path, folder: &Path) -> Result<Self> {
        let said = folder.join(SAID);
        let output = File::create(&said)?;
        let mut command = Command::new(program);
        match kind {
            Kind::Chromium => drop(command.arg("--port=0")),
            Kind::Firefox => firefox::set_up(&mut command, folder),
        }
        let process = command.stdin(Stdio::null()).stderr(output.try_clone()?).stdout(output).spawn();
        let process = process.with_context(|| format!("{} could not be started", program.display()))?;
        let mut driver = Self { process, address: String::new(), said };
        let port = driver.port(kind).with_context(|| format!("{} does not listen", program.display()))?;
        driver.address = format!("http://127.0.0.1:{port}");
        Ok(driver)
    }

    /// The driver's process.
    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// All that the driver and the browser have printed.
    fn said(&self) -> Result<String> {
        let bytes = fs::read(&self.said).context("what the driver printed cannot be read")?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Waits until the driver has named its port.
    fn port(&mut self, kind: Kind) -> Result<u16> {
        let port_in = match kind {
            Kind::Chromium => chromium::port_in,
            Kind::Firefox => firefox::port_in,
        };
        let start = Instant::now();
        while start.elapsed() < START_TIMEOUT {
            if let Some(port) = self.said()?.lines().find_map(port_in) {
                return Ok(port);
            }
            if let Some(status) = self.process.try_wait()? {
                bail!("it ended ({status}): {}", self.said()?.trim());
            }
            thread::sleep(POLL);
        }
        bail!("it named no port within {} s", START_TIMEOUT.as_secs())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _killed = self.process.kill();
        let _reaped = self.process.wait();
    }
}
