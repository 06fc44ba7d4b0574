// What there is to keep goes into the open project by itself, shortly after it has changed.

import { Cancelled } from '../engine.js';
import { theCabinet } from '../projects/cabinet.js';
import { Keeper } from '../projects/keeper.js';
import { rememberLast } from '../projects/last.js';
import { namesIn } from '../projects/list.js';
import { hold } from '../projects/lock.js';
import { freeName, freshId, freshManifest, sizesOf } from '../projects/manifest.js';
import { fieldsOf } from './kept-fields.js';

/** Changes that follow one another are kept together. */
const SHORTLY_MS = 300;

/** Phases in which the engine holds what the page says; before them things are still being opened. */
const KEPT_PHASES = new Set(
  'indexing evaluating ready teaching paused comparing compared asking auditing planning experimenting'.split(' '),
);

/** Keeps the open project up to date. */
export class Keeping {
  #engine;
  #store;
  #open = null;
  #queue = Promise.resolve();
  #timer = 0;
  #seen = [];

  constructor(engine) {
    this.#engine = engine;
    this.#store = engine.store;
    /** Called after the project has been written. */
    this.onKept = () => {};
  }

  /** Begins to look for changes. */
  watch() {
    this.#store.subscribe((state) => this.#look(state));
  }

  /** Takes an opened project as the one to be kept; `contents` are what was read of it. */
  adopt(drawer, manifest, { sources, adapter, vectors }, release) {
    const keeper = new Keeper(drawer, manifest);
    for (const { files, entries } of sources) files?.forEach((file, i) => keeper.know(file, entries[i]));
    this.letGo();
    const kept = manifest.vectors.filter(({ name }) => vectors.some((file) => file.name === name));
    this.#open = { keeper, release, vectors: kept, adapter: adapter ? manifest.adapter : null, taught: null };
    return this.#view();
  }

  /** Says which state after teaching the kept adapter is, and when it was taught. */
  knowTaught(taught) {
    Object.assign(this.#open, { taught, taughtAt: this.#open.keeper.manifest.runs.at(-1)?.at ?? Date.now() });
  }

  /** Ends the keeping of the open project; it stays as it was kept last. */
  letGo() {
    this.#open?.release?.();
    this.#open = null;
  }

  /** Keeps what there is now; resolves when that is done, or has failed and been said. */
  save() {
    clearTimeout(this.#timer);
    return this.#enqueue(() => this.#save());
  }

  /** Keeps vectors that an indexing has given out, so that a reload goes on from them. */
  addVectors(bytes) {
    const { files } = this.#store.state.sources[0] ?? {};
    return this.#enqueue(async () => {
      await this.#save();
      if (!this.#isKept(this.#store.state) || this.#open.files !== files) return;
      await this.#guarded(async ({ keeper, vectors }) => {
        const entry = await keeper.put(`vectors-${vectors.length + 1}.safetensors`, bytes);
        this.#open.vectors = [...vectors, entry];
        await keeper.commit({ vectors: this.#open.vectors });
      });
    });
  }

  /** Gives the project another name. */
  rename(name) {
    return this.#enqueue(() => this.#guarded(({ keeper }) => keeper.rename(name)));
  }

  /** Goes on in a project of its own, where another tab keeps the one that is open. */
  copy() {
    this.letGo();
    this.#store.update({ project: null, isUnkept: false });
    return this.save();
  }

  /** Keeps what there is and lets go. */
  async close() {
    await this.save();
    this.letGo();
  }

  #enqueue(task) {
    this.#queue = this.#queue.then(task).catch((error) => this.#showFailure(error));
    return this.#queue;
  }

