// Opening a collection and everything up to its first results.

import { bringsCorpus, readFiles } from '../files.js';
import { requests } from '../protocol.js';
import { words } from '../words.js';
import { attempt, settledPhase } from './outcome.js';
import { search } from './search.js';
import { compare } from './teach.js';

/** A sample query whose words are not those of its answer. */
const SAMPLE_QUERY_ID = 't318';

const SAMPLE_BASE = new URL('../demo/', import.meta.url).href;

/** Opens the sample that ships with the page. */
export async function openSample(engine) {
  const collection = await engine.request(requests.openSample({ base: SAMPLE_BASE }));
  opened(engine.store, collection, { files: null });
}

/** Sends files to the engine; throws its failure, and leaves what is open as it was then. */
export async function openFiles(engine, { files, leaveOut, add }) {
  const { store } = engine;
  store.update({ phase: 'opening', work: { task: 'reading', progress: null } });
  const named = await readFiles(files);
  const request = requests.openFiles({ files: named, leave_out_bad_lines: leaveOut, add });
  const collection = await engine.request(request, { transfer: named.map(({ bytes }) => bytes.buffer) });
  opened(store, collection, { files, leaveOut, add });
}

function opened(store, collection, source) {
  const added = source.files && source.add;
  const fresh = { indexed: null, evaluation: null, taught: null, lesson: null, adapter: null };
  store.update({
    ...(added ? {} : fresh),
    comparison: null,
    collection,
    sources: added ? [...store.state.sources, source] : [source],
  });
}

/** Opens files that a person gave, shows what is wrong with them, and goes on to the results. */
export function upload(engine, { files, leaveOut = false }) {
  const { store } = engine;
  if (store.state.teaching) {
    store.update({ problem: words.problem.lessonFirst });
    return Promise.resolve();
  }
  store.update({ upload: { stage: 'reading', files, failure: null } });
  return attempt(store, async () => {
    const add = Boolean(store.state.collection) && !(await bringsCorpus(files));
    const failure = await refusal(openFiles(engine, { files, leaveOut, add }));
    if (failure) {
      store.patch('upload', { stage: 'refused', failure });
      store.update({ work: null, phase: settledPhase(store.state) });
      return;
    }
    store.patch('upload', { stage: 'done' });
    await settle(engine);
  });
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

/** Indexes, searches and evaluates what has just been opened. */
export async function settle(engine) {
  await index(engine);
  await firstSearch(engine);
  await evaluate(engine);
  if (engine.store.state.taught) await compare(engine);
}

/** Embeds the passages that have no vector yet. */
async function index(engine) {
  const { store } = engine;
  store.update({ phase: 'indexing' });
  const onProgress = (progress) => store.patch('work', { progress });
  const run = engine.begin(requests.index({}), { onProgress });
  store.update({ work: { task: 'indexing', progress: null, cancelId: run.id } });
  store.update({ indexed: await run.reply, work: null });
}

/** Goes on with an index that was given up, and with what follows it. */
export function resumeIndex(engine) {
  return attempt(engine.store, () => settle(engine));
}

async function firstSearch(engine) {
  const { query_list: list } = engine.store.state.collection;
  const first = list.find((item) => item.query_id === SAMPLE_QUERY_ID) ?? list[0];
  if (first) await search(engine, { query: first.text, queryId: first.query_id });
  else engine.store.update({ search: { query: '', queryId: null, result: null, busy: false } });
}

async function evaluate(engine) {
  const { store } = engine;
  if (store.state.collection.judged_queries === 0) {
    store.update({ phase: settledPhase(store.state) });
    return;
  }
  store.update({ phase: 'evaluating', work: { task: 'evaluating', progress: null } });
  const onProgress = (progress) => store.patch('work', { progress });
  const evaluation = await engine.request(requests.evaluate({}), { onProgress });
  store.update({ evaluation, work: null, phase: settledPhase(store.state) });
}
