// The samples of one round as a bar: poor ones, relapsed ones, mastered ones, and what was never poor.

import { svg } from '../dom.js';
import { STANDINGS } from '../taught.js';

const HEIGHT = 12;

/** A bar over the whole width of its place; the numbers stand beside it in words. */
export function roundBar({ samples, poor, relapsed, mastered }) {
  const counts = { poor: poor - relapsed, relapsed, mastered, fine: samples - poor - mastered };
  const share = (n) => `${((100 * n) / samples).toFixed(2)}%`;
  const before = (i) => STANDINGS.slice(0, i).reduce((sum, name) => sum + counts[name], 0);
  const part = (name, i) =>
    counts[name] > 0 &&
    svg('rect', { x: share(before(i)), width: share(counts[name]), height: HEIGHT, class: `part part-${name}` });
  const parts = STANDINGS.map(part);
  return svg('svg', { class: 'round-bar', width: '100%', height: HEIGHT, 'aria-hidden': 'true' }, ...parts);
}

/** The look of a standing, for a heading. */
export function roundKey(name) {
  const cell = svg('rect', { x: 1, y: 1, width: 9, height: 9, class: `part part-${name}` });
  return svg('svg', { class: 'round-key', width: 11, height: 11, 'aria-hidden': 'true' }, cell);
}
