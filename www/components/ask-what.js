// What to ask: stage, queries, how many candidates, and the prompts as they will be sent.

import { fill, h } from '../dom.js';
import { PROMPTS, obstacle, wishesOf } from '../llm/wishes.js';
import { words } from '../words.js';
import { AskPrompts } from './ask-prompts.js';
import { askStep } from './ask-step.js';
import { failureNotice } from './cause.js';
import { FigretElement } from './element.js';
import { field, numberInput, showValue } from './field.js';

const w = words.ask.what;
const { fields } = words.ask;

/** Bounds of the numbers, and the stages that they mean something for. */
const NUMBERS = {
  candidates: { min: 2, max: 20, step: 1, stages: ['preferences'] },
  relevance_pairs: { min: 0, max: 5, step: 1, stages: ['guidance'] },
  below: { min: 0, max: 1, step: 'any', stages: ['preferences', 'guidance'] },
  round: { min: 1, max: 99, step: 1, stages: ['preferences', 'guidance'] },
};

class AskWhat extends FigretElement {
  build() {
    this.stages = new Map(Object.keys(PROMPTS).map((stage) => [stage, this.stageChoice(stage)]));
    this.numbers = new Map(Object.keys(NUMBERS).map((name) => [name, this.number(name)]));
    this.queries = h('div', { class: 'ask-queries' });
    this.prompts = new AskPrompts((edited) => this.send('ask-wish', { edited }));
    this.prepare = h(
      'button',
      { class: 'button primary', type: 'button', 'data-test': 'ask-prepare', onclick: () => this.send('ask-prepare') },
      w.button,
    );
    this.note = h('span', { class: 'quiet' });
    this.failure = h('div', { 'aria-live': 'polite' });
    fill(
      this,
      askStep(
        h('h3', {}, w.title),
        h('p', { class: 'quiet' }, w.notJudged),
        h(
          'fieldset',
          { class: 'presets ask-stages' },
          h('legend', {}, w.stage),
          ...[...this.stages.values()].map(({ label }) => label),
        ),
        this.queries,
        h('div', { class: 'ask-fields' }, ...[...this.numbers.values()].map(({ label }) => label)),
        this.prompts.element,
        h('div', { class: 'row' }, this.prepare, this.note),
        this.failure,
      ),
    );
  }

  stageChoice(stage) {
    const { name, note } = w.stages[stage];
    const input = h('input', {
      type: 'radio',
      name: 'ask-stage',
      'data-test': `ask-stage-${stage}`,
      onchange: () => this.send('ask-wish', { stage }),
    });
    const title = h('span', { class: 'preset-name' }, name);
    return { input, label: h('label', { class: 'preset' }, input, title, h('span', {}, note)) };
  }

  number(name) {
    const { stages, ...bounds } = NUMBERS[name];
    const props = { ...bounds, 'data-test': `ask-${name}` };
    const input = numberInput(props, (value) => this.send('ask-wish', { [name]: value }));
    return { input, label: field(fields[name], input), stages };
  }

  update({ asking, asked, collection, taught, settings, mayAsk }) {
    const { feedback } = collection;
    this.inert = Boolean(asked.sending?.isRunning);
    const wishes = wishesOf(asking.wishes, asked.round, { feedback, taught, settings });
    for (const [stage, { input }] of this.stages) input.checked = stage === wishes.stage;
    const isOwn = wishes.stage === 'preferences' && asked.queries;
    for (const [name, { input, label, stages }] of this.numbers) {
      showValue(input, wishes[name]);
      label.hidden = !stages.includes(wishes.stage) || (name === 'below' && Boolean(isOwn || !feedback));
    }
    this.showQueries(wishes.stage, asked.queries, feedback);
    this.prompts.show(asking.prompts, asking.edited, PROMPTS[wishes.stage]);
    const reason = obstacle(wishes, { feedback, queries: asked.queries, mayAsk });
    this.prepare.disabled = reason !== null;
    this.prepare.classList.toggle('primary', !asked.batch);
    this.note.textContent = reason && w.obstacles[reason];
    fill(this.failure, asked.failure?.task === 'asking' && failureNotice(asked.failure));
  }

  showQueries(stage, queries, feedback) {
    const key = `${stage} ${queries?.name} ${Boolean(feedback)}`;
    if (key === this.queriesKey) return;
    this.queriesKey = key;
    const isShown = stage === 'preferences';
    fill(this.queries, isShown && (queries ? this.ownQueries(queries) : this.noQueries(Boolean(feedback))));
  }

  ownQueries(queries) {
    const drop = () => this.send('ask-wish', { queries: null });
    return h(
      'p',
      {},
      w.ownQueries(queries),
      ' ',
      h('button', { class: 'link-button', type: 'button', onclick: drop }, w.dropQueries),
    );
  }

  noQueries(hasFeedback) {
    const input = h('input', {
      type: 'file',
      class: 'visually-hidden',
      'data-test': 'ask-queries-input',
      onchange: () => this.send('ask-queries', { files: [...input.files] }),
    });
    return [
      h('p', { class: 'quiet' }, hasFeedback ? w.noQueries.feedback : w.noQueries.none),
      h('label', { class: 'button' }, input, w.chooseQueries),
    ];
  }
}

customElements.define('figret-ask-what', AskWhat);
