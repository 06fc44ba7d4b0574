// "Show as table": the numbers behind a chart, made when they are asked for.

import { fill, h } from '../dom.js';
import { words } from '../words.js';

/** A disclosure; `rows` is called when it opens and gives arrays of text. */
export function numbersTable(head, rows) {
  const body = h('tbody', {});
  const row = (cells) => h('tr', {}, ...cells.map((cell, i) => h('td', { class: i > 0 && 'number' }, cell)));
  const heads = head.map((text, i) => h('th', { scope: 'col', class: i > 0 && 'number' }, text));
  const table = h('table', { class: 'table' }, h('thead', {}, h('tr', {}, ...heads)), body);
  const details = h(
    'details',
    { class: 'numbers' },
    h('summary', {}, words.chart.table),
    h('div', { class: 'scroll', tabindex: 0 }, table),
  );
  details.addEventListener('toggle', () => details.open && fill(body, ...rows().map(row)));
  return details;
}
