//! What the commands print: text for people, one JSON object for programs.

use super::args::Args;
use super::evaluated::{print_probes, probes_object};
use figret::data::{Corpus, ImportReport};
use figret::engine::{Found, Measured, Probed, Ranked, SampleFigure, SampleFigures, Taught};
use figret::eval::{Comparison, Measures, Verdict};
use figret::feedback::audit::{AuditReport, Case, Figure, Finding, Part};
use figret::feedback::{AskKind, AskList, Merged};
use figret::train::RoundReport;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the self-test found, after the backend's name.
pub(crate) fn self_test(cosine: Option<f64>) -> String {
    cosine.map_or_else(String::new, |cosine| format!(" (self-test cosine {cosine:.6})"))
}

/// After `index`: texts and their tokens, and how many texts reach the limit of tokens.
pub(crate) fn indexed(
    args: &Args,
    out: &Path,
    [texts, tokens]: [usize; 2],
    [at_limit, limit]: [usize; 2],
    elapsed: Duration,
) {
    let seconds = elapsed.as_secs_f64();
    if args.json {
        println!(
            "{}",
            json!({"texts": texts, "tokens": tokens, "at_token_limit": at_limit, "seconds": seconds})
        );
        return;
    }
    println!("{texts} texts ({tokens} tokens) in {seconds:.1} s to {}", out.display());
    if at_limit > 0 {
        println!("{at_limit} texts reach the limit of {limit} tokens; what is beyond it is not embedded");
    }
}

/// What `index --corpus` has to tell of a shard.
pub(crate) struct ShardReport<'a> {
    /// Its file.
    pub(crate) path: &'a Path,
    /// Passages in it.
    pub(crate) rows: usize,
    /// Whether it was there already.
    pub(crate) is_kept: bool,
    /// Bad rows that were left out.
    pub(crate) left_out: usize,
    /// Tokens embedded.
    pub(crate) tokens: usize,
    /// Passages that reach the limit of tokens.
    pub(crate) at_token_limit: usize,
    /// Time of it all.
    pub(crate) elapsed: Duration,
}

impl Default for ShardReport<'_> {
    fn default() -> Self {
        Self {
            path: Path::new(""),
            rows: 0,
            is_kept: false,
            left_out: 0,
            tokens: 0,
            at_token_limit: 0,
            elapsed: Duration::ZERO,
        }
    }
}

/// After `index --corpus`.
pub(crate) fn shard(args: &Args, shard: &ShardReport) {
    let (rows, seconds, path) = (shard.rows, shard.elapsed.as_secs_f64(), shard.path.display());
    if args.json {
        let object = json!({
            "path": shard.path.to_string_lossy(),
            "passages": rows,
            "is_kept": shard.is_kept,
            "left_out": shard.left_out,
            "tokens": shard.tokens,
            "at_token_limit": shard.at_token_limit,
            "seconds": seconds,
        });
        println!("{object}");
    } else if shard.is_kept {
        println!("{path} is there already, with {rows} passages");
    } else {
        println!("{rows} passages ({} tokens) in {seconds:.1} s to {path}", shard.tokens);
        if shard.left_out > 0 {
            println!("{} bad rows were left out", shard.left_out);
        }
        if shard.at_token_limit > 0 {
            println!(
                "{} passages reach the limit of 256 tokens; what is beyond it is not embedded",
                shard.at_token_limit
            );
        }
    }
}

/// After `search`.
pub(crate) fn found(args: &Args, query: &str, found: &Found, corpus: &Corpus) {
    if args.json {
        let after = found.after.as_deref().map(|after| column(after, corpus));
        println!("{}", json!({"query": query, "before": column(&found.before, corpus), "after": after}));
        return;
    }
    for (title, ranked) in [("before", Some(&found.before)), ("after", found.after.as_ref())] {
        ranked.into_iter().for_each(|ranked| print_column(title, ranked, corpus));
    }
}

/// After `search --system`.
pub(crate) fn found_by(args: &Args, query: &str, columns: &[(&str, &Vec<Ranked>)], corpus: &Corpus) {
    if args.json {
        let columns =
            columns.iter().map(|(name, ranked)| ((*name).to_owned(), json!(column(ranked, corpus))));
        let object: Map<String, Value> =
            [("query".to_owned(), json!(query))].into_iter().chain(columns).collect();
        println!("{}", Value::Object(object));
        return;
    }
    columns.iter().for_each(|(name, ranked)| print_column(name, ranked, corpus));
}

