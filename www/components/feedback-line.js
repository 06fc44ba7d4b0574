// One line of feedback in words: the gains of its candidates, and the examples that the LLM wrote.

import { h } from '../dom.js';
import { excerpt, termsOf } from '../terms.js';
import { words } from '../words.js';
import { marked } from './marked.js';

const w = words.queryFeedback;

/** A list item about `query`; its terms are marked. */
export function feedbackLine({ round, gains, guidance }, query) {
  const terms = termsOf(query);
  const sorted = [...gains].sort((a, b) => b.gain - a.gain);
  return h(
    'li',
    {},
    h('h3', {}, w.round(round, gains.length, guidance.length)),
    sorted.length > 0 && h('ol', { class: 'gains' }, ...sorted.map(gainItem)),
    guidance.length > 0 &&
      h('ol', { class: 'told-examples' }, ...guidance.map((example) => exampleItem(example, query, terms))),
  );
}

const gainItem = ({ gain, title, passage_id: id }) =>
  h(
    'li',
    { class: gain > 0 ? 'gain gain-useful' : 'gain' },
    h('span', { class: 'gain-figure' }, w.gain(gain)),
    ' ',
    title || id,
  );

function exampleItem({ objective, query, better, worse }, shown, terms) {
  const text = (sign, tone, body) =>
    h('p', {}, h('span', { class: tone, 'aria-hidden': 'true' }, `${sign} `), ...marked(excerpt(body, terms), terms));
  return h(
    'li',
    {},
    h('p', { class: 'quiet' }, w.example(objective, query === shown ? null : query)),
    text('▲', 'tone-up', better),
    ...worse.map((body) => text('▼', 'tone-down', body)),
  );
}
