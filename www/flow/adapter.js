// The adapter as files, out and in.

import { readFiles } from '../files.js';
import { requests } from '../protocol.js';
import { settle } from './collection.js';
import { aside, attempt } from './outcome.js';
import { compare } from './teach.js';

/** Asks for the adapter's files and keeps them as links to download. */
export function exportAdapter(engine) {
  const { store } = engine;
  return aside(store, async () => {
    const { files, size_bytes: sizeBytes } = await engine.request(requests.exportAdapter({}));
    for (const { url } of store.state.adapter?.files ?? []) URL.revokeObjectURL(url);
    store.update({ adapter: { files: files.map(asLink), sizeBytes } });
  });
}

function asLink({ name, bytes }) {
  return { name, sizeBytes: bytes.length, url: URL.createObjectURL(new Blob([bytes])) };
}

/** Takes a PEFT adapter as the state after teaching, then compares. */
export function loadAdapter(turn, { files }) {
  const { store } = turn;
  return attempt(store, async () => {
    const taught = await attempt(store, () => readAdapter(turn, files));
    if (taught) store.update({ taught, adapter: null, lesson: null, comparison: null });
    // What was interrupted is taken up again; it ends with the comparison too.
    if (turn.interrupts) await settle(turn);
    else if (taught) await compare(turn);
  });
}

async function readAdapter(turn, files) {
  turn.store.update({ phase: 'opening', work: { task: 'reading', progress: null } });
  const named = await readFiles(files);
  const transfer = named.map(({ bytes }) => bytes.buffer);
  const onProgress = (progress) => turn.store.patch('work', { progress });
  return turn.request(requests.loadAdapter({ files: named }), { transfer, onProgress });
}
