// All projects, by what they say of themselves.

import { manifestIn } from './keeper.js';
import { hold } from './lock.js';
import { MANIFEST } from './manifest.js';

/** Every project's id and manifest; `null` where that cannot be read. What has none is only being begun. */
export async function manifestsIn(cabinet) {
  const projects = [];
  for (const id of await cabinet.ids()) {
    const drawer = await cabinet.drawer(id);
    if (await drawer.read(MANIFEST)) projects.push({ id, manifest: await manifestIn(drawer, id) });
  }
  return projects;
}

/** The names of all projects. */
export async function namesIn(cabinet) {
  const projects = await manifestsIn(cabinet);
  return projects.filter(({ manifest }) => manifest).map(({ manifest }) => manifest.name);
}

/** Removes what was begun and never kept, because the tab was closed or the room was full. */
export async function removeAbandoned(cabinet) {
  for (const id of await cabinet.ids()) {
    const drawer = await cabinet.drawer(id);
    if (await drawer.read(MANIFEST)) continue;
    const release = await hold(id);
    if (!release) continue;
    await cabinet.remove(id);
    release();
  }
}
