// Sending requests to the person's endpoint, one run at a time. Nothing but the requests, to no other address.

import { baseOf } from '../llm/address.js';
import { complete, testConnection } from '../llm/endpoint.js';
import { sendAll } from '../llm/queue.js';
import { isSameBatch } from '../llm/wishes.js';
import { keptFor, theKept } from './kept.js';
import { aside } from './outcome.js';

/** Failures that are shown one by one. */
const SHOWN_FAILURES = 20;

/** The run under way or the last one: its answers and the way to end it. */
let run = null;

/** Changes the endpoint; what a test said of the old one is forgotten. */
export function setEndpoint(store, { way, ...endpoint }) {
  const { asking } = store.state;
  store.patch('asking', {
    way: way ?? asking.way,
    endpoint: { ...asking.endpoint, ...endpoint },
    connection: 'base' in endpoint || 'key' in endpoint ? null : asking.connection,
  });
}

/** Tries the way to the endpoint and tells what stands in it. */
export async function test(store) {
  const { endpoint, wishes } = store.state.asking;
  store.patch('asking', { connection: { kind: 'testing' } });
  const connection = await connect(endpoint, wishes.model);
  const { asking } = store.state;
  // Another address may have been typed meanwhile.
  if (asking.endpoint.base === endpoint.base && asking.endpoint.key === endpoint.key)
    store.patch('asking', { connection });
}

async function connect({ base: text, key }, model) {
  const base = baseOf(text);
  return base ? { base, ...(await testConnection({ base, key, model })) } : { kind: 'bad_address' };
}

/** Sends what has no answer yet; gives whether every request is answered. */
export function send(store) {
  return aside(store, async () => {
    const { asking, asked } = store.state;
    const base = baseOf(asking.endpoint.base);
    if (!base || !asked.batch || asked.sending?.isRunning) {
      store.patch('asking', { connection: base ? asking.connection : { kind: 'bad_address' } });
      return false;
    }
    try {
      run = await begin(store, asked.batch);
      const end = await runQueue(store, run, { ...asking.endpoint, base, leftOut: new Set() });
      return await conclude(store, run, end);
    } catch (error) {
      const { sending } = store.state.asked;
      store.patch('asked', { sending: sending && { ...sending, isRunning: false } });
      throw error;
    }
  });
}

/** The same batch may have been begun before a reload; its answers are used then. */
async function begin(store, batch) {
  // At once, so that a second click finds it running.
  store.patch('asked', { sending: { ...freshSending, total: batch.asks.length } });
  const kept = await theKept();
  const same = (await kept.batches()).find((other) => other.id === batch.id || isSameBatch(other, batch));
  const begun = same ? { ...batch, id: same.id } : batch;
  const isLasting = kept.isLasting && (same || (await lasts(kept.begin(batch))));
  store.patch('asked', { batch: begun, sending: { ...store.state.asked.sending, isLasting } });
  return { batch: begun, kept, replies: await kept.answers(begun.id), controller: new AbortController() };
}

/** A browser may have no room left; the answers are in memory all the same. */
const lasts = (keeping) =>
  keeping.then(
    () => true,
    () => false,
  );

const freshSending = {
  isRunning: true,
  isLasting: true,
  done: 0,
  failed: 0,
  failures: [],
  secondsLeft: null,
  wait: null,
  end: null,
};

function runQueue(store, { batch, kept, replies, controller }, endpoint) {
  const open = batch.asks.filter(({ custom_id: id }) => !replies.has(id));
  const begun = performance.now();
  const state = { ...store.state.asked.sending, done: replies.size };
  let settled = 0;
  const show = (patch) => {
    Object.assign(state, patch);
    // Another collection was opened: these answers are kept for when this one is open again.
    if (store.state.asked.batch?.id !== batch.id) controller.abort();
    else store.patch('asked', { sending: { ...state } });
  };
  const next = (patch) => {
    settled += 1;
    const perRequest = (performance.now() - begun) / 1000 / settled;
    show({ wait: null, secondsLeft: perRequest * (open.length - settled), ...patch });
  };
  show({});
  return sendAll(open, {
    concurrency: endpoint.concurrency,
    signal: controller.signal,
    send: (ask, signal) => complete(endpoint, ask, signal),
    onAnswer: async ({ custom_id: id }, body) => {
      replies.set(id, body);
      if (!(await lasts(kept.keep(batch.id, id, body)))) state.isLasting = false;
      next({ done: replies.size });
    },
    onFailure: ({ query }, cause) => {
      const failures = [...state.failures, { query, cause }].slice(0, SHOWN_FAILURES);
      next({ failed: state.failed + 1, failures });
    },
    onWait: (cause, seconds) => show({ wait: { cause, seconds } }),
  });
}

async function conclude(store, { batch, replies }, { fatal, isCancelled }) {
  if (store.state.asked.batch?.id !== batch.id) return false;
  const isWhole = replies.size === batch.asks.length;
  const cause = fatal && (await reason(store, fatal));
  const end = { isWhole, isCancelled, cause };
  store.patch('asked', { sending: { ...store.state.asked.sending, isRunning: false, wait: null, end } });
  return isWhole;
}

/** A request without any answer says nothing; the test of the connection may. */
async function reason(store, fatal) {
  if (fatal.kind !== 'network') return fatal;
  const { endpoint, wishes } = store.state.asking;
  const found = await connect(endpoint, wishes.model);
  return ['connected', 'unknown_model', 'no_model'].includes(found.kind) ? fatal : found;
}

/** Ends the sending; what has been answered is kept. */
export function cancelSending() {
  run?.controller.abort();
}

/** The answers that the last run has collected, as the engine takes them. */
export function collected(store) {
  if (!run || run.batch.id !== store.state.asked.batch?.id) return [];
  return [...run.replies].map(([id, body]) => ({ custom_id: id, body }));
}

/** Takes a kept batch up again. */
export function takeUp(store, { id }) {
  return aside(store, async () => {
    const kept = await theKept();
    const batch = (await kept.batches()).find((other) => other.id === id);
    if (!batch || store.state.asked.sending?.isRunning) return;
    run = { batch, kept, replies: await kept.answers(id), controller: new AbortController() };
    const done = run.replies.size;
    const end = { isWhole: done === batch.asks.length, isCancelled: true, cause: null };
    const sending = { ...freshSending, isRunning: false, done, total: batch.asks.length, end };
    store.patch('asking', { way: 'endpoint', wishes: { ...store.state.asking.wishes, model: batch.model } });
    store.patch('asked', { batch, files: [], sending, failure: null, report: null });
  });
}

/** Forgets a kept batch. */
export function forget(store, { id }) {
  return aside(store, async () => {
    await (await theKept()).drop(id);
    store.patch('asked', { kept: await keptFor(store.state.collection) });
  });
}
