// Experiments: planned, run trial after trial, stopped and gone on with; what is done is kept with the project.

import { requests } from '../protocol.js';
import { saveFile } from '../save.js';
import { aside, attempt, settledPhase } from './outcome.js';

/** Seeds of an experiment: the first so many whole numbers. */
const seedsOf = (n) => Array.from({ length: n }, (_, seed) => seed);

/** Chooses an experiment or how it is run; what was planned before is not shown any more. */
export function choose(store, patch) {
  store.patch('experiment', patch);
  store.patch('experimenting', { report: null });
}

/** Says how many trials there are and what is known already. */
export const plan = (turn) => ask(turn, false);

/** Runs the trials that are missing. */
export const run = (turn) => ask(turn, true);

function ask(turn, isRun) {
  const { store } = turn;
  return attempt(store, async () => {
    try {
      const report = await begin(turn, isRun).reply;
      store.patch('experimenting', { report });
      store.update({ phase: settledPhase(store.state) });
    } finally {
      store.patch('experimenting', { running: null });
    }
  });
}

function begin(turn, isRun) {
  const { store } = turn;
  const { experiment, settings } = store.state;
  const { name, seeds, steps, trials } = experiment;
  store.update({ phase: isRun ? 'experimenting' : 'planning', problem: null });
  const wishes = {
    name,
    seeds: seedsOf(seeds),
    steps,
    batch_queries: settings.batch_queries,
    kept: Object.values(trials),
    run: isRun,
  };
  const run = turn.begin(requests.experiment({ wishes }), { onProgress: (progress) => told(store, progress) });
  store.patch('experimenting', { running: { id: run.id, isRun, isStopping: false, progress: null } });
  return run;
}

function told(store, progress) {
  const { experiment, experimenting } = store.state;
  if (progress.kind !== 'trial') {
    store.patch('experimenting', { running: { ...experimenting.running, progress } });
    return;
  }
  const { key } = JSON.parse(progress.text);
  store.patch('experiment', { trials: { ...experiment.trials, [key]: progress.text } });
  store.patch('experimenting', { report: progress.report });
}

/** Ends the run; the trials that are done stay, the one under way is given up. */
export async function stop(engine) {
  const { store } = engine;
  const { running } = store.state.experimenting;
  if (!running) return;
  store.patch('experimenting', { running: { ...running, isStopping: true } });
  await aside(store, () => engine.request(requests.stop({ target: running.id })));
}

/** Saves a file of the report: `json`, `md` or `svg`. */
export function save({ state }, { ending }) {
  const file = state.experimenting.report?.files.find(({ name }) => name.endsWith(`.${ending}`));
  if (file) saveFile({ name: `figret-${file.name}`, bytes: file.text });
}
