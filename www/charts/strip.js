// The change of every judged query as one bar, best first, with the mean of all and its interval; up is better.

import { svg } from '../dom.js';
import { signed } from '../format.js';
import { linear } from './scale.js';

const HEIGHT = 104;
const AXIS = 40;
const EDGE = 6;

/** A mean is not drawn thinner than this. */
const LEAST_BAND = 2;

/**
 * An SVG of `changes` (`{ change, kind, isIn }`, best first; what is not in is drawn faintly) and of their `mean`,
 * `{ value, interval, text }`. `point(svg, i)` puts the pointer at a bar.
 */
export function changeStrip(changes, mean, { width, label }) {
  const limit = Math.max(0.1, ...changes.map(({ change }) => Math.abs(change)));
  const x = linear([0, changes.length], [AXIS, width]);
  const y = linear([-limit, limit], [HEIGHT - EDGE, EDGE]);
  const gap = x(1) - x(0) > 4 ? 1 : 0;
  const bars = (kind, isIn) =>
    changes.map((one, i) => (one.kind === kind && one.isIn === isIn ? box(one, i) : '')).join('');
  const box = ({ change }, i) => {
    const [top, bottom] = [Math.min(y(0) - 0.75, y(change)), Math.max(y(0) + 0.75, y(change))];
    return `M${x(i).toFixed(2)} ${top.toFixed(2)}H${(x(i + 1) - gap).toFixed(2)}V${bottom.toFixed(2)}H${x(i).toFixed(2)}Z`;
  };
  const path = (kind, isIn) => svg('path', { d: bars(kind, isIn), class: `bar bar-${kind}${isIn ? '' : ' bar-out'}` });
  return svg(
    'svg',
    { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img', 'aria-label': label },
    ...[limit, 0, -limit].map((value) =>
      svg(
        'text',
        {
          x: AXIS - 8,
          y: y(value) + (value ? 5 * Math.sign(value) + 4 : 4),
          class: 'chart-tick',
          'text-anchor': 'end',
        },
        signed(value, 1),
      ),
    ),
    svg('path', { d: `M${AXIS} ${y(0)}H${width}`, class: 'zero-line' }),
    ...['unchanged', 'helped', 'hurt'].flatMap((kind) => [path(kind, false), path(kind, true)]),
    ...meanMarks(mean, y, width),
    svg('g', { class: 'strip-mark', visibility: 'hidden' }, svg('path', { d: `M0 0V${HEIGHT}` }), pointer()),
  );
}

/** Puts the pointer of a strip over bar `i` of `n`; hides it where there is no such bar. */
export function point(strip, i, n) {
  const mark = strip.querySelector('.strip-mark');
  mark.setAttribute('visibility', i < 0 ? 'hidden' : 'visible');
  const x = linear([0, n], [AXIS, strip.width.baseVal.value]);
  if (i >= 0) mark.setAttribute('transform', `translate(${x(i + 0.5).toFixed(2)} 0)`);
}

/** Index of the bar at a horizontal place. */
export function barAt(px, width, n) {
  return Math.min(n - 1, Math.max(0, Math.floor(linear([AXIS, width], [0, n])(px))));
}

const pointer = () => svg('path', { d: 'M-5 0h10l-5 6Z', class: 'strip-pointer' });

function meanMarks({ value, interval, text }, y, width) {
  const [low, high] = interval.map(y);
  const height = Math.max(LEAST_BAND, low - high);
  return [
    svg('rect', { x: AXIS, y: (low + high - height) / 2, width: width - AXIS, height, class: 'mean-band' }),
    svg('path', { d: `M${AXIS} ${y(value)}H${width}`, class: 'mean-line' }),
    svg('text', { x: width, y: Math.min(high, y(0)) - 7, class: 'chart-label on-line', 'text-anchor': 'end' }, text),
  ];
}
