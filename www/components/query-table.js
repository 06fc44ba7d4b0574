// Every judged question with its change, to be filtered; a click shows its two columns.

import { intervalChart } from '../charts/interval.js';
import { fill, h } from '../dom.js';
import { count, fixed, signed } from '../format.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';
import { tone } from './verdict.js';

const w = words.compare;

const FILTERS = {
  all: () => true,
  helped: (change) => change > 0,
  hurt: (change) => change < 0,
  unchanged: (change) => change === 0,
};

class QueryTable extends FigretElement {
  filter = 'all';
  find = '';

  build() {
    this.test = h('div', { class: 'test' });
    this.filters = h('div', { class: 'segments', role: 'group', 'aria-label': w.tableTitle });
    const find = h('input', {
      type: 'search',
      placeholder: w.find,
      'aria-label': w.find,
      oninput: () => {
        this.find = find.value.toLowerCase();
        this.showRows();
      },
    });
    this.rows = h('tbody', {});
    const head = w.head.map((text, i) => h('th', { scope: 'col', class: i > 0 && 'number' }, text));
    const table = h(
      'table',
      { class: 'table query-table', 'data-test': 'compare-table' },
      h('thead', {}, h('tr', {}, ...head)),
      this.rows,
    );
    this.rows.addEventListener('click', (event) => this.clicked(event));
    fill(
      this,
      this.test,
      h('h2', {}, w.tableTitle),
      h('div', { class: 'table-tools' }, this.filters, find),
      h('div', { class: 'scroll' }, table),
    );
    this.onWidth(() => this.state && this.showTest());
  }

  update({ comparison, queryId }, previous) {
    this.hidden = !comparison;
    if (!comparison) return;
    if (comparison !== previous.comparison) {
      this.showTest();
      this.showRows();
    }
    for (const row of this.rows.children) row.setAttribute('aria-current', String(row.dataset.queryId === queryId));
  }

  /** How the verdict was reached. */
  showTest() {
    const c = this.state.comparison;
    if (!c) return;
    const width = Math.min(this.clientWidth, 480);
    // Where nothing has changed, no change is too small to be seen.
    const detectable = c.detectable_change || null;
    const chart = { mean: c.mean_change, interval: c.interval, detectable, verdict: c.verdict };
    fill(
      this.test,
      h('div', {}, h('h3', {}, w.intervalTitle), width > 0 && intervalChart(chart, { width, label: w.intervalTitle })),
      h(
        'div',
        { class: 'quiet' },
        ...[detectable !== null && w.detectable(c), w.test(c), w.conditions(c), this.state.isSample && w.llm]
          .filter(Boolean)
          .map((text) => h('p', {}, text)),
      ),
    );
  }

  showRows() {
    const queries = this.state.comparison.per_query;
    fill(this.filters, ...Object.keys(FILTERS).map((name) => this.filterButton(name, queries)));
    const fits = (query) =>
      FILTERS[this.filter](query.after - query.before) && query.text.toLowerCase().includes(this.find);
    const shown = queries.filter(fits).sort((a, b) => size(b) - size(a));
    fill(
      this.rows,
      ...shown.map((query) => queryRow(query, query.query_id === this.state.queryId)),
      shown.length === 0 && h('tr', {}, h('td', { colspan: 4, class: 'quiet' }, w.nothing)),
    );
  }

  filterButton(name, queries) {
    const n = queries.filter((query) => FILTERS[name](query.after - query.before)).length;
    const press = () => {
      this.filter = name;
      this.showRows();
    };
    return h(
      'button',
      { type: 'button', 'aria-pressed': String(name === this.filter), onclick: press },
      w.filters[name],
      h('span', { class: 'segment-count' }, count(n)),
    );
  }

  clicked(event) {
    const id = event.target.closest('tr')?.dataset.queryId;
    const query = this.state.comparison.per_query.find((candidate) => candidate.query_id === id);
    if (query) this.send('show-query', { query: query.text, queryId: query.query_id });
  }
}

/** Helped and hurt queries weigh the same: the largest change comes first, whichever way it goes. */
const size = (query) => Math.abs(query.after - query.before);

function queryRow(query, selected) {
  const change = query.after - query.before;
  return h(
    'tr',
    { 'data-test': 'compare-row', 'data-query-id': query.query_id, 'aria-current': String(selected) },
    h('td', {}, h('button', { class: 'row-button', type: 'button' }, query.text)),
    h('td', { class: 'number' }, fixed(query.before)),
    h('td', { class: 'number' }, fixed(query.after)),
    h('td', { class: `number change ${tone(change)}` }, signed(change)),
  );
}

customElements.define('figret-query-table', QueryTable);
