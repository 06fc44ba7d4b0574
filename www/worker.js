// The worker: starts the engine, which then answers the page's requests itself.

// A panic inside the engine rejects a promise; as an error it reaches the page.
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  self.reportError(event.reason);
});

// A module of one function that holds `f32x4.relaxed_madd`; browsers without it refuse the bytes.
const RELAXED_SIMD = Uint8Array.of(
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, // magic, version
  0x01, 0x08, 0x01, 0x60, 0x03, 0x7b, 0x7b, 0x7b, 0x01, 0x7b, // type: (v128, v128, v128) -> v128
  0x03, 0x02, 0x01, 0x00, // one function of that type
  0x0a, 0x0d, 0x01, 0x0b, 0x00, 0x20, 0x00, 0x20, 0x01, 0x20, 0x02, 0xfd, 0x85, 0x02, 0x0b,
);

try {
  const { threads, port } = await firstMessage();
  const hasRelaxedSimd = WebAssembly.validate(RELAXED_SIMD);
  const isThreaded = hasRelaxedSimd && threads > 1 && self.crossOriginIsolated;
  const engine =
    (isThreaded && (await threaded(threads, port))) || (await alone(hasRelaxedSimd ? 'relaxed-simd' : 'baseline'));
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

/** The page says how many threads it wants and gives a port by which it can be asked for them. */
function firstMessage() {
  return new Promise((resolve) => self.addEventListener('message', ({ data }) => resolve(data), { once: true }));
}

/** The engine on its own. */
async function alone(folder) {
  const engine = await import(`../pkg/${folder}/figret.js`);
  await engine.default();
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
