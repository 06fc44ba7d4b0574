// The settings of a lesson, few at first sight, and the button that begins it.

import { adapterBytes, lessonSeconds, parameters, presetOf, presets } from '../cost.js';
import { fill, h } from '../dom.js';
import { methodOf, methods } from '../methods.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';
import { SettingsFields } from './settings-fields.js';

const w = words.teach;

/** What fits no method; settings lead there, not the choice. */
const OWN_MIX = 'own';

class Teach extends FigretElement {
  build() {
    this.method = this.methodChoice();
    this.methodNote = h('span', { class: 'quiet' });
    this.presets = new Map(Object.keys(presets).map((name) => [name, this.preset(name)]));
    this.fields = new SettingsFields((patch) => this.send('settings', patch));
    this.button = h('button', {
      class: 'button primary wide',
      type: 'button',
      'data-test': 'teach-button',
      onclick: () => this.send('teach'),
    });
    this.note = h('p', { class: 'quiet' });
    this.interrupted = h('section', { class: 'notice interrupted', 'data-test': 'interrupted', hidden: true });
    this.heading = h('h2', {});
    this.lead = h('p', { class: 'quiet' });
    fill(
      this,
      this.heading,
      this.lead,
      this.interrupted,
      h('label', { class: 'method' }, h('span', { class: 'quiet' }, w.method), this.method, this.methodNote),
      h(
        'fieldset',
        { class: 'presets' },
        h('legend', {}, w.preset),
        ...[...this.presets.values()].map(({ label }) => label),
      ),
      this.fields.steps,
      this.button,
      this.note,
      h('details', { class: 'all-settings' }, h('summary', {}, w.all), this.fields.rest),
    );
  }

  methodChoice() {
    const option = ([value, { name }]) => h('option', { value, disabled: value === OWN_MIX }, name);
    const select = h(
      'select',
      {
        'data-test': 'method',
        onchange: () => this.send('settings', methods(this.state.methods)[select.value]),
      },
      ...Object.entries(w.methods).map(option),
    );
    return select;
  }

  preset(name) {
    const preset = presets[name];
    const input = h('input', { type: 'radio', name: 'preset', onchange: () => this.send('settings', preset) });
    const weights = parameters(preset);
    const label = h(
      'label',
      { class: 'preset' },
      input,
      h('span', { class: 'preset-name' }, w.presets[name].name),
      h('span', {}, w.presets[name].note),
      h('span', { class: 'quiet' }, w.size(weights, adapterBytes(weights))),
    );
    return { label, input };
  }

  update(state, previous) {
    const { settings, methods: known, collection, taught, mayTeach } = state;
    if (!settings) return;
    if (settings !== previous.settings || collection !== previous.collection)
      this.fields.show(settings, collection?.feedback);
    this.heading.textContent = w.titles[settings.towers];
    this.lead.textContent = w.leads[settings.towers];
    this.showInterrupted(state);
    this.method.value = methodOf(settings, known) ?? OWN_MIX;
    this.methodNote.textContent = w.methods[this.method.value].note;
    const chosen = presetOf(settings);
    for (const [name, { input }] of this.presets) input.checked = name === chosen;
    this.button.textContent = w.button(lessonSeconds(state), state.engineInfo);
    this.button.disabled = !mayTeach;
    this.note.textContent = (collection && !collection.feedback && w.noFeedback) || (taught && w.fresh) || '';
  }

  /** A lesson that neither ended nor was ended can go on. */
  showInterrupted({ checkpoint, teaching, mayTeach }) {
    this.interrupted.hidden = !checkpoint || teaching !== null;
    if (this.interrupted.hidden) return;
    const button = (name, text, event) => {
      const attributes = { class: name, type: 'button', disabled: !mayTeach, 'data-test': event };
      return h('button', { ...attributes, onclick: () => this.send(event) }, text);
    };
    fill(
      this.interrupted,
      h('p', {}, w.interrupted(checkpoint.step, checkpoint.lesson.settings.steps)),
      button('button', w.goOn, 'teach-on'),
      button('link-button', w.anew, 'teach-anew'),
    );
  }
}

customElements.define('figret-teach', Teach);
