// One query at a time: the newest one asked for is the one shown.

import { requests } from '../protocol.js';
import { aside } from './outcome.js';

/** Passages in a column. */
const DEPTH = 10;

/** Ranks the passages for one query and shows both columns. */
export async function search(engine, { query, queryId = null }) {
  const { store } = engine;
  const asked = { query, queryId };
  store.patch('search', { ...asked, busy: true });
  const request = requests.search({ query, query_id: queryId, depth: DEPTH });
  const result = await aside(store, () => engine.request(request));
  const newest = store.state.search;
  if (newest.query !== query || newest.queryId !== queryId) return;
  store.patch('search', { busy: false, ...(result ? { result } : {}) });
}

/** Asks the shown query again, because the retriever has changed. */
export function searchAgain(engine) {
  const { query, queryId } = engine.store.state.search;
  return query ? search(engine, { query, queryId }) : Promise.resolve();
}
