// How well the base model serves the queries of the feedback: a histogram, and the poor ones to be looked at.

import { histogram, tenths } from '../charts/histogram.js';
import { fill, h } from '../dom.js';
import { count, fixed } from '../format.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';
import { fillLongList } from './long-list.js';
import { numbersTable } from './numbers-table.js';

const w = words.samples;

class Samples extends FigretElement {
  build() {
    this.lead = h('div', { class: 'prose' });
    this.drawing = h('div', { class: 'chart', 'data-test': 'histogram' });
    const rows = () => tenths(this.feedback.samples, this.feedback.threshold).map(tenthRow);
    this.table = numbersTable(w.tableHead, rows);
    this.picture = h('section', { class: 'samples-picture' }, h('h3', {}, w.chartTitle), this.drawing, this.table);
    this.list = this.buildList();
    fill(this, h('h2', {}, w.title), this.lead, h('div', { class: 'samples' }, this.picture, this.list));
    this.onWidth(() => this.draw(), this.picture);
  }

  buildList() {
    this.rows = h('tbody', { onclick: (event) => this.clicked(event) });
    this.more = h('div', { class: 'samples-more' });
    const head = w.listHead.map((text, i) => h('th', { scope: 'col', class: i > 0 && 'number' }, text));
    const table = h(
      'table',
      { class: 'table query-table', 'data-test': 'poor-queries' },
      h('thead', {}, h('tr', {}, ...head)),
      this.rows,
    );
    const scroll = h('div', { class: 'scroll' }, table, this.more);
    return h('section', {}, h('h3', {}, w.listTitle), h('p', { class: 'quiet' }, w.listHelp), scroll);
  }

  get feedback() {
    return this.state.evaluation?.feedback;
  }

  update({ evaluation, query }, previous) {
    this.hidden = !this.feedback;
    if (this.hidden) return;
    if (evaluation !== previous.evaluation) this.showFigures();
    for (const row of this.rows.children) row.setAttribute('aria-current', String(row.dataset.query === query));
  }

  showFigures() {
    const { samples, threshold, without_useful: useless } = this.feedback;
    const poor = samples.filter((sample) => sample.pref_ndcg < threshold).sort((a, b) => a.pref_ndcg - b.pref_ndcg);
    fill(
      this.lead,
      h('p', {}, w.lead(this.feedback)),
      useless > 0 && h('p', { class: 'quiet' }, w.useless(useless)),
      poor.length === 0 && h('p', { class: 'quiet' }, w.none),
    );
    this.table.open = false;
    this.list.hidden = poor.length === 0;
    fill(this.more, fillLongList(this.rows, poor, sampleRow, w.showAll));
    this.draw();
  }

  draw() {
    if (!this.state || !this.feedback || this.width === 0) return;
    fill(this.drawing, histogram(this.feedback, { width: this.width, label: w.picture(this.feedback) }));
  }

  /** Its passages were scored by the LLM, not judged, so that it is searched as a query of one's own. */
  clicked(event) {
    const query = event.target.closest('tr')?.dataset.query;
    if (query) this.send('show-query', { query, queryId: null });
  }
}

function sampleRow({ query, query_id: id, pref_ndcg: value }) {
  return h(
    'tr',
    { 'data-query': query, 'data-query-id': id },
    h('td', {}, h('button', { class: 'row-button', type: 'button' }, query)),
    h('td', { class: 'number' }, fixed(value)),
  );
}

const tenthRow = ({ from, to, poor, fine }) => [w.range(from, to), count(poor + fine), count(poor), count(fine)];

customElements.define('figret-samples', Samples);
