//! `cargo xtask serve`: the page on this machine, at 127.0.0.1 only.

mod host;
mod http;
mod mime;
mod site;

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, bail};

use crate::files::{self, Home};
use crate::project::Project;
use crate::{build, model, shell};

use http::{Body, Request, Response};

pub(crate) use host::StaticHost;
pub(crate) use site::PARTS;

/// How many ports are tried from the wished one on.
const PORTS_TRIED: u16 = 20;

/// Isolated from other origins, so that the page may measure time finely and use threads.
const HEADERS: &str = "Cache-Control: no-cache\r\n\
    Cross-Origin-Opener-Policy: same-origin\r\n\
    Cross-Origin-Embedder-Policy: require-corp\r\n\
    Cross-Origin-Resource-Policy: same-origin\r\n\
    X-Content-Type-Options: nosniff\r\n";

/// Flags of `cargo xtask serve`.
#[derive(clap::Args)]
pub(crate) struct Flags {
    /// The port, or the first one to try.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Open the page in the browser.
    #[arg(long)]
    open: bool,
    /// Serve what is there; neither fetch the model nor build.
    #[arg(long)]
    no_build: bool,
}

/// Builds the page and serves it until the program is ended.
///
/// # Errors
/// When the model, the build or the port fails.
pub(crate) fn run(project: &Project, flags: &Flags) -> Result<()> {
    if flags.no_build {
        files::write(&project.root, Home::Repository)?;
    } else {
        model::run(project)?;
        build::run(project)?;
    }
    let address = start(&project.root, flags.port)?;
    println!("\n  The page is at  {address}\n  Ctrl-C ends it.\n");
    if flags.open {
        open(&address);
    }
    loop {
        thread::park();
    }
}

/// Serves a folder from threads of its own; gives the address.
///
/// # Errors
/// When neither the port nor the ones after it can be had.
pub(crate) fn start(root: &Path, port: u16) -> Result<String> {
    start_watched(root, port, |_, _| {})
}

/// As [`start`]; `watch` learns what was asked for and how many bytes the answer's body has.
///
/// # Errors
/// As for [`start`].
pub(crate) fn start_watched(
    root: &Path,
    port: u16,
    watch: impl Fn(&str, u64) + Send + Sync + 'static,
) -> Result<String> {
    let listener = listen(port)?;
    let address = format!("http://{}/", listener.local_addr()?);
    let root = root.to_path_buf();
    let answer = move |request: &Request| {
        let response = answer(&root, request, &request.target);
        watch(&request.target, response.body.size());
        Some(response)
    };
    thread::spawn(move || http::serve(&listener, HEADERS, answer));
    Ok(address)
}

/// Port 0 asks the system for any free one.
fn listen(wished: u16) -> Result<TcpListener> {
    let last = wished.saturating_add(PORTS_TRIED);
    for port in wished..=last {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(error).with_context(|| format!("port {port} cannot be had")),
        }
    }
    bail!("ports {wished} to {last} are taken; name another with --port")
}

/// `target` is what is asked for, from the page's folder.
fn answer(root: &Path, request: &Request, target: &str) -> Response {
    if !["GET", "HEAD"].contains(&request.method.as_str()) {
        return refusal("405 Method Not Allowed", "only GET and HEAD are answered");
    }
    let Some(path) = site::file(root, target) else {
        return refusal("404 Not Found", "not part of the page");
    };
    let opened = File::open(&path).and_then(|file| Ok((file.metadata()?.len(), file)));
    match opened {
        Ok((size, file)) => {
            let (status, body) = match request.from.filter(|from| (1..size).contains(from)) {
                Some(from) => ("206 Partial Content", Body::Rest(file, from, size)),
                None => ("200 OK", Body::File(file, size)),
            };
            Response { status, content_type: mime::of(&path), body, breaks_off: None }
        }
        Err(error) => refusal("500 Internal Server Error", &error.to_string()),
    }
}

fn refusal(status: &'static str, reason: &str) -> Response {
    let body = Body::Text(format!("{reason}\n"));
    Response { status, content_type: "text/plain; charset=utf-8", body, breaks_off: None }
}

