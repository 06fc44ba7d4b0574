// The feedback queries that lie nearest to the shown one, as the base model sees them.

import { embedTexts } from './embedding.js';
import { aside } from './outcome.js';

const SHOWN = 5;

/** Texts in a request: few enough that a search does not wait long behind it. */
const AT_ONCE = 16;

/** Vectors of texts that were asked for; the base model never changes. */
const vectors = new Map();

/** Finds them; what has not been embedded yet is, a few texts at a time. */
export function findNearest(engine, { query }) {
  const { store } = engine;
  const samples = store.state.evaluation?.feedback?.samples ?? [];
  const isWanted = () => store.state.nearest?.query === query;
  store.update({ nearest: { query, done: 0, total: samples.length, list: null } });
  return aside(store, async () => {
    const texts = [query, ...samples.map((sample) => sample.query)].filter((text) => !vectors.has(text));
    for (let from = 0; from < texts.length && isWanted(); from += AT_ONCE) {
      store.patch('nearest', { done: samples.length - texts.length + from });
      await embed(engine, texts.slice(from, from + AT_ONCE));
    }
    if (isWanted()) store.patch('nearest', { list: nearest(query, samples) });
  });
}

function nearest(query, samples) {
  const others = samples.filter((sample) => sample.query !== query);
  const near = others.map((sample) => ({ ...sample, cosine: dot(vectors.get(query), vectors.get(sample.query)) }));
  return near.sort((a, b) => b.cosine - a.cosine).slice(0, SHOWN);
}

async function embed(engine, texts) {
  const embedded = await embedTexts(engine, texts);
  texts.forEach((text, i) => vectors.set(text, embedded[i]));
}

/** Vectors have length 1, so this is their cosine. */
const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
