// Teaching from the button to the comparison.

import { rememberStepTime } from '../cost.js';
import { Cancelled, Crashed } from '../engine.js';
import { requests } from '../protocol.js';
import { words } from '../words.js';
import { aside, attempt, settledPhase } from './outcome.js';
import { searchAgain } from './search.js';

/** Teaches with the settings at hand; gives whether something has been learnt. */
export const teach = (turn) => learn(turn, { settings: turn.store.state.settings, steps: [], rounds: [] });

/** Goes on with the lesson that was interrupted; `problem` is what is to be said of it. */
export function teachOn(turn, problem = null) {
  const { bytes, lesson } = turn.store.state.checkpoint;
  turn.store.update({ settings: lesson.settings });
  return learn(turn, lesson, bytes, problem);
}

async function learn(turn, lesson, checkpoint = null, problem = null) {
  const { store } = turn;
  const taught = await attempt(store, () => runLesson(turn, lesson, checkpoint, problem));
  store.update({ teaching: null });
  if (!taught) return false;
  store.update({ taught, adapter: null, comparison: null });
  return true;
}

async function runLesson(turn, lesson, checkpoint, said) {
  const { store } = turn;
  const { settings } = lesson;
  const onProgress = (progress) => lessonProgress(store, progress);
  const run = turn.begin(requests.teach({ settings, checkpoint }), { onProgress });
  store.update({
    phase: 'teaching',
    problem: said,
    teaching: { id: run.id, status: 'running', embedding: null },
    lesson,
    checkpoint: null,
  });
  try {
    const taught = await run.reply;
    rememberLesson(store.state);
    store.update({ checkpoint: null });
    return taught;
  } catch (error) {
    // Only what the person did not end is to go on.
    const isCrash = error instanceof Crashed;
    const isCancelled = error instanceof Cancelled && !isCrash;
    const problem = isCancelled ? nothingLearnt(store.state) : null;
    store.update({ teaching: null, lesson: null, ...(isCancelled && { checkpoint: null }), ...(problem && { problem }) });
    if (isCrash && store.state.checkpoint) store.patch('checkpoint', { isBrokenOff: true });
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
  if (progress.kind === 'checkpoint') {
    const { lesson } = store.state;
    store.update({ checkpoint: { bytes: progress.bytes, step: progress.step, lesson } });
    return;
  }
  if (progress.kind === 'recovered') {
    forgetAfter(store, progress.step);
    return;
  }
  const list = LISTS[progress.kind];
  store.patch('teaching', { embedding: null });
  store.patch('lesson', { [list]: [...store.state.lesson[list], progress] });
}

/** What a lost device did after its last checkpoint is done again. */
function forgetAfter(store, step) {
  const { steps, rounds } = store.state.lesson;
  store.patch('lesson', {
    steps: steps.filter((done) => done.step <= step),
    rounds: rounds.filter((round) => round.steps_done <= step),
  });
}

/** Whether a lesson that the engine's end broke off is to go on by itself: not twice from the same step. */
export function goesOn(checkpoint, last) {
  if (!checkpoint?.isBrokenOff) return false;
  const isSame = last && last.lesson.settings === checkpoint.lesson.settings;
  return !isSame || checkpoint.step > last.step;
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
