// Says that the comparison below was recorded, how, and what replaces it.

import { lessonSeconds } from '../cost.js';
import { fill, h } from '../dom.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';

const w = words.recorded;

class Recorded extends FigretElement {
  build() {
    this.text = h('p', {});
    this.teach = h('button', { class: 'button primary', type: 'button', onclick: () => this.send('teach') });
    this.watch = h('a', { class: 'button', href: '#teach' }, words.columns.toLesson);
    const says = h('div', {}, h('strong', { class: 'recorded-tag' }, w.tag), this.text);
    fill(this, h('div', { class: 'notice recorded', 'data-test': 'recorded' }, says, this.teach, this.watch));
  }

  update(state) {
    const { recorded, isRecorded, mayTeach, teaching, engineInfo } = state;
    this.hidden = !isRecorded;
    if (!isRecorded) return;
    this.text.textContent = w.text(recorded);
    this.teach.textContent = engineInfo ? words.teach.button(lessonSeconds(state), engineInfo) : w.waiting;
    this.teach.disabled = !mayTeach;
    this.teach.hidden = Boolean(teaching);
    this.watch.hidden = !teaching;
  }
}

customElements.define('figret-recorded', Recorded);
