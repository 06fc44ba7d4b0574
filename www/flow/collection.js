// Opening a collection and everything up to its first results.

import { measuredTextSeconds } from '../cost.js';
import { readFiles } from '../files.js';
import { requests } from '../protocol.js';
import { freshCollection } from '../store.js';
import { words } from '../words.js';
import { attempt, settledPhase } from './outcome.js';
import { search, searchAgain } from './search.js';
import { measureChange } from './teach.js';

/** A sample query whose words are not those of its answer. */
const SAMPLE_QUERY_ID = 't318';

const SAMPLE_BASE = new URL('../demo/', import.meta.url).href;

/** Seconds between the parts of an index that are kept, so that a reload goes on from them. */
const VECTORS_EVERY_SECONDS = 10;

/** Opens the sample that ships with the page. */
export async function openSample(engine) {
  const { store } = engine;
  const source = { files: null };
  const collection = await openSource(engine, source);
  const { query, queryId } = store.state.search;
  opened(store, collection, source);
  // What was looked up in the recorded comparison meanwhile is searched for next.
  store.patch('search', { query, queryId });
}

/** Has the engine open what a source holds, the sample, files or places to leave out; gives the collection as it is then. */
export async function openSource(asker, { files, leaveOut, wish = null, places }) {
  if (places) return asker.request(requests.leaveOut({ places }));
  if (!files) return asker.request(requests.openSample({ base: SAMPLE_BASE }));
  const named = await readFiles(files);
  const request = requests.openFiles({ files: named, leave_out_bad_lines: leaveOut, import: wish });
  return asker.request(request, { transfer: named.map(({ bytes }) => bytes.buffer) });
}

/** Sends files by way of `asker`, an engine or a turn; throws its failure, and leaves what is open as it was then. */
export async function openFiles(asker, { files, leaveOut, wish = null }) {
  const { store } = asker;
  store.update({ phase: 'opening', work: { task: 'reading', progress: null } });
  const source = { files, leaveOut, wish };
  opened(store, await openSource(asker, source), source);
}

/** Leaves places out of the feedback; what is said of the files that it came from stays as it was. */
export async function openLeftOut(asker, { places }) {
  const { store } = asker;
  const collection = await openSource(asker, { places });
  const { files, left_out, left_out_count, import: imported } = store.state.collection;
  opened(store, { ...collection, files, left_out, left_out_count, import: imported }, { places });
}

/** The engine decides whether the files began a new collection; all that is known of the old one goes then. */
export function opened(store, collection, given) {
  const { taught, sources } = store.state;
  const source = { reports: collection.files, ...given };
  const isNew = collection.is_new;
  const setAside = !isNew && taught && !collection.has_tuned;
  store.update({
    ...(isNew ? freshCollection : { evaluation: null, comparison: null, nearest: null, told: null }),
    ...(setAside ? { taught: null, lesson: null, adapter: null, problem: words.problem.setAside } : {}),
    collection,
    sources: isNew ? [source] : [...sources, source],
  });
}

/**
 * Opens files that a person gave, one of them as another tool's feedback if `wish` says so; shows what is wrong with
 * them, and goes on to the results.
 */
export async function upload(turn, { files, leaveOut = false, wish = null }) {
  const { store } = turn;
  store.update({ upload: { stage: 'reading', files, leaveOut, wish, failure: null } });
  await attempt(store, async () => {
    const failure = await refusal(openFiles(turn, { files, leaveOut, wish }));
    store.patch('upload', failure ? { stage: 'refused', failure } : { stage: 'done' });
    // After a refusal what was interrupted is taken up again.
    if (!failure || (turn.interrupts && store.state.collection)) await settle(turn);
    else store.update({ work: null, phase: settledPhase(store.state) });
  });
  if (store.state.upload.stage === 'reading') store.patch('upload', { stage: 'idle' });
}

/** What the worker refused is shown where the files were given, not as a problem of the page. */
async function refusal(opening) {
  try {
    await opening;
    return null;
  } catch (error) {
    if (error.failure) return error.failure;
    throw error;
  }
}

/** Indexes, searches and measures what is open, as far as that has not been done. */
export async function settle(turn) {
  const { store } = turn;
  await index(turn);
  await firstSearch(turn);
  if (store.state.collection.judged_queries > 0 && !store.state.evaluation) await evaluate(turn);
  if (store.state.taught && !store.state.comparison) await measureChange(turn);
  store.update({ work: null, phase: settledPhase(store.state) });
}

/** Embeds the passages that have no vector yet. */
async function index(turn) {
  const { store } = turn;
  store.update({ phase: 'indexing' });
  const onProgress = (progress) => store.patch('work', { progress });
  const run = turn.begin(requests.index({ vectors_every: VECTORS_EVERY_SECONDS }), { onProgress });
  store.update({ work: { task: 'indexing', progress: null, cancelId: run.id } });
  store.update({ indexed: await run.reply, work: null });
}

/** Measures again what was kept; until that is done the kept figures stand. */
export function measureAgain(turn) {
  const { store } = turn;
  return attempt(store, async () => {
    if (store.state.collection.judged_queries > 0) await evaluate(turn);
    if (store.state.taught) await measureChange(turn);
    store.update({ work: null, phase: settledPhase(store.state) });
  });
}

/** Opens the sample in place of what is open. */
export function openSampleAgain(turn) {
  return attempt(turn.store, async () => {
    turn.store.update({ phase: 'opening', work: { task: 'reading', progress: null } });
    await openSample(turn.engine);
    await settle(turn);
  });
}

/** Goes on with an index that was given up, and with what follows it. */
export function resumeIndex(turn) {
  return attempt(turn.store, () => settle(turn));
}

/** Asks the shown query again, or the first one of a new collection. */
function firstSearch({ engine }) {
  const { collection, search: shown } = engine.store.state;
  if (shown.query) return searchAgain(engine);
  const list = collection.query_list;
  const first = list.find((item) => item.query_id === SAMPLE_QUERY_ID) ?? list[0];
  return first ? search(engine, { query: first.text, queryId: first.query_id }) : Promise.resolve();
}

async function evaluate(turn) {
  const { store } = turn;
  store.update({ phase: 'evaluating', work: { task: 'evaluating', progress: null } });
  const onProgress = (progress) => store.patch('work', { progress });
  const evaluation = await turn.request(requests.evaluate({}), { onProgress });
  const textSeconds = measuredTextSeconds(evaluation, store.state) ?? store.state.textSeconds;
  store.update({ evaluation, textSeconds, work: null });
}
