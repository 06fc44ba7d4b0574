// What the feedback teaches about the shown query, in the engine's words.

import { requests } from '../protocol.js';
import { aside } from './outcome.js';

/** Asks for the lines about a query; the answer is kept for the newest one asked about. */
export function askTold(engine, { query }) {
  const { store } = engine;
  store.update({ told: { query, lines: null } });
  return aside(store, async () => {
    const { lines } = await engine.request(requests.feedbackOn({ query }));
    if (store.state.told?.query === query) store.update({ told: { query, lines } });
  });
}
