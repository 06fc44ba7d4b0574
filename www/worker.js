// The worker: starts the engine, which then answers the page's requests itself.

// A panic inside the engine rejects a promise; as an error it reaches the page.
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  self.reportError(event.reason);
});

try {
  const { default: init, start } = await import('../pkg/figret.js');
  await init();
  start();
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
