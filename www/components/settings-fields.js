// Every setting of a lesson as a labelled field.

import { shareCurve } from '../charts/share-curve.js';
import { fill, h } from '../dom.js';
import { words } from '../words.js';

const w = words.teach;

/** Bounds of the numbers, choices of the rest. */
const KINDS = {
  steps: { min: 1, max: 5000, step: 1 },
  batch_queries: { min: 1, max: 64, step: 1 },
  learning_rate: { min: 0.000001, max: 0.01, step: 'any' },
  rank: { min: 1, max: 64, step: 1 },
  alpha: { min: 0.5, max: 256, step: 'any' },
  preference_from: { min: 0, max: 1, step: 'any' },
  preference_to: { min: 0, max: 1, step: 'any' },
  contrastive_weight: { min: 0, max: 10, step: 'any' },
  preference_weight: { min: 0, max: 10, step: 'any' },
  beta: { min: 0.01, max: 10, step: 'any' },
  gamma: { min: 0.001, max: 1, step: 'any' },
  validation_share: { min: 0, max: 0.5, step: 'any' },
  seed: { min: 0, max: 4294967295, step: 1 },
  targets: { choices: w.targets },
  schedule: { choices: w.schedules },
};

const OBJECTIVES = ['relevance', 'comprehensiveness', 'purity'];

/** Fields for `TeachSettings`; `onChange` gets a patch of valid values. */
export class SettingsFields {
  constructor(onChange) {
    this.onChange = onChange;
    this.inputs = new Map();
    this.curve = h('div', { class: 'curve' });
    this.counts = new Map();
    this.steps = this.field('steps');
    this.rest = this.groups();
  }

  groups() {
    const group = ([title, names]) =>
      h(
        'fieldset',
        { class: 'settings-group' },
        h('legend', {}, title, tag(w.ours)),
        h(
          'div',
          { class: 'fields' },
          ...names.filter((name) => name !== 'steps').map((name) => this.field(name)),
          names.includes('schedule') && this.curve,
        ),
      );
    return h(
      'div',
      { class: 'settings' },
      h('p', { class: 'quiet' }, w.origin),
      this.objectives(),
      ...w.groups.map(group),
    );
  }

  objectives() {
    const box = (name) => {
      const input = h('input', { type: 'checkbox', onchange: () => this.onChange({ [name]: input.checked }) });
      const counted = h('span', { class: 'quiet' });
      this.inputs.set(name, input);
      this.counts.set(name, counted);
      return h(
        'label',
        { class: 'check' },
        input,
        h('span', {}, words.objectives[name]),
        counted,
        h('span', { class: 'quiet check-help' }, w.objectiveHelp[name]),
      );
    };
    return h(
      'fieldset',
      { class: 'settings-group' },
      h('legend', {}, w.objectivesTitle, tag(w.paper)),
      ...OBJECTIVES.map(box),
    );
  }

  field(name) {
    const input = KINDS[name].choices ? this.choice(name) : this.number(name);
    const { label, help } = w.fields[name];
    this.inputs.set(name, input);
    return h(
      'label',
      { class: 'field' },
      h('span', { class: 'field-name' }, label),
      input,
      h('span', { class: 'quiet' }, help),
    );
  }

  number(name) {
    const input = h('input', {
      type: 'number',
      required: true,
      ...KINDS[name],
      onchange: () => {
        if (input.reportValidity()) this.onChange({ [name]: input.valueAsNumber });
      },
    });
    return input;
  }

  choice(name) {
    const options = Object.entries(KINDS[name].choices).map(([value, text]) => h('option', { value }, text));
    const select = h('select', { onchange: () => this.onChange({ [name]: select.value }) }, ...options);
    return select;
  }

  /** Shows the settings, and beside each objective how many examples the feedback holds. */
  show(settings, feedback) {
    for (const [name, input] of this.inputs) {
      if (input.type === 'checkbox') input.checked = settings[name];
      else input.value = typeof settings[name] === 'number' ? tidy(settings[name]) : settings[name];
    }
    OBJECTIVES.forEach((name, i) => {
      this.counts.get(name).textContent = feedback ? w.examples(feedback.guidance[i]) : '';
    });
    fill(this.curve, shareCurve(settings, w.curve));
  }
}

const tag = (text) => h('span', { class: 'tag' }, text);

/** A number without the noise of single precision. */
const tidy = (value) => String(Number(value.toPrecision(6)));
