//! Embedding in Chromium: this engine against transformers.js, on one page, from texts to unit vectors.

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::peers::Peers;
use super::report::Report;
use super::rounds::{Duel, ROUNDS, Timed};
use super::{Bench, site, texts};
use crate::e2e::webdriver::Browser;
use crate::serve;

/// Both sides compute in f32 from the same weights; what differs more is not the same work.
const LEAST_COSINE: f64 = 0.9999;

/// A way in which the peer may do the work: a graph, and how many texts of like length go into a batch.
type Way = (&'static str, usize);

/// In one thread a larger batch only pads more; which of these is best differs between machines.
const WAYS_ON_WASM: [Way; 3] = [("plain", 1), ("plain", 4), ("fused", 1)];

/// A software adapter, too, computes what is padded.
const WAYS_ON_SOFTWARE: [Way; 2] = [("plain", 1), ("fused", 1)];

/// A real adapter wants much to do at once.
const WAYS_ON_HARDWARE: [Way; 4] = [("plain", 16), ("plain", 64), ("fused", 16), ("fused", 64)];

/// What is compared.
struct Setup<'a> {
    figure: &'static str,
    /// In transformers.js's words.
    device: &'static str,
    candidates: Vec<String>,
    count: usize,
    ways: &'a [Way],
    /// The adapter that both must use; none for wasm.
    adapter: Option<Value>,
    /// Threads of wasm.
    threads: usize,
}

/// CPU against CPU, one thread each, then two threads each.
///
/// # Errors
/// When a side fails, or the vectors disagree.
pub(super) fn on_wasm(bench: &Bench, report: &mut Report) -> Result<()> {
    for (figure, threads) in [("embed.wasm1_vs_ort_wasm1", 1), ("embed.wasm2_vs_ort_wasm2", 2)] {
        let (page, versions) = Page::open(bench, report)?;
        let candidates = texts::passages(bench.project)?;
        let (count, ways) = (passages_on_wasm(bench), &WAYS_ON_WASM);
        let setup = Setup { figure, device: "wasm", candidates, count, ways, adapter: None, threads };
        page.fight(&setup, &versions, report)?;
    }
    Ok(())
}

/// This engine with two threads against itself with one.
///
/// # Errors
/// When the engine fails, the browser refuses the threads, or the vectors disagree.
pub(super) fn on_threads(bench: &Bench, report: &mut Report) -> Result<()> {
    let (page, _) = Page::open(bench, report)?;
    let said = page.call("openThreads", json!([2]))?;
    let device = said["engine"]["device"].as_str().unwrap_or_default();
    ensure!(device.contains("2 threads"), "the engine runs on {device:?} where two threads are expected");
    let passages = texts::passages(bench.project)?;
    let passages = passages.get(..passages_on_wasm(bench)).context("the sample has too few passages")?;
    page.call("take", json!([passages]))?;
    page.time("engine", None)?;
    page.time("peer", None)?;
    let cosine = page.call("agreement", json!([]))?;
    ensure!(
        cosine.as_f64() >= Some(LEAST_COSINE),
        "with two threads the vectors are others: cosine {cosine}"
    );
    let duel = page.measure(&said, &[None])?;
    let details = json!({ "texts": passages.len(), "engine": said["engine"], "peer": said["peer"] });
    report.duel("embed.wasm2_vs_wasm1", &duel, details);
    Ok(())
}

fn passages_on_wasm(bench: &Bench) -> usize {
    if bench.is_quick { 24 } else { 64 }
}

/// WebGPU against WebGPU on whichever adapter the browser has.
///
/// # Errors
/// When a side fails, the adapters differ, or the vectors disagree.
pub(super) fn on_webgpu(bench: &Bench, report: &mut Report) -> Result<()> {
    let (page, versions) = Page::open(bench, report)?;
    let adapter = page.call("adapter", json!([]))?;
    let figure = "embed.webgpu_vs_transformersjs";
    if adapter.is_null() {
        report.miss(figure, "the browser has no WebGPU adapter");
        return Ok(());
    }
    report.machine("adapter", adapter.clone());
    let is_software = adapter["is_software"] == true;
    let (count, ways): (_, &[Way]) = match (is_software, bench.is_quick) {
        (true, true) => (2, &WAYS_ON_SOFTWARE),
        (true, false) => (8, &WAYS_ON_SOFTWARE),
        (false, _) => (512, &WAYS_ON_HARDWARE),
    };
    let candidates = texts::passages_and_queries(bench.project)?;
    let adapter = Some(adapter);
    let setup = Setup { figure, device: "webgpu", candidates, count, ways, adapter, threads: 1 };
    page.fight(&setup, &versions, report)
}

/// The benchmark's page in a browser of its own.
struct Page {
    browser: Browser,
}

impl Page {
    /// Gives the page, and the peer's versions.
    fn open(bench: &Bench, report: &mut Report) -> Result<(Self, String)> {
        let peers = Peers::ensure(bench.project, &bench.folder)?;
        site::add_peer(bench.project, &bench.site, &peers)?;
        let address = serve::start(&bench.site, 0)?;
        let browser = Browser::start()?;
        report.machine("browser", json!(format!("Chromium {}", browser.version())));
        browser.go(&format!("{address}{}", site::PAGE))?;
        Ok((Self { browser }, peers.versions))
    }

