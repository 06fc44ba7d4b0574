// The adapter as files, out and in.

import { readFiles } from '../files.js';
import { requests } from '../protocol.js';
import { words } from '../words.js';
import { attempt } from './outcome.js';
import { compare } from './teach.js';

/** Asks for the adapter's files and keeps them as links to download. */
export function exportAdapter(engine) {
  const { store } = engine;
  return attempt(store, async () => {
    const { files, size_bytes: sizeBytes } = await engine.request(requests.exportAdapter({}));
    for (const { url } of store.state.adapter?.files ?? []) URL.revokeObjectURL(url);
    store.update({ adapter: { files: files.map(asLink), sizeBytes } });
  });
}

function asLink({ name, bytes }) {
  return { name, sizeBytes: bytes.length, url: URL.createObjectURL(new Blob([bytes])) };
}

/** Takes a PEFT adapter as the state after teaching, then compares. */
export function loadAdapter(engine, { files }) {
  const { store } = engine;
  if (store.state.teaching) {
    store.update({ problem: words.problem.lessonFirst });
    return Promise.resolve();
  }
  return attempt(store, async () => {
    const named = await readFiles(files);
    const request = requests.loadAdapter({ files: named });
    const taught = await engine.request(request, { transfer: named.map(({ bytes }) => bytes.buffer) });
    store.update({ taught, adapter: null, lesson: null, comparison: null });
    await compare(engine);
  });
}
