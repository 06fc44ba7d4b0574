// The evaluator: which measures, then every system by these, the probes, and the files to keep.

import { fill, h } from '../dom.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';
import { probesTable, systemsTable, testsTable } from './evaluator-tables.js';

const w = words.evaluator;

/** Measures to tick; any other can be written. */
const USUAL = ['ndcg@10', 'ndcg_exp@10', 'recall@10', 'recall@100', 'P@10', 'map', 'mrr', 'success@1', 'judged@10'];
const CHOSEN = ['ndcg@10', 'recall@100', 'map', 'mrr', 'judged@10'];

class Evaluator extends FigretElement {
  build() {
    this.checks = USUAL.map((name) =>
      h('input', { type: 'checkbox', value: name, checked: CHOSEN.includes(name), onchange: () => this.showButton() }),
    );
    this.others = h('input', {
      type: 'text',
      placeholder: w.othersExample,
      'aria-label': w.others,
      autocomplete: 'off',
      oninput: () => this.showButton(),
    });
    this.button = h(
      'button',
      { class: 'button', type: 'button', 'data-test': 'evaluate-button', onclick: () => this.ask() },
      w.button,
    );
    this.result = h('div', { class: 'evaluation', 'data-test': 'evaluation' });
    const check = (input) => h('label', { class: 'measure' }, input, h('span', {}, input.value));
    const choice = h(
      'fieldset',
      { class: 'measure-choice' },
      h('legend', {}, w.measures),
      h('div', { class: 'measure-list' }, ...this.checks.map(check)),
      h('label', { class: 'measure-others' }, h('span', { class: 'quiet' }, w.others), this.others),
    );
    const head = [h('h2', {}, w.title), h('p', { class: 'quiet prose' }, w.lead)];
    fill(this, ...head, choice, h('div', { class: 'row' }, this.button), this.result);
  }

  update({ comparison, systems, mayEvaluate }, previous) {
    this.hidden = !comparison;
    if (this.hidden) return;
    this.showButton();
    const evaluation = systems?.comparison === comparison ? systems.evaluation : null;
    const isNew = systems !== previous.systems || comparison !== previous.comparison;
    if (isNew) fill(this.result, ...(evaluation ? this.resultParts(evaluation) : []));
    for (const button of this.result.querySelectorAll('button')) button.disabled = !mayEvaluate;
  }

  resultParts(evaluation) {
    return [
      systemsTable(evaluation),
      h('p', { class: 'quiet prose' }, w.note(evaluation)),
      testsTable(evaluation),
      h('section', {}, h('h3', {}, w.probes.title), ...probesTable(evaluation.probes)),
      this.files(evaluation),
    ];
  }

  files({ systems, measures }) {
    const button = (text, detail) =>
      h(
        'button',
        {
          class: 'button',
          type: 'button',
          'data-test': 'save-evaluation',
          onclick: () => this.send('save-evaluation', detail),
        },
        text,
      );
    const runs = systems.map(({ name }) => button(w.run(name), { part: 'run', system: name }));
    return h(
      'section',
      {},
      h('h3', {}, w.files),
      h('p', { class: 'quiet prose' }, w.filesNote),
      h(
        'div',
        { class: 'row evaluation-files' },
        button(w.perQuery, { part: 'per_query', measures }),
        ...runs,
        button(w.qrels, { part: 'qrels' }),
      ),
    );
  }

  /** The measures ticked and written, each once. */
  measures() {
    const ticked = this.checks.filter((input) => input.checked).map((input) => input.value);
    const written = this.others.value.split(/[\s,;]+/).filter(Boolean);
    return [...new Set([...ticked, ...written])];
  }

  showButton() {
    this.button.disabled = !this.state?.mayEvaluate || this.measures().length === 0;
  }

  ask() {
    this.send('evaluate-systems', { measures: this.measures() });
  }
}

customElements.define('figret-evaluator', Evaluator);
