// A project as one file, and back: a zip with the manifest first and every file as it was given.

import { MANIFEST, readManifest, sectionsOf } from './manifest.js';
import { sha256 } from './sha256.js';
import { LARGEST, MOST_ENTRIES, readZip, writeZip, ZipError } from './zip.js';

/** Bytes of a zip file before its first entry's name. */
const NAME_AT = 30;

/** The longest manifest that is read. */
const LARGEST_MANIFEST = 64 << 20;

/** A name for a project's file that every system takes. */
export const fileNameOf = ({ name }) => `${safe(name)}.figret.zip`;

/** Whether a file is a project, by its first bytes. */
export async function isProjectFile(file) {
  const name = await file.slice(NAME_AT, NAME_AT + MANIFEST.length).text();
  return name === MANIFEST;
}

/** Packs a project; files that are missing are left out, and will be missed where it is opened. */
export async function pack(drawer, manifest) {
  const { id, ...said } = manifest;
  const files = [{ name: MANIFEST, blob: new Blob([JSON.stringify(said, null, 1)]) }];
  for (const { path, entry } of pathsOf(manifest)) {
    const blob = await drawer.read(entry.sha256);
    if (blob) files.push({ name: path, blob });
  }
  const bytes = files.reduce((sum, { name, blob }) => sum + blob.size + 2 * name.length + 100, 0);
  if (bytes > LARGEST || files.length > MOST_ENTRIES) throw new ZipError('too_large');
  return writeZip(files);
}

/**
 * Reads a packed project: the manifest, and what puts its files into a drawer. What is damaged is left out there and
 * is found out when the project is opened.
 */
export async function unpack(blob) {
  const entries = await readZip(blob);
  const said = entries.get(MANIFEST);
  const manifest = said && said.size <= LARGEST_MANIFEST ? readManifest(await said.text()) : null;
  if (!manifest) throw new ZipError('no_project');
  const into = async (drawer) => {
    for (const { path, entry } of pathsOf(manifest)) {
      const part = entries.get(path);
      if (!part || part.size !== entry.size) continue;
      const bytes = await part.arrayBuffer();
      if ((await sha256(bytes)) === entry.sha256) await drawer.write(entry.sha256, bytes);
    }
  };
  return { manifest, into };
}

/** Where each file stands in a packed project; the names say to a person what the files are. */
function pathsOf(manifest) {
  return Object.entries(sectionsOf(manifest)).flatMap(([section, entries]) =>
    entries.map((entry, i) => ({ path: `${section}/${i + 1}-${safe(entry.name.split(/[\\/]/).at(-1))}`, entry })),
  );
}

const safe = (name) =>
  name
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .slice(0, 80)
    .replace(/^[.-]+/, '') || 'file';
