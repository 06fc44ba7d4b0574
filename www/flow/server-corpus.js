// A corpus for the tab out of the person's server: the passages that judgements and feedback name.

import { ServerCause } from '../servers/cause.js';
import { passagesNamedIn } from '../servers/named.js';
import { passagesById } from '../servers/server.js';
import { aside } from './outcome.js';
import { asFailure } from './server-failure.js';

/** Ids in a request. */
const AT_ONCE = 200;

/** Gives the files with a corpus beside them; nothing if the server does not have the passages. */
export function filesWithCorpus({ store }, { files }) {
  return aside(store, async () => {
    try {
      const texts = await Promise.all(files.map((file) => file.text()));
      const named = [...new Set(texts.flatMap((text) => [...passagesNamedIn(text)]))];
      if (named.length === 0) throw new ServerCause({ kind: 'no_ids' });
      const passages = await fetchAll(store, named);
      if (passages.length === 0) throw new ServerCause({ kind: 'none_there', named: named.length });
      const missing = named.length - passages.length;
      store.patch('server', { fetched: { named: named.length, missing } });
      return [corpusFile(passages), ...files];
    } catch (error) {
      store.patch('server', { fetched: null });
      throw asFailure(error);
    }
  });
}

async function fetchAll(store, ids) {
  const { place, found } = store.state.server.connection;
  const passages = new Map();
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    store.patch('server', { fetched: { done: from, total: ids.length } });
    const piece = await passagesById(place, found, ids.slice(from, from + AT_ONCE));
    for (const passage of piece) passages.set(passage.id, passage);
  }
  return [...passages.values()];
}

function corpusFile(passages) {
  const lines = passages.map(({ id, title, text }) => JSON.stringify({ _id: id, title, text }));
  return new File([`${lines.join('\n')}\n`], 'corpus.jsonl', { type: 'application/jsonl' });
}
