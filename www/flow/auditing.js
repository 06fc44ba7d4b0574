// Auditing the feedback, and leaving out what a person chose of what was found.

import { requests } from '../protocol.js';
import { openLeftOut, settle } from './collection.js';
import { attempt, settledPhase } from './outcome.js';

/** Looks for what is known to go wrong in the feedback; changes nothing. */
export function audit(turn) {
  const { store } = turn;
  return attempt(store, async () => {
    store.update({ phase: 'auditing' });
    const onProgress = (progress) => store.patch('work', { progress });
    const run = turn.begin(requests.audit({}), { onProgress });
    store.update({ work: { task: 'auditing', progress: null, cancelId: run.id } });
    const report = await run.reply;
    // Of this collection; another one has yet to be audited.
    const { collection } = store.state;
    store.update({ audit: { collection, report, leftOut: 0 }, work: null, phase: settledPhase(store.state) });
  });
}

/** Leaves places of the feedback out and measures again what depends on it. */
export function leaveOut(turn, { places }) {
  const { store } = turn;
  return attempt(store, async () => {
    store.update({ phase: 'opening' });
    await openLeftOut(turn, { places });
    const { collection } = store.state;
    store.update({ audit: { collection, report: null, leftOut: places.length } });
    await settle(turn);
  });
}
