//! How long the page takes until it can answer its first query, how many bytes it asks for, and how large it is.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::Bench;
use super::report::Report;
use super::rounds::{ROUNDS, median};
use crate::e2e::webdriver::Browser;
use crate::{serve, shell};

/// Waits for model, sample and vectors, then asks a query; times count from the beginning of the navigation.
const ANSWER: &str = "
    const { requests } = await import('/www/protocol.js');
    const { engine } = window.figret;
    await new Promise((resolve, reject) => engine.store.subscribe((state) => {
      if (state.problem) reject(new Error(JSON.stringify(state.problem)));
      else if (state.engineInfo && state.indexed) resolve();
    }));
    const ready_ms = performance.now();
    const query = 'water drips from the outdoor unit in winter';
    const found = await engine.request(requests.search({ query, depth: 10 }));
    const answer_ms = performance.now();
    return { ready_ms, answer_ms, passages: found.before.length, device: engine.store.state.engineInfo.device };";

/// Best compression, as a host does once for a file that it then keeps.
const BROTLI: &str = "const zlib = require('zlib');
    const bytes = require('fs').readFileSync(process.argv[1]);
    const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: 11, [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    console.log(zlib.brotliCompressSync(bytes, { params }).length);";

const MODULES: [(&str, &str); 3] =
    [("baseline", "wasm_baseline"), ("relaxed-simd", "wasm_relaxed_simd"), ("threads", "wasm_threads")];

/// One start of the page.
struct Start {
    /// Until model, sample and vectors are there.
    ready_ms: f64,
    /// Until the first query is answered.
    answer_ms: f64,
    /// Bytes of everything that was asked for until then, without heads.
    bytes: u64,
}

/// Starts the page in fresh browsers, each time cold and then warm.
///
/// # Errors
/// When the page does not start, or node is missing.
pub(super) fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let served = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&served);
    let count = move |_: &str, bytes| {
        counter.fetch_add(bytes, Ordering::Relaxed);
    };
    let address = serve::start_watched(&bench.site, 0, count)?;
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    // The first pair warms up the system's file cache alone.
    for round in 0..=ROUNDS {
        let browser = Browser::start()?;
        let pair = [start(&browser, &address, &served, report)?, start(&browser, &address, &served, report)?];
        let [first, second] = &pair;
        eprintln!("bench:   start {round}: cold {:.0} ms, warm {:.0} ms", first.answer_ms, second.answer_ms);
        if round > 0 {
            let [first, second] = pair;
            cold.push(first);
            warm.push(second);
        }
    }
    note(report, "cold", &cold);
    note(report, "warm", &warm);
    sizes(&bench.site, report)
}

fn start(browser: &Browser, address: &str, served: &AtomicU64, report: &mut Report) -> Result<Start> {
    // Leaves the page that may be open, and with it its worker.
    browser.go("about:blank")?;
    served.store(0, Ordering::Relaxed);
    browser.go(address)?;
    let answer = browser.async_script(ANSWER, json!([]))?;
    let bytes = served.load(Ordering::Relaxed);
    ensure!(answer["passages"] == 10, "the first query gave {} passages", answer["passages"]);
    report.detail(
        "start",
        json!({
            "device": answer["device"],
            "network": "this machine's own, which costs no time",
            "warm": "the model comes from the browser's store; all else is fetched again, since this server has no validators",
        }),
    );
    report.machine("browser", json!(format!("Chromium {}", browser.version())));
    let time = |name: &str| answer[name].as_f64().with_context(|| format!("the page gave no {name}"));
    Ok(Start { ready_ms: time("ready_ms")?, answer_ms: time("answer_ms")?, bytes })
}

fn note(report: &mut Report, name: &str, starts: &[Start]) {
    let middle =
        |of: fn(&Start) -> f64| median(&starts.iter().map(of).collect::<Vec<_>>()).unwrap_or(f64::NAN);
    report.figure(&format!("start.{name}_ready_ms"), middle(|start| start.ready_ms), "ms");
    report.figure(&format!("start.{name}_first_answer_ms"), middle(|start| start.answer_ms), "ms");
    report.figure(&format!("start.{name}_bytes"), middle(|start| start.bytes as f64), "bytes");
    let rounds: Vec<_> = starts.iter().map(|start| start.answer_ms.round()).collect();
    report.detail(&format!("start.{name}_first_answer_ms"), Value::from(rounds));
}

/// Both modules; a browser loads one of them.
fn sizes(site: &Path, report: &mut Report) -> Result<()> {
    for (folder, name) in MODULES {
        let module = site.join("pkg").join(folder).join("figret_bg.wasm");
        let size = module.metadata().with_context(|| format!("{} is not there", module.display()))?.len();
        report.figure(&format!("start.{name}_bytes"), size as f64, "bytes");
        report.figure(&format!("start.{name}_brotli_bytes"), brotli(&module)?, "bytes");
    }
    Ok(())
}

fn brotli(file: &Path) -> Result<f64> {
    let node = shell::on_path("node").context("node, which compresses with brotli, is not installed")?;
    let size = shell::output(Command::new(node).args(["-e", BROTLI]).arg(file))?;
    size.trim().parse().context("node gave no size")
}
