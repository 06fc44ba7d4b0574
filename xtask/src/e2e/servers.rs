//! The page and a person's vector servers: what stands in the way is told apart, and what they find is what the tab finds.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::page::{Page, hook};
use super::screenshots;
use super::walk::{Site, Walk, become_ready, count_passages, search, teach};
use super::webdriver::Kind;
use crate::project::Project;
use crate::servers::{KEY, Servers};

/// The sample, a short lesson, two servers.
pub(super) const WALK: Walk = Walk {
    name: "servers",
    query: "?backend=cpu&threads=2&steps=6&batch=4",
    slowness: 1,
    site: Site::Served,
    browser: Kind::Chromium,
    steps: with_servers,
};

/// Two queries of one's own, and one that the sample judges.
const OWN: [&str; 2] = ["it blows cold air for a few minutes", "the app does not find the unit"];

/// An approximate index may rank a passage otherwise here and there.
const MEASURED_WITHIN: f64 = 0.002;

fn with_servers(project: &Project, page: &Page, shots: &Path) -> Result<()> {
    become_ready(page, "CPU, 2 threads")?;
    let origin = page.value("location.origin")?;
    let servers = Servers::start(project, origin.as_str().context("the page has no origin")?)?;
    page.permitted.borrow_mut().extend(servers.origins());
    let here = OWN.iter().map(|query| first_ten(page, query)).collect::<Result<Vec<_>>>()?;
    open_section(page)?;
    obstacles(page, &servers)?;
    screenshots::take(page.browser, &shots.join("server.png"))?;
    same_as_here(page, &here)?;
    measured_as_here(page)?;
    odd_answers_are_refused(page)?;
    teach(page)?;
    both_columns(page, shots)?;
    qdrant(page, &servers, &here)?;
    passages_come_by_id(page)?;
    only_expected_errors(page, &servers)
}

/// Each is named for what it is, from an address at which nobody answers to a collection that can be searched.
fn obstacles(page: &Page, servers: &Servers) -> Result<()> {
    fill_in(page, &[("base", &servers.nobody), ("collection", "norrvik")])?;
    outcome(page, "unreachable")?;
    fill_in(page, &[("base", &servers.closed_chroma)])?;
    outcome(page, "cors")?;
    fill_in(page, &[("base", &servers.chroma), ("collection", "nowhere")])?;
    outcome(page, "no_collection")?;
    fill_in(page, &[("collection", "narrow")])?;
    outcome(page, "wrong_dimension")?;
    fill_in(page, &[("collection", "norrvik"), ("textField", "body")])?;
    outcome(page, "no_text")?;
    fill_in(page, &[("textField", "title")])?;
    outcome(page, "differs")?;
    fill_in(page, &[("textField", "")])?;
    outcome(page, "connected")
}

/// The first ten passages of the server are those of the engine, in the same order, and their texts come along.
fn same_as_here(page: &Page, here: &[Value]) -> Result<()> {
    page.click("step-data")?;
    page.click("server-search")?;
    page.wait("the server in place of the tab", 20, "window.figret.engine.store.state.server.isSearched")?;
    for (query, expected) in OWN.iter().zip(here) {
        let found = first_ten(page, query)?;
        ensure!(&found == expected, "{query:?}: the server finds {found}, the engine {expected}");
        let texts = page.state("search.result.before.every(({ text }) => text.length > 20)")?;
        ensure!(texts == json!(true), "a passage of the server has no text");
    }
    Ok(())
}

/// The engine's figures of the server's rankings are those of its own.
fn measured_as_here(page: &Page) -> Result<()> {
    measure(page)?;
    let systems = page.state("server.measured.evaluation.systems.map(({ name }) => name)")?;
    ensure!(systems == json!(["before"]), "before teaching the systems are {systems}");
    let there = page.state("server.measured.evaluation.systems[0].means[0]")?.as_f64().unwrap_or_default();
    let here = page.state("evaluation.measures.ndcg_at_10")?.as_f64().unwrap_or_default();
    eprintln!("e2e:   nDCG@10 {there:.4} by the server, {here:.4} by the engine");
    ensure!((there - here).abs() < MEASURED_WITHIN, "nDCG@10 is {there} by the server and {here} here");
    Ok(())
}

