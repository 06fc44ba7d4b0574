// Another tool's feedback as it was understood, and the choice to have it read as something else.

import { h } from '../dom.js';
import { words } from '../words.js';

const w = words.imported;

/** The preview of an `ImportInfo`; `onWish` gets the `ImportWish` that a person chose. */
export function importPreview(info, isChosen, onWish) {
  return h(
    'section',
    { class: 'import', 'data-test': 'import-preview' },
    h('p', {}, h('strong', {}, w.title(info, isChosen))),
    h('p', {}, w.counts(info)),
    list(w.choices, info.choices),
    list(w.unmapped, info.unmapped, 'warn'),
    first(info.first),
    formatChoice(info, info.others, onWish),
  );
}

/** A select of the formats, `others` marked, and the button that reads the file `{ file, format }` again. */
export function formatChoice({ file, format }, others, onWish) {
  const option = ([value, title]) =>
    h('option', { value, selected: value === format }, others.includes(value) ? w.fitsToo(title) : title);
  const select = h('select', { 'data-test': 'import-format' }, ...Object.entries(w.formats).map(option));
  const again = () => onWish({ file, format: select.value });
  const props = { class: 'button', type: 'button', 'data-test': 'import-again', onclick: again };
  return h('div', { class: 'row import-format' }, h('label', {}, w.again, ' ', select), h('button', props, w.button));
}

function list(title, items, kind = '') {
  if (items.length === 0) return null;
  const item = (text) => h('li', {}, text);
  return h('div', {}, h('h3', { class: kind }, title), h('ul', { class: 'import-list' }, ...items.map(item)));
}

function first(lines) {
  if (lines.length === 0) return null;
  return h('div', {}, h('h3', {}, w.first(lines.length)), h('ol', { class: 'import-first' }, ...lines.map(lineItem)));
}

function lineItem({ line, query, candidates, guidance }) {
  const candidate = (text) => h('code', {}, text);
  return h(
    'li',
    {},
    h('p', {}, h('span', { class: 'quiet' }, w.line(line)), ' ', query),
    h(
      'p',
      { class: 'import-candidates' },
      ...candidates.map(candidate),
      guidance > 0 && h('span', {}, w.guidance(guidance)),
    ),
  );
}
