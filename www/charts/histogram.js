// How many queries have which pref-NDCG@10, in tenths, against the threshold and a random order.

import { svg } from '../dom.js';
import { count, fixed } from '../format.js';
import { words } from '../words.js';
import { linear } from './scale.js';

const w = words.samples;
const TENTHS = 10;

const EDGE = 12;
const ROW = { threshold: 13, chance: 33 };
const TOP = 60;
const FLOOR = 196;
const HEIGHT = 236;

/** Room that a label needs beside its line. */
const LABEL_ROOM = 136;
const SHORT_LABEL_ROOM = 56;

/** The tenths of 0 to 1, each `{ from, to, poor, fine }` with the queries in it under the threshold and not. */
export function tenths(samples, threshold) {
  const bins = Array.from({ length: TENTHS }, (_, i) => ({
    from: i / TENTHS,
    to: (i + 1) / TENTHS,
    poor: 0,
    fine: 0,
  }));
  for (const { pref_ndcg: value } of samples) {
    // 1 belongs to the last.
    const bin = bins[Math.min(TENTHS - 1, Math.floor(value * TENTHS))];
    bin[value < threshold ? 'poor' : 'fine'] += 1;
  }
  return bins;
}

/** The drawing of a `FeedbackEvaluation`. */
export function histogram(feedback, { width, label }) {
  const bins = tenths(feedback.samples, feedback.threshold);
  const x = linear([0, 1], [EDGE, width - EDGE]);
  const highest = Math.max(1, ...bins.map(({ poor, fine }) => poor + fine));
  const y = linear([0, highest], [FLOOR, TOP + 20]);
  return svg(
    'svg',
    { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img', 'aria-label': label },
    ...bins.map((bin) => bar(bin, x, y)),
    svg('path', { d: `M${x(0)} ${FLOOR}H${x(1)}`, class: 'zero-line' }),
    ...thresholdMark(feedback, x, width),
    ...chanceMark(feedback.chance, x),
    ...bins.map((bin) => barLabel(bin, x, y)),
    ...axis(x),
  );
}

/** Poor queries at the foot, the others on top of them; only the tenth that the threshold cuts has both. */
function bar({ from, to, poor, fine }, x, y) {
  const part = (n, base, name) =>
    n > 0 &&
    svg('rect', {
      x: x(from) + 1.5,
      width: x(to) - x(from) - 3,
      y: y(base + n),
      height: y(base) - y(base + n),
      class: `part part-${name}`,
    });
  return svg('g', {}, part(poor, 0, 'poor'), part(fine, poor, 'fine'));
}

function barLabel({ from, to, poor, fine }, x, y) {
  const n = poor + fine;
  const place = { x: (x(from) + x(to)) / 2, y: y(n) - 5, 'text-anchor': 'middle' };
  return n > 0 && svg('text', { ...place, class: 'chart-label on-line' }, count(n));
}

function thresholdMark({ threshold, poor, queries }, x, width) {
  const px = x(threshold);
  const look = { y: ROW.threshold, class: 'chart-label strong on-line' };
  const text = (place, label) => svg('text', { ...look, ...place }, label);
  return [
    svg('path', { d: `M${px} 2V${FLOOR}`, class: 'threshold-line' }),
    px > LABEL_ROOM && text({ x: px - 8, 'text-anchor': 'end' }, w.poor(poor, threshold)),
    width - px > SHORT_LABEL_ROOM && text({ x: px + 8 }, w.others(queries - poor)),
  ];
}

function chanceMark(chance, x) {
  const px = x(chance);
  const place = px > LABEL_ROOM ? { x: px - 8, 'text-anchor': 'end' } : { x: px + 8 };
  return [
    svg('path', { d: `M${px} ${ROW.chance - 10}V${FLOOR}`, class: 'base-line' }),
    svg('text', { ...place, y: ROW.chance, class: 'chart-label on-line' }, w.chance(chance)),
  ];
}

function axis(x) {
  const tick = (value) =>
    svg('text', { x: x(value), y: FLOOR + 18, class: 'chart-tick', 'text-anchor': 'middle' }, fixed(value, 1));
  return [
    ...[0, 0.2, 0.4, 0.6, 0.8, 1].map(tick),
    svg('text', { x: x(0.5), y: FLOOR + 37, class: 'chart-tick', 'text-anchor': 'middle' }, w.axis),
  ];
}
