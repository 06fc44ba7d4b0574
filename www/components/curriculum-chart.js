// The chart of a lesson with values on hover and focus, and the same numbers as a table.

import { curriculum, stepAt } from '../charts/curriculum.js';
import { fill, h } from '../dom.js';
import { count, fixed, percent } from '../format.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';
import { numbersTable } from './numbers-table.js';

const w = words.chart;

class CurriculumChart extends FigretElement {
  focusIndex = null;

  build() {
    this.drawing = h('div', { class: 'chart', tabindex: 0, 'data-test': 'loss-chart' });
    this.readout = h('p', { class: 'readout', 'aria-live': 'polite' });
    this.table = numbersTable(w.tableHead, () => this.state.steps.map(tableRow));
    fill(this, this.drawing, this.readout, this.table);
    this.drawing.addEventListener('pointermove', (event) => this.point(event));
    this.drawing.addEventListener('pointerleave', () => this.focusOn(null));
    this.drawing.addEventListener('blur', () => this.focusOn(null));
    this.drawing.addEventListener('keydown', (event) => this.key(event));
    this.onWidth(() => this.draw());
  }

  update({ steps }) {
    if (this.focusIndex !== null && this.focusIndex >= steps.length) this.focusIndex = null;
    this.table.hidden = steps.length === 0;
    this.draw();
  }

  draw() {
    const { width } = this;
    if (!this.state?.settings || width === 0) return;
    fill(this.drawing, curriculum({ ...this.state, focus: this.focusIndex, width }));
  }

  point(event) {
    const { steps, settings } = this.state;
    if (steps.length === 0) return;
    const box = this.drawing.getBoundingClientRect();
    this.focusOn(stepAt(event.clientX - box.left, box.width, settings, steps));
  }

  key(event) {
    const { steps } = this.state;
    const moves = { ArrowRight: 1, ArrowLeft: -1 };
    if (!(event.key in moves) || steps.length === 0) return;
    event.preventDefault();
    const from = this.focusIndex ?? steps.length - 1;
    this.focusOn(Math.min(steps.length - 1, Math.max(0, from + moves[event.key])));
  }

  focusOn(index) {
    this.focusIndex = index;
    this.readout.textContent = index === null ? '' : w.readout(this.state.steps[index]);
    this.draw();
  }
}

function tableRow(step) {
  const validation = typeof step.validation === 'number' ? fixed(step.validation) : '';
  return [count(step.step), percent(step.preference_share), fixed(step.loss), validation];
}

customElements.define('figret-curriculum-chart', CurriculumChart);
