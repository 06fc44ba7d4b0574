// That a newer version of the page is here, and the button that loads it; never while something is under way.

import { fill, h } from '../dom.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';

const w = words.update;

class Update extends FigretElement {
  build() {
    this.setAttribute('role', 'status');
  }

  update({ hasNewVersion, isIdle, taught }) {
    fill(
      this,
      hasNewVersion &&
        isIdle &&
        h(
          'div',
          { class: 'notice', 'data-test': 'new-version' },
          h('div', { class: 'notice-text' }, h('strong', {}, w.ready), h('p', {}, taught ? w.taught : w.plain)),
          h('button', { class: 'button', type: 'button', onclick: () => this.send('new-version') }, w.reload),
          h('button', { class: 'link-button', type: 'button', onclick: () => this.send('later-version') }, w.later),
        ),
    );
  }
}

customElements.define('figret-update', Update);
