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
            isOfModel(problem) && h('p', {}, w.modelHint),
          ),
          isOfModel(problem) && this.modelPicker(),
          problem.retry &&
            h('button', { class: 'button', type: 'button', onclick: () => this.send(problem.retry) }, w.retry),
          h('button', { class: 'link-button', type: 'button', onclick: () => this.send('dismiss') }, w.close),
        ),
    );
  }

  /** Where the model cannot be had from the page's host it may lie on this machine. */
  modelPicker() {
    const input = h('input', {
      type: 'file',
      multiple: true,
      class: 'visually-hidden',
      'data-test': 'model-input',
      onchange: () => input.files.length > 0 && this.send('model-files', { files: [...input.files] }),
    });
    return h('label', { class: 'button' }, input, w.modelFiles);
  }
}

const isOfModel = ({ code }) => ['model_fetch', 'model_hash'].includes(code);

customElements.define('figret-problem', Problem);
