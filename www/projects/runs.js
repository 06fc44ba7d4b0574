// The list of runs: what was taught or loaded, with which settings, and what it came to.

const MOST = 100;

/** The runs with that of `taught` as it stands now; what was compared before stays until it is compared again. */
export function withRun(runs, at, { taught, lesson, comparison }) {
  if (!taught) return runs;
  const before = runs.find((run) => run.at === at);
  const run = {
    at,
    origin: taught.origin,
    steps: taught.steps,
    kept_step: taught.kept_step,
    seconds: taught.elapsed_seconds,
    parameters: taught.parameters,
    towers: taught.towers,
    validation: taught.validation ?? null,
    settings: lesson?.settings ?? before?.settings ?? null,
    comparison: comparison ? inShort(comparison) : (before?.comparison ?? null),
  };
  return [...runs.filter((other) => other !== before), run].slice(-MOST);
}

const inShort = ({
  queries,
  before,
  after,
  won_tied_lost: moved,
  mean_change: change,
  interval,
  p_value: p,
  verdict,
}) => ({
  queries,
  before: before.ndcg_at_10,
  after: after.ndcg_at_10,
  won_tied_lost: moved,
  mean_change: change,
  interval,
  p_value: p,
  verdict,
});
