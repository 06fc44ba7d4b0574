// All questions by change as a strip of bars: click one, or walk along with the arrow keys.

import { barAt, changeStrip } from '../charts/strip.js';
import { fill, h } from '../dom.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';

const w = words.compare;
const STEPS = { ArrowRight: 1, ArrowLeft: -1, PageDown: 10, PageUp: -10 };

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
      onpointerleave: () => this.say(this.chosen()),
      onkeydown: (event) => this.key(event),
    });
    this.readout = h('p', { class: 'readout' });
    fill(this, h('h2', {}, w.stripTitle), h('p', { class: 'quiet' }, w.stripHelp), this.strip, this.readout);
    this.onWidth(() => this.draw());
  }

  update({ comparison }) {
    this.hidden = !comparison;
    this.draw();
  }

  chosen() {
    return this.state.comparison.per_query.findIndex((query) => query.query_id === this.state.queryId);
  }

  draw() {
    const { comparison } = this.state ?? {};
    if (!comparison || this.clientWidth === 0) return;
    const changes = comparison.per_query.map((query) => ({ id: query.query_id, change: query.after - query.before }));
    const chosen = this.chosen();
    fill(this.strip, changeStrip(changes, { width: this.clientWidth, chosen, label: w.stripTitle }));
    this.strip.setAttribute('aria-valuemin', 1);
    this.strip.setAttribute('aria-valuemax', changes.length);
    this.strip.setAttribute('aria-valuenow', chosen + 1);
    this.say(chosen);
  }

  say(index) {
    const { per_query: queries } = this.state.comparison;
    const text = queries[index] ? w.stripValue(queries[index], index + 1, queries.length) : '';
    this.readout.textContent = text;
    this.strip.setAttribute('aria-valuetext', text);
  }

  under(event) {
    const box = this.strip.getBoundingClientRect();
    return barAt(event.clientX - box.left, box.width, this.state.comparison.per_query.length);
  }

  key(event) {
    const n = this.state.comparison.per_query.length;
    const ends = { Home: 0, End: n - 1 };
    const index = ends[event.key] ?? (event.key in STEPS ? this.chosen() + STEPS[event.key] : null);
    if (index === null) return;
    event.preventDefault();
    this.choose(Math.min(n - 1, Math.max(0, index)));
  }

  choose(index) {
    const query = this.state.comparison.per_query[index];
    this.send('search', { query: query.text, queryId: query.query_id });
  }
}

customElements.define('figret-change-strip', ChangeStrip);
