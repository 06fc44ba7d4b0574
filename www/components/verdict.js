// What the comparison says, in words: the difference, its interval, and what this many questions can show.

import { fill, h } from '../dom.js';
import { isBaseKept } from '../taught.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';

const w = words.compare;

class Verdict extends FigretElement {
  update({ comparison, taught, collection, phase, isRecordedAwaited }) {
    if (comparison) fill(this, verdict(comparison, taught));
    else if (isRecordedAwaited) fill(this);
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

/** The verdict in words. */
export function verdict(comparison, taught) {
  const { head, tail } = isBaseKept(taught) ? w.baseKept(taught, comparison) : w.verdict(comparison);
  return h(
    'div',
    { class: 'verdict', 'data-test': 'verdict', 'data-verdict': comparison.verdict, role: 'status' },
    h('p', { class: 'verdict-head' }, head),
    ' ',
    h('p', { class: 'verdict-tail' }, tail),
    ' ',
    // Where nothing has changed, no change is too small to be seen.
    comparison.detectable_change > 0 && h('p', { class: 'verdict-note quiet' }, w.smallest(comparison)),
  );
}

customElements.define('figret-verdict', Verdict);
