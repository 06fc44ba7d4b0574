// Where the rounds of a lesson begin: a line through every panel and a name under the axis of steps.

import { svg } from '../dom.js';
import { words } from '../words.js';

/** A name, its number alone, or nothing, by the room there is. */
const NAME_ROOM = 60;
const NUMBER_ROOM = 18;

/** Room that the names take under the axis. */
export const ROUND_NAMES_HEIGHT = 20;

/** Marks of `rounds`; `panels` are `[top, bottom]` of the panels drawn, `nameY` the line of the names. */
export function roundMarks(rounds, { x, right, panels, nameY }) {
  const starts = rounds.map(({ steps_done: done }) => x(done > 0 ? done + 0.5 : 1));
  const room = (i) => (starts[i + 1] ?? right) - starts[i];
  const stretches = [...panels, [nameY - 12, nameY + 2]];
  const line = (px) => stretches.map(([top, bottom]) => `M${px} ${top}V${bottom}`).join('');
  return svg(
    'g',
    {},
    ...starts.slice(1).map((px) => svg('path', { d: line(px), class: 'round-mark' })),
    ...rounds.map((round, i) => name(round.round, starts[i] + (i > 0 ? 5 : 0), nameY, room(i))),
  );
}

function name(round, x, y, room) {
  if (room < NUMBER_ROOM) return null;
  const text = room < NAME_ROOM ? String(round) : words.chart.round(round);
  return svg('text', { x, y, class: 'chart-tick' }, text);
}
