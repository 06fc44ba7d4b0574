// A device that was lost: the engine has gone on elsewhere by itself, and the page says so.

import { words } from '../words.js';

/** Shows what the engine runs on since; the time of its start stays what it was. */
export function showBackend(store, { kind: _, ...backend }) {
  const { elapsed_seconds: elapsedSeconds } = store.state.engineInfo ?? backend;
  const engineInfo = { ...backend, elapsed_seconds: elapsedSeconds };
  store.update({ engineInfo, problem: { ...words.problem.deviceLost(engineInfo), isPlain: true } });
}
