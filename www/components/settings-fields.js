// Every setting of a lesson as a labelled field.

import { shareCurve } from '../charts/share-curve.js';
import { fill, h } from '../dom.js';
import { words } from '../words.js';

const w = words.teach;

/** Bounds of the numbers, choices of the rest. */
export const KINDS = {
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
  retention_weight: { min: 0, max: 10, step: 'any' },
  rounds: { min: 1, max: 50, step: 1 },
  poor_below: { min: 0, max: 1, step: 'any' },
  validation_share: { min: 0, max: 0.5, step: 'any' },
  seed: { min: 0, max: 4294967295, step: 1 },
  pass_memory_mib: { min: 16, max: 65536, step: 1 },
  towers: { choices: w.towers },
  scope: { choices: w.scopes },
  targets: { choices: w.targets },
  schedule: { choices: w.schedules },
};

/** Settings that are on or off, with their words. */
const CHECKS = {
  relevance: { label: words.objectives.relevance, help: w.objectiveHelp.relevance },
  comprehensiveness: { label: words.objectives.comprehensiveness, help: w.objectiveHelp.comprehensiveness },
  purity: { label: words.objectives.purity, help: w.objectiveHelp.purity },
  ...w.checks,
};

/** Fields of an adapter, of no use where the weights themselves are trained. */
const OF_ADAPTERS = ['targets', 'rank', 'alpha'];

const OBJECTIVES = ['relevance', 'comprehensiveness', 'purity'];

/** Fields for `TeachSettings`; `onChange` gets a patch of valid values. */
export class SettingsFields {
  constructor(onChange) {
    this.onChange = onChange;
    this.inputs = new Map();
    this.curve = h('div', { class: 'curve' });
    this.curveNote = h('p', { class: 'quiet curve-note' });
    this.counts = new Map();
    this.towersNote = h('span', { class: 'quiet' });
    this.steps = this.field('steps');
    this.rest = this.groups();
  }

  groups() {
    const group = ([title, origin, names, note]) =>
      h(
        'fieldset',
        { class: 'settings-group' },
        h('legend', {}, title, tag(w.origins[origin])),
        h(
          'div',
          { class: 'fields' },
          ...names.filter((name) => name !== 'steps').map((name) => this.field(name)),
          names.includes('schedule') && [this.curve, this.curveNote],
        ),
        note && h('p', { class: 'quiet group-note' }, note),
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
      this.counts.set(name, h('span', { class: 'quiet' }));
      return this.check(name);
    };
    return h(
      'fieldset',
      { class: 'settings-group' },
      h('legend', {}, w.objectivesTitle, tag(w.origins.paper)),
      ...OBJECTIVES.map(box),
    );
  }

  check(name) {
    const { label, help } = CHECKS[name];
    const input = h('input', { type: 'checkbox', onchange: () => this.onChange({ [name]: input.checked }) });
    this.inputs.set(name, input);
    return h(
      'label',
      { class: 'check' },
      input,
      h('span', {}, label),
      this.counts.get(name),
      h('span', { class: 'quiet check-help' }, help),
    );
  }

  field(name) {
    if (CHECKS[name]) return this.check(name);
    const input = KINDS[name].choices ? this.choice(name) : this.number(name);
    const { label, help } = w.fields[name];
    this.inputs.set(name, input);
    return h(
      'label',
      { class: name === 'towers' ? 'field field-wide' : 'field' },
      h('span', { class: 'field-name' }, label),
      input,
      name === 'towers' ? this.towersNote : h('span', { class: 'quiet' }, help),
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
    for (const name of OF_ADAPTERS) this.inputs.get(name).closest('label').hidden = settings.scope !== 'adapter';
    this.inputs.get('rounds').max = Math.min(KINDS.rounds.max, settings.steps);
    this.towersNote.textContent = w.towerNotes[settings.towers];
    fill(this.curve, shareCurve(settings, w.curve));
    this.curveNote.textContent = w.scheduleNotes[settings.schedule] ?? '';
  }
}

const tag = (text) => h('span', { class: 'tag' }, text);

/** A number without the noise of single precision. */
const tidy = (value) => String(Number(value.toPrecision(6)));
