//! What `evaluate` prints: the systems' means, the tests against one of them, the probes.

use super::args::Args;
use super::report::{figures, verdict};
use figret::engine::{Measured, Probed};
use figret::eval::{EvalError, Figures, Measure, MeasureComparison, ProbeResult, Share};
use serde_json::{Map, Value, json};

/// A test in every measure, or why there is none.
pub(crate) type Tested = Result<Vec<MeasureComparison>, EvalError>;

/// Everything that an evaluation has found.
pub(crate) struct Evaluation<'a> {
    /// The retriever at hand by the four usual measures.
    pub(crate) measured: &'a Measured,
    /// Every system and every model beside it, by the measures asked for.
    pub(crate) systems: Vec<(String, Figures)>,
    /// What the others are tested against.
    pub(crate) reference: &'static str,
    /// The tests, by the name of what is tested.
    pub(crate) compared: Vec<(String, Tested)>,
    /// The probes, with an adapter and guidance.
    pub(crate) probed: Option<Probed>,
}

/// After `evaluate`.
pub(crate) fn report(args: &Args, collection: &str, evaluation: &Evaluation) {
    if args.json {
        println!("{}", Value::Object(object(collection, evaluation)));
        return;
    }
    println!("{collection}: {} judged queries", evaluation.measured.evaluation.queries());
    print_means(&evaluation.systems);
    for (system, tested) in &evaluation.compared {
        print_comparison(system, evaluation.reference, tested);
    }
    evaluation.probed.iter().for_each(print_probes);
}

fn object(collection: &str, evaluation: &Evaluation) -> Map<String, Value> {
    let mut object = figures(collection, evaluation.measured);
    let (systems, reference) = (&evaluation.systems, evaluation.reference);
    let names: Vec<String> = systems.iter().take(1).flat_map(|(_, f)| names(&f.measures)).collect();
    let system = |(system, figures): &(String, Figures)| (system.clone(), system_object(figures));
    let tests =
        evaluation.compared.iter().map(|(system, tested)| comparison_object(system, reference, tested));
    object.insert("measures".to_owned(), json!(names));
    object.insert("systems".to_owned(), Value::Object(systems.iter().map(system).collect()));
    object.insert("reference".to_owned(), json!(reference));
    object.insert("comparisons".to_owned(), tests.collect());
    object.insert("probes".to_owned(), evaluation.probed.as_ref().map_or(Value::Null, probes_object));
    object
}

fn names(measures: &[Measure]) -> Vec<String> {
    measures.iter().map(Measure::to_string).collect()
}

fn system_object(figures: &Figures) -> Value {
    let by_name = |values: &[f64]| -> Map<String, Value> {
        names(&figures.measures).into_iter().zip(values.iter().map(|value| json!(value))).collect()
    };
    let per_query = figures.per_query.iter().map(|(id, query)| (id.clone(), json!(by_name(&query.values))));
    json!({
        "mean": by_name(&figures.mean),
        "without_relevant": figures.without_relevant,
        "missing": figures.missing,
        "nothing_judged": figures.nothing_judged,
        "per_query": per_query.collect::<Map<String, Value>>(),
    })
}

fn comparison_object(system: &str, reference: &str, tested: &Tested) -> Value {
    let measures = tested.as_deref().unwrap_or_default();
    json!({
        "system": system,
        "reference": reference,
        "measures": measures.iter().map(measure_object).collect::<Vec<_>>(),
        "not_tested": tested.as_ref().err().map(ToString::to_string),
    })
}

fn measure_object(compared: &MeasureComparison) -> Value {
    let c = &compared.comparison;
    json!({
        "measure": compared.measure.to_string(),
        "queries": c.queries,
        "mean_change": c.mean_change,
        "relative_change": c.relative_change,
        "won": c.outcomes.won,
        "tied": c.outcomes.tied,
        "lost": c.outcomes.lost,
        "interval_bca": c.bca_interval,
        "interval_percentile": c.interval,
        "p_randomization": c.p.value,
        "p_is_exact": c.p.exact,
        "p_t_test": c.t_test.as_ref().ok().map(|test| test.p),
        "p_holm": compared.adjusted_p,
        "detectable_change": c.detectable_change,
        "seed": c.seed,
        "verdict": verdict(compared.verdict),
    })
}

