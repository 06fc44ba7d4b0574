// What went wrong, where, and what to do.

import { fill, h } from '../dom.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';

const w = words.problem;

class Problem extends FigretElement {
  build() {
    this.setAttribute('role', 'alert');
  }

  update({ problem }) {
    fill(
      this,
      problem &&
        h(
          'div',
          { class: `notice${problem.isPlain ? '' : ' problem'}`, 'data-test': 'problem' },
          h(
            'div',
            { class: 'notice-text' },
            h('strong', {}, problem.message),
            problem.hint && h('p', {}, problem.hint),
          ),
          problem.retry &&
            h('button', { class: 'button', type: 'button', onclick: () => this.send(problem.retry) }, w.retry),
          h('button', { class: 'link-button', type: 'button', onclick: () => this.send('dismiss') }, w.close),
        ),
    );
  }
}

customElements.define('figret-problem', Problem);
