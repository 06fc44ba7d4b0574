// What the engine runs on; the details, the self-test's figure among them, open on click.

import { fill, h } from '../dom.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';

const w = words.badge;

class Badge extends FigretElement {
  build() {
    this.summary = h('summary', { class: 'badge', 'data-test': 'engine-badge', title: w.details });
    this.rows = h('dl', { class: 'pairs' });
    this.note = h('p', {});
    this.details = h(
      'details',
      { class: 'badge-details' },
      this.summary,
      h('div', { class: 'floating' }, this.rows, this.note),
    );
    fill(this, this.details);
    this.addEventListener('keydown', (event) => event.key === 'Escape' && this.close());
    document.addEventListener('click', (event) => this.contains(event.target) || this.close());
  }

  close() {
    this.details.open = false;
  }

  update({ engineInfo }) {
    if (!engineInfo) {
      this.details.classList.add('waiting');
      fill(this.summary, w.waiting);
      fill(this.rows);
      fill(this.note);
      return;
    }
    this.details.classList.remove('waiting');
    fill(
      this.summary,
      h('span', { class: 'badge-kind' }, engineInfo.backend.toUpperCase()),
      h('span', { class: 'badge-device' }, w.device(engineInfo)),
      engineInfo.self_test_cosine !== null &&
        h('span', { class: 'badge-held' }, '✓', h('span', { class: 'badge-word' }, ` ${w.verified}`)),
    );
    fill(this.rows, ...w.rows(engineInfo).map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
    fill(this.note, engineInfo.note && `${w.why}: ${engineInfo.note}`);
  }
}

customElements.define('figret-badge', Badge);
