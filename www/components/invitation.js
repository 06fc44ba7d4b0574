// What stands in the second column while nothing has been taught.

import { lessonSeconds } from '../cost.js';
import { h } from '../dom.js';
import { words } from '../words.js';

const w = words.columns;

/** A short text and the way on; `send` sends an event of that name. */
export function invitation(state, send) {
  const { collection, teaching, lesson } = state;
  if (!collection) return null;
  const last = lesson?.steps.at(-1);
  if (teaching && last) return card(w.lessonTitle, w.lesson(last.step, last.steps), link('#teach', w.toLesson));
  if (!collection.feedback) return card(w.inviteTitle, w.inviteNoFeedback, link('#data', w.inviteData));
  return card(
    w.inviteTitle,
    w.invite(collection.feedback, state.evaluation?.feedback?.poor ?? null),
    teachButton(state, send),
    link('#teach', w.inviteSettings),
  );
}

function teachButton(state, send) {
  const cost = words.teach.button(lessonSeconds(state), state.engineInfo);
  return h(
    'button',
    { class: 'button primary', type: 'button', disabled: !state.mayTeach, onclick: () => send('teach') },
    cost,
  );
}

const link = (href, text) => h('a', { href }, text);

function card(title, text, ...ways) {
  return h('div', { class: 'invitation' }, h('h3', {}, title), h('p', {}, text), h('div', { class: 'row' }, ...ways));
}
