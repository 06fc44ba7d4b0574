// How many samples were poor and how many mastered, round by round: a table with a bar in every row.

import { roundBar, roundKey } from '../charts/round-bar.js';
import { fill, h } from '../dom.js';
import { count, fixed } from '../format.js';
import { isEnd } from '../taught.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';

const w = words.rounds;

/** Columns of figures after the bar; the first three have a look of their own in the bar. */
const COLUMNS = {
  poor: (round) => count(round.poor),
  relapsed: (round) => count(round.relapsed),
  mastered: (round) => count(round.mastered),
  mean: (round) => fixed(round.mean),
  validation: ({ validation }) => (typeof validation === 'number' ? fixed(validation) : ''),
};
const IN_BAR = ['poor', 'relapsed', 'mastered'];

/** `rounds` so far, `taught` once the lesson is over, `poorBelow` if it is known. */
class Rounds extends FigretElement {
  build() {
    this.dataset.test = 'rounds';
  }

  update({ rounds, taught, poorBelow }) {
    this.hidden = rounds.length === 0;
    if (this.hidden) return;
    const hasValidation = rounds.some(({ validation }) => typeof validation === 'number');
    const isOtherKept = Boolean(taught) && taught.kept_step !== taught.steps;
    const columns = Object.keys(COLUMNS).filter((name) => name !== 'validation' || hasValidation);
    fill(
      this,
      h('h3', {}, w.title),
      h(
        'table',
        { class: 'table rounds' },
        h('thead', {}, head(columns, rounds[0].samples)),
        h('tbody', {}, ...rounds.map((round) => row(round, columns, taught))),
      ),
      h('p', { class: 'quiet' }, w.note({ samples: rounds.at(-1).samples, poorBelow, hasValidation, isOtherKept })),
    );
  }
}

function head(columns, samples) {
  const column = (name) =>
    h('th', { scope: 'col', class: 'number' }, IN_BAR.includes(name) && roundKey(name), w.columns[name]);
  return h(
    'tr',
    {},
    h('th', { scope: 'col' }, w.columns.round),
    h('th', { scope: 'col', class: 'round-picture' }, w.samples(samples)),
    ...columns.map(column),
  );
}

function row(round, columns, taught) {
  const name = isEnd(round, taught) ? w.end : w.before(round.round);
  return h(
    'tr',
    {},
    h('th', { scope: 'row' }, name, h('span', { class: 'quiet' }, w.done(round.steps_done))),
    h('td', { class: 'round-picture' }, roundBar(round)),
    ...columns.map((column) => cell(column, COLUMNS[column](round))),
  );
}

/** A figure; on a phone, where the heads have no room, its name stands before it. */
const cell = (column, figure) =>
  h(
    'td',
    { class: 'number' },
    h('span', { class: 'cell-name' }, IN_BAR.includes(column) && roundKey(column), `${w.columns[column]} `),
    figure,
  );

customElements.define('figret-rounds', Rounds);