/// After a lesson the server is asked twice, and the screen is the same as ever; a judged question has its grades.
fn both_columns(page: &Page, shots: &Path) -> Result<()> {
    first_ten(page, OWN[0])?;
    let after = count_passages(page, "after")?;
    ensure!(after == 10, "after teaching the server's column holds {after} passages");
    let judged = page.state("collection.query_list[0].text")?;
    first_ten(page, judged.as_str().context("the sample has no question")?)?;
    let graded = page.state("search.result.before.some(({ grade }) => grade > 0)")?;
    ensure!(graded == json!(true), "no passage of a judged question has its grade");
    screenshots::take(page.browser, &shots.join("server-compared.png"))?;
    measure(page)?;
    let systems = page.state("server.measured.evaluation.systems.map(({ name }) => name)")?;
    ensure!(systems == json!(["before", "after"]), "after teaching the systems are {systems}");
    Ok(())
}

/// The stand-in wants a key, keeps ids in a field, and finds the same.
fn qdrant(page: &Page, servers: &Servers, here: &[Value]) -> Result<()> {
    page.click("step-data")?;
    page.click("server-qdrant")?;
    let fields = [("base", servers.qdrant.as_str()), ("collection", "norrvik"), ("idField", "doc.id")];
    fill_in(page, &fields)?;
    fill_in(page, &[("titleField", "doc.title")])?;
    outcome(page, "unauthorized")?;
    fill_in(page, &[("key", KEY)])?;
    outcome(page, "connected")?;
    same_as_here(page, here)
}

/// Judgements without a corpus are opened with the passages that they name.
fn passages_come_by_id(page: &Page) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (queries, qrels) = (folder.path().join("queries.jsonl"), folder.path().join("qrels.tsv"));
    fs::write(&queries, "{\"_id\":\"q1\",\"text\":\"frost on the fins\"}\n")?;
    fs::write(&qrels, "query-id\tcorpus-id\tscore\nq1\ta-001\t2\nq1\td-001\t0\nq1\tgone\t1\n")?;
    page.click("step-data")?;
    page.browser.choose_files(&hook("server-files"), &[queries, qrels])?;
    let opened = "window.figret.engine.store.state.upload.stage === 'done' \
                  && document.documentElement.dataset.phase === 'ready'";
    page.wait("the collection with passages of the server", 120, opened)?;
    let passages = page.state("collection.passages")?;
    let fetched = page.state("server.fetched")?;
    ensure!(passages == 2, "{passages} passages were opened where the server has 2");
    ensure!(fetched["missing"] == 1, "of those that it lacks the page says {fetched}");
    Ok(())
}

