// The two that are measured, behind the same two calls, `open` and `embed`. Each runs in its own worker.

import { Engine } from '/www/engine.js';
import { requests } from '/www/protocol.js';

/** This engine, asked by its own protocol as the page asks it. */
export class OwnEngine {
  #engine = new Engine();

  /** `device` is `wasm` or `webgpu`, `threads` are those of wasm; gives what the engine says of itself. */
  async open({ device, model, threads }) {
    await this.#engine.start(threads);
    const backend = device === 'webgpu' ? 'gpu' : 'cpu';
    const base = new URL(`${model}/`, document.baseURI).href;
    const info = await this.#ask(requests.open({ backend, allow_software: true, model_base: base, files: [] }));
    if (info.backend !== backend) throw new Error(`the engine took ${info.backend} where ${backend} was asked for`);
    return { device: info.device, model: info.model, self_test_cosine: info.self_test_cosine };
  }

  /** Unit vectors of the texts, one after the other. */
  async embed(texts) {
    const { bytes } = await this.#ask(requests.embed({ texts, tuned: false }));
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  }

  /** A broken worker rejects what is pending without a word. */
  async #ask(request) {
    try {
      return await this.#engine.request(request);
    } catch (error) {
      throw new Error(`this engine: ${error.message || 'its worker broke'}`);
    }
  }
}

/** transformers.js in a worker of its own. */
export class Peer {
  #worker = new Worker(new URL('./peer-worker.js', import.meta.url), { type: 'module' });
  #pending = new Map();
  #nextId = 1;

  constructor() {
    this.#worker.addEventListener('message', ({ data }) => this.#receive(data));
    this.#worker.addEventListener('error', (event) => this.#fail(event.message));
  }

  /** `device` is `wasm` or `webgpu`, `graphs` are names of the model's files, `threads` are those of wasm. */
  open(settings) {
    return this.#call('open', settings);
  }

  /** Unit vectors of the texts, embedded by one of the graphs in batches of `batch` texts of like length. */
  embed(texts, { graph, batch }) {
    return this.#call('embed', { texts, graph, batch });
  }

  /** Tokens of each text, none cut off. */
  lengths(texts) {
    return this.#call('lengths', { texts });
  }

  #call(name, argument) {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ id, name, argument });
    });
  }

  #receive({ id, value, error }) {
    const { resolve, reject } = this.#pending.get(id);
    this.#pending.delete(id);
    if (error === undefined) resolve(value);
    else reject(new Error(`transformers.js: ${error}`));
  }

  #fail(message) {
    for (const { reject } of this.#pending.values()) reject(new Error(`transformers.js: ${message}`));
    this.#pending.clear();
  }
}
