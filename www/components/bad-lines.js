// Lines that cannot be used: where, why, and what to do.

import { h } from '../dom.js';
import { words } from '../words.js';

const w = words.upload;

/** The lines of a `bad_lines` failure. */
export const refusedLines = (failure) => badLineList(failure.bad_lines, failure.bad_line_count);

/** A list of `BadLine`s; `total` may be more than are listed. */
export function badLineList(lines, total) {
  const item = (line) => h('li', {}, w.badLine(line), ' ', h('span', { class: 'quiet' }, line.remedy));
  const more = total - lines.length;
  return h(
    'ul',
    { class: 'bad-lines', tabindex: 0 },
    ...lines.map(item),
    more > 0 && h('li', { class: 'quiet' }, w.more(more)),
  );
}
