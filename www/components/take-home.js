// The adapter as files, how to use it in Python, the whole model, and the way back in.

import { adapterBytes } from '../cost.js';
import { fill, h } from '../dom.js';
import { bytes } from '../format.js';
import { isBaseKept } from '../taught.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';
import './take-model.js';
import './take-report.js';

const w = words.home;

class TakeHome extends FigretElement {
  build() {
    this.files = h('section', { class: 'home-files' });
    this.model = h('figret-take-model', {});
    this.report = h('figret-take-report', {});
    this.copy = h('button', { class: 'button', type: 'button', onclick: () => this.copySnippet() }, w.copy);
    this.use = h('p', { class: 'quiet' });
    this.snippet = h('pre', { tabindex: 0 });
    this.useSection = h(
      'section',
      { class: 'home-use' },
      h('h2', {}, w.useTitle),
      this.use,
      h('div', { class: 'snippet' }, this.snippet, this.copy),
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
    fill(this, this.files, this.useSection, this.model, this.report, load);
  }

  /** How the adapter is used depends on which texts it was taught to embed. */
  showUse(towers, engineInfo) {
    this.use.textContent = w.use[towers];
    this.snippet.textContent = engineInfo ? w.snippets[towers](engineInfo) : '';
  }

  update({ taught, adapter, comparison, model, engineInfo }) {
    this.model.state = { taught, model, engineInfo };
    this.report.state = { taught, comparison };
    this.showUse(taught?.towers ?? 'query', engineInfo);
    this.useSection.hidden = taught?.scope === 'weights';
    if (!taught) {
      fill(
        this.files,
        h('h2', {}, w.title.adapter),
        h('p', {}, w.none),
        h('a', { class: 'button', href: '#teach' }, words.compare.teach),
      );
      return;
    }
    const hasAdapter = taught.scope === 'adapter';
    fill(
      this.files,
      h('h2', {}, w.title[taught.scope]),
      h('p', {}, hasAdapter ? w.lead(taught) : w.weights(taught)),
      taught.towers === 'both' && h('p', { class: 'notice' }, w.embedAgain),
      warning(taught, comparison),
      adapter && h('ul', { class: 'export-files' }, ...adapter.files.map(fileLink)),
      adapter && h('p', { class: 'quiet' }, w.size(adapter.sizeBytes)),
      hasAdapter && this.writeButton(taught, adapter),
    );
  }

  writeButton(taught, adapter) {
    return h(
      'button',
      {
        class: adapter ? 'button' : 'button primary',
        type: 'button',
        'data-test': 'export-button',
        onclick: () => this.send('export'),
      },
      adapter ? w.again : w.button(adapterBytes(taught.parameters)),
    );
  }

  load(input) {
    const files = [...input.files];
    input.value = '';
    if (files.length > 0) this.send('load-adapter', { files });
  }

  async copySnippet() {
    await navigator.clipboard.writeText(this.snippet.textContent);
    this.copy.textContent = w.copied;
    setTimeout(() => {
      this.copy.textContent = w.copy;
    }, 2000);
  }
}

function warning(taught, comparison) {
  if (isBaseKept(taught)) return h('p', { class: 'notice' }, w.baseKept);
  return comparison && comparison.verdict !== 'better' && h('p', { class: 'notice' }, w.noGain);
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
