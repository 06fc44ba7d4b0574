// A row of figures, each with its name under it.

import { h } from '../dom.js';

/** A description list of `[figure, name]` pairs. */
export function tallies(pairs) {
  const tally = ([figure, name]) => h('div', { class: 'tally' }, h('dt', {}, name), h('dd', {}, figure));
  return h('dl', { class: 'tallies' }, ...pairs.map(tally));
}
