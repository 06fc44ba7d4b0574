// The one place where answers are kept; a browser that keeps nothing gets on without.

import { Forgetful, openKept } from '../llm/kept.js';

let opening = null;

/** Opens it once. */
export function theKept() {
  opening ??= openKept().catch(() => new Forgetful());
  return opening;
}

/** Batches on a collection whose answers have come and were not taken in, without their texts. */
export async function keptFor(collection) {
  if (!collection) return [];
  const kept = await theKept();
  const batches = (await kept.batches()).filter((batch) => batch.collection === collection.name);
  return batches.map(({ id, begunAt, model, stage, asks, answered }) => ({
    id,
    begunAt,
    model,
    stage,
    answered,
    total: asks.length,
  }));
}
