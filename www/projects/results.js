// Figures as they were shown, kept with a project: another version of the page may not understand them.

import { SHAPE } from '../protocol.js';

const PARTS = ['collection', 'evaluation', 'taught', 'lesson', 'comparison', 'modelChoice'];

/** The results in a state, as a text. */
export function resultsText(state) {
  const parts = Object.fromEntries(PARTS.map((part) => [part, state[part] ?? null]));
  return JSON.stringify({ shape: SHAPE, ...parts, experiment: state.experiment });
}

/** The parts of a state that were kept; `null` if this page would not understand them. */
export function understood(results) {
  if (results?.shape !== SHAPE) return null;
  const { experiment } = results;
  const parts = Object.fromEntries(PARTS.map((part) => [part, results[part] ?? null]));
  return experiment ? { ...parts, experiment } : parts;
}
