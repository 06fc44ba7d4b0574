// One passage of a ranking: rank, title, text, score, badge and how it moved.

import { fill, h, svg } from '../dom.js';
import { fixed } from '../format.js';
import { isJudged } from '../systems.js';
import { excerpt } from '../terms.js';
import { words } from '../words.js';
import { marked } from './marked.js';

const w = words.columns;

/**
 * A list item. `terms` are marked; `judged` says whether the query has judgements, so that a missing grade means
 * something; `gain` is what the LLM's feedback gives it, if anything; `move` is how it moved, and `isEcho` that the neighbouring column tells the same.
 */
export function passageItem(passage, { terms, judged, gain, move, isEcho }) {
  const item = h('li', {
    class: `passage${passage.grade > 0 ? ' relevant' : ''}${!move || isEcho ? ' unmoved' : ''}`,
    'data-test': 'passage',
    'data-passage-id': passage.passage_id,
    'data-rank': passage.rank,
  });
  const text = h('p', { class: 'passage-text' }, ...marked(excerpt(passage.text, terms), terms));
  const toggle = ({ currentTarget }) => {
    const isOpen = item.classList.toggle('open');
    currentTarget.setAttribute('aria-expanded', String(isOpen));
    fill(text, ...marked(isOpen ? passage.text : excerpt(passage.text, terms), terms));
  };
  fill(
    item,
    h('span', { class: 'passage-rank' }, String(passage.rank)),
    h(
      'button',
      { class: 'passage-title', type: 'button', 'aria-expanded': 'false', title: w.expand, onclick: toggle },
      ...marked(passage.title || passage.passage_id, terms),
    ),
    h(
      'span',
      { class: 'passage-facts' },
      judged && badge(passage),
      gain !== undefined && h('span', { class: gain > 0 ? 'grade grade-gain' : 'grade' }, w.gain(gain)),
      h('span', { class: 'passage-score', title: w.score }, fixed(passage.score)),
    ),
    text,
    move && moveMark(move, isEcho),
  );
  return item;
}

/** Relevant with its grade, judged as not relevant, or not judged: told by form and words, not by colour alone. */
function badge(passage) {
  const { grade } = passage;
  if (!isJudged(passage)) return h('span', { class: 'grade grade-unjudged' }, w.unjudged);
  if (grade > 0) return h('span', { class: 'grade grade-relevant' }, w.relevant(grade));
  return h('span', { class: 'grade grade-none' }, w.notRelevant);
}

const ARROWS = {
  up: 'M6 10V2M2.5 5.5 6 2l3.5 3.5',
  down: 'M6 2v8M2.5 6.5 6 10l3.5-3.5',
  same: 'M2 6h8',
  entered: 'M2 6h8M6.5 2.5 10 6 6.5 9.5',
  left: 'M2 6h8M6.5 2.5 10 6 6.5 9.5',
};

function moveMark({ kind, from, to }, isEcho) {
  const { short, long } = w.movement[kind](from, to);
  return h(
    'span',
    { class: `move move-${kind}${isEcho ? ' move-echo' : ''}`, title: long },
    svg('svg', { class: 'move-arrow', viewBox: '0 0 12 12', 'aria-hidden': 'true' }, svg('path', { d: ARROWS[kind] })),
    h('span', { 'aria-hidden': 'true' }, short),
    h('span', { class: 'visually-hidden' }, long),
  );
}
