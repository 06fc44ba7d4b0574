// Projects in the browser's own file system: a folder a project, in it the contents and one manifest.

const ROOT = 'figret-projects';

/** Opens it; rejects where the browser has none, or none that a page can write, as in some private windows. */
export async function openCabinet(storage = navigator.storage) {
  if (!('createWritable' in FileSystemFileHandle.prototype)) throw new Error('files cannot be written');
  const top = await storage.getDirectory();
  return new Cabinet(await top.getDirectoryHandle(ROOT, { create: true }));
}

/** All projects, by id. */
class Cabinet {
  #root;

  /** Whether what is kept outlasts the page. */
  isLasting = true;

  constructor(root) {
    this.#root = root;
  }

  async ids() {
    const ids = [];
    for await (const [name, { kind }] of this.#root.entries()) if (kind === 'directory') ids.push(name);
    return ids;
  }

  /** The folder of a project, made if it is not there. */
  async drawer(id) {
    return new Drawer(await this.#root.getDirectoryHandle(id, { create: true }));
  }

  async remove(id) {
    await this.#root.removeEntry(id, { recursive: true });
  }
}

/** The files of one project. */
class Drawer {
  #folder;

  constructor(folder) {
    this.#folder = folder;
  }

  async names() {
    const names = [];
    for await (const name of this.#folder.keys()) names.push(name);
    return names;
  }

  /** A file, or `null`. */
  async read(name) {
    try {
      return await (await this.#folder.getFileHandle(name)).getFile();
    } catch (error) {
      if (error.name === 'NotFoundError') return null;
      throw error;
    }
  }

  /** Writes a file whole or not at all: until it is closed the old content stands. */
  async write(name, content) {
    const writable = await (await this.#folder.getFileHandle(name, { create: true })).createWritable();
    try {
      await writable.write(content);
      await writable.close();
    } catch (error) {
      await writable.abort().catch(() => {});
      throw error;
    }
  }

  async remove(name) {
    await this.#folder.removeEntry(name);
  }
}
