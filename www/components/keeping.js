// One line on how the open project stands: restored, kept by another tab, or not kept.

import { fill, h } from '../dom.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';

const w = words.keeping;

class Keeping extends FigretElement {
  build() {
    this.setAttribute('role', 'status');
  }

  update(state) {
    const { project } = state;
    fill(
      this,
      isAsKept(state) && this.line('restored', w.restored(state.restored), this.restoredActions(state)),
      project?.isElsewhere && this.line('elsewhere', w.elsewhere(project), [this.button('project-copy', w.copy)]),
      project?.isLasting === false && this.line('not-lasting', w.notLasting),
      project?.failure && this.line('failed', failure(project), [this.button('project-save', w.again), manage()], true),
    );
  }

  restoredActions({ isFree }) {
    return [isFree && this.button('measure-again', w.measureAgain), this.button('open-sample', w.sample), manage()];
  }

  button(event, text) {
    return h(
      'button',
      { class: 'link-button', type: 'button', 'data-test': event, onclick: () => this.send(event) },
      text,
    );
  }

  line(kind, text, actions = [], isProblem = false) {
    const style = `notice keeping-line${isProblem ? ' problem' : ''}`;
    return h('div', { class: style, 'data-test': `keeping-${kind}` }, h('p', {}, text), ...actions);
  }
}

const manage = () => h('a', { href: '#data' }, w.manage);

const failure = (project) => (project.failure.isFull ? w.full(project) : w.failed(project, project.failure.message));

/** Whether the page still shows the figures that it was kept with. */
function isAsKept({ restored, evaluation, comparison }) {
  if (!restored || !(evaluation || comparison)) return false;
  return restored.evaluation === evaluation && restored.comparison === comparison;
}

customElements.define('figret-keeping', Keeping);
