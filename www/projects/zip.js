// Zip files whose entries are stored as they are, written and read; APPNOTE.TXT 6.3.10, without zip64.

import { crc32 } from './crc32.js';

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;

const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;

const VERSION = 20;
/** Names are in UTF-8. */
const FLAGS = 0x0800;
const STORED = 0;
/** The first day that a zip file can name: the project's own dates stand in its manifest. */
const FIRST_DAY = 0x0021;

/** What a zip file cannot hold. */
export const LARGEST = 0xfffffffe;
export const MOST_ENTRIES = 0xfffe;

/** Why a zip file is refused: `not_zip`, `damaged`, `packed` (an entry is compressed) or `path` (it leads out). */
export class ZipError extends Error {
  constructor(reason, name = '') {
    super(`${reason} ${name}`);
    this.reason = reason;
    this.entry = name;
  }
}

/** Writes files, `{ name, blob }`, one after another; blobs are read once and not held. */
export async function writeZip(files) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const { name, blob } of files) {
    const entry = { name: new TextEncoder().encode(name), size: blob.size, offset, crc: await crcOf(blob) };
    const header = localHeader(entry);
    parts.push(header, blob);
    directory.push(centralHeader(entry));
    offset += header.length + blob.size;
  }
  const directoryBytes = directory.reduce((sum, header) => sum + header.length, 0);
  return new Blob([...parts, ...directory, endRecord(directory.length, directoryBytes, offset)]);
}

async function crcOf(blob) {
  const reader = blob.stream().getReader();
  let crc = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return crc;
    crc = crc32(value, crc);
  }
}

/** Fields from the version on, which both headers have in common. */
function common(view, at, { name, size, crc }) {
  view.setUint16(at, VERSION, true);
  view.setUint16(at + 2, FLAGS, true);
  view.setUint16(at + 4, STORED, true);
  view.setUint16(at + 8, FIRST_DAY, true);
  view.setUint32(at + 10, crc, true);
  view.setUint32(at + 14, size, true);
  view.setUint32(at + 18, size, true);
  view.setUint16(at + 22, name.length, true);
}

function localHeader(entry) {
  const view = new DataView(new ArrayBuffer(LOCAL_BYTES + entry.name.length));
  view.setUint32(0, LOCAL, true);
  common(view, 4, entry);
  return withName(view, LOCAL_BYTES, entry.name);
}

function centralHeader(entry) {
  const view = new DataView(new ArrayBuffer(CENTRAL_BYTES + entry.name.length));
  view.setUint32(0, CENTRAL, true);
  view.setUint16(4, VERSION, true);
  common(view, 6, entry);
  view.setUint32(42, entry.offset, true);
  return withName(view, CENTRAL_BYTES, entry.name);
}

function withName(view, at, name) {
  const bytes = new Uint8Array(view.buffer);
  bytes.set(name, at);
  return bytes;
}

function endRecord(entries, directoryBytes, offset) {
  const view = new DataView(new ArrayBuffer(END_BYTES));
  view.setUint32(0, END, true);
  view.setUint16(8, entries, true);
  view.setUint16(10, entries, true);
  view.setUint32(12, directoryBytes, true);
  view.setUint32(16, offset, true);
  return new Uint8Array(view.buffer);
}

/**
 * Reads the directory of a zip file: its entries as blobs, by name. No content is looked at.
 *
 * Throws a `ZipError`: also if an entry's name leads out of a folder, or if there are two of a name.
 */
export async function readZip(blob) {
  const { entries, start } = await findDirectory(blob);
  const files = new Map();
  let at = start;
  for (let i = 0; i < entries; i += 1) {
    const { name, next, ...place } = await centralEntry(blob, at);
    if (leadsOut(name)) throw new ZipError('path', name);
    if (files.has(name)) throw new ZipError('damaged', name);
    files.set(name, await content(blob, name, place));
    at = next;
  }
  return files;
}

async function findDirectory(blob) {
  const from = Math.max(0, blob.size - END_BYTES - LONGEST_COMMENT);
  const view = await viewOf(blob, from, blob.size - from);
  for (let at = view.byteLength - END_BYTES; at >= 0; at -= 1) {
    if (view.getUint32(at, true) !== END) continue;
    return { entries: view.getUint16(at + 10, true), start: view.getUint32(at + 16, true) };
  }
  throw new ZipError('not_zip');
}

async function centralEntry(blob, at) {
  const view = await viewOf(blob, at, CENTRAL_BYTES);
  if (view.getUint32(0, true) !== CENTRAL) throw new ZipError('damaged');
  const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => view.getUint16(field, true));
  const name = await blob.slice(at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameBytes).text();
  return {
    name,
    isStored: view.getUint16(10, true) === STORED && view.getUint32(20, true) === view.getUint32(24, true),
    size: view.getUint32(24, true),
    local: view.getUint32(42, true),
    next: at + CENTRAL_BYTES + nameBytes + extraBytes + commentBytes,
  };
}

async function content(blob, name, { isStored, size, local }) {
  if (!isStored) throw new ZipError('packed', name);
  const view = await viewOf(blob, local, LOCAL_BYTES);
  if (view.getUint32(0, true) !== LOCAL) throw new ZipError('damaged', name);
  const from = local + LOCAL_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
  if (from + size > blob.size) throw new ZipError('damaged', name);
  return blob.slice(from, from + size);
}

async function viewOf(blob, from, length) {
  const bytes = await blob.slice(from, from + length).arrayBuffer();
  if (bytes.byteLength < length) throw new ZipError('damaged');
  return new DataView(bytes);
}

function leadsOut(name) {
  const path = name.replaceAll('\\', '/');
  return path.startsWith('/') || /^[A-Za-z]:/.test(path) || path.split('/').includes('..');
}
