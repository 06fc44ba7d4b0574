// What becomes of a request that did not end well: shown once, or passed over if the person gave it up.

import { Cancelled } from '../engine.js';
import { words } from '../words.js';

/** Runs `work`; a failure is shown as a problem, a cancellation only ends it. Gives `undefined` then. */
export async function attempt(store, work, { retry = null } = {}) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Cancelled)) showProblem(store, error, retry);
    store.update({ work: null, phase: settledPhase(store.state) });
    return undefined;
  }
}

/** The phase of a page on which nothing is under way. */
export function settledPhase({ collection, engineInfo, comparison }) {
  if (!collection || !engineInfo) return 'failed';
  return comparison ? 'compared' : 'ready';
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

/** Only what the engine or the page itself did wrong should not have happened; the rest has its own hint or none. */
function showProblem(store, error, retry) {
  if (!error.failure) console.error(error);
  const { code, message, hint } = error.failure ?? { code: 'engine', message: error.message, hint: '' };
  const advice = hint || (code === 'engine' ? words.problem.unexpected : '');
  store.update({ problem: { code, message, hint: advice, retry } });
}
