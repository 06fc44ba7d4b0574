// A project read back: every file is compared with its hash, and what is damaged is named and left out.

import { sha256 } from './sha256.js';

/**
 * What a project holds: `sources` with files as they were given, `vectors` and the adapter as the engine takes them,
 * `results` as they were shown, in `damaged` the names of what is missing or not as it was written, and room in
 * `refused` for what the engine says of the rest.
 */
export async function contentsOf(drawer, manifest) {
  const reader = new Reader(drawer);
  const sources = [];
  for (const source of manifest.sources) sources.push(await reader.source(source));
  const vectors = await reader.all(manifest.vectors);
  const adapter = manifest.adapter && (await reader.adapter(manifest.adapter));
  const checkpoint = manifest.checkpoint && (await reader.checkpoint(manifest.checkpoint));
  const results = manifest.results && (await reader.json(manifest.results));
  // A source that has lost all its files says nothing any more.
  const usable = sources.filter(({ files }) => files === null || files === undefined || files.length > 0);
  return { sources: usable, vectors, adapter, checkpoint, results, damaged: reader.damaged, refused: [] };
}

class Reader {
  #drawer;
  damaged = [];

  constructor(drawer) {
    this.#drawer = drawer;
  }

  /** The bytes of an entry, or `null` if they are not what they were. */
  async bytes({ name, size, sha256: expected }) {
    const file = await this.#drawer.read(expected);
    const bytes = file?.size === size ? new Uint8Array(await file.arrayBuffer()) : null;
    if (bytes && (await sha256(bytes)) === expected) return bytes;
    this.damaged.push(name);
    return null;
  }

  /** Those that are whole, as `{ name, bytes }`. */
  async all(entries) {
    const files = [];
    for (const entry of entries) {
      const bytes = await this.bytes(entry);
      if (bytes) files.push({ name: entry.name, bytes });
    }
    return files;
  }

  async source({ files: entries, ...source }) {
    if (!entries) return { files: null, ...source };
    const files = [];
    for (const entry of entries) {
      const bytes = await this.bytes(entry);
      if (bytes) files.push({ file: fileOf(entry.name, bytes), entry });
    }
    return { ...source, files: files.map(({ file }) => file), entries: files.map(({ entry }) => entry) };
  }

  /** All of an adapter's files, or `null`; vectors that are damaged are made again. */
  async adapter({ files: entries, taughtOn, vectors }) {
    const files = await this.all(entries);
    const queries = taughtOn && (await this.json(taughtOn));
    if (files.length < entries.length || (taughtOn && !queries)) return null;
    return { files, taughtOn: queries, vectors: vectors && (await this.bytes(vectors)) };
  }

  /** What an interrupted lesson goes on from, or `null`. */
  async checkpoint({ file, lesson, step }) {
    const bytes = await this.bytes(file);
    const told = await this.json(lesson);
    return bytes && told && { bytes, step, lesson: told };
  }

  async json(entry) {
    const bytes = await this.bytes(entry);
    return bytes && JSON.parse(new TextDecoder().decode(bytes));
  }
}

/** Held in memory: the project may be deleted while it is open. */
function fileOf(name, bytes) {
  const file = new File([bytes], name);
  // A name with folders may be changed by the browser.
  file.path = name;
  return file;
}
