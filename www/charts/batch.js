// The queries of one step as a row of cells: preferences, then guidance by objective.

import { h, svg } from '../dom.js';
import { words } from '../words.js';

const CELL = 10;
const GAP = 2;

/** A labelled row; the words beside the cells say the same numbers. */
export function batchBar(step, title) {
  const [relevance, comprehensiveness, purity] = step.guidance_counts;
  const parts = [
    ['preference', step.preference_count],
    ['relevance', relevance],
    ['comprehensiveness', comprehensiveness],
    ['purity', purity],
  ];
  const part = ([name, n]) =>
    h(
      'span',
      { class: 'batch-part' },
      cells(name, n),
      h('span', {}, h('strong', {}, String(n)), ` ${words.objectives[name]}`),
    );
  return h('div', { class: 'batch-row' }, h('span', { class: 'quiet' }, title), ...parts.map(part));
}

function cells(name, n) {
  const width = Math.max(n * (CELL + GAP) - GAP, 0);
  return svg(
    'svg',
    { width, height: CELL, 'aria-hidden': 'true' },
    ...Array.from({ length: n }, (_, i) =>
      svg('rect', { x: i * (CELL + GAP), y: 0, width: CELL, height: CELL, rx: 2, class: `cell cell-${name}` }),
    ),
  );
}
