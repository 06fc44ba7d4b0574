// Projects: opened, listed, renamed, deleted, taken away as one file and brought back.

import { EngineFailure } from '../engine.js';
import { theCabinet } from '../projects/cabinet.js';
import { Keeper, manifestIn } from '../projects/keeper.js';
import { rememberLast } from '../projects/last.js';
import { manifestsIn, namesIn, removeAbandoned } from '../projects/list.js';
import { hold } from '../projects/lock.js';
import { cleanName, freeName, freshId, sizesOf } from '../projects/manifest.js';
import { fileNameOf, pack, unpack } from '../projects/pack.js';
import { ZipError } from '../projects/zip.js';
import { words } from '../words.js';
import { settle } from './collection.js';
import { aside, attempt } from './outcome.js';
import { readProject, reopenOrSample } from './restoring.js';

/** Clears away what was begun and never kept, and shows which projects there are. */
export function lookForProjects(store) {
  return aside(store, async () => {
    const cabinet = await theCabinet();
    if (cabinet) await removeAbandoned(cabinet);
    await listProjects(store);
  });
}

/** Shows which projects there are and what room they take. */
export function listProjects(store) {
  return aside(store, async () => {
    const cabinet = await theCabinet();
    if (!cabinet) {
      store.update({ projects: { isAvailable: false, list: [] } });
      return;
    }
    const list = (await manifestsIn(cabinet)).map(({ id, manifest }) => (manifest ? inShort(manifest) : { id }));
    list.sort((a, b) => (b.changedAt ?? 0) - (a.changedAt ?? 0));
    store.update({ projects: { isAvailable: true, isLasting: cabinet.isLasting, list, room: await roomLeft() } });
  });
}

const inShort = (manifest) => ({
  id: manifest.id,
  name: manifest.name,
  createdAt: manifest.createdAt,
  changedAt: manifest.changedAt,
  sizes: sizesOf(manifest),
  files: manifest.sources
    .flatMap((source) => source.files ?? [])
    .map(({ name, size, roles }) => ({ name, size, roles })),
  isOnSample: Boolean(manifest.sources[0]?.sample),
  runs: manifest.runs,
});

/** What the browser says of its room, `null` if it says nothing. */
async function roomLeft() {
  const storage = navigator.storage;
  if (!storage?.estimate) return null;
  const { usage, quota } = await storage.estimate();
  return { usage, quota, isPersistent: (await storage.persisted?.()) ?? false };
}

/** Opens a project in place of what is open. */
export function openProject(turn, keeping, { id }) {
  const { store, engine } = turn;
  if (store.state.project?.id === id) return Promise.resolve();
  return attempt(store, async () => {
    await keeping.save();
    // What cannot be read changes nothing.
    const project = await readProject(id);
    store.update({ phase: 'opening', work: { task: 'reading', progress: null } });
    await reopenOrSample(engine, keeping, project);
    await settle(turn);
  });
}

/** Gives a project another name. */
export function renameProject(store, keeping, { id, name }) {
  return aside(store, async () => {
    const isOpen = store.state.project?.id === id;
    if (isOpen) await keeping.rename(cleanName(name));
    else await alone(id, async (drawer) => new Keeper(drawer, await manifestIn(drawer, id)).rename(cleanName(name)));
    await listProjects(store);
  });
}

/** Deletes a project; if it is the open one, what is open stays so and is not kept any more. */
export function removeProject(store, keeping, { id }) {
  return aside(store, async () => {
    const cabinet = await theCabinet();
    const { project } = store.state;
    if (project?.id === id && !project.isElsewhere) {
      await keeping.close();
      rememberLast(null);
      store.update({ project: null, isUnkept: true, restored: null });
    }
    await alone(id, () => cabinet.remove(id));
    if (store.state.projectFile?.id === id) forgetFile(store);
    await listProjects(store);
    // There may be room now for what could not be kept.
    await keeping.save();
  });
}

/** Does something to a project that no tab has open. */
async function alone(id, work) {
  const release = await hold(id);
  if (!release) throw new EngineFailure(words.projects.problem.elsewhere);
  try {
    const cabinet = await theCabinet();
    await work(await cabinet.drawer(id), cabinet);
  } finally {
    release();
  }
}

/** Packs a project into one file and offers it as a link. */
export function exportProject(store, keeping, { id }) {
  return aside(store, async () => {
    if (store.state.project?.id === id) await keeping.save();
    const drawer = await (await theCabinet()).drawer(id);
    const manifest = await manifestIn(drawer, id);
    const blob = await readable(() => pack(drawer, manifest));
    forgetFile(store);
    const file = { id, name: fileNameOf(manifest), sizeBytes: blob.size, url: URL.createObjectURL(blob) };
    store.update({ projectFile: file });
  });
}

function forgetFile(store) {
  if (store.state.projectFile) URL.revokeObjectURL(store.state.projectFile.url);
  store.update({ projectFile: null });
}

/** Takes a project file in; gives the new project's id, `undefined` if it was refused. */
export function importProject(store, { file }) {
  return aside(store, async () => {
    if (!(await theCabinet())) throw new EngineFailure(words.projects.problem.noCabinet);
    const unpacked = await readable(() => unpack(file), file.name);
    const id = freshId();
    await alone(id, (drawer, cabinet) => fillDrawer(cabinet, drawer, id, unpacked, file.size));
    await listProjects(store);
    return id;
  });
}

/** Puts an unpacked project into a drawer of its own, or nothing if there is no room for all of it. */
async function fillDrawer(cabinet, drawer, id, { manifest, into }, size) {
  const name = freeName(manifest.name, await namesIn(cabinet));
  try {
    await into(drawer);
    await new Keeper(drawer, null).commit({ ...manifest, id, name }, manifest.changedAt);
  } catch (error) {
    await cabinet.remove(id);
    throw error.name === 'QuotaExceededError' ? new EngineFailure(words.projects.problem.noRoom(size)) : error;
  }
}

/** Runs what reads or writes a zip file and says in words why it is refused. */
async function readable(work, name = '') {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ZipError) throw new EngineFailure(words.projects.problem.zip(error, name));
    throw error;
  }
}
