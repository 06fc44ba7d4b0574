// One query at a time: the newest one asked for is the one shown.

import { requests } from '../protocol.js';
import { isOnServer } from '../servers/searched.js';
import { aside } from './outcome.js';
import { asFailure } from './server-failure.js';
import { searchOnServer } from './server-search.js';

/** Passages in a column. */
const DEPTH = 10;

/**
 * Ranks the passages for one query and shows its columns, those of the tab or of the person's server; before the
 * tab's passages have vectors it is only noted.
 */
export async function search(engine, { query, queryId = null }) {
  const { store } = engine;
  const asked = { query, queryId };
  const isThere = isOnServer(store.state.server);
  if (!isThere && !store.state.indexed) {
    store.patch('search', asked);
    return;
  }
  store.patch('search', { ...asked, busy: true });
  const isNewest = () => {
    const { search: shown } = store.state;
    return shown.query === query && shown.queryId === queryId && isOnServer(store.state.server) === isThere;
  };
  await aside(store, async () => {
    try {
      const result = await (isThere ? searchOnServer(engine, asked, DEPTH) : searchHere(engine, asked));
      if (isNewest()) store.patch('search', { result });
    } catch (error) {
      if (isNewest()) throw asFailure(error);
    }
  });
  if (isNewest()) store.patch('search', { busy: false });
}

async function searchHere(engine, { query, queryId }) {
  const { beside } = engine.store.state.search;
  const request = requests.search({ query, query_id: queryId, depth: DEPTH, baselines: beside !== '' });
  return withOne(await engine.request(request), beside);
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
