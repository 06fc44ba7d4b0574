//! Before against after in several measures at once, with Holm's correction for looking at more than one.
//!
//! Somebody who declares one primary measure beforehand reads that one's own p by [`super::compare`]; here no
//! measure is privileged.

use super::figures::JUDGED_DEPTH;
use super::report::verdict;
use super::{Comparison, EvalError, Figures, Measure, Verdict, compare};

/// One measure of several.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasureComparison {
    /// The measure.
    pub measure: Measure,
    /// The numbers, with the p and the verdict that it would have alone.
    pub comparison: Comparison,
    /// p of the randomisation test, adjusted for the number of measures; above 0 to 1.
    pub adjusted_p: f64,
    /// What the adjusted p supports.
    pub verdict: Verdict,
}

/// Compares two evaluations of the same queries in every measure but `judged@k`; both list the same.
///
/// `judged@k` tells how much was judged and not how good it is, so that more of it is no improvement.
///
/// # Errors
/// Those of [`compare_measure`].
pub fn compare_figures(
    before: &Figures,
    after: &Figures,
    seed: u64,
) -> Result<Vec<MeasureComparison>, EvalError> {
    check(before, after)?;
    let mut compared = Vec::new();
    for &measure in before.measures.iter().filter(|measure| measure.is_tested()) {
        compared.push((measure, compare_measure(before, after, measure, seed)?));
    }
    Ok(adjusted(compared))
}

/// Compares two evaluations of the same queries in one of their measures; [`adjusted`] takes several of these.
///
/// # Errors
/// [`EvalError::OtherMeasures`], [`EvalError::Unpaired`], [`EvalError::Empty`], [`EvalError::NotFinite`], and
/// [`EvalError::NothingJudged`] for a side that was empty or retrieved only what nobody judged: a test would
/// certify a side that never ran.
pub fn compare_measure(
    before: &Figures,
    after: &Figures,
    measure: Measure,
    seed: u64,
) -> Result<Comparison, EvalError> {
    check(before, after)?;
    let sides = before.values_of(measure).zip(after.values_of(measure));
    let (before, after) = sides.ok_or(EvalError::OtherMeasures)?;
    compare(&before, &after, seed)
}

/// Adjusts comparisons in several measures for there being several, by [`holm`].
pub fn adjusted(compared: Vec<(Measure, Comparison)>) -> Vec<MeasureComparison> {
    let p_values: Vec<f64> = compared.iter().map(|(_, comparison)| comparison.p.value).collect();
    let adjusted = holm(&p_values).into_iter();
    let with_verdict = |((measure, comparison), adjusted_p): ((Measure, Comparison), f64)| {
        let verdict = verdict(comparison.mean_change, adjusted_p);
        MeasureComparison { measure, comparison, adjusted_p, verdict }
    };
    compared.into_iter().zip(adjusted).map(with_verdict).collect()
}

fn check(before: &Figures, after: &Figures) -> Result<(), EvalError> {
    if before.measures != after.measures {
        return Err(EvalError::OtherMeasures);
    }
    if !before.per_query.keys().eq(after.per_query.keys()) {
        return Err(EvalError::Unpaired { before: before.queries(), after: after.queries() });
    }
    if before.queries() == 0 {
        return Err(EvalError::Empty);
    }
    for (side, figures) in [("before", before), ("after", after)] {
        if figures.nothing_judged == figures.queries() {
            return Err(EvalError::NothingJudged { side, depth: JUDGED_DEPTH });
        }
    }
    Ok(())
}

