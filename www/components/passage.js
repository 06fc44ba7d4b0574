// One passage of a ranking: rank, title, text, score, grade and how it moved.

import { fill, h, svg } from '../dom.js';
import { fixed } from '../format.js';
import { words } from '../words.js';

const w = words.columns;

/** How a passage moved; `side` is the column it stands in. `null` if there is no other column. */
export function movement(passage, side, depth) {
  const other = passage.other_rank;
  if (other === null || other === undefined) return null;
  const [from, to] = side === 'before' ? [passage.rank, other] : [other, passage.rank];
  if (to > depth) return { kind: 'down', left: true, ...w.movement.left(to) };
  if (from > depth) return { kind: 'up', ...w.movement.entered(from) };
  if (from === to) return { kind: 'same', ...w.movement.same(to) };
  const kind = from > to ? 'up' : 'down';
  return { kind, ...w.movement[kind](from, to) };
}

/** A list item; `judged` says whether the query has judgements, so that a missing grade means something. */
export function passageItem(passage, { side, judged, moved }) {
  const item = h('li', {
    class: `passage${passage.grade > 0 ? ' relevant' : ''}`,
    'data-test': 'passage',
    'data-passage-id': passage.passage_id,
    'data-rank': passage.rank,
  });
  const toggle = (event) => {
    const open = item.classList.toggle('open');
    event.currentTarget.setAttribute('aria-expanded', String(open));
  };
  const title = h(
    'button',
    { class: 'passage-title', type: 'button', 'aria-expanded': 'false', title: w.expand, onclick: toggle },
    passage.title || passage.passage_id,
  );
  fill(
    item,
    h('span', { class: 'passage-rank' }, String(passage.rank)),
    title,
    h(
      'span',
      { class: 'passage-facts' },
      judged && gradeMark(passage),
      h('span', { class: 'passage-score', title: w.score }, fixed(passage.score)),
    ),
    h('p', { class: 'passage-text' }, passage.text),
    // The same move is not said twice: before, only of passages that stand nowhere after.
    moved && (side === 'after' || moved.left) && moveMark(moved),
  );
  return item;
}

function gradeMark({ grade }) {
  const graded = grade !== null && grade !== undefined;
  return h('span', { class: `grade${grade > 0 ? ' grade-relevant' : ''}` }, graded ? w.grade(grade) : w.unjudged);
}

const ARROWS = { up: 'M6 10V2M2.5 5.5 6 2l3.5 3.5', down: 'M6 2v8M2.5 6.5 6 10l3.5-3.5', same: 'M2 6h8' };

function moveMark({ kind, short, long }) {
  return h(
    'span',
    { class: `move move-${kind}`, title: long },
    svg('svg', { class: 'move-arrow', viewBox: '0 0 12 12', 'aria-hidden': 'true' }, svg('path', { d: ARROWS[kind] })),
    h('span', { 'aria-hidden': 'true' }, short),
    h('span', { class: 'visually-hidden' }, long),
  );
}