fn column(column: &[Ranked], corpus: &Corpus) -> Vec<Value> {
    let id = |ranked: &Ranked| corpus.passages().get(ranked.position).map(|passage| &passage.id);
    let hit = |r: &Ranked| json!({"rank": r.rank, "passage_id": id(r), "score": r.score, "grade": r.grade});
    column.iter().map(hit).collect()
}

fn print_column(title: &str, column: &[Ranked], corpus: &Corpus) {
    println!("{title}");
    for ranked in column {
        let Some(passage) = corpus.passages().get(ranked.position) else { continue };
        let name = if passage.title.is_empty() { &passage.text } else { &passage.title };
        let name: String = name.chars().take(60).collect();
        let grade = ranked.grade.map_or(String::new(), |grade| format!("  grade {grade}"));
        println!("{:>3}  {:.4}  {:<12} {name}{grade}", ranked.rank, ranked.score, passage.id);
    }
}

/// After `poor`.
pub(crate) fn poor(args: &Args, figures: &SampleFigures, below: f64) {
    let poor: Vec<&SampleFigure> = figures.poor(below).collect();
    if args.json {
        let sample = |s: &&SampleFigure| json!({"query_id": s.query_id, "query": s.query, "pref_ndcg@10": s.pref_ndcg});
        let object = json!({
            "samples": figures.samples.len(),
            "without_useful_candidate": figures.without_useful,
            "pref_ndcg@10": figures.mean(),
            "chance": figures.chance(),
            "below": below,
            "histogram": histogram(figures),
            "poor": poor.iter().map(sample).collect::<Vec<_>>(),
        });
        println!("{object}");
        return;
    }
    println!(
        "{} of {} samples are under pref-NDCG@10 {below}; mean {:.4}, by chance {:.4}; {} more have no useful candidate",
        poor.len(),
        figures.samples.len(),
        figures.mean(),
        figures.chance(),
        figures.without_useful
    );
    for (i, count) in histogram(figures).into_iter().enumerate() {
        println!(
            "{:.1} to {:.1} {count:>5} {}",
            i as f64 / 10.0,
            (i + 1) as f64 / 10.0,
            "#".repeat(count.min(60))
        );
    }
    for sample in poor {
        println!("{:.4}  {:<10} {}", sample.pref_ndcg, sample.query_id, sample.query);
    }
}

/// Samples by tenths of pref-NDCG@10; 1 is in the last.
fn histogram(figures: &SampleFigures) -> [usize; 10] {
    let mut tenths = [0; 10];
    for sample in &figures.samples {
        tenths[((sample.pref_ndcg * 10.0) as usize).min(9)] += 1;
    }
    tenths
}

/// How the file of another tool was understood.
pub(crate) fn imported(report: &ImportReport) -> String {
    let choices: String =
        report.choices.iter().chain(&report.unmapped).map(|line| format!("\n  {line}")).collect();
    format!(
        "{}: {} ({}): {} queries, {} candidates with scores, {} positive or negative, {} guidance examples{choices}",
        report.file,
        report.format.title(),
        report.reason,
        report.queries,
        report.scored,
        report.sided,
        report.guidance
    )
}

/// After `audit`.
pub(crate) fn audited(args: &Args, report: &AuditReport) {
    if args.json {
        println!("{}", audit_object(report));
        return;
    }
    for finding in &report.findings {
        println!("{}: {}", finding.severity.name(), finding.found);
        println!("  {}\n  {}", finding.means, finding.remedy);
        for case in finding.cases.iter().take(5) {
            println!("  {}: {}", place(case), case.detail);
        }
        if finding.cases.len() > 5 {
            println!("  and {} more; --json lists them", finding.cases.len() - 5);
        }
    }
    let names: Vec<&str> = report.absent.iter().map(|code| code.name()).collect();
    println!("looked for and not found: {}", names.join(", "));
    for missing in &report.not_checked {
        println!("not looked for: {} ({})", missing.code.name(), missing.reason);
    }
}

fn place(case: &Case) -> String {
    match case.place.part {
        Part::Preferences => format!("line {}", case.place.line),
        Part::Guidance(i) => format!("line {}, guidance {}", case.place.line, i + 1),
    }
}

