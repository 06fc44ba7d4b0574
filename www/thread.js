// One of the engine's threads: the same module on the same memory, working until the page ends it.

// A panic rejects a promise; as an error it reaches the page.
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  self.reportError(event.reason);
});

self.addEventListener(
  'message',
  async ({ data: { module, memory } }) => {
    const { default: init, run_thread: runThread } = await import('../pkg/threads/figret.js');
    await init({ module_or_path: module, memory });
    self.postMessage('ready');
    runThread();
  },
  { once: true },
);