  #showFailure({ name, message }) {
    const failure = { isFull: name === 'QuotaExceededError', message };
    this.#store.update({ project: { ...this.#store.state.project, failure } });
  }

  #look(state) {
    const { project, collection, sources, indexed, evaluation, taught, comparison, settings } = state;
    const { checkpoint, teaching, experiment } = state;
    const lesson = teaching ? null : state.lesson;
    const isSettled = KEPT_PHASES.has(state.phase);
    const now = [
      project?.id,
      collection,
      sources,
      indexed,
      evaluation,
      taught,
      comparison,
      checkpoint,
      experiment,
      settings,
      lesson,
      isSettled,
    ];
    if (now.every((value, i) => value === this.#seen[i])) return;
    this.#seen = now;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save(), SHORTLY_MS);
  }

  async #save() {
    const { state } = this.#store;
    if (!KEPT_PHASES.has(state.phase)) return;
    const isNew = !this.#isOpen(state);
    if (isNew && this.#open) {
      this.letGo();
      rememberLast(null);
    }
    if (!isWorthKeeping(state) || (isNew && !(await this.#begin(state)))) return;
    this.#open.files = state.sources[0].files;
    if (!this.#open.release) return;
    const isWritten = await this.#guarded(async ({ keeper }) =>
      keeper.commit(await fieldsOf(this.#open, state, (request) => this.#ask(state, request))),
    );
    // Some browsers ask the person, who may take any time.
    if (isNew) navigator.storage?.persist?.().then(() => this.onKept());
    if (isWritten) this.onKept();
  }

  /** Begins a project for a collection that has none; gives whether that was possible. */
  async #begin({ collection, sources }) {
    const cabinet = await theCabinet();
    if (!cabinet) return false;
    const id = freshId();
    const name = freeName(collection.name, await namesIn(cabinet));
    // Held first: what nobody holds and has no manifest may be cleared away.
    const release = await hold(id);
    const drawer = await cabinet.drawer(id);
    // Another collection was opened meanwhile.
    if (this.#store.state.sources[0]?.files !== sources[0].files) {
      release?.();
      await cabinet.remove(id);
      return false;
    }
    const keeper = new Keeper(drawer, freshManifest({ id, name, now: Date.now() }));
    this.#open = { keeper, release, vectors: [], adapter: null, taught: null };
    if (cabinet.isLasting) rememberLast(id);
    this.#show({ isLasting: cabinet.isLasting });
    return true;
  }

  /** Runs `work` on the open project; what goes wrong is shown and leaves what was kept as it was. */
  async #guarded(work) {
    const open = this.#open;
    if (!open?.release) return false;
    try {
      const isWritten = await work(open);
      if (this.#open === open) this.#show({ failure: null });
      return isWritten;
    } catch (error) {
      if (error instanceof Cancelled || this.#open !== open) return false;
      this.#showFailure(error);
      return false;
    }
  }

  /** Asks the engine; the answer is of no use if something else was opened or taught meanwhile. */
  async #ask(state, request) {
    const reply = await this.#engine.request(request);
    const now = this.#store.state;
    if (!this.#isOpen(now) || now.taught !== state.taught || now.sources[0] !== state.sources[0]) throw new Cancelled();
    return reply;
  }

  #isOpen({ project }) {
    return this.#open !== null && project?.id === this.#open.keeper.manifest.id;
  }

  #isKept(state) {
    return this.#isOpen(state) && this.#open.release;
  }

  #show(patch) {
    this.#store.update({ project: { ...this.#store.state.project, ...this.#view(), ...patch } });
  }

  #view() {
    const { keeper, release } = this.#open;
    const { id, name, changedAt } = keeper.manifest;
    return { id, name, changedAt, sizes: sizesOf(keeper.manifest), isElsewhere: !release };
  }
}

/** The sample as it comes is a click away; what a person has added or taught is not. */
function isWorthKeeping({ collection, sources, taught, checkpoint, experiment, isUnkept }) {
  return Boolean(
    collection &&
      !isUnkept &&
      sources.length > 0 &&
      (taught ||
        checkpoint ||
        Object.keys(experiment.trials).length > 0 ||
        sources.some(({ files, places }) => files || places)),
  );
}
