// The base model's figures on the judged questions.

import { fill, h } from '../dom.js';
import { fixed } from '../format.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';
import { tallies } from './tallies.js';

const w = words.baseline;

class Baseline extends FigretElement {
  update({ collection, evaluation }) {
    if (!evaluation) {
      fill(this, collection?.judged_queries === 0 && h('p', { class: 'quiet' }, w.unjudged));
      return;
    }
    const { measures } = evaluation;
    fill(
      this,
      h('h2', {}, w.title),
      tallies(w.measures.map(([key, name]) => [fixed(measures[key]), name])),
      h('p', { class: 'quiet' }, w.lead(evaluation), ' ', collection.is_sample && words.search.llmJudged),
    );
  }
}

customElements.define('figret-baseline', Baseline);
