// A long list: its first rows at once, the others when they are asked for.

import { fill, h } from '../dom.js';

const FIRST_ROWS = 20;

/** Fills `list` with a `row` for each item; gives the button for the rest, or `null` if all are shown. */
export function fillLongList(list, items, row, showAll) {
  fill(list, ...items.slice(0, FIRST_ROWS).map(row));
  if (items.length <= FIRST_ROWS) return null;
  const more = h('button', { class: 'link-button', type: 'button', 'data-test': 'show-all' }, showAll(items.length));
  more.addEventListener('click', () => {
    list.append(...items.slice(FIRST_ROWS).map(row));
    more.remove();
    // The button has gone; the focus goes on where its rows begin.
    const next = list.children[FIRST_ROWS];
    (next.querySelector('button') ?? next).focus();
  });
  return more;
}