fn audit_object(report: &AuditReport) -> Value {
    let [relevance, comprehensiveness, purity] = report.counts.guidance;
    let case = |case: &Case| {
        let guidance = match case.place.part {
            Part::Preferences => None,
            Part::Guidance(i) => Some(i + 1),
        };
        json!({"line": case.place.line, "guidance": guidance, "detail": case.detail})
    };
    let figure = |f: &Figure| json!({"name": f.name, "value": f.value, "of": f.of, "p": f.p});
    let finding = |f: &Finding| {
        json!({
            "code": f.code.name(),
            "severity": f.severity.name(),
            "found": f.found,
            "means": f.means,
            "remedy": f.remedy,
            "figures": f.figures.iter().map(figure).collect::<Vec<_>>(),
            "cases": f.cases.iter().map(case).collect::<Vec<_>>(),
        })
    };
    json!({
        "counts": {
            "queries": report.counts.queries,
            "lists": report.counts.lists,
            "candidates": report.counts.candidates,
            "guidance": {"relevance": relevance, "comprehensiveness": comprehensiveness, "purity": purity},
        },
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
        "absent": report.absent.iter().map(|code| code.name()).collect::<Vec<_>>(),
        "not_checked": report.not_checked.iter().map(|n| json!({"code": n.code.name(), "reason": n.reason})).collect::<Vec<_>>(),
    })
}

/// After `prompts`.
pub(crate) fn asked(args: &Args, list: &AskList, files: &[PathBuf]) {
    let of = |kind: AskKind| list.asks.iter().filter(|ask| ask.kind == kind).count();
    let by_kind: Vec<(&str, usize)> = AskKind::ALL.iter().map(|kind| (kind.name(), of(*kind))).collect();
    if args.json {
        let by_kind: Map<String, Value> =
            by_kind.iter().map(|(name, count)| ((*name).to_owned(), json!(count))).collect();
        let object = json!({
            "asks": list.asks.len(),
            "by_kind": by_kind,
            "without_useful_candidate": list.without_useful_candidate,
            "judged": list.judged,
            "files": files,
        });
        println!("{object}");
        return;
    }
    let kinds: Vec<String> = by_kind.iter().map(|(name, count)| format!("{count} {name}")).collect();
    println!("{} requests: {}", list.asks.len(), kinds.join(", "));
    files.iter().for_each(|file| println!("{}", file.display()));
    if list.without_useful_candidate > 0 {
        println!("{} queries have no useful candidate to write from", list.without_useful_candidate);
    }
    if list.judged > 0 {
        println!("{} queries are judged and not asked about: what measures must not teach", list.judged);
    }
}

/// After `feedback`.
pub(crate) fn merged(args: &Args, out: &Path, merged: &Merged, again: Option<(PathBuf, usize)>) {
    let [relevance, comprehensiveness, purity] = merged.guidance;
    let unanswered = again.as_ref().map(|(_, count)| *count);
    if args.json {
        let refused: Vec<String> = merged.refused.iter().map(ToString::to_string).collect();
        let notes: Vec<String> = merged.notes.iter().map(ToString::to_string).collect();
        let object = json!({
            "queries": merged.feedback.queries.len(),
            "preferences": merged.preferences,
            "guidance": {"relevance": relevance, "comprehensiveness": comprehensiveness, "purity": purity},
            "repeated": merged.repeated,
            "unanswered": unanswered,
            "refused": refused,
            "notes": notes,
        });
        println!("{object}");
        return;
    }
    println!(
        "{} queries in {}: {} with new preferences, {relevance} + {comprehensiveness} + {purity} guidance examples added",
        merged.feedback.queries.len(),
        out.display(),
        merged.preferences
    );
    merged.refused.iter().for_each(|refusal| println!("{refusal}"));
    merged.notes.iter().for_each(|note| println!("{note}"));
    if let Some((file, count)) = again {
        println!("{count} requests have no usable answer and are in {} to be asked again", file.display());
    }
}

