// Figures as they were shown, kept with a project: another version of the page may not understand them.

import { sha256 } from './sha256.js';

const PARTS = ['collection', 'evaluation', 'taught', 'lesson', 'comparison'];

let shape = null;

/** What tells one version of the page's messages from another. */
function shapeOfPage() {
  shape ??= fetch(new URL('../protocol.js', import.meta.url))
    .then((answer) => answer.arrayBuffer())
    .then(sha256);
  return shape;
}

/** The results in a state, as a text. */
export async function resultsText(state) {
  const parts = PARTS.map((part) => [part, state[part] ?? null]);
  return JSON.stringify({ shape: await shapeOfPage(), ...Object.fromEntries(parts) });
}

/** The parts of a state that were kept; `null` if this page would not understand them. */
export async function understood(results) {
  if (!results || results.shape !== (await shapeOfPage())) return null;
  return Object.fromEntries(PARTS.map((part) => [part, results[part] ?? null]));
}
