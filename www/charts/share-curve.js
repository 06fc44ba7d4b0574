// A small curve of the preference share over a lesson, beside its settings.

import { svg } from '../dom.js';
import { lastMark, plannedLines } from './plan.js';
import { linear, path } from './scale.js';

const WIDTH = 120;
const HEIGHT = 48;

/** An SVG of the share as the settings ask for it. */
export function shareCurve(settings, label) {
  const x = linear([1, lastMark(settings)], [1, WIDTH - 1]);
  const y = linear([0, 1], [HEIGHT - 1, 1]);
  const lines = plannedLines(settings).map((line) => path(line.map(([step, share]) => [x(step), y(share)])));
  const floor = `L${WIDTH - 1} ${HEIGHT - 1}L1 ${HEIGHT - 1}Z`;
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
    svg('path', { d: lines.at(-1) + floor, class: 'mix-preferences' }),
    ...lines.map((line) => svg('path', { d: line, class: lines.length > 1 ? 'mix-edge mix-bound' : 'mix-edge' })),
  );
}
