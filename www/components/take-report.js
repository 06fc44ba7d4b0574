// The comparison as one file to pass on.

import { fill, h } from '../dom.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';

const w = words.report;

class TakeReport extends FigretElement {
  build() {
    const button = h(
      'button',
      { class: 'button', type: 'button', 'data-test': 'report-button', onclick: () => this.send('save-report') },
      w.button,
    );
    fill(this, h('section', {}, h('h2', {}, w.heading), h('p', { class: 'quiet' }, w.what), button));
  }

  update({ comparison, taught }) {
    this.hidden = !comparison || !taught;
  }
}

customElements.define('figret-take-report', TakeReport);