fn open(address: &str) {
    let programs = ["xdg-open", "open", "wslview"];
    let opened = programs
        .iter()
        .filter_map(|program| shell::on_path(program))
        .any(|program| shell::succeeds(Command::new(program).arg(address)));
    if !opened {
        eprintln!("serve: no program opens a browser here; open the address yourself");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn page() -> Result<(tempfile::TempDir, String)> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("index.html"), "<!doctype html>")?;
        fs::create_dir_all(folder.path().join("pkg/baseline"))?;
        fs::write(folder.path().join("pkg/baseline/figret_bg.wasm"), vec![7; 100_000])?;
        fs::write(folder.path().join("Cargo.toml"), "[package]")?;
        let address = start(folder.path(), 0)?;
        Ok((folder, address))
    }

    fn agent() -> ureq::Agent {
        ureq::Agent::config_builder().proxy(None).build().into()
    }

    #[test]
    fn files_come_with_type_length_and_isolation() -> Result<()> {
        let (_folder, address) = page()?;
        let got = agent().get(format!("{address}pkg/baseline/figret_bg.wasm")).call()?;
        let headed = agent().head(format!("{address}pkg/baseline/figret_bg.wasm?v=1")).call()?;
        for response in [&got, &headed] {
            let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
            assert_eq!(header("content-type"), Some("application/wasm"));
            assert_eq!(header("content-length"), Some("100000"));
            assert_eq!(header("cross-origin-opener-policy"), Some("same-origin"));
            assert_eq!(header("cross-origin-embedder-policy"), Some("require-corp"));
            assert_eq!(header("cache-control"), Some("no-cache"));
        }
        assert_eq!(got.into_body().read_to_vec()?, vec![7; 100_000]);
        Ok(())
    }

    #[test]
    fn the_rest_of_a_file_is_a_part_of_it() -> Result<()> {
        let (folder, address) = page()?;
        fs::write(folder.path().join("pkg/letters.txt"), "abcdef")?;
        let rest =
            |range: &str| agent().get(format!("{address}pkg/letters.txt")).header("range", range).call();
        let got = rest("bytes=4-")?;
        assert_eq!(got.status(), 206);
        assert_eq!(got.headers().get("content-range").and_then(|h| h.to_str().ok()), Some("bytes 4-5/6"));
        assert_eq!(got.into_body().read_to_string()?, "ef");
        // There is nothing from there on.
        let whole = rest("bytes=6-")?;
        assert_eq!(
            (whole.status().as_u16(), whole.into_body().read_to_string()?),
            (200, "abcdef".to_owned())
        );
        Ok(())
    }

    #[test]
    fn what_is_no_part_of_the_page_is_refused() -> Result<()> {
        let (_folder, address) = page()?;
        let agent = agent();
        for path in ["Cargo.toml", "pkg", "pkg/%2e%2e/Cargo.toml", "nothing"] {
            let refused = agent.get(format!("{address}{path}")).call();
            assert!(matches!(refused, Err(ureq::Error::StatusCode(404))), "{path}");
        }
        let posted = agent.post(&address).send("text");
        assert!(matches!(posted, Err(ureq::Error::StatusCode(405))));
        assert_eq!(agent.get(&address).call()?.status(), 200);
        Ok(())
    }

    #[test]
    fn many_connections_are_answered_at_once() -> Result<()> {
        let (_folder, address) = page()?;
        // Each agent keeps its connection, as a browser does.
        let agents: Vec<_> = (0..40).map(|_| agent()).collect();
        for agent in &agents {
            assert_eq!(agent.get(&address).call()?.into_body().read_to_string()?, "<!doctype html>");
        }
        Ok(())
    }

    #[test]
    fn a_taken_port_leads_to_the_next() -> Result<()> {
        let first = listen(0)?;
        let taken = first.local_addr()?.port();
        assert_ne!(listen(taken)?.local_addr()?.port(), taken);
        Ok(())
    }
}
