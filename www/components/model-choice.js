// The model at hand, and the way to another one: an address, a folder of this machine, or the one that ships.

import { fill, h } from '../dom.js';
import { choiceOfAddress, choiceOfFiles, withPrefixes } from '../model-choice.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';

const w = words.model;

class ModelChoice extends FigretElement {
  build() {
    this.now = h('p', { 'data-test': 'model-now' });
    this.address = field({ inputmode: 'url', placeholder: w.addressExample, 'data-test': 'model-address' });
    this.query = field({ 'data-test': 'model-query-prefix' });
    this.passage = field({ 'data-test': 'model-passage-prefix' });
    this.hint = h('p', { class: 'quiet', role: 'status' });
    const folder = h('input', {
      type: 'file',
      multiple: true,
      webkitdirectory: true,
      class: 'visually-hidden',
      'data-test': 'model-folder',
      onchange: () => folder.files.length > 0 && this.chooseFiles([...folder.files]),
    });
    const form = h(
      'form',
      { class: 'model-form', onsubmit: (event) => this.chooseAddress(event) },
      labelled(w.address, this.address),
      labelled(w.queryPrefix, this.query),
      labelled(w.passagePrefix, this.passage),
      h(
        'p',
        {},
        h('button', { class: 'button', 'data-test': 'model-fetch' }, w.fetch),
        h('label', { class: 'button' }, folder, w.folder),
        h(
          'button',
          {
            class: 'link-button',
            type: 'button',
            'data-test': 'model-shipped',
            onclick: () => this.choose(null, []),
          },
          w.shipped,
        ),
      ),
    );
    const more = h('details', {}, h('summary', {}, w.other), h('p', { class: 'quiet' }, w.help), form, this.hint);
    fill(this, h('h2', {}, w.title), this.now, more);
  }

  update({ engineInfo, modelChoice }, previous) {
    if (engineInfo) this.now.textContent = w.now(engineInfo);
    if (engineInfo === previous.engineInfo) return;
    const known = engineInfo?.known_prefixes;
    this.address.value = modelChoice?.isOnline ? modelChoice.url : '';
    this.filled = {
      query: modelChoice?.queryPrefix ?? known?.[0] ?? '',
      passage: modelChoice?.passagePrefix ?? known?.[1] ?? '',
    };
    this.query.value = this.filled.query;
    this.passage.value = this.filled.passage;
    this.hint.textContent = known ? w.known(known) : '';
  }

  chooseAddress(event) {
    event.preventDefault();
    const choice = choiceOfAddress(this.address.value);
    if (choice) this.choose(choice, []);
    else this.hint.textContent = w.noAddress;
  }

  chooseFiles(files) {
    this.choose(choiceOfFiles(files, document.baseURI), files);
  }

  choose(choice, files) {
    // What was filled in for one model is not meant for another.
    const isSame = choice?.url === this.state.modelChoice?.url;
    const meant = (key) => (isSame || this[key].value !== this.filled[key] ? this[key].value : '');
    const prefixes = { query: meant('query'), passage: meant('passage') };
    this.send('choose-model', { choice: choice && withPrefixes(choice, prefixes), files });
  }
}

const field = (attributes) => h('input', { type: 'text', spellcheck: 'false', autocomplete: 'off', ...attributes });

const labelled = (text, input) => h('label', {}, h('span', {}, text), input);

customElements.define('figret-model-choice', ModelChoice);
