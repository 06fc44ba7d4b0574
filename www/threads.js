// The engine's threads: workers that the page starts when the engine's worker asks for them, and ends with it.

import { scriptUrl } from './scripts.js';

/** Threads that are of use here: one for each processor, and not so many that they wait for each other. */
export function usefulThreads() {
  return Math.min(navigator.hardwareConcurrency ?? 1, 8);
}

/** Workers of one engine. */
export class Threads {
  #workers = [];

  /** Starts as many as `port` asks for; `onError` is told of one that breaks later. */
  constructor(port, onError) {
    port.onmessage = async ({ data: { count, module, memory } }) => {
      try {
        const starts = Array.from({ length: count }, () => this.#start({ module, memory }, onError));
        await Promise.all(starts);
        port.postMessage({});
      } catch (error) {
        this.end();
        port.postMessage({ error: String(error.message ?? error) });
      }
    };
  }

  /** Ends them all. */
  end() {
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
  }

  #start(parts, onError) {
    const worker = new Worker(scriptUrl('thread'), { type: 'module' });
    this.#workers.push(worker);
    return new Promise((resolve, reject) => {
      worker.onmessage = () => {
        worker.onerror = onError;
        resolve();
      };
      worker.onerror = (event) => {
        event.preventDefault();
        reject(event);
      };
      worker.postMessage(parts);
    });
  }
}
