// Chroma's HTTP API, version 2: the requests, and how their answers are read. Tried with the server 1.5.9.

import { ServerCause } from './cause.js';
import { eachOnce, idOf, listOf, numberOf, objectOf, textAt, textNames } from './shapes.js';

const TENANT = 'default_tenant';
const DATABASE = 'default_database';

/** A cosine of unit vectors from the distance of each space. */
const COSINES = { cosine: (d) => 1 - d, ip: (d) => 1 - d, l2: (d) => 1 - d / 2 };

const encoded = encodeURIComponent;

const collections = ({ tenant, database }) =>
  `/api/v2/tenants/${encoded(tenant || TENANT)}/databases/${encoded(database || DATABASE)}/collections`;

/** Headers that carry the key. */
export const headers = (key) => (key ? { 'X-Chroma-Token': key } : {});

/** A path that needs no key. */
export const PROBE = '/api/v2/heartbeat';

/** What a person may have copied with the address. */
export const REQUEST_PATH = /\/api\/v\d.*$/;

/** Asks for the collection that a place names. */
export const collection = (place) => ({ path: `${collections(place)}/${encoded(place.collection)}` });

/** Where the collection lies, its width and its distance. */
export function readCollection(json, place) {
  const { id, dimension, configuration_json: configuration } = objectOf(json, 'collection');
  const metric = configuration?.hnsw?.space ?? configuration?.spann?.space ?? 'l2';
  if (!Object.hasOwn(COSINES, metric)) throw new ServerCause({ kind: 'metric', metric });
  // A collection has no width before its first passage.
  if (dimension === null || dimension === undefined) throw new ServerCause({ kind: 'empty' });
  const path = `${collections(place)}/${encoded(idOf(id, 'id'))}`;
  return { path, dimension: numberOf(dimension, 'dimension'), metric, isExact: false };
}

/** Asks for the `k` passages nearest to each vector. */
export const nearest = ({ path }, vectors, k) => ({
  path: `${path}/query`,
  body: { query_embeddings: vectors, n_results: k, include: ['documents', 'metadatas', 'distances'] },
});

/** One list of hits a vector. */
export function readNearest(json, place, { metric }, vectors) {
  const lists = listOf(objectOf(json, 'answer').ids, 'ids', vectors);
  return lists.map((ids, i) => {
    const distances = listOf(json.distances?.[i], 'distances', listOf(ids, 'ids').length);
    const passages = passagesOf({ ids, documents: json.documents?.[i], metadatas: json.metadatas?.[i] }, place);
    const score = (at) => COSINES[metric](numberOf(distances[at], 'distance'));
    return eachOnce(passages.map((passage, at) => ({ ...passage, score: score(at) })));
  });
}

/** Asks for passages by id. */
export const byIds = ({ path }, ids, { idField }) => ({
  path: `${path}/get`,
  body: { ...(idField ? { where: { [idField]: { $in: ids } } } : { ids }), include: ['documents', 'metadatas'] },
});

/** The passages that there are, in any order. */
export const readByIds = (json, place) => eachOnce(passagesOf(objectOf(json, 'answer'), place));

/** Asks for any one passage with its vector. */
export const first = ({ path }) => ({
  path: `${path}/get`,
  body: { limit: 1, include: ['documents', 'metadatas', 'embeddings'] },
});

/** That passage, its vector and the names of its fields; `null` if there is none. */
export function readFirst(json, place) {
  const [passage] = passagesOf(objectOf(json, 'answer'), place);
  if (!passage) return null;
  const vector = listOf(json.embeddings?.[0], 'embeddings').map((value) => numberOf(value, 'embedding'));
  return { passage, vector, names: textNames(json.metadatas?.[0]) };
}

function passagesOf({ ids, documents, metadatas }, { idField, titleField, textField }) {
  return listOf(ids, 'ids').map((id, i) => {
    const metadata = metadatas?.[i] ?? {};
    return {
      id: idOf(idField ? textAt(metadata, idField) || id : id, 'id'),
      title: textAt(metadata, titleField),
      text: textField ? textAt(metadata, textField) : textAt({ document: documents?.[i] }, 'document'),
    };
  });
}
