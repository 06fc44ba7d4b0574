// transformers.js in a worker: the feature-extraction pipeline as its documentation shows it, mean and normalised.

import { env, pipeline } from './peer/transformers.min.js';

const HERE = new URL('./peer/', import.meta.url).href;

const MODEL = 'all-MiniLM-L6-v2';

/** A pipeline for each graph. */
const extractors = new Map();

const calls = {
  async open({ device, graphs, threads }) {
    env.allowRemoteModels = false;
    env.allowLocalModels = true;
    // A path, not an address: of addresses transformers.js believes that the tokenizer is missing.
    env.localModelPath = `${new URL(HERE).pathname}models/`;
    env.useBrowserCache = false;
    env.backends.onnx.wasm.wasmPaths = HERE;
    env.backends.onnx.wasm.numThreads = threads;
    for (const graph of graphs) {
      const options = { device, dtype: 'fp32', model_file_name: graph };
      extractors.set(graph, await pipeline('feature-extraction', MODEL, options));
    }
    return { version: env.version, adapter: device === 'webgpu' ? await adapterInfo() : null };
  },

  async lengths({ texts }) {
    const [extractor] = extractors.values();
    return texts.map((text) => extractor.tokenizer(text, { truncation: false }).input_ids.dims.at(-1));
  },

  async embed({ texts, graph, batch }) {
    const extractor = extractors.get(graph);
    const order = texts.map((_, index) => index).sort((a, b) => texts[b].length - texts[a].length);
    let vectors = null;
    for (let from = 0; from < order.length; from += batch) {
      const chosen = order.slice(from, from + batch);
      const output = await extractor(chosen.map((index) => texts[index]), { pooling: 'mean', normalize: true });
      const width = output.dims.at(-1);
      vectors ??= new Float32Array(texts.length * width);
      chosen.forEach((index, row) => vectors.set(output.data.subarray(row * width, (row + 1) * width), index * width));
      output.dispose?.();
    }
    return vectors;
  },
};

/** The adapter of the device that ONNX Runtime computes on. */
async function adapterInfo() {
  const { adapter, device } = env.backends.onnx.webgpu ?? {};
  const info = (await device)?.adapterInfo ?? adapter?.info;
  return info ? { vendor: info.vendor, architecture: info.architecture } : null;
}

self.addEventListener('message', async ({ data: { id, name, argument } }) => {
  try {
    const value = await calls[name](argument);
    self.postMessage({ id, value }, value instanceof Float32Array ? [value.buffer] : []);
  } catch (error) {
    self.postMessage({ id, error: String(error?.message ?? error) });
  }
});
