// The whole model as one zip: the button that makes it, how far that is, the download, and three lines of Python.

import { fill, h } from '../dom.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';

const w = words.home.model;

class TakeModel extends FigretElement {
  build() {
    this.lead = h('p', { class: 'quiet' });
    this.button = h(
      'button',
      { class: 'button', type: 'button', 'data-test': 'export-model-button', onclick: () => this.make() },
      w.button,
    );
    this.status = h('p', { class: 'quiet', role: 'status', 'data-test': 'export-model-status' });
    this.link = h('a', { 'data-test': 'export-model-file' });
    this.files = h('ul', { class: 'export-files' }, h('li', {}, this.link));
    this.snippet = h('pre', { tabindex: 0 });
    this.heading = h('h2', {});
    fill(
      this,
      h('section', {}, this.heading, this.lead, this.files, this.status, this.button, this.snippet),
    );
  }

  update({ taught, model, engineInfo }) {
    this.hidden = !taught;
    if (!taught) return;
    this.heading.textContent = w.title[taught.scope];
    this.lead.textContent = w.lead(taught);
    this.snippet.textContent = engineInfo ? w.snippets[taught.towers](engineInfo) : '';
    this.button.textContent = w.button(w.size(engineInfo?.size_bytes ?? 0));
    this.button.hidden = Boolean(model);
    this.status.textContent = saying(model);
    this.files.hidden = !model?.file;
    this.snippet.hidden = !model?.file;
    if (model?.file) this.showFile(model.file);
  }

  showFile({ name, url, sizeBytes }) {
    this.link.href = url;
    this.link.download = name;
    fill(
      this.link,
      h('code', {}, name),
      h('span', { class: 'quiet' }, w.size(sizeBytes)),
      h('span', { class: 'download' }, words.home.download),
    );
  }

  /** The button goes away; whoever pressed it by keyboard goes on where the download will be. */
  make() {
    this.send('export-model');
    this.status.tabIndex = -1;
    this.status.focus();
  }
}

function saying(model) {
  if (!model) return '';
  return model.file ? w.checked(model.cosine) : w.stages[model.stage];
}

customElements.define('figret-take-model', TakeModel);
