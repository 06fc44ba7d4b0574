// A project back into the page: what was shown is shown at once, the engine follows.

import { EngineFailure } from '../engine.js';
import { isSameModel } from '../model-choice.js';
import { theCabinet } from '../projects/cabinet.js';
import { contentsOf } from '../projects/contents.js';
import { manifestIn } from '../projects/keeper.js';
import { rememberLast } from '../projects/last.js';
import { hold } from '../projects/lock.js';
import { sectionsOf } from '../projects/manifest.js';
import { understood } from '../projects/results.js';
import { requests } from '../protocol.js';
import { freshCollection } from '../store.js';
import { words } from '../words.js';
import { openSample, openSource } from './collection.js';
import { aside } from './outcome.js';

/** Reads a project; throws what can be said about it if it cannot be read. */
export async function readProject(id) {
  const cabinet = await theCabinet();
  if (!(await cabinet?.ids())?.includes(id)) throw new EngineFailure(words.projects.problem.gone);
  const drawer = await cabinet.drawer(id);
  const manifest = await manifestIn(drawer, id);
  if (!manifest) throw new EngineFailure(words.projects.problem.unreadable);
  const contents = await contentsOf(drawer, manifest);
  if (!hasPassages(manifest, contents)) throw new EngineFailure(words.projects.problem.empty(contents.damaged));
  return { drawer, manifest, contents, shown: understood(contents.results), isLasting: cabinet.isLasting };
}

/** Whether what a project begins with is there: without passages the rest would be added to what is open. */
function hasPassages(manifest, { sources: [first], damaged }) {
  if (!first || !manifest.sources.length) return false;
  return first.files === null || damaged.length === 0 || first.entries.some(({ roles }) => roles?.includes('corpus'));
}

/** Opens a project, or the sample if there is none or the engine refuses it. */
export async function reopenOrSample(engine, keeping, project) {
  const { store } = engine;
  const reopened = async () => {
    await reopen(engine, keeping, project);
    return true;
  };
  if (project && (await aside(store, reopened))) return;
  store.update(freshCollection);
  await openSample(engine);
}

/** Shows what a project says before the engine is there. */
export function showKept(store, { manifest, contents, shown }) {
  if (!shown || !isWhole(manifest, contents) || !isSameModel(shown.modelChoice, store.state.modelChoice)) return;
  store.update({
    ...freshCollection,
    ...shown,
    ...adapterOf(contents.adapter, shown),
    restored: label(manifest, shown),
  });
}

/** Brings the engine to where it was when the project was kept, and the page with it. */
export async function reopen(engine, keeping, project) {
  const { store } = engine;
  const { drawer, manifest, contents, shown, isLasting } = project;
  let collection = null;
  for (const source of contents.sources) collection = await openSource(engine, source);
  contents.vectors = await taken(contents, () => takeVectors(engine, contents.vectors), []);
  const loaded = contents.adapter && (await taken(contents, () => takeAdapter(store, engine, contents.adapter), null));
  if (!loaded) contents.adapter = null;
  // Figures of another model say nothing of this one.
  const isOfModel = shown && isSameModel(shown.modelChoice, store.state.modelChoice);
  const figures = isWhole(manifest, contents) && isOfModel ? shown : { collection };
  const taught = loaded && (figures.taught ?? loaded);
  const comparison = taught ? (figures.comparison ?? null) : null;
  const view = keeping.adopt(drawer, manifest, contents, await hold(manifest.id));
  for (const { url } of store.state.adapter?.files ?? []) URL.revokeObjectURL(url);
  keeping.knowTaught(taught);
  if (isLasting) rememberLast(manifest.id);
  store.update({
    ...freshCollection,
    ...figures,
    taught,
    comparison,
    lesson: taught ? (figures.lesson ?? null) : null,
    checkpoint: contents.checkpoint ?? null,
    ...adapterOf(contents.adapter, { taught }),
    settings: fitting(store.state.defaults, manifest.settings) ?? store.state.settings,
    sources: contents.sources,
    restored: label(manifest, { evaluation: figures.evaluation ?? null, comparison }),
    project: { ...view, isLasting },
    work: null,
    ...leftOut(contents),
  });
}

/** What the engine refuses is left out and named with what is damaged. */
async function taken(contents, take, instead) {
  try {
    return await take();
  } catch (error) {
    if (!(error instanceof EngineFailure)) throw error;
    contents.refused.push(error.failure.message);
    return instead;
  }
}

function leftOut({ damaged, refused }) {
  return damaged.length + refused.length > 0 ? { problem: words.projects.problem.leftOut(damaged, refused) } : {};
}

async function takeVectors(engine, vectors) {
  if (vectors.length > 0) {
    const transfer = vectors.map(({ bytes }) => bytes.buffer);
    await engine.request(requests.takeVectors({ files: vectors }), { transfer });
  }
  return vectors;
}

/** Copies go to the engine: the page still offers the files. */
function takeAdapter(store, engine, { files, taughtOn, vectors }) {
  const onProgress = (progress) => store.update({ work: { task: 'passages', progress } });
  const request = requests.loadAdapter({ files, taught_on: taughtOn ?? [], vectors: vectors ?? null });
  return engine.request(request, { onProgress });
}

/** Whether every file that was given is there: figures of other files say nothing. */
const isWhole = (manifest, { sources }) =>
  sectionsOf(manifest).files.length === sources.flatMap(({ files }) => files ?? []).length;

function adapterOf(adapter, { taught }) {
  if (!adapter || !taught) return { adapter: null };
  const files = adapter.files.map(({ name, bytes }) => ({
    name,
    sizeBytes: bytes.length,
    url: URL.createObjectURL(new Blob([bytes])),
  }));
  return { adapter: { files, sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) } };
}

/** What the page says of figures that come from a project, as long as it shows these. */
const label = ({ name, changedAt }, { evaluation, comparison }) => ({ name, at: changedAt, evaluation, comparison });

/** Settings as this page knows them: what it does not know is left out, what is missing has its default. */
function fitting(defaults, settings) {
  if (!defaults || !settings) return null;
  const kept = Object.keys(defaults).filter((key) => typeof settings[key] === typeof defaults[key]);
  return { ...defaults, ...Object.fromEntries(kept.map((key) => [key, settings[key]])) };
}
