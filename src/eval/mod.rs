//! Measures of a ranking, agreement of orders and judges, tests of a change, and the verdict drawn from them.
//!
//! Follows trec_eval to its printed digits. Knows nothing of encoders, files or pages: it takes ids, grades
//! and numbers, and its only randomness comes from a seed that the caller passes in.

mod agreement;
mod bootstrap;
mod distributions;
mod error;
mod figures;
mod measure;
mod measures;
mod preference;
mod probes;
mod proportions;
mod report;
mod several;
mod significance;
mod t_test;

pub use agreement::{kendall_tau_b, partial_rank_correlation, quadratic_kappa};
pub use bootstrap::{BOOTSTRAP_DRAWS, BootstrapIntervals, bootstrap_interval, bootstrap_intervals};
pub use error::EvalError;
pub use figures::{Figures, QueryFigures, ScoredRun, evaluate_run, query_figures};
pub use measure::Measure;
pub use measures::{
    Evaluation, Grades, Measures, average_precision, evaluate, judged_at, measure, ndcg_at, ndcg_exp_at,
    precision_at, rank_by_score, recall_at, reciprocal_rank, success_at,
};
pub use preference::{list_ndcg, pref_ndcg, pref_ndcg_chance};
pub use probes::{Probe, ProbeResult, ProbeScores, probe_objectives};
pub use proportions::{Share, mcnemar_exact, wilson_interval};
pub use report::{Comparison, Verdict, compare};
pub use several::{MeasureComparison, adjusted, compare_figures, compare_measure, holm};
pub use significance::{
    EXACT_LIMIT, Outcomes, PValue, RANDOMIZATION_DRAWS, TIE, detectable_change, outcomes, randomization_test,
    standard_deviation,
};
pub use t_test::{TTest, paired_t_test};
