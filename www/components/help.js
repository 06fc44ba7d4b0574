// What this is and where the method comes from, in a panel over the page.

import { fill, h } from '../dom.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';

const w = words.help;

class Help extends FigretElement {
  build() {
    fill(
      this,
      h(
        'div',
        { class: 'help floating', id: 'help', popover: true, role: 'dialog', 'aria-labelledby': 'help-title' },
        h('h2', { id: 'help-title' }, w.title),
        ...w.paragraphs.map((text) => h('p', {}, text)),
        h('button', { class: 'button', type: 'button', popovertarget: 'help', popovertargetaction: 'hide' }, w.close),
      ),
    );
  }
}

customElements.define('figret-help', Help);
