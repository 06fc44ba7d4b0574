// The map of the collection, folded until it is asked for: where every question went, and what lies around it.

import { mapPicture, marked, nearest, placed } from '../charts/map.js';
import { fill, h } from '../dom.js';
import { changeOf, fits, kindOf } from '../walk.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';
import { numbersTable } from './numbers-table.js';

const w = words.map;
const STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageDown: 10, PageUp: -10 };
const HIGHEST = 560;

class CollectionMap extends FigretElement {
  /** What is drawn, and the query that stands out. */
  placed = null;
  pointed = null;

  build() {
    this.note = h('p', { class: 'quiet prose' });
    this.drawing = h('div', {});
    this.mark = h('div', {});
    this.plane = h(
      'div',
      {
        class: 'map-plane',
        tabindex: 0,
        role: 'slider',
        'aria-label': w.label,
        'aria-valuemin': 1,
        'data-test': 'map-plane',
        onpointermove: (event) => this.point(this.under(event)),
        onpointerleave: () => this.point(this.chosen),
        onclick: (event) => this.open(this.under(event)),
        onkeydown: (event) => this.key(event),
      },
      this.drawing,
      this.mark,
    );
    this.readout = h('p', { class: 'readout' });
    const rows = () => this.queries.map((query) => w.row(query, this.state.map.info));
    this.table = numbersTable(w.tableHead, () => (this.isThere ? rows() : []));
    this.content = h('div', { class: 'map', hidden: true }, this.note, this.plane, this.readout, this.table);
    this.waiting = h('p', { class: 'quiet' }, w.waiting);
    this.details = h(
      'details',
      { 'data-test': 'map' },
      h('summary', {}, h('h2', {}, w.title), ' ', h('span', { class: 'quiet' }, w.lead)),
      this.waiting,
      this.content,
    );
    this.details.addEventListener('toggle', () => this.look());
    fill(this, this.details);
    this.onWidth(() => this.draw());
  }

  /** What is known of every query, in the order of the comparison: the best first. */
  get queries() {
    const { comparison, map, walk } = this.state;
    const places = new Map(map.info.queries.map((query) => [query.query_id, query]));
    const known = comparison.per_query.filter(({ query_id: id }) => places.has(id));
    return known.map((query) => ({
      ...places.get(query.query_id),
      text: query.text,
      change: changeOf(query),
      kind: kindOf(query),
      isIn: fits(query, walk.filter),
      hasMoved: places.get(query.query_id).kept < map.info.neighbors,
    }));
  }

  get chosen() {
    return this.placed?.queries.find(({ query_id: id }) => id === this.state.queryId) ?? null;
  }

  get isThere() {
    const { map, comparison } = this.state ?? {};
    return Boolean(map?.info) && map.comparison === comparison;
  }

  update({ comparison, map, queryId, walk }, previous) {
    this.hidden = !comparison;
    if (this.hidden) return;
    this.look();
    this.content.hidden = !this.isThere;
    this.waiting.hidden = this.isThere;
    const isOther = map !== previous.map || comparison !== previous.comparison;
    if (isOther || walk.filter !== previous.walk?.filter) this.draw();
    else if (queryId !== previous.queryId) this.point(this.chosen);
  }

  /** Asked for while the map is open, for each comparison once. */
  look() {
    const { comparison, map, mayEvaluate } = this.state;
    if (this.details.open && mayEvaluate && map?.comparison !== comparison) this.send('map');
  }

  draw() {
    if (!this.isThere || this.width === 0) return;
    const { info } = this.state.map;
    this.size = { width: this.width, height: Math.round(Math.min(HIGHEST, this.width * 0.75)) };
    this.placed = placed({ passages: info.passages, queries: this.queries }, this.size);
    this.note.textContent = w.note(info, this.placed.queries.filter(({ hasMoved }) => hasMoved).length);
    fill(this.drawing, mapPicture(this.placed, { ...this.size, label: w.label }));
    this.plane.setAttribute('aria-valuemax', this.placed.queries.length);
    this.table.open = false;
    this.point(this.chosen);
  }

  /** Lets a query stand out, or names a passage. */
  point(item) {
    if (!this.placed) return;
    const query = item?.query_id ? item : null;
    this.pointed = query;
    fill(this.mark, marked(query, this.size));
    const text = query ? w.query(query, this.state.map.info) : item ? w.passage(item) : w.help;
    this.readout.textContent = text;
    this.plane.setAttribute('aria-valuetext', text);
    this.plane.setAttribute('aria-valuenow', query ? this.placed.queries.indexOf(query) + 1 : 1);
  }

  /** The query under the pointer, or else the passage. */
  under(event) {
    if (!this.placed) return null;
    const box = this.plane.getBoundingClientRect();
    const place = [event.clientX - box.left, event.clientY - box.top];
    const shown = this.placed.queries.filter(({ isIn }) => isIn);
    return nearest(shown, place, ({ from, to }) => [to, from]) ?? nearest(this.placed.passages, place, ({ at }) => [at]);
  }

  open(query) {
    if (query?.query_id) this.send('show-query', { query: query.text, queryId: query.query_id });
  }

  key(event) {
    if (!this.placed || event.altKey || event.ctrlKey || event.metaKey) return;
    const all = this.placed.queries.filter(({ isIn }) => isIn);
    const last = all.length - 1;
    const at = all.indexOf(this.pointed);
    const to = { Home: 0, End: last }[event.key] ?? (event.key in STEPS ? at + STEPS[event.key] : null);
    if (event.key === 'Enter') this.open(this.pointed);
    else if (to !== null) this.point(all[Math.min(last, Math.max(0, to))] ?? null);
    else return;
    event.preventDefault();
  }
}

customElements.define('figret-map', CollectionMap);
