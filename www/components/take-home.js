// The adapter as files, how to use it in Python, and the way back in.

import { adapterBytes } from '../cost.js';
import { fill, h } from '../dom.js';
import { bytes } from '../format.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';

const w = words.home;

class TakeHome extends FigretElement {
  build() {
    this.files = h('section', { class: 'home-files' });
    this.copy = h('button', { class: 'button', type: 'button', onclick: () => this.copySnippet() }, w.copy);
    const snippet = h(
      'section',
      { class: 'home-use' },
      h('h2', {}, w.useTitle),
      h('p', { class: 'quiet' }, w.use),
      h('div', { class: 'snippet' }, h('pre', { tabindex: 0 }, w.snippet), this.copy),
    );
    const input = h('input', {
      type: 'file',
      multiple: true,
      class: 'visually-hidden',
      'data-test': 'load-adapter-input',
      onchange: () => this.load(input),
    });
    const load = h(
      'section',
      { class: 'home-load' },
      h('h2', {}, w.loadTitle),
      h('p', { class: 'quiet' }, w.load),
      h('label', { class: 'button' }, input, w.loadButton),
    );
    fill(this, this.files, snippet, load);
  }

  update({ taught, adapter, comparison }) {
    if (!taught) {
      fill(
        this.files,
        h('h2', {}, w.title),
        h('p', {}, w.none),
        h('a', { class: 'button', href: '#teach' }, words.compare.teach),
      );
      return;
    }
    const write = h(
      'button',
      {
        class: adapter ? 'button' : 'button primary',
        type: 'button',
        'data-test': 'export-button',
        onclick: () => this.send('export'),
      },
      adapter ? w.again : w.button(adapterBytes(taught.parameters)),
    );
    fill(
      this.files,
      h('h2', {}, w.title),
      h('p', {}, w.lead(taught)),
      comparison && comparison.verdict !== 'better' && h('p', { class: 'notice' }, w.noGain),
      adapter && h('ul', { class: 'export-files' }, ...adapter.files.map(fileLink)),
      adapter && h('p', { class: 'quiet' }, w.size(adapter.sizeBytes)),
      write,
    );
  }

  load(input) {
    const files = [...input.files];
    input.value = '';
    if (files.length > 0) this.send('load-adapter', { files });
  }

  async copySnippet() {
    await navigator.clipboard.writeText(w.snippet);
    this.copy.textContent = w.copied;
    setTimeout(() => {
      this.copy.textContent = w.copy;
    }, 2000);
  }
}

function fileLink({ name, url, sizeBytes }) {
  return h(
    'li',
    {},
    h(
      'a',
      { href: url, download: name, 'data-test': 'export-file' },
      h('code', {}, name),
      h('span', { class: 'quiet' }, bytes(sizeBytes)),
      h('span', { class: 'download' }, w.download),
    ),
  );
}

customElements.define('figret-take-home', TakeHome);
