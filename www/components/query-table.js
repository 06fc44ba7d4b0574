// Every judged question with its change, in the order of the walk; a click shows its columns, arrows walk along.

import { fill, h } from '../dom.js';
import { fixed, signed } from '../format.js';
import { ORDERS, changeOf } from '../walk.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';
import { tone } from './tone.js';

const w = words.compare;
const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 };

/** More at once would keep the page from answering. */
const ROWS_A_FRAME = 50;

/** What a click on a column's head orders by, the next time by the next. */
const HEADS = [['text'], ['before'], ['after'], ['size', 'best', 'worst']];

class QueryTable extends FigretElement {
  build() {
    this.heading = h('h2', {});
    const find = h('input', {
      type: 'search',
      placeholder: w.find,
      'aria-label': w.find,
      'data-test': 'compare-find',
      oninput: () => this.send('walk', { find: find.value }),
    });
    this.order = h(
      'select',
      { 'aria-label': w.order, onchange: () => this.send('walk', { order: this.order.value }) },
      ...ORDERS.map((order) => h('option', { value: order }, w.orders[order])),
    );
    this.rows = h('tbody', {
      onclick: (event) => this.clicked(event),
      onkeydown: (event) => this.key(event),
    });
    this.heads = HEADS.map((orders, i) => this.head(orders, i));
    const table = h(
      'table',
      { class: 'table query-table', 'data-test': 'compare-table' },
      h('thead', {}, h('tr', {}, ...this.heads)),
      this.rows,
    );
    this.box = h('div', { class: 'scroll' }, table);
    const tools = h('div', { class: 'table-tools' }, this.heading, find, this.order);
    fill(this, tools, h('p', { class: 'quiet' }, w.tableHelp), this.box);
  }

  head(orders, i) {
    const press = () => {
      const at = orders.indexOf(this.state.walk.order);
      this.send('walk', { order: orders[(at + 1) % orders.length] });
    };
    const button = h('button', { type: 'button', class: 'head-button', onclick: press }, w.head[i]);
    return h('th', { scope: 'col', class: i > 0 && 'number' }, button);
  }

  update({ comparison, list, walk, queryId }, previous) {
    this.hidden = !comparison;
    if (!comparison) return;
    if (list !== previous.list) this.showRows();
    this.showOrder(walk.order);
    if (list === previous.list && queryId !== previous.queryId) this.mark(queryId);
  }

  showRows() {
    const { list, comparison } = this.state;
    this.heading.textContent = w.tableTitle(list.length, comparison.per_query.length);
    fill(this.rows, list.length === 0 && h('tr', {}, h('td', { colspan: 4, class: 'quiet' }, w.nothing)));
    this.current = null;
    this.box.scrollTop = 0;
    this.addRows(list);
  }

  /** Adds rows of the list, in this frame and the next ones, unless another list has taken its place. */
  addRows(list) {
    if (list !== this.state.list) return;
    const there = this.rows.children.length;
    this.rows.append(...list.slice(there, there + ROWS_A_FRAME).map(queryRow));
    if (!this.current) this.mark(this.state.queryId);
    if (this.rows.children.length < list.length) requestAnimationFrame(() => this.addRows(list));
  }

  showOrder(order) {
    this.order.value = order;
    for (const [i, head] of this.heads.entries()) {
      if (!HEADS[i].includes(order)) head.removeAttribute('aria-sort');
      else head.setAttribute('aria-sort', ['size', 'best'].includes(order) ? 'descending' : 'ascending');
    }
  }

  /** Marks the row of the shown question; one row alone is a stop of the tabulator. */
  mark(queryId) {
    const hadFocus = this.current?.contains(document.activeElement);
    this.current?.removeAttribute('aria-current');
    this.stop?.setAttribute('tabindex', -1);
    this.current = this.rows.querySelector(`[data-query-id="${CSS.escape(queryId ?? '')}"]`);
    this.current?.setAttribute('aria-current', 'true');
    this.stop = (this.current ?? this.rows).querySelector('button');
    this.stop?.setAttribute('tabindex', 0);
    if (!this.current) return;
    if (hadFocus) this.stop.focus({ preventScroll: true });
    // In the next frame the page has been laid out anyway.
    requestAnimationFrame(() => this.bringIntoBox(this.current));
  }

  /** Scrolls the box, never the page. */
  bringIntoBox(row) {
    if (!row) return;
    const head = this.heads[0].offsetHeight;
    const [top, bottom] = [row.offsetTop - head, row.offsetTop + row.offsetHeight];
    const { scrollTop, clientHeight } = this.box;
    if (top < scrollTop) this.box.scrollTop = top;
    else if (bottom > scrollTop + clientHeight) this.box.scrollTop = bottom - clientHeight;
  }

  clicked(event) {
    const query = this.queryOf(event.target);
    if (query) this.send('show-query', { query: query.text, queryId: query.query_id });
  }

  /** The focus goes along with what is shown. */
  key(event) {
    const at = this.state.list.indexOf(this.queryOf(event.target));
    const last = this.state.list.length - 1;
    const to = { Home: 0, End: last }[event.key] ?? (event.key in STEPS ? at + STEPS[event.key] : null);
    if (at < 0 || to === null || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const row = this.rows.children[Math.min(last, Math.max(0, to))] ?? this.rows.lastElementChild;
    row.querySelector('button').focus({ preventScroll: true });
    this.bringIntoBox(row);
    const { text, query_id: queryId } = this.queryOf(row);
    this.send('search', { query: text, queryId });
  }

  queryOf(element) {
    const id = element.closest('tr')?.dataset.queryId;
    return this.state.list.find((query) => query.query_id === id);
  }
}

function queryRow(query) {
  const change = changeOf(query);
  return h(
    'tr',
    { 'data-test': 'compare-row', 'data-query-id': query.query_id },
    h('td', {}, h('button', { class: 'row-button', type: 'button', tabindex: -1 }, query.text)),
    h('td', { class: 'number' }, fixed(query.before)),
    h('td', { class: 'number' }, fixed(query.after)),
    h('td', { class: `number change ${tone(change)}` }, signed(change)),
  );
}

customElements.define('figret-query-table', QueryTable);
