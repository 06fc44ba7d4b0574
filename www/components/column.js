// One ranking: its head with name, figure and what is judged in it, and a body for its passages.

import { fill, h } from '../dom.js';
import { judgedAmong } from '../systems.js';
import { words } from '../words.js';
import { passageItem } from './passage.js';

const w = words.columns;

/** An empty column for a system's key. */
export function column(key) {
  const [figure, about, tally] = ['column-figure', 'quiet', 'quiet column-tally'].map((name) =>
    h('span', { class: name }),
  );
  const body = h('div', { class: 'column-body' });
  const head = h('div', { class: 'column-head' }, h('h2', {}, w.systems[key].name), about, figure, tally);
  const root = h(
    'section',
    {
      class: `column column-${key}`,
      'data-side': key,
      'data-test': `column-${key}`,
      'aria-label': w.systems[key].name,
    },
    head,
    body,
  );
  return { root, head, body, figure, about, tally };
}

/** Shows a system; `moves` tells by passage how it moved, `isFirst` that another column tells most of that again. */
export function showColumn({ body, figure, tally }, { passages, ndcg }, { terms, judged, gains, moves, isFirst }) {
  const item = (passage) => {
    const move = moves?.get(passage.passage_id);
    const gain = gains.get(passage.passage_id);
    return passageItem(passage, { terms, judged, gain, move, isEcho: isFirst && move?.kind !== 'left' });
  };
  fill(body, h('ol', { class: 'passages' }, ...passages.map(item)));
  figure.textContent = ndcg === null ? '' : w.ndcg(ndcg);
  tally.textContent = judged ? w.tally(judgedAmong(passages)) : gains.size > 0 ? w.byLlm : w.notJudged;
}

/** Empties a column of its ranking. */
export function clearColumn({ body, figure, tally }) {
  fill(body);
  figure.textContent = '';
  tally.textContent = '';
}
