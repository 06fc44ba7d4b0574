// Whether a worker is still there. A browser may end one without an event; a lock that it held is free then.

/** In the worker: holds a lock for as long as it lives; resolves once it does, or where the browser has no locks. */
export function live(name, locks = navigator.locks) {
  if (!locks) return Promise.resolve();
  return new Promise((resolve) => {
    const held = () => {
      resolve();
      return new Promise(() => {});
    };
    locks.request(name, held).catch(resolve);
  });
}

/** On the page: resolves when the worker that holds the lock has gone; rejects when `signal` says not to wait. */
export function whenGone(name, signal, locks = navigator.locks) {
  return locks ? locks.request(name, { signal }, () => {}) : new Promise(() => {});
}
