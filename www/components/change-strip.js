// All questions by change as a strip of bars: click one, or walk along with the arrow keys.

import { barAt, changeStrip, point } from '../charts/strip.js';
import { fill, h } from '../dom.js';
import { fits, kindOf, changeOf } from '../walk.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';

const w = words.compare;
const STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageDown: 10, PageUp: -10 };

class ChangeStrip extends FigretElement {
  build() {
    this.strip = h('div', {
      class: 'strip',
      tabindex: 0,
      role: 'slider',
      'aria-label': w.stripTitle,
      'data-test': 'change-strip',
      onclick: (event) => this.choose(this.under(event)),
      onpointermove: (event) => this.say(this.under(event)),
      onpointerleave: () => this.say(this.chosen),
      onkeydown: (event) => this.key(event),
    });
    this.readout = h('p', { class: 'readout' });
    fill(this, h('h2', { class: 'minor' }, w.stripTitle), this.strip, this.readout);
    this.onWidth(() => this.draw());
  }

  get queries() {
    return this.state.comparison.per_query;
  }

  get chosen() {
    return this.queries.findIndex((query) => query.query_id === this.state.queryId);
  }

  update({ comparison, filter }, previous) {
    this.hidden = !comparison;
    if (!comparison) return;
    if (comparison !== previous.comparison || filter !== previous.filter) this.draw();
    else this.showChosen();
  }

  draw() {
    if (!this.state?.comparison || this.width === 0) return;
    const { comparison, filter } = this.state;
    const changes = this.queries.map((query) => ({
      change: changeOf(query),
      kind: kindOf(query),
      isIn: fits(query, filter),
    }));
    const mean = { value: comparison.mean_change, interval: comparison.interval, text: w.stripMean(comparison) };
    fill(this.strip, changeStrip(changes, mean, { width: this.width, label: w.stripTitle }));
    this.strip.setAttribute('aria-valuemin', 1);
    this.strip.setAttribute('aria-valuemax', changes.length);
    this.showChosen();
  }

  showChosen() {
    const drawing = this.strip.firstElementChild;
    if (!drawing) return;
    const { chosen } = this;
    point(drawing, chosen, this.queries.length);
    this.strip.setAttribute('aria-valuenow', chosen + 1);
    this.say(chosen);
  }

  say(index) {
    const query = this.queries[index];
    const text = query ? w.stripValue(query, index + 1, this.queries.length) : w.stripHelp;
    if (this.readout.textContent === text) return;
    this.readout.textContent = text;
    this.strip.setAttribute('aria-valuetext', text);
  }

  under(event) {
    const box = this.strip.getBoundingClientRect();
    return barAt(event.clientX - box.left, box.width, this.queries.length);
  }

  key(event) {
    const last = this.queries.length - 1;
    const ends = { Home: 0, End: last };
    const index = ends[event.key] ?? (event.key in STEPS ? this.chosen + STEPS[event.key] : null);
    if (index === null || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.choose(Math.min(last, Math.max(0, index)));
  }

  choose(index) {
    const { text, query_id: queryId } = this.queries[index];
    this.send('search', { query: text, queryId });
  }
}

customElements.define('figret-change-strip', ChangeStrip);
