// From an empty page to the first results, and back to them after a crash.

import { readFiles } from '../files.js';
import { settingsIn } from '../places.js';
import { requests } from '../protocol.js';
import { freshCollection } from '../store.js';
import { words } from '../words.js';
import { openFiles, openLeftOut, openSample, settle } from './collection.js';
import { attempt } from './outcome.js';

/** Starts the worker, loads the model and opens the sample; `options` come from the address. */
export function start(turn, options) {
  const { engine, store } = turn;
  store.update({ problem: null, phase: 'starting' });
  return attempt(
    store,
    async () => {
      // Not within the turn: files that are dropped meanwhile need the model too.
      await openModel(engine, options, () => openSample(engine));
      await settle(turn);
    },
    { retry: 'start' },
  );
}

async function openModel(engine, options, alongside) {
  const { store } = engine;
  const { defaults, methods } = await startWorker(engine, options.threads);
  store.update({
    defaults,
    methods,
    settings: store.state.settings ?? settingsIn(options.hash, { ...defaults, ...options.presets }),
    phase: 'loading-model',
    work: { task: 'model', progress: null },
  });
  // Before either request is sent: the worker takes them in their order, and the sample needs the model.
  const files = await readFiles(options.modelFiles);
  const model = loadModel(engine, options, files);
  await Promise.all([model, alongside()]);
}

/** A worker without its engine says only what the browser said. */
async function startWorker(engine, threads) {
  try {
    return await engine.start(threads);
  } catch (error) {
    if (error.failure) Object.assign(error.failure, words.problem.neverStarted(error.failure.message));
    throw error;
  }
}

async function loadModel(engine, { backend, allowSoftware, modelBase }, files) {
  const { store } = engine;
  const request = requests.open({ backend, allow_software: allowSoftware, model_base: modelBase, files });
  const onProgress = (progress) => store.update({ work: { task: 'model', progress } });
  const transfer = files.map(({ bytes }) => bytes.buffer);
  const engineInfo = await engine.request(request, { onProgress, transfer });
  store.update({ engineInfo, phase: 'opening', work: null });
}

/** Restarts a broken worker and reopens what was open; gives up if it never worked. */
export async function recover(turn, options, message) {
  const { engine, store } = turn;
  const { collection, sources } = store.state;
  // Without a collection a second crash on the way is the end of the attempts.
  store.update({ ...freshCollection, collection: null, sources: [], work: null, engineInfo: null, teaching: null });
  if (!collection) {
    store.update({ phase: 'failed', problem: { ...words.problem.neverStarted(message), retry: 'start' } });
    return;
  }
  store.update({ phase: 'starting', problem: words.problem.crashed(message) });
  await attempt(
    store,
    async () => {
      await openModel(engine, options, async () => {});
      for (const source of sources) await reopen(engine, source);
      store.update({ problem: words.problem.recovered(message) });
      await settle(turn);
    },
    { retry: 'start' },
  );
}

function reopen(engine, source) {
  if (source.places) return openLeftOut(engine, source);
  return source.files ? openFiles(engine, source) : openSample(engine);
}
