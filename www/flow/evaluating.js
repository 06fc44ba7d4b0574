// The evaluator: baselines beside before and after by any measures, and its files.

import { requests } from '../protocol.js';
import { saveFile } from '../save.js';
import { aside, attempt, settledPhase } from './outcome.js';

/** Measures every system anew; the comparison that is shown stays as it is. */
export function evaluateSystems(turn, { measures }) {
  const { store } = turn;
  return attempt(store, async () => {
    const { comparison } = store.state;
    store.update({ phase: 'evaluating' });
    const onProgress = (progress) => store.patch('work', { progress });
    const run = turn.begin(requests.compare({ measures }), { onProgress });
    store.update({ work: { task: 'systems', progress: null, cancelId: run.id } });
    const { evaluation } = await run.reply;
    // Of this comparison; after another lesson it has yet to be made.
    store.update({ systems: { comparison, evaluation }, work: null, phase: settledPhase(store.state) });
  });
}

/** Writes a run, the judgements or the figures by question, and saves the file. */
export function saveEvaluation(engine, { part, system = null, measures = null }) {
  return aside(engine.store, async () => {
    saveFile(await engine.request(requests.exportEvaluation({ part, system, measures })));
  });
}
