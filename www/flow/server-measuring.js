// The judged queries on the person's vector server, before and after, by the engine's evaluator.

import { requests } from '../protocol.js';
import { nearest } from '../servers/server.js';
import { aside } from './outcome.js';
import { asFailure } from './server-failure.js';
import { queryVectors } from './server-search.js';

/** Passages of a ranking; what lies deeper counts as not found. */
const DEPTH = 100;

/** Queries in a request, so that its answer stays small. */
const AT_ONCE = 8;

const MEASURES = ['ndcg@10', 'recall@100', 'map', 'mrr@10', 'judged@10'];

let controller = null;

/** Ranks every judged query there and has the engine evaluate the rankings. */
export function measureThere(turn) {
  const { store } = turn;
  controller = new AbortController();
  const { signal } = controller;
  return aside(store, async () => {
    try {
      const { taught, server, collection } = store.state;
      const rankings = await rankAll(turn, server.connection, collection.query_list, signal);
      const evaluation = await turn.request(requests.evaluateRankings({ rankings, measures: MEASURES }));
      const { isExact } = server.connection.found;
      store.patch('server', { measured: { evaluation, taught, collection, isExact, depth: DEPTH } });
    } catch (error) {
      if (!signal.aborted) throw asFailure(error);
    } finally {
      store.patch('server', { measuring: null });
    }
  });
}

/** Ends the measuring; nothing of it is kept. */
export const cancelMeasuring = () => controller?.abort();

async function rankAll(turn, { place, found }, queries, signal) {
  const all = [];
  for (let from = 0; from < queries.length; from += AT_ONCE) {
    turn.store.patch('server', { measuring: { done: from, total: queries.length } });
    signal.throwIfAborted();
    const piece = queries.slice(from, from + AT_ONCE);
    const systems = await queryVectors(turn, piece.map(({ text }) => text));
    const options = { isExact: found.isExact, signal };
    const hits = await nearest(place, found, systems.flat(), DEPTH, options);
    const scored = (list) => list?.map(({ id, score }) => ({ passage_id: id, score })) ?? null;
    piece.forEach(({ query_id }, i) => {
      all.push({ query_id, before: scored(hits[i]), after: scored(hits[piece.length + i]) });
    });
  }
  return all;
}
