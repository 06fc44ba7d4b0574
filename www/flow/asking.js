// Asking the LLM: from what is wished for to requests, and from its answers to feedback.

import { readFiles } from '../files.js';
import { openLines, ownPrompts, wishesOf } from '../llm/wishes.js';
import { requests } from '../protocol.js';
import { freshAsked } from '../store.js';
import { opened, settle } from './collection.js';
import { keptFor, theKept } from './kept.js';
import { aside, attempt, settledPhase } from './outcome.js';

/** Fetches the prompts, once, and what is kept of earlier batches on the collection that is open. */
export function lookAround(engine) {
  const { store } = engine;
  return aside(store, async () => {
    store.patch('asked', { kept: await keptFor(store.state.collection) });
    if (store.state.asking.prompts) return;
    const { prompts } = await engine.request(requests.prompts({}));
    store.patch('asking', { prompts });
  });
}

/** Takes a change of what is wished for; requests that were written before no longer fit. */
export async function wish(store, { round, queries, edited, ...wishes }) {
  const { asking, asked, taught } = store.state;
  if (asked.sending?.isRunning) return;
  store.patch('asking', {
    wishes: { ...asking.wishes, ...wishes },
    edited: edited ?? asking.edited,
  });
  store.patch('asked', {
    ...(round && { round: { value: round, taught } }),
    ...(queries !== undefined && { queries }),
    ...withoutBatch(asked),
  });
  // Answers to what was asked before are still there.
  if (asked.sending) store.patch('asked', { kept: await keptFor(store.state.collection) });
}

/** Reads the person's own queries. */
export function chooseQueries(store, { files }) {
  return aside(store, async () => {
    const [queries] = await readFiles(files.slice(0, 1));
    await wish(store, { queries: queries ?? null });
  });
}

/** Writes the requests. */
export function prepare(turn) {
  const { store } = turn;
  const { asking, asked, taught, settings, collection } = store.state;
  const { feedback } = collection;
  const wishes = wishesOf(asking.wishes, asked.round, { feedback, taught, settings });
  const queries = wishes.stage === 'preferences' ? asked.queries : null;
  store.patch('asked', { ...withoutBatch(asked), report: null });
  return inSection(store, 'asking', async () => {
    const prompts = ownPrompts(asking.prompts ?? [], asking.edited);
    const list = await request(turn, 'asking', requests.ask({ wishes: { ...wishes, queries, prompts } }));
    store.patch('asked', {
      round: { value: wishes.round, taught },
      batch: batch(list, { model: wishes.model, stage: wishes.stage, queries, collection: collection.name }),
      files: list.files.map(asLink),
    });
  });
}

/** What is kept of requests while their answers come. */
function batch({ asks, without_useful_candidate: without, judged }, origin) {
  return { ...freshName(), ...origin, asks, without, judged };
}

/** Names a batch; `crypto.randomUUID` is not there on every page. */
function freshName() {
  const begunAt = Date.now();
  return { id: `${begunAt}-${Math.random()}`, begunAt };
}

/** Takes answers into the feedback, a provider's files or an endpoint's replies; then measures again. */
export function takeAnswers(turn, { files = [], replies = [] }) {
  const { store } = turn;
  const { asked } = store.state;
  return inSection(store, 'taking', async () => {
    const queries = asked.batch?.queries ?? asked.queries;
    const answers = { files: await readFiles(files), replies, queries };
    const { collection, file, ...report } = await request(turn, 'taking', requests.takeAnswers({ answers }));
    const { files: reports, left_out, left_out_count, import: imported } = store.state.collection;
    const given = { files: [new File([file.bytes], file.name)], leaveOut: true };
    const source = { ...given, reports: [{ name: file.name, role: 'feedback' }] };
    // What is said of the files that were opened stays as it was.
    opened(store, { ...collection, files: reports, left_out, left_out_count, import: imported }, source);
    await settleBatch(store, report, asLink(file));
    await settle(turn);
  });
}

/** What was answered is forgotten; what was not can be asked again. */
async function settleBatch(store, report, file) {
  const { asked } = store.state;
  const settled = new Set(report.settled);
  const { batch: before } = asked;
  const asks = before?.asks.filter(({ custom_id: id }) => !settled.has(id)) ?? [];
  if (before) await (await theKept()).drop(before.id);
  const files = asked.files.map((part) => remaining(part, settled)).filter(({ sizeBytes }) => sizeBytes > 0);
  for (const { url } of [...asked.files, ...(asked.report ? [asked.report.file] : [])]) URL.revokeObjectURL(url);
  store.patch('asked', {
    ...freshAsked,
    round: asked.round,
    queries: asked.queries,
    kept: await keptFor(store.state.collection),
    batch: asks.length > 0 ? { ...before, ...freshName(), asks, without: 0, judged: 0 } : null,
    files: asks.length > 0 ? files : [],
    report: { ...report, stage: before?.stage ?? null, open: asks.length, file },
  });
}

function remaining({ name, bytes }, settled) {
  const text = openLines(new TextDecoder().decode(bytes), settled);
  return asLink({ name, bytes: new TextEncoder().encode(text) });
}

/** Without the requests that were written; their links go, too. */
function withoutBatch({ files }) {
  for (const { url } of files) URL.revokeObjectURL(url);
  return { batch: null, files: [], failure: null, sending: null };
}

const asLink = ({ name, bytes }) => ({
  name,
  bytes,
  sizeBytes: bytes.length,
  url: URL.createObjectURL(new Blob([bytes])),
});

function request(turn, task, message) {
  const { store } = turn;
  const onProgress = (progress) => store.patch('work', { progress });
  const run = turn.begin(message, { onProgress });
  store.update({ phase: 'asking', work: { task, progress: null, cancelId: run.id } });
  return run.reply;
}

/** What the worker refuses is shown in the section, not as a problem of the page. */
function inSection(store, task, work) {
  store.patch('asked', { failure: null });
  return attempt(store, async () => {
    try {
      await work();
    } catch (error) {
      if (!error.failure) throw error;
      store.patch('asked', { failure: { ...error.failure, task } });
    }
    store.update({ work: null, phase: settledPhase(store.state) });
  });
}
