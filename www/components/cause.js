// Why there is no connection or no answer, or what the engine refused, and what to do about it.

import { h } from '../dom.js';
import { words } from '../words.js';
import { refusedLines } from './bad-lines.js';

const { causes } = words.ask;

/** Models that are listed; a provider may have hundreds. */
const SHOWN_MODELS = 40;

/** One sentence. */
export const causeMessage = (cause) => causes[cause.kind](cause).message;

/** A notice; `onModel` is called with the name of a model that is chosen from the list. */
export const causeNotice = (cause, onModel) =>
  notice(causes[cause.kind](cause), { 'data-test': 'ask-connection', 'data-kind': cause.kind }, onModel);

/** A notice about a vector server. */
export const serverNotice = (cause) =>
  notice(words.server.causes[cause.kind](cause), { 'data-test': 'server-connection', 'data-kind': cause.kind });

function notice({ message, hint, list, models, isGood }, hooks, onModel) {
  return h(
    'div',
    { class: isGood ? 'notice' : 'notice problem', ...hooks },
    h('strong', {}, message),
    hint && h('p', {}, hint),
    list && h('ul', { class: 'remedies' }, ...list.map((text) => h('li', {}, text))),
    models?.length > 0 && h('ul', { class: 'models' }, ...models.slice(0, SHOWN_MODELS).map(choice(onModel))),
  );
}

const choice = (onModel) => (name) =>
  h('li', {}, h('button', { class: 'link-button', type: 'button', onclick: () => onModel(name) }, name));

/** What the engine refused. */
export function failureNotice(failure) {
  const isLines = failure.bad_lines?.length > 0;
  return h(
    'div',
    { class: 'notice problem', 'data-test': 'ask-failure', role: 'alert' },
    h('strong', {}, failure.message),
    failure.hint && h('p', {}, failure.hint),
    isLines && refusedLines(failure),
  );
}
