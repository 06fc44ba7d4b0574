// How the verdict was reached: the four measures, the mean change against what is too small to be seen, the test.

import { intervalChart } from '../charts/interval.js';
import { fill, h } from '../dom.js';
import { fixed, signed } from '../format.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';
import { tone } from './tone.js';

const w = words.compare;
const WIDEST = 480;

class Measured extends FigretElement {
  build() {
    this.measures = h('div', { class: 'measures', 'data-test': 'measures' });
    this.interval = h('div', {});
    this.notes = h('div', { class: 'quiet test-notes' });
    this.chart = h('section', { class: 'test' }, h('h3', {}, w.intervalTitle), this.interval);
    fill(this, h('h2', {}, w.measuredTitle), h('div', { class: 'figures' }, this.measures, this.chart), this.notes);
    this.onWidth(() => this.draw(), this.chart);
  }

  update({ comparison: c, isSample }, previous) {
    this.hidden = !c;
    if (!c || (c === previous.comparison && isSample === previous.isSample)) return;
    fill(this.measures, measuresTable(c));
    const notes = [c.detectable_change > 0 && w.detectable(c), w.test(c), w.conditions(c), isSample && w.llm];
    fill(this.notes, ...notes.filter(Boolean).map((text) => h('p', {}, text)));
    this.draw();
  }

  draw() {
    const c = this.state?.comparison;
    const width = Math.min(this.width, WIDEST);
    if (!c || width === 0) return;
    const detectable = c.detectable_change || null;
    const figures = { mean: c.mean_change, interval: c.interval, detectable, verdict: c.verdict };
    fill(this.interval, intervalChart(figures, { width, label: w.intervalLabel(c) }));
  }
}

/** The four measures before and after, and over how many questions they are means. */
export function measuresTable(comparison) {
  const row = ([key, name]) => {
    const before = comparison.before[key];
    const after = comparison.after[key];
    return h(
      'tr',
      {},
      h('th', { scope: 'row' }, name),
      h('td', { class: 'number' }, fixed(before)),
      h('td', { class: 'number strong' }, fixed(after)),
      h('td', { class: `number ${tone(after - before)}` }, signed(after - before)),
    );
  };
  const head = w.measureHead.map((text, i) => h('th', { scope: 'col', class: i > 0 && 'number' }, text));
  return [
    h(
      'table',
      { class: 'table' },
      h('thead', {}, h('tr', {}, ...head)),
      h('tbody', {}, ...words.baseline.measures.map(row)),
    ),
    h('p', { class: 'quiet' }, w.n(comparison)),
  ];
}

customElements.define('figret-measured', Measured);
