// The scripts that this page may start beside itself; with Trusted Types the browser takes no other address.

const SCRIPTS = {
  worker: new URL('./worker.js', import.meta.url).href,
  thread: new URL('./thread.js', import.meta.url).href,
  service: new URL('../service-worker.js', import.meta.url).href,
};

/** Looks a name up; a name that is not there is refused. */
const createScriptURL = (name) => {
  if (!Object.hasOwn(SCRIPTS, name)) throw new TypeError(`there is no script ${name}`);
  return SCRIPTS[name];
};

const policy = globalThis.trustedTypes?.createPolicy('figret', { createScriptURL }) ?? { createScriptURL };

/** The address of `worker`, `thread` or `service`. */
export const scriptUrl = (name) => policy.createScriptURL(name);