/// Answers that are not as described are refused by name, and nothing of them is believed.
fn odd_answers_are_refused(page: &Page) -> Result<()> {
    let script = "
        const [chroma, qdrant] = await Promise.all(
          ['chroma', 'qdrant'].map((name) => import(`${location.origin}/www/servers/${name}.js`)));
        const place = { collection: 'x', vector: '', idField: '', titleField: '', textField: 'text' };
        const of = (vectors, points_count = 1) => ({ result: { points_count, config: { params: { vectors } } } });
        const two = { a: { size: 3, distance: 'Dot' }, b: { size: 2, distance: 'Dot' } };
        const cases = [
          () => chroma.readNearest(null, place, { metric: 'l2' }, 1),
          () => chroma.readNearest({ ids: [['a']], distances: [[1]] }, place, { metric: 'l2' }, 2),
          () => chroma.readNearest({ ids: [['a', 'b']], distances: [[1]] }, place, { metric: 'l2' }, 1),
          () => chroma.readNearest({ ids: [['a']], distances: [['1']] }, place, { metric: 'l2' }, 1),
          () => chroma.readNearest({ ids: [[{}]], distances: [[1]] }, place, { metric: 'l2' }, 1),
          () => chroma.readCollection({ id: 'x', dimension: null }, place),
          () => qdrant.readCollection({}, place),
          () => qdrant.readCollection(of(two), place),
          () => qdrant.readCollection(of(two), { ...place, vector: 'constructor' }),
          () => qdrant.readCollection(of({ size: 3, distance: 'Manhattan' }), place),
          () => qdrant.readCollection(of({ size: 3, distance: 'Dot' }, 0), place),
          () => qdrant.readNearest({ result: [{ points: [{ id: 1 }] }] }, place, { metric: 'Dot' }, 1),
        ];
        return cases.map((read) => {
          try { return read() && 'believed'; } catch (error) { return error.outcome?.kind ?? String(error); }
        });";
    let kinds = page.browser.async_script(script, json!([]))?;
    let expected = [
        "shape",
        "shape",
        "shape",
        "shape",
        "shape",
        "empty",
        "shape",
        "which_vector",
        "which_vector",
        "metric",
        "empty",
        "shape",
    ];
    ensure!(kinds == json!(expected), "the answers were taken as {kinds}");
    Ok(())
}

/// Measures on the server.
fn measure(page: &Page) -> Result<()> {
    page.click("step-data")?;
    page.wait(
        "the button that measures",
        60,
        &format!("!document.querySelector('{}').disabled", hook("server-measure")),
    )?;
    page.click("server-measure")?;
    page.wait("the beginning", 20, "window.figret.engine.store.state.server.measuring !== null")?;
    page.wait(
        "the figures of the server's rankings",
        300,
        "window.figret.engine.store.state.server.measuring === null",
    )?;
    page.settle()?;
    page.wait_for("server-evaluation", 20).map(drop)
}

/// The ids of the first ten passages, wherever the page searches.
fn first_ten(page: &Page, query: &str) -> Result<Value> {
    search(page, query, 10)?;
    page.wait("the end of the search", 20, "!window.figret.engine.store.state.search.busy")?;
    page.state("search.result.before.map((passage) => passage.passage_id)")
}

fn open_section(page: &Page) -> Result<()> {
    page.click("step-data")?;
    page.click("server-summary")?;
    page.wait_for("server-base", 20).map(drop)
}

fn fill_in(page: &Page, fields: &[(&str, &str)]) -> Result<()> {
    for (name, text) in fields {
        let field = hook(&format!("server-{name}"));
        page.browser.fill_in(&field, text)?;
        page.value(&format!("document.querySelector('{field}').blur()"))?;
    }
    Ok(())
}

/// Tests the connection and compares what comes of it.
fn outcome(page: &Page, expected: &str) -> Result<()> {
    page.click("server-test")?;
    let told = "(window.figret.engine.store.state.server.connection?.kind ?? 'testing')";
    page.wait("the outcome of the test", 60, &format!("{told} !== 'testing'"))?;
    let kind = page.value(told)?;
    ensure!(
        kind == expected,
        "the connection is {kind} and not {expected}: {}",
        page.text("server-connection")?
    );
    Ok(())
}

/// The browser calls every request that failed an error; they went to the servers.
fn only_expected_errors(page: &Page, servers: &Servers) -> Result<()> {
    let (console, origins) = (page.browser.console()?, servers.origins());
    let said = console.iter().filter(|entry| entry["level"] == "SEVERE");
    let said: Vec<_> = said.map(|entry| entry["message"].as_str().unwrap_or_default()).collect();
    let is_expected = |message: &&str| origins.iter().any(|origin| message.contains(origin));
    let others: Vec<_> = said.iter().filter(|message| !is_expected(message)).collect();
    ensure!(others.is_empty(), "the console holds errors: {others:?}");
    Ok(())
}
