// What a comparison needs to be made again: files with their hashes, model, settings, versions.

import { SHAPE } from '../protocol.js';

/** Plain values for JSON; reads the person's files to hash them. */
export async function factsOf({ collection, sources, engineInfo, lesson, taught, comparison }) {
  const { per_query: _, evaluation: __, ...figures } = comparison;
  const { stories: ___, rounds, ...learnt } = taught;
  const files = sources.flatMap((source) => source.files ?? []);
  return {
    collection: {
      name: collection.name,
      is_sample: collection.is_sample,
      passages: collection.passages,
      judged_queries: collection.judged_queries,
      judgements: collection.judgements,
      feedback: collection.feedback ?? null,
      files: collection.files,
      left_out: collection.left_out_count,
    },
    sha256: Object.fromEntries(await Promise.all(files.map(hashed))),
    engine: engineInfo,
    settings: lesson?.settings ?? null,
    taught: { ...learnt, rounds: rounds.length },
    comparison: figures,
    engine_protocol: SHAPE,
    written: new Date().toISOString(),
  };
}

/** One file after the other would hash no faster, and all of them are in memory once in any case. */
async function hashed(file) {
  const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
  const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [file.path || file.webkitRelativePath || file.name, hex];
}
