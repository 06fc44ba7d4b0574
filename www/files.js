// Files from pickers and drops, and their content for the worker.

import { EngineFailure } from './engine.js';
import { words } from './words.js';

/** Reads files into `{ name, bytes }`, ready to be transferred. */
export const readFiles = (files) => Promise.all(files.map(readFile));

async function readFile(file) {
  const name = file.path || file.webkitRelativePath || file.name;
  try {
    return { name, bytes: new Uint8Array(await file.arrayBuffer()) };
  } catch {
    // Moved, changed or locked since it was chosen.
    throw new EngineFailure(words.problem.unreadable(name));
  }
}

/** All files of a drop, folders opened. */
export async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const files = await Promise.all(entries.map(filesOf));
  return entries.length > 0 ? files.flat() : [...transfer.files];
}

async function filesOf(entry) {
  if (entry.isDirectory) {
    const children = await childrenOf(entry.createReader());
    return (await Promise.all(children.map(filesOf))).flat();
  }
  const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
  file.path = entry.fullPath.replace(/^\//, '');
  return [file];
}

/** A reader gives a hundred entries at a time and an empty list at the end. */
async function childrenOf(reader) {
  const children = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return children;
    children.push(...some);
  }
}
