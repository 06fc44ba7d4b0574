// The one store: a plain state object, changed by patches, announced once a frame.

/** What is known of a collection; a new one begins without it. */
export const freshCollection = {
  indexed: null,
  evaluation: null,
  search: { query: '', queryId: null, result: null, busy: false },
  lesson: null,
  taught: null,
  comparison: null,
  adapter: null,
};

/** What the page knows before anything has happened. */
export const initialState = {
  phase: 'starting',
  theme: 'light',
  place: 'before',
  defaults: null,
  settings: null,
  engineInfo: null,
  work: null,
  sources: [],
  collection: null,
  ...freshCollection,
  teaching: null,
  textSeconds: null,
  upload: { stage: 'idle', files: [], failure: null },
  problem: null,
};

/** Holds the state and tells subscribers of changes, at most once an animation frame. */
export class Store {
  #subscribers = [];
  #scheduled = false;

  constructor() {
    /** The current state; replaced by `update`, never changed in place. */
    this.state = initialState;
  }

  /** Merges `patch` into the state. */
  update(patch) {
    this.state = { ...this.state, ...patch };
    if (this.#scheduled) return;
    this.#scheduled = true;
    // A hidden tab gets no animation frames, and teaching goes on in hidden tabs.
    const later = document.hidden ? setTimeout : requestAnimationFrame;
    later(() => this.#announce());
  }

  /** Merges `patch` into one object of the state. */
  patch(key, patch) {
    this.update({ [key]: { ...this.state[key], ...patch } });
  }

  /** Calls `listener` with the state now and after every change. */
  subscribe(listener) {
    this.#subscribers.push(listener);
    listener(this.state);
  }

  #announce() {
    this.#scheduled = false;
    for (const listener of this.#subscribers) listener(this.state);
  }
}
