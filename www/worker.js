// The worker: starts the engine, which then answers the page's requests itself.

import '../pkg/files.js';
import { live } from './life.js';
import { modulesFor } from './modules.js';

// A panic inside the engine rejects a promise; as an error it reaches the page.
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  self.reportError(event.reason);
});

try {
  const { threads, port, life } = await firstMessage();
  await live(life);
  const folders = modulesFor(threads);
  const engine = (folders.includes('threads') && (await threaded(threads, port))) || (await alone(folders.at(-1)));
  engine.start();
} catch (error) {
  const failure = {
    code: 'engine',
    message: String(error),
    hint: '',
    bad_lines: [],
    bad_line_count: 0,
    usable_count: 0,
  };
  self.postMessage({ kind: 'failed', request_id: 0, failure });
}

/** The page says how many threads it wants, and gives a port by which it can be asked for them and a lock to hold. */
function firstMessage() {
  return new Promise((resolve) => self.addEventListener('message', ({ data }) => resolve(data), { once: true }));
}

/** The engine on its own; a module that is not the one on the list of files is refused. */
async function alone(folder) {
  const name = `pkg/${folder}/figret_bg.wasm`;
  const engine = await import(`../pkg/${folder}/figret.js`);
  const response = fetch(new URL(`../${name}`, import.meta.url), { integrity: self.figretFiles.files[name] });
  await engine.default({ module_or_path: response });
  return engine;
}

/** The engine with `count` threads that the page starts; null where the browser refuses the memory or a thread. */
async function threaded(count, port) {
  try {
    const engine = await alone('threads');
    const ready = new Promise((resolve, reject) => {
      port.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve());
    });
    const [module, memory] = engine.shared_parts();
    port.postMessage({ count, module, memory });
    await ready;
    engine.build_pool(count);
    return engine;
  } catch (error) {
    console.warn(`without threads: ${error}`);
    return null;
  }
}
