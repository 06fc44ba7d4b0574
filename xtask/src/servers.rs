//! `cargo xtask servers`: the page searches vector servers, a real Chroma and a stand-in for Qdrant, and finds there what
//! the engine finds in the tab.
//!
//! Chroma comes from PyPI with its server. Qdrant's server is in no package registry; the stand-in takes and gives what
//! Qdrant's own client defines (`tests/servers/qdrant_stand_in.py`).

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::project::Project;
use crate::{e2e, python, shell};

/// Names a Python to use instead of an environment of the repository's own.
const PYTHON: &str = "FIGRET_SERVERS_PYTHON";

/// The versions that the page was tried with.
const PACKAGES: [&str; 2] = ["chromadb==1.5.9", "qdrant-client==1.20.0"];
const MODULES: [&str; 2] = ["chromadb", "qdrant_client"];

/// What the stand-in wants to be shown.
pub(crate) const KEY: &str = "sesame";

const PATIENCE: Duration = Duration::from_secs(60);

/// Flags of `cargo xtask servers`.
#[derive(clap::Args)]
pub(crate) struct Flags {
    /// Walk the page as it was built last.
    #[arg(long)]
    no_build: bool,
}

/// Builds the page and walks it.
///
/// # Errors
/// When a server does not start, when the network is missing that the packages come from, or when the walk fails.
pub(crate) fn run(project: &Project, flags: &Flags) -> Result<()> {
    // Before the build, so that a missing network is found out at once.
    python(project)?;
    e2e::walk_servers(project, flags.no_build)
}

fn python(project: &Project) -> Result<PathBuf> {
    match python::named(PYTHON, &MODULES)? {
        Some(python) => Ok(python),
        None => python::environment(&project.tools().join("servers"), &PACKAGES, "servers"),
    }
}

/// The servers; they end with this value.
pub(crate) struct Servers {
    /// Address of a Chroma that lets the page read, with the sample as `norrvik`.
    pub(crate) chroma: String,
    /// Address of a Chroma as it starts without a configuration: no page may read.
    pub(crate) closed_chroma: String,
    /// Address of the stand-in for Qdrant, with the sample as `norrvik`; it wants [`KEY`].
    pub(crate) qdrant: String,
    /// An address at which nothing answers.
    pub(crate) nobody: String,
    running: Vec<Running>,
    _folder: tempfile::TempDir,
}

impl Servers {
    /// Starts them for a page at `origin` and fills them with the sample.
    ///
    /// # Errors
    /// When one of them does not answer within a minute.
    pub(crate) fn start(project: &Project, origin: &str) -> Result<Self> {
        let python = python(project)?;
        let folder = tempfile::tempdir()?;
        let scripts = project.root.join("tests/servers");
        let ports = free_ports()?;
        let [chroma, closed_chroma, qdrant, nobody] = ports.map(|port| format!("http://127.0.0.1:{port}"));

        let program = python.with_file_name("chroma");
        let config = |port: u16, origins: &[&str]| {
            let store = folder.path().join(port.to_string());
            chroma_config(
                folder.path(),
                port,
                &json!({
                    "port": port,
                    "listen_address": "127.0.0.1",
                    "persist_path": store,
                    "cors_allow_origins": origins,
                }),
            )
        };
        let (open, closed) = (config(ports[0], &[origin])?, config(ports[1], &[])?);
        let script = |name: &str| {
            let mut command = Command::new(&python);
            command.arg(scripts.join(name)).env("PYTHONDONTWRITEBYTECODE", "1");
            command
        };
        let running = vec![
            Running::start(Command::new(&program).arg("run").arg(open))?,
            Running::start(Command::new(&program).arg("run").arg(closed))?,
            Running::start(script("qdrant_stand_in.py").args([&ports[2].to_string(), KEY]))?,
        ];
        let mut servers = Self { chroma, closed_chroma, qdrant, nobody, running, _folder: folder };
        servers.wait()?;
        shell::run(script("fill_chroma.py").arg(ports[0].to_string()))?;
        Ok(servers)
    }

    /// Every address that the page will ask.
    pub(crate) fn origins(&self) -> Vec<String> {
        [&self.chroma, &self.closed_chroma, &self.qdrant, &self.nobody].map(Clone::clone).to_vec()
    }

    fn wait(&mut self) -> Result<()> {
        let heartbeat = |address: &str| format!("{address}/api/v2/heartbeat");
        let addresses =
            [heartbeat(&self.chroma), heartbeat(&self.closed_chroma), format!("{}/", self.qdrant)];
        let start = Instant::now();
        for (address, server) in addresses.iter().zip(&mut self.running) {
            while ureq::get(address).call().is_err() {
                if let Some(status) = server.0.try_wait()? {
                    bail!("the server at {address} ended ({status})");
                }
                if start.elapsed() > PATIENCE {
                    bail!("nothing answers at {address}");
                }
                thread::sleep(Duration::from_millis(100));
            }
        }
        Ok(())
    }
}

/// JSON is YAML, too.
fn chroma_config(folder: &Path, port: u16, config: &serde_json::Value) -> Result<PathBuf> {
    let file = folder.join(format!("chroma-{port}.yaml"));
    fs::write(&file, config.to_string()).with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(file)
}

/// Ports that nobody listens at; all are looked for before any is let go, so that they differ.
fn free_ports() -> Result<[u16; 4]> {
    let mut ports = [0; 4];
    let mut held = Vec::new();
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("there is no free port")?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}

/// A program that ends with this value.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Result<Self> {
        let shown = format!("{command:?}");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        Ok(Self(child.with_context(|| format!("{shown} could not be started"))?))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.0.kill();
        let _status = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_ports_differ() -> Result<()> {
        let mut ports = free_ports()?.to_vec();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 4);
        Ok(())
    }
}
