// A small curve of the preference share over a lesson, beside its settings.

import { svg } from '../dom.js';
import { plannedShare } from './curriculum.js';
import { linear, path } from './scale.js';

const WIDTH = 120;
const HEIGHT = 48;

/** An SVG of the share as the settings ask for it. */
export function shareCurve(settings, label) {
  const x = linear([0, 40], [1, WIDTH - 1]);
  const y = linear([0, 1], [HEIGHT - 1, 1]);
  // A single step stays at the first share.
  const span = settings.steps > 1 ? 41 : 1;
  const points = Array.from({ length: 41 }, (_, i) => [x(i), y(plannedShare(settings, i + 1, span))]);
  return svg(
    'svg',
    {
      class: 'share-curve',
      width: WIDTH,
      height: HEIGHT,
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: 'img',
      'aria-label': label,
    },
    svg('rect', { x: 0.5, y: 0.5, width: WIDTH - 1, height: HEIGHT - 1, class: 'mix-guidance' }),
    svg('path', { d: `${path(points)}L${WIDTH - 1} ${HEIGHT - 1}L1 ${HEIGHT - 1}Z`, class: 'mix-preferences' }),
    svg('path', { d: path(points), class: 'mix-edge' }),
  );
}
