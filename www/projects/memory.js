// The same for a browser that keeps nothing: projects last as long as the page, and can be taken away as files.

/** All projects, by id. */
export class MemoryCabinet {
  #drawers = new Map();

  isLasting = false;

  async ids() {
    return [...this.#drawers.keys()];
  }

  async drawer(id) {
    if (!this.#drawers.has(id)) this.#drawers.set(id, new MemoryDrawer());
    return this.#drawers.get(id);
  }

  async remove(id) {
    this.#drawers.delete(id);
  }
}

class MemoryDrawer {
  #files = new Map();

  async names() {
    return [...this.#files.keys()];
  }

  async read(name) {
    return this.#files.get(name) ?? null;
  }

  async write(name, content) {
    this.#files.set(name, new File([content], name));
  }

  async remove(name) {
    this.#files.delete(name);
  }
}
