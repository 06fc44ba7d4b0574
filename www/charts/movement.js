// The picture of the product: one line for every passage, from its place before to its place after.

import { svg } from '../dom.js';

const ENDS = { up: 'arrow-up', down: 'arrow-down', same: 'arrow-same' };

/** An SVG of `links` (`from` and `to` are heights, `null` for outside the ten). */
export function movementLines(links, { width, height, label }) {
  const order = { same: 0, down: 1, up: 2 };
  const sorted = [...links].sort((a, b) => order[a.kind] - order[b.kind]);
  return svg(
    'svg',
    { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label },
    svg('defs', {}, ...Object.entries(ENDS).map(([kind, id]) => arrowhead(kind, id))),
    ...sorted.map((link) => line(link, width, height)),
  );
}

function line({ id, kind, relevant, from, to }, width, height) {
  const start = from ?? height - 2;
  const end = to ?? height - 2;
  const bend = width * 0.5;
  const tip = width - 6;
  const outside = from === null || to === null;
  return svg('path', {
    d: `M2 ${start}C${bend} ${start} ${width - bend} ${end} ${tip} ${end}`,
    class: `line line-${kind}${relevant ? ' line-relevant' : ''}${outside ? ' line-outside' : ''}`,
    'data-passage-id': id,
    'marker-end': `url(#${ENDS[kind]})`,
  });
}

function arrowhead(kind, id) {
  return svg(
    'marker',
    {
      id,
      viewBox: '0 0 8 8',
      refX: 4,
      refY: 4,
      markerWidth: 7,
      markerHeight: 7,
      markerUnits: 'userSpaceOnUse',
      orient: 'auto',
    },
    svg('path', { d: 'M1 1 6 4 1 7', class: `arrow line-${kind}` }),
  );
}