    /// Opens both sides, warms them up, measures them in turns and notes the result.
    fn fight(&self, setup: &Setup, versions: &str, report: &mut Report) -> Result<()> {
        let said = self.open_both(setup)?;
        let chosen = self.call("choose", json!([setup.candidates, setup.count]))?;
        let (ways, cosines) = self.warm_up(setup)?;
        let ways: Vec<_> = ways.into_iter().map(Some).collect();
        let duel = self.measure(&said, &ways)?;
        let tokens: Vec<u64> = serde_json::from_value(chosen["tokens"].clone())?;
        let details = json!({
            "texts": tokens.len(),
            "tokens": tokens.iter().sum::<u64>(),
            "tokens_of_a_text": [tokens.iter().min(), tokens.iter().max()],
            "least_cosines": cosines,
            "engine": said["engine"],
            "peer_adapter": said["peer"]["adapter"],
            "own_texts_per_second": rate(setup.count, &duel.own),
            "peer_texts_per_second": rate(setup.count, &duel.peer),
        });
        report.machine("browser_peer", json!(versions));
        report.duel(setup.figure, &duel, details);
        Ok(())
    }

    fn open_both(&self, setup: &Setup) -> Result<Value> {
        let mut graphs: Vec<_> = setup.ways.iter().map(|(graph, _)| graph).collect();
        graphs.dedup();
        graphs.sort_unstable();
        graphs.dedup();
        let settings = json!({ "device": setup.device, "graphs": graphs, "threads": setup.threads });
        let said = self.call("open", json!([settings]))?;
        if let Some(adapter) = &setup.adapter {
            let (own, peer) = (&adapter["architecture"], &said["peer"]["adapter"]["architecture"]);
            ensure!(own == peer, "the page has adapter {own}, transformers.js computes on {peer}");
        }
        Ok(said)
    }

    /// Lets each side do the work once; gives the peer's ways that came to the right vectors, and each way's least
    /// cosine with this engine's.
    fn warm_up<'a>(&self, setup: &'a Setup) -> Result<(Vec<&'a Way>, Value)> {
        self.time("engine", None)?;
        let (mut right, mut cosines) = (Vec::new(), serde_json::Map::new());
        for way in setup.ways {
            self.time("peer", Some(way))?;
            let cosine = self.call("agreement", json!([]))?.as_f64().unwrap_or(f64::NAN);
            let is_right = cosine >= LEAST_COSINE;
            let verdict = if is_right { "" } else { ": wrong, so not measured" };
            eprintln!("bench:   warm-up, {}: least cosine {cosine:.7}{verdict}", shown(way));
            if is_right {
                right.push(way);
            }
            cosines.insert(shown(way), json!(cosine));
        }
        // The fused graph may meet a fault of the peer's on some adapter; the plain one is what people use.
        if !right.iter().any(|(graph, _)| *graph == "plain") {
            bail!("the vectors of this engine and of transformers.js differ, so no time is believed");
        }
        Ok((right, Value::Object(cosines)))
    }

    /// The two sides in turns; who begins changes from round to round.
    fn measure(&self, said: &Value, ways: &[Option<&Way>]) -> Result<Duel> {
        let mut own = Timed::new(said["engine"]["device"].as_str().context("the engine has no name")?);
        let name = |way: &Option<&Way>| way.map_or_else(|| "this engine, one thread".to_owned(), shown);
        let mut peers: Vec<_> = ways.iter().map(|way| Timed::new(name(way))).collect();
        for round in 0..ROUNDS {
            if round % 2 == 0 {
                own.ms.push(self.time("engine", None)?);
            }
            for (way, timed) in ways.iter().zip(&mut peers) {
                timed.ms.push(self.time("peer", *way)?);
            }
            if round % 2 == 1 {
                own.ms.push(self.time("engine", None)?);
            }
            let line =
                std::iter::once(&own).chain(&peers).map(|timed| timed.ms.last().copied().unwrap_or(f64::NAN));
            let line: Vec<_> = line.map(|ms| format!("{ms:.0}")).collect();
            eprintln!(
                "bench:   round {} of {ROUNDS}: this engine and the peer's ways {} ms",
                round + 1,
                line.join(", ")
            );
        }
        Duel::new(own, peers)
    }

    /// Milliseconds that a side takes for the chosen texts.
    fn time(&self, side: &str, way: Option<&Way>) -> Result<f64> {
        let way = way.map(|(graph, batch)| json!({ "graph": graph, "batch": batch }));
        self.call("time", json!([side, way]))?.as_f64().context("the page gave no time")
    }

    fn call(&self, name: &str, arguments: Value) -> Result<Value> {
        let script = "return window.bench[arguments[0]](...arguments[1]);";
        self.browser.async_script(script, json!([name, arguments])).with_context(|| format!("bench.{name}"))
    }
}

fn shown((graph, batch): &Way) -> String {
    format!("transformers.js, {graph} graph, batch {batch}")
}

fn rate(count: usize, timed: &Timed) -> Option<f64> {
    timed.median().map(|ms| (count as f64 / ms * 1e5).round() / 1e2)
}
