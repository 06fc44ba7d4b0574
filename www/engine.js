// The page's side of the engine: owns the worker, the request ids and the store.

import { whenGone } from './life.js';
import { dispatch, requests } from './protocol.js';
import { scriptUrl } from './scripts.js';
import { Store } from './store.js';
import { Threads } from './threads.js';

/** A request that failed; `failure` is what the worker said. */
export class EngineFailure extends Error {
  constructor(failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** A request that was given up at the person's wish. */
export class Cancelled extends Error {}

/** A request was given up because the worker broke. */
export class Crashed extends Cancelled {}

/** Request id under which the worker reports that it could not start. */
const START = 0;

/** Starts the worker, sends requests and settles their promises. */
export class Engine {
  #worker = null;
  #threads = null;
  #watch = null;
  #ready = null;
  #nextId = START + 1;
  #pending = new Map();

  constructor() {
    this.store = new Store();
    /** Called with a message after the worker has broken; every pending request is rejected by then. */
    this.onCrash = () => {};
    /** Called with vectors that an indexing gives out on its way. */
    this.onVectors = () => {};
    /** Called with what the engine runs on after a device was lost. */
    this.onBackend = () => {};
  }

  /** Starts a fresh worker with as many threads, where the browser has them; resolves with the `ready` event. */
  start(threads) {
    this.#end();
    this.#giveUpPending();
    this.#worker = new Worker(scriptUrl('worker'), { type: 'module' });
    this.#worker.addEventListener('message', ({ data }) => this.#receive(data));
    this.#worker.addEventListener('error', (event) => this.#crash(event));
    const { port1, port2 } = new MessageChannel();
    this.#threads = new Threads(port1, (event) => this.#crash(event));
    const life = `figret-worker-${crypto.randomUUID?.() ?? Math.random()}`;
    this.#worker.postMessage({ threads, port: port2, life }, [port2]);
    this.#ready = new Promise((resolve, reject) => this.#pending.set(START, { resolve, reject }));
    this.#watch = new AbortController();
    const { signal } = this.#watch;
    this.#ready.then(() => whenGone(life, signal)).then(
      () => this.#crash(new Event('gone', { cancelable: true })),
      () => {},
    );
    return this.#ready;
  }

  /** Sends a request; resolves with its reply. */
  request(request, options) {
    return this.begin(request, options).reply;
  }

  /** Sends a request; gives its id at once, so that it can be paused or cancelled. */
  begin(request, { onProgress = () => {}, transfer = [] } = {}) {
    const id = this.#nextId++;
    const reply = new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject, onProgress }));
    this.#ready
      .then(() => this.#worker.postMessage({ request_id: id, request }, transfer))
      .catch((error) => this.#refuse(id, error));
    return { id, reply };
  }

  /** Gives up a running request; its promise rejects with `Cancelled`. */
  cancel(target) {
    return this.request(requests.cancel({ target }));
  }

  #receive(event) {
    dispatch(event, {
      ready: () => this.#settle(START).resolve(event),
      progress: () => this.#tell(event),
      done: () => this.#settle(event.request_id).resolve(event.reply),
      failed: () => this.#settle(event.request_id).reject(new EngineFailure(event.failure)),
      cancelled: () => this.#settle(event.request_id).reject(new Cancelled()),
    });
  }

  #tell({ request_id: id, progress }) {
    if (progress.kind === 'vectors') this.onVectors(progress.bytes);
    else if (progress.kind === 'backend') this.onBackend(progress);
    else this.#pending.get(id)?.onProgress(progress);
  }

  /** A request that never reached the worker; after a crash it has been rejected already. */
  #refuse(id, error) {
    this.#pending.get(id)?.reject(error);
    this.#pending.delete(id);
  }

  #settle(id) {
    const pending = this.#pending.get(id);
    if (!pending) throw new Error(`event for unknown request ${id}`);
    this.#pending.delete(id);
    return pending;
  }

  #end() {
    this.#watch?.abort();
    this.#worker?.terminate();
    this.#threads?.end();
  }

  #giveUpPending(reason = new Cancelled()) {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(reason);
  }

  #crash(event) {
    event.preventDefault();
    this.#end();
    this.#giveUpPending(new Crashed());
    // Until the next start every request is refused at once rather than left waiting.
    this.#ready = Promise.reject(new Cancelled());
    this.#ready.catch(() => {});
    // After the rejections have been handled.
    setTimeout(() => this.onCrash(event.message ?? ''));
  }
}
