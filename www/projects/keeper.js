// One project that is being kept: contents are written first, under their hashes, and the manifest last.

import { MANIFEST, readManifest, sectionsOf } from './manifest.js';
import { sha256 } from './sha256.js';

/** A broken write leaves the project as it was: nothing but the manifest says what belongs to it. */
export class Keeper {
  #drawer;
  #known = new WeakMap();

  /** What is kept now; `null` before the first time. */
  manifest;

  constructor(drawer, manifest) {
    this.#drawer = drawer;
    this.manifest = manifest;
  }

  /** Says that an object's content is kept already. */
  know(object, entry) {
    this.#known.set(object, entry);
  }

  /** Keeps a file's content, once; gives its entry. */
  async putFile(file, name = file.name) {
    const known = this.#known.get(file);
    if (known) return known;
    const entry = await this.put(name, await file.arrayBuffer());
    this.know(file, entry);
    return entry;
  }

  /** Keeps bytes or a text; gives the entry. The same bytes are not read twice: a lesson's may be many. */
  async put(name, content) {
    if (typeof content !== 'string' && this.#known.has(content)) return this.#known.get(content);
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    const entry = { name, size: bytes.byteLength, sha256: await sha256(bytes) };
    const kept = await this.#drawer.read(entry.sha256);
    if (kept?.size !== entry.size) await this.#drawer.write(entry.sha256, bytes);
    if (typeof content !== 'string') this.know(content, entry);
    return entry;
  }

  /** Makes `fields` those of the project, changed when `changedAt` says; gives whether anything has changed. */
  async commit(fields, changedAt = Date.now()) {
    const next = { ...this.manifest, ...fields };
    if (JSON.stringify(next) === JSON.stringify(this.manifest)) return false;
    next.changedAt = changedAt;
    await this.#drawer.write(MANIFEST, JSON.stringify(next));
    this.manifest = next;
    await this.#sweep();
    return true;
  }

  /** Gives the project another name; what it holds has not changed. */
  rename(name) {
    return this.commit({ name }, this.manifest.changedAt);
  }

  /** Removes what the manifest does not name. */
  async #sweep() {
    const named = new Set(
      Object.values(sectionsOf(this.manifest))
        .flat()
        .map((entry) => entry.sha256),
    );
    for (const name of await this.#drawer.names()) {
      if (name !== MANIFEST && !named.has(name)) await this.#drawer.remove(name);
    }
  }
}

/** The manifest in a project's folder, or `null`. */
export async function manifestIn(drawer, id) {
  const file = await drawer.read(MANIFEST);
  const manifest = file && readManifest(await file.text());
  return manifest && { ...manifest, id };
}
