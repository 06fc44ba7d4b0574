// Answers that have been paid for and not taken in yet, kept in this browser over a reload. No key is kept.

const DATABASE = 'figret-answers';
const VERSION = 1;

/** A batch: its asks, what they were made from, and the answers that have come, by `custom_id`. */
export class Kept {
  #database;

  /** Whether what is kept outlasts the page. */
  isLasting = true;

  /** @param {IDBDatabase} database */
  constructor(database) {
    this.#database = database;
  }

  /** All batches, each with the number of its answers, the newest first. */
  async batches() {
    const batches = await settled(this.#stores('readonly').batches.getAll());
    const answered = (id) => settled(this.#stores('readonly').answers.count(answersOf(id)));
    const counted = await Promise.all(batches.map(async (batch) => ({ ...batch, answered: await answered(batch.id) })));
    return counted.sort((a, b) => b.begunAt - a.begunAt);
  }

  /** Keeps a batch: `{ id, begunAt, collection, asks, … }`. */
  async begin(batch) {
    await settled(this.#stores('readwrite').batches.put(batch));
  }

  /** Keeps an answer. */
  async keep(id, customId, body) {
    await settled(this.#stores('readwrite').answers.put(body, [id, customId]));
  }

  /** The answers of a batch: `custom_id` to body. */
  async answers(id) {
    const { answers } = this.#stores('readonly');
    const [keys, bodies] = await Promise.all([
      settled(answers.getAllKeys(answersOf(id))),
      settled(answers.getAll(answersOf(id))),
    ]);
    return new Map(keys.map(([, customId], i) => [customId, bodies[i]]));
  }

  /** Forgets a batch and its answers. */
  async drop(id) {
    const { batches, answers } = this.#stores('readwrite');
    await Promise.all([settled(batches.delete(id)), settled(answers.delete(answersOf(id)))]);
  }

  #stores(mode) {
    const transaction = this.#database.transaction(['batches', 'answers'], mode);
    return { batches: transaction.objectStore('batches'), answers: transaction.objectStore('answers') };
  }
}

/** The same for a browser that keeps nothing, as in some private windows. */
export class Forgetful {
  isLasting = false;

  /** Nothing is left from before. */
  async batches() {
    return [];
  }

  async begin() {}

  async keep() {}

  async answers() {
    return new Map();
  }

  async drop() {}
}

/** Opens what this browser keeps; rejects where it keeps nothing. */
export async function openKept(factory = globalThis.indexedDB) {
  const opening = factory.open(DATABASE, VERSION);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore('batches', { keyPath: 'id' });
    opening.result.createObjectStore('answers');
  };
  return new Kept(await settled(opening));
}

/** An empty list sorts after every text. */
const answersOf = (id) => IDBKeyRange.bound([id], [id, []]);

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
