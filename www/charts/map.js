// Passages as dots and questions as arrows from before to after, on two axes of one scale.

import { svg } from '../dom.js';

const EDGE = 16;
/** Movements shorter than this are drawn as dots. */
const LEAST_ARROW = 4;
const HEAD = 5;
/** How far a pointer may be from what it means. */
const REACH = 16;

/** Where `passages` (`{ x, y }`) and `queries` (`{ before, after }`) lie on a drawing of this size. */
export function placed({ passages, queries }, { width, height }) {
  const points = [...passages.map(({ x, y }) => [x, y]), ...queries.flatMap(({ before, after }) => [before, after])];
  const [left, right] = range(points.map(([x]) => x));
  const [low, high] = range(points.map(([, y]) => y));
  const scale = Math.min((width - 2 * EDGE) / (right - left || 1), (height - 2 * EDGE) / (high - low || 1));
  const at = ([x, y]) => [
    width / 2 + (x - (left + right) / 2) * scale,
    height / 2 - (y - (low + high) / 2) * scale,
  ];
  return {
    passages: passages.map((passage) => ({ ...passage, at: at([passage.x, passage.y]) })),
    queries: queries.map((query) => ({ ...query, from: at(query.before), to: at(query.after) })),
  };
}

/**
 * The drawing of what was placed; a query has a `kind`, `hasMoved` among its neighbours, and `isIn`, without which it is
 * faint. All of a kind is one path, so that thousands are drawn at once.
 */
export function mapPicture({ passages, queries }, { width, height, label }) {
  const some = (kind, isIn) => queries.filter((query) => query.kind === kind && query.isIn === isIn);
  const arrows = (kind, isIn) => {
    const d = some(kind, isIn).map(queryPath).join('');
    return d && svg('path', { d, class: `map-query map-${kind}${isIn ? '' : ' map-out'}` });
  };
  const kinds = ['unchanged', 'helped', 'hurt'];
  return svg(
    'svg',
    { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label },
    svg('path', { d: passages.map(({ at }) => dot(at)).join(''), class: 'map-passages' }),
    ...[false, true].flatMap((isIn) => kinds.map((kind) => arrows(kind, isIn))),
  );
}

/** One query again, to stand out over the drawing. */
export function marked(query, { width, height }) {
  return svg(
    'svg',
    { width, height, viewBox: `0 0 ${width} ${height}`, class: 'map-mark', 'aria-hidden': 'true' },
    query && svg('path', { d: queryPath(query), class: `map-query map-${query.kind}` }),
    query && svg('circle', { cx: query.to[0], cy: query.to[1], r: 9, class: 'map-ring' }),
  );
}

/** The nearest of `items` to a point, by `placesOf`, within reach; `null` if none is. */
export function nearest(items, [x, y], placesOf) {
  const distance = (item) => Math.min(...placesOf(item).map(([px, py]) => Math.hypot(px - x, py - y)));
  let best = null;
  let least = REACH;
  for (const item of items) {
    const one = distance(item);
    if (one < least) [best, least] = [item, one];
  }
  return best;
}

function range(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [low, high];
}

/** A line of no length with round ends. */
const dot = ([x, y]) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`;

function queryPath({ from, to, hasMoved }) {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy);
  if (!hasMoved || length < LEAST_ARROW) return dot(to);
  const [ux, uy] = [(dx / length) * HEAD, (dy / length) * HEAD];
  const wing = (side) => `${(to[0] - ux - side * uy * 0.6).toFixed(1)} ${(to[1] - uy + side * ux * 0.6).toFixed(1)}`;
  const tip = `${to[0].toFixed(1)} ${to[1].toFixed(1)}`;
  return `M${from[0].toFixed(1)} ${from[1].toFixed(1)}L${tip}M${wing(1)}L${tip}L${wing(-1)}`;
}