/// Adjusts p-values of several tests, in their order: Holm 1979, Scandinavian Journal of Statistics 6.
///
/// Step-down: the i-th smallest of m is multiplied by m - i + 1, and none falls below the one before it. An
/// adjusted p under 0.05 rejects with a chance of 5 % for any false rejection among all, whatever the
/// dependence between the tests.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<(usize, f64)> = p_values.iter().copied().enumerate().collect();
    order.sort_by(|(_, a), (_, b)| a.total_cmp(b));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut floor: f64 = 0.0;
    for (step, (place, p)) in order.into_iter().enumerate() {
        floor = floor.max(p * (p_values.len() - step) as f64).min(1.0);
        adjusted[place] = floor;
    }
    adjusted
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::super::QueryFigures;
    use super::*;

    /// Figures of queries q000, q001 and so on; `rows` holds one list of values a query.
    fn figures(measures: &[Measure], rows: &[Vec<f64>]) -> Figures {
        let query =
            |values: &Vec<f64>| QueryFigures { values: values.clone(), relevant: 1, ranked: 9, judged: 3 };
        let named = rows.iter().enumerate().map(|(i, values)| (format!("q{i:03}"), query(values)));
        Figures::new(measures.to_vec(), named.collect())
    }

    #[test]
    fn holm_worked_by_hand() {
        // 4 * 0.005, 3 * 0.01, 2 * 0.03; the last would be 0.04 and is held at 0.06.
        assert_eq!(holm(&[0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]);
        assert_eq!(holm(&[0.04]), [0.04]);
        assert_eq!(holm(&[0.5, 0.9, 0.02]), [1.0, 1.0, 0.06]);
        assert_eq!(holm(&[]), [0.0; 0]);
    }

    #[test]
    fn an_adjusted_p_can_take_a_verdict_back() {
        // Six wins in a row are p = 2/64 = 0.03125, of two measures 0.0625.
        let measures = [Measure::Ndcg(10), Measure::Map];
        let before = figures(&measures, &vec![vec![0.1, 0.5]; 6]);
        let after = figures(&measures, &vec![vec![0.2, 0.5]; 6]);
        let [ndcg, map] = &compare_figures(&before, &after, 0).unwrap()[..] else { panic!("two measures") };
        assert_eq!((ndcg.measure, ndcg.comparison.p.value, ndcg.adjusted_p), (measures[0], 0.03125, 0.0625));
        assert_eq!((ndcg.comparison.verdict, ndcg.verdict), (Verdict::Better, Verdict::NoClearDifference));
        assert_eq!((map.adjusted_p, map.verdict), (1.0, Verdict::NoClearDifference));
    }

    #[test]
    fn a_small_p_survives_its_adjustment() {
        let measures = [Measure::Ndcg(10), Measure::Judged(10), Measure::Map];
        let before = figures(&measures, &vec![vec![0.4, 1.0, 0.5]; 12]);
        let after = figures(&measures, &vec![vec![0.3, 0.2, 0.6]; 12]);
        let compared = compare_figures(&before, &after, 0).unwrap();
        let seen: Vec<_> = compared.iter().map(|c| (c.measure, c.verdict)).collect();
        assert_eq!(seen, [(measures[0], Verdict::Worse), (measures[2], Verdict::Better)]);
        assert_eq!(compared[0].adjusted_p, 2.0 * 2.0 / 4096.0);
    }

    #[test]
    fn sides_that_do_not_match_are_refused() {
        let measures = [Measure::Map];
        let one = figures(&measures, &[vec![0.1]]);
        let two = figures(&measures, &[vec![0.1], vec![0.2]]);
        assert_eq!(compare_figures(&one, &two, 0), Err(EvalError::Unpaired { before: 1, after: 2 }));
        let mut other = one.clone();
        other.per_query = other.per_query.into_values().map(|query| ("z".to_owned(), query)).collect();
        assert_eq!(compare_figures(&one, &other, 0), Err(EvalError::Unpaired { before: 1, after: 1 }));
        let mrr = figures(&[Measure::Mrr], &[vec![0.1]]);
        assert_eq!(compare_figures(&one, &mrr, 0), Err(EvalError::OtherMeasures));
        let more = figures(&[Measure::Map, Measure::Mrr], &[vec![0.1, 0.1]]);
        assert_eq!(compare_figures(&one, &more, 0), Err(EvalError::OtherMeasures));
        let none = figures(&measures, &[]);
        assert_eq!(compare_figures(&none, &none, 0), Err(EvalError::Empty));
    }

    #[test]
    fn a_side_that_retrieved_nothing_judged_is_refused() {
        let good = figures(&[Measure::Map], &[vec![0.1], vec![0.2]]);
        let mut empty = good.clone();
        empty.nothing_judged = 2;
        let refused = |side| Err(EvalError::NothingJudged { side, depth: 10 });
        assert_eq!(compare_figures(&good, &empty, 0), refused("after"));
        assert_eq!(compare_figures(&empty, &good, 0), refused("before"));
        empty.nothing_judged = 1;
        assert!(compare_figures(&good, &empty, 0).is_ok());
    }
}
