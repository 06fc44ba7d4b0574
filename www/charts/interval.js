// A mean change with its interval, against zero and against what is too small to be seen.

import { svg } from '../dom.js';
import { signed } from '../format.js';
import { linear } from './scale.js';

const HEIGHT = 76;
const MIDDLE = 36;
const LABEL_ROOM = 52;

/** Ends of the axis where nothing has changed at all. */
const LEAST_LIMIT = 0.01;

/** An SVG of the interval; the shaded band is too small to be seen, `detectable` is `null` if that is not known. */
export function intervalChart({ mean, interval, detectable, verdict }, { width, label }) {
  const limit = Math.max(Math.abs(interval[0]), Math.abs(interval[1]), detectable ?? 0) * 1.25 || LEAST_LIMIT;
  const x = linear([-limit, limit], [8, width - 8]);
  const kind = { better: 'up', worse: 'down' }[verdict] ?? 'same';
  return svg(
    'svg',
    { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img', 'aria-label': label },
    detectable !== null &&
      svg('rect', { x: x(-detectable), y: 8, width: x(detectable) - x(-detectable), height: 46, class: 'noise-band' }),
    svg('path', { d: `M${x(0)} 8V54`, class: 'zero-line' }),
    svg('path', { d: `M${x(interval[0])} ${MIDDLE}H${x(interval[1])}`, class: `whisker line-${kind}` }),
    svg('circle', { cx: x(mean), cy: MIDDLE, r: 5, class: `point point-${kind}` }),
    svg('text', { x: x(mean), y: MIDDLE - 12, class: 'chart-label strong', 'text-anchor': 'middle' }, signed(mean)),
    ...marks([0, ...interval, ...(detectable === null ? [] : [-detectable, detectable])], x).map((value) =>
      svg('text', { x: x(value), y: 70, class: 'chart-tick', 'text-anchor': 'middle' }, signed(value)),
    ),
  );
}

/** The values written under the axis: each one that leaves room beside those before it. */
function marks(values, x) {
  return values.reduce(
    (kept, value) => (kept.every((other) => Math.abs(x(value) - x(other)) > LABEL_ROOM) ? [...kept, value] : kept),
    [],
  );
}
