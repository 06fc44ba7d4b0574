// What teaching costs: time from what was measured, weights from the settings.

/** A training step embeds a text forwards and backwards; measured against embedding alone. */
const STEP_OVER_EMBEDDING = 2.2;

const LAYERS = 6;
const HIDDEN = 384;
const INNER = 1536;

/** Presets of what is trained. */
export const presets = {
  light: { targets: 'query_value', rank: 8, alpha: 16 },
  heavy: { targets: 'all_linear', rank: 32, alpha: 64 },
};

/** Name of the preset that the settings are, or `null`. */
export function presetOf(settings) {
  const fits = (preset) => Object.keys(preset).every((key) => preset[key] === settings[key]);
  return Object.keys(presets).find((name) => fits(presets[name])) ?? null;
}

/** Weights of a LoRA adapter of this rank on these projections. */
export function parameters({ targets, rank }) {
  const square = HIDDEN + HIDDEN;
  const layer = targets === 'all_linear' ? 4 * square + 2 * (HIDDEN + INNER) : 2 * square;
  return LAYERS * layer * rank;
}

/** Bytes of an adapter's weights in f32. */
export const adapterBytes = (parameterCount) => parameterCount * 4;

/** Estimated seconds of a lesson, or `null` while nothing has been measured. */
export function lessonSeconds({ settings, engineInfo, evaluation, collection }) {
  if (!engineInfo) return null;
  const stored = Number(localStorage.getItem(key(engineInfo.backend, settings)));
  const perQuery = stored || estimate(evaluation, collection);
  return perQuery ? perQuery * settings.batch_queries * settings.steps : null;
}

function estimate(evaluation, collection) {
  if (!evaluation) return null;
  const embedded = evaluation.queries + (evaluation.feedback ? (collection.feedback?.queries ?? 0) : 0);
  return (evaluation.elapsed_seconds / embedded) * STEP_OVER_EMBEDDING;
}

/** Keeps the measured time of a step for the next estimate on this backend. */
export function rememberStepTime(backend, settings, stepSeconds) {
  localStorage.setItem(key(backend, settings), String(stepSeconds / settings.batch_queries));
}

function key(backend, { targets, rank }) {
  return `figret.query_seconds.${backend}.${targets}.${rank}`;
}
