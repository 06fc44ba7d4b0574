//! Measures of a ranking, tests of a change, and the verdict drawn from them.
//!
//! Follows trec_eval to its printed digits. Knows nothing of encoders, files or pages: it takes ids, grades
//! and numbers, and its only randomness comes from a seed that the caller passes in.

mod measures;
mod report;
mod significance;

pub use measures::{
    Evaluation, Grades, Measures, average_precision, evaluate, judged_at, list_ndcg, measure, ndcg_at,
    pref_ndcg, pref_ndcg_chance, rank_by_score, recall_at, reciprocal_rank,
};
pub use report::{Comparison, EvalError, Verdict, compare};
pub use significance::{
    BOOTSTRAP_DRAWS, EXACT_LIMIT, Outcomes, PValue, RANDOMIZATION_DRAWS, TIE, bootstrap_interval,
    detectable_change, outcomes, randomization_test, standard_deviation,
};
