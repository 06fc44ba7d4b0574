// A person's vector server: where it is, the way there, and whether it is searched in place of the tab.

import { ServerCause } from '../servers/cause.js';
import { baseOf, findCollection, firstPassage } from '../servers/server.js';
import { serverForms } from '../store.js';
import { cosine, embedTexts } from './embedding.js';
import { aside } from './outcome.js';
import { searchAgain } from './search.js';

/** Under this the passage there was not embedded from this text by this model; f16 and other hardware stay above. */
const SAME_COSINE = 0.99;

/** Changes where the server is; what was found out about the old place is forgotten. */
export function setServer(engine, patch) {
  const { store } = engine;
  const { server } = store.state;
  const isOther = patch.kind && patch.kind !== server.form.kind;
  const form = isOther ? serverForms[patch.kind] : { ...server.form, ...patch };
  store.patch('server', { form, connection: null, isSearched: false, measured: null, fetched: null });
  if (server.isSearched) searchAgain(engine);
}

/** Tries the way to the collection and tells what stands in it, or whether its vectors are this model's. */
export async function testServer(engine) {
  const { store } = engine;
  const { form } = store.state.server;
  store.patch('server', { connection: { kind: 'testing' } });
  const connection = await aside(store, () => connect(engine, form));
  // Another address may have been typed meanwhile.
  if (store.state.server.form !== form) return;
  store.patch('server', { connection: connection ?? null });
  if (store.state.server.isSearched && !connection?.found) await searchThere(engine, { isSearched: false });
}

/** `{ kind, place, found, … }`; only with `found` is there something to search. */
async function connect(engine, form) {
  const base = baseOf(form.base, form.kind);
  if (!base) return { kind: 'bad_address', form };
  if (!form.collection) return { kind: 'no_name' };
  try {
    const place = { ...form, base };
    return { place, base, ...(await look(engine, place)) };
  } catch (error) {
    if (error instanceof ServerCause) return { base, ...error.outcome, form };
    throw error;
  }
}

async function look(engine, place) {
  const found = await findCollection(place);
  const first = await firstPassage(place, found);
  if (!first) return { kind: 'empty' };
  const { passage, vector, names } = first;
  const { title, text } = passage;
  // Some embed a passage with its title, some without.
  const here = await embedTexts(engine, [`${title} ${text}`.trim(), text]);
  if (here[0].length !== found.dimension) {
    return { kind: 'wrong_dimension', dimension: found.dimension, wanted: here[0].length };
  }
  if (!text) return { kind: 'no_text', names };
  const closest = Math.max(...here.map((own) => cosine(own, vector)));
  return { kind: closest < SAME_COSINE ? 'differs' : 'connected', found, cosine: closest };
}

/** Searches on the server or, again, in the tab. */
export function searchThere(engine, { isSearched }) {
  engine.store.patch('server', { isSearched });
  return searchAgain(engine);
}