/// After `teach`.
pub(crate) fn taught(
    args: &Args,
    collection: &str,
    taught: &Taught,
    seconds: f64,
    (comparison, before, after): (Comparison, &Measured, &Measured),
    probed: Option<&Probed>,
) {
    if args.json {
        let mut object = figures(collection, after);
        object.insert("before".to_owned(), means(&before.evaluation.mean));
        object.insert("after".to_owned(), means(&after.evaluation.mean));
        object.insert("change".to_owned(), json!(comparison.mean_change));
        object.insert("interval".to_owned(), json!(comparison.interval));
        object.insert("p_value".to_owned(), json!(comparison.p.value));
        object.insert("verdict".to_owned(), json!(verdict(comparison.verdict)));
        object.insert("validation".to_owned(), json!(taught.validation));
        object.insert("kept_step".to_owned(), json!(taught.kept_step));
        object.insert("rounds".to_owned(), taught.rounds.reports().iter().map(round_object).collect());
        object.insert("steps".to_owned(), json!(taught.steps));
        object.insert("seconds".to_owned(), json!(seconds));
        object.insert("parameters".to_owned(), json!(taught.learned.parameters()));
        object.insert("probes".to_owned(), probed.map_or(Value::Null, probes_object));
        println!("{}", Value::Object(object));
        return;
    }
    let [relevance, comprehensiveness, purity] = taught.guidance;
    println!(
        "{} steps in {seconds:.1} s on {} preference lists and {relevance} + {comprehensiveness} + {purity} \
         guidance examples (relevance, comprehensiveness, purity)",
        taught.steps, taught.preference_queries
    );
    match taught.kept_step {
        0 => println!(
            "no state was better than the base model on the validation queries: the base model is kept"
        ),
        step if step < taught.steps => {
            println!("kept as it was after step {step}, best on the validation queries")
        }
        _ => {}
    }
    print_measures("before  ", &before.evaluation.mean);
    print_measures("after   ", &after.evaluation.mean);
    let outcomes = &comparison.outcomes;
    println!(
        "{}: better on {} of {} queries, worse on {}; mean {:+.4} nDCG@10 (95 % interval {:+.4} to {:+.4}, p = {:.4})",
        verdict(comparison.verdict),
        outcomes.won,
        comparison.queries,
        outcomes.lost,
        comparison.mean_change,
        comparison.interval[0],
        comparison.interval[1],
        comparison.p.value
    );
    probed.into_iter().for_each(print_probes);
}

/// After `export`.
pub(crate) fn exported(args: &Args, out: &Path, size_bytes: usize, cosine: f64) {
    if args.json {
        println!("{}", json!({"out": out, "size_bytes": size_bytes, "check_cosine": cosine}));
        return;
    }
    println!("{:.1} MB to {}", size_bytes as f64 / 1e6, out.display());
    println!("read back, it embeds eight sentences as the taught model does (cosine {cosine:.9})");
}

/// After `embed`; as text one JSON array a line, in the order of the texts.
pub(crate) fn embedded(args: &Args, vectors: &[f32], width: usize) {
    let rows: Vec<&[f32]> = vectors.chunks_exact(width).collect();
    if args.json {
        println!("{}", json!({"width": width, "embeddings": rows}));
        return;
    }
    for row in rows {
        println!("{}", json!(row));
    }
}

/// A look at the validation split.
pub(crate) fn validation(step: usize, value: Option<f64>) -> String {
    match value {
        Some(value) => format!("step {step}: validation nDCG@10 by the LLM's gains {value:.4}"),
        None => "no validation queries".to_owned(),
    }
}

/// What a round begins with, or the last one has led to.
pub(crate) fn round(report: &RoundReport) -> String {
    let RoundReport { round, samples, poor, mastered, relapsed, mean, .. } = report;
    format!(
        "round {round}: {poor} of {samples} samples poor ({relapsed} relapsed), {mastered} mastered, \
         mean pref-NDCG@10 {mean:.4}"
    )
}

fn round_object(report: &RoundReport) -> Value {
    json!({
        "round": report.round,
        "steps_done": report.steps_done,
        "samples": report.samples,
        "poor": report.poor,
        "mastered": report.mastered,
        "relapsed": report.relapsed,
        "pref_ndcg@10": report.mean,
        "validation": report.validation,
    })
}

fn print_measures(label: &str, m: &Measures) {
    println!(
        "{label}nDCG@10 {:.4}  Recall@100 {:.4}  MAP {:.4}  MRR {:.4}",
        m.ndcg_at_10, m.recall_at_100, m.average_precision, m.reciprocal_rank
    );
}

fn means(m: &Measures) -> Value {
    json!({
        "ndcg@10": m.ndcg_at_10,
        "recall@100": m.recall_at_100,
        "map": m.average_precision,
        "mrr": m.reciprocal_rank
    })
}

pub(super) fn figures(collection: &str, measured: &Measured) -> Map<String, Value> {
    let evaluation = &measured.evaluation;
    let mut object = Map::new();
    object.insert("collection".to_owned(), json!(collection));
    object.insert("queries".to_owned(), json!(evaluation.queries()));
    if let Value::Object(means) = means(&evaluation.mean) {
        object.extend(means);
    }
    let per_query = evaluation.per_query.iter().map(|(id, m)| (id.clone(), means(m)));
    object.insert("per_query".to_owned(), Value::Object(per_query.collect()));
    object
}

pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Better => "better",
        Verdict::Worse => "worse",
        Verdict::NoClearDifference => "no clear difference",
    }
}
