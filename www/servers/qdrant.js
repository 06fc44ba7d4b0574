// Qdrant's REST API: the requests, and how their answers are read. Written to its published description.

import { ServerCause } from './cause.js';
import { eachOnce, idOf, listOf, numberOf, objectOf, textAt, textNames } from './shapes.js';

/** A cosine of unit vectors from the score of each distance. */
const COSINES = { Cosine: (score) => score, Dot: (score) => score, Euclid: (d) => 1 - (d * d) / 2 };

const encoded = encodeURIComponent;

/** Headers that carry the key. */
export const headers = (key) => (key ? { 'api-key': key } : {});

/** A path that needs no key. */
export const PROBE = '/';

/** What a person may have copied with the address. */
export const REQUEST_PATH = /\/(dashboard|collections)(\/.*)?$/;

/** Asks for the collection that a place names. */
export const collection = (place) => ({ path: `/collections/${encoded(place.collection)}` });

/** Where the collection lies, its width and its distance; of several vectors the one that the place names. */
export function readCollection(json, place) {
  const vectors = objectOf(json?.result?.config?.params?.vectors, 'result.config.params.vectors');
  const [name, params] = vectorOf(vectors, place.vector);
  const metric = params.distance;
  if (!Object.hasOwn(COSINES, metric)) throw new ServerCause({ kind: 'metric', metric });
  if (json.result.points_count === 0) throw new ServerCause({ kind: 'empty' });
  const path = `${collection(place).path}/points`;
  return { path, vector: name, dimension: numberOf(params.size, 'size'), metric, isExact: true };
}

/** A collection has one vector without a name, or several by name. */
function vectorOf(vectors, wanted) {
  if (typeof vectors.size === 'number') return [null, vectors];
  const names = Object.keys(vectors);
  const name = wanted || (names.length === 1 ? names[0] : null);
  if (Object.hasOwn(vectors, name ?? '')) return [name, objectOf(vectors[name], 'vectors')];
  throw new ServerCause({ kind: 'which_vector', names });
}

/** Asks for the `k` passages nearest to each vector; `isExact` compares with every passage. */
export const nearest = ({ path, vector }, vectors, k, { place, isExact }) => ({
  path: `${path}/query/batch`,
  body: {
    searches: vectors.map((query) => ({
      query,
      limit: k,
      with_payload: shown(place),
      ...(vector === null ? {} : { using: vector }),
      ...(isExact ? { params: { exact: true } } : {}),
    })),
  },
});

/** One list of hits a vector. */
export function readNearest(json, place, { metric }, vectors) {
  const lists = listOf(json?.result, 'result', vectors);
  return lists.map((list) => {
    const hit = (point) => ({ ...passageOf(point, place), score: COSINES[metric](numberOf(point.score, 'score')) });
    return eachOnce(listOf(list?.points, 'points').map(hit));
  });
}

/** Asks for passages by id. */
export function byIds({ path }, ids, place) {
  const { idField } = place;
  if (!idField) return { path, body: { ids: ids.map(pointId), with_payload: shown(place) } };
  const any = (values) => ({ key: idField, match: { any: values } });
  const whole = ids.filter(isWhole).map(Number);
  const should = [any(ids), ...(whole.length > 0 ? [any(whole)] : [])];
  return { path: `${path}/scroll`, body: { filter: { should }, limit: ids.length, with_payload: shown(place) } };
}

/** The passages that there are, in any order. */
export function readByIds(json, place) {
  const points = Array.isArray(json?.result) ? json.result : json?.result?.points;
  return eachOnce(listOf(points, 'result').map((point) => passageOf(point, place)));
}

/** Asks for any one passage with its vector. */
export const first = ({ path }) => ({
  path: `${path}/scroll`,
  body: { limit: 1, with_payload: true, with_vector: true },
});

/** That passage, its vector and the names of its fields; `null` if there is none. */
export function readFirst(json, place, { vector: name }) {
  const [point] = listOf(json?.result?.points, 'points');
  if (!point) return null;
  const vector = listOf(name === null ? point.vector : point.vector?.[name], 'vector');
  return {
    passage: passageOf(point, place),
    vector: vector.map((value) => numberOf(value, 'vector')),
    names: textNames(point.payload),
  };
}

function passageOf(point, { idField, titleField, textField }) {
  const { id, payload } = objectOf(point, 'point');
  return {
    id: idOf(idField ? textAt(payload, idField) || id : id, 'id'),
    title: textAt(payload, titleField),
    text: textAt(payload, textField),
  };
}

/** Payloads may be large; only what is shown is asked for. */
const shown = ({ idField, titleField, textField }) => [idField, titleField, textField].filter(Boolean);

const isWhole = (id) => /^\d{1,15}$/.test(id);

/** Points have whole numbers or UUIDs. */
const pointId = (id) => (isWhole(id) ? Number(id) : id);
