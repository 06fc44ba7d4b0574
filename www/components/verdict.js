// What the comparison says: a sentence first, then the four measures and how many questions moved.

import { fill, h } from '../dom.js';
import { count, fixed, signed } from '../format.js';
import { isBaseKept } from '../taught.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';

const w = words.compare;

class Verdict extends FigretElement {
  update({ comparison, taught, collection, phase }) {
    if (comparison)
      fill(
        this,
        verdict(comparison, taught),
        h('div', { class: 'figures' }, measures(comparison), wonTiedLost(comparison)),
      );
    else if (phase === 'comparing') fill(this, h('p', { class: 'verdict-head' }, w.running));
    else if (taught && collection?.judged_queries === 0) fill(this, ...unjudged(taught));
    else
      fill(
        this,
        h('p', { class: 'verdict-head' }, w.none),
        h('p', { class: 'verdict-tail' }, w.noneLead),
        h('a', { class: 'button', href: '#teach' }, w.teach),
      );
  }
}

/** Without judgements the validation lines alone can say something. */
function unjudged(taught) {
  return [
    isBaseKept(taught) && h('p', { class: 'verdict-head' }, w.baseKept(taught).head),
    h('p', { class: 'verdict-tail' }, isBaseKept(taught) ? w.baseKept(taught).tail : w.unjudged),
  ];
}

function verdict(comparison, taught) {
  const { head, tail } = isBaseKept(taught) ? w.baseKept(taught, comparison) : w.verdict(comparison);
  return h(
    'div',
    { class: 'verdict', 'data-test': 'verdict', 'data-verdict': comparison.verdict, role: 'status' },
    h('p', { class: 'verdict-head' }, head),
    ' ',
    h('p', { class: 'verdict-tail' }, tail),
  );
}

function measures(comparison) {
  const row = ([key, name]) => {
    const before = comparison.before[key];
    const after = comparison.after[key];
    return h(
      'tr',
      {},
      h('th', { scope: 'row' }, name),
      h('td', { class: 'number' }, fixed(before)),
      h('td', { class: 'number strong' }, fixed(after)),
      h('td', { class: `number ${tone(after - before)}` }, signed(after - before)),
    );
  };
  // A header without a word would be read out as one.
  const cell = (text, i) => (text ? h('th', { scope: 'col', class: i > 0 && 'number' }, text) : h('td', {}));
  const head = w.measureHead.map(cell);
  return h(
    'div',
    { class: 'measures', 'data-test': 'measures' },
    h(
      'table',
      { class: 'table' },
      h('thead', {}, h('tr', {}, ...head)),
      h('tbody', {}, ...words.baseline.measures.map(row)),
    ),
    h('p', { class: 'quiet' }, w.n(comparison)),
  );
}

function wonTiedLost(comparison) {
  const [won, tied, lost] = comparison.won_tied_lost;
  const part = (n, kind, arrow, name) =>
    h(
      'div',
      { class: `share share-${kind}` },
      h('span', { class: 'share-count' }, `${arrow} ${count(n)}`.trim()),
      h('span', {}, name),
      h('meter', { min: 0, max: comparison.queries, value: n, 'aria-hidden': 'true' }),
    );
  return h(
    'div',
    { class: 'won-tied-lost', 'data-test': 'won-tied-lost' },
    part(won, 'up', '▲', w.better),
    part(tied, 'same', '', w.equal),
    part(lost, 'down', '▼', w.worse),
    h('p', { class: 'quiet' }, w.wonTiedLost(comparison.queries)),
  );
}

/** The class of a change's colour; what rounds to nothing has none. */
export const tone = (change) => (Math.abs(change) < 0.0005 ? '' : change > 0 ? 'tone-up' : 'tone-down');

customElements.define('figret-verdict', Verdict);
