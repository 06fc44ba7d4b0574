// The one store: a plain state object, changed by patches, announced once a frame.

/** What has been asked about a collection. */
export const freshAsked = {
  queries: null,
  round: null,
  kept: [],
  batch: null,
  files: [],
  sending: null,
  report: null,
  failure: null,
};

/** Which experiment, and the trials of any that are done, by their keys. */
export const freshExperiment = { name: 'efficiency', seeds: 3, steps: 100, trials: {} };

/** What is known of a collection; a new one begins without it. */
export const freshCollection = {
  indexed: null,
  evaluation: null,
  audit: null,
  search: { query: '', queryId: null, result: null, busy: false, beside: '' },
  lesson: null,
  checkpoint: null,
  taught: null,
  comparison: null,
  systems: null,
  experiment: freshExperiment,
  experimenting: { running: null, report: null },
  map: null,
  nearest: null,
  told: null,
  adapter: null,
  asked: freshAsked,
  project: null,
  isUnkept: false,
  restored: null,
};

const serverFields = { key: '', collection: '', tenant: '', database: '', vector: '', idField: '', titleField: 'title' };

/** What the fields for a vector server hold at first; nothing of them is kept. */
export const serverForms = {
  chroma: { kind: 'chroma', base: 'http://localhost:8000', ...serverFields, textField: '' },
  qdrant: { kind: 'qdrant', base: 'http://localhost:6333', ...serverFields, textField: 'text' },
};

/** What the page knows before anything has happened. */
export const initialState = {
  phase: 'starting',
  theme: 'light',
  place: 'compare',
  defaults: null,
  methods: [],
  scopes: [],
  settings: null,
  engineInfo: null,
  modelChoice: null,
  work: null,
  sources: [],
  collection: null,
  ...freshCollection,
  recorded: null,
  isRecordedAwaited: true,
  walk: { filter: 'all', find: '', order: 'size' },
  teaching: null,
  asking: {
    prompts: null,
    edited: {},
    wishes: {},
    way: 'endpoint',
    endpoint: { base: 'http://localhost:11434/v1', key: '', concurrency: 2, timeoutSeconds: 180 },
    connection: null,
  },
  server: {
    form: serverForms.chroma,
    connection: null,
    isSearched: false,
    measuring: null,
    measured: null,
    fetched: null,
  },
  textSeconds: null,
  model: null,
  upload: { stage: 'idle', files: [], leaveOut: false, wish: null, failure: null },
  projects: null,
  projectFile: null,
  problem: null,
  hasNewVersion: false,
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
