// What is open: counts, what each file was taken for, and where the judgements come from.

import { fill, h } from '../dom.js';
import { count } from '../format.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';
import { tallies } from './tallies.js';

const w = words.data;

class Data extends FigretElement {
  update({ collection, indexed }) {
    if (!collection) {
      fill(this);
      return;
    }
    const { feedback } = collection;
    fill(
      this,
      h('h2', {}, `${w.title}: ${collection.name}`),
      tallies([
        [count(collection.passages), w.passages],
        [count(collection.judged_queries), w.questions],
        [count(collection.judgements), w.judgements],
        [count(feedback?.queries ?? 0), w.lines(feedback)],
      ]),
      h(
        'div',
        { class: 'prose' },
        ...notes(collection).map((text) => h('p', {}, text)),
        this.indexNote(collection, indexed),
      ),
      fileTable(collection.files),
    );
  }

  indexNote({ passages, passages_embedded: embedded }, indexed) {
    if (indexed) return h('p', { class: 'quiet' }, w.indexed(indexed));
    const go = h('button', { class: 'button', type: 'button', onclick: () => this.send('index') }, w.index);
    return h('p', {}, w.notIndexed(passages - embedded), ' ', go);
  }
}

function notes({ feedback, is_sample: isSample }) {
  return [
    isSample && w.sample,
    feedback ? w.feedback(feedback) : w.noFeedback,
    feedback?.without_useful_candidate > 0 && w.useless(feedback.without_useful_candidate),
    feedback?.also_judged > 0 && w.alsoJudged(feedback.also_judged),
  ].filter(Boolean);
}

function fileTable(files) {
  const row = (file) =>
    h(
      'tr',
      {},
      h('td', {}, h('code', {}, file.name)),
      h('td', {}, file.role),
      h('td', { class: 'number' }, count(file.records)),
      h('td', { class: file.left_out > 0 ? 'number warn' : 'number' }, count(file.left_out)),
    );
  const head = w.fileHead.map((text, i) => h('th', { scope: 'col', class: i > 1 && 'number' }, text));
  return h('table', { class: 'table files' }, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...files.map(row)));
}

customElements.define('figret-data', Data);