/// The probes for programs.
pub(super) fn probes_object(probed: &Probed) -> Value {
    let share = |s: &Share| json!({"count": s.count, "share": s.share, "interval": s.interval});
    let objective = |r: &ProbeResult| {
        json!({
            "examples": r.before.trials,
            "before": share(&r.before),
            "after": share(&r.after),
            "chance": r.chance,
            "gained": r.gained,
            "lost": r.lost,
            "p_mcnemar": r.p,
        })
    };
    let objectives = probed.objectives.iter().map(|(o, result)| (o.name().to_owned(), objective(result)));
    json!({
        "queries": probed.queries,
        "examples": probed.examples,
        "split_is_assumed": probed.is_assumed,
        "objectives": objectives.collect::<Map<String, Value>>(),
    })
}

fn print_means(systems: &[(String, Figures)]) {
    let Some((_, first)) = systems.first() else { return };
    let longest = systems.iter().map(|(name, _)| name.chars().count()).fold(14, usize::max);
    let names = names(&first.measures);
    let width = |name: &String| name.len().max(6);
    let cells = |cells: Vec<String>| -> String {
        cells.iter().zip(&names).map(|(cell, name)| format!("  {cell:>0$}", width(name))).collect()
    };
    println!("{:<longest$}{}", "system", cells(names.clone()));
    for (system, figures) in systems {
        let means = figures.mean.iter().map(|mean| format!("{mean:.4}")).collect();
        println!("{system:<longest$}{}", cells(means));
    }
}

fn print_comparison(system: &str, reference: &str, tested: &Tested) {
    let tested = match tested {
        Ok(tested) if tested.is_empty() => return,
        Ok(tested) => tested,
        Err(reason) => return println!("\n{system} against {reference}: not tested, for {reason}"),
    };
    println!("\n{system} against {reference}");
    println!(
        "{:<12} {:>8}  {:>18}  {:>8} {:>8} {:>8}  {:>10}  {:>14}  verdict by Holm's p",
        "measure", "change", "95 % (BCa)", "p", "Holm", "t test", "detectable", "won/tied/lost"
    );
    for MeasureComparison { measure, comparison: c, adjusted_p, verdict: found } in tested {
        let t_test = c.t_test.as_ref().map_or_else(|_| "none".to_owned(), |test| p_value(test.p));
        let detectable = c.detectable_change.map_or_else(|| "none".to_owned(), |d| format!("{d:.4}"));
        let outcomes = format!("{}/{}/{}", c.outcomes.won, c.outcomes.tied, c.outcomes.lost);
        println!(
            "{:<12} {:>+8.4}  {:>+7.4} to {:>+7.4}  {:>8} {:>8} {t_test:>8}  {detectable:>10}  {outcomes:>14}  {}",
            measure.to_string(),
            c.mean_change,
            c.bca_interval[0],
            c.bca_interval[1],
            p_value(c.p.value),
            p_value(*adjusted_p),
            verdict(*found)
        );
    }
}

/// Four digits; never 0.
fn p_value(p: f64) -> String {
    if p < 0.0001 { "<0.0001".to_owned() } else { format!("{p:.4}") }
}

/// The probes for people.
pub(super) fn print_probes(probed: &Probed) {
    let split =
        if probed.is_assumed { ", if it was taught with this seed and the default split" } else { "" };
    println!(
        "\nheld-out guidance (examples: {}, feedback queries: {}{split}): better text preferred",
        probed.examples, probed.queries
    );
    let share = |s: &Share| format!("{:.3} ({:.3} to {:.3})", s.share, s.interval[0], s.interval[1]);
    for (objective, r) in &probed.objectives {
        println!(
            "{:<18} of {:<4} before {}  after {}  chance {:.3}  gained {} lost {}  p = {}",
            objective.name(),
            r.before.trials,
            share(&r.before),
            share(&r.after),
            r.chance,
            r.gained,
            r.lost,
            p_value(r.p)
        );
    }
}
