// One query at a time: the newest one asked for is the one shown.

import { requests } from '../protocol.js';
import { aside } from './outcome.js';

/** Passages in a column. */
const DEPTH = 10;

/** Ranks the passages for one query and shows its columns; before the passages have vectors it is only noted. */
export async function search(engine, { query, queryId = null }) {
  const { store } = engine;
  const asked = { query, queryId };
  if (!store.state.indexed) {
    store.patch('search', asked);
    return;
  }
  store.patch('search', { ...asked, busy: true });
  const { beside } = store.state.search;
  const request = requests.search({ query, query_id: queryId, depth: DEPTH, baselines: beside !== '' });
  const isNewest = () => store.state.search.query === query && store.state.search.queryId === queryId;
  await aside(store, async () => {
    try {
      const result = await engine.request(request);
      if (isNewest()) store.patch('search', { result: withOne(result, beside) });
    } catch (error) {
      if (isNewest()) throw error;
    }
  });
  if (isNewest()) store.patch('search', { busy: false });
}

/** The engine ranks by every baseline; one of them is shown at a time. */
const withOne = (result, beside) =>
  Object.fromEntries(Object.entries(result).filter(([key]) => !['bm25', 'hybrid'].includes(key) || key === beside));

/** Chooses the baseline that is shown beside the retriever. */
export function showBeside(engine, { beside }) {
  engine.store.patch('search', { beside });
  return searchAgain(engine);
}

/** Asks the shown query again, because the retriever or the judgements have changed. */
export function searchAgain(engine) {
  const { query, queryId } = engine.store.state.search;
  return query ? search(engine, { query, queryId }) : Promise.resolve();
}
