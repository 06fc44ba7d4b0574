// What becomes of a request that did not end well: shown once, or passed over if the person gave it up.

import { Cancelled, EngineFailure } from '../engine.js';
import { words } from '../words.js';

/** Runs `work`; a failure is shown as a problem, a cancellation only ends it. Gives `undefined` then. */
export async function attempt(store, work, { retry = null, phase = null } = {}) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Cancelled)) showProblem(store, error, retry);
    store.update({ work: null, phase: phase ?? settledPhase(store.state) });
    return undefined;
  }
}

/** The phase of a page on which nothing is under way. */
export function settledPhase(state) {
  if (!state.collection) return 'failed';
  return state.comparison ? 'compared' : 'ready';
}

/** Runs `work` beside whatever else is under way: a failure is shown and changes nothing else. */
export async function aside(store, work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Cancelled)) showProblem(store, error, null);
    return undefined;
  }
}

function showProblem(store, error, retry) {
  if (!(error instanceof EngineFailure)) console.error(error);
  const failure = error.failure ?? { message: error.message, hint: words.problem.unexpected };
  store.update({ problem: { message: failure.message, hint: failure.hint || words.problem.unexpected, retry } });
}
