// The recorded comparison: fetched at once, so that there is something to see before the model is here.

import { walkOf } from '../walk.js';

const BASE = new URL('../demo/', import.meta.url);

/** Fetches it and the passages that it names; the page gets on without. */
export async function loadRecorded(store) {
  try {
    const [recorded, corpus] = await Promise.all([fetched('recorded.json'), fetched('corpus.jsonl')]);
    const passages = corpus
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    take(store, JSON.parse(recorded), new Map(passages.map((passage) => [passage._id, passage])));
  } catch (error) {
    console.warn(`without the recorded comparison: ${error}`);
    store.update({ isRecordedAwaited: false });
  }
}

function take(store, recorded, passages) {
  const { search, walk } = store.state;
  store.update({ recorded: { ...recorded, passages }, isRecordedAwaited: false });
  const [first] = walkOf(recorded.comparison.per_query, walk);
  // What is searched for by now stays.
  if (first && !search.query) store.patch('search', { query: first.text, queryId: first.query_id });
}

async function fetched(name) {
  const response = await fetch(new URL(name, BASE));
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  return response.text();
}
