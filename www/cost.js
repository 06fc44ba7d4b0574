// What teaching costs: time from what was measured, weights from the settings.

import { fitting } from './methods.js';

/** A training step embeds a text forwards and backwards; measured on the CPU against embedding alone. */
const STEP_OVER_EMBEDDING = { adapter: 3.5, layers: 7, all: 9 };

/** An evaluation that took less has embedded nothing. */
const LEAST_MEASURED_SECONDS = 0.2;

/** A text that the LLM wrote against a query, in words; counted in the sample's feedback. */
const WRITTEN_OVER_QUERY = 5;

const LAYERS = 6;
const HIDDEN = 384;
const INNER = 1536;

const VOCABULARY = 30_522;
const POSITIONS = 512;

/** Presets of what is trained. */
export const presets = {
  light: { scope: 'adapter', targets: 'query_value', rank: 8, alpha: 16 },
  heavy: { scope: 'adapter', targets: 'all_linear', rank: 32, alpha: 64 },
  full: { scope: 'layers' },
};

/** Name of the preset that the settings are, or `null`. */
export const presetOf = (settings) => fitting(presets, settings);

/** Values that are trained: of a LoRA adapter of this rank on these projections, or of the model itself. */
export function parameters({ scope, targets, rank }) {
  if (scope !== 'adapter') return LAYERS * layerWeights() + (scope === 'all' ? tableWeights() : 0);
  const square = HIDDEN + HIDDEN;
  const layer = targets === 'all_linear' ? 4 * square + 2 * (HIDDEN + INNER) : 2 * square;
  return LAYERS * layer * rank;
}

/** Weights, biases and the two LayerNorms of an encoder layer. */
const layerWeights = () => 4 * HIDDEN * (HIDDEN + 1) + INNER * (HIDDEN + 1) + HIDDEN * (INNER + 1) + 4 * HIDDEN;

/** Words, positions, two segment types, and their LayerNorm. */
const tableWeights = () => HIDDEN * (VOCABULARY + POSITIONS + 2 + 2);

/** Bytes of weights in f32. */
export const adapterBytes = (parameterCount) => parameterCount * 4;

/** Estimated seconds of a lesson, or `null` while nothing has been measured: on a GPU only a lesson tells. */
export function lessonSeconds({ settings, textSeconds, engineInfo }) {
  if (!settings || !engineInfo) return null;
  const perQuery = Number(localStorage.getItem(key(settings, engineInfo))) || guess(settings, engineInfo, textSeconds);
  return perQuery ? perQuery * settings.batch_queries * settings.steps : null;
}

/** What a step costs that moves passages too is not known before one was taken. */
function guess({ scope, towers }, { backend }, textSeconds) {
  return backend === 'cpu' && towers === 'query' ? (textSeconds ?? 0) * STEP_OVER_EMBEDDING[scope] : 0;
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

function key({ scope, towers, targets, rank }, { device }) {
  const trained = scope === 'adapter' ? `${targets}.${rank}` : scope;
  return `figret.query_seconds.${device}.${towers}.${trained}`;
}
