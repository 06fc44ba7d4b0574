// Files from pickers and drops, and their content for the worker.

const CORPUS_NAME = /(corpus|passages?|docs?|documents?|collection)\.(jsonl|csv|tsv)$|\.zip$/i;
const PEEK_BYTES = 2048;

/** Reads files into `{ name, bytes }`, ready to be transferred. */
export function readFiles(files) {
  return Promise.all(
    files.map(async (file) => ({
      name: file.path || file.webkitRelativePath || file.name,
      bytes: new Uint8Array(await file.arrayBuffer()),
    })),
  );
}

/** Whether one of the files holds passages, by its name or by the look of its first line. */
export async function bringsCorpus(files) {
  if (files.some((file) => CORPUS_NAME.test(file.name))) return true;
  const heads = await Promise.all(files.map((file) => file.slice(0, PEEK_BYTES).text()));
  return heads.some((head) => /^\s*\{[^\n]*"title"\s*:|^[^\n{]*\btitle\b/.test(head));
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
