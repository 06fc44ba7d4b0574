//! What the commands print: text for people, one JSON object for programs.

use super::args::Args;
use figret::data::Corpus;
use figret::engine::{Found, Measured, Ranked, Taught};
use figret::eval::{Comparison, Measures, Verdict};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::time::Duration;

/// After `index`.
pub(crate) fn indexed(
    args: &Args,
    out: &Path,
    texts: usize,
    tokens: usize,
    at_limit: usize,
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
        println!("{at_limit} texts reach the limit of 256 tokens; what is beyond it is not embedded");
    }
}

/// After `search`.
pub(crate) fn found(args: &Args, query: &str, found: &Found, corpus: &Corpus) {
    let passage = |ranked: &Ranked| corpus.passages().get(ranked.position);
    if args.json {
        let column = |column: &[Ranked]| -> Vec<Value> {
            let hit = |r: &Ranked| json!({"rank": r.rank, "passage_id": passage(r).map(|p| &p.id), "score": r.score, "grade": r.grade});
            column.iter().map(hit).collect()
        };
        let after = found.after.as_deref().map(column);
        println!("{}", json!({"query": query, "before": column(&found.before), "after": after}));
        return;
    }
    for (title, column) in [("before", Some(&found.before)), ("after", found.after.as_ref())] {
        let Some(column) = column else { continue };
        println!("{title}");
        for ranked in column {
            let Some(passage) = passage(ranked) else { continue };
            let name = if passage.title.is_empty() { &passage.text } else { &passage.title };
            let name: String = name.chars().take(60).collect();
            let grade = ranked.grade.map_or(String::new(), |grade| format!("  grade {grade}"));
            println!("{:>3}  {:.4}  {:<12} {name}{grade}", ranked.rank, ranked.score, passage.id);
        }
    }
}

/// After `evaluate`.
pub(crate) fn evaluated(args: &Args, collection: &str, measured: &Measured) {
    if args.json {
        println!("{}", Value::Object(figures(collection, measured)));
        return;
    }
    println!("{collection}: {} judged queries", measured.evaluation.queries());
    print_measures("", &measured.evaluation.mean);
}

/// After `teach`.
pub(crate) fn taught(
    args: &Args,
    collection: &str,
    taught: &Taught,
    seconds: f64,
    (comparison, before, after): (Comparison, &Measured, &Measured),
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
        object.insert("steps".to_owned(), json!(taught.steps));
        object.insert("seconds".to_owned(), json!(seconds));
        object.insert("parameters".to_owned(), json!(taught.adapter.parameters()));
        println!("{}", Value::Object(object));
        return;
    }
    let [relevance, comprehensiveness, purity] = taught.guidance;
    println!(
        "{} steps in {seconds:.1} s on {} preference lists and {relevance} + {comprehensiveness} + {purity} \
         guidance examples (relevance, comprehensiveness, purity)",
        taught.steps, taught.preference_queries
    );
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
}

/// A look at the validation split.
pub(crate) fn validation(step: usize, value: Option<f64>) -> String {
    match value {
        Some(value) => format!("step {step}: validation pref-NDCG@10 {value:.4}"),
        None => "no validation queries".to_owned(),
    }
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

fn figures(collection: &str, measured: &Measured) -> Map<String, Value> {
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

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Better => "better",
        Verdict::Worse => "worse",
        Verdict::NoClearDifference => "no clear difference",
    }
}
