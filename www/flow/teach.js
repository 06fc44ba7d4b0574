// Teaching from the button to the comparison.

import { rememberStepTime } from '../cost.js';
import { Cancelled } from '../engine.js';
import { requests } from '../protocol.js';
import { words } from '../words.js';
import { aside, attempt, settledPhase } from './outcome.js';
import { searchAgain } from './search.js';

/** Teaches with the settings at hand; gives whether something has been learnt. */
export async function teach(turn) {
  const { store } = turn;
  const taught = await attempt(store, () => runLesson(turn, store.state.settings));
  store.update({ teaching: null });
  if (!taught) return false;
  store.update({ taught, adapter: null, comparison: null });
  return true;
}

async function runLesson(turn, settings) {
  const { store } = turn;
  const onProgress = (progress) => lessonProgress(store, progress);
  const run = turn.begin(requests.teach({ settings }), { onProgress });
  store.update({
    phase: 'teaching',
    problem: null,
    teaching: { id: run.id, status: 'running', embedding: null },
    lesson: { settings, steps: [], rounds: [] },
  });
  try {
    const taught = await run.reply;
    rememberLesson(store.state);
    return taught;
  } catch (error) {
    const problem = error instanceof Cancelled ? nothingLearnt(store.state) : null;
    store.update({ teaching: null, lesson: null, ...(problem && { problem }) });
    throw error;
  }
}

/** Why a lesson without a step ended, unless the person discarded it. */
function nothingLearnt({ teaching, lesson: { settings, steps, rounds } }) {
  if (teaching.status === 'stopping') return words.problem.stoppedAtOnce;
  const isNonePoor = settings.poor_only && steps.length === 0 && rounds[0]?.poor === 0;
  return isNonePoor ? words.problem.nonePoor(settings.poor_below) : null;
}

/** Where the lesson keeps what each kind of progress tells. */
const LISTS = { teaching: 'steps', round: 'rounds' };

function lessonProgress(store, progress) {
  if (progress.kind === 'embedding') {
    store.patch('teaching', { embedding: progress });
    return;
  }
  const list = LISTS[progress.kind];
  store.patch('teaching', { embedding: null });
  store.patch('lesson', { [list]: [...store.state.lesson[list], progress] });
}

function rememberLesson({ lesson, engineInfo }) {
  const last = lesson.steps.at(-1);
  if (last) rememberStepTime(lesson.settings, engineInfo, last.elapsed_seconds / last.step);
}

/** Asks the shown query again and measures before and after on the judged queries. */
export async function compare(turn) {
  const { engine, store } = turn;
  store.update({ phase: 'comparing' });
  await searchAgain(engine);
  await attempt(store, async () => {
    await measureChange(turn);
    store.update({ work: null, phase: settledPhase(store.state) });
  });
}

/** Measures before and after, if there are judgements. */
export async function measureChange(turn) {
  const { store } = turn;
  if (store.state.collection.judged_queries === 0) return;
  store.update({ phase: 'comparing', work: { task: 'comparing', progress: null } });
  const onProgress = (progress) => store.patch('work', { progress });
  store.update({ comparison: await turn.request(requests.compare({}), { onProgress }) });
}

/** Halts the lesson. */
export const pause = (engine) => steer(engine, requests.pause, 'paused', 'paused');

/** Goes on with a halted lesson. */
export const resume = (engine) => steer(engine, requests.resume, 'running', 'teaching');

/** Ends the lesson and keeps what has been learnt. */
export const stop = (engine) => steer(engine, requests.stop, 'stopping', 'teaching');

/** A second click may come when the lesson has ended. */
async function steer(engine, order, status, phase) {
  const { store } = engine;
  const target = store.state.teaching?.id;
  if (target === undefined) return;
  await aside(store, () => engine.request(order({ target })));
  if (store.state.teaching?.id !== target) return;
  store.patch('teaching', { status });
  store.update({ phase });
}
