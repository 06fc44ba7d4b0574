// The walk through the questions: how many were helped and hurt, which of them to see, on to the next and back.

import { fill, h, svg } from '../dom.js';
import { count, signed } from '../format.js';
import { FILTERS, changeOf, countsOf, stepFrom, walkOf } from '../walk.js';
import { words } from '../words.js';
import { Announcer } from './announcer.js';
import { FigretElement } from './element.js';
import { tone } from './tone.js';

const w = words.compare;
const KEYS = { j: 1, k: -1 };

class Walk extends FigretElement {
  build() {
    this.tiles = new Map(FILTERS.map((filter) => [filter, this.tile(filter)]));
    const tiles = h(
      'div',
      { class: 'tiles', role: 'group', 'aria-label': w.tiles, 'data-test': 'won-tied-lost' },
      ...[...this.tiles.values()].map(({ button }) => button),
    );
    this.position = h('strong', { 'data-test': 'walk-position' });
    this.order = h('span', { class: 'quiet' });
    this.figures = h('span', { class: 'walk-figures' });
    this.change = h('strong', {});
    this.steps = [-1, 1].map((by) => this.stepButton(by));
    this.announcer = new Announcer();
    const [back, on] = this.steps;
    const place = h('p', { class: 'walk-position' }, this.position, this.order);
    const moved = h('p', { class: 'walk-change' }, this.figures, ' ', this.change);
    const line = h('div', { class: 'walk-line' }, back, on, place, moved, this.announcer.element);
    fill(this, h('div', { class: 'walk' }, tiles, line));
    document.addEventListener('keydown', (event) => this.key(event));
  }

  tile(filter) {
    const figure = h('span', { class: 'tile-figure' });
    const share = h('meter', { min: 0, 'aria-hidden': 'true' });
    const button = h(
      'button',
      { type: 'button', class: `tile tile-${filter}`, 'data-filter': filter, onclick: () => this.choose(filter) },
      h('span', { class: 'tile-mark', 'aria-hidden': 'true' }, w.marks[filter]),
      figure,
      h('span', { class: 'tile-name' }, w.filters[filter]),
      share,
    );
    return { button, figure, share };
  }

  stepButton(by) {
    const d = by > 0 ? 'M7 4l6 6-6 6' : 'M13 4l-6 6 6 6';
    const icon = svg('svg', { class: 'icon', viewBox: '0 0 20 20', 'aria-hidden': 'true' }, svg('path', { d }));
    const { name, key } = by > 0 ? w.next : w.previous;
    const look = { class: 'button step-button', type: 'button', 'aria-label': name, title: `${name} (${key})` };
    return h(
      'button',
      { ...look, 'aria-keyshortcuts': key, 'data-test': `walk-${key}`, onclick: () => this.step(by) },
      icon,
    );
  }

  update({ comparison, walk, list, queryId }, previous) {
    this.hidden = !comparison;
    if (!comparison) return;
    if (comparison !== previous.comparison) this.showCounts(comparison);
    this.showFilter(walk.filter);
    const at = list.findIndex((query) => query.query_id === queryId);
    const shown = comparison.per_query.find((query) => query.query_id === queryId);
    this.position.textContent = w.position(at + 1, list.length, walk);
    this.order.textContent = w.orderNames[walk.order];
    this.showChange(shown);
    this.showEnds(at, list.length);
    if (previous.queryId !== undefined) this.announce(shown);
  }

  showCounts({ per_query: queries }) {
    const counts = countsOf(queries);
    for (const [filter, { figure, share }] of this.tiles) {
      figure.textContent = count(counts[filter]);
      share.max = queries.length || 1;
      share.value = counts[filter];
    }
  }

  showFilter(chosen) {
    for (const [filter, { button }] of this.tiles) button.setAttribute('aria-pressed', String(filter === chosen));
  }

  showChange(shown) {
    this.figures.textContent = shown ? w.queryFigures(shown) : '';
    this.change.textContent = shown ? w.queryChange(changeOf(shown)) : '';
    this.change.className = shown ? tone(changeOf(shown)) : '';
  }

  /** At an end the button stays in reach of the keyboard. */
  showEnds(at, n) {
    const [back, on] = this.steps;
    back.setAttribute('aria-disabled', String(n === 0 || at === 0));
    on.setAttribute('aria-disabled', String(n === 0 || at === n - 1));
  }

  announce(shown) {
    if (shown)
      this.announcer.say(`${this.position.textContent}: ${shown.text}, ${signed(changeOf(shown))}`, shown.query_id);
  }

  /** What is shown stays if it is among what is chosen; otherwise the first of that is shown. */
  choose(filter) {
    this.send('walk', { filter });
    const { comparison, walk, queryId } = this.state;
    const list = walkOf(comparison.per_query, { ...walk, filter });
    if (list.length > 0 && !list.some((query) => query.query_id === queryId)) this.show(list[0]);
  }

  step(by) {
    const { list, queryId } = this.state;
    const next = stepFrom(list, queryId, by);
    if (next && next.query_id !== queryId) this.show(next);
  }

  show({ text, query_id: queryId }) {
    this.send('search', { query: text, queryId });
  }

  /** j and k work wherever nothing is being typed. */
  key(event) {
    const isTyping = event.target.closest?.('input, textarea, select, [contenteditable]');
    const isOther = event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented;
    if (!(event.key in KEYS) || isTyping || isOther || this.hidden || !this.checkVisibility()) return;
    event.preventDefault();
    this.step(KEYS[event.key]);
  }
}

customElements.define('figret-walk', Walk);
