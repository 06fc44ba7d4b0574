// The settings of a lesson, few at first sight, and the button that begins it.

import { adapterBytes, lessonSeconds, parameters, presetOf, presets } from '../cost.js';
import { fill, h } from '../dom.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';
import { SettingsFields } from './settings-fields.js';

const w = words.teach;

class Teach extends FigretElement {
  build() {
    this.presets = new Map(Object.keys(presets).map((name) => [name, this.preset(name)]));
    this.fields = new SettingsFields((patch) => this.send('settings', patch));
    this.button = h('button', {
      class: 'button primary wide',
      type: 'button',
      'data-test': 'teach-button',
      onclick: () => this.send('teach'),
    });
    this.note = h('p', { class: 'quiet' });
    fill(
      this,
      h('h2', {}, w.title),
      h('p', { class: 'quiet' }, w.lead),
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
    const { settings, collection, taught, mayTeach } = state;
    if (!settings) return;
    if (settings !== previous.settings || collection !== previous.collection)
      this.fields.show(settings, collection?.feedback);
    const chosen = presetOf(settings);
    for (const [name, { input }] of this.presets) input.checked = name === chosen;
    this.button.textContent = w.button(lessonSeconds(state), state.engineInfo);
    this.button.disabled = !mayTeach;
    this.note.textContent = (collection && !collection.feedback && w.noFeedback) || (taught && w.fresh) || '';
  }
}

customElements.define('figret-teach', Teach);
