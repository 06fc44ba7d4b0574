// What the benchmark command calls, one step a call: the command decides on rounds, warm-ups and medians.
//
// Times are taken here, from the texts to their unit vectors, tokenising and messages to the worker included.

import { OwnEngine, Peer } from './contender.js';

/** What is longer is cut off by this engine, and elsewhere cut off differently; such texts are left out. */
const MAX_TOKENS = 256;

const MODEL = '../../models/all-MiniLM-L6-v2';

const contenders = {};
const vectors = {};
let texts = [];

/** The adapter that a page gets; null if there is none. */
async function adapter() {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) return null;
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  return { vendor, architecture, device, description, is_software: isFallbackAdapter || architecture === 'swiftshader' };
}

/** Opens both on a device; gives what each says of itself. */
async function open({ device, graphs, threads }) {
  contenders.engine = new OwnEngine();
  contenders.peer = new Peer();
  const engine = await contenders.engine.open({ device, model: MODEL, threads });
  const peer = await contenders.peer.open({ device, graphs, threads });
  return { engine, peer };
}

/** Opens this engine twice, with one thread as the peer of itself with several; gives what each says of itself. */
async function openThreads(threads) {
  contenders.engine = new OwnEngine();
  contenders.peer = new OwnEngine();
  const engine = await contenders.engine.open({ device: 'wasm', model: MODEL, threads });
  const peer = await contenders.peer.open({ device: 'wasm', model: MODEL, threads: 1 });
  return { engine, peer };
}

/** Takes these texts, however long they are. */
function take(candidates) {
  texts = candidates;
}

/** Takes the first `count` candidates that neither side cuts off. */
async function choose(candidates, count) {
  const lengths = await contenders.peer.lengths(candidates);
  const chosen = candidates.map((_, index) => index).filter((index) => lengths[index] <= MAX_TOKENS).slice(0, count);
  if (chosen.length < count) throw new Error(`only ${chosen.length} of ${count} texts are short enough`);
  texts = chosen.map((index) => candidates[index]);
  const tokens = chosen.map((index) => lengths[index]);
  return { chosen, tokens };
}

/** Milliseconds that `engine` or `peer` takes for the chosen texts; the peer by one of its ways. */
async function time(name, way) {
  const start = performance.now();
  vectors[name] = await contenders[name].embed(texts, way);
  return performance.now() - start;
}

/** The least cosine between the two sides' vectors of a text, as they were last computed. */
function agreement() {
  const { engine, peer } = vectors;
  if (engine.length !== peer.length) throw new Error(`${engine.length} numbers against ${peer.length}`);
  const width = engine.length / texts.length;
  const cosines = texts.map((_, index) => {
    const row = (all) => all.subarray(index * width, (index + 1) * width);
    return cosine(row(engine), row(peer));
  });
  return Math.min(...cosines);
}

function cosine(a, b) {
  const dot = (x, y) => x.reduce((sum, value, index) => sum + value * y[index], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

window.bench = { adapter, open, openThreads, take, choose, time, agreement };
