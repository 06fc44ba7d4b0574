// What comes from a server is checked before it is believed.

import { ServerCause } from './cause.js';

const wrong = (what) => new ServerCause({ kind: 'shape', what });

/** `value` if it is a list, of that length if one is given; `what` names it in the refusal. */
export function listOf(value, what, length = value?.length) {
  if (Array.isArray(value) && value.length === length) return value;
  throw wrong(what);
}

/** `value` if it is an object and no list. */
export function objectOf(value, what) {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw wrong(what);
}

/** `value` if it is a finite number. */
export function numberOf(value, what) {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw wrong(what);
}

/** An id as a text; servers have texts and whole numbers. */
export function idOf(value, what) {
  if (typeof value === 'string' && value !== '') return value;
  if (Number.isInteger(value)) return String(value);
  throw wrong(what);
}

/** A field as a text, by its own name or by a path with dots; empty if there is none. */
export function textAt(object, name) {
  const value = object?.[name] ?? name.split('.').reduce((inner, part) => inner?.[part], object);
  return typeof value === 'string' ? value : ['number', 'boolean'].includes(typeof value) ? String(value) : '';
}

/** The names of the fields that hold texts, those of objects with a dot before them. */
export function textNames(object, prefix = '') {
  return Object.entries(object ?? {}).flatMap(([name, value]) => {
    if (typeof value === 'string') return [prefix + name];
    return prefix === '' && typeof value === 'object' ? textNames(value, `${name}.`) : [];
  });
}

/** Each passage once, where it stands first: a document may lie there in several pieces. */
export function eachOnce(passages) {
  const seen = new Set();
  return passages.filter(({ id }) => !seen.has(id) && seen.add(id));
}
