// The map of the collection: placed by the engine once for each comparison.

import { requests } from '../protocol.js';
import { attempt, settledPhase } from './outcome.js';

/** Places the passages and the questions of the comparison that is shown. */
export function drawMap(turn) {
  const { store } = turn;
  return attempt(store, async () => {
    const { comparison } = store.state;
    // Of this comparison; asked for once, whatever comes of it.
    store.update({ map: { comparison, info: null }, phase: 'mapping' });
    const onProgress = (progress) => store.patch('work', { progress });
    const run = turn.begin(requests.map({}), { onProgress });
    store.update({ work: { task: 'mapping', progress: null, cancelId: run.id } });
    const info = await run.reply;
    store.update({ map: { comparison, info }, work: null, phase: settledPhase(store.state) });
  });
}
