// A person's vector server: one request at a time, to the address that was given and to no other.

import { httpBase } from '../net/address.js';
import { clip, errorWords, parsed, REFUSALS } from '../net/said.js';
import { blocked, unreached } from '../net/unreached.js';
import { ServerCause } from './cause.js';
import * as chroma from './chroma.js';
import * as qdrant from './qdrant.js';

const SECONDS = 30;

const CLIENTS = { chroma, qdrant };

/** The server's address without a slash at its end; `null` if the text is no http address. */
export const baseOf = (text, kind) => httpBase(text)?.replace(CLIENTS[kind].REQUEST_PATH, '') ?? null;

/**
 * Finds the collection of a place: `{ path, dimension, metric, isExact }`, as the other requests want it.
 *
 * @param {{ kind: string, base: string, key: string, collection: string, tenant: string, database: string,
 *   vector: string, idField: string, titleField: string, textField: string }} place
 * @throws {ServerCause} As every function here.
 */
export async function findCollection(place, options) {
  const client = CLIENTS[place.kind];
  const json = await ask(place, client.collection(place), options).catch((error) => {
    const { kind, said } = error.outcome ?? {};
    throw kind === 'not_found' ? new ServerCause({ kind: 'no_collection', collection: place.collection, said }) : error;
  });
  return client.readCollection(json, place);
}

/** The `k` passages nearest to each vector, best first: `{ id, title, text, score }`. */
export async function nearest(place, found, vectors, k, { isExact = false, ...options } = {}) {
  const client = CLIENTS[place.kind];
  const rows = vectors.map((vector) => Array.from(vector, written));
  const json = await ask(place, client.nearest(found, rows, k, { place, isExact }), options);
  return client.readNearest(json, place, found, rows.length);
}

/** The passages of these ids that there are. */
export async function passagesById(place, found, ids, options) {
  const client = CLIENTS[place.kind];
  return client.readByIds(await ask(place, client.byIds(found, ids, place), options), place);
}

/** Any one passage: `{ passage, vector, names }`; `null` if there is none. */
export async function firstPassage(place, found, options) {
  const client = CLIENTS[place.kind];
  return client.readFirst(await ask(place, client.first(found), options), place, found);
}

/** A value of a vector with all the digits of a float, and no more. */
const written = (value) => Number(value.toPrecision(9));

async function ask(place, { path, body }, { signal, page = location } = {}) {
  const { base } = place;
  const obstacle = blocked(base, page);
  if (obstacle) throw new ServerCause({ ...obstacle, base });
  const { response, text } = await send(place, path, body, signal).catch(async (error) => {
    if (signal?.aborted) throw error;
    const probe = base + CLIENTS[place.kind].PROBE;
    throw new ServerCause({ base, ...(await unreached(error, { base, probe, seconds: SECONDS }, page)) });
  });
  const { status } = response;
  if (!response.ok)
    throw new ServerCause({ base, kind: REFUSALS[status] ?? 'status', status, said: errorWords(text) });
  const value = parsed(text);
  if (value === null) throw new ServerCause({ base, kind: 'not_json', said: clip(text) });
  return value;
}

async function send({ kind, base, key }, path, body, signal) {
  const limit = AbortSignal.timeout(SECONDS * 1000);
  const response = await fetch(base + path, {
    method: body ? 'POST' : 'GET',
    headers: { ...CLIENTS[kind].headers(key), ...(body ? { 'Content-Type': 'application/json' } : {}) },
    body: body && JSON.stringify(body),
    credentials: 'omit',
    cache: 'no-store',
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  });
  return { response, text: await response.text() };
}
