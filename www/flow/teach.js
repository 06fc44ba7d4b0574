// Teaching from the button to the comparison.

import { rememberStepTime } from '../cost.js';
import { requests } from '../protocol.js';
import { aside, attempt, settledPhase } from './outcome.js';
import { searchAgain } from './search.js';

/** Teaches with the settings at hand; gives whether something has been learnt. */
export async function teach(engine) {
  const { store } = engine;
  const taught = await attempt(store, () => runLesson(engine, store.state.settings));
  store.update({ teaching: null });
  if (!taught) return false;
  store.update({ taught, adapter: null, comparison: null });
  return true;
}

async function runLesson(engine, settings) {
  const { store } = engine;
  const onProgress = (progress) => lessonProgress(store, progress);
  const run = engine.begin(requests.teach({ settings }), { onProgress });
  store.update({
    phase: 'teaching',
    problem: null,
    teaching: { id: run.id, status: 'running', embedding: null },
    lesson: { settings, steps: [] },
  });
  try {
    const taught = await run.reply;
    rememberLesson(store.state);
    return taught;
  } catch (error) {
    store.update({ teaching: null, lesson: null });
    throw error;
  }
}

function lessonProgress(store, progress) {
  if (progress.kind === 'embedding') {
    store.patch('teaching', { embedding: progress });
    return;
  }
  store.patch('teaching', { embedding: null });
  store.patch('lesson', { steps: [...store.state.lesson.steps, progress] });
}

function rememberLesson({ engineInfo, lesson }) {
  const last = lesson.steps.at(-1);
  if (last) rememberStepTime(engineInfo.backend, lesson.settings, last.elapsed_seconds / last.step);
}

/** Measures before and after on the judged queries and asks the shown query again. */
export async function compare(engine) {
  const { store } = engine;
  store.update({ phase: 'comparing' });
  await searchAgain(engine);
  await attempt(store, async () => {
    if (store.state.collection.judged_queries > 0) await measure(engine);
    store.update({ work: null, phase: settledPhase(store.state) });
  });
}

async function measure(engine) {
  const { store } = engine;
  store.update({ work: { task: 'comparing', progress: null } });
  const onProgress = (progress) => store.patch('work', { progress });
  store.update({ comparison: await engine.request(requests.compare({}), { onProgress }) });
}

/** Halts the lesson. */
export const pause = (engine) => steer(engine, requests.pause, 'paused', 'paused');

/** Goes on with a halted lesson. */
export const resume = (engine) => steer(engine, requests.resume, 'running', 'teaching');

/** Ends the lesson and keeps what has been learnt. */
export const stop = (engine) => steer(engine, requests.stop, 'stopping', 'teaching');

async function steer(engine, order, status, phase) {
  const { store } = engine;
  const { id } = store.state.teaching;
  await aside(store, () => engine.request(order({ target: id })));
  if (store.state.teaching?.id !== id) return;
  store.patch('teaching', { status });
  store.update({ phase });
}
