// One query on the person's vector server, as the engine would answer it: both columns, grades and figures.

import { requests } from '../protocol.js';
import { nearest } from '../servers/server.js';
import { leavesPassages } from '../taught.js';
import { embedTexts } from './embedding.js';

/** How far down a passage's other rank is looked for. */
const SEEN = 50;

/** The texts' vectors for a server whose own stay as they are: `[before]` or `[before, after]`, a list each. */
export async function queryVectors(asker, texts) {
  const before = await embedTexts(asker, texts);
  return leavesPassages(asker.store.state.taught) ? [before, await embedTexts(asker, texts, { tuned: true })] : [before];
}

/** A `SearchResult` of the server's passages. */
export async function searchOnServer(engine, { query, queryId }, depth) {
  const start = performance.now();
  const { place, found } = engine.store.state.server.connection;
  const vectors = (await queryVectors(engine, [query])).flat();
  const rankings = await nearest(place, found, vectors, SEEN);
  const judged = queryId === null ? null : await judge(engine, queryId, rankings, depth);
  const column = (i) => rankings[i] && ranked(rankings[i], rankings[1 - i], judged?.rankings[i]?.grades, depth);
  return {
    query,
    query_id: queryId,
    before: column(0),
    after: column(1) ?? null,
    relevant: judged?.relevant ?? null,
    ndcg_before: judged?.rankings[0]?.ndcg ?? null,
    ndcg_after: judged?.rankings[1]?.ndcg ?? null,
    elapsed_ms: performance.now() - start,
  };
}

const judge = (engine, queryId, rankings, depth) => {
  const shown = rankings.map((ranking) => ranking.slice(0, depth).map(({ id }) => id));
  return engine.request(requests.judge({ query_id: queryId, rankings: shown }));
};

/** The first passages of a ranking with their ranks in the other one. */
function ranked(ranking, other, grades, depth) {
  const ranks = new Map(other?.map(({ id }, i) => [id, i + 1]));
  return ranking.slice(0, depth).map(({ id, title, text, score }, i) => ({
    rank: i + 1,
    other_rank: ranks.get(id) ?? null,
    passage_id: id,
    title,
    text,
    score,
    grade: grades?.[i] ?? null,
  }));
}
