// The five places as a navigation, each with its live state.

import { adapterBytes } from '../cost.js';
import { fill, h } from '../dom.js';
import { PLACES } from '../places.js';
import { isBaseKept } from '../taught.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';

const w = words.steps;

/** What each place says about itself. */
const sayings = {
  data: ({ collection }) => (collection ? w.state.passages(collection.passages) : w.state.opening),

  before({ collection, engineInfo, indexed, evaluation, phase }) {
    if (evaluation) return w.state.ndcg(evaluation.measures.ndcg_at_10);
    if (!engineInfo) return w.state.waiting;
    if (!indexed && phase === 'ready') return w.state.notIndexed;
    return collection?.judged_queries === 0 ? w.state.unjudged : w.state.measuring;
  },

  teach({ collection, evaluation, teaching, lesson, taught }) {
    const last = lesson?.steps.at(-1);
    if (teaching && last) return (teaching.status === 'paused' ? w.state.paused : w.state.step)(last.step, last.steps);
    if (teaching) return words.lesson.preparing(null);
    if (taught) return taught.origin === 'loaded' ? w.state.loaded : w.state.taught(taught.steps);
    if (!collection) return w.state.opening;
    if (!collection.feedback) return w.state.noFeedback;
    return w.state.lines(collection.feedback, evaluation?.feedback?.poor ?? null);
  },

  compare({ taught, comparison, collection, recorded }) {
    if (!taught) return recorded && collection?.is_sample !== false ? w.state.recorded : w.state.notTaught;
    if (isBaseKept(taught)) return w.state.baseKept;
    if (comparison) return w.state.change(comparison);
    return collection.judged_queries === 0 ? w.state.unjudged : w.state.measuring;
  },

  home({ taught, adapter }) {
    if (adapter) return w.state.adapter(adapter.sizeBytes);
    if (isBaseKept(taught)) return w.state.baseKept;
    if (!taught) return w.state.notTaught;
    return taught.scope === 'adapter' ? w.state.adapter(adapterBytes(taught.parameters)) : w.state.weights;
  },
};

class Steps extends FigretElement {
  build() {
    this.links = new Map(PLACES.map((place, i) => [place, step(place, i + 1)]));
    for (const [place, { link }] of this.links) {
      // Where one is already there is nothing to go back from.
      link.addEventListener('click', (event) => place === this.state.place && event.preventDefault());
    }
    fill(
      this,
      h(
        'nav',
        { 'aria-label': w.label },
        h('ol', { class: 'steps' }, ...[...this.links.values()].map(({ item }) => item)),
      ),
    );
  }

  update(state, previous) {
    if (state.place !== previous.place) this.bringIntoRow(this.links.get(state.place).link);
    for (const [place, { link, saying, bar }] of this.links) {
      if (place === state.place) link.setAttribute('aria-current', 'step');
      else link.removeAttribute('aria-current');
      const text = sayings[place](state);
      if (saying.textContent !== text) saying.textContent = text;
      bar.hidden = place !== 'teach' || !state.teaching;
    }
    const last = state.lesson?.steps.at(-1);
    const { bar } = this.links.get('teach');
    bar.max = last?.steps ?? 1;
    bar.value = last?.step ?? 0;
  }

  /** On a phone the row of places is wider than the screen. */
  bringIntoRow(link) {
    const row = this.querySelector('ol');
    row.scrollLeft = link.offsetLeft - row.offsetLeft - (row.clientWidth - link.clientWidth) / 2;
  }
}

function step(place, number) {
  const saying = h('span', { class: 'step-state', 'data-test': `step-${place}-state` });
  const bar = h('progress', { class: 'step-bar', hidden: true, 'aria-hidden': 'true' });
  const name = h('span', { class: 'step-name' }, h('span', { class: 'step-number' }, String(number)), w[place]);
  const link = h('a', { class: 'step', href: `#${place}`, 'data-test': `step-${place}` }, name, saying, bar);
  return { item: h('li', {}, link), link, saying, bar };
}

customElements.define('figret-steps', Steps);
