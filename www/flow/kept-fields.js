// What of the page's state goes into a project's manifest; contents are kept on the way.

import { WHOLE_VECTORS } from '../projects/manifest.js';
import { resultsText } from '../projects/results.js';
import { withRun } from '../projects/runs.js';
import { requests } from '../protocol.js';

/** The manifest's fields for a state; `open` is the project as `Keeping` has it, `ask` asks the engine. */
export async function fieldsOf(open, state, ask) {
  const { keeper } = open;
  const sources = [];
  for (const source of state.sources) sources.push(await sourceOf(keeper, source));
  const adapter = await adapterOf(open, state, ask);
  const vectors = await vectorsOf(open, state, ask);
  const { runs, results } = keeper.manifest;
  const checkpoint = await checkpointOf(keeper, state);
  const fields = { sources, settings: state.settings, vectors, adapter, checkpoint };
  // While a lesson is under way its chart is not that of what was taught last.
  if (state.teaching) return { ...fields, runs, results };
  return {
    ...fields,
    results: await keeper.put('results.json', resultsText(state)),
    runs: withRun(runs, open.taughtAt, state),
  };
}

async function sourceOf(keeper, { files, leaveOut, wish, places, reports = [] }) {
  if (places) return { places };
  if (!files) return { sample: true };
  const entries = [];
  for (const file of files) {
    const entry = await keeper.putFile(file, file.path || file.webkitRelativePath || file.name);
    entries.push({ ...entry, roles: rolesOf(entry.name, reports) });
  }
  return { files: entries, leaveOut: Boolean(leaveOut), wish: wish ?? null, reports };
}

/** What a file was taken for, and what those in an archive were. */
function rolesOf(name, reports) {
  const own = reports.filter((report) => report.name === name || report.name.startsWith(`${name}/`));
  return [...new Set(own.map(({ role }) => role))];
}

/** All vectors in one file once they are there; until then the parts that were given out. The sample brings its own. */
async function vectorsOf(open, { indexed, sources }, ask) {
  const isDone = !indexed || sources[0].files === null || open.vectors[0]?.name === WHOLE_VECTORS;
  if (isDone) return open.vectors;
  const { bytes } = await ask(requests.vectors({ tuned: false }));
  open.vectors = [await open.keeper.put(WHOLE_VECTORS, bytes)];
  return open.vectors;
}

async function adapterOf(open, { taught }, ask) {
  if (!taught) return null;
  if (taught === open.taught) return open.adapter;
  const { keeper } = open;
  const { files, taught_on: queries } = await ask(requests.exportAdapter({}));
  const entries = [];
  for (const { name, bytes } of files) entries.push(await keeper.put(name, bytes));
  const taughtOn = await keeper.put('taught_on.json', JSON.stringify(queries));
  const vectors = taught.towers === 'both' ? await tunedVectors(keeper, ask) : null;
  Object.assign(open, { taught, taughtAt: Date.now(), adapter: { files: entries, taughtOn, vectors } });
  return open.adapter;
}

/** A lesson that is under way or was interrupted, to go on from after a reload. */
async function checkpointOf(keeper, { checkpoint }) {
  if (!checkpoint) return null;
  const { bytes, step, lesson } = checkpoint;
  const file = await keeper.put('checkpoint.safetensors', bytes);
  return { file, lesson: await keeper.put('lesson.json', JSON.stringify(lesson)), step };
}

async function tunedVectors(keeper, ask) {
  const { bytes } = await ask(requests.vectors({ tuned: true }));
  return keeper.put('tuned-vectors.safetensors', bytes);
}
