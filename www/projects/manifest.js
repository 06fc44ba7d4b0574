// What a project says of itself: pure readings and checks of its manifest.

/** The manifest's name, in a folder and in a project file. */
export const MANIFEST = 'figret-project.json';

/** The vectors of all passages in one file; parts that came while they were being made have other names. */
export const WHOLE_VECTORS = 'vectors.safetensors';

const FORMAT = 'figret-project';
const VERSION = 1;
const LONGEST_NAME = 200;
const HASH = /^[0-9a-f]{64}$/;

/**
 * A file of a project: kept under its hash.
 * @typedef {{ name: string, size: number, sha256: string }} Entry
 */

/** An id that no project has; `crypto.randomUUID` is not there on every page. */
export const freshId = () => `${Date.now()}-${Math.random().toString(36).slice(2)}`;

/** The manifest of a project that holds nothing yet. */
export const freshManifest = ({ id, name, now }) => ({
  format: FORMAT,
  version: VERSION,
  id,
  name,
  createdAt: now,
  changedAt: now,
  sources: [],
  vectors: [],
  adapter: null,
  checkpoint: null,
  settings: null,
  results: null,
  runs: [],
});

/** Reads a manifest; `null` if it is none, or one of another version. */
export function readManifest(text) {
  try {
    const manifest = JSON.parse(text);
    return isManifest(manifest) ? { ...manifest, name: cleanName(manifest.name) } : null;
  } catch {
    return null;
  }
}

/** A name that can be shown and told from nothing. */
export const cleanName = (name) => name.trim().slice(0, LONGEST_NAME) || '?';

/** A name that no other project has. */
export function freeName(name, taken) {
  if (!taken.includes(name)) return name;
  let number = 2;
  while (taken.includes(`${name} (${number})`)) number += 1;
  return `${name} (${number})`;
}

/** Every file, by what it is there for. */
export function sectionsOf({ sources, vectors, adapter, checkpoint, results }) {
  return {
    files: sources.flatMap((source) => source.files ?? []),
    vectors,
    adapter: adapter ? [...adapter.files, adapter.taughtOn, adapter.vectors].filter(Boolean) : [],
    lesson: checkpoint ? [checkpoint.file, checkpoint.lesson] : [],
    results: results ? [results] : [],
  };
}

/** Bytes by what they are there for, and in all. */
export function sizesOf(manifest) {
  const size = (entries) => entries.reduce((sum, entry) => sum + entry.size, 0);
  const sizes = Object.entries(sectionsOf(manifest)).map(([section, entries]) => [section, size(entries)]);
  return { ...Object.fromEntries(sizes), total: sizes.reduce((sum, [, bytes]) => sum + bytes, 0) };
}

const isList = (value, isItem) => Array.isArray(value) && value.every(isItem);
const isText = (value) => typeof value === 'string';
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isNullOr = (value, is) => value === null || is(value);

const isEntry = (value) =>
  isObject(value) &&
  isText(value.name) &&
  Number.isSafeInteger(value.size) &&
  value.size >= 0 &&
  HASH.test(value.sha256);

const isSource = (value) =>
  isObject(value) &&
  (value.files === undefined || isList(value.files, isEntry)) &&
  (value.places === undefined || isList(value.places, isObject));

const isAdapter = (value) =>
  isObject(value) &&
  isList(value.files, isEntry) &&
  isNullOr(value.taughtOn, isEntry) &&
  isNullOr(value.vectors, isEntry);

const isCheckpoint = (value) => isObject(value) && isEntry(value.file) && isEntry(value.lesson);

function isManifest(value) {
  return (
    isObject(value) &&
    value.format === FORMAT &&
    value.version === VERSION &&
    isText(value.name) &&
    [value.createdAt, value.changedAt].every(Number.isFinite) &&
    isList(value.sources, isSource) &&
    isList(value.vectors, isEntry) &&
    isNullOr(value.adapter, isAdapter) &&
    isNullOr(value.checkpoint ?? null, isCheckpoint) &&
    isNullOr(value.settings, isObject) &&
    isNullOr(value.results, isEntry) &&
    isList(value.runs, isObject)
  );
}
