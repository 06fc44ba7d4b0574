// Every sample's way through the rounds, to be filtered by where it stands at last; made when it is asked for.

import { fill, h } from '../dom.js';
import { count, fixed } from '../format.js';
import { STANDINGS, standingOf, storiesOf } from '../taught.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';

const w = words.stories;

/** Rows shown before all are asked for. */
const FIRST_ROWS = 20;

class Stories extends FigretElement {
  standing = 'all';
  isWhole = false;

  build() {
    this.summary = h('summary', {});
    this.filters = h('div', { class: 'segments', role: 'group', 'aria-label': w.filter });
    this.rows = h('ol', { class: 'stories' });
    this.more = h('div', {});
    this.details = h(
      'details',
      { 'data-test': 'stories' },
      this.summary,
      h('p', { class: 'quiet' }, w.lead),
      this.filters,
      this.rows,
      this.more,
    );
    this.details.addEventListener('toggle', () => this.showRows());
    fill(this, this.details);
  }

  update({ stories }, previous) {
    this.hidden = stories.length === 0;
    if (stories === previous.stories) return;
    this.summary.textContent = w.summary(stories.length);
    this.choose('all');
  }

  choose(standing) {
    this.standing = standing;
    this.isWhole = false;
    this.showRows();
  }

  showAll() {
    this.isWhole = true;
    this.showRows();
    // The button has gone; the focus goes on where its rows begin.
    this.rows.children[FIRST_ROWS].focus();
  }

  showRows() {
    if (!this.details.open) return;
    const fitting = storiesOf(this.state.stories, this.standing);
    const shown = this.isWhole ? fitting : fitting.slice(0, FIRST_ROWS);
    fill(this.filters, ...['all', ...STANDINGS].map((standing) => this.filterButton(standing)));
    fill(this.rows, ...shown.map(storyRow), fitting.length === 0 && h('li', { class: 'quiet' }, w.nothing));
    fill(this.more, shown.length < fitting.length && this.moreButton(fitting.length));
  }

  filterButton(standing) {
    return h(
      'button',
      {
        type: 'button',
        disabled: standing !== 'all' && storiesOf(this.state.stories, standing).length === 0,
        'aria-pressed': String(standing === this.standing),
        onclick: () => this.choose(standing),
      },
      w.marks[standing] && mark(standing),
      w.filters[standing],
      h('span', { class: 'segment-count' }, count(storiesOf(this.state.stories, standing).length)),
    );
  }

  moreButton(n) {
    return h('button', { class: 'link-button', type: 'button', onclick: () => this.showAll() }, w.showAll(n));
  }
}

function storyRow(story) {
  const figure = (value, i) =>
    h(
      'li',
      { class: 'story-figure' },
      mark(story.standings[i]),
      h('span', { class: 'visually-hidden' }, w.standings[story.standings[i]]),
      fixed(value),
    );
  return h(
    'li',
    { class: 'story', tabindex: -1, 'data-query-id': story.query_id },
    h('p', {}, story.query),
    h('ol', { class: 'story-figures' }, ...story.figures.map(figure)),
    h('p', { class: 'story-standing' }, w.standings[standingOf(story)]),
  );
}

const mark = (standing) => h('span', { class: 'story-mark', 'aria-hidden': 'true' }, w.marks[standing]);

customElements.define('figret-stories', Stories);
