// From an empty page to the first results, and back to them after a crash.

import { readFiles } from '../files.js';
import { wishOf } from '../model-choice.js';
import { settingsIn } from '../places.js';
import { lastProject, rememberLast } from '../projects/last.js';
import { requests } from '../protocol.js';
import { freshCollection } from '../store.js';
import { words } from '../words.js';
import { openFiles, openLeftOut, openSample, settle } from './collection.js';
import { aside, attempt } from './outcome.js';
import { readProject, reopen as reopenProject, reopenOrSample, showKept } from './restoring.js';

/** Starts the worker, loads the model and opens the last project or the sample; `options` come from the address. */
export function start(turn, options, keeping) {
  const { engine, store } = turn;
  keeping.letGo();
  store.update({ problem: null, phase: 'starting', modelChoice: options.model });
  return attempt(
    store,
    async () => {
      // Not within the turn: files that are dropped meanwhile need the model too.
      const last = readLast(store);
      await openModel(engine, options);
      await reopenOrSample(engine, keeping, await last);
      await settle(turn);
    },
    { retry: 'start' },
  );
}

/** Reads the last project and shows what it says; `null` if there is none, or none that can be read. */
function readLast(store) {
  const id = lastProject();
  if (!id) return null;
  return aside(store, async () => {
    // What cannot be read or shown must not stand in the way next time.
    rememberLast(null);
    const project = await readProject(id);
    showKept(store, project);
    rememberLast(id);
    return project;
  });
}

async function openModel(engine, options) {
  const { store } = engine;
  const { defaults, methods, scopes } = await startWorker(engine, options.threads);
  store.update({
    defaults,
    methods,
    scopes,
    settings: store.state.settings ?? settingsIn(options.hash, { ...defaults, ...options.presets }),
    phase: 'loading-model',
    work: { task: 'model', progress: null },
  });
  await loadModel(engine, options, await readFiles(options.modelFiles));
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

async function loadModel(engine, { backend, allowSoftware, modelBase, model }, files) {
  const { store } = engine;
  const request = requests.open({
    backend,
    allow_software: allowSoftware,
    model_base: modelBase,
    files,
    model: wishOf(model),
  });
  const onProgress = (progress) => store.update({ work: { task: 'model', progress } });
  const transfer = files.map(({ bytes }) => bytes.buffer);
  const engineInfo = await engine.request(request, { onProgress, transfer });
  store.update({ engineInfo, phase: 'opening', work: null });
}

/**
 * Loads another model and opens again what is open; what was embedded, measured and taught belongs to the one before.
 * A model that cannot be used changes nothing: what was there with the one `before` is there again. Gives whether it
 * was changed.
 */
export async function changeModel(turn, options, before, keeping) {
  const { engine, store } = turn;
  const { sources, project } = store.state;
  await keeping.close();
  rememberLast(null);
  const openAgain = async () => {
    for (const source of sources) await reopen(engine, source);
    if (sources.length === 0) await openSample(engine);
  };
  await attempt(store, async () => {
    leave(store, options);
    await openModel(engine, options);
    await openAgain();
    await settle(turn);
  });
  if (store.state.engineInfo) return true;

  const { problem } = store.state;
  await attempt(
    store,
    async () => {
      leave(store, before);
      await openModel(engine, { ...options, ...before });
      if (!(await takeBack(engine, keeping, project))) await openAgain();
      await settle(turn);
    },
    { retry: 'start' },
  );
  // Said once everything is back, by what is wrong with the other model.
  if (!store.state.problem) store.update({ problem });
  return false;
}

/** Puts away what was there with a model. */
function leave(store, { model }) {
  const gone = { collection: null, sources: [], project: null, engineInfo: null, checkpoint: null, adapter: null };
  store.update({ ...freshCollection, ...gone, problem: null, phase: 'starting', modelChoice: model });
}

/** Restarts a broken worker and reopens what was open; gives up if it never worked. */
export async function recover(turn, options, message, keeping) {
  const { engine, store } = turn;
  const { collection, sources, project, isUnkept, checkpoint } = store.state;
  // Without a collection a second crash on the way is the end of the attempts.
  const gone = { collection: null, sources: [], work: null, engineInfo: null, teaching: null };
  store.update({ ...freshCollection, ...gone });
  if (!collection || sources.length === 0) {
    // The project that was being opened must not be in the way again.
    rememberLast(null);
    store.update({ phase: 'failed', problem: { ...words.problem.neverStarted(message), retry: 'start' } });
    return;
  }
  store.update({ phase: 'starting', problem: words.problem.crashed(message) });
  await attempt(
    store,
    async () => {
      await openModel(engine, options);
      const isWhole = await takeBack(engine, keeping, project);
      if (!isWhole) for (const source of sources) await reopen(engine, source);
      store.update({ isUnkept, checkpoint, problem: words.problem[isWhole ? 'recoveredWhole' : 'recovered'](message) });
      await settle(turn);
    },
    { retry: 'start' },
  );
}

/** Opens the project again, if it was kept up to date; gives whether it is open. */
function takeBack(engine, keeping, project) {
  const isKept = project && !project.failure && !project.isElsewhere;
  keeping.letGo();
  if (!isKept) return false;
  return aside(engine.store, async () => {
    await reopenProject(engine, keeping, await readProject(project.id));
    return true;
  });
}

function reopen(engine, source) {
  if (source.places) return openLeftOut(engine, source);
  return source.files ? openFiles(engine, source) : openSample(engine);
}
