// A comparison that was recorded on the sample: when it is shown, and the replies that it stands for.

import { isOnServer } from './servers/searched.js';

/**
 * Whether the recording is shown: until the person has a comparison or searches elsewhere, and only of the collection
 * that it is of.
 */
export function isRecordedShown({ place, recorded, taught, collection, server }) {
  return place === 'compare' && recorded !== null && !taught && !isOnServer(server) && isOf(recorded.about.collection, collection);
}

/** The sample with other judgements is another collection; as long as none is open, the sample will be. */
function isOf(recorded, collection) {
  if (!collection) return true;
  const counts = ['passages', 'judged_queries', 'judgements'];
  return collection.is_sample && counts.every((name) => collection[name] === recorded[name]);
}

/** The judged queries as `QueryItem`s. */
export const recordedQueries = ({ comparison }) =>
  comparison.per_query.map(({ query_id, text }) => ({ query_id, text }));

/** The recorded `SearchResult` of a judged query; `null` if there is none. */
export function recordedResult({ comparison, rankings, passages }, queryId) {
  const ranking = rankings[queryId];
  const query = comparison.per_query.find(({ query_id: id }) => id === queryId);
  if (!ranking || !query) return null;
  const column = (entries) => entries.map((entry, i) => ranked(entry, i + 1, passages));
  return {
    query: query.text,
    query_id: query.query_id,
    before: column(ranking.before),
    after: column(ranking.after),
    relevant: ranking.relevant,
    ndcg_before: query.before,
    ndcg_after: query.after,
    elapsed_ms: 0,
  };
}

/** An entry is `[passage, rank in the other column, score, grade]`, in the order of the ranks. */
function ranked([id, otherRank, score, grade], rank, passages) {
  const { title, text } = passages.get(id);
  return { rank, other_rank: otherRank, passage_id: id, title, text, score, grade };
}
