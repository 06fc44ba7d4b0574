// "Show as table": the numbers behind a chart, made when they are asked for.

import { fill, h } from '../dom.js';
import { words } from '../words.js';

/** A table of `rows`, arrays of text; the first column holds names, the others numbers. */
export function filledTable(head, rows) {
  const row = (cells) => h('tr', {}, ...cells.map((cell, i) => h('td', { class: i > 0 && 'number' }, cell)));
  const heads = head.map((text, i) => h('th', { scope: 'col', class: i > 0 && 'number' }, text));
  return h('table', { class: 'table' }, h('thead', {}, h('tr', {}, ...heads)), h('tbody', {}, ...rows.map(row)));
}

/** A disclosure; `rows` is called when it opens and gives arrays of text. */
export function numbersTable(head, rows) {
  const scroll = h('div', { class: 'scroll', tabindex: 0 }, filledTable(head, []));
  const details = h(
    'details',
    { class: 'numbers' },
    h('summary', {}, words.chart.table),
    scroll,
  );
  details.addEventListener('toggle', () => details.open && fill(scroll, filledTable(head, rows())));
  return details;
}
