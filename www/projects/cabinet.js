// The one place where projects are kept; a browser that keeps nothing gets on without.

import { MemoryCabinet } from './memory.js';
import { openCabinet } from './opfs.js';

let opening = null;

/** Opens it once; `null` on a page without a secure address, where no browser keeps files or computes their hashes. */
export function theCabinet() {
  opening ??= globalThis.crypto?.subtle ? openCabinet().catch(() => new MemoryCabinet()) : Promise.resolve(null);
  return opening;
}
