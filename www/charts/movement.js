// The picture of the product: one line for every passage, from its place before to its place after.

import { svg } from '../dom.js';

/** Length of the stub of a passage that enters or leaves. */
const STUB = 28;

/** A gap narrower than this has no room for what stands at the stubs. */
const LEAST_LABELLED = 80;

const ORDER = ['same', 'left', 'down', 'entered', 'up'];

/** Direction of each kind; told by colour, by dashes and by arrow. */
const TONES = { up: 'up', entered: 'up', down: 'down', left: 'down', same: 'same' };

/**
 * An SVG of `moves`: `{ id, kind, relevant, from, to, text }`, where `from` and `to` are heights and `text` stands at
 * the stub of a passage that enters or leaves. `name` keeps the arrowheads of several pictures apart.
 */
export function movementLines(moves, { width, height, label, name }) {
  const sorted = [...moves].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
  return svg(
    'svg',
    { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label },
    svg('defs', {}, ...['up', 'down', 'same'].map((tone) => arrowhead(tone, name))),
    ...sorted.map((move) => (DRAWN[move.kind] ?? across)(move, width, name)),
  );
}

function across(move, width, name) {
  const bend = width * 0.5;
  const tip = width - 6;
  const { from, to } = move;
  return line(move, `M2 ${from}C${bend} ${from} ${width - bend} ${to} ${tip} ${to}`, name);
}

function leaving(move, width, name) {
  const stub = line(move, `M2 ${move.from}H${STUB}`, name);
  return svg('g', {}, stub, stubText(move, width, { x: 3, y: move.from - 6, 'text-anchor': 'start' }));
}

function entering(move, width, name) {
  const stub = line(move, `M${width - STUB - 4} ${move.to}H${width - 6}`, name);
  return svg('g', {}, stub, stubText(move, width, { x: width - 3, y: move.to - 6, 'text-anchor': 'end' }));
}

const DRAWN = { left: leaving, entered: entering };

function line({ id, kind, relevant }, d, name) {
  const tone = TONES[kind];
  return svg('path', {
    d,
    class: `line line-${tone}${relevant ? ' line-relevant' : ''}`,
    'data-passage-id': id,
    'marker-end': `url(#${name}-${tone})`,
  });
}

function stubText({ id, kind, text }, width, place) {
  const look = { class: `stub-text stub-${TONES[kind]} on-line`, 'data-passage-id': id };
  return width >= LEAST_LABELLED && svg('text', { ...place, ...look }, text);
}

function arrowhead(tone, name) {
  return svg(
    'marker',
    {
      id: `${name}-${tone}`,
      viewBox: '0 0 8 8',
      refX: 4,
      refY: 4,
      markerWidth: 7,
      markerHeight: 7,
      markerUnits: 'userSpaceOnUse',
      orient: 'auto',
    },
    svg('path', { d: 'M1 1 6 4 1 7', class: `arrow line-${tone}` }),
  );
}
