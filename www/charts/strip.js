// The change of every judged query as one bar, best first; up is better.

import { svg } from '../dom.js';
import { signed } from '../format.js';
import { linear } from './scale.js';

const HEIGHT = 112;
const AXIS = 44;
const HALF = 48;

/** An SVG of `changes` (`{ id, change }`, sorted); `chosen` is the index of the one shown. */
export function changeStrip(changes, { width, chosen, label }) {
  const limit = Math.max(0.1, ...changes.map(({ change }) => Math.abs(change)));
  const x = linear([0, changes.length], [AXIS, width]);
  const y = linear([-limit, limit], [HEIGHT / 2 + HALF, HEIGHT / 2 - HALF]);
  const barWidth = Math.max(1, x(1) - x(0) - (x(1) - x(0) > 4 ? 1 : 0));
  return svg(
    'svg',
    { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img', 'aria-label': label },
    ...[limit, 0, -limit].map((value) =>
      svg('text', { x: AXIS - 8, y: y(value) + 4, class: 'chart-tick', 'text-anchor': 'end' }, signed(value, 1)),
    ),
    svg('path', { d: `M${AXIS} ${y(0)}H${width}`, class: 'zero-line' }),
    ...changes.map(({ change }, i) => bar(change, x(i), barWidth, y)),
    changes[chosen] && mark(x(chosen) + barWidth / 2),
  );
}

/** Index of the bar at a horizontal place. */
export function barAt(px, width, n) {
  return Math.min(n - 1, Math.max(0, Math.floor(linear([AXIS, width], [0, n])(px))));
}

function bar(change, x, width, y) {
  const top = Math.min(y(0), y(change));
  const height = Math.max(Math.abs(y(change) - y(0)), 1.5);
  const kind = change > 0 ? 'up' : change < 0 ? 'down' : 'same';
  return svg('rect', { x, y: change === 0 ? y(0) - 0.75 : top, width, height, class: `bar bar-${kind}` });
}

const mark = (x) =>
  svg(
    'g',
    { class: 'strip-mark' },
    svg('path', { d: `M${x} 0V${HEIGHT}` }),
    svg('path', { d: `M${x - 5} 0h10l-5 6Z`, class: 'strip-pointer' }),
  );
