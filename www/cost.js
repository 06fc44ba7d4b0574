// What teaching costs: time from what was measured, weights from the settings.

import { fitting } from './methods.js';

/** A training step embeds a text forwards and backwards; measured on the CPU against embedding alone. */
const STEP_OVER_EMBEDDING = 3.5;

/** An evaluation that took less has embedded nothing. */
const LEAST_MEASURED_SECONDS = 0.2;

/** A text that the LLM wrote against a query, in words; counted in the sample's feedback. */
const WRITTEN_OVER_QUERY = 5;

const LAYERS = 6;
const HIDDEN = 384;
const INNER = 1536;

/** Presets of what is trained. */
export const presets = {
  light: { targets: 'query_value', rank: 8, alpha: 16 },
  heavy: { targets: 'all_linear', rank: 32, alpha: 64 },
};

/** Name of the preset that the settings are, or `null`. */
export const presetOf = (settings) => fitting(presets, settings);

/** Weights of a LoRA adapter of this rank on these projections. */
export function parameters({ targets, rank }) {
  const square = HIDDEN + HIDDEN;
  const layer = targets === 'all_linear' ? 4 * square + 2 * (HIDDEN + INNER) : 2 * square;
  return LAYERS * layer * rank;
}

/** Bytes of an adapter's weights in f32. */
export const adapterBytes = (parameterCount) => parameterCount * 4;

/** Estimated seconds of a lesson, or `null` while nothing has been measured: on a GPU only a lesson tells. */
export function lessonSeconds({ settings, textSeconds, engineInfo }) {
  if (!settings || !engineInfo) return null;
  const perQuery = Number(localStorage.getItem(key(settings, engineInfo))) || guess(settings, engineInfo, textSeconds);
  return perQuery ? perQuery * settings.batch_queries * settings.steps : null;
}

/** What a step costs that moves passages too is not known before one was taken. */
function guess({ towers }, { backend }, textSeconds) {
  return backend === 'cpu' && towers === 'query' ? (textSeconds ?? 0) * STEP_OVER_EMBEDDING : 0;
}

/** Texts that an audit embeds, and its estimated seconds, `null` while nothing has been measured. */
export function auditCost({ collection: { feedback }, textSeconds }) {
  const [relevance, comprehensiveness, purity] = feedback.guidance;
  const queries = feedback.queries + relevance;
  // A merged passage; a dense and a sparse one.
  const written = comprehensiveness + 2 * purity;
  const seconds = textSeconds ? textSeconds * (queries + written * WRITTEN_OVER_QUERY) : null;
  return { texts: queries + written, seconds };
}

/** Seconds of one text as an evaluation measured them; `null` if it was answered from memory. */
export function measuredTextSeconds(evaluation, { collection }) {
  const { elapsed_seconds: seconds, queries, feedback } = evaluation;
  if (seconds < LEAST_MEASURED_SECONDS) return null;
  return seconds / (queries + (feedback ? (collection.feedback?.queries ?? 0) : 0));
}

/** Keeps the measured time of a step for the next estimate. */
export function rememberStepTime(settings, engineInfo, stepSeconds) {
  localStorage.setItem(key(settings, engineInfo), String(stepSeconds / settings.batch_queries));
}

function key({ towers, targets, rank }, { device }) {
  return `figret.query_seconds.${device}.${towers}.${targets}.${rank}`;
}
